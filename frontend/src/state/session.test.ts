import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bridge } from "../bridge/open.ts";
import { type Program, parseBoot } from "../bridge/program.ts";
import { SharedSource } from "../bridge/shared.ts";
import { FaultError } from "../core/fault.ts";
import type { ParamValues } from "../wire/manifest.ts";
import { newKernelSegment } from "../wire/writer.ts";
import { Session } from "./session.ts";

const MIB = 1024 * 1024;
const UNIT = {
  name: "boids",
  live: {
    params: [
      { name: "count", kind: "integer", default: 10000, min: 100, max: 250000 },
      { name: "mode", kind: "choice", default: 0, options: ["exact", "fast"] },
      { name: "cohesion", kind: "number", default: 1, min: 0, max: 10 },
      { name: "pointer_mode", kind: "choice", options: ["none", "attract", "scare"], hidden: true },
      { name: "pointer_x", kind: "number", default: 0, min: -200, max: 200, hidden: true },
    ],
    channels: [{ look: "birds", capacityParam: "count" }],
    presets: [{ name: "fish", values: [{ param: "cohesion", value: 4 }] }],
  },
};

/** A program with a budget; flocks of more than `room` birds do not fit. */
class FakeProgram implements Program {
  params: ParamValues = {};
  room = 100000;
  readonly calls: string[] = [];
  saved: unknown = null;

  boot = vi.fn();
  setVisible = vi.fn(async () => {});
  reportPage = vi.fn(async () => {});
  saveScreenshot = vi.fn(async () => "/pictures/a.png");

  async startLive(unit: string, params: ParamValues) {
    this.calls.push(`start ${unit}`);
    return { unit, entry: 0, params: this.take(params), state: "running", shards: 2 };
  }

  async setParams(params: ParamValues) {
    return this.take(params);
  }

  async control(action: string) {
    this.calls.push(action);
  }

  async raiseArena(bytes: number) {
    this.calls.push(`raise ${bytes / MIB}`);
    this.room = 250000;
    return { used: 0, limit: bytes };
  }

  async saveSettings(settings: unknown) {
    this.saved = settings;
  }

  private take(params: ParamValues): ParamValues {
    if (Number(params["count"] ?? 0) > this.room) {
      const fault = { kind: "budget", subject: "boids", message: "too big", next: "raise it" };
      throw new FaultError({ ...fault, needed: 19.5 * MIB, limit: 16 * MIB });
    }
    this.params = { ...this.params, ...params };
    return this.params;
  }
}

async function begun(settings: unknown = null, live: unknown = null) {
  const program = new FakeProgram();
  const bridge: Bridge = {
    program,
    boot: parseBoot({
      framePath: "shared",
      units: [{ plugin: "p", manifest: UNIT }],
      settings,
      live,
    }),
    source: new SharedSource({ kernel: newKernelSegment(), open: () => null }),
    host: {
      toggleFullScreen: async () => {},
      copyText: async () => {},
      hidden: () => true,
      pixelRatio: () => 1,
      prefersDark: () => true,
      prefersCalm: () => false,
      onVisibility: () => () => {},
      onKey: () => () => {},
      onPreference: () => () => {},
      onLeave: () => () => {},
    },
    whyStream: "",
  };
  const session = new Session(bridge);
  await session.begin();
  const settle = () => vi.advanceTimersByTimeAsync(600);
  return { session, program, settle, state: () => session.store.getState() };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a session", () => {
  it("starts the unit of last time with its parameters, but not with what it has no more", async () => {
    const params = {
      boids: { count: 500, cohesion: 2, gone: 1, mode: "odd", pointer_mode: "scare" },
    };
    const { program, state } = await begun({ unit: "boids", params });
    expect(program.params).toEqual({ count: 500, cohesion: 2 });
    expect(state().params).toMatchObject({ count: 500, cohesion: 2, mode: "exact" });
  });

  it("goes on with what runs already", async () => {
    const live = { unit: "boids", entry: 3, params: { count: 777 }, state: "running", shards: 1 };
    const { program, state } = await begun(null, live);
    expect(program.calls).toEqual([]);
    expect(state()).toMatchObject({ entry: 3, params: { count: 777, cohesion: 1 } });
  });

  it("takes a preset back with undo", async () => {
    const { session, program, settle, state } = await begun();
    session.applyPreset("fish");
    expect(state()).toMatchObject({ params: { cohesion: 4 }, canUndo: true, canRedo: false });
    await settle();
    expect(program.params["cohesion"]).toBe(4);
    session.undo();
    await settle();
    expect(program.params["cohesion"]).toBe(1);
    expect(state()).toMatchObject({ params: { cohesion: 1 }, canUndo: false, canRedo: true });
  });

  it("offers to raise the arena, and tries again when it was raised", async () => {
    const { session, program, settle, state } = await begun();
    session.setParam("count", 200000);
    await settle();
    const [notice] = state().notices;
    expect(notice?.action).toMatchObject({ kind: "raiseArena", bytes: 20 * MIB });
    expect(state().params["count"]).toBe(10000);
    if (notice?.action) await session.act(notice.action, notice.id);
    await settle();
    expect(program.calls).toContain("raise 20");
    expect(program.params["count"]).toBe(200000);
    expect(state()).toMatchObject({ notices: [], params: { count: 200000 } });
  });

  it("shows a flock even when that of last time does not fit any more", async () => {
    const { program, state } = await begun({ unit: "boids", params: { boids: { count: 200000 } } });
    expect(program.calls).toEqual(["start boids", "start boids"]);
    expect(state().params["count"]).toBe(10000);
    expect(state().notices).toHaveLength(1);
  });

  it("keeps the pointer inside the ranges and out of settings and undo", async () => {
    const { session, program, settle, state } = await begun();
    session.setPointer("attract");
    session.pointerMoved(9999, 0, 0, true);
    await settle();
    expect(program.params).toMatchObject({ pointer_mode: "attract", pointer_x: 200 });
    session.pointerMoved(0, 0, 0, false);
    await settle();
    expect(program.params["pointer_mode"]).toBe("none");
    expect(state().canUndo).toBe(false);
  });

  it("does not say paused when the program refused to pause", async () => {
    const { session, program, state } = await begun();
    program.control = () =>
      Promise.reject(new FaultError({ kind: "x", subject: "s", message: "m", next: "" }));
    await session.togglePause();
    expect(state().paused).toBe(false);
    expect(state().notices).toHaveLength(1);
  });
});
