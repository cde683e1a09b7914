import { Button } from "@mantine/core";
import { IconMoon, IconRefresh } from "@tabler/icons-react";
import type { UnitLife } from "../../bridge/unitLife.ts";
import { sentence } from "../../state/notices.ts";
import { useGallery, useSession } from "../../view/context.ts";
import page from "./page.module.css";

/** Units of the plugin that do not tick as they should: why, and what can be done. */
export function Lives({ plugin }: { plugin: string }) {
  const session = useSession();
  useGallery((s) => s.samples);
  const lives = session.plugins.activity.lives.filter((l) => l.plugin === plugin);
  return lives
    .filter((life) => life.ended !== null || life.nextStartMs !== null)
    .map((life) => <Life key={life.unit} life={life} />);
}

function Life({ life }: { life: UnitLife }) {
  const session = useSession();
  const waits = life.ended === null;
  const Icon = waits ? IconRefresh : IconMoon;
  const again = () => {
    if (waits) void session.plugins.startNow(life.unit);
    else void session.startAgain();
  };
  return (
    <div className={page.trouble} role="status" aria-label={`State of ${life.unit}`}>
      <Icon size="1.125rem" stroke={1.7} aria-hidden />
      <span>
        <b>{lifeTitle(life)}</b>
        <br />
        {sentence(life.ended?.message ?? life.failure, life.unit)}
      </span>
      {(waits || life.ended?.kind === "quarantined") && (
        <Button size="compact-xs" variant="default" onClick={again}>
          Try again
        </Button>
      )}
    </div>
  );
}

/** How it is, in a line. */
export function lifeTitle({ unit, ended, nextStartMs }: UnitLife): string {
  if (ended?.kind === "quarantined") return `${unit} failed too often and rests`;
  if (ended) return `${unit} was stopped`;
  const seconds = Math.ceil((nextStartMs ?? 0) / 1000);
  return seconds > 0 ? `${unit} starts again in ${seconds} s` : `${unit} is being started again`;
}
