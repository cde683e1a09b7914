import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, parseSettings } from "./settings.ts";

describe("saved settings", () => {
  it("come back", () => {
    const saved = {
      ...DEFAULT_SETTINGS,
      theme: "light",
      params: { boids: { count: 5, mode: "fast", on: true } },
      camera: { yaw: 1, pitch: 0.2, zoom: 2 },
    };
    expect(parseSettings(JSON.parse(JSON.stringify(saved)))).toEqual(saved);
  });

  it.each([null, {}, { theme: "neon", params: 7, camera: "no", inspector: "yes" }])(
    "are the defaults where they make no sense: %j",
    (raw) => {
      expect(parseSettings(raw)).toEqual(DEFAULT_SETTINGS);
    },
  );
});
