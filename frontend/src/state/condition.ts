import { LiveState } from "../wire/gen/layout.ts";
import type { AppState } from "./store.ts";

export type Mood = "good" | "calm" | "warning" | "error";

/** How the live unit is, in a word, and what that means. */
export interface Condition {
  word: string;
  mood: Mood;
  why: string;
}

const NAMES = new Map<number, string>(
  Object.entries(LiveState).map(([name, value]) => [value, name]),
);

const KNOWN: Record<string, Condition> = {
  running: { word: "Running", mood: "good", why: "It ticks in a worker process of its own." },
  paused: { word: "Paused", mood: "calm", why: "It goes on where it stands; nothing is lost." },
  restarting: {
    word: "Starting again",
    mood: "warning",
    why: "Its worker ended. INOS starts another one with the same parameters.",
  },
  quarantined: {
    word: "Resting",
    mood: "error",
    why: "It failed too often. It rests until you start it again.",
  },
  stalled: {
    word: "Stalled",
    mood: "warning",
    why: "It should run and does not tick. INOS ends its worker when that goes on.",
  },
  stopped: { word: "Stopped", mood: "calm", why: "No worker ticks." },
};

/** Number of a state that the program named. */
export function stateNumber(name: string): number {
  return Object.entries(LiveState).find(([known]) => known === name)?.[1] ?? LiveState.stopped;
}

export function conditionOf(state: AppState): Condition {
  const { launch, trouble, standing, lost, liveState } = state;
  if (launch) return launchCondition(launch.unit, launch.fault?.kind);
  if (trouble !== "") return { word: "No frames", mood: "error", why: `${trouble}.` };
  if (standing && liveState === LiveState.running) return named("stalled");
  if (lost > 0 && liveState === LiveState.running) return lostCondition(lost);
  return named(NAMES.get(liveState) ?? "unknown");
}

function lostCondition(share: number): Condition {
  const percent = Math.max(1, Math.round(share * 100));
  return {
    word: "Points lost",
    mood: "warning",
    why: `About ${percent} % have a place or speed that is no number and cannot be drawn. Reset starts again.`,
  };
}

function launchCondition(unit: string, fault: string | undefined): Condition {
  if (fault === "quarantined") return named("quarantined");
  if (fault) return { word: "Not started", mood: "error", why: `${unit} could not be started.` };
  return { word: "Starting", mood: "warning", why: `${unit} is being loaded.` };
}

/** A state that this page does not know is shown by its name. */
function named(name: string): Condition {
  const word = name.charAt(0).toUpperCase() + name.slice(1);
  return KNOWN[name] ?? { word, mood: "warning", why: "" };
}
