import { milliseconds, UNKNOWN, whole } from "../core/format.ts";
import type { AppState } from "./store.ts";

/** What the canvas shows, in words. */
export function describeScene(state: AppState): string {
  const { unit, launch, figures, paused } = state;
  if (launch) return `${launch.unit} ${launch.fault ? "does not run" : "is being started"}.`;
  if (!unit) return "No live unit runs.";
  const what = unit.look === "birds" ? "birds in flight over a lake" : "moving points";
  const count = whole(figures.elements);
  const number = count === UNKNOWN ? "" : `${count} `;
  return `${number}${what}${paused ? ", paused" : ""}. Drag to turn, wheel to come closer.`;
}

/** The figures as sentences, for a screen reader that asked. */
export function describeFigures(state: AppState): string {
  const { figures, framePath, paused } = state;
  const known = (text: string) => (text === UNKNOWN ? "unknown" : text);
  return [
    `${known(whole(figures.elements))} elements${paused ? ", paused" : ""}.`,
    `${known(whole(figures.fps))} pictures a second.`,
    `A step takes ${known(milliseconds(figures.stepP50Ms))} in the median.`,
    `Frames come by ${framePath === "shared" ? "shared memory" : "stream"}.`,
  ].join(" ");
}
