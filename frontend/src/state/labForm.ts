import type { LabItem } from "../bridge/lab.ts";
import type { Param, ParamValue, ParamValues } from "../wire/manifest.ts";
import type { Op } from "../wire/ops.ts";

/**
 * What does not fit a parameter, in the words of the kernel: schemas/vectors/refusals.json holds both
 * to the same. The kernel checks again.
 */

const MAX_SHOWN = 60;
const MAX_EXACT = 2 ** 53;

/** Empty: the value fits. */
export function problemOf(param: Param, value: ParamValue): string {
  if (fits(param, value)) return "";
  const given = param.kind === "text" && param.secret ? "it" : quote(value);
  const what = param.kind === "integer" ? "a whole number, " : "";
  return `${given} does not fit: it takes ${what}${rangeOf(param)}`;
}

/** What fits, in words: "0 to 10 s", "one of exact, fast". */
export function rangeOf(param: Param): string {
  switch (param.kind) {
    case "number":
    case "integer": {
      const unit = param.unit === "" ? "" : ` ${param.unit}`;
      return `${plain(param.min)} to ${plain(param.max)}${unit}`;
    }
    case "flag":
      return "true or false";
    case "choice":
      return `one of ${param.options.join(", ")}`;
    case "text":
      return `text of at most ${param.maxBytes} bytes`;
  }
}

function fits(param: Param, value: ParamValue): boolean {
  switch (param.kind) {
    case "number": {
      const number = numberIn(value);
      return number !== null && number >= param.min && number <= param.max;
    }
    case "integer": {
      const number = wholeIn(value);
      return number !== null && number >= param.min && number <= param.max;
    }
    case "flag":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && param.options.includes(value);
    case "text":
      return (
        typeof value === "string" && utf8Length(value) <= param.maxBytes && !value.includes("\0")
      );
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** A number as the kernel reads it; null: it is none. */
export function numberIn(value: ParamValue): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || !DECIMAL.test(value.trim())) return null;
  const number = Number(value.trim());
  return Number.isFinite(number) ? number : null;
}

function wholeIn(value: ParamValue): number | null {
  const bare = typeof value === "string" ? value.trim() : value;
  const digits = typeof bare === "string" && /^[+-]?[\d_]*\d[\d_]*$/.test(bare);
  const number = numberIn(digits ? bare.replaceAll("_", "") : bare);
  return number !== null && Number.isInteger(number) && Math.abs(number) <= MAX_EXACT
    ? number
    : null;
}

export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** Whole numbers have no exponent. */
function plain(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) <= MAX_EXACT) return value.toFixed(0);
  return String(value).replace(/e([+-])(\d)$/, "e$10$2");
}

function quote(value: ParamValue): string {
  if (typeof value !== "string") return String(value);
  const bytes = new TextEncoder().encode(value);
  const cut = bytes.length > MAX_SHOWN;
  const text = cut ? `${new TextDecoder().decode(bytes.subarray(0, MAX_SHOWN))}...` : value;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be taken out
  return JSON.stringify(text.replaceAll("\ufffd", "?").replace(/[\x00-\x1f\x7f]/g, " "));
}

/** What keeps an op from being run, by parameter and by place of an input. */
export interface Problems {
  params: Record<string, string>;
  slots: Record<number, string>;
  none: boolean;
}

export function problemsOf(
  op: Op,
  values: ParamValues,
  items: readonly (LabItem | null)[],
): Problems {
  const params: Record<string, string> = {};
  for (const param of op.params) {
    const text = problemOf(param, values[param.name] ?? param.default);
    if (text !== "") params[param.name] = text;
  }
  const slots: Record<number, string> = {};
  op.inputs.forEach((port, i) => {
    if (!port.optional && !items[i]) slots[i] = "this input is missing: choose a file, or drop one";
  });
  const none = Object.keys(params).length === 0 && Object.keys(slots).length === 0;
  return { params, slots, none };
}

/** Values to send: secrets only where they were typed; numbers as numbers. */
export function sendable(op: Op, values: ParamValues): ParamValues {
  const out: ParamValues = {};
  for (const param of op.params) {
    const value = values[param.name];
    if (value === undefined) continue;
    if (param.kind === "text" && param.secret && value === "") continue;
    out[param.name] = value;
  }
  return out;
}

/** Values that fit this op; of a secret none. */
export function kept(op: Op, values: ParamValues): ParamValues {
  const out: ParamValues = {};
  for (const param of op.params) {
    const value = values[param.name];
    const secret = param.kind === "text" && param.secret;
    if (value !== undefined && !secret && problemOf(param, value) === "") out[param.name] = value;
  }
  return out;
}
