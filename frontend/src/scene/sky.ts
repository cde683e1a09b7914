import {
  BufferAttribute,
  BufferGeometry,
  GLSL3,
  type IUniform,
  Mesh,
  Points,
  RawShaderMaterial,
  type Scene,
} from "three";
import type { ScenePalette } from "../core/theme.ts";
import { heavenColour, shoreHeight } from "./heaven.ts";

const DOME_COLUMNS = 192;
const DOME_ROWS = 96;
const SHORE_COLUMNS = 1440;
const STARS = 420;
const SHORES = 3;
const RADIANS = Math.PI / 180;
/** Reflections of a shore are drawn this much flatter than the shore. */
const REFLECTION = 0.7;
/** Crests fade out over this many degrees, which smooths them where nothing else does. */
const SOFT_CREST = 0.09;
const ROWS_PER_SHORE = 5;

const VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
in vec3 position;
in vec4 colour;
out vec4 vColour;
void main() {
  vColour = colour;
  vec4 p = projectionMatrix * vec4(mat3(viewMatrix) * position, 1.0);
  gl_Position = p.xyww;
}`;

// Half a step of noise hides the bands of eight bits; the rest is the grain of film.
const FRAGMENT = `
precision highp float;
uniform float grain;
in vec4 vColour;
out vec4 result;
void main() {
  float n = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
  result = vec4(vColour.rgb + (n - 0.5) * grain, vColour.a);
}`;

const STAR_VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
uniform float pixels;
in vec3 position;
in float light;
out float vLight;
void main() {
  vLight = light;
  vec4 p = projectionMatrix * vec4(mat3(viewMatrix) * position, 1.0);
  gl_Position = p.xyww;
  gl_PointSize = pixels * (1.0 + light);
}`;

const STAR_FRAGMENT = `
precision highp float;
in float vLight;
out vec4 result;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  result = vec4(1.0, 0.95, 0.88, vLight * smoothstep(1.0, 0.2, r));
}`;

/** Grain with and without the film look, as a share of full white. */
const DITHER = 1 / 255;
const FILM = 4.5 / 255;

/**
 * Sky, water and shores, infinitely far away. Colours lie in the vertices of a fine dome and are
 * worked out once per theme, so that a software renderer only has to fill.
 */
export class Sky {
  private readonly material = newMaterial(VERTEX, FRAGMENT);
  private readonly shoreMaterial = newMaterial(VERTEX, FRAGMENT, this.material.uniforms);
  private readonly starMaterial = newMaterial(STAR_VERTEX, STAR_FRAGMENT);
  private readonly dome = new BufferGeometry();
  private readonly shores = new BufferGeometry();
  private readonly starField = new BufferGeometry();
  private readonly domeMesh = new Mesh(this.dome, this.material);
  private readonly shoreMesh = new Mesh(this.shores, this.shoreMaterial);
  private readonly starPoints = new Points(this.starField, this.starMaterial);

  constructor(scene: Scene) {
    this.material.uniforms["grain"] = { value: DITHER };
    this.starMaterial.uniforms["pixels"] = { value: 1.2 };
    this.starMaterial.transparent = true;
    this.shoreMaterial.transparent = true;
    buildDome(this.dome);
    buildShores(this.shores);
    buildStars(this.starField);
    [this.domeMesh, this.starPoints, this.shoreMesh].forEach((object, order) => {
      object.frustumCulled = false;
      object.renderOrder = order - 10;
      scene.add(object);
    });
  }

  paint(palette: ScenePalette): void {
    paintDome(this.dome, palette);
    paintShores(this.shores, palette);
    this.starPoints.visible = palette.stars > 0;
  }

  setFilm(on: boolean, pixelRatio: number): void {
    const grain = this.material.uniforms["grain"];
    if (grain) grain.value = on ? FILM : DITHER;
    const pixels = this.starMaterial.uniforms["pixels"];
    if (pixels) pixels.value = 1.2 * pixelRatio;
  }

  dispose(): void {
    for (const object of [this.domeMesh, this.starPoints, this.shoreMesh]) {
      object.removeFromParent();
      object.geometry.dispose();
    }
    this.material.dispose();
    this.shoreMaterial.dispose();
    this.starMaterial.dispose();
  }
}

function newMaterial(
  vertexShader: string,
  fragmentShader: string,
  uniforms: Record<string, IUniform> = {},
): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader,
    fragmentShader,
    uniforms,
    depthTest: false,
    depthWrite: false,
    side: 2,
  });
}

/** Elevation of a row in degrees: fine near the horizon, where the eye is. */
function rowElevation(row: number): number {
  const t = (row / DOME_ROWS) * 2 - 1;
  return Math.sign(t) * (0.16 * Math.abs(t) + 0.84 * Math.abs(t) ** 2.4) * 90;
}

function azimuthOf(column: number, columns: number): number {
  return (column / columns) * Math.PI * 2 - Math.PI;
}

function put(at: Float32Array, vertex: number, azimuth: number, elevation: number): void {
  const level = Math.cos(elevation * RADIANS);
  at[vertex * 3] = level * Math.cos(azimuth);
  at[vertex * 3 + 1] = Math.sin(elevation * RADIANS);
  at[vertex * 3 + 2] = level * Math.sin(azimuth);
}

function buildDome(geometry: BufferGeometry): void {
  const across = DOME_COLUMNS + 1;
  // The row of the horizon is there twice: sky above it, water below.
  const rows = DOME_ROWS + 2;
  const positions = new Float32Array(across * rows * 3);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < across; c++) {
      put(positions, r * across + c, azimuthOf(c, DOME_COLUMNS), rowElevation(domeRow(r)));
    }
  }
  setPositions(
    geometry,
    positions,
    grid(across, rows, (r) => r !== DOME_ROWS / 2),
  );
}

function domeRow(row: number): number {
  return row > DOME_ROWS / 2 ? row - 1 : row;
}

function paintDome(geometry: BufferGeometry, palette: ScenePalette): void {
  const across = DOME_COLUMNS + 1;
  const colours = colourArray(geometry);
  for (let r = 0; r < DOME_ROWS + 2; r++) {
    const elevation = r === DOME_ROWS / 2 ? -0.0001 : rowElevation(domeRow(r));
    for (let c = 0; c < across; c++) {
      const azimuth = azimuthOf(c, DOME_COLUMNS);
      heavenColour(palette, azimuth, elevation, colours, (r * across + c) * 3);
    }
  }
  publish(geometry);
}

function buildShores(geometry: BufferGeometry): void {
  const across = SHORE_COLUMNS + 1;
  const rows = SHORES * ROWS_PER_SHORE;
  const positions = new Float32Array(across * rows * 3);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < across; c++) {
      const azimuth = azimuthOf(c, SHORE_COLUMNS);
      put(positions, r * across + c, azimuth, shoreElevation(r, azimuth));
    }
  }
  // Between the mirror image and the shore itself there is nothing, nor between two shores.
  const joined = (r: number) => r % ROWS_PER_SHORE !== 1 && r % ROWS_PER_SHORE !== 4;
  setPositions(geometry, positions, grid(across, rows, joined), 4);
}

/** Each shore: its mirror image below the waterline, itself, and a soft crest. */
function shoreElevation(row: number, azimuth: number): number {
  const height = shoreHeight(Math.floor(row / ROWS_PER_SHORE), azimuth);
  return [-height * REFLECTION, 0, 0, height, height + SOFT_CREST][row % ROWS_PER_SHORE] ?? 0;
}

const SHORE_ALPHA = [0, 0.75, 0.86, 1, 0] as const;

function paintShores(geometry: BufferGeometry, palette: ScenePalette): void {
  const across = SHORE_COLUMNS + 1;
  const colours = colourArray(geometry);
  for (let r = 0; r < SHORES * ROWS_PER_SHORE; r++) {
    const shore = palette.shores[Math.floor(r / ROWS_PER_SHORE)] ?? palette.ink;
    const alpha = SHORE_ALPHA[r % ROWS_PER_SHORE] ?? 1;
    for (let c = 0; c < across; c++) {
      const at = (r * across + c) * 4;
      colours.set(shore, at);
      colours[at + 3] = alpha;
    }
  }
  publish(geometry);
}

function buildStars(geometry: BufferGeometry): void {
  const positions = new Float32Array(STARS * 3);
  const light = new Float32Array(STARS);
  for (let i = 0; i < STARS; i++) {
    // A low-discrepancy walk: no two stars of the first few hundred come close.
    const height = 0.32 + 0.68 * ((i * 0.7548776662) % 1);
    const elevation = Math.asin(height) / RADIANS;
    put(positions, i, ((i * 0.5698402909) % 1) * Math.PI * 2, elevation);
    const size = ((i * 0.4142135) % 1) ** 3;
    light[i] = (0.12 + 0.6 * size) * Math.min(1, (elevation - 18) / 26);
  }
  setPositions(geometry, positions, null);
  geometry.setAttribute("light", new BufferAttribute(light, 1));
}

function grid(across: number, rows: number, joined: (row: number) => boolean): number[] {
  const index: number[] = [];
  for (let r = 0; r + 1 < rows; r++) {
    if (!joined(r)) continue;
    for (let c = 0; c + 1 < across; c++) {
      const a = r * across + c;
      index.push(a, a + 1, a + across, a + 1, a + across + 1, a + across);
    }
  }
  return index;
}

function setPositions(
  geometry: BufferGeometry,
  positions: Float32Array,
  index: number[] | null,
  channels = 3,
): void {
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  const colours = new Float32Array((positions.length / 3) * channels);
  geometry.setAttribute("colour", new BufferAttribute(colours, channels));
  if (index) geometry.setIndex(index);
}

function colourArray(geometry: BufferGeometry): Float32Array {
  return geometry.getAttribute("colour").array as Float32Array;
}

function publish(geometry: BufferGeometry): void {
  geometry.getAttribute("colour").needsUpdate = true;
}
