import { describe, expect, it, vi } from "vitest";
import { type PluginSetting, parseSetting } from "../bridge/pluginSettings.ts";
import { FaultError } from "../core/fault.ts";
import { PluginSettings, settingKey } from "./pluginSettings.ts";
import { FakePlugins } from "./pretended.ts";

const VOLUME = { name: "volume", kind: "number", default: 0.5, min: 0, max: 1 };
const TOKEN = { name: "token", kind: "text", default: "", maxBytes: 9, secret: true };

function setting(param: { name: string }, more: object = {}): PluginSetting {
  const [parsed] = parseSetting({ name: param.name, param, ...more });
  if (!parsed) throw new Error("no setting");
  return parsed;
}

function form() {
  const program = new FakePlugins();
  const changed = vi.fn(async () => {});
  const settings = new PluginSettings(program, changed);
  return { program, changed, settings, state: () => settings.store.getState() };
}

describe("the settings of a plugin", () => {
  it("are stored, and taken back to what they were", async () => {
    const { program, changed, settings } = form();
    expect(await settings.set("p", setting(VOLUME, { value: 0.5 }), 0.7)).toBe(true);
    await settings.set("p", setting(VOLUME, { value: 0.7, set: true }), 0.9);
    await settings.undo("p", setting(VOLUME, { value: 0.9, set: true }));
    await settings.undo("p", setting(VOLUME, { value: 0.7, set: true }));
    expect(program.calls).toEqual([
      "set p volume 0.7",
      "set p volume 0.9",
      "set p volume 0.7",
      "set p volume 0.9",
    ]);
    expect(changed).toHaveBeenCalledTimes(4);
  });

  it("go back to the default, which can be undone", async () => {
    const { program, settings } = form();
    await settings.clear("p", setting(VOLUME, { value: 0.7, set: true }));
    await settings.undo("p", setting(VOLUME, { value: 0.5 }));
    expect(program.calls).toEqual(["clear p volume", "set p volume 0.7"]);
  });

  it("say beside the field why they were not taken, until they are", async () => {
    const { program, settings, state } = form();
    const fault = { kind: "invalid", subject: "volume", message: "2 does not fit", next: "" };
    program.refusal = new FaultError(fault);
    expect(await settings.set("p", setting(VOLUME), 2)).toBe(false);
    expect(state().faults[settingKey("p", "volume")]).toEqual(fault);
    expect(state().before).toEqual({});
    program.refusal = null;
    await settings.set("p", setting(VOLUME), 1);
    expect(state().faults).toEqual({});
  });

  it("keep nothing of a secret in the page", async () => {
    const { program, settings, state } = form();
    await settings.set("p", setting(TOKEN, { set: true }), "geheim");
    expect(program.calls).toEqual(["set p token geheim"]);
    expect(JSON.stringify(state())).not.toContain("geheim");
    await settings.undo("p", setting(TOKEN, { set: true }));
    expect(program.calls).toHaveLength(1);
  });

  it("wait for a keychain without holding up the others", async () => {
    const { program, settings, state } = form();
    let unlock = () => {};
    program.setSetting = (_, name) =>
      name === "token" ? new Promise((done) => (unlock = done)) : Promise.resolve();
    const waits = settings.set("p", setting(TOKEN), "x");
    expect(await settings.set("p", setting(TOKEN), "y")).toBe(false);
    expect(await settings.set("p", setting(VOLUME), 1)).toBe(true);
    expect(state().storing).toEqual([settingKey("p", "token")]);
    unlock();
    expect(await waits).toBe(true);
    expect(state().storing).toEqual([]);
  });
});

describe("a setting as the program tells it", () => {
  it("never has the value of a secret", () => {
    expect(setting(TOKEN, { value: "geheim", set: true })).toMatchObject({
      value: null,
      set: true,
    });
  });

  it("has the default where the value is of another kind", () => {
    expect(setting(VOLUME, { value: "loud", misfit: "loud" })).toMatchObject({
      value: 0.5,
      misfit: "loud",
    });
    expect(parseSetting({ name: "x", param: { name: "x", kind: "odd" } })).toEqual([]);
    expect(parseSetting(null)).toEqual([]);
  });
});
