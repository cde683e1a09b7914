import { flagAt, isObject, type Json, numberAt, objectAt, textAt } from "../core/json.ts";
import type { ParamValues } from "../wire/manifest.ts";

export type ThemeChoice = "system" | "dark" | "light";
export type ColouringChoice = "silhouette" | "heading" | "speed";
export type QualityChoice = "auto" | "full" | "balanced" | "light";
export type MotionChoice = "system" | "calm" | "full";
export type PanelName = "flock" | "lab" | "plugins" | "store" | "settings";

export interface Pose {
  yaw: number;
  pitch: number;
  zoom: number;
}

/** What the page wants back at its next start. */
export interface Settings {
  theme: ThemeChoice;
  colouring: ColouringChoice;
  quality: QualityChoice;
  motion: MotionChoice;
  panel: PanelName;
  inspector: boolean;
  railFolded: boolean;
  params: Record<string, ParamValues>;
  camera: Pose | null;
}

export const DEFAULT_SETTINGS: Settings = {
  theme: "dark",
  colouring: "silhouette",
  quality: "auto",
  motion: "system",
  panel: "flock",
  inspector: false,
  railFolded: false,
  params: {},
  camera: null,
};

export const THEMES: readonly ThemeChoice[] = ["dark", "light", "system"];
export const COLOURINGS: readonly ColouringChoice[] = ["silhouette", "heading", "speed"];
export const QUALITIES: readonly QualityChoice[] = ["auto", "full", "balanced", "light"];
export const MOTIONS: readonly MotionChoice[] = ["system", "calm", "full"];
const PANELS: readonly PanelName[] = ["flock", "lab", "plugins", "store", "settings"];
const MAX_UNITS = 32;
const MAX_VALUES = 256;

/** Settings of any age and origin: what does not fit becomes the default. */
export function parseSettings(raw: Json | null): Settings {
  if (!raw) return DEFAULT_SETTINGS;
  const d = DEFAULT_SETTINGS;
  return {
    theme: oneOf(THEMES, textAt(raw, "theme"), d.theme),
    colouring: oneOf(COLOURINGS, textAt(raw, "colouring"), d.colouring),
    quality: oneOf(QUALITIES, textAt(raw, "quality"), d.quality),
    motion: oneOf(MOTIONS, textAt(raw, "motion"), d.motion),
    panel: oneOf(PANELS, textAt(raw, "panel"), d.panel),
    inspector: flagAt(raw, "inspector", d.inspector),
    railFolded: flagAt(raw, "railFolded", d.railFolded),
    params: parseParams(objectAt(raw, "params")),
    camera: parsePose(raw["camera"]),
  };
}

function parseParams(raw: Json): Record<string, ParamValues> {
  const params: Record<string, ParamValues> = {};
  for (const [unit, values] of Object.entries(raw).slice(0, MAX_UNITS)) {
    if (!isObject(values)) continue;
    const kept: ParamValues = {};
    for (const [name, value] of Object.entries(values).slice(0, MAX_VALUES)) {
      if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") {
        kept[name] = value;
      }
    }
    params[unit] = kept;
  }
  return params;
}

function parsePose(raw: unknown): Pose | null {
  if (!isObject(raw)) return null;
  return {
    yaw: numberAt(raw, "yaw"),
    pitch: numberAt(raw, "pitch"),
    zoom: numberAt(raw, "zoom", 1),
  };
}

function oneOf<T extends string>(options: readonly T[], value: string, fallback: T): T {
  return options.find((option) => option === value) ?? fallback;
}
