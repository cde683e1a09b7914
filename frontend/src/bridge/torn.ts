import type { Frame } from "../core/frame.ts";
import type { FrameSource } from "./source.ts";

/** How the reader of the torn-frame check behaves. */
export type TornMode = "fast" | "slow" | "stall";

export interface TornReport {
  frames: number;
  torn: number;
  backwards: number;
  words: number;
}

const SLOW_MS = 2;
const STALL_MS = 40;
const STALL_EVERY = 64;
/** A check that gets no new frame for this long ends with what it has. */
const STARVED_MS = 3000;
/** Frames checked before the page gets a turn. */
const BATCH = 32;

/**
 * Acquires `frames` different frames of a test channel, whose words are all equal within a frame,
 * and counts those that are not. `slow` waits in the middle of a frame, `stall` holds some of them
 * for long. The caller has selected the entry in `source` and uses it for nothing else meanwhile.
 */
export async function tornCheck(
  source: FrameSource,
  frames: number,
  mode: TornMode,
): Promise<TornReport> {
  const report: TornReport = { frames: 0, torn: 0, backwards: 0, words: 0 };
  let last = -1;
  let waitingSince = performance.now();
  while (report.frames < frames && performance.now() - waitingSince < STARVED_MS) {
    const frame = source.acquire();
    if (!frame || frame.epoch === last) {
      await nextTurn();
      continue;
    }
    if (last >= 0 && ((frame.epoch - last) | 0) < 0) report.backwards++;
    last = frame.epoch;
    await checkFrame(frame, mode, report);
    waitingSince = performance.now();
    if (report.frames % BATCH === 0) await nextTurn();
  }
  return report;
}

async function checkFrame(frame: Frame, mode: TornMode, report: TornReport): Promise<void> {
  const { data } = frame;
  const length = (frame.count * frame.stride) / 4;
  const bits = new Int32Array(data.buffer, data.byteOffset, length);
  const half = length >>> 1;
  const first = bits[0] ?? 0;
  let whole = allEqual(bits, 0, half, first);
  if (mode === "slow") spin(SLOW_MS);
  if (mode === "stall" && report.frames % STALL_EVERY === 0) spin(STALL_MS);
  whole = allEqual(bits, half, length, first) && allEqual(bits, 0, half, first) && whole;
  report.frames++;
  report.words += length;
  if (!whole) report.torn++;
}

function allEqual(bits: Int32Array, from: number, to: number, value: number): boolean {
  for (let i = from; i < to; i++) if (bits[i] !== value) return false;
  return true;
}

/** Busy on purpose: the writer goes on while this reader holds its slot. */
function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

const turns = new MessageChannel();
const waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()?.();

/** Lets messages and input in, without the 4 ms that timers cost. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    turns.port2.postMessage(0);
  });
}
