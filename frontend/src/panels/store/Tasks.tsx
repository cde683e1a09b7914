import { Button, CloseButton, Progress } from "@mantine/core";
import { useState } from "react";
import type { VaultTask } from "../../bridge/vaultTasks.ts";
import { taskFigures, taskOutcome, taskTitle } from "../../state/vaultWords.ts";
import { useSession, useVault } from "../../view/context.ts";
import classes from "./Tasks.module.css";

/** More are counted, not shown. */
const MAX_SHOWN = 3;

/** What is being done, and what came of what was. */
export function Tasks() {
  const tasks = useVault((s) => s.tasks);
  if (tasks.length === 0) return null;
  const shown = tasks.toReversed().slice(0, MAX_SHOWN);
  return (
    <ul className={classes.tasks} aria-label="Work in the store">
      {shown.map((task) => (
        <li key={task.id} data-state={task.state}>
          {task.state === "running" ? <Running task={task} /> : <Ended task={task} />}
        </li>
      ))}
    </ul>
  );
}

function Running({ task }: { task: VaultTask }) {
  const { vault } = useSession();
  const known = task.total >= task.done && task.total > 0;
  return (
    <>
      <div className={classes.words}>
        <b>{taskTitle(task)}</b>
        <span className={classes.figures}>{taskFigures(task)}</span>
      </div>
      <Progress
        className={classes.bar ?? ""}
        size="sm"
        animated={!known}
        striped={!known}
        value={known ? (100 * task.done) / task.total : 100}
        aria-label={taskTitle(task)}
      />
      <Button size="compact-sm" variant="default" onClick={() => void vault.cancel(task.id)}>
        Cancel
      </Button>
    </>
  );
}

function Ended({ task }: { task: VaultTask }) {
  const { vault } = useSession();
  const [open, setOpen] = useState(false);
  const details = [...(task.result?.problems ?? []), ...(task.result?.health?.details ?? [])];
  return (
    <>
      <div className={classes.words} role={task.state === "failed" ? "alert" : "status"}>
        <b>{taskTitle(task)}</b>
        <span>{taskOutcome(task)}</span>
        {open && (
          <ul className={classes.details}>
            {details.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        )}
      </div>
      {details.length > 0 && (
        <Button size="compact-sm" variant="default" onClick={() => setOpen(!open)}>
          {open ? "Hide details" : "Details"}
        </Button>
      )}
      <CloseButton
        size="sm"
        aria-label={`Dismiss: ${taskTitle(task)}`}
        onClick={() => void vault.forget(task.id)}
      />
    </>
  );
}
