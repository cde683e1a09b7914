import {
  BufferAttribute,
  BufferGeometry,
  GLSL3,
  Mesh,
  RawShaderMaterial,
  type Scene,
  Vector3,
} from "three";
import type { ScenePalette } from "../core/theme.ts";
import { SUN_AZIMUTH, SUN_ELEVATION } from "./heaven.ts";

const RADIANS = Math.PI / 180;
/** Half the side of the picture of the sun, and what of the water glitters, in degrees. */
const GLOW_REACH = 9;
const GLITTER_REACH = 16;
const GLITTER_DEPTH = 24;
const GLITTER_ROWS = 24;
/** Between the stars and the shores, which hide it where they are high. */
const ORDER = -8.5;

const VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
in vec3 position;
in vec2 at;
out vec2 vAt;
void main() {
  vAt = at;
  vec4 p = projectionMatrix * vec4(mat3(viewMatrix) * position, 1.0);
  gl_Position = p.xyww;
}`;

/** A small disc with a soft edge, and the air around it; `vAt` is in degrees from its middle. */
const DISC = `
precision highp float;
uniform vec3 core;
uniform vec3 glow;
uniform float strength;
in vec2 vAt;
out vec4 result;
void main() {
  float r = length(vAt);
  float disc = smoothstep(1.18, 1.0, r);
  float near = exp(-r * r * 0.16) * 0.6;
  float far = exp(-r * 0.5) * 0.35 * smoothstep(9.0, 5.0, r);
  float light = max(disc * 0.94, min(1.0, near + far) * strength);
  result = vec4(mix(glow, core, max(disc, near)), light);
}`;

/**
 * Flakes of light on the water below the sun, each a facet that turns; `vAt` is degrees aside of
 * the sun and below the horizon. Rows crowd towards the horizon, as waves do.
 */
const GLITTER = `
precision highp float;
uniform vec3 core;
uniform float strength;
uniform float time;
in vec2 vAt;
out vec4 result;
float chance(vec2 cell) {
  return fract(sin(dot(cell, vec2(127.1, 311.7))) * 43758.5453);
}
void main() {
  float depth = vAt.y;
  float row = log(depth + 0.5) * 26.0;
  float wide = 0.3 + depth * 0.13;
  float shift = chance(vec2(floor(row), 3.0));
  vec2 cell = vec2(vAt.x / wide + shift * 7.0 + sin(time * 0.35 + shift * 6.28) * 0.3, row);
  vec2 inside = fract(cell) - 0.5;
  float facet = chance(floor(cell));
  float turn = sin(time * (0.7 + facet * 1.6) + facet * 40.0);
  float flake = smoothstep(0.5, 0.1, length(inside * vec2(1.0, 1.25)));
  float path = exp(-pow(vAt.x / (1.5 + depth * 0.36), 2.0)) * exp(-depth / 9.0);
  float light = path * (0.16 + 1.2 * flake * smoothstep(0.1, 0.95, turn));
  result = vec4(core, min(1.0, light) * strength * smoothstep(0.0, 0.5, depth));
}`;

/** The sun above the far shore and its way over the water; they move with the flock's clock. */
export class Sun {
  private readonly core = { value: new Vector3() };
  private readonly glow = { value: new Vector3() };
  private readonly strength = { value: 1 };
  private readonly time = { value: 0 };
  private readonly meshes: Mesh<BufferGeometry, RawShaderMaterial>[];

  constructor(scene: Scene) {
    const disc = new Mesh(discGeometry(), this.material(DISC));
    const glitter = new Mesh(glitterGeometry(), this.material(GLITTER));
    this.meshes = [disc, glitter];
    for (const mesh of this.meshes) {
      mesh.frustumCulled = false;
      mesh.renderOrder = ORDER;
      scene.add(mesh);
    }
  }

  paint(palette: ScenePalette): void {
    this.core.value.fromArray(palette.sunCore);
    this.glow.value.fromArray(palette.sun);
    this.strength.value = palette.sunStrength;
  }

  setTime(seconds: number): void {
    this.time.value = seconds;
  }

  dispose(): void {
    for (const mesh of this.meshes) {
      mesh.removeFromParent();
      mesh.geometry.dispose();
      mesh.material.dispose();
    }
  }

  private material(fragmentShader: string): RawShaderMaterial {
    const { core, glow, strength, time } = this;
    return new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader,
      uniforms: { core, glow, strength, time },
      transparent: true,
      depthTest: false,
      depthWrite: false,
      side: 2,
    });
  }
}

/** A square around the sun that ends at the horizon. */
function discGeometry(): BufferGeometry {
  const low = -SUN_ELEVATION;
  return strip([low, GLOW_REACH], GLOW_REACH, (across, above) => [across, SUN_ELEVATION + above]);
}

function glitterGeometry(): BufferGeometry {
  const rows = Array.from(
    { length: GLITTER_ROWS + 1 },
    (_, i) => (i / GLITTER_ROWS) ** 2 * GLITTER_DEPTH,
  );
  return strip(rows, GLITTER_REACH, (across, depth) => [across, -depth]);
}

/** Rows of two corners each; `place` says where they are: degrees aside of the sun, and high. */
function strip(
  rows: readonly number[],
  reach: number,
  place: (across: number, row: number) => readonly [number, number],
): BufferGeometry {
  const positions: number[] = [];
  const at: number[] = [];
  const index: number[] = [];
  rows.forEach((row, r) => {
    for (const across of [-reach, reach]) {
      const [aside, high] = place(across, row);
      const azimuth = SUN_AZIMUTH + aside * RADIANS;
      const level = Math.cos(high * RADIANS);
      positions.push(
        level * Math.cos(azimuth),
        Math.sin(high * RADIANS),
        level * Math.sin(azimuth),
      );
      at.push(across, row);
    }
    const a = r * 2;
    if (r > 0) index.push(a - 2, a - 1, a, a - 1, a + 1, a);
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(positions), 3));
  geometry.setAttribute("at", new BufferAttribute(new Float32Array(at), 2));
  geometry.setIndex(index);
  return geometry;
}
