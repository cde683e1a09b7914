import type { Fault } from "../core/fault.ts";
import { isObject, listAt, numberAt, textAt } from "../core/json.ts";

export type TaskKind = "put" | "get" | "collect" | "check" | "repair" | "archive";
export type TaskState = "running" | "done" | "failed" | "cancelled";

/** What a check of a space found. */
export interface VaultHealth {
  checkedMs: number;
  /** Every byte was read. */
  thorough: boolean;
  damages: number;
  lost: number;
  bytes: number;
  details: string[];
}

export interface TaskResult {
  files: number;
  folders: number;
  bytes: number;
  stored: number;
  freed: number;
  unchanged: boolean;
  blocks: number;
  left: number;
  fixed: number;
  health: VaultHealth | null;
  failed: number;
  problems: string[];
  target: string;
  version: string;
}

/** Long work in the store. */
export interface VaultTask {
  id: number;
  kind: TaskKind;
  space: string;
  subject: string;
  state: TaskState;
  step: string;
  /** Bytes; a total of 0 is not known. */
  done: number;
  total: number;
  files: number;
  elapsedMs: number;
  fault: Fault | null;
  result: TaskResult | null;
}

const KINDS: readonly TaskKind[] = ["put", "get", "collect", "check", "repair", "archive"];
const STATES: readonly TaskState[] = ["running", "done", "failed", "cancelled"];

const texts = (list: unknown[]) => list.filter((item) => typeof item === "string");

export function parseTask(raw: unknown): VaultTask[] {
  if (!isObject(raw)) return [];
  const kind = KINDS.find((k) => k === textAt(raw, "kind"));
  const number = (name: string) => numberAt(raw, name);
  if (!kind || number("id") <= 0) return [];
  return [
    {
      id: number("id"),
      kind,
      space: textAt(raw, "space"),
      subject: textAt(raw, "subject"),
      state: STATES.find((s) => s === textAt(raw, "state")) ?? "failed",
      step: textAt(raw, "step"),
      done: number("done"),
      total: number("total"),
      files: number("files"),
      elapsedMs: number("elapsedMs"),
      fault: faultIn(raw["fault"]),
      result: parseResult(raw["result"]),
    },
  ];
}

function parseResult(raw: unknown): TaskResult | null {
  if (!isObject(raw)) return null;
  const number = (name: string) => numberAt(raw, name);
  return {
    files: number("files"),
    folders: number("folders"),
    bytes: number("bytes"),
    stored: number("stored"),
    freed: number("freed"),
    unchanged: raw["unchanged"] === true,
    blocks: number("blocks"),
    left: number("left"),
    fixed: number("fixed"),
    health: parseHealth(raw["health"]),
    failed: number("failed"),
    problems: texts(listAt(raw, "problems")),
    target: textAt(raw, "target"),
    version: textAt(raw, "version"),
  };
}

export function parseHealth(raw: unknown): VaultHealth | null {
  if (!isObject(raw)) return null;
  const number = (name: string) => numberAt(raw, name);
  return {
    checkedMs: number("checkedMs"),
    thorough: raw["thorough"] === true,
    damages: number("damages"),
    lost: number("lost"),
    bytes: number("bytes"),
    details: texts(listAt(raw, "details")),
  };
}

/** Null for what is no fault. */
export function faultIn(raw: unknown): Fault | null {
  if (!isObject(raw)) return null;
  const text = (name: string) => textAt(raw, name);
  return {
    kind: textAt(raw, "kind", "other"),
    subject: text("subject"),
    message: text("message"),
    next: text("next"),
  };
}
