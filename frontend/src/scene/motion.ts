/**
 * How far birds move between two ticks, measured: the plugin's unit of time is its own affair.
 * A few birds are remembered from frame to frame and compared with their velocity.
 */

const WATCHED = 32;
const STRIDE = 8;
const PHASE = 7;
/** A tick that comes this much later than usual is a pause, not a slow flock. */
const MAX_TICK_MS = 400;
const SMOOTHING = 0.1;

export class Motion {
  /** Distance that a bird covers in one tick per unit of velocity; 0: not known. */
  perTick = 0;
  /** Milliseconds between ticks. */
  tickMs = 0;
  private readonly before = new Float32Array(WATCHED * 4);
  private readonly ratios = new Float64Array(WATCHED); // sorted in place, unlike other arrays
  private lastTick = -1;
  private lastCount = -1;
  private arrivedMs = 0;

  note(data: Float32Array, count: number, tick: number, nowMs: number): void {
    const ticks = tick - this.lastTick;
    if (ticks > 0 && ticks < 8 && count === this.lastCount && this.lastTick >= 0) {
      const gap = (nowMs - this.arrivedMs) / ticks;
      if (gap < MAX_TICK_MS) this.tickMs += (gap - this.tickMs) * (this.tickMs ? SMOOTHING : 1);
      this.compare(data, count, ticks);
    }
    this.remember(data, count);
    this.lastTick = tick;
    this.lastCount = count;
    this.arrivedMs = nowMs;
  }

  /** Factor for velocities that carries the birds on until the next tick; at most one tick. */
  ahead(nowMs: number): number {
    if (this.perTick === 0 || this.tickMs === 0) return 0;
    return this.perTick * Math.min(1, (nowMs - this.arrivedMs) / this.tickMs);
  }

  private compare(data: Float32Array, count: number, ticks: number): void {
    let n = 0;
    for (let w = 0; w < WATCHED; w++) {
      const ratio = this.ratio(data, watchedIndex(w, count) * STRIDE, w * 4);
      if (Number.isFinite(ratio)) this.ratios[n++] = ratio / ticks;
    }
    if (n < WATCHED / 2) {
      this.perTick = 0;
      return;
    }
    this.ratios.fill(Infinity, n);
    this.ratios.sort();
    const low = this.ratios[n >> 2] ?? 0;
    const high = this.ratios[(n * 3) >> 2] ?? 0;
    const middle = this.ratios[n >> 1] ?? 0;
    // Birds that do not agree were put into another order: no carrying on then.
    const agree = middle > 0 && low > middle * 0.8 && high < middle * 1.25;
    this.perTick = agree ? middle : 0;
  }

  /** Way along the velocity divided by the velocity; NaN when it is another bird. */
  private ratio(data: Float32Array, at: number, kept: number): number {
    if (data[at + PHASE] !== this.before[kept + 3]) return Number.NaN;
    const vx = data[at + 4] ?? 0;
    const vy = data[at + 5] ?? 0;
    const vz = data[at + 6] ?? 0;
    const dx = (data[at] ?? 0) - (this.before[kept] ?? 0);
    const dy = (data[at + 1] ?? 0) - (this.before[kept + 1] ?? 0);
    const dz = (data[at + 2] ?? 0) - (this.before[kept + 2] ?? 0);
    return (dx * vx + dy * vy + dz * vz) / (vx * vx + vy * vy + vz * vz);
  }

  private remember(data: Float32Array, count: number): void {
    for (let w = 0; w < WATCHED; w++) {
      const at = watchedIndex(w, count) * STRIDE;
      this.before[w * 4] = data[at] ?? 0;
      this.before[w * 4 + 1] = data[at + 1] ?? 0;
      this.before[w * 4 + 2] = data[at + 2] ?? 0;
      this.before[w * 4 + 3] = data[at + PHASE] ?? 0;
    }
  }
}

function watchedIndex(w: number, count: number): number {
  return Math.floor((w * count) / WATCHED);
}
