import type { Quarry } from "./rig.ts";

const STRIDE = 8;
const PHASE = 7;
/** A bird that is this far from where it was expected is another one that has its place now. */
const MAX_JUMP = 4;

/**
 * Keeps hold of one bird over frames. A unit may order its birds anew each tick, so the bird is
 * known by its constant phase (field b) and by where it must be about now.
 */
export class Follower {
  private index = -1;
  private phase = 0;
  readonly quarry: Quarry = { x: 0, y: 0, z: 0, vx: 0, vy: 0, vz: 0 };

  get active(): boolean {
    return this.index >= 0;
  }

  drop(): void {
    this.index = -1;
  }

  take(data: Float32Array, index: number): void {
    this.index = index;
    this.phase = data[index * STRIDE + PHASE] ?? 0;
    this.read(data);
  }

  /** Finds the bird in a new frame; lets go when it is not there any more. */
  track(data: Float32Array, count: number): void {
    if (this.index < 0) return;
    if (!this.isAt(data, this.index, count)) this.index = this.search(data, count);
    if (this.index >= 0) this.read(data);
  }

  private isAt(data: Float32Array, index: number, count: number): boolean {
    return index < count && data[index * STRIDE + PHASE] === this.phase;
  }

  private search(data: Float32Array, count: number): number {
    let best = -1;
    let nearest = MAX_JUMP * MAX_JUMP;
    for (let i = 0; i < count; i++) {
      if (data[i * STRIDE + PHASE] !== this.phase) continue;
      const away = this.distance(data, i * STRIDE);
      if (away < nearest) {
        nearest = away;
        best = i;
      }
    }
    return best;
  }

  private distance(data: Float32Array, at: number): number {
    const { quarry } = this;
    const dx = (data[at] ?? 0) - quarry.x;
    const dy = (data[at + 1] ?? 0) - quarry.y;
    const dz = (data[at + 2] ?? 0) - quarry.z;
    return dx * dx + dy * dy + dz * dz;
  }

  private read(data: Float32Array): void {
    const at = this.index * STRIDE;
    const { quarry } = this;
    quarry.x = data[at] ?? 0;
    quarry.y = data[at + 1] ?? 0;
    quarry.z = data[at + 2] ?? 0;
    quarry.vx = data[at + 4] ?? 0;
    quarry.vy = data[at + 5] ?? 0;
    quarry.vz = data[at + 6] ?? 0;
  }
}

/** Index of the element nearest to the middle of the picture, near ones first; -1: none in sight. */
export function nearestToCentre(
  data: Float32Array,
  count: number,
  viewProjection: ArrayLike<number>,
): number {
  const m = viewProjection;
  let best = -1;
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const x = data[i * STRIDE] ?? 0;
    const y = data[i * STRIDE + 1] ?? 0;
    const z = data[i * STRIDE + 2] ?? 0;
    const w = at(m, 3) * x + at(m, 7) * y + at(m, 11) * z + at(m, 15);
    if (w <= 0) continue;
    const px = (at(m, 0) * x + at(m, 4) * y + at(m, 8) * z + at(m, 12)) / w;
    const py = (at(m, 1) * x + at(m, 5) * y + at(m, 9) * z + at(m, 13)) / w;
    const score = (px * px + py * py) * 8 + w * 0.01;
    if (score < least) {
      least = score;
      best = i;
    }
  }
  return best;
}

function at(m: ArrayLike<number>, index: number): number {
  return m[index] ?? 0;
}
