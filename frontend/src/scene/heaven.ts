import type { Rgb, ScenePalette } from "../core/theme.ts";
import { fractal, mix, smooth } from "./noise.ts";

/** Azimuth of the sun in radians; the camera first looks a little to its left. */
export const SUN_AZIMUTH = -Math.PI / 2 + 0.25;
/** In degrees: just above the far shore. */
export const SUN_ELEVATION = 2.4;
const DEGREES = 180 / Math.PI;
const TURN = Math.PI * 2;

/** Colour of the sky, or of the water below the horizon, into out[at..at+2]. */
export function heavenColour(
  palette: ScenePalette,
  azimuth: number,
  elevation: number,
  out: Float32Array,
  at: number,
): void {
  if (elevation >= 0) skyColour(palette, azimuth, elevation, out, at);
  else waterColour(palette, azimuth, elevation, out, at);
}

function skyColour(
  palette: ScenePalette,
  azimuth: number,
  elevation: number,
  out: Float32Array,
  at: number,
): void {
  const facing = 0.5 + 0.5 * Math.cos(azimuth - SUN_AZIMUTH);
  const warmth = facing ** 1.6;
  for (let i = 0; i < 3; i++) {
    const warm = stops(palette.towards, elevation, i);
    out[at + i] = mix(stops(palette.away, elevation, i), warm, warmth);
  }
  addClouds(palette, azimuth, elevation, warmth, out, at);
  addSun(palette, azimuth, elevation, out, at);
}

function addClouds(
  palette: ScenePalette,
  azimuth: number,
  elevation: number,
  warmth: number,
  out: Float32Array,
  at: number,
): void {
  const turn = azimuth / TURN + 0.5;
  const lean = elevation * 0.012;
  const shape = fractal((turn + lean) * 14, elevation * 0.34, 14, 4, 11);
  const band = smooth(2.5, 8, elevation) * (1 - smooth(22, 44, elevation));
  const cover = smooth(0.52, 0.8, shape) * band * palette.cloudStrength;
  const lit = warmth * (1 - smooth(6, 26, elevation));
  for (let i = 0; i < 3; i++) {
    const cloud = mix(part(palette.cloudDark, i), part(palette.cloudLit, i), lit);
    out[at + i] = mix(out[at + i] ?? 0, cloud, cover);
  }
}

function addSun(
  palette: ScenePalette,
  azimuth: number,
  elevation: number,
  out: Float32Array,
  at: number,
): void {
  const across = wrapped(azimuth - SUN_AZIMUTH) * DEGREES;
  const above = elevation - SUN_ELEVATION;
  // Wider than high: the air near the horizon spreads the light sideways.
  const wide = Math.exp(-((across / 34) ** 2) - (above / 13) ** 2) * 0.5;
  const near = Math.exp(-((across / 9) ** 2) - (above / 5.5) ** 2) * 0.55;
  const core = Math.exp(-((across / 3) ** 2) - (above / 2.4) ** 2) * 0.5;
  const light = Math.min(1, (wide + near + core) * palette.sunStrength);
  for (let i = 0; i < 3; i++) out[at + i] = mix(out[at + i] ?? 0, part(palette.sun, i), light);
}

function waterColour(
  palette: ScenePalette,
  azimuth: number,
  elevation: number,
  out: Float32Array,
  at: number,
): void {
  const depth = -elevation;
  const turn = azimuth / TURN + 0.5;
  const ripple = fractal(turn * 40, depth * 2.6, 40, 3, 31) - 0.5;
  // Ripples tilt the mirror: near the viewer they reach higher into the sky.
  const mirrored = Math.max(0, depth * 1.15 + ripple * (1 + depth * 0.5));
  skyColour(palette, azimuth, mirrored, out, at);
  const share = palette.mirror * (1 - smooth(4, 60, depth) * 0.6);
  const glint = 1 + ripple * 0.3 * smooth(0.2, 5, depth);
  const path = glitter(azimuth, depth, ripple) * palette.sunStrength;
  for (let i = 0; i < 3; i++) {
    const mirroredSky = (out[at + i] ?? 0) * part(palette.waterTint, i);
    const value = mix(part(palette.water, i), mirroredSky, share) * glint;
    out[at + i] = Math.min(1, mix(value, part(palette.sun, i), path));
  }
}

/** Path of light on the water below the sun; it widens towards the viewer. */
function glitter(azimuth: number, depth: number, ripple: number): number {
  const across = wrapped(azimuth - SUN_AZIMUTH) * DEGREES;
  const width = 3 + depth * 0.34;
  const body = Math.exp(-((across / width) ** 2)) * Math.exp(-depth / 16);
  return body * Math.max(0, 0.42 + ripple * 1.5);
}

/** Height of shore 0 (far) to 2 (near) above the horizon, in degrees. */
export function shoreHeight(layer: number, azimuth: number): number {
  const turn = azimuth / TURN + 0.5;
  switch (layer) {
    case 0:
      return 0.4 + 3.4 * fractal(turn * 9, 0.5, 9, 4, 3) ** 1.6;
    case 1:
      return 0.2 + 1.9 * fractal(turn * 16, 0.5, 16, 5, 5) ** 1.8;
    default:
      return nearShore(turn);
  }
}

/** Reeds and trees in groups, with open water between them. */
function nearShore(turn: number): number {
  const groups = smooth(0.42, 0.68, fractal(turn * 12, 0.5, 12, 3, 7));
  const crowns = fractal(turn * 130, 0.5, 130, 3, 9);
  return 0.12 + groups * (0.35 + 1.1 * crowns);
}

function stops(list: ScenePalette["towards"], elevation: number, channel: number): number {
  let below = list[0];
  for (const stop of list) {
    if (elevation <= stop[0]) {
      if (!below || below === stop) return part(stop[1], channel);
      const t = (elevation - below[0]) / (stop[0] - below[0]);
      return mix(part(below[1], channel), part(stop[1], channel), t);
    }
    below = stop;
  }
  return below ? part(below[1], channel) : 0;
}

function part(colour: Rgb, channel: number): number {
  return colour[channel] ?? 0;
}

function wrapped(angle: number): number {
  return angle - TURN * Math.round(angle / TURN);
}
