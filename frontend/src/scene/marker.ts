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
import { MARKER_FRAGMENT, MARKER_VERTEX } from "./shaders.ts";

/** What the pointer is to the flock. */
export type PointerMode = "none" | "attract" | "scare";

const SQUARE = new Float32Array([-1, -1, 0, 1, -1, 0, 1, 1, 0, -1, -1, 0, 1, 1, 0, -1, 1, 0]);
const WAVES_PER_SECOND = 0.7;

/** Ring in the flock where the pointer is. */
export class Marker {
  readonly centre = new Vector3();
  private readonly colour = { value: new Vector3(1, 1, 1) };
  private readonly size = { value: 1 };
  private readonly wave = { value: 0 };
  private readonly strength = { value: 0 };
  private readonly geometry = new BufferGeometry();
  private readonly material: RawShaderMaterial;
  private readonly mesh: Mesh;

  constructor(scene: Scene) {
    this.material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: MARKER_VERTEX,
      fragmentShader: MARKER_FRAGMENT,
      uniforms: {
        centre: { value: this.centre },
        colour: this.colour,
        size: this.size,
        wave: this.wave,
        strength: this.strength,
      },
      transparent: true,
      depthTest: false,
      depthWrite: false,
    });
    this.geometry.setAttribute("position", new BufferAttribute(SQUARE, 3));
    this.mesh = new Mesh(this.geometry, this.material);
    this.mesh.frustumCulled = false;
    this.mesh.visible = false;
    this.mesh.renderOrder = 5;
    scene.add(this.mesh);
  }

  paint(palette: ScenePalette): void {
    this.colour.value.fromArray(palette.marker);
  }

  /** `seconds` drives the ripple; `radius` is in the units of the flock. */
  show(mode: PointerMode, inside: boolean, radius: number, seconds: number): void {
    this.mesh.visible = mode !== "none" && inside;
    if (!this.mesh.visible) return;
    const turn = (seconds * WAVES_PER_SECOND) % 1;
    this.wave.value = mode === "scare" ? turn : 1 - turn;
    this.size.value = radius;
    this.strength.value = 0.8;
  }

  dispose(): void {
    this.mesh.removeFromParent();
    this.geometry.dispose();
    this.material.dispose();
  }
}
