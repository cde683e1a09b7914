import { Button } from "@mantine/core";
import { IconReload } from "@tabler/icons-react";
import { useState } from "react";
import type { LabPast } from "../../bridge/lab.ts";
import { elapsedText, figureText, paramsText } from "../../state/labWords.ts";
import { useLab, useSession } from "../../view/context.ts";
import { whenText } from "../plugins/when.ts";
import { VirtualList } from "../store/VirtualList.tsx";
import classes from "./History.module.css";
import shared from "./OpList.module.css";

/** What was run before. Files and results are named; what is in them is not kept, and no secret is. */
export function History() {
  const { lab } = useSession();
  const history = useLab((s) => s.history);
  return (
    <nav className={shared.side} aria-label="History of runs">
      {history === null ? null : history.length === 0 ? (
        <p className={shared.none}>Nothing was run yet. What you run is listed here.</p>
      ) : (
        <>
          <VirtualList
            items={history}
            keyOf={(past) => past.id}
            label="Runs, the newest first"
            height={92}
            className={classes.list ?? ""}
          >
            {(past) => <Entry past={past} />}
          </VirtualList>
          <Clear onClear={() => void lab.forgetHistory()} />
        </>
      )}
    </nav>
  );
}

function Entry({ past }: { past: LabPast }) {
  const { lab } = useSession();
  const params = paramsText(past);
  return (
    <article className={classes.entry} aria-label={`${past.op}, ${past.state}`}>
      <header>
        <b>{past.op}</b>
        <time>{whenText(new Date(past.atMs).toISOString())}</time>
      </header>
      <p>
        {past.state === "done" ? elapsedText(past.elapsedMs) : stateWord(past)}
        {past.inputs.length > 0 && ` · ${past.inputs.join(", ")}`}
      </p>
      {params !== "" && <p className={classes.params}>{params}</p>}
      {past.figures.slice(0, 3).map((figure) => (
        <p key={figure.name}>
          {figure.name} {figureText(figure)}
        </p>
      ))}
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconReload size="0.875rem" stroke={1.8} />}
        aria-label={`Run ${past.op} again`}
        onClick={() => void lab.runAgain(past)}
      >
        Run again
      </Button>
    </article>
  );
}

function stateWord(past: LabPast): string {
  return past.state === "failed" ? `Failed (${past.kind || "unknown"})` : "Cancelled";
}

/** What is lost is named, and asked for once. */
function Clear({ onClear }: { onClear: () => void }) {
  const [asked, ask] = useState(false);
  return (
    <div className={classes.clear}>
      {asked ? (
        <>
          <span>Forget all runs that are listed?</span>
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => {
              ask(false);
              onClear();
            }}
          >
            Forget them
          </Button>
          <Button size="compact-xs" variant="subtle" color="gray" onClick={() => ask(false)}>
            Keep
          </Button>
        </>
      ) : (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => ask(true)}>
          Forget the history
        </Button>
      )}
    </div>
  );
}
