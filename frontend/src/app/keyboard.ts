import { spotlight } from "@mantine/spotlight";
import { actionFor, keyName, PALETTE_KEYS } from "../state/actions.ts";
import type { Session } from "../state/session.ts";

/** Joins the keyboard and the actions; returns how to let go of it. */
export function listenToKeys(session: Session): () => void {
  return session.host.onKey((event) => {
    if (event.defaultPrevented || event.altKey) return;
    const keys = keyName(event);
    if (keys === PALETTE_KEYS) {
      event.preventDefault();
      spotlight.toggle();
      return;
    }
    if (keys === "Escape") {
      if (!isDialogueOpen()) back(session);
      return;
    }
    if (belongsToElement(event, keys)) return;
    const action = actionFor(keys, session.store.getState());
    if (!action) return;
    event.preventDefault();
    action.run(session);
  });
}

/** Also before it has taken the focus. */
function isDialogueOpen(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}

/** Escape goes one step back: from a bird, a message, a panel. Dialogues close themselves. */
function back(session: Session): void {
  const { following, pointer, settings } = session.store.getState();
  if (session.dismissLast()) return;
  if (following) session.stopFollowing();
  else if (pointer !== "none") session.setPointer("none");
  else if (settings.panel !== "flock") session.changeSettings({ panel: "flock" });
}

/** Whether the key means something to the element that has the focus. */
function belongsToElement(event: KeyboardEvent, keys: string): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement)) return false;
  const dialogue = target.closest('[role="dialog"]') !== null;
  if (target instanceof HTMLInputElement && target.type === "range") return dialogue;
  if (target.matches("input, textarea, select, [contenteditable]")) {
    return !keys.startsWith("F") || keys.length === 1;
  }
  // Space presses a button; everything else is free.
  return dialogue || (keys === "Space" && target.matches("button, a, [role=button], label"));
}
