/**
 * Whether WebGL is drawn by the processor. WebKit does not tell the renderer's name, so a little
 * arithmetic is timed too: the smallest graphics card does it in well under a millisecond.
 */

const NAMES = /llvmpipe|softpipe|swiftshader|software|swrast/i;
const RUNS = 2;
const SOFTWARE_MS = 5;

const VERTEX = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0;
  gl_Position = vec4(corner, 0.0, 1.0);
}`;
// Each step needs the one before: nothing to leave out. About twelve million sines in all.
const FRAGMENT = `#version 300 es
precision highp float;
out vec4 colour;
void main() {
  float a = gl_FragCoord.x;
  for (int i = 0; i < 256; i++) a = sin(a + gl_FragCoord.y);
  colour = vec4(a);
}`;

/** Asks the context that will be drawn with, before anything else uses it. */
export function drawsInSoftware(gl: WebGL2RenderingContext): boolean {
  return NAMES.test(rendererName(gl)) || quickestRun(gl) > SOFTWARE_MS;
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
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  gl.useProgram(program);
  const pixel = new Uint8Array(4);
  let quickest = Infinity;
  for (let run = 0; run <= RUNS; run++) {
    const started = performance.now();
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    // The first run compiles.
    if (run > 0) quickest = Math.min(quickest, performance.now() - started);
  }
  gl.useProgram(null);
  gl.deleteProgram(program);
  return quickest;
}
