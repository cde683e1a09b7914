import { SHOULDER, WRIST } from "./bird.ts";

/** Part that birds and points share: colours, fading in, fading into the air. */
const SHARED = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
uniform vec3 eye;
uniform float ahead;
uniform float arrived;
uniform vec2 air;
uniform float thin;
uniform int colouring;
uniform vec3 slow;
uniform vec3 between;
uniform vec3 fast;
uniform vec3 circleCentre;
uniform float circleSwing;
uniform vec2 speeds;
in vec4 place;
in vec4 motion;
out vec4 vColour;

float arrival(float phase) {
  return smoothstep(phase * 0.55, phase * 0.55 + 0.45, arrived);
}

vec3 tinted(int by, vec3 plain, vec3 heading, float speed) {
  if (by == 1) {
    float turn = atan(heading.z, heading.x);
    vec3 wheel = cos(vec3(turn) + vec3(0.0, 2.2, 4.3));
    return circleCentre + circleSwing * wheel + vec3(0.12) * heading.y;
  }
  if (by == 2) {
    float t = clamp((speed - speeds.x) * speeds.y, 0.0, 1.0);
    return mix(mix(slow, between, t), mix(between, fast, t), t);
  }
  return plain;
}

float clearness(float depth) {
  return mix(1.0, thin, smoothstep(air.x, air.y, depth));
}
`;

/**
 * Heading from the velocity, bank towards the middle of the flock, two-jointed wings. Angles of
 * the wings are small enough for a cubic sine.
 */
export const BIRD_VERTEX = `${SHARED}
uniform float time;
uniform float size;
uniform float leastSize;
uniform vec3 middle;
uniform float turnScale;
uniform vec3 upward;
uniform vec3 ink;
uniform vec3 sheen;
uniform vec3 sunward;
in vec3 position;
in vec3 normal;

float bow(float a) { return a - a * a * a * 0.1667; }

void main() {
  vec3 velocity = motion.xyz;
  float phase = motion.w;
  float speed = length(velocity);
  vec3 heading = speed > 1e-6 ? velocity / speed : vec3(1.0, 0.0, 0.0);
  vec3 right = cross(heading, upward);
  float sideways = length(right);
  right = sideways > 0.05 ? right / sideways : vec3(-heading.y, heading.x, 0.0);
  vec3 up = cross(right, heading);

  vec3 centre = place.xyz + velocity * ahead;
  float lean = dot(middle - centre, right) * turnScale + 0.22 * sin(time * 0.8 + phase * 40.0);
  lean = clamp(lean, -1.1, 1.1);
  float cosine = 1.0 - lean * lean * 0.45;
  float sine = bow(lean);
  vec3 bankedRight = right * cosine - up * sine;
  up = up * cosine + right * sine;
  right = bankedRight;

  float effort = smoothstep(-0.25, 0.45, sin(time * 0.9 + phase * 61.0) + heading.y * 1.6);
  float beat = time * (21.0 + 5.0 * fract(phase * 17.0)) + phase * 6.2832;
  float swing = sin(beat);
  float trail = sin(beat - 1.0);
  float inner = 0.14 + effort * (0.1 + 0.62 * swing);
  float outer = -0.1 + effort * 0.5 * trail;
  float whole = inner + outer;

  float side = sign(position.z);
  float span = abs(position.z);
  float arm = clamp(span - ${SHOULDER.toFixed(3)}, 0.0, ${(WRIST - SHOULDER).toFixed(3)});
  float hand = max(span - ${WRIST.toFixed(3)}, 0.0);
  float across = min(span, ${SHOULDER.toFixed(3)}) + arm * (1.0 - inner * inner * 0.45)
    + hand * (1.0 - whole * whole * 0.45);
  float lift = arm * bow(inner) + hand * bow(whole);
  float sweep = hand * (0.3 * effort * max(0.0, cos(beat)) + 0.25 * (1.0 - effort));

  float depth = distance(centre, eye);
  // What would fly into the viewer's face shrinks away instead of filling the picture.
  float room = smoothstep(1.8 * size, 7.0 * size, depth);
  float least = leastSize * depth;
  float here = arrival(phase) * room * max(size, least);
  // What is smaller than a pixel or two is drawn larger, and the fainter for it.
  float cover = min(1.0, size * size / (least * least));
  vec3 local = heading * (position.x - sweep) + up * (position.y + lift) + right * (across * side);
  gl_Position = projectionMatrix * (viewMatrix * vec4(centre + local * here, 1.0));

  float tilt = span > ${SHOULDER.toFixed(3)} ? (hand > 0.0 ? whole : inner) : 0.0;
  vec3 facing = up * normal.y + heading * normal.x + right * (normal.z - side * tilt);
  float caught = max(0.0, dot(normalize(facing), sunward));
  float light = caught * caught * caught * 0.2 + 0.02 * max(0.0, facing.y);
  vec3 base = tinted(colouring, ink, heading, speed);
  vec3 colour = colouring == 0 ? mix(base, sheen, light) : base * (0.8 + 0.6 * light);
  vColour = vec4(colour, clearness(depth) * arrival(phase) * cover);
}`;

export const BIRD_FRAGMENT = `
precision mediump float;
in vec4 vColour;
out vec4 result;
void main() { result = vColour; }`;

export const POINT_VERTEX = `${SHARED}
uniform float size;
uniform float leastSize;
uniform float pixels;
uniform vec3 ember;
void main() {
  vec3 velocity = motion.xyz;
  float speed = length(velocity);
  vec3 heading = speed > 1e-6 ? velocity / speed : vec3(0.0);
  vec3 centre = place.xyz + velocity * ahead;
  float depth = distance(centre, eye);
  gl_Position = projectionMatrix * (viewMatrix * vec4(centre, 1.0));
  gl_PointSize = clamp(pixels * max(size / depth, leastSize), 1.5, 64.0);
  // A point has no silhouette to speak of: its speed tells more.
  vec3 colour = tinted(colouring == 0 ? 2 : colouring, slow, heading, speed);
  colour = max(colour, ember);
  vColour = vec4(colour, clearness(depth) * arrival(fract(float(gl_VertexID) * 0.618034)));
}`;

export const POINT_FRAGMENT = `
precision mediump float;
in vec4 vColour;
out vec4 result;
void main() {
  float r = length(gl_PointCoord - 0.5) * 2.0;
  float body = smoothstep(1.0, 0.25, r);
  if (body < 0.02) discard;
  result = vec4(vColour.rgb + 0.2 * smoothstep(0.5, 0.0, r), vColour.a * body);
}`;

export const MARKER_VERTEX = `
precision highp float;
uniform mat4 projectionMatrix;
uniform mat4 viewMatrix;
uniform vec3 centre;
uniform float size;
in vec3 position;
out vec2 vAt;
void main() {
  vAt = position.xy;
  vec4 p = viewMatrix * vec4(centre, 1.0);
  p.xy += position.xy * size;
  gl_Position = projectionMatrix * p;
}`;

/** A thin ring that closes in for a lure and goes outwards for a hunter. */
export const MARKER_FRAGMENT = `
precision highp float;
uniform vec3 colour;
uniform float wave;
uniform float strength;
in vec2 vAt;
out vec4 result;
void main() {
  float r = length(vAt);
  float ring = smoothstep(0.06, 0.0, abs(r - 0.42));
  float ripple = smoothstep(0.05, 0.0, abs(r - wave)) * (1.0 - abs(wave * 2.0 - 1.0));
  float glow = 0.22 * smoothstep(0.5, 0.0, r);
  result = vec4(colour, (ring * 0.85 + ripple * 0.5 + glow) * strength);
}`;
