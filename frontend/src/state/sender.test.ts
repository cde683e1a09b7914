import { describe, expect, it } from "vitest";
import type { ParamValues } from "../wire/manifest.ts";
import { COUNT_GAP_MS, ParamSender, WEIGHT_GAP_MS } from "./sender.ts";

function made() {
  const sent: ParamValues[] = [];
  const answers: { take: (v: ParamValues) => void; refuse: (e: unknown) => void }[] = [];
  const timers: { run: () => void; at: number }[] = [];
  const taken: ParamValues[] = [];
  const refused: ParamValues[] = [];
  const clock = { now: 1000 };
  const sender = new ParamSender({
    send: (params) => {
      sent.push(params);
      return new Promise((take, refuse) => answers.push({ take, refuse }));
    },
    onTaken: (v) => taken.push(v),
    onRefused: (_, v) => refused.push(v),
    now: () => clock.now,
    later: (run, ms) => timers.push({ run, at: clock.now + ms }),
  });
  const advance = (ms: number) => {
    clock.now += ms;
    for (const timer of timers.splice(0)) {
      if (timer.at <= clock.now) timer.run();
      else timers.push(timer);
    }
  };
  /** Lets answered promises go on. */
  const settle = async () => {
    for (let i = 0; i < 8; i++) await Promise.resolve();
  };
  return { sender, sent, answers, taken, refused, advance, settle };
}

describe("changes on their way to the program", () => {
  it("go at once", () => {
    const { sender, sent } = made();
    sender.put({ a: 1 }, false);
    expect(sent).toEqual([{ a: 1 }]);
  });

  it("are one at a time; the newest values wait together", async () => {
    const { sender, sent, answers, advance, settle } = made();
    sender.put({ a: 1 }, false);
    sender.put({ a: 2, b: 1 }, false);
    sender.put({ a: 3 }, false);
    advance(WEIGHT_GAP_MS);
    expect(sent).toHaveLength(1);
    answers[0]?.take({ a: 1 });
    await settle();
    expect(sent).toEqual([{ a: 1 }, { a: 3, b: 1 }]);
  });

  it("keep a longer gap when the flock is made anew", async () => {
    const { sender, sent, answers, advance, settle } = made();
    sender.put({ count: 1 }, true);
    answers[0]?.take({});
    await settle();
    sender.put({ count: 2 }, true);
    advance(COUNT_GAP_MS - 1);
    expect(sent).toHaveLength(1);
    advance(1);
    expect(sent).toEqual([{ count: 1 }, { count: 2 }]);
  });

  it("do not jump back to an older answer while a newer value waits", async () => {
    const { sender, answers, taken, settle } = made();
    sender.put({ a: 1 }, false);
    sender.put({ a: 2 }, false);
    answers[0]?.take({ a: 1 });
    await settle();
    expect(taken[0]).toEqual({ a: 2 });
  });

  it("go on after a refusal", async () => {
    const { sender, sent, answers, refused, advance, settle } = made();
    sender.put({ count: 9 }, true);
    answers[0]?.refuse(new Error("budget"));
    await settle();
    expect(refused).toEqual([{ count: 9 }]);
    sender.put({ a: 1 }, false);
    advance(COUNT_GAP_MS);
    expect(sent).toHaveLength(2);
  });
});
