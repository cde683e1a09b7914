import { Button, Loader, Tooltip } from "@mantine/core";
import { IconAlertTriangle, IconMoon } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import type { Fault } from "../core/fault.ts";
import { faultNotice, sentence } from "../state/notices.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./LaunchCard.module.css";

/** Before this many seconds nobody wonders. */
const LONG_S = 3;
/** More units than these are in the controls' list. */
const MAX_OTHERS = 4;
const NO_PLUGIN =
  "A live unit comes with a plugin. Put its .wasm file into the plugins folder of INOS and start the window again.";

/** In the middle of the sky while the unit that was asked for does not run. */
export function LaunchCard() {
  const launch = useApp((s) => s.launch);
  if (!launch) return null;
  const { unit, fault } = launch;
  return fault ? <Failed unit={unit} fault={fault} /> : <Starting key={unit} unit={unit} />;
}

function Starting({ unit }: { unit: string }) {
  const seconds = useSeconds();
  return (
    <section className={classes.card} data-late aria-label={`Starting ${unit}`}>
      <div className={classes.head} role="status">
        <Loader size="1.375rem" color="var(--inos-accent)" aria-hidden="true" />
        <h2>
          Starting <b>{unit}</b>
        </h2>
        {seconds >= LONG_S && <span className={classes.time}>{seconds}&#8239;s</span>}
      </div>
      {seconds >= LONG_S && <p>A plugin is compiled when it is used for the first time.</p>}
      <Others unit={unit} />
    </section>
  );
}

/** Whole seconds since this was first shown. */
function useSeconds(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setSeconds((s) => s + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

const HEADLINES: Readonly<Record<string, string>> = {
  quarantined: "failed too often and rests",
  retired: "was stopped",
};

function Failed({ unit, fault }: { unit: string; fault: Fault }) {
  const session = useSession();
  const units = useApp((s) => s.units);
  const rests = fault.kind === "quarantined";
  const Icon = rests ? IconMoon : IconAlertTriangle;
  const { why, next, details, action } = faultNotice(fault);
  const raise = action?.kind === "raiseArena" ? action : null;
  return (
    <section className={classes.card} role="alert">
      <div className={classes.head}>
        <Icon size="1.5rem" stroke={1.6} className={classes.icon} aria-hidden="true" />
        <h2>
          <b>{unit}</b> {HEADLINES[fault.kind] ?? "did not start"}
        </h2>
      </div>
      <p className={classes.why}>{withSubject(fault, unit, why)}</p>
      {next !== "" && <p>{next}</p>}
      {units.length === 0 && <p>{NO_PLUGIN}</p>}
      <div className={classes.actions}>
        {raise && (
          <Button size="sm" onClick={() => void session.act(raise)}>
            {raise.label}
          </Button>
        )}
        <Button
          size="sm"
          variant={raise ? "default" : "filled"}
          onClick={() => void session.startAgain()}
        >
          {rests ? "Start it again" : "Try again"}
        </Button>
        <Button
          size="sm"
          variant="subtle"
          color="gray"
          onClick={() => void session.host.copyText(details)}
        >
          Copy details
        </Button>
      </div>
      <Others unit={unit} />
    </section>
  );
}

/** Who failed, where that is not the unit itself: its plugin, its file, a parameter. */
function withSubject({ subject }: Fault, unit: string, why: string): string {
  if (subject === unit || subject === "") return why;
  return `${subject}: ${why.charAt(0).toLowerCase()}${why.slice(1)}`;
}

/** What else can be shown, now: nobody has to wait. */
function Others({ unit }: { unit: string }) {
  const session = useSession();
  const units = useApp((s) => s.units);
  const others = units.filter((u) => u.name !== unit).slice(0, MAX_OTHERS);
  if (others.length === 0) return null;
  return (
    <div className={classes.others}>
      <span>Show instead</span>
      {others.map(({ name, doc }) => (
        <Tooltip key={name} label={sentence(doc)} position="bottom" multiline maw="18rem">
          <Button size="xs" variant="default" onClick={() => void session.show(name)}>
            {name}
          </Button>
        </Tooltip>
      ))}
    </div>
  );
}
