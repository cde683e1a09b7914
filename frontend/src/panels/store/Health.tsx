import { Button, NativeSelect } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconHelpCircle } from "@tabler/icons-react";
import { useState } from "react";
import type { VaultHealth } from "../../bridge/vaultTasks.ts";
import { healthWords } from "../../state/vaultWords.ts";
import { useSession, useVault } from "../../view/context.ts";
import classes from "./Health.module.css";
import shared from "./StorePanel.module.css";
import { timeText } from "./Version.tsx";

/** Whether all that was put can be read, and what can be done about it. */
export function Health() {
  const { vault } = useSession();
  const { health, busy } = useVault((s) => ({
    health: s.health[s.space],
    busy: s.busy || s.tasks.some((t) => t.state === "running" && t.subject === ""),
  }));
  const damaged = health !== undefined && health.damages + health.lost > 0;
  return (
    <div className={shared.page}>
      <Verdict health={health} />
      <ul className={classes.actions}>
        <Action
          title="Check"
          doc="Looks whether everything that was put can be found. Changes nothing."
        >
          <Button size="xs" disabled={busy} onClick={() => void vault.check(false)}>
            Check quickly
          </Button>
          <Button
            size="xs"
            variant="default"
            disabled={busy}
            onClick={() => void vault.check(true)}
          >
            Check every byte
          </Button>
        </Action>
        <Action
          title="Repair"
          doc="Sets apart exactly what is damaged, and writes again what is there twice. What is lost is named; putting the same files again makes it whole."
        >
          <Button
            size="xs"
            variant={damaged ? "filled" : "default"}
            disabled={busy}
            onClick={() => void vault.repair()}
          >
            Repair
          </Button>
        </Action>
        <Action
          title="Free unused room"
          doc="Deletes content that no version has any more: that of versions which you removed."
        >
          <Button size="xs" variant="default" disabled={busy} onClick={() => void vault.collect()}>
            Free it
          </Button>
        </Action>
        <Archive busy={busy} />
      </ul>
    </div>
  );
}

function Verdict({ health }: { health: VaultHealth | undefined }) {
  const known = health !== undefined && health.checkedMs > 0;
  const fine = known && health.damages + health.lost === 0;
  const Icon = !known ? IconHelpCircle : fine ? IconCircleCheck : IconAlertTriangle;
  return (
    <div className={classes.verdict} data-fine={known ? fine : undefined}>
      <Icon size="1.75rem" stroke={1.5} aria-hidden />
      <div>
        <h3>{known ? healthWords(health) : "This space has not been checked yet."}</h3>
        {known && (
          <p>
            Last checked {timeText(health.checkedMs)},{" "}
            {health.thorough ? "every byte" : "quickly: not every byte was read"}
          </p>
        )}
      </div>
    </div>
  );
}

interface ActionProps {
  title: string;
  doc: string;
  children: React.ReactNode;
}

function Action({ title, doc, children }: ActionProps) {
  return (
    <li>
      <div>
        <h4>{title}</h4>
        <p>{doc}</p>
      </div>
      <div className={shared.bar}>{children}</div>
    </li>
  );
}

const BUDGETS = [
  { value: "1", label: "for 1 minute" },
  { value: "10", label: "for 10 minutes" },
  { value: "60", label: "for 1 hour" },
  { value: "0", label: "until it is done" },
];

function Archive({ busy }: { busy: boolean }) {
  const { vault } = useSession();
  const [minutes, setMinutes] = useState("10");
  return (
    <Action
      title="Compress densely"
      doc="Compresses again at the highest level, which is slow, and never loses anything. The time is that of one processor; what is left waits for the next time."
    >
      <NativeSelect
        size="xs"
        aria-label="How long"
        value={minutes}
        data={BUDGETS}
        onChange={(event) => setMinutes(event.currentTarget.value)}
      />
      <Button
        size="xs"
        variant="default"
        disabled={busy}
        onClick={() => void vault.archive(Number(minutes))}
      >
        Compress
      </Button>
    </Action>
  );
}
