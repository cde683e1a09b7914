import { figure, parseNumber, whole } from "../core/format.ts";
import type { NumberParam } from "../wire/manifest.ts";

/** Numbers of a parameter, as places on a slider from 0 to 1 and as text. */

export function toPlace(param: NumberParam, value: number): number {
  const held = clampTo(param, value);
  if (param.logarithmic) {
    return Math.log(held / param.min) / Math.log(param.max / param.min);
  }
  return (held - param.min) / (param.max - param.min);
}

export function fromPlace(param: NumberParam, place: number): number {
  const t = Math.min(1, Math.max(0, place));
  const raw = param.logarithmic
    ? param.min * (param.max / param.min) ** t
    : param.min + (param.max - param.min) * t;
  return snap(param, raw);
}

/** Into the range and on the grid of steps; big whole numbers get two significant digits or more. */
export function snap(param: NumberParam, value: number): number {
  if (param.kind === "integer") return clampTo(param, Math.round(roundNicely(param, value)));
  if (param.step > 0) {
    const steps = Math.round((value - param.min) / param.step);
    return clampTo(param, tidy(param.min + steps * param.step));
  }
  return clampTo(param, tidy(value));
}

export function clampTo(param: NumberParam, value: number): number {
  return Math.min(param.max, Math.max(param.min, value));
}

/** One key press along the slider. */
export function nudge(param: NumberParam, value: number, steps: number): number {
  const next = fromPlace(param, toPlace(param, value) + steps * 0.01);
  if (next !== snap(param, value)) return next;
  const least = param.kind === "integer" ? 1 : param.step || (param.max - param.min) / 1000;
  return clampTo(param, tidy(value + Math.sign(steps) * least));
}

export function numberText(param: NumberParam, value: number): string {
  return param.kind === "integer" ? whole(value) : figure(value);
}

/** Typed text as a value: exact, not snapped to round figures; null when it is no number. */
export function typedNumber(param: NumberParam, text: string): number | null {
  const value = parseNumber(text);
  if (!Number.isFinite(value)) return null;
  return clampTo(param, param.kind === "integer" ? Math.round(value) : value);
}

/** A log slider over 100 to 250,000 shall say 12,500, not 12,487. */
function roundNicely(param: NumberParam, value: number): number {
  if (!param.logarithmic || value < 100) return value;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1) / 2;
  return Math.round(value / unit) * unit;
}

/** Without the dust of binary fractions: 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(6));
}
