import {
  BufferGeometry,
  DynamicDrawUsage,
  GLSL3,
  InstancedBufferGeometry,
  InstancedInterleavedBuffer,
  InterleavedBuffer,
  InterleavedBufferAttribute,
  type IUniform,
  Mesh,
  Points,
  RawShaderMaterial,
  type Scene,
  Vector2,
  Vector3,
  type WebGLRenderer,
} from "three";
import type { Frame, Look } from "../core/frame.ts";
import type { ScenePalette } from "../core/theme.ts";
import { birdGeometry, type Detail } from "./bird.ts";
import { SUN_AZIMUTH } from "./heaven.ts";
import { BIRD_FRAGMENT, BIRD_VERTEX, POINT_FRAGMENT, POINT_VERTEX } from "./shaders.ts";

/** What the colour of a bird tells. */
export type Colouring = "silhouette" | "heading" | "speed";

const COLOURINGS: readonly Colouring[] = ["silhouette", "heading", "speed"];
/** Words of one instance: schemas/compute/frame.capnp Instance. */
export const INSTANCE_WORDS = 8;
export const INSTANCE_BYTES = INSTANCE_WORDS * 4;

export interface FlockUniforms {
  [name: string]: IUniform;
  eye: IUniform<Vector3>;
  middle: IUniform<Vector3>;
  upward: IUniform<Vector3>;
  sunward: IUniform<Vector3>;
  air: IUniform<Vector2>;
  speeds: IUniform<Vector2>;
  ink: IUniform<Vector3>;
  sheen: IUniform<Vector3>;
  slow: IUniform<Vector3>;
  between: IUniform<Vector3>;
  fast: IUniform<Vector3>;
  ember: IUniform<Vector3>;
  circleCentre: IUniform<Vector3>;
  circleSwing: IUniform<number>;
  colouring: IUniform<number>;
  time: IUniform<number>;
  ahead: IUniform<number>;
  arrived: IUniform<number>;
  thin: IUniform<number>;
  size: IUniform<number>;
  leastSize: IUniform<number>;
  turnScale: IUniform<number>;
  pixels: IUniform<number>;
}

/**
 * Elements that a software renderer is given at once. It keeps what it was given, some 250 bytes a
 * triangle, until it has drawn it, and the memory after that.
 */
const SOFTWARE_PART = 2000;

type Part = Mesh | Points;

/**
 * All elements of a frame in one instanced draw, or in several parts. The instance buffer is the
 * slot itself: showing another frame swaps the array and lets the driver take `count` elements.
 */
export class Flock {
  readonly uniforms: FlockUniforms = newUniforms();
  private readonly birdMaterial = flockMaterial(BIRD_VERTEX, BIRD_FRAGMENT, this.uniforms, true);
  private readonly pointMaterial = flockMaterial(
    POINT_VERTEX,
    POINT_FRAGMENT,
    this.uniforms,
    false,
  );
  private readonly partElements: number;
  private parts: Part[] = [];
  private buffer: InterleavedBuffer | null = null;
  private readonly range = { start: 0, count: 0 };
  private look: Look = "birds";
  private detail: Detail = "fine";
  private stale = true;
  private generation = -1;

  constructor(
    private readonly scene: Scene,
    software: boolean,
  ) {
    this.partElements = software ? SOFTWARE_PART : Number.POSITIVE_INFINITY;
  }

  setLook(look: Look): void {
    if (look !== this.look) this.stale = true;
    this.look = look;
  }

  setDetail(detail: Detail): void {
    if (detail !== this.detail) this.stale = true;
    this.detail = detail;
  }

  setColouring(colouring: Colouring): void {
    this.uniforms.colouring.value = COLOURINGS.indexOf(colouring);
  }

  paint(palette: ScenePalette): void {
    const { uniforms } = this;
    uniforms.ink.value.fromArray(palette.ink);
    uniforms.sheen.value.fromArray(palette.sheen);
    uniforms.slow.value.fromArray(palette.slow);
    uniforms.between.value.fromArray(palette.between);
    uniforms.fast.value.fromArray(palette.fast);
    uniforms.ember.value.fromArray(palette.ember);
    uniforms.circleCentre.value.fromArray(palette.circleCentre);
    uniforms.circleSwing.value = palette.circleSwing;
  }

  /** Shows a frame. Only a new generation, look or detail builds anything. */
  show(frame: Frame): void {
    const sameMemory = frame.generation === this.generation;
    if (this.stale || !sameMemory || this.buffer?.array.length !== frame.data.length) {
      this.build(frame);
    }
    const { buffer, parts, partElements, range } = this;
    if (!buffer) return;
    buffer.array = frame.data;
    range.count = frame.count * INSTANCE_WORDS;
    buffer.updateRanges.length = 0;
    buffer.updateRanges.push(range);
    buffer.needsUpdate = true;
    let left = frame.count;
    for (const part of parts) {
      setCount(part.geometry, Math.min(left, partElements));
      part.visible = left > 0;
      left = Math.max(0, left - partElements);
    }
  }

  hide(): void {
    for (const part of this.parts) part.visible = false;
  }

  dispose(): void {
    this.drop();
    this.birdMaterial.dispose();
    this.pointMaterial.dispose();
  }

  private build(frame: Frame): void {
    this.drop();
    this.generation = frame.generation;
    this.stale = false;
    const birds = this.look === "birds";
    this.buffer = birds
      ? new InstancedInterleavedBuffer(frame.data, INSTANCE_WORDS, 1)
      : new InterleavedBuffer(frame.data, INSTANCE_WORDS);
    this.buffer.setUsage(DynamicDrawUsage);
    const bird = birds ? birdGeometry(this.detail) : null;
    // Many birds are a veil, whatever lies in front: the more of them, the darker.
    this.birdMaterial.depthWrite = this.detail === "fine";
    const capacity = frame.data.length / INSTANCE_WORDS;
    for (let first = 0; first < capacity; first += this.partElements) {
      const part = bird ? this.birds(bird, this.buffer, first) : this.points(this.buffer, first);
      part.frustumCulled = false;
      if (first + this.partElements < capacity) part.onAfterRender = finish;
      this.parts.push(part);
      this.scene.add(part);
    }
  }

  private birds(bird: InstancedBufferGeometry, buffer: InterleavedBuffer, first: number): Mesh {
    const geometry = new InstancedBufferGeometry();
    geometry.setIndex(bird.index);
    for (const name of ["position", "normal"]) {
      geometry.setAttribute(name, bird.getAttribute(name));
    }
    attach(geometry, buffer, first);
    return new Mesh(geometry, this.birdMaterial);
  }

  private points(buffer: InterleavedBuffer, first: number): Points {
    const geometry = new BufferGeometry();
    attach(geometry, buffer, first);
    // Three draws no more vertices than "position" has; the shader reads the same as `place`.
    geometry.setAttribute("position", geometry.getAttribute("place"));
    return new Points(geometry, this.pointMaterial);
  }

  private drop(): void {
    for (const part of this.parts) {
      part.removeFromParent();
      part.geometry.dispose();
    }
    this.parts = [];
    this.buffer = null;
  }
}

/** Waits until everything so far is drawn. */
function finish(renderer: WebGLRenderer): void {
  renderer.getContext().finish();
}

/** Elements from number `first` on. */
function attach(geometry: BufferGeometry, buffer: InterleavedBuffer, first: number): void {
  const at = first * INSTANCE_WORDS;
  geometry.setAttribute("place", new InterleavedBufferAttribute(buffer, 4, at));
  geometry.setAttribute("motion", new InterleavedBufferAttribute(buffer, 4, at + 4));
}

function setCount(geometry: BufferGeometry, count: number): void {
  if (geometry instanceof InstancedBufferGeometry) geometry.instanceCount = count;
  else geometry.setDrawRange(0, count);
}

function flockMaterial(
  vertexShader: string,
  fragmentShader: string,
  uniforms: FlockUniforms,
  depthWrite: boolean,
): RawShaderMaterial {
  return new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader,
    fragmentShader,
    uniforms,
    transparent: true,
    depthWrite,
    side: 2,
  });
}

function newUniforms(): FlockUniforms {
  const sun = new Vector3(Math.cos(SUN_AZIMUTH), 0.12, Math.sin(SUN_AZIMUTH)).normalize();
  return {
    eye: { value: new Vector3() },
    middle: { value: new Vector3() },
    upward: { value: new Vector3(0, 1, 0) },
    sunward: { value: sun },
    air: { value: new Vector2(1, 2) },
    speeds: { value: new Vector2(0, 1) },
    ink: { value: new Vector3() },
    sheen: { value: new Vector3() },
    slow: { value: new Vector3() },
    between: { value: new Vector3() },
    fast: { value: new Vector3() },
    ember: { value: new Vector3() },
    circleCentre: { value: new Vector3() },
    circleSwing: { value: 0 },
    colouring: { value: 0 },
    time: { value: 0 },
    ahead: { value: 0 },
    arrived: { value: 0 },
    thin: { value: 0.3 },
    size: { value: 0.16 },
    leastSize: { value: 0 },
    turnScale: { value: 0 },
    pixels: { value: 600 },
  };
}
