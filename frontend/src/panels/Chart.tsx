import { useEffect, useRef } from "react";
import type uPlot from "uplot";
import { type FigureName, SAMPLES_PER_SECOND } from "../state/figures.ts";
import { schemeOf } from "../state/store.ts";
import { useApp, useSession } from "../view/context.ts";
import { openPlot } from "./plot.ts";

const WIDTH = 320;
const HEIGHT = 104;

interface Props {
  series: readonly FigureName[];
  unit: string;
  scale: number;
}

/** The last minute of one or two figures. */
export function Chart({ series, unit, scale }: Props) {
  const session = useSession();
  const scheme = useApp(schemeOf);
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!place.current) return;
    const value = (v: number) => `${v} ${unit}`;
    const plot = openPlot(
      place.current,
      { scheme, width: WIDTH, height: HEIGHT, lines: series.length, value },
      read(session, series, scale),
    );
    const stop = session.store.subscribe((state, before) => {
      if (state.figures !== before.figures) plot.setData(read(session, series, scale));
    });
    return () => {
      stop();
      plot.destroy();
    };
  }, [session, scheme, series, unit, scale]);

  return <div ref={place} role="img" aria-label="Graph of the last minute" />;
}

function read(
  session: ReturnType<typeof useSession>,
  series: readonly FigureName[],
  scale: number,
): uPlot.AlignedData {
  const { histories } = session.monitor.sampler;
  const { length } = histories.fps;
  const times = Array.from({ length }, (_, i) => (i - length + 1) / SAMPLES_PER_SECOND);
  const values = series.map((name) =>
    Array.from({ length }, (_, i) => {
      const value = histories[name].at(i) / scale;
      return Number.isFinite(value) ? value : null;
    }),
  );
  return [times, ...values];
}
