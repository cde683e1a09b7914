import { Button, NativeSelect, TextInput } from "@mantine/core";
import { useState } from "react";
import { LOG_LEVELS, type LogLevel, type LogLine } from "../../bridge/plugins.ts";
import { useGallery, useSession } from "../../view/context.ts";
import classes from "./Activity.module.css";
import page from "./page.module.css";
import { clockText } from "./when.ts";

/** More lines than these nobody reads in a panel; the file has all. */
const MAX_SHOWN = 200;

/** What it logged: by level, by word, held still, or as a file. */
export function Log({ id }: { id: string }) {
  const session = useSession();
  useGallery((s) => s.samples);
  const busy = useGallery((s) => s.busy);
  const [level, setLevel] = useState<LogLevel>("debug");
  const [word, setWord] = useState("");
  const [held, hold] = useState<readonly LogLine[] | null>(null);
  const all = (held ?? session.plugins.activity.lines).filter((l) => l.plugin === id);
  const lines = shownLines(all, level, word);
  return (
    <>
      <h3>Log</h3>
      <div className={page.bar}>
        <NativeSelect
          size="xs"
          aria-label="Least level"
          data={LOG_LEVELS.map((value) => ({ value, label: LEVEL_WORDS[value] }))}
          value={level}
          onChange={(event) => setLevel(levelOf(event.currentTarget.value))}
        />
        <TextInput
          size="xs"
          aria-label="Search the log"
          placeholder="Search"
          value={word}
          onChange={(event) => setWord(event.currentTarget.value)}
        />
        <Button
          size="xs"
          variant={held ? "filled" : "default"}
          aria-pressed={held !== null}
          onClick={() => hold(held ? null : session.plugins.activity.lines)}
        >
          Pause
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={busy || all.length === 0}
          onClick={() => void session.plugins.exportLog(id)}
        >
          Export
        </Button>
      </div>
      <Lines lines={lines} empty={all.length === 0} />
    </>
  );
}

const LEVEL_WORDS: Record<LogLevel, string> = {
  debug: "Everything",
  info: "From info on",
  warning: "From warnings on",
  error: "Errors only",
};

const levelOf = (value: string) => LOG_LEVELS.find((l) => l === value) ?? "debug";

/** The last lines of that level or worse with the word in them, the newest first. */
export function shownLines(
  lines: readonly LogLine[],
  least: LogLevel,
  word: string,
): readonly LogLine[] {
  const wanted = word.trim().toLowerCase();
  return lines
    .filter((l) => LOG_LEVELS.indexOf(l.level) >= LOG_LEVELS.indexOf(least))
    .filter((l) => l.text.toLowerCase().includes(wanted))
    .slice(-MAX_SHOWN)
    .toReversed();
}

function Lines({ lines, empty }: { lines: readonly LogLine[]; empty: boolean }) {
  if (lines.length === 0) {
    return <p>{empty ? "It has logged nothing since INOS started." : "No line fits."}</p>;
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so it needs the focus
    <ol className={classes.log} aria-label="Log, newest first" tabIndex={0}>
      {lines.map((line) => (
        <li key={line.number} data-level={line.level}>
          <time dateTime={line.when}>{clockText(line.when)}</time>
          <span>{line.level}</span>
          <code>{line.text}</code>
        </li>
      ))}
    </ol>
  );
}
