import type { ParamValues } from "../wire/manifest.ts";

export interface SenderOptions {
  send: (params: ParamValues) => Promise<ParamValues>;
  /** What is in force after a change was taken. */
  onTaken: (inForce: ParamValues) => void;
  onRefused: (error: unknown, refused: ParamValues) => void;
  now: () => number;
  later: (run: () => void, ms: number) => void;
}

/** Gaps between two changes: a new number of elements makes the flock anew, a weight does not. */
export const COUNT_GAP_MS = 100;
export const WEIGHT_GAP_MS = 33;

/**
 * Sends changes of parameters at once, but never more than one at a time and never faster than
 * the gaps: while one is under way the newest values wait and go together.
 */
export class ParamSender {
  private pending: ParamValues = {};
  private heavy = false;
  private busy = false;
  private waiting = false;
  /** Raised when another unit comes: what became of older changes is of no interest then. */
  private era = 0;
  private waiters: (() => void)[] = [];
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SenderOptions) {}

  put(params: ParamValues, heavy: boolean): void {
    Object.assign(this.pending, params);
    this.heavy ||= heavy;
    this.pump();
  }

  /** Resolves when the program has answered everything that was put in. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.waiters.push(resolve);
      this.pump();
    });
  }

  /** What waits was meant for a unit that is gone. */
  forget(): void {
    this.pending = {};
    this.heavy = false;
    this.era++;
  }

  private pump(): void {
    if (this.busy || this.waiting) return;
    if (Object.keys(this.pending).length === 0) {
      for (const resolve of this.waiters.splice(0)) resolve();
      return;
    }
    const due = this.lastMs + (this.heavy ? COUNT_GAP_MS : WEIGHT_GAP_MS);
    const wait = due - this.options.now();
    if (wait <= 0) {
      void this.flush();
      return;
    }
    this.waiting = true;
    this.options.later(() => {
      this.waiting = false;
      this.pump();
    }, wait);
  }

  private async flush(): Promise<void> {
    const { pending: params, era } = this;
    this.pending = {};
    this.heavy = false;
    this.busy = true;
    this.lastMs = this.options.now();
    try {
      const inForce = await this.options.send(params);
      if (era === this.era) this.options.onTaken({ ...inForce, ...this.pending });
    } catch (error) {
      if (era === this.era) this.options.onRefused(error, params);
    } finally {
      this.busy = false;
      this.pump();
    }
  }
}
