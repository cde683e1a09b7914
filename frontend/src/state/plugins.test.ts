import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EventKind } from "../wire/gen/layout.ts";
import { begun } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const RING = { plugin: "r", manifest: { name: "ring", live: { params: [], channels: [{}] } } };
const FLOCK = (max: number, name: string) => ({
  plugin: "p",
  manifest: {
    name: "boids",
    live: {
      params: [
        { name: "count", kind: "integer", default: 10, min: 1, max },
        { name, kind: "number", default: 2, min: 0, max: 10 },
      ],
      channels: [{ look: "birds", capacityParam: "count" }],
    },
  },
});

describe("plugins that come and go", () => {
  it("are offered without a restart, and named", async () => {
    const { program, writer, settle, state } = await begun();
    expect(state().units.map((u) => u.name)).toEqual(["boids", "sparks"]);
    program.offered = [RING];
    writer.emit(EventKind.pluginAdded, 0, "", "Ring 1.0.0 was added: ring");
    await settle();
    expect(state().units.map((u) => u.name)).toEqual(["ring"]);
    expect(state().notices).toMatchObject([
      { title: "A plugin was added", why: "Ring 1.0.0 was added: ring.", passing: true },
    ]);
  });

  it("bring the parameters of the new version, with the values that fit", async () => {
    const { session, program, writer, settle, state } = await begun();
    session.setParam("cohesion", 3);
    await settle();
    program.offered = [FLOCK(100, "cohesion"), RING];
    writer.emit(EventKind.unitReloaded, 0, "boids", "version 2.0.0 was reloaded in 80 ms");
    await settle();
    expect(state().unit?.params.map((p) => p.name)).toEqual(["count", "cohesion"]);
    expect(state()).toMatchObject({ launch: null, params: { cohesion: 3 }, canUndo: false });
    expect(state().notices).toMatchObject([{ title: "boids was reloaded" }]);
  });

  it("say so on the stage when what is shown was taken away", async () => {
    const { writer, settle, state } = await begun();
    const text = "boids: its plugin was disabled; enable it: inos plugin enable dev.inos.boids";
    writer.emit(EventKind.unitRetired, 1, "boids", text);
    await settle();
    expect(state().launch).toMatchObject({
      unit: "boids",
      fault: { kind: "retired", message: "its plugin was disabled" },
    });
  });

  it("are asked for once and told about in one notice when many are refused", async () => {
    const { program, writer, settle, state } = await begun();
    const asked = vi.spyOn(program, "units");
    for (let i = 0; i < 9; i++) writer.emit(EventKind.pluginRefused, 1, "", `${i}.wasm: no plugin`);
    await settle();
    expect(asked).toHaveBeenCalledTimes(1);
    expect(state().notices).toMatchObject([
      { title: "9 plugin files could not be used", next: "The Plugins panel says why." },
    ]);
  });

  it("are asked for once a second while more and more come, and once more after the last", async () => {
    const { program, writer, settle, state } = await begun();
    const asked = vi.spyOn(program, "units");
    for (let i = 0; i < 12; i++) {
      if (i === 11) program.offered = [RING];
      writer.emit(EventKind.pluginAdded, 0, "", `${i} was added`);
      await vi.advanceTimersByTimeAsync(250);
    }
    expect(asked.mock.calls.length).toBeGreaterThanOrEqual(3);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(4);
    await vi.advanceTimersByTimeAsync(1000);
    await settle();
    expect(state().units.map((u) => u.name)).toEqual(["ring"]);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(5);
  });

  it("stay as they were when the new version does not start", async () => {
    const { writer, settle, state } = await begun();
    const text = "version 2.0.0 did not start, the one before goes on: unreachable";
    writer.emit(EventKind.unitKept, 1, "boids", text);
    await settle();
    expect(state()).toMatchObject({
      launch: null,
      notices: [{ title: "boids could not be reloaded", tone: "warning", passing: false }],
    });
  });

  it("can be left out, until the user wants them all", async () => {
    const { session, program, state } = await begun({ safe: { on: true, badStarts: 2 } });
    const [notice] = state().notices;
    expect(notice).toMatchObject({ title: "Safe mode", action: { kind: "allowAllPlugins" } });
    expect(notice?.why).toContain("The last 2 starts");
    program.offered = [RING];
    if (notice?.action) await session.act(notice.action);
    expect(program.calls).toContain("use all plugins");
    expect(state()).toMatchObject({ units: [{ name: "ring" }] });
  });
});
