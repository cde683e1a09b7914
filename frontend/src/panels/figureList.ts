import { bytes, bytesOf, figure, milliseconds, percent, UNKNOWN, whole } from "../core/format.ts";
import type { FigureName } from "../state/figures.ts";
import type { AppState } from "../state/store.ts";

export interface StatusFigure {
  id: string;
  name: string;
  /** The name when it depends on what is shown. */
  nameFor?: (state: AppState) => string;
  title: string;
  doc: string;
  /** Room for the widest value, so that the bar does not jump. */
  width: string;
  text: (state: AppState) => string;
  more?: (state: AppState) => string;
  warn?: (state: AppState) => boolean;
  /** Part of a whole, 0 to 1, shown as a small meter. */
  share?: (state: AppState) => number;
  /** What the small graph shows; none: no graph. */
  series: readonly FigureName[];
  unit: string;
  /** Values are divided by this for the graph. */
  scale: number;
}

const MIB = 1024 * 1024;
const QUALITY_WORDS: Record<string, string> = {
  full: "full",
  balanced: "balanced",
  light: "light",
};

export const FIGURES: readonly StatusFigure[] = [
  {
    id: "path",
    name: "Frames by",
    title: "How frames reach the window",
    doc: "By shared memory the window reads the very memory that the plugin wrote. By stream each frame is copied over a local connection.",
    width: "3.25rem",
    text: (s) => (s.framePath === "shared" ? "memory" : "stream"),
    more: (s) => (s.framePath === "stream" ? `Here: ${streamReason(s)}.` : ""),
    warn: (s) => s.framePath === "stream",
    series: [],
    unit: "",
    scale: 1,
  },
  {
    id: "elements",
    name: "Birds",
    nameFor: (s) => (s.unit?.look === "points" ? "Points" : "Birds"),
    title: "Elements in the newest frame",
    doc: "Counted by the kernel in the frame that the plugin published last.",
    width: "3.5rem",
    text: (s) => whole(s.figures.elements),
    series: ["elements"],
    unit: "",
    scale: 1,
  },
  {
    id: "fps",
    name: "Pictures",
    title: "Pictures drawn in a second",
    doc: "From the times between pictures that were really drawn. Nothing is drawn while nothing moves.",
    width: "3.25rem",
    text: (s) => (Number.isFinite(s.figures.fps) ? `${s.figures.fps.toFixed(0)} /s` : UNKNOWN),
    more: (s) =>
      `Handing a picture to the graphics system takes ${milliseconds(s.figures.drawMs)}.`,
    series: ["fps"],
    unit: "/s",
    scale: 1,
  },
  {
    id: "step",
    name: "Step",
    title: "Time for one step",
    doc: "Measured in the worker: half of the last 256 steps took no longer than the first figure, 95 of 100 no longer than the second.",
    width: "7rem",
    text: (s) => `${figure(s.figures.stepP50Ms)} / ${milliseconds(s.figures.stepP95Ms)}`,
    more: (s) => `Steps a second: ${figure(s.figures.tickHz)}.`,
    series: ["stepP50Ms", "stepP95Ms"],
    unit: "ms",
    scale: 1,
  },
  {
    id: "shards",
    name: "Shards",
    title: "Shards of the last step",
    doc: "Parts that are computed at the same time, each on a core of its own. INOS takes as many as pay.",
    width: "1rem",
    text: (s) => whole(s.figures.shards),
    series: ["shards"],
    unit: "",
    scale: 1,
  },
  {
    id: "cpu",
    name: "Worker",
    title: "Processor time of the worker",
    doc: "Of the process that the plugin runs in; 100 % is one whole core.",
    width: "2.75rem",
    text: (s) => percent(s.figures.workerCpuPct),
    series: ["workerCpuPct"],
    unit: "%",
    scale: 1,
  },
  {
    id: "arena",
    name: "Arena",
    title: "Shared memory in use",
    doc: "Segments that count against the arena's budget: the kernel's own and the frames of live units. What does not fit says so and offers to raise it.",
    width: "6.75rem",
    text: (s) => bytesOf(s.figures.arenaUsed, s.figures.arenaLimit),
    share: (s) => Math.min(1, s.figures.arenaUsed / s.figures.arenaLimit) || 0,
    series: ["arenaUsed"],
    unit: "MiB",
    scale: MIB,
  },
  {
    id: "copied",
    name: "Copied",
    title: "Bytes copied for a frame",
    doc: "Counted by the window where it copies. By shared memory nothing is copied between plugin and graphics system; the upload to the graphics system, which every path pays, is not in it.",
    width: "4.25rem",
    text: (s) => bytes(s.figures.copiedPerFrame),
    series: ["copiedPerFrame"],
    unit: "MiB",
    scale: MIB,
  },
  {
    id: "quality",
    name: "Quality",
    title: "Quality of the picture",
    doc: "Steps down by itself when pictures take too long: plainer birds, plainer edges, one pixel for one point of the window.",
    width: "3.75rem",
    text: (s) => QUALITY_WORDS[s.quality] ?? UNKNOWN,
    more: whyQuality,
    warn: (s) => s.quality !== "" && s.quality !== "full",
    series: ["drawMs"],
    unit: "ms",
    scale: 1,
  },
];

/** Why this window has no shared memory. */
export function streamReason({ whyStream }: AppState): string {
  return whyStream === "" ? "INOS was started with --frames stream" : whyStream;
}

function whyQuality(state: AppState): string {
  if (state.settings.quality !== "auto") return "Chosen in the settings.";
  if (state.software)
    return "This window is drawn without a graphics card, so it keeps to the light one.";
  if (state.quality === "full") return "";
  return "Stepped down by itself, because pictures took too long.";
}
