import { Popover, UnstyledButton } from "@mantine/core";
import { useState } from "react";
import { conditionOf } from "../state/condition.ts";
import type { FigureName } from "../state/figures.ts";
import { sentence } from "../state/notices.ts";
import { useApp } from "../view/context.ts";
import { Chart } from "./Chart.tsx";
import { FIGURES, type StatusFigure } from "./figureList.ts";
import classes from "./StatusBar.module.css";

/** Measured figures, at most four times a second. Each explains itself on click. */
export function StatusBar() {
  return (
    <section className={classes.bar} aria-label="Figures">
      <LiveWord />
      {FIGURES.map((figure) => (
        <Item key={figure.id} figure={figure} />
      ))}
    </section>
  );
}

function Item({ figure }: { figure: StatusFigure }) {
  const [open, setOpen] = useState(false);
  const { name, text, warn, share } = useApp((s) => ({
    name: figure.nameFor?.(s) ?? figure.name,
    text: figure.text(s),
    warn: figure.warn?.(s) ?? false,
    share: figure.share?.(s) ?? null,
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
          {share !== null && (
            <span className={classes.meter} aria-hidden="true">
              <span style={{ width: `${share * 100}%` }} />
            </span>
          )}
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

/** How the unit is: a dot, a word, and on click what that means. */
function LiveWord() {
  const [open, setOpen] = useState(false);
  const { word, mood, why } = useApp(conditionOf);
  return (
    <Popover opened={open} onChange={setOpen} position="top-start" shadow="md" trapFocus withArrow>
      <Popover.Target>
        <UnstyledButton
          className={classes.item}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <span className={classes.live} data-mood={mood}>
            {word}
          </span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown className={classes.card ?? ""}>
        <div className={classes.explanation}>
          <h3>{word}</h3>
          <p>{sentence(why)}</p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
