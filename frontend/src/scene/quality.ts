import { History } from "../core/history.ts";
import type { Detail } from "./bird.ts";

/** How much work a picture may be; steps down by itself, up again rarely. */
export type Quality = "full" | "balanced" | "light";

const LADDER: readonly Quality[] = ["full", "balanced", "light"];
const WINDOW = 45;
/** Three slow frames in a row decide at once: nobody waits for 45 frames at 5 a second. */
const HASTY = 4;
const HASTY_MS = 70;
const SLOW_MS = 24;
const QUICK_MS = 17.5;
const UP_AFTER_MS = 15000;
const MAX_UPS = 2;

/** Up to these many birds are drawn finely, and coarsely; more are small, and cost the more. */
const FINE_BIRDS: Record<Quality, number> = { full: 40000, balanced: 10000, light: 2000 };
const COARSE_BIRDS: Record<Quality, number> = { full: 160000, balanced: 60000, light: 25000 };
const NEAR_GAIN = 8;
const MAX_PIXEL_RATIO: Record<Quality, number> = { full: 2, balanced: 1, light: 1 };

/** Who follows a bird sees it from near. */
export function detailFor(quality: Quality, count: number, near: boolean): Detail {
  if (count <= FINE_BIRDS[quality] * (near ? NEAR_GAIN : 1)) return "fine";
  return count <= COARSE_BIRDS[quality] ? "coarse" : "tiny";
}

export function pixelRatioFor(quality: Quality, screen: number): number {
  return Math.min(screen, MAX_PIXEL_RATIO[quality]);
}

/** Decides the quality from the time between pictures that were really drawn. */
export class Governor {
  private readonly times = new History(WINDOW);
  private rung: number;
  private quickSince = 0;
  private ups = 0;

  /** A software renderer starts, and stays, at the bottom. */
  constructor(private readonly software: boolean) {
    this.rung = software ? LADDER.length - 1 : 0;
  }

  get quality(): Quality {
    return LADDER[this.rung] ?? "light";
  }

  /** Takes the time since the picture before, in milliseconds; true when the quality changed. */
  note(intervalMs: number, now: number): boolean {
    if (this.software) return false;
    this.times.push(intervalMs);
    const { length } = this.times;
    if (length >= HASTY && this.newestAllOver(HASTY, HASTY_MS)) return this.move(LADDER.length - 1);
    if (length < WINDOW) return false;
    const median = this.times.quantile(0.5);
    if (median > SLOW_MS) return this.move(this.rung + 1);
    return this.noteQuick(median, now);
  }

  private noteQuick(median: number, now: number): boolean {
    if (median > QUICK_MS || this.rung === 0 || this.ups >= MAX_UPS) {
      this.quickSince = now;
      return false;
    }
    if (now - this.quickSince < UP_AFTER_MS) return false;
    this.ups++;
    return this.move(this.rung - 1);
  }

  private newestAllOver(count: number, ms: number): boolean {
    for (let i = 1; i <= count; i++) {
      if (!(this.times.at(this.times.length - i) > ms)) return false;
    }
    return true;
  }

  private move(rung: number): boolean {
    const next = Math.min(rung, LADDER.length - 1);
    this.times.clear();
    if (next === this.rung) return false;
    this.rung = next;
    return true;
  }
}
