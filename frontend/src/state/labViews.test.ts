import { describe, expect, it } from "vitest";
import { heatBytes } from "./labHeat.ts";
import { hexRow } from "./labHex.ts";
import { countPixels, outline } from "./labHistogram.ts";
import { parseWav, timeText } from "./labWav.ts";
import { figureText, numberText } from "./labWords.ts";
import { fitScale, nextZoom } from "./labZoom.ts";

/** A WAV file with these bytes as samples. */
function wav(code: number, channels: number, bits: number, samples: number[]): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(44 + samples.length));
  const text = (at: number, word: string) =>
    [...word].forEach((c, i) => {
      view.setUint8(at + i, c.charCodeAt(0));
    });
  text(0, "RIFF");
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, code, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint16(34, bits, true);
  text(36, "data");
  view.setUint32(40, samples.length, true);
  samples.forEach((b, i) => {
    view.setUint8(44 + i, b);
  });
  return view.buffer;
}

describe("a WAV file", () => {
  it.each([
    [1, 8, [0, 128, 255], [-1, 0, 127 / 128]],
    [1, 16, [0, 0x80, 0, 0x40], [-1, 0.5]],
    [1, 24, [0, 0, 0x80, 0, 0, 0x40], [-1, 0.5]],
    [1, 32, [0, 0, 0, 0x80], [-1]],
    [3, 32, [0, 0, 0x40, 0xbf], [-0.75]],
  ])("of kind %i with %i bits is decoded", (code, bits, bytes, samples) => {
    expect([...(parseWav(wav(code, 1, bits, bytes)).channels[0] ?? [])]).toEqual(samples);
  });

  it("has its channels apart", () => {
    const { channels, seconds } = parseWav(wav(1, 2, 8, [0, 255, 128, 128]));
    expect(channels.map((c) => [...c])).toEqual([
      [-1, 0],
      [127 / 128, 0],
    ]);
    expect(seconds).toBe(2 / 8000);
  });

  it.each([
    ["nothing", new ArrayBuffer(0), "no WAV"],
    ["half a header", wav(1, 1, 8, [1]).slice(0, 30), "cut short"],
    ["no samples", wav(1, 1, 16, [1]), "no samples"],
    ["no channels", wav(1, 0, 8, [1]), "cannot be"],
    ["a codec", wav(85, 1, 16, [1, 2]), "not known"],
  ])("of %s is refused", (_, buffer, why) => {
    expect(() => parseWav(buffer)).toThrow(why);
  });

  it("cut short has the samples that are there", () => {
    expect(parseWav(wav(1, 1, 8, [1, 2, 3]).slice(0, 46)).channels[0]).toHaveLength(2);
  });

  it("has a length that people read", () => {
    expect(timeText(75.25)).toBe("1:15.3");
    expect(timeText(0)).toBe("0:00.0");
  });
});

describe("a histogram", () => {
  it("counts what is not transparent", () => {
    const data = new Uint8ClampedArray([255, 0, 0, 255, 0, 255, 0, 255, 9, 9, 9, 0]);
    const counts = countPixels(data);
    expect(counts.pixels).toBe(2);
    expect(counts.red[255]).toBe(1);
    expect(counts.mean.red).toBe(127.5);
    expect(counts.light[Math.round(0.7152 * 255)]).toBe(1);
  });

  it("is drawn no higher than its frame", () => {
    expect(outline(new Uint32Array([5, 0, 1]), 1)).toBe("M0 100L0 0.0H1L1 100.0H2L2 0.0H3V100Z");
  });
});

describe("bytes", () => {
  it("are shown with the letters among them", () => {
    const row = hexRow(16, new TextEncoder().encode("Hi\n"));
    expect(row.startsWith("00000010 48 69 0a ")).toBe(true);
    expect(row.endsWith("  Hi·")).toBe(true);
  });
});

describe("a number", () => {
  it.each([
    [3, "3"],
    [1234567, "1,234,567"],
    [0.1 + 0.2, "0.3"],
    [1.23456789e-9, "1.23457e-9"],
    [2.5e20, "2.5e+20"],
    [Number.MAX_SAFE_INTEGER, "9.0072e+15"],
  ])("%d reads %s", (value, text) => {
    expect(numberText(value)).toBe(text);
  });

  it("has its unit, or a word where it is none", () => {
    expect(figureText({ name: "v", unit: "m^2", value: 2 })).toBe("2\u202fm²");
    expect(figureText({ name: "v", unit: "m", value: "NaN" })).toBe("NaN");
    expect(figureText({ name: "v", unit: "m", value: null })).toBe("–");
  });
});

describe("a picture", () => {
  it("fits its room, and is never blurred larger", () => {
    expect(fitScale({ width: 1016, height: 100 }, 524, 1000)).toBe(0.5);
    expect(fitScale({ width: 600, height: 400 }, 1000, 1000)).toBe(1);
    expect(fitScale({ width: 8, height: 8 }, 1000, 1000)).toBe(8);
    expect(fitScale({ width: 0, height: 0 }, 10, 10)).toBe(1);
  });

  it("is zoomed by steps", () => {
    expect(nextZoom(0.42, 1)).toBe(0.5);
    expect(nextZoom(0.5, -1)).toBe(0.33);
    expect(nextZoom(16, 1)).toBe(16);
  });
});

describe("heat", () => {
  it("goes from the smallest to the largest, and is nothing where no number is", () => {
    expect(heatBytes("dark", null, 0, 1)).toEqual([0, 0, 0, 0]);
    expect(heatBytes("dark", 0, 0, 1)).not.toEqual(heatBytes("dark", 1, 0, 1));
    expect(heatBytes("dark", 5, 5, 5)).toEqual(heatBytes("dark", 0.5, 0, 1));
  });
});
