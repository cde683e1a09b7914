import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../core/fault.ts";
import { begun, MIB } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("a session", () => {
  it("joins the start of what the window was asked to show", async () => {
    const { program, state } = await begun({
      prepare: (p) => {
        p.remembered = { count: 500 };
      },
    });
    expect(program.calls).toEqual(["start boids"]);
    expect(state()).toMatchObject({ launch: null, entry: 0, params: { count: 500, cohesion: 1 } });
  });

  it("brings back what the program did not remember, and says when it has no room", async () => {
    const settings = { params: { boids: { cohesion: 2, count: 200000 } } };
    const { program, state } = await begun({ settings });
    expect(program.calls).toEqual(["start boids"]);
    expect(state().notices).toMatchObject([{ action: { kind: "raiseArena" } }]);
    expect(state().params).toMatchObject({ cohesion: 1, count: 10000 });
  });

  it("shows a unit with its last parameters, but not with what it has no more", async () => {
    const params = {
      boids: { count: 500, cohesion: 2, gone: 1, mode: "odd", pointer_mode: "scare" },
    };
    const { session, program, state } = await begun({ settings: { params }, first: "sparks" });
    await session.show("boids");
    expect(program.params).toEqual({ count: 500, cohesion: 2 });
    expect(state().params).toMatchObject({ count: 500, cohesion: 2, mode: "exact" });
  });

  it("keeps the parameters of a unit while another one is shown", async () => {
    const { session, program, settle, state } = await begun();
    session.setParam("cohesion", 3);
    await settle();
    await session.show("sparks");
    expect(state()).toMatchObject({ unit: { name: "sparks" }, params: {} });
    await session.show("boids");
    expect(program.calls).toEqual(["start boids", "start sparks", "start boids"]);
    expect(state().params).toMatchObject({ cohesion: 3 });
  });

  it("goes on with what runs already", async () => {
    const live = { unit: "boids", entry: 3, params: { count: 777 }, state: "running", shards: 1 };
    const { program, state } = await begun({ live });
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
    if (notice?.action) {
      session.dismiss(notice.id);
      await session.act(notice.action);
    }
    await settle();
    expect(program.calls).toContain("raise 20");
    expect(program.params["count"]).toBe(200000);
    expect(state()).toMatchObject({ notices: [], params: { count: 200000 } });
  });

  it("shows a flock even when that of last time does not fit any more", async () => {
    const { program, state } = await begun({
      settings: { params: { boids: { count: 200000 } } },
      prepare: (p) => {
        p.remembered = { count: 200000 };
      },
    });
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

describe("a reset", () => {
  it("comes after the change of a parameter that it is to begin with", async () => {
    const { session, program, settle } = await begun();
    program.setParams = async (params) => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      program.calls.push("params");
      return params;
    };
    session.setParam("cohesion", 2);
    void session.reset();
    await settle();
    expect(program.calls.slice(-2)).toEqual(["params", "reset"]);
  });
});
