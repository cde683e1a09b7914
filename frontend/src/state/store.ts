import { createStore, type StoreApi } from "zustand/vanilla";
import type { Boot } from "../bridge/program.ts";
import { NO_ENTRY } from "../bridge/source.ts";
import type { FramePath } from "../core/frame.ts";
import { LiveState } from "../wire/gen/layout.ts";
import type { LiveUnit, ParamValues } from "../wire/manifest.ts";
import { type Figures, NO_FIGURES } from "./figures.ts";
import type { Launch } from "./launcher.ts";
import type { Notice } from "./notices.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

export type PointerChoice = "none" | "attract" | "scare";

/** What React may show. Per-frame things are not in it: they never leave the scene. */
export interface AppState {
  boot: Boot | null;
  /** What can be shown now. */
  units: readonly LiveUnit[];
  framePath: FramePath;
  whyStream: string;
  /** The unit that is shown or asked for; null: none that this page knows. */
  unit: LiveUnit | null;
  /** Null: the unit runs. */
  launch: Launch | null;
  entry: number;
  /** Parameters as wanted; the program has them a moment later. */
  params: ParamValues;
  paused: boolean;
  liveState: number;
  /** Nothing new has come for a while, though nobody paused it. */
  standing: boolean;
  /** Share of its elements that have no place on the stage, since it is no number. */
  lost: number;
  /** Why no frames reach the page; empty: they do. */
  trouble: string;
  settings: Settings;
  pointer: PointerChoice;
  following: boolean;
  quality: string;
  software: boolean;
  systemDark: boolean;
  systemCalm: boolean;
  canUndo: boolean;
  canRedo: boolean;
  notices: readonly Notice[];
  figures: Figures;
  keysShown: boolean;
  /** Last figures as a sentence, for a screen reader that asked. */
  spoken: string;
}

export type AppStore = StoreApi<AppState>;

export function newStore(): AppStore {
  return createStore<AppState>(() => ({
    boot: null,
    units: [],
    framePath: "shared",
    whyStream: "",
    unit: null,
    launch: null,
    entry: NO_ENTRY,
    params: {},
    paused: false,
    liveState: LiveState.stopped,
    standing: false,
    lost: 0,
    trouble: "",
    settings: DEFAULT_SETTINGS,
    pointer: "none",
    following: false,
    quality: "",
    software: false,
    systemDark: true,
    systemCalm: false,
    canUndo: false,
    canRedo: false,
    notices: [],
    figures: NO_FIGURES,
    keysShown: false,
    spoken: "",
  }));
}

/** A unit is being started: its controls wait. */
export function isUnderWay({ launch }: AppState): boolean {
  return launch !== null && launch.fault === null;
}

export function schemeOf(state: AppState): "dark" | "light" {
  const { theme } = state.settings;
  if (theme === "system") return state.systemDark ? "dark" : "light";
  return theme;
}

export function isCalm(state: AppState): boolean {
  const { motion } = state.settings;
  return motion === "system" ? state.systemCalm : motion === "calm";
}
