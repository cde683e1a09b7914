/** Numbers for people: SI units, few digits, an en dash for what is not known. */

export const UNKNOWN = "–";
const THIN_SPACE = "\u202f";
const KIB = 1024;
const MIB = KIB * KIB;
const GIB = KIB * MIB;

/** 12345 -> "12,345". */
export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString("en-US") : UNKNOWN;
}

/** Three significant digits, no exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return whole(value);
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return value.toFixed(3);
}

export function withUnit(text: string, unit: string): string {
  return text === UNKNOWN || unit === "" ? text : `${text}${THIN_SPACE}${unit}`;
}

/** Manifests write powers as "r^2/s"; people read "r²/s". */
export function unitText(unit: string): string {
  return unit.replaceAll("^2", "²").replaceAll("^3", "³");
}

export function milliseconds(ms: number): string {
  return withUnit(figure(ms), "ms");
}

export function percent(share: number): string {
  return withUnit(Number.isFinite(share) ? share.toFixed(0) : UNKNOWN, "%");
}

/** Bytes in binary units: 3355443 -> "3.2 MiB". */
export function bytes(count: number): string {
  if (!Number.isFinite(count)) return UNKNOWN;
  if (count < KIB) return withUnit(whole(count), "B");
  if (count < MIB) return withUnit((count / KIB).toFixed(count < 10 * KIB ? 1 : 0), "KiB");
  if (count < GIB) return withUnit((count / MIB).toFixed(count < 100 * MIB ? 1 : 0), "MiB");
  if (count < 1000 * GIB) return withUnit(figure(count / GIB), "GiB");
  return withUnit(figure(count / (KIB * GIB)), "TiB");
}

/** A part of a whole, in the whole's unit: "1.3 of 16.0 MiB". */
export function bytesOf(part: number, of: number): string {
  const whole = bytes(of);
  const small = bytes(part);
  const unit = whole.split(THIN_SPACE)[1] ?? "";
  return `${small.endsWith(unit) ? small.replace(THIN_SPACE + unit, "") : small} of ${whole}`;
}

/** Whole MiB, rounded up: what a budget has to be raised to. */
export function mebibytesUp(count: number): number {
  return Math.ceil(count / MIB);
}

export const BYTES_PER_MIB = MIB;

/** Reads "12k", "1.5M", "10,000" and "10 000"; NaN when it is no number. */
export function parseNumber(text: string): number {
  const match = /^([+-]?[\d.]+(?:e[+-]?\d+)?)([kM]?)$/.exec(text.replace(/[\s,_]/g, ""));
  if (!match) return Number.NaN;
  const scale = match[2] === "k" ? 1e3 : match[2] === "M" ? 1e6 : 1;
  return Number(match[1]) * scale;
}
