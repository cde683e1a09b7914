import { CloseButton, SegmentedControl } from "@mantine/core";
import { useEffect } from "react";
import type { LabSide } from "../../state/lab.ts";
import { useLab, useSession } from "../../view/context.ts";
import { Form } from "./Form.tsx";
import { History } from "./History.tsx";
import classes from "./LabPanel.module.css";
import { OpList } from "./OpList.tsx";
import { Outcome } from "./Outcome.tsx";

/** Any op on files of the user: what to run on the left, how in the middle, what came of it on the right. */
export function LabPanel() {
  const session = useSession();
  useEffect(returnFocus, []);
  return (
    <section className={classes.panel} aria-label="Lab">
      <header className={classes.head}>
        <h2>Lab</h2>
        <Sides />
        <CloseButton
          aria-label="Close the lab"
          onClick={() => session.changeSettings({ panel: "flock" })}
        />
      </header>
      <div className={classes.body}>
        <Side />
        <Form />
        <Outcome />
      </div>
    </section>
  );
}

/** Who closes the panel goes on where they opened it. */
function returnFocus(): () => void {
  const before = document.activeElement;
  return () => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && before instanceof HTMLElement) before.focus();
  };
}

function Sides() {
  const { lab } = useSession();
  const side = useLab((s) => s.side);
  return (
    <SegmentedControl
      size="xs"
      aria-label="What is listed"
      value={side}
      data={[
        { value: "ops", label: "Ops" },
        { value: "history", label: "History" },
      ]}
      onChange={(value) => lab.look(value as LabSide)}
    />
  );
}

function Side() {
  const side = useLab((s) => s.side);
  return side === "ops" ? <OpList /> : <History />;
}
