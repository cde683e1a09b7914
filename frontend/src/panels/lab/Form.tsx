import { Button, Progress, Switch } from "@mantine/core";
import { IconFlask, IconPlayerPlayFilled } from "@tabler/icons-react";
import { Fragment } from "react";
import type { LabRun } from "../../bridge/lab.ts";
import { percent, whole } from "../../core/format.ts";
import { canBeLive } from "../../state/lab.ts";
import { problemsOf } from "../../state/labForm.ts";
import { shownSlots } from "../../state/labOps.ts";
import { elapsedText } from "../../state/labWords.ts";
import { sentence } from "../../state/notices.ts";
import { useLab, useSession } from "../../view/context.ts";
import type { Op } from "../../wire/ops.ts";
import { Trouble } from "../store/Trouble.tsx";
import { Field } from "./Field.tsx";
import classes from "./Form.module.css";
import { Slot } from "./Slot.tsx";

/** How an op is to be run. */
export function Form() {
  const op = useLab((s) => s.op);
  if (!op) return <Nothing />;
  return (
    <section className={classes.form} aria-label={`Run ${op.id}`}>
      <div className={classes.scroll}>
        <header>
          <h3>{op.id}</h3>
          <p>{sentence(op.doc)}</p>
        </header>
        <Missing />
        <Slots op={op} />
        <Fields op={op} />
      </div>
      <RunBar />
    </section>
  );
}

function Nothing() {
  return (
    <section className={classes.form} aria-label="Run an op">
      <div className={classes.nothing}>
        <IconFlask size="2rem" stroke={1.3} aria-hidden />
        <p>Choose an op from the list to see what it takes.</p>
      </div>
    </section>
  );
}

/** Of a run of the history: what is not there any more. */
function Missing() {
  const missing = useLab((s) => s.missing);
  if (missing.length === 0) return null;
  return (
    <p className={classes.missing} role="status">
      {missing.join(", ")} {missing.length === 1 ? "is" : "are"} not there any more: choose another
      file.
    </p>
  );
}

function Slots({ op }: { op: Op }) {
  const { slots, tried, values } = useLab((s) => ({
    slots: s.slots,
    tried: s.tried,
    values: s.values,
  }));
  if (op.inputs.length === 0) return null;
  const problems = tried ? problemsOf(op, values, slots).slots : {};
  return (
    <fieldset className={classes.group}>
      <legend>{op.inputs.length === 1 ? "Input" : "Inputs"}</legend>
      {op.inputs.slice(0, shownSlots(op, slots)).map((port, at) => (
        <Slot
          key={port.name}
          port={port}
          at={at}
          item={slots[at] ?? null}
          problem={problems[at] ?? ""}
        />
      ))}
    </fieldset>
  );
}

function Fields({ op }: { op: Op }) {
  const form = useLab((s) => s.form);
  const shown = op.params.filter((param) => !param.hidden);
  if (shown.length === 0) return null;
  let group = "";
  return (
    <fieldset className={classes.group}>
      <legend>Parameters</legend>
      {shown.map((param) => {
        const heading = param.group !== group && param.group !== "";
        group = param.group;
        return (
          <Fragment key={`${form} ${param.name}`}>
            {heading && <h4>{param.group}</h4>}
            <Field param={param} />
          </Fragment>
        );
      })}
    </fieldset>
  );
}

/** Go, how far it is, and the end of it. */
function RunBar() {
  const { lab } = useSession();
  const { run, refusal, live, possible } = useLab((s) => ({
    run: s.run,
    refusal: s.refusal,
    live: s.live,
    possible: canBeLive(s),
  }));
  const running = run?.state === "running";
  return (
    <footer className={classes.bar}>
      {refusal && <Trouble fault={refusal} />}
      {running && !run.preview && <Running run={run} />}
      <div className={classes.buttons}>
        {running && !run.preview ? (
          <Button variant="default" onClick={() => void lab.cancel()}>
            Cancel
          </Button>
        ) : (
          <Button
            leftSection={<IconPlayerPlayFilled size="0.875rem" />}
            onClick={() => void lab.run()}
          >
            Run
          </Button>
        )}
        {possible && (
          <Switch
            size="xs"
            label="Live preview"
            checked={live}
            onChange={(event) => lab.setLive(event.currentTarget.checked)}
          />
        )}
        <span className={classes.time} role="status">
          {run && !running && outcome(run)}
        </span>
      </div>
    </footer>
  );
}

function Running({ run }: { run: LabRun }) {
  const known = run.total > 0;
  const share = known ? Math.min(100, (100 * run.done) / run.total) : 100;
  const seconds = (run.elapsedMs / 1000).toFixed(1);
  return (
    <div className={classes.running}>
      <span>
        {known ? percent(share) : run.done > 0 ? `${whole(run.done)} done` : "Running"} · {seconds}{" "}
        s{known && share > 2 && left(run, share)}
      </span>
      <Progress
        size="sm"
        value={share}
        striped={!known}
        animated={!known}
        aria-label={`Progress of ${run.op}`}
      />
    </div>
  );
}

function left(run: LabRun, share: number): string {
  const seconds = (run.elapsedMs / 1000) * ((100 - share) / share);
  return ` · about ${Math.ceil(seconds)} s left`;
}

function outcome(run: LabRun): string {
  const words = { done: "Done in", failed: "Failed after", cancelled: "Cancelled after" } as const;
  if (run.state === "running") return "";
  const cached = run.fromCache ? ", from the cache" : "";
  return `${words[run.state]} ${elapsedText(run.elapsedMs)}${cached}`;
}
