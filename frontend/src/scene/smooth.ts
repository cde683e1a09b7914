import {
  BufferAttribute,
  BufferGeometry,
  Camera,
  GLSL3,
  Mesh,
  RawShaderMaterial,
  Scene,
  Vector2,
  type WebGLRenderer,
  WebGLRenderTarget,
} from "three";

/** Samples of a pixel. */
const SAMPLES = 4;
/** One triangle that covers the picture. */
const COVER = new Float32Array([-1, -1, 0, 3, -1, 0, -1, 3, 0]);

const VERTEX = `
in vec3 position;
out vec2 vAt;
void main() {
  vAt = position.xy * 0.5 + 0.5;
  gl_Position = vec4(position.xy, 0.0, 1.0);
}`;
const FRAGMENT = `
precision mediump float;
uniform sampler2D picture;
in vec2 vAt;
out vec4 result;
void main() { result = vec4(texture(picture, vAt).rgb, 1.0); }`;

/**
 * Draws with smooth edges. They are a matter of quality here, not of the canvas: a canvas keeps
 * what it was made with, and a software renderer has neither the time nor the memory for samples.
 */
export class SmoothPicture {
  private target: WebGLRenderTarget | null = null;
  private readonly scene = new Scene();
  private readonly camera = new Camera();
  private readonly geometry = new BufferGeometry();
  private readonly picture = { value: null as WebGLRenderTarget["texture"] | null };
  private readonly size = new Vector2();
  private readonly material = new RawShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: { picture: this.picture },
    depthTest: false,
    depthWrite: false,
  });

  constructor(private readonly renderer: WebGLRenderer) {
    this.geometry.setAttribute("position", new BufferAttribute(COVER, 3));
    const cover = new Mesh(this.geometry, this.material);
    cover.frustumCulled = false;
    this.scene.add(cover);
  }

  render(scene: Scene, camera: Camera): void {
    const { renderer, size } = this;
    renderer.getDrawingBufferSize(size);
    if (this.target?.width !== size.x || this.target.height !== size.y) this.replace();
    renderer.setRenderTarget(this.target);
    renderer.render(scene, camera);
    renderer.setRenderTarget(null);
    renderer.render(this.scene, this.camera);
  }

  /** Gives its memory back until it is needed again. */
  rest(): void {
    this.target?.dispose();
    this.target = null;
  }

  dispose(): void {
    this.rest();
    this.geometry.dispose();
    this.material.dispose();
  }

  private replace(): void {
    this.target?.dispose();
    this.target = new WebGLRenderTarget(this.size.x, this.size.y, { samples: SAMPLES });
    this.picture.value = this.target.texture;
  }
}
