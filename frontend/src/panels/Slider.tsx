import { fromPlace, nudge, numberText, toPlace } from "../state/scale.ts";
import type { NumberParam } from "../wire/manifest.ts";
import classes from "./Slider.module.css";

/** The browser's range has whole steps; fine enough for any screen. */
const PLACES = 2000;
const STEPS: Record<string, number> = {
  ArrowRight: 1,
  ArrowUp: 1,
  ArrowLeft: -1,
  ArrowDown: -1,
  PageUp: 10,
  PageDown: -10,
};

interface Props {
  param: NumberParam;
  value: number;
  label: string;
  onChange: (value: number) => void;
  onReset: () => void;
  /** The hand is off it: what it says now is meant. */
  onLetGo?: () => void;
  large?: boolean;
}

/** Slider of a parameter: its own scale, its default marked, double click brings that back. */
export function Slider({ param, value, label, onChange, onReset, onLetGo, large }: Props) {
  const place = toPlace(param, value);
  const style = { "--place": place, "--default": toPlace(param, param.default) };
  return (
    <span className={classes.slider} data-large={large || undefined} style={style as object}>
      <span className={classes.track} aria-hidden="true" />
      <span className={classes.mark} aria-hidden="true" />
      <input
        type="range"
        className={classes.input}
        min={0}
        max={PLACES}
        value={Math.round(place * PLACES)}
        aria-label={label}
        aria-valuetext={`${numberText(param, value)} ${param.unit}`.trim()}
        onChange={(event) => onChange(fromPlace(param, event.target.valueAsNumber / PLACES))}
        onDoubleClick={onReset}
        onPointerUp={onLetGo}
        onKeyUp={onLetGo}
        onBlur={onLetGo}
        onKeyDown={(event) => {
          const steps = STEPS[event.key];
          if (steps === undefined) return;
          event.preventDefault();
          onChange(nudge(param, value, steps));
        }}
      />
    </span>
  );
}
