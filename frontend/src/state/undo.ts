import type { ParamValues } from "../wire/manifest.ts";

interface Change {
  before: ParamValues;
  after: ParamValues;
  atMs: number;
}

const MAX_CHANGES = 100;
/** Changes of the same parameters within this time are one: a drag is undone at once. */
const JOIN_MS = 900;

/** Changes of parameters that can be taken back, oldest first. */
export class UndoStack {
  private readonly done: Change[] = [];
  private undone: Change[] = [];

  get canUndo(): boolean {
    return this.done.length > 0;
  }

  get canRedo(): boolean {
    return this.undone.length > 0;
  }

  push(before: ParamValues, after: ParamValues, nowMs: number): void {
    this.undone = [];
    const last = this.done.at(-1);
    if (last && nowMs - last.atMs < JOIN_MS && sameKeys(last.after, after)) {
      last.after = after;
      last.atMs = nowMs;
      return;
    }
    this.done.push({ before, after, atMs: nowMs });
    if (this.done.length > MAX_CHANGES) this.done.shift();
  }

  /** Values to set in order to take the last change back. */
  undo(): ParamValues | null {
    const change = this.done.pop();
    if (!change) return null;
    this.undone.push(change);
    return change.before;
  }

  redo(): ParamValues | null {
    const change = this.undone.pop();
    if (!change) return null;
    // Not joined with whatever comes next.
    this.done.push({ ...change, atMs: Number.NEGATIVE_INFINITY });
    return change.after;
  }

  clear(): void {
    this.done.length = 0;
    this.undone = [];
  }
}

function sameKeys(a: ParamValues, b: ParamValues): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b);
}
