import { describe, expect, it } from "vitest";
import { crc32 } from "./crc32.ts";
import { bytes, figure, parseNumber, percent, UNKNOWN, unitText } from "./format.ts";
import { History } from "./history.ts";

describe("CRC-32", () => {
  it("is the one of the check value", () => {
    const text = new TextEncoder().encode("123456789");
    expect(crc32(text, 0, text.length)).toBe(0xcbf43926);
    expect(crc32(text, 0, 0)).toBe(0);
  });
});

describe("figures", () => {
  it("have three digits and an en dash for what is not known", () => {
    expect([1234.5, 123.4, 12.34, 1.234, 0.1234, 0].map(figure)).toEqual([
      "1,235",
      "123",
      "12.3",
      "1.23",
      "0.123",
      "0",
    ]);
    expect(figure(Number.NaN)).toBe(UNKNOWN);
    expect(percent(Number.NaN)).toBe(UNKNOWN);
    expect(bytes(Number.NaN)).toBe(UNKNOWN);
  });

  it("have binary units for bytes", () => {
    expect([0, 1023, 2048, 20480, 16777216].map(bytes)).toEqual([
      "0\u202fB",
      "1,023\u202fB",
      "2.0\u202fKiB",
      "20\u202fKiB",
      "16.0\u202fMiB",
    ]);
  });

  it("are read as people write them", () => {
    expect(parseNumber("1.5k")).toBe(1500);
    expect(parseNumber("k")).toBeNaN();
    expect(unitText("r^2/s^2")).toBe("r²/s²");
  });
});

describe("a history", () => {
  it("keeps the newest and knows their quantiles", () => {
    const history = new History(4);
    expect(history.quantile(0.5)).toBeNaN();
    for (const value of [9, 1, 2, 3, 4]) history.push(value);
    expect([0, 1, 2, 3].map((i) => history.at(i))).toEqual([1, 2, 3, 4]);
    expect(history.quantile(0.5)).toBe(3);
    expect(history.quantile(1)).toBe(4);
  });
});
