import { BufferAttribute, InstancedBufferGeometry } from "three";

/** How finely a bird is built. */
export type Detail = "fine" | "coarse" | "tiny";

/**
 * A bird looks along +x, its wings along z, up is y. Half a wing span is 1. The shader bends
 * everything beyond SHOULDER and WRIST, so a wing needs no bones.
 */
export const SHOULDER = 0.09;
export const WRIST = 0.46;

type Point = readonly [number, number, number];
type Triangle = readonly [Point, Point, Point];

const UP: Point = [0, 1, 0];
const BEAK: Point = [0.62, 0.01, 0];
const RUMP: Point = [-0.5, 0.02, 0];

/** A spindle of two rings, a fanned tail and two wings with flight feathers: 30 triangles. */
function fineBird(): Triangle[] {
  const front = ring(0.3, 0.085, 0.075);
  const back = ring(-0.12, 0.1, 0.088);
  const triangles: Triangle[] = [];
  for (let i = 0; i < 4; i++) {
    const j = (i + 1) % 4;
    const [a, b, c, d] = [at(front, i), at(front, j), at(back, i), at(back, j)];
    triangles.push([BEAK, a, b], [a, c, b], [b, c, d], [c, RUMP, d]);
  }
  triangles.push(
    [
      [-0.36, 0.03, 0],
      [-0.78, 0.02, 0.16],
      [-0.72, 0.03, 0],
    ],
    [
      [-0.36, 0.03, 0],
      [-0.72, 0.03, 0],
      [-0.78, 0.02, -0.16],
    ],
  );
  for (const side of [1, -1]) {
    triangles.push(
      [wing(0.27, 0.07, side), wing(0.36, WRIST, side), wing(-0.02, WRIST, side)],
      [wing(0.27, 0.07, side), wing(-0.02, WRIST, side), wing(-0.2, 0.07, side)],
      [wing(-0.02, WRIST, side), wing(-0.13, 0.3, side), wing(-0.2, 0.07, side)],
      [wing(0.36, WRIST, side), wing(0.17, 0.76, side), wing(-0.02, WRIST, side)],
      [wing(0.17, 0.76, side), wing(-0.1, 0.7, side), wing(-0.02, WRIST, side)],
      [wing(0.17, 0.76, side), wing(-0.19, 1, side), wing(-0.1, 0.7, side)],
    );
  }
  return triangles;
}

/** Body, tail and two wings with a bend, all flat: 11 triangles and 13 corners. */
function coarseBird(): Triangle[] {
  const [frontR, backR, tailR] = [wing(0.3, 0.07, 1), wing(-0.2, 0.07, 1), wing(-0.62, 0.12, 1)];
  const [frontL, backL, tailL] = [wing(0.3, 0.07, -1), wing(-0.2, 0.07, -1), wing(-0.62, 0.12, -1)];
  const triangles: Triangle[] = [
    [BEAK, frontR, frontL],
    [frontR, backR, frontL],
    [frontL, backR, backL],
    [backR, tailR, backL],
    [backL, tailR, tailL],
  ];
  for (const side of [1, -1]) {
    const [front, back] = side > 0 ? [frontR, backR] : [frontL, backL];
    const wrist = wing(0.33, WRIST, side);
    const bend = wing(-0.03, WRIST, side);
    triangles.push([front, wrist, back], [wrist, bend, back], [wrist, wing(-0.2, 1, side), bend]);
  }
  return triangles;
}

/** Four triangles, six corners: a bird of a few pixels, swept back like a swallow. */
function tinyBird(): Triangle[] {
  const tail: Point = [-0.5, 0.035, 0];
  const beak: Point = [0.5, 0.035, 0];
  return [1, -1].flatMap((side): Triangle[] => {
    const bend = wing(-0.04, WRIST, side);
    return [
      [beak, bend, tail],
      [beak, wing(-0.22, 1, side), bend],
    ];
  });
}

const BIRDS = { fine: fineBird, coarse: coarseBird, tiny: tinyBird };

/** Geometry of one bird without instances; the flock adds its buffer. Normals are per face. */
export function birdGeometry(detail: Detail): InstancedBufferGeometry {
  const triangles = BIRDS[detail]();
  const positions = new Float32Array(triangles.length * 9);
  const normals = new Float32Array(triangles.length * 9);
  triangles.forEach((triangle, t) => {
    // Only a near bird shows its facets; elsewhere shared corners are worth more.
    const normal = detail === "fine" ? faceNormal(triangle) : UP;
    triangle.forEach((corner, i) => {
      positions.set(corner, t * 9 + i * 3);
      normals.set(normal, t * 9 + i * 3);
    });
  });
  return indexed(positions, normals);
}

/** Corners that agree in place and normal become one: a vertex is the costly part without a GPU. */
function indexed(positions: Float32Array, normals: Float32Array): InstancedBufferGeometry {
  const seen = new Map<string, number>();
  const index: number[] = [];
  const place: number[] = [];
  const normal: number[] = [];
  for (let v = 0; v < positions.length; v += 3) {
    const p = [...positions.subarray(v, v + 3)];
    const n = [...normals.subarray(v, v + 3)];
    const key = [...p, ...n].map((x) => x.toFixed(3)).join();
    let id = seen.get(key);
    if (id === undefined) {
      id = seen.size;
      seen.set(key, id);
      place.push(...p);
      normal.push(...n);
    }
    index.push(id);
  }
  const geometry = new InstancedBufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(new Float32Array(place), 3));
  geometry.setAttribute("normal", new BufferAttribute(new Float32Array(normal), 3));
  geometry.setIndex(index);
  return geometry;
}

function ring(x: number, half: number, high: number): Point[] {
  return [
    [x, high, 0],
    [x, 0, half],
    [x, -high, 0],
    [x, 0, -half],
  ];
}

function wing(x: number, span: number, side: number): Point {
  return [x, 0.035, span * side];
}

function at(points: Point[], index: number): Point {
  return points[index] ?? BEAK;
}

function faceNormal([a, b, c]: Triangle): Point {
  const u = [b[0] - a[0], b[1] - a[1], b[2] - a[2]] as const;
  const v = [c[0] - a[0], c[1] - a[1], c[2] - a[2]] as const;
  const n: Point = [
    u[1] * v[2] - u[2] * v[1],
    u[2] * v[0] - u[0] * v[2],
    u[0] * v[1] - u[1] * v[0],
  ];
  const length = Math.hypot(...n) || 1;
  // Faces are seen from both sides; upwards is enough, and makes corners agree.
  const up = n[1] < 0 ? -1 : 1;
  return [(up * n[0]) / length, (up * n[1]) / length, (up * n[2]) / length];
}
