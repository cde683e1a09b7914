import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { NO_ENTRY } from "../bridge/source.ts";
import { FaultError } from "../core/fault.ts";
import { EventKind, LiveState } from "../wire/gen/layout.ts";
import { actionFor } from "./actions.ts";
import { conditionOf } from "./condition.ts";
import { begun, MIB } from "./pretended.ts";

const REFUSED = new FaultError({
  kind: "trap",
  subject: "dev.inos.boids",
  message: "unreachable",
  next: "ask its author",
});

/** Severities of an event. */
const INFO = 0;
const ERROR = 2;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const waiting = (first = "boids") =>
  begun({
    first,
    prepare: (program) => {
      program.held = first;
    },
  });

describe("while a unit is on its way", () => {
  it("its controls are there, and wait", async () => {
    const { session, program, settle, state } = await waiting();
    expect(state()).toMatchObject({
      launch: { unit: "boids", fault: null },
      unit: { name: "boids" },
      entry: NO_ENTRY,
      params: { count: 10000, cohesion: 1 },
    });
    expect(conditionOf(state())).toMatchObject({ word: "Starting", mood: "warning" });
    session.setParam("cohesion", 3);
    await settle();
    expect(state().params["cohesion"]).toBe(1);
    expect(actionFor("Space", state())).toBeUndefined();
    program.letGo();
    await settle();
    expect(state()).toMatchObject({ launch: null, entry: 0 });
  });

  it("another one can be shown, and the first one's fate is not told any more", async () => {
    for (const fate of [null, REFUSED]) {
      const { session, program, settle, state } = await waiting();
      await session.show("sparks");
      expect(state()).toMatchObject({ launch: null, unit: { name: "sparks" } });
      program.letGo(fate);
      await settle();
      expect(state()).toMatchObject({ launch: null, unit: { name: "sparks" }, notices: [] });
    }
  });

  it("nothing of it is saved as the parameters of last time", async () => {
    const { session, program, settle } = await waiting();
    session.changeSettings({ theme: "light" });
    await settle();
    await settle();
    expect(program.saved).toMatchObject({ theme: "light", params: {} });
  });
});

describe("a unit that does not start", () => {
  it("is named with its reason, and no other one takes its place", async () => {
    const { program, settle, state } = await waiting();
    program.letGo(REFUSED);
    await settle();
    expect(program.calls).toEqual(["start boids"]);
    expect(state()).toMatchObject({
      launch: { unit: "boids", fault: { subject: "dev.inos.boids", message: "unreachable" } },
      entry: NO_ENTRY,
      notices: [],
    });
    expect(conditionOf(state())).toMatchObject({ word: "Not started", mood: "error" });
  });

  it("can be tried again, as it was asked for", async () => {
    const { session, program, settle, state } = await waiting();
    program.remembered = { count: 700 };
    program.letGo(REFUSED);
    await settle();
    program.held = "";
    await session.startAgain();
    expect(program.calls).toEqual(["start boids", "start boids"]);
    expect(state()).toMatchObject({ launch: null, params: { count: 700 } });
  });

  it("can be given other parameters for the next try", async () => {
    const { session, program, settle, state } = await waiting();
    program.letGo(REFUSED);
    await settle();
    program.held = "";
    session.setParam("count", 300);
    await settle();
    expect(program.calls).toEqual(["start boids"]);
    await session.startAgain();
    expect(program.params["count"]).toBe(300);
    expect(state()).toMatchObject({ launch: null, params: { count: 300 } });
  });

  it("may be one that this page does not know", async () => {
    const { program, settle, state } = await waiting("gone");
    expect(state()).toMatchObject({ unit: null, launch: { unit: "gone", fault: null } });
    program.letGo(new FaultError({ kind: "notFound", subject: "gone", message: "no", next: "" }));
    await settle();
    expect(state()).toMatchObject({ unit: null, launch: { fault: { kind: "notFound" } } });
  });

  it("for lack of room starts when the arena was raised", async () => {
    const { session, program, state } = await begun({
      prepare: (p) => {
        p.remembered = { count: 200000 };
        p.room = -1;
      },
    });
    expect(program.calls).toEqual(["start boids", "start boids"]);
    expect(state().launch?.fault?.kind).toBe("budget");
    await session.act({ kind: "raiseArena", label: "", bytes: 20 * MIB });
    expect(program.calls.slice(2)).toEqual(["raise 20", "start boids"]);
    expect(state()).toMatchObject({ launch: null, params: { count: 200000 } });
  });
});

describe("a unit that was given up", () => {
  const words = "boids: it failed 8 times, the last time: dev.inos.boids: unreachable; stop it";

  it("rests with its cause until it is started again, with what was set", async () => {
    const { session, program, writer, settle, state } = await begun();
    session.setParam("cohesion", 3);
    await settle();
    writer.emit(EventKind.unitFailed, ERROR, "boids", "unreachable");
    writer.emit(EventKind.unitRestarted, INFO, "boids", "boids was started again");
    await settle();
    expect(state().notices).toHaveLength(2);
    writer.emit(EventKind.unitQuarantined, ERROR, "boids", words);
    await settle();
    expect(state().notices).toEqual([]);
    expect(state().launch?.fault).toMatchObject({
      kind: "quarantined",
      message: "it failed 8 times, the last time: dev.inos.boids: unreachable",
      next: "stop it",
    });
    expect(conditionOf(state()).word).toBe("Resting");
    await session.startAgain();
    expect(program.calls).toEqual(["start boids", "start boids"]);
    expect(state()).toMatchObject({ launch: null, params: { cohesion: 3 } });
  });

  it("rests without a word of its last failure, though both are told at once", async () => {
    const { writer, settle, state } = await begun();
    writer.emit(EventKind.unitFailed, ERROR, "boids", "unreachable");
    writer.emit(EventKind.unitQuarantined, ERROR, "boids", words);
    await settle();
    expect(state().notices).toEqual([]);
  });

  it("is not said to be started again once another one is shown", async () => {
    const { session, writer, settle, state } = await begun();
    writer.emit(EventKind.unitFailed, ERROR, "boids", "unreachable");
    await settle();
    expect(state().notices).toHaveLength(1);
    await session.show("sparks");
    expect(state().notices).toEqual([]);
  });

  it("is found resting by a page that was loaded again", async () => {
    const live = { unit: "boids", entry: 3, params: {}, state: "quarantined", shards: 1 };
    const { program, state } = await begun({ live });
    expect(program.calls).toEqual([]);
    expect(state()).toMatchObject({ entry: 3, launch: { fault: { kind: "quarantined" } } });
  });

  it("whose plugin was disabled is not said to have failed by a page that was loaded again", async () => {
    const why = {
      kind: "unavailable",
      subject: "gone",
      message: "its plugin was disabled",
      next: "",
    };
    const live = { unit: "gone", entry: 3, params: {}, state: "quarantined", shards: 1 };
    const { program, session, state } = await begun({
      live,
      prepare: ({ plugins }) => {
        plugins.living = [{ unit: "gone", plugin: "p", state: "quarantined", restarts: 0 }].map(
          (life) => ({ ...life, nextStartMs: null, ended: why, failure: "" }),
        );
      },
    });
    expect(state().launch).toEqual({ unit: "gone", fault: { ...why, kind: "retired" } });
    await session.startAgain();
    expect(program.calls).toEqual(["start gone"]);
  });
});

describe("the word for a unit's condition", () => {
  it("is that of the kernel", async () => {
    const { writer, settle, state } = await begun();
    for (const [name, word] of [
      ["running", "Running"],
      ["paused", "Paused"],
      ["restarting", "Starting again"],
      ["stalled", "Stalled"],
    ] as const) {
      writer.setUnit(0, { state: LiveState[name], ticks: 1, stepP50Ms: 2 });
      await settle();
      expect(conditionOf(state()).word).toBe(word);
      const claims = name === "running" || name === "paused";
      expect(state().figures.stepP50Ms).toBe(claims ? 2 : Number.NaN);
    }
  });

  it("claims no rate when nothing new comes, and does again when it does", async () => {
    const { writer, settle, state } = await begun();
    const figures = { state: LiveState.running, stepP50Ms: 2, stepP95Ms: 3, tickHz: 60 };
    writer.setUnit(0, { ...figures, ticks: 1 });
    await settle();
    expect(conditionOf(state())).toMatchObject({ word: "Running", mood: "good" });
    expect(state().figures.tickHz).toBe(60);
    await settle();
    await settle();
    expect(conditionOf(state())).toMatchObject({ word: "Stalled", mood: "warning" });
    expect(state().figures).toMatchObject({
      tickHz: Number.NaN,
      stepP50Ms: Number.NaN,
      stepP95Ms: Number.NaN,
    });
    writer.setUnit(0, { ...figures, ticks: 2 });
    await settle();
    expect(conditionOf(state()).word).toBe("Running");
  });

  it("is no claim for a state that this page has never heard of", async () => {
    const { writer, settle, state } = await begun();
    writer.setUnit(0, { state: 77, ticks: 1 });
    await settle();
    expect(conditionOf(state())).toEqual({ word: "Unknown", mood: "warning", why: "" });
  });
});
