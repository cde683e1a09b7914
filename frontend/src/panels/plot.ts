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

/** A graph of figures over the last seconds, in the colours of the shell. */
export function openPlot(place: HTMLElement, o: PlotOptions, data: uPlot.AlignedData): uPlot {
  const colours = SHELL[o.scheme];
  const axis = {
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
        { ...axis, values: (_, ticks) => ticks.map((t) => `${t} s`), size: 24 },
        { ...axis, values: (_, ticks) => ticks.map(o.value), size: 56 },
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
