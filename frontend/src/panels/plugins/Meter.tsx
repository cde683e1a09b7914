import { useEffect, useRef, useState } from "react";
import type uPlot from "uplot";
import { type MeterName, SAMPLE_MS, SAMPLES } from "../../state/activity.ts";
import { schemeOf } from "../../state/store.ts";
import { useApp, useGallery, useSession } from "../../view/context.ts";
import { openPlot, rootSize } from "../plot.ts";
import classes from "./Activity.module.css";

/** In the size of the text, as its words are. */
const HEIGHT_REM = 6;

interface Props {
  plugin: string;
  name: MeterName;
  title: string;
  atLeast: number;
  /** What the values are divided by, for round numbers on the axis. */
  scale?: number;
  value: (value: number) => string;
}

/** A figure now, and its last two minutes. */
export function Meter({ plugin, name, title, atLeast, value, scale = 1 }: Props) {
  const session = useSession();
  useGallery((s) => s.samples);
  const scheme = useApp(schemeOf);
  const place = useRef<HTMLDivElement>(null);
  const [rem, setRem] = useState(rootSize);
  const history = session.plugins.activity.metersOf(plugin)?.[name];
  const now = history ? value(history.at(history.length - 1) / scale) : value(Number.NaN);

  useEffect(() => {
    const at = place.current;
    if (!at) return;
    const read = () => dataOf(session.plugins.activity.metersOf(plugin)?.[name], scale);
    const height = HEIGHT_REM * rem;
    const options = { scheme, width: at.clientWidth, height, lines: 1, value, atLeast };
    const plot = openPlot(at, options, read());
    const resized = new ResizeObserver(() => {
      setRem(rootSize());
      plot.setSize({ width: at.clientWidth, height });
    });
    resized.observe(at);
    const stop = session.plugins.store.subscribe((state, before) => {
      if (state.samples !== before.samples) plot.setData(read());
    });
    return () => {
      stop();
      resized.disconnect();
      plot.destroy();
    };
  }, [session, scheme, plugin, name, atLeast, value, scale, rem]);

  return (
    <figure className={classes.meter}>
      <figcaption>
        <span>{title}</span>
        <b>{now}</b>
      </figcaption>
      <div
        ref={place}
        className={classes.plot}
        role="img"
        aria-label={`${title}, the last two minutes: now ${now}`}
      />
    </figure>
  );
}

type Values = { length: number; at: (index: number) => number };

/** The whole span is there from the beginning; what is not known yet is empty. */
function dataOf(history: Values | undefined, scale: number): uPlot.AlignedData {
  const missing = SAMPLES - (history?.length ?? 0);
  const seconds = SAMPLE_MS / 1000;
  const times = Array.from({ length: SAMPLES }, (_, i) => (i - SAMPLES + 1) * seconds);
  const values = times.map((_, i) =>
    history && i >= missing ? history.at(i - missing) / scale : null,
  );
  return [times, values];
}
