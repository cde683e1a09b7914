/**
 * Every colour, size and time of the program has its name here. The shell gets them as CSS
 * variables (`--inos-...`), the scene as numbers.
 */

export type Scheme = "dark" | "light";

export interface ShellColours {
  /** Panels that float over the flock. */
  glass: string;
  glassStrong: string;
  edge: string;
  hover: string;
  text: string;
  textDim: string;
  accent: string;
  accentText: string;
  accentSoft: string;
  track: string;
  good: string;
  warning: string;
  error: string;
  shadow: string;
  focus: string;
}

export const SHELL: Record<Scheme, ShellColours> = {
  dark: {
    glass: "rgba(17, 17, 40, 0.80)",
    glassStrong: "rgba(17, 17, 38, 0.95)",
    edge: "rgba(226, 216, 255, 0.13)",
    hover: "rgba(226, 216, 255, 0.09)",
    text: "#f2eefb",
    textDim: "#b9b3d0",
    accent: "#ffb27a",
    accentText: "#2a1330",
    accentSoft: "rgba(255, 178, 122, 0.18)",
    track: "rgba(226, 216, 255, 0.22)",
    good: "#8fe0b0",
    warning: "#ffd479",
    error: "#ff9a94",
    shadow: "0 12px 40px rgba(6, 5, 20, 0.42)",
    focus: "#ffd9b8",
  },
  light: {
    glass: "rgba(252, 250, 250, 0.84)",
    glassStrong: "rgba(253, 251, 251, 0.97)",
    edge: "rgba(38, 42, 82, 0.16)",
    hover: "rgba(38, 42, 82, 0.07)",
    text: "#1d2040",
    textDim: "#4b5074",
    accent: "#a3481c",
    accentText: "#ffffff",
    accentSoft: "rgba(163, 72, 28, 0.13)",
    track: "rgba(38, 42, 82, 0.24)",
    good: "#14663c",
    warning: "#7a4d00",
    error: "#a3221c",
    shadow: "0 10px 34px rgba(50, 54, 96, 0.20)",
    focus: "#3d3aa8",
  },
};

/** 4 px grid; in rem, so that text scale carries the layout with it. */
export const SPACE = {
  1: "0.25rem",
  2: "0.5rem",
  3: "0.75rem",
  4: "1rem",
  5: "1.25rem",
  6: "1.5rem",
  8: "2rem",
};
export const RADIUS = { small: "0.375rem", medium: "0.625rem", large: "1rem", round: "999px" };
export const TYPE = {
  tiny: "0.6875rem",
  small: "0.75rem",
  body: "0.8125rem",
  large: "1rem",
  title: "1.125rem",
  display: "1.75rem",
};
/** Of the values of a picture's pixels, and of numbers that are written on any colour. */
export const CHANNEL = { red: "#e5484d", green: "#2f9e5f", blue: "#3e7bea" };
export const WRITTEN = { letter: "#ffffff", edge: "#000000" };
export const FONT = {
  text: '"Inter Variable", system-ui, sans-serif',
  figures: '"JetBrains Mono Variable", ui-monospace, monospace',
};
export const MOTION = { quick: "150ms", calm: "200ms", curve: "cubic-bezier(0.2, 0.7, 0.2, 1)" };
export const SIZE = {
  rail: "4.75rem",
  railFolded: "3.25rem",
  inspector: "19rem",
  status: "2rem",
  dock: "40rem",
  plugins: "50rem",
  store: "64rem",
  lab: "68rem",
};

/** Red, green, blue from 0 to 1, as shown on the screen. */
export type Rgb = readonly [number, number, number];

export interface ScenePalette {
  scheme: Scheme;
  /** Sky by elevation in degrees, from the horizon up, towards and away from the sun. */
  towards: readonly (readonly [number, Rgb])[];
  away: readonly (readonly [number, Rgb])[];
  sun: Rgb;
  /** Of its disc, and of its light on the water. */
  sunCore: Rgb;
  sunStrength: number;
  cloudLit: Rgb;
  cloudDark: Rgb;
  cloudStrength: number;
  water: Rgb;
  /** What the water takes out of the sky that it mirrors. */
  waterTint: Rgb;
  /** Share of the mirrored sky in the water. */
  mirror: number;
  /** Far, middle and near shore. */
  shores: readonly [Rgb, Rgb, Rgb];
  ink: Rgb;
  /** Light that a turned wing catches. */
  sheen: Rgb;
  /** Colours of speeds. */
  slow: Rgb;
  between: Rgb;
  fast: Rgb;
  /** The least that a point glows with, however slow it is. */
  ember: Rgb;
  /** Centre and swing of the colour circle for headings. */
  circleCentre: Rgb;
  circleSwing: number;
  stars: number;
  marker: Rgb;
}

export const SCENE: Record<Scheme, ScenePalette> = {
  dark: {
    scheme: "dark",
    towards: [
      [0, rgb("#ffbd85")],
      [3.5, rgb("#fb9c72")],
      [9, rgb("#dd7878")],
      [16, rgb("#a8638b")],
      [25, rgb("#6f5494")],
      [36, rgb("#46458a")],
      [55, rgb("#31367a")],
      [90, rgb("#282d68")],
    ],
    away: [
      [0, rgb("#c48b92")],
      [4, rgb("#a9778f")],
      [10, rgb("#87658e")],
      [18, rgb("#635489")],
      [28, rgb("#484680")],
      [40, rgb("#393e7c")],
      [58, rgb("#2e3372")],
      [90, rgb("#272c66")],
    ],
    sun: rgb("#ffd9a0"),
    sunCore: rgb("#fff3d6"),
    sunStrength: 0.62,
    cloudLit: rgb("#ffab84"),
    cloudDark: rgb("#574579"),
    cloudStrength: 0.72,
    water: rgb("#1f2050"),
    waterTint: rgb("#e2d4f0"),
    mirror: 0.9,
    shores: [rgb("#7d5a7c"), rgb("#46396a"), rgb("#1d1b3c")],
    ink: rgb("#0a0919"),
    sheen: rgb("#f08a7c"),
    slow: rgb("#161238"),
    between: rgb("#e0506e"),
    fast: rgb("#fff0cf"),
    ember: rgb("#8e2f5c"),
    circleCentre: rgb("#5c4a6c"),
    circleSwing: 0.34,
    stars: 1,
    marker: rgb("#ffe2c4"),
  },
  light: {
    scheme: "light",
    towards: [
      [0, rgb("#fff0d8")],
      [4, rgb("#fde4cf")],
      [10, rgb("#f6dbd4")],
      [18, rgb("#e6d8df")],
      [28, rgb("#d2d6e6")],
      [42, rgb("#bfcde5")],
      [60, rgb("#adc1e0")],
      [90, rgb("#9fb6da")],
    ],
    away: [
      [0, rgb("#efe3e2")],
      [5, rgb("#e6dfe4")],
      [12, rgb("#dbdbe6")],
      [20, rgb("#cfd6e6")],
      [30, rgb("#c2cfe5")],
      [44, rgb("#b5c7e2")],
      [60, rgb("#a8bddd")],
      [90, rgb("#9ab2d7")],
    ],
    sun: rgb("#fffaf0"),
    sunCore: rgb("#ffffff"),
    sunStrength: 0.7,
    cloudLit: rgb("#fffaf4"),
    cloudDark: rgb("#cfd2e2"),
    cloudStrength: 0.5,
    water: rgb("#a9bcd2"),
    waterTint: rgb("#eef0f6"),
    mirror: 0.8,
    shores: [rgb("#c3c6d6"), rgb("#a3abc3"), rgb("#7c89a8")],
    ink: rgb("#1b2140"),
    sheen: rgb("#7d7690"),
    slow: rgb("#2b3f8f"),
    between: rgb("#8b3a8c"),
    fast: rgb("#c2410c"),
    ember: rgb("#000000"),
    circleCentre: rgb("#5c5878"),
    circleSwing: 0.3,
    stars: 0,
    marker: rgb("#3a3566"),
  },
};

function rgb(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
