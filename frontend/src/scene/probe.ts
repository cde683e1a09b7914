/**
 * Whether WebGL is drawn by the processor. WebKit does not tell the renderer's name, so a small
 * amount of work is timed too: a graphics card does it in well under a millisecond.
 */

const NAMES = /llvmpipe|softpipe|swiftshader|software|swrast/i;
const VERTICES = 200_000;
const RUNS = 3;
const SOFTWARE_MS = 6;

const VERTEX = `#version 300 es
void main() {
  float a = float(gl_VertexID) * 0.001;
  gl_Position = vec4(sin(a) * 1e-3 + 4.0, cos(a * 1.7) * 1e-3 + 4.0, sin(a * 2.3), 1.0);
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
out vec4 colour;
void main() { colour = vec4(1.0); }`;

export function drawsInSoftware(): boolean {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const gl = canvas.getContext("webgl2");
  if (!gl) return false;
  const software = NAMES.test(rendererName(gl)) || quickestRun(gl) > SOFTWARE_MS;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return software;
}

function rendererName(gl: WebGL2RenderingContext): string {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}

/** Milliseconds of the fastest of a few runs: one that is interrupted does not count. */
function quickestRun(gl: WebGL2RenderingContext): number {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (!shader) return 0;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  const pixel = new Uint8Array(4);
  let quickest = Infinity;
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    gl.drawArrays(gl.TRIANGLES, 0, VERTICES);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    // The first run compiles.
    if (run > 0) quickest = Math.min(quickest, performance.now() - started);
  }
  gl.deleteProgram(program);
  return quickest;
}
