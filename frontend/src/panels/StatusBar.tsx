import { Popover, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import type { FigureName } from "../state/figures.ts";
import type { AppState } from "../state/store.ts";
import { useApp } from "../view/context.ts";
import { LiveState } from "../wire/gen/layout.ts";
import { Chart } from "./Chart.tsx";
import { FIGURES, type StatusFigure } from "./figureList.ts";
import classes from "./StatusBar.module.css";

/** Measured figures, at most four times a second. Each explains itself on click. */
export function StatusBar() {
  return (
    <section className={classes.bar} aria-label="Figures">
      {FIGURES.map((figure) => (
        <Item key={figure.id} figure={figure} />
      ))}
      <span className={classes.gap} />
      <LiveWord />
    </section>
  );
}

function Item({ figure }: { figure: StatusFigure }) {
  const [open, setOpen] = useState(false);
  const { name, text, warn } = useApp((s) => ({
    name: figure.nameFor?.(s) ?? figure.name,
    text: figure.text(s),
    warn: figure.warn?.(s) ?? false,
  }));
  return (
    <Popover opened={open} onChange={setOpen} position="top-start" shadow="md" trapFocus withArrow>
      <Popover.Target>
        <UnstyledButton
          className={classes.item}
          data-warn={warn || undefined}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <span className={classes.name}>{name}</span>
          <span className={classes.value} style={{ minWidth: figure.width }}>
            {text}
          </span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.card ?? ""}>
        <Explanation figure={figure} />
      </Popover.Dropdown>
    </Popover>
  );
}

function Explanation({ figure }: { figure: StatusFigure }) {
  const { text, more } = useApp((s) => ({ text: figure.text(s), more: figure.more?.(s) ?? "" }));
  return (
    <div className={classes.explanation}>
      <h3>
        {figure.title} <span>{text}</span>
      </h3>
      <p>{figure.doc}</p>
      {more !== "" && <p>{more}</p>}
      {figure.series.length > 0 && (
        <Chart
          series={figure.series as readonly FigureName[]}
          unit={figure.unit}
          scale={figure.scale}
        />
      )}
    </div>
  );
}

const WORDS: Record<number, string> = {
  [LiveState.stopped]: "Stopped",
  [LiveState.running]: "Running",
  [LiveState.paused]: "Paused",
  [LiveState.restarting]: "Starting again",
  [LiveState.quarantined]: "Resting after failures",
  [LiveState.stalled]: "Stalled",
};

function LiveWord() {
  const { word, good } = useApp((s: AppState) => ({
    word: s.trouble !== "" ? s.trouble : (WORDS[s.liveState] ?? ""),
    good: s.trouble === "" && s.liveState === LiveState.running,
  }));
  return (
    <span className={classes.live} data-good={good || undefined}>
      {word}
    </span>
  );
}
