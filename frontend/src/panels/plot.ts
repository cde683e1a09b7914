import uPlot from "uplot";
import { type Scheme, SHELL } from "../core/theme.ts";

export interface PlotOptions {
  scheme: Scheme;
  width: number;
  height: number;
  /** Lines; the first has the accent. */
  lines: number;
  /** Words of the values on the upright axis. */
  value: (value: number) => string;
  /** The least that the upright axis reaches to. */
  atLeast?: number;
}

/** Of the words on the axes: they grow with all other text. */
const AXIS_REM = 0.75;

/** Pixels of 1 rem. */
export function rootSize(): number {
  const usual = 16;
  if (typeof document === "undefined") return usual;
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || usual;
}

/** A graph of figures over the last seconds, in the colours of the shell. */
export function openPlot(place: HTMLElement, o: PlotOptions, data: uPlot.AlignedData): uPlot {
  const colours = SHELL[o.scheme];
  const rem = rootSize();
  const axis = {
    font: `${AXIS_REM * rem}px "Inter Variable", sans-serif`,
    stroke: colours.textDim,
    grid: { stroke: colours.edge },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: o.width,
      height: o.height,
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false },
        y: {
          range: {
            min: { soft: 0, mode: 2 },
            max: { pad: 0.15, ...(o.atLeast === undefined ? {} : { soft: o.atLeast, mode: 1 }) },
          },
        },
      },
      axes: [
        {
          ...axis,
          values: (_, ticks) => ticks.map((t) => `${t} s`),
          size: 1.5 * rem,
          space: 4 * rem,
        },
        { ...axis, values: (_, ticks) => ticks.map(o.value), size: 3.5 * rem, space: 1.875 * rem },
      ],
      series: [
        {},
        ...Array.from({ length: o.lines }, (_, i) => ({
          stroke: i === 0 ? colours.accent : colours.textDim,
          width: 1.5,
          spanGaps: false,
          points: { show: false },
        })),
      ],
    },
    data,
    place,
  );
}
