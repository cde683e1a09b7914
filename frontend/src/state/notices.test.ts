import { describe, expect, it } from "vitest";
import { eventNotice, faultNotice, MAX_NOTICES, raiseTo, sentence, withNotice } from "./notices.ts";

const MIB = 1024 * 1024;

describe("a refusal for lack of memory", () => {
  const notice = faultNotice({
    kind: "budget",
    subject: "boids",
    message: "",
    next: "",
    needed: 23.2 * MIB,
    limit: 16 * MIB,
  });

  it("names both figures and offers to raise the arena", () => {
    expect(notice.title).toBe("boids needs 23.2\u202fMiB");
    expect(notice.why).toContain("16.0\u202fMiB");
    expect(notice.action).toEqual({
      kind: "raiseArena",
      label: "Raise to 24 MiB",
      bytes: 24 * MIB,
    });
  });

  it("raises to what is needed at least", () => {
    for (const mib of [0.5, 4, 4.01, 23.2, 32]) {
      expect(raiseTo(mib * MIB)).toBeGreaterThanOrEqual(mib);
    }
  });
});

describe("messages", () => {
  const plain = { kind: "trap", subject: "boids", message: "it stopped", next: "look" };

  it("say what happened, why and what next", () => {
    expect(faultNotice(plain)).toMatchObject({ why: "It stopped.", next: "Look.", tone: "error" });
  });

  it.each([
    ["dev.inos.boids: a tick ran longer", "dev.inos.boids: a tick ran longer."],
    ["boids was started again", "boids was started again."],
    ["boids: it was stopped", "boids: it was stopped."],
    ["it wrote to /a/b", "It wrote to /a/b."],
    ["run inos doctor?", "Run inos doctor?"],
    ["", ""],
  ])("leave names as they are: %s", (text, wanted) => {
    expect(sentence(text, "boids")).toBe(wanted);
  });

  it("replace one of the same kind and keep a bound", () => {
    let list = withNotice([], faultNotice(plain), 1);
    list = withNotice(list, faultNotice(plain), 2);
    expect(list.map((n) => n.id)).toEqual([1]);
    for (let i = 3; i < 20; i++)
      list = withNotice(list, faultNotice({ ...plain, subject: `${i}` }), i);
    expect(list).toHaveLength(MAX_NOTICES);
    expect(list.at(-1)?.id).toBe(19);
  });

  it("do not come for a plugin's log", () => {
    const event = { sequence: 1, timeMs: 0, severity: "info", unit: "boids", text: "hi" } as const;
    expect(eventNotice({ ...event, kind: "pluginLog" })).toBeNull();
    expect(eventNotice({ ...event, kind: "unitRestarted" })?.title).toBe("boids was started again");
    expect(eventNotice({ ...event, unit: "", kind: "storeDamaged" })?.title).toBe(
      "The store is damaged",
    );
  });
});
