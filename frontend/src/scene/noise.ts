/** Smooth value noise that repeats after `period` cells in x, so that it closes around the horizon. */
export function noise(x: number, y: number, period: number, seed: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const u = ease(x - x0);
  const v = ease(y - y0);
  const low = mix(cell(x0, y0, period, seed), cell(x0 + 1, y0, period, seed), u);
  const high = mix(cell(x0, y0 + 1, period, seed), cell(x0 + 1, y0 + 1, period, seed), u);
  return mix(low, high, v);
}

/** Sum of octaves, from 0 to 1. */
export function fractal(
  x: number,
  y: number,
  period: number,
  octaves: number,
  seed: number,
): number {
  let sum = 0;
  let weight = 0.5;
  let scale = 1;
  for (let i = 0; i < octaves; i++) {
    sum += weight * noise(x * scale, y * scale, period * scale, seed + i);
    weight *= 0.5;
    scale *= 2;
  }
  return sum / (1 - 0.5 ** octaves);
}

export function mix(a: number, b: number, t: number): number {
  return a + (b - a) * t;
}

export function smooth(from: number, to: number, x: number): number {
  return ease(Math.min(1, Math.max(0, (x - from) / (to - from))));
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

function cell(x: number, y: number, period: number, seed: number): number {
  const wrapped = ((x % period) + period) % period;
  let h = Math.imul(wrapped, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed, 2246822519);
  h = Math.imul(h ^ (h >>> 13), 1274126177);
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296;
}
