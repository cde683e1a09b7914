import { useState } from "react";
import { unitText } from "../core/format.ts";
import { numberText, typedNumber } from "../state/scale.ts";
import type { NumberParam } from "../wire/manifest.ts";
import classes from "./NumberField.module.css";

interface Props {
  param: NumberParam;
  value: number;
  label: string;
  onChange: (value: number) => void;
  large?: boolean;
}

/** Number that can be typed: taken with Enter or on leaving, given up with Escape. */
export function NumberField({ param, value, label, onChange, large }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const take = () => {
    const typed = draft === null ? null : typedNumber(param, draft);
    setDraft(null);
    if (typed !== null && typed !== value) onChange(typed);
  };
  const shown = draft ?? numberText(param, value);
  return (
    <span className={classes.field} data-large={large || undefined}>
      <input
        className={classes.input}
        inputMode="decimal"
        value={shown}
        aria-label={label}
        style={{ width: `calc(${Math.max(3, shown.length)}ch + ${large ? 0.5 : 0.75}rem)` }}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => {
          if (event.key === "Enter") take();
          if (event.key === "Escape") {
            setDraft(null);
            event.stopPropagation();
            event.currentTarget.blur();
          }
        }}
      />
      {param.unit !== "" && !large && <span className={classes.unit}>{unitText(param.unit)}</span>}
    </span>
  );
}
