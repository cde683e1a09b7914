import { Button } from "@mantine/core";
import type { PluginCard } from "../../bridge/plugins.ts";
import { BYTES_PER_MIB, bytes, figure, percent, whole } from "../../core/format.ts";
import { useGallery, useSession } from "../../view/context.ts";
import classes from "./Activity.module.css";
import { Limits } from "./Limits.tsx";
import { Log } from "./Log.tsx";
import { Meter } from "./Meter.tsx";
import page from "./page.module.css";
import { whenText } from "./when.ts";

/** What it uses at the moment, how it failed last, what it logged. */
export function ActivityPage({ card }: { card: PluginCard }) {
  return (
    <div className={page.page}>
      <Totals id={card.id} />
      <div className={classes.meters}>
        <Meter plugin={card.id} name="cpu" title="Processor" atLeast={10} value={percentTick} />
        <Meter
          plugin={card.id}
          name="memory"
          title="Memory"
          atLeast={1}
          scale={BYTES_PER_MIB}
          value={mebibytes}
        />
        <Meter plugin={card.id} name="calls" title="Calls a second" atLeast={1} value={figure} />
        <Meter plugin={card.id} name="failures" title="Failures" atLeast={1} value={whole} />
        {card.units.some((unit) => unit.live) && (
          <Meter plugin={card.id} name="ticks" title="Ticks a second" atLeast={1} value={figure} />
        )}
      </div>
      <Limits plugin={card.id} />
      <Failure id={card.id} />
      <Log id={card.id} />
    </div>
  );
}

const mebibytes = (value: number) => bytes(value * BYTES_PER_MIB);
const percentTick = (value: number) => percent(value);

function Totals({ id }: { id: string }) {
  const session = useSession();
  useGallery((s) => s.samples);
  const usage = session.plugins.activity.usage.get(id);
  if (!usage) return <p>It has not been used since INOS started.</p>;
  const words = [
    count(usage.workers, "worker"),
    count(usage.calls, "call"),
    count(usage.failures, "failure"),
    ...(usage.ticks > 0 ? [count(usage.ticks, "tick")] : []),
    `${count(usage.logLines, "line")} logged`,
    ...(usage.logDropped > 0 ? [`${count(usage.logDropped, "line")} dropped`] : []),
  ];
  return <p className={classes.totals}>{words.join(", ")} since INOS started.</p>;
}

function count(n: number, word: string): string {
  return `${whole(n)} ${word}${n === 1 ? "" : "s"}`;
}

function Failure({ id }: { id: string }) {
  const session = useSession();
  useGallery((s) => s.samples);
  const failure = session.plugins.activity.usage.get(id)?.lastFailure;
  if (!failure) return null;
  const text = `${failure.kind}, ${whenText(failure.when)}\n${failure.message}`;
  return (
    <>
      <div className={page.bar}>
        <h3>Last failure</h3>
        <Button
          size="compact-xs"
          variant="default"
          onClick={() => void session.host.copyText(text)}
        >
          Copy
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it needs the focus */}
      <pre className={classes.failure} tabIndex={0}>
        {text}
      </pre>
    </>
  );
}
