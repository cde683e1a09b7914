import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../core/fault.ts";
import type { Lab } from "./lab.ts";
import { begun, type FakeProgram } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const UNITS = {
  units: [
    {
      manifest: {
        units: [
          {
            name: "image",
            ops: [
              {
                name: "resize",
                params: [{ name: "width", kind: "integer", default: 8, min: 1, max: 99 }],
                inputs: [{ name: "picture", media: ["image/*"] }],
              },
              {
                name: "lock",
                params: [{ name: "key", kind: "text", maxBytes: 9, secret: true }],
                inputs: [{ name: "data" }],
              },
            ],
          },
        ],
      },
    },
  ],
};

const item = (id: string, more = {}) => ({
  ...{ id, name: `${id}.png`, media: "image/png", kind: "picture", bytes: 9, width: 4, height: 4 },
  ...{ origin: "file", url: `/lab/T/${id}`, ...more },
});

const run = (id: number, more = {}) => ({
  ...{ id, unit: "image", op: "resize", state: "running", elapsedMs: 3, inputs: [item("A")] },
  ...more,
});
const done = (id: number, more = {}) =>
  run(id, {
    state: "done",
    pluginMs: 5,
    outputs: [item(`R${id}`, { origin: "result", output: "picture" })],
    ...more,
  });

interface Opened {
  lab: Lab;
  program: FakeProgram;
  settle: () => Promise<unknown>;
  tell: (event: string, data: unknown) => void;
  said: (method: string) => unknown[][];
  notices: () => readonly { title: string }[];
}

async function opened(answers: Record<string, unknown> = {}): Promise<Opened> {
  const { session, program, settle, state } = await begun({
    settings: { panel: "lab" },
    prepare: (p) => {
      let last = 0;
      Object.assign(p.store.answers, {
        Units: UNITS,
        ChooseForLab: { items: [item("A")] },
        RunInLab: () => run(++last),
        ...answers,
      });
    },
  });
  await settle();
  return {
    lab: session.lab,
    program,
    settle,
    tell: (event, data) => program.store.events[event]?.(data),
    said: (method) => program.store.said(method),
    notices: () => state().notices,
  };
}

const state = (lab: Lab) => lab.store.getState();

describe("the lab", () => {
  it("is told to the program while its panel is open", async () => {
    const { said } = await opened();
    expect(said("ShowLab")).toEqual([[true]]);
  });

  it("puts a chosen file where it fits, and runs with it", async () => {
    const { lab, said, tell } = await opened();
    await lab.choose(null);
    lab.chooseOp("image.resize");
    lab.setValue("width", 20);
    await lab.run();
    expect(said("RunInLab")[0]?.[0]).toEqual({
      unit: "image",
      op: "resize",
      params: { width: 20 },
      inputs: ["A"],
      preview: false,
      replaces: 0,
    });
    tell("inos:lab-run", done(1));
    expect(state(lab).result?.outputs[0]?.id).toBe("R1");
    expect(state(lab).output).toBe("R1");
  });

  it("does not run what is not complete, and says so", async () => {
    const { lab, said } = await opened();
    lab.chooseOp("image.resize");
    await lab.run();
    expect(said("RunInLab")).toEqual([]);
    expect(state(lab).tried).toBe(true);
  });

  it("hears of a run's end that comes before the answer that names it", async () => {
    const early: { tell?: () => void } = {};
    const { lab, tell } = await opened({
      RunInLab: () => {
        early.tell?.();
        return run(7);
      },
    });
    early.tell = () => tell("inos:lab-run", done(7));
    await lab.choose(null);
    lab.chooseOp("image.resize");
    await lab.run();
    expect(state(lab).run?.state).toBe("done");
  });

  it("takes dropped files, and says why others were refused", async () => {
    const { lab, tell, notices } = await opened();
    lab.chooseOp("image.resize");
    tell("inos:lab-files", { items: [item("B"), item("evil", { url: "https://example.org/x" })] });
    expect(state(lab).slots.map((s) => s?.id)).toEqual(["B"]);
    tell("inos:lab-files", JSON.stringify({ kind: "invalid", subject: "d", message: "a folder" }));
    expect(notices()).toHaveLength(1);
  });

  it("keeps what an op's form said, and of a secret nothing", async () => {
    const { lab } = await opened();
    lab.chooseOp("image.resize");
    lab.setValue("width", 33);
    lab.chooseOp("image.lock");
    lab.setValue("key", "hush");
    lab.chooseOp("image.resize");
    expect(state(lab).values).toEqual({ width: 33 });
    lab.chooseOp("image.lock");
    expect(state(lab).values).toEqual({ key: "" });
  });

  it("says why the program refused a run", async () => {
    const fault = { kind: "budget", subject: "the lab", message: "8 ops are running", next: "" };
    const { lab } = await opened({ RunInLab: new FaultError(fault) });
    await lab.choose(null);
    lab.chooseOp("image.resize");
    await lab.run();
    expect(state(lab).refusal?.message).toBe("8 ops are running");
  });
});

describe("a live preview", () => {
  async function shown() {
    const o = await opened();
    await o.lab.choose(null);
    o.lab.chooseOp("image.resize");
    await o.lab.run();
    o.tell("inos:lab-run", done(1));
    return o;
  }
  const requests = (o: Opened) => o.said("RunInLab").map(([r]) => r as Record<string, unknown>);

  it("follows the form a moment after its last change", async () => {
    const o = await shown();
    for (const width of [10, 11, 12]) o.lab.setValue("width", width);
    await o.settle();
    expect(requests(o)).toHaveLength(2);
    expect(requests(o)[1]).toMatchObject({ params: { width: 12 }, preview: true, replaces: 0 });
    o.tell("inos:lab-run", done(2, { preview: true }));
    o.lab.setValue("width", 13);
    await o.settle();
    expect(requests(o)[2]).toMatchObject({ preview: true, replaces: 2 });
  });

  it("ends the one before, and shows the old result until the new one is there", async () => {
    const o = await shown();
    o.lab.setValue("width", 10);
    await o.settle();
    o.lab.setValue("width", 11);
    await o.settle();
    expect(o.said("CancelInLab")).toEqual([[2]]);
    expect(state(o.lab).result?.id).toBe(1);
  });

  it("does not run what does not fit", async () => {
    const o = await shown();
    o.lab.setValue("width", "1x");
    await o.settle();
    expect(requests(o)).toHaveLength(1);
  });

  it("is off for what is slow, and when the user says so", async () => {
    const o = await shown();
    o.lab.setLive(false);
    o.lab.setValue("width", 10);
    await o.settle();
    o.lab.setLive(true);
    await o.lab.run();
    o.tell("inos:lab-run", done(2, { pluginMs: 400 }));
    const before = requests(o).length;
    o.lab.setValue("width", 12);
    await o.settle();
    expect(requests(o)).toHaveLength(before);
  });
});

describe("the history", () => {
  const past = { id: "p", unit: "image", op: "resize", state: "done", params: { width: 5 } };
  it("runs again as it was", async () => {
    const { lab, said } = await opened({
      LabHistory: { runs: [past] },
      LabAgain: {
        unit: "image",
        op: "resize",
        params: { width: 5 },
        items: [item("A")],
        missing: [],
      },
    });
    lab.look("history");
    await vi.advanceTimersByTimeAsync(10);
    const [first] = state(lab).history ?? [];
    if (first) await lab.runAgain(first);
    expect(said("RunInLab")[0]?.[0]).toMatchObject({ params: { width: 5 }, inputs: ["A"] });
  });

  it("asks for the file that is not there any more", async () => {
    const { lab, said } = await opened({
      LabHistory: { runs: [past] },
      LabAgain: { unit: "image", op: "resize", params: {}, items: [{}], missing: ["cat.png"] },
    });
    await lab.readHistory();
    const [first] = state(lab).history ?? [];
    if (first) await lab.runAgain(first);
    expect(said("RunInLab")).toEqual([]);
    expect(state(lab).missing).toEqual(["cat.png"]);
  });
});
