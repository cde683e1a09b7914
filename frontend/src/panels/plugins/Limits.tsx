import { Button, TextInput } from "@mantine/core";
import { useEffect, useState } from "react";
import type { PluginLimit } from "../../bridge/pluginLimits.ts";
import { sentence } from "../../state/notices.ts";
import { useGallery, useLimits, useSession } from "../../view/context.ts";
import { Trouble } from "./About.tsx";
import page from "./page.module.css";
import classes from "./Settings.module.css";

const TITLES: Record<string, string> = {
  cpu: "Processor",
  memory: "Memory",
  time: "Time of a call",
  rate: "Ticks a second",
  segments: "Shared memory",
  log: "Lines in the log",
};

const OWNERS: Record<PluginLimit["by"], string> = {
  you: "set by you",
  plugin: "its own",
  inos: "for every plugin",
};

/** How much the plugin may use, and how much of that the user leaves it. */
export function Limits({ plugin }: { plugin: string }) {
  const session = useSession();
  const samples = useGallery((s) => s.samples);
  const known = useLimits((s) => s.plugin === plugin);
  const { rows, unreadable } = useLimits(({ rows, unreadable }) => ({ rows, unreadable }));
  const { limits } = session.plugins;
  // biome-ignore lint/correctness/useExhaustiveDependencies: each sample asks what is used now
  useEffect(() => void limits.refresh(plugin), [limits, plugin, samples]);
  const any = rows.some((row) => row.set !== "");
  return (
    <section className={classes.limits} aria-label="Limits">
      <div className={page.bar}>
        <h3>Limits</h3>
        <Button
          size="compact-xs"
          variant="default"
          className={any ? "" : (classes.still ?? "")}
          aria-disabled={!any}
          onClick={() => void (any && limits.resetAll())}
        >
          {any ? "Reset all limits" : "You have set none"}
        </Button>
      </div>
      <p>A limit only takes away. It counts from the next call on, for a live unit in a second.</p>
      {known && unreadable && <Trouble text={`${unreadable.message}. ${unreadable.next}`} />}
      <ul className={classes.settings}>
        {known && rows.map((row) => <Row key={row.key} limit={row} />)}
      </ul>
    </section>
  );
}

function Row({ limit }: { limit: PluginLimit }) {
  const fault = useLimits((s) => s.faults[limit.key] ?? null);
  const title = TITLES[limit.key] ?? limit.key;
  return (
    <li aria-label={title}>
      <div className={classes.head}>
        <b>{title}</b>
        <span>{limit.inForce === "" ? "No limit" : `${limit.inForce}, ${OWNERS[limit.by]}`}</span>
      </div>
      <p>{standing(limit)}</p>
      <Field limit={limit} title={title} refused={fault !== null} />
      {fault && (
        <p className={classes.fault} role="alert">
          {sentence(fault.message, fault.subject)} {sentence(fault.next)}
        </p>
      )}
    </li>
  );
}

/** What it is about, what the plugin asks for, what it uses. */
function standing({ doc, declared, used }: PluginLimit): string {
  const parts = [doc];
  if (declared !== "") parts.push(`its manifest says ${declared}`);
  if (used !== "") parts.push(`now ${used}`);
  return sentence(parts.join(", "));
}

interface FieldProps {
  limit: PluginLimit;
  title: string;
  refused: boolean;
}

/** Taken with Enter or on leaving, given up with Escape. */
function Field({ limit, title, refused }: FieldProps) {
  const { limits } = useSession().plugins;
  const [draft, setDraft] = useState<string | null>(null);
  const before = useLimits((s) => s.before[limit.key]);
  const store = async () => {
    if (draft === null || refused) return;
    const taken = draft.trim() === limit.set || (await limits.set(limit.key, draft));
    if (taken) setDraft((now) => (now === draft ? null : now)); // the user may have gone on
  };
  const giveUp = () => {
    setDraft(null);
    limits.forgive(limit.key);
  };
  const reset = () => {
    giveUp();
    if (isSet) void limits.set(limit.key, "");
  };
  const undo = () => {
    giveUp();
    void limits.undo(limit.key);
  };
  const isSet = limit.set !== "";
  return (
    <div className={classes.number}>
      <TextInput
        size="xs"
        aria-label={`Limit of ${title}`}
        placeholder={`like ${limit.example}`}
        error={refused}
        value={draft ?? limit.set}
        onChange={(event) => {
          setDraft(event.currentTarget.value);
          limits.forgive(limit.key);
        }}
        onBlur={() => void store()}
        onKeyDown={(event) => {
          if (event.key === "Enter") void store();
          if (event.key === "Escape" && draft !== null) {
            giveUp();
            event.stopPropagation();
          }
        }}
      />
      {/* Not disabled: the focus would be lost with the click. */}
      <Button
        size="compact-xs"
        variant="default"
        aria-label={`Reset ${title}`}
        aria-disabled={!isSet}
        className={isSet ? "" : (classes.still ?? "")}
        onClick={reset}
      >
        {isSet ? "Reset" : "Not set"}
      </Button>
      {before !== undefined && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={`Undo ${title}`}
          onClick={undo}
        >
          Undo
        </Button>
      )}
    </div>
  );
}
