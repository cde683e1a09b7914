import { describe, expect, it } from "vitest";
import { type Rgb, SCENE, type Scheme, SHELL } from "./theme.ts";

/** WCAG 2.2 AA for text. */
const ENOUGH = 4.5;

/** "#rrggbb" or "rgba(r, g, b, a)", laid over what is behind it. */
function over(colour: string, behind: Rgb): Rgb {
  if (colour.startsWith("#")) {
    const value = Number.parseInt(colour.slice(1), 16);
    return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
  }
  const [r = 0, g = 0, b = 0, a = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  const layer = (own: number, below: number) => (own / 255) * a + below * (1 - a);
  return [layer(r, behind[0]), layer(g, behind[1]), layer(b, behind[2])];
}

function luminance(colour: Rgb): number {
  const [r, g, b] = colour.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * (r ?? 0) + 0.7152 * (g ?? 0) + 0.0722 * (b ?? 0);
}

function contrast(a: Rgb, b: Rgb): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

describe.each(["dark", "light"] as Scheme[])("the %s theme", (scheme) => {
  const shell = SHELL[scheme];
  const scene = SCENE[scheme];
  const skies = [...scene.towards, ...scene.away].map(([, colour]) => colour);
  const behind = [...skies, scene.water, scene.sun, ...scene.shores, scene.ink];

  it("keeps text readable on panels, whatever flies behind them", () => {
    for (const text of [shell.text, shell.textDim, shell.accent, shell.warning, shell.error]) {
      for (const glass of [shell.glass, shell.glassStrong]) {
        for (const sky of glass === shell.glass ? skies : behind) {
          const ground = over(glass, sky);
          expect(contrast(over(text, ground), ground), `${text} on ${glass}`).toBeGreaterThan(
            ENOUGH,
          );
        }
      }
    }
  });

  it("keeps the words of a filled button readable", () => {
    const ground = over(shell.accent, [0, 0, 0]);
    expect(contrast(over(shell.accentText, ground), ground)).toBeGreaterThan(ENOUGH);
  });

  it("keeps birds apart from every part of the sky", () => {
    for (const sky of skies) expect(contrast(scene.ink, sky)).toBeGreaterThan(1.4);
  });
});
