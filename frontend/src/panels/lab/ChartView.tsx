import { Checkbox, NativeSelect } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import uPlot from "uplot";
import type { LabItem, LabSeries, LabTable } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { SHELL } from "../../core/theme.ts";
import { lineColours } from "../../state/labLines.ts";
import { numberText } from "../../state/labWords.ts";
import { schemeOf } from "../../state/store.ts";
import { useApp, useSession } from "../../view/context.ts";
import { rootSize } from "../plot.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./ChartView.module.css";

const MAX_LINES = 6;
/** Columns that are offered. */
const MAX_OFFERED = 40;

/** Columns of numbers as lines. */
export function ChartView({ item, table }: { item: LabItem; table: LabTable }) {
  const numeric = table.columns
    .map(({ name, numeric }, index) => ({ name, numeric, index }))
    .filter((c) => c.numeric)
    .slice(0, MAX_OFFERED);
  // The first column of a table with names is most often what the others are over.
  const over = numeric.length > 1 && numeric[0]?.name !== "1" ? (numeric[0]?.index ?? -1) : -1;
  const [x, setX] = useState(over);
  const [lines, setLines] = useState(() =>
    numeric
      .filter((c) => c.index !== over)
      .slice(0, 3)
      .map((c) => c.index),
  );
  const shown = lines.filter((index) => numeric.some((c) => c.index === index));
  return (
    <div className={classes.chart}>
      <div className={classes.choice}>
        <NativeSelect
          size="xs"
          aria-label="Across"
          value={String(x)}
          data={[
            { value: "-1", label: "across: row" },
            ...numeric.map((c) => ({ value: String(c.index), label: `across: ${c.name}` })),
          ]}
          onChange={(event) => setX(Number(event.currentTarget.value))}
        />
        <fieldset aria-label="Lines">
          {numeric.map((c) => {
            const on = shown.includes(c.index);
            return (
              <Checkbox
                key={c.index}
                size="xs"
                label={c.name}
                checked={on}
                disabled={!on && shown.length >= MAX_LINES}
                onChange={() =>
                  setLines(on ? shown.filter((i) => i !== c.index) : [...shown, c.index])
                }
              />
            );
          })}
        </fieldset>
      </div>
      <Lines item={item} table={table} x={x} columns={shown} />
    </div>
  );
}

interface LinesProps {
  item: LabItem;
  table: LabTable;
  x: number;
  columns: readonly number[];
}

function Lines({ item, table, x, columns }: LinesProps) {
  const { lab } = useSession();
  const scheme = useApp(schemeOf);
  const place = useRef<HTMLDivElement>(null);
  const { ref, width, height } = useElementSize();
  const [series, setSeries] = useState<LabSeries | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const key = columns.join(" ");
  useEffect(() => {
    let wanted = true;
    const wish = key === "" ? [] : key.split(" ").map(Number);
    lab.program.series(item.id, x, wish).then(
      (s) => {
        if (!wanted) return;
        setSeries(s);
        setFault(null);
      },
      (error) => wanted && setFault(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [lab, item.id, x, key]);
  useEffect(() => {
    if (!place.current || !series || width < 50 || height < 50) return;
    const names = key === "" ? [] : key.split(" ").map((i) => table.columns[Number(i)]?.name ?? "");
    const across = x < 0 ? "row" : (table.columns[x]?.name ?? "");
    const plot = openChart(place.current, { scheme, width, height, names, across }, series);
    return () => plot.destroy();
  }, [series, scheme, width, height, table, x, key]);
  if (fault) return <Trouble fault={fault} />;
  return (
    <div className={classes.frame} ref={ref}>
      <div
        ref={place}
        role="img"
        aria-label={`Chart of ${columns.map((i) => table.columns[i]?.name).join(", ")}`}
      />
      {series?.thinned && (
        <small>Of each group of rows the smallest and the largest value are drawn.</small>
      )}
    </div>
  );
}

interface Options {
  scheme: "dark" | "light";
  width: number;
  height: number;
  names: readonly string[];
  across: string;
}

const LEGEND_REM = 3.5;

function openChart(place: HTMLElement, o: Options, { x, y }: LabSeries): uPlot {
  const colours = SHELL[o.scheme];
  const rem = rootSize();
  const lines = lineColours(o.scheme);
  const axis = {
    font: `${0.75 * rem}px "Inter Variable", sans-serif`,
    stroke: colours.textDim,
    grid: { stroke: colours.edge, width: 1 },
    ticks: { stroke: colours.edge, width: 1 },
  };
  return new uPlot(
    {
      width: o.width,
      height: Math.max(120, o.height - LEGEND_REM * rem),
      scales: { x: { time: false } },
      axes: [
        { ...axis, size: 2.2 * rem },
        { ...axis, size: 4 * rem },
      ],
      series: [
        { label: o.across, value: (_, v) => (v === null ? "–" : numberText(v)) },
        ...o.names.map((label, i) => ({
          label,
          stroke: lines[i % lines.length] ?? colours.accent,
          width: 1.5,
          dash: i >= 3 ? [6, 4] : [],
          points: { show: x.length < 2 },
          value: (_: uPlot, v: number | null) => (v === null ? "–" : numberText(v)),
        })),
      ],
    },
    [x, ...y],
    place,
  );
}
