import type { LabFigure, LabPast } from "../bridge/lab.ts";
import { milliseconds, UNKNOWN, unitText, withUnit } from "../core/format.ts";

/** Figures and parameters of runs, in words. */

const MAX_VALUE = 40;
const DIGITS = 6;

/** A time that passed: 195 ms, 9.2 s. */
export function elapsedText(ms: number): string {
  return ms < 1000 ? milliseconds(Math.round(ms)) : withUnit((ms / 1000).toFixed(1), "s");
}

/** A figure as exactly as it is useful: six digits, whole numbers whole. */
export function figureText({ value, unit }: LabFigure): string {
  if (value === null) return UNKNOWN;
  if (typeof value === "string") return value;
  return withUnit(numberText(value), unitText(unit));
}

export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e9) return String(Number(value.toPrecision(DIGITS)));
  return value.toExponential(DIGITS - 1).replace(/\.?0+e/, "e");
}

/** The whole number, for copying. */
export function figureExact({ value }: LabFigure): string {
  return value === null ? "" : String(value);
}

export function paramsText({ params, cut }: Pick<LabPast, "params" | "cut">): string {
  if (cut) return "its parameters were too long to be kept";
  return Object.entries(params)
    .map(([name, value]) => `${name}=${short(String(value))}`)
    .join(" ");
}

function short(text: string): string {
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
