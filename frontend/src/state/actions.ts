import type { Session } from "./session.ts";
import type { AppState } from "./store.ts";

/** Something the user can do: in the palette, on a key, in the list of keys. */
export interface Action {
  id: string;
  label: string;
  hint: string;
  group: "Flock" | "View" | "Program";
  /** As shown: "Ctrl+K". Empty: only in the palette. */
  keys: string;
  run: (session: Session) => void;
  /** Absent: always possible. */
  possible?: (state: AppState) => boolean;
}

const hasParam = (name: string) => (state: AppState) =>
  !!state.unit?.params.some((param) => param.name === name);
const running = (state: AppState) => state.unit !== null;

export const PALETTE_KEYS = "Ctrl+K";
const MAX_SEED = 2147483647;

export const ACTIONS: readonly Action[] = [
  {
    id: "pause",
    label: "Pause or go on",
    hint: "The flock stands still; nothing is lost",
    group: "Flock",
    keys: "Space",
    run: (s) => void s.togglePause(),
    possible: running,
  },
  {
    id: "step",
    label: "One step",
    hint: "Pauses and moves the flock by one tick",
    group: "Flock",
    keys: ".",
    run: (s) => void s.step(),
    possible: running,
  },
  {
    id: "reset",
    label: "Start again",
    hint: "From the same seed: the same flight once more",
    group: "Flock",
    keys: "R",
    run: (s) => void s.reset(),
    possible: running,
  },
  {
    id: "reseed",
    label: "Start again with a new seed",
    hint: "Another flight; the old seed can be brought back with undo",
    group: "Flock",
    keys: "Shift+R",
    run: (s) => {
      s.setParam("seed", Math.floor(Math.random() * MAX_SEED));
      void s.reset();
    },
    possible: hasParam("seed"),
  },
  {
    id: "pointer",
    label: "Pointer: nothing, lure, hawk",
    hint: "What the pointer is to the birds",
    group: "Flock",
    keys: "P",
    run: (s) => s.cyclePointer(),
    possible: hasParam("pointer_mode"),
  },
  {
    id: "undo",
    label: "Undo the last change",
    hint: "Parameters only",
    group: "Flock",
    keys: "Ctrl+Z",
    run: (s) => s.undo(),
    possible: (state) => state.canUndo,
  },
  {
    id: "redo",
    label: "Redo",
    hint: "",
    group: "Flock",
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
    possible: running,
  },
  {
    id: "view",
    label: "Reset the view",
    hint: "Whole flock in the picture",
    group: "View",
    keys: "V",
    run: (s) => s.resetView(),
  },
  {
    id: "screenshot",
    label: "Save a picture",
    hint: "PNG of the flock, without the panels",
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
    hint: "What the colour of a bird tells",
    group: "View",
    keys: "C",
    run: (s) => s.cycleColouring(),
  },
  {
    id: "figures",
    label: "Say the figures",
    hint: "For screen readers: birds, frames a second, step time",
    group: "Program",
    keys: "G",
    run: (s) => s.speakFigures(),
  },
  {
    id: "flock",
    label: "Go to the flock",
    hint: "",
    group: "Program",
    keys: "1",
    run: (s) => s.changeSettings({ panel: "flock" }),
  },
  {
    id: "settings",
    label: "Go to the settings",
    hint: "",
    group: "Program",
    keys: "2",
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

export function actionFor(keys: string, state: AppState): Action | undefined {
  return ACTIONS.find((a) => a.keys === keys && (a.possible?.(state) ?? true));
}
