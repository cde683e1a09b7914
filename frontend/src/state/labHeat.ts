import { type Rgb, SCENE, type Scheme } from "../core/theme.ts";

/** Colour of a number between the smallest and the largest, as bytes; none is transparent. */
export function heatBytes(
  scheme: Scheme,
  value: number | null,
  low: number,
  high: number,
): [number, number, number, number] {
  if (value === null) return [0, 0, 0, 0];
  const t = high > low ? (value - low) / (high - low) : 0.5;
  const { slow, between, fast } = SCENE[scheme];
  const [r, g, b] = t < 0.5 ? mix(slow, between, 2 * t) : mix(between, fast, 2 * t - 1);
  return [r, g, b, 255];
}

/** From the smallest to the largest, for a legend. */
export function heatGradient(scheme: Scheme): string {
  const colours = [0, 0.25, 0.5, 0.75, 1].map((t) => heatBytes(scheme, t, 0, 1).slice(0, 3));
  return `linear-gradient(90deg, ${colours.map((c) => `rgb(${c.join(" ")})`).join(", ")})`;
}

function mix(a: Rgb, b: Rgb, t: number): [number, number, number] {
  const at = (i: 0 | 1 | 2) => Math.round(255 * (a[i] + (b[i] - a[i]) * t));
  return [at(0), at(1), at(2)];
}
