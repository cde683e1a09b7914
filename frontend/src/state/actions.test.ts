import { describe, expect, it } from "vitest";
import { ACTIONS, actionFor, keyName } from "./actions.ts";
import { newStore } from "./store.ts";

const press = (key: string, ctrlKey = false, shiftKey = false) =>
  keyName({ key, ctrlKey, metaKey: false, shiftKey });

describe("keys", () => {
  it.each([
    [press(" "), "Space"],
    [press("f"), "F"],
    [press("."), "."],
    [press("?", false, true), "?"],
    [press("R", false, true), "Shift+R"],
    [press("z", true), "Ctrl+Z"],
    [press("Z", true, true), "Ctrl+Shift+Z"],
    [press("F11"), "F11"],
  ])("%s", (name, wanted) => {
    expect(name).toBe(wanted);
  });

  it("mean one thing each", () => {
    const keys = ACTIONS.map((a) => a.keys).filter((k) => k !== "");
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("do nothing that is not possible now", () => {
    const state = newStore().getState();
    expect(actionFor("Space", state)).toBeUndefined();
    expect(actionFor("?", state)?.id).toBe("keys");
  });
});
