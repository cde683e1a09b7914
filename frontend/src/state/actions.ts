import { findParam, type LiveUnit } from "../wire/manifest.ts";
import type { Session } from "./session.ts";
import type { AppState } from "./store.ts";

export type ActionGroup = "Unit" | "View" | "Program";
export const ACTION_GROUPS: readonly ActionGroup[] = ["Unit", "View", "Program"];

/** Something the user can do: in the palette, on a key, in the list of keys. */
export interface Action {
  id: string;
  label: string;
  hint: string;
  group: ActionGroup;
  /** As shown: "Ctrl+K". Empty: only in the palette. */
  keys: string;
  run: (session: Session) => void;
  /** What the unit must be able to do; absent: nothing. */
  offered?: (unit: LiveUnit) => boolean;
  /** Absent: always possible. */
  possible?: (state: AppState) => boolean;
}

const running = (state: AppState) => state.unit !== null && state.launch === null;
const hasParam = (name: string) => (unit: LiveUnit) => findParam(unit.params, name) !== undefined;

export const PALETTE_KEYS = "Ctrl+K";
const MAX_SEED = 2147483647;

export const ACTIONS: readonly Action[] = [
  {
    id: "pause",
    label: "Pause or go on",
    hint: "Everything stands still; nothing is lost",
    group: "Unit",
    keys: "Space",
    run: (s) => void s.togglePause(),
    possible: running,
  },
  {
    id: "step",
    label: "One step",
    hint: "Pauses, and moves on by one tick",
    group: "Unit",
    keys: ".",
    run: (s) => void s.step(),
    possible: running,
  },
  {
    id: "reset",
    label: "Start again",
    hint: "From the same seed: the same once more",
    group: "Unit",
    keys: "R",
    run: (s) => void s.reset(),
    possible: running,
  },
  {
    id: "reseed",
    label: "Start again with a new seed",
    hint: "Undo brings the old seed back",
    group: "Unit",
    keys: "Shift+R",
    run: (s) => {
      s.setParam("seed", Math.floor(Math.random() * MAX_SEED));
      void s.reset();
    },
    offered: hasParam("seed"),
    possible: running,
  },
  {
    id: "pointer",
    label: "Pointer: nothing, lure, hawk",
    hint: "What the pointer is to the birds",
    group: "Unit",
    keys: "P",
    run: (s) => s.cyclePointer(),
    offered: hasParam("pointer_mode"),
    possible: running,
  },
  {
    id: "undo",
    label: "Undo the last change",
    hint: "Parameters only",
    group: "Unit",
    keys: "Ctrl+Z",
    run: (s) => s.undo(),
    possible: (state) => state.canUndo,
  },
  {
    id: "redo",
    label: "Redo",
    hint: "",
    group: "Unit",
    keys: "Ctrl+Shift+Z",
    run: (s) => s.redo(),
    possible: (state) => state.canRedo,
  },
  {
    id: "follow",
    label: "Follow a bird",
    hint: "The one nearest to the middle of the picture",
    group: "View",
    keys: "F",
    run: (s) => s.toggleFollow(),
    offered: (unit) => unit.look === "birds",
    possible: running,
  },
  {
    id: "view",
    label: "Reset the view",
    hint: "Everything in the picture",
    group: "View",
    keys: "V",
    run: (s) => s.resetView(),
  },
  {
    id: "screenshot",
    label: "Save a picture",
    hint: "PNG without the panels",
    group: "View",
    keys: "S",
    run: (s) => void s.screenshot(),
  },
  {
    id: "fullscreen",
    label: "Full screen",
    hint: "",
    group: "View",
    keys: "F11",
    run: (s) => void s.toggleFullScreen(),
  },
  {
    id: "inspector",
    label: "Show or hide the controls",
    hint: "Inspector on the right",
    group: "View",
    keys: "I",
    run: (s) => s.changeSettings({ inspector: !s.store.getState().settings.inspector }),
  },
  {
    id: "theme",
    label: "Dusk or dawn",
    hint: "Dark or light theme",
    group: "View",
    keys: "T",
    run: (s) => s.toggleTheme(),
  },
  {
    id: "colouring",
    label: "Colour: silhouette, heading, speed",
    hint: "What colours tell",
    group: "View",
    keys: "C",
    run: (s) => s.cycleColouring(),
  },
  {
    id: "figures",
    label: "Say the figures",
    hint: "For screen readers: how many, pictures a second, step time",
    group: "Program",
    keys: "G",
    run: (s) => s.speakFigures(),
  },
  {
    id: "flock",
    label: "Go to the picture",
    hint: "",
    group: "Program",
    keys: "1",
    run: (s) => s.changeSettings({ panel: "flock" }),
  },
  {
    id: "lab",
    label: "Go to the lab",
    hint: "Run any op on your own files",
    group: "Program",
    keys: "2",
    run: (s) => s.changeSettings({ panel: "lab" }),
  },
  {
    id: "plugins",
    label: "Go to the plugins",
    hint: "What is installed, what it may do, what it uses",
    group: "Program",
    keys: "3",
    run: (s) => s.changeSettings({ panel: "plugins" }),
  },
  {
    id: "store",
    label: "Go to the store",
    hint: "What you put there, each version of it",
    group: "Program",
    keys: "4",
    run: (s) => s.changeSettings({ panel: "store" }),
  },
  {
    id: "settings",
    label: "Go to the settings",
    hint: "",
    group: "Program",
    keys: "5",
    run: (s) => s.changeSettings({ panel: "settings" }),
  },
  {
    id: "keys",
    label: "List of keys",
    hint: "",
    group: "Program",
    keys: "?",
    run: (s) => s.showKeys(true),
  },
];

/** Name of a key press as the table above writes it. */
export function keyName(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">) {
  const control = event.ctrlKey || event.metaKey ? "Ctrl+" : "";
  const key = event.key === " " ? "Space" : event.key;
  if (key.length > 1) return control + key;
  const letter = key.toUpperCase();
  // Signs already have their shift in them: "?" is not "Shift+?".
  const shift = event.shiftKey && letter !== key.toLowerCase() ? "Shift+" : "";
  return control + shift + letter;
}

/** Actions that make sense for the unit at all; their keys are worth learning. */
export function offeredActions({ unit }: Pick<AppState, "unit">): readonly Action[] {
  return ACTIONS.filter(({ offered }) => !offered || (unit !== null && offered(unit)));
}

/** Actions that do something now. */
export function possibleActions(state: AppState): readonly Action[] {
  return offeredActions(state).filter(({ possible }) => possible?.(state) ?? true);
}

export function actionFor(keys: string, state: AppState): Action | undefined {
  return possibleActions(state).find((action) => action.keys === keys);
}
