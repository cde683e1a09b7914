import { describe, expect, it } from "vitest";
import type { NumberParam } from "../wire/manifest.ts";
import { fromPlace, nudge, numberText, snap, toPlace, typedNumber } from "./scale.ts";

const head = { label: "", doc: "", unit: "", group: "", hidden: false };
const count: NumberParam = {
  ...head,
  name: "count",
  kind: "integer",
  default: 10000,
  min: 100,
  max: 250000,
  step: 1,
  logarithmic: true,
};
const weight: NumberParam = {
  ...head,
  name: "weight",
  kind: "number",
  default: 1,
  min: -2,
  max: 10,
  step: 0.05,
  logarithmic: false,
};

describe("a slider", () => {
  it("reaches both ends exactly", () => {
    for (const param of [count, weight]) {
      expect(fromPlace(param, 0)).toBe(param.min);
      expect(fromPlace(param, 1)).toBe(param.max);
      expect(fromPlace(param, -5)).toBe(param.min);
      expect(fromPlace(param, 5)).toBe(param.max);
    }
  });

  it("finds the way back from a value", () => {
    for (let place = 0; place <= 1; place += 0.01) {
      expect(toPlace(count, fromPlace(count, place))).toBeCloseTo(place, 1);
      expect(toPlace(weight, fromPlace(weight, place))).toBeCloseTo(place, 2);
    }
  });

  it("gives the low counts as much room as the high ones", () => {
    expect(fromPlace(count, 0.5)).toBe(5000);
  });

  it("says round numbers on a logarithmic scale", () => {
    expect(snap(count, 12487)).toBe(12500);
    expect(snap(count, 99871)).toBe(100000);
    expect(snap(count, 137)).toBe(135);
  });

  it("has no dust of binary fractions", () => {
    expect(snap(weight, 0.1 + 0.2)).toBe(0.3);
  });

  it("always moves with a key press", () => {
    for (const value of [100, 101, 5000, 249999]) {
      expect(nudge(count, value, 1)).toBeGreaterThan(value);
      expect(nudge(count, value, -1)).toBeLessThan(Math.max(value, 101));
    }
    expect(nudge(weight, 0, 1)).toBeGreaterThan(0);
  });
});

describe("a typed number", () => {
  it.each([
    ["12k", 12000],
    ["0.2M", 200000],
    ["10,000", 10000],
    ["10 000", 10000],
    ["12487", 12487],
    ["7", 100],
    ["9e9", 250000],
  ])("%s is %d birds", (text, value) => {
    expect(typedNumber(count, text)).toBe(value);
  });

  it.each(["", "many", "1.2.3", "--1"])("%j is none", (text) => {
    expect(typedNumber(count, text)).toBeNull();
  });

  it("shows as it is typed", () => {
    expect(numberText(count, 12500)).toBe("12,500");
    expect(numberText(weight, 0.25)).toBe("0.250");
  });
});
