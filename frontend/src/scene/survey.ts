/** What a sample of a frame tells about the whole: place, size and speeds of a flock. */
export interface Survey {
  x: number;
  y: number;
  z: number;
  /** Root mean square distance from the middle. */
  spread: number;
  /** All in one plane (z is the same for all). */
  flat: boolean;
  slowest: number;
  fastest: number;
  /** Share of elements whose place or speed is no number: they cannot be drawn. */
  lost: number;
}

const SAMPLES = 512;
const STRIDE = 8;
const FLAT_SHARE = 1e-3;

export function emptySurvey(): Survey {
  return { x: 0, y: 0, z: 0, spread: 1, flat: false, slowest: 0, fastest: 1, lost: 0 };
}

/** Looks at every n-th element, at most SAMPLES of them; false when there is nothing finite. */
export function surveyFrame(data: Float32Array, count: number, out: Survey): boolean {
  const step = Math.max(1, Math.floor(count / SAMPLES)) * STRIDE;
  const end = count * STRIDE;
  let n = 0;
  let lost = 0;
  let sx = 0;
  let sy = 0;
  let sz = 0;
  let squares = 0;
  let squaresZ = 0;
  let slowest = Infinity;
  let fastest = 0;
  for (let i = 0; i < end; i += step) {
    const x = data[i] ?? 0;
    const y = data[i + 1] ?? 0;
    const z = data[i + 2] ?? 0;
    const vx = data[i + 4] ?? 0;
    const vy = data[i + 5] ?? 0;
    const vz = data[i + 6] ?? 0;
    const speed = Math.sqrt(vx * vx + vy * vy + vz * vz);
    if (!Number.isFinite(x + y + z + speed)) {
      lost++;
      continue;
    }
    n++;
    sx += x;
    sy += y;
    sz += z;
    squares += x * x + y * y + z * z;
    squaresZ += z * z;
    if (speed < slowest) slowest = speed;
    if (speed > fastest) fastest = speed;
  }
  out.lost = lost / Math.max(n + lost, 1);
  if (n === 0) return false;
  out.x = sx / n;
  out.y = sy / n;
  out.z = sz / n;
  const variance = squares / n - out.x ** 2 - out.y ** 2 - out.z ** 2;
  out.spread = Math.sqrt(Math.max(variance, 1e-6));
  out.flat = n > 2 && Math.sqrt(Math.max(squaresZ / n - out.z ** 2, 0)) < out.spread * FLAT_SHARE;
  out.slowest = slowest;
  out.fastest = fastest;
  return true;
}
