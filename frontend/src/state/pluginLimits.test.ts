import { describe, expect, it, vi } from "vitest";
import { type PluginLimit, parseLimit } from "../bridge/pluginLimits.ts";
import { FaultError } from "../core/fault.ts";
import { PluginLimits } from "./pluginLimits.ts";
import { FakePlugins } from "./pretended.ts";

const row = (key: string, set = ""): PluginLimit => ({
  ...{ key, set, doc: "share", example: "50%", declared: "", inForce: set, by: "you", used: "" },
});

const FAULT = { kind: "invalid", subject: "cpu", message: "9% does not fit", next: "" };

async function looking(...rows: PluginLimit[]) {
  const program = new FakePlugins();
  program.limitRows = rows;
  const limits = new PluginLimits(program);
  await limits.refresh("p");
  const state = () => limits.store.getState();
  return { program, limits, state, set: () => state().rows.map((r) => r.set) };
}

describe("the limits of a plugin", () => {
  it("are set, taken back by an empty field, and undone", async () => {
    const { program, limits, set } = await looking(row("cpu"));
    expect(await limits.set("cpu", " 50% ")).toBe(true);
    expect(set()).toEqual(["50%"]);
    await limits.set("cpu", "");
    await limits.undo("cpu");
    await limits.undo("cpu");
    expect(program.calls).toEqual([
      "limit p cpu=50%",
      "unlimit p cpu",
      "limit p cpu=50%",
      "unlimit p cpu",
    ]);
  });

  it("are all taken back, one undo each", async () => {
    const { program, limits, set } = await looking(
      row("cpu", "50%"),
      row("rate"),
      row("log", "5/s"),
    );
    await limits.resetAll();
    expect(program.calls).toEqual(["unlimit p cpu", "unlimit p log"]);
    await limits.undo("log");
    expect(set()).toEqual(["", "", "5/s"]);
  });

  it("say beside the field why one was not taken, until the user goes on writing", async () => {
    const { program, limits, state } = await looking(row("cpu", "50%"));
    program.refusal = new FaultError(FAULT);
    expect(await limits.set("cpu", "9%")).toBe(false);
    expect(state()).toMatchObject({ faults: { cpu: FAULT }, before: {} });
    limits.forgive("cpu");
    expect(state().faults).toEqual({});
  });

  it("say why they cannot be read, until they can", async () => {
    const { program, limits, state } = await looking(row("cpu"));
    const read = vi.spyOn(program, "limits").mockRejectedValueOnce(new FaultError(FAULT));
    await limits.refresh("p");
    expect(state()).toMatchObject({ rows: [], unreadable: FAULT });
    read.mockRestore();
    await limits.refresh("p");
    expect(state()).toMatchObject({ rows: [row("cpu")], unreadable: null });
  });

  it("are never those of another plugin, nor older than what was seen", async () => {
    const { program, limits, state } = await looking(row("cpu"));
    const answers: ((rows: PluginLimit[]) => void)[] = [];
    program.limits = () => new Promise((answer) => answers.push(answer));
    const all = ["p", "q", "q"].map((plugin) => limits.refresh(plugin));
    expect(state()).toMatchObject({ plugin: "q", rows: [] });
    answers[2]?.([row("cpu", "70%")]);
    answers[1]?.([row("cpu", "60%")]);
    answers[0]?.([row("cpu", "50%")]);
    await Promise.all(all);
    expect(state().rows).toEqual([row("cpu", "70%")]);
  });

  it("are changed one after the other", async () => {
    const { program, limits } = await looking(row("cpu"));
    let answer = () => {};
    const sets = vi.spyOn(program, "setLimit");
    sets.mockImplementation(() => new Promise((done) => (answer = done)));
    const stores = limits.set("cpu", "50%");
    const resets = limits.set("cpu", "");
    await vi.waitFor(() => expect(sets).toHaveBeenCalled());
    expect(program.calls).toEqual([]);
    answer();
    await Promise.all([stores, resets]);
    expect(program.calls).toEqual(["unlimit p cpu"]);
  });
});

describe("a limit as the program tells it", () => {
  it("is none when it is of another shape", () => {
    for (const raw of [null, 1, [], {}, { key: 7 }]) expect(parseLimit(raw)).toEqual([]);
    expect(parseLimit({ key: "cpu", set: 50, by: "somebody" })).toMatchObject([
      { key: "cpu", set: "", by: "inos" },
    ]);
  });
});
