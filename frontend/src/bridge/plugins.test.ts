import { describe, expect, it } from "vitest";
import { boundPlugins, parseCard, parseOffer } from "./plugins.ts";

const CARD = {
  ...{ key: "org.example.a", id: "org.example.a", name: "A", version: "1.0.0", enabled: true },
  units: [{ name: "a", live: false, ops: ["one", 2] }],
  permissions: [
    { key: "now", sentence: "know the time", reason: "to tell it", answer: null },
    { key: "read:in", scope: "in", answer: { decision: "always", folder: "/home/me", when: "" } },
    { key: "http", answer: { decision: "perhaps" } },
  ],
  earlier: [{ version: "0.9.0", digest: "ab", when: "2026-11-27T00:00:00Z", key: "RWQ" }],
};

describe("what the program says about plugins", () => {
  it("becomes a card with every part in its place", () => {
    const [card] = parseCard(CARD);
    expect(card).toMatchObject({ id: "org.example.a", enabled: true, pinned: false, refused: "" });
    expect(card?.units).toEqual([{ name: "a", doc: "", live: false, ops: ["one"] }]);
    expect(card?.permissions.map((p) => p.answer?.decision)).toEqual([
      undefined,
      "always",
      undefined,
    ]);
    expect(card?.earlier).toMatchObject([{ version: "0.9.0", signed: true }]);
  });

  it("is no card or offer when it is none", () => {
    for (const raw of [null, 1, "x", [], undefined]) {
      expect(parseCard(raw)).toEqual([]);
      expect(parseOffer(raw)).toBeNull();
    }
    expect(parseOffer({ digest: "", plugin: CARD })).toBeNull();
    expect(parseOffer({ digest: "ab" })).toBeNull();
    expect(parseOffer({ digest: "ab", plugin: CARD, from: "0.9.0" })).toMatchObject({
      from: "0.9.0",
      beyond: [],
    });
  });

  it("survives answers of another shape", async () => {
    const calls: unknown[] = [];
    const plugins = boundPlugins(async (...call) => {
      calls.push(call);
      return null;
    });
    expect(await plugins.list()).toEqual([]);
    expect(await plugins.usage()).toEqual([]);
    expect(await plugins.log(7)).toEqual([]);
    expect(await plugins.offer()).toBeNull();
    await plugins.decide("a", "now", "always", "");
    expect(calls.at(-1)).toEqual(["DecidePermission", "a", "now", "always", ""]);
  });
});
