import { describe, expect, it } from "vitest";
import { defaultsOf, parseLiveUnit } from "./manifest.ts";

const UNIT = {
  name: "boids",
  live: {
    params: [
      { name: "count", kind: "integer", default: 10, min: 1, max: 100, logarithmic: true },
      { name: "mode", kind: "choice", default: 1, options: ["exact", "fast"] },
      { name: "bright", kind: "flag", default: true },
      { name: "pull", kind: "number", number: { default: 2, min: -1, max: 4, step: 0.5 } },
      { name: "broken", kind: "number", default: 0, min: 1, max: 1 },
      { name: "alien", kind: "matrix" },
      "nonsense",
    ],
    channels: [{ look: "birds", capacityParam: "count" }],
    rateHz: 60,
    presets: [
      {
        name: "wild",
        values: [
          { param: "mode", value: 0 },
          { param: "bright", value: 0 },
          { param: "pull", value: 3 },
          { param: "gone", value: 3 },
          { param: "mode" },
        ],
      },
    ],
  },
};

describe("the live part of a manifest", () => {
  const unit = parseLiveUnit("dev.inos.boids", UNIT);

  it("keeps the parameters that it understands, in their order", () => {
    expect(unit?.params.map((p) => p.name)).toEqual(["count", "mode", "bright", "pull"]);
  });

  it("names choices by their option", () => {
    expect(defaultsOf(unit?.params ?? [])).toEqual({
      count: 10,
      mode: "fast",
      bright: true,
      pull: 2,
    });
  });

  it("turns the numbers of a preset into values", () => {
    expect(unit?.presets[0]?.values).toEqual({ mode: "exact", bright: false, pull: 3 });
  });

  it("is nothing for a unit without one", () => {
    expect(parseLiveUnit("x", { name: "adder", ops: [] })).toBeNull();
    expect(parseLiveUnit("x", null)).toBeNull();
    expect(parseLiveUnit("x", { live: {} })).toBeNull();
  });

  it("has no logarithmic scale over zero", () => {
    const odd = parseLiveUnit("x", {
      name: "odd",
      live: {
        params: [{ name: "p", kind: "number", default: 9, min: 0, max: 5, logarithmic: true }],
      },
    });
    expect(odd?.params[0]).toMatchObject({ logarithmic: false, default: 5 });
  });
});
