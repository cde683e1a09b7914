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
  private lastMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: SenderOptions) {}

  put(params: ParamValues, heavy: boolean): void {
    Object.assign(this.pending, params);
    this.heavy ||= heavy;
    this.pump();
  }

  private pump(): void {
    if (this.busy || this.waiting || Object.keys(this.pending).length === 0) return;
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
    const params = this.pending;
    this.pending = {};
    this.heavy = false;
    this.busy = true;
    this.lastMs = this.options.now();
    try {
      this.options.onTaken({ ...(await this.options.send(params)), ...this.pending });
    } catch (error) {
      this.options.onRefused(error, params);
    } finally {
      this.busy = false;
      this.pump();
    }
  }
}
