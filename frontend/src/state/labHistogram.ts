/** Pixels counted by their values. */

export type Channel = "red" | "green" | "blue" | "light";

export type Counts = Record<Channel, Uint32Array> & {
  pixels: number;
  /** The highest count that the picture of it reaches to. */
  highest: number;
  mean: Record<Channel, number>;
};

const VALUES = 256;

/** Counts red, green, blue, alpha bytes; what is wholly transparent does not count. */
export function countPixels(data: Uint8ClampedArray): Counts {
  const red = new Uint32Array(VALUES);
  const green = new Uint32Array(VALUES);
  const blue = new Uint32Array(VALUES);
  const light = new Uint32Array(VALUES);
  let pixels = 0;
  for (let i = 0; i + 3 < data.length; i += 4) {
    if (data[i + 3] === 0) continue;
    const r = data[i] ?? 0;
    const g = data[i + 1] ?? 0;
    const b = data[i + 2] ?? 0;
    add(red, r);
    add(green, g);
    add(blue, b);
    add(light, Math.round(0.2126 * r + 0.7152 * g + 0.0722 * b));
    pixels++;
  }
  const channels = { red, green, blue, light };
  const mean = { red: 0, green: 0, blue: 0, light: 0 };
  for (const name of ["red", "green", "blue", "light"] as const) {
    mean[name] = meanOf(channels[name], pixels);
  }
  return { ...channels, pixels, highest: highestOf(channels), mean };
}

function add(counts: Uint32Array, value: number): void {
  counts[value] = (counts[value] ?? 0) + 1;
}

function meanOf(counts: Uint32Array, pixels: number): number {
  return pixels === 0 ? 0 : counts.reduce((sum, n, value) => sum + n * value, 0) / pixels;
}

/** Not the very highest: one value that fills the picture would leave nothing else to be seen. */
function highestOf(channels: Record<Channel, Uint32Array>): number {
  const all = Object.values(channels)
    .flatMap((counts) => [...counts])
    .filter((n) => n > 0)
    .sort((a, b) => a - b);
  return all[Math.floor(0.99 * (all.length - 1))] ?? 1;
}

/** An SVG path over 256 × 100, filled from below. */
export function outline(counts: Uint32Array, highest: number): string {
  const points = [...counts].map((n, x) => {
    const y = 100 - 100 * Math.min(1, n / Math.max(1, highest));
    return `L${x} ${y.toFixed(1)}H${x + 1}`;
  });
  return `M0 100${points.join("")}V100Z`;
}
