import type { VaultHealth, VaultTask } from "../bridge/vaultTasks.ts";
import { bytes, bytesOf, whole } from "../core/format.ts";

/** What is said about the work in the store. */

const DOING: Record<VaultTask["kind"], string> = {
  put: "Storing",
  get: "Restoring",
  collect: "Freeing unused room of",
  check: "Checking",
  repair: "Repairing",
  archive: "Compressing",
};

const baseName = (path: string) => path.split(/[/\\]/).findLast((part) => part !== "") ?? path;

export function taskTitle(task: VaultTask): string {
  const what = task.subject === "" ? `the space ${task.space}` : baseName(task.subject);
  if (task.state === "running") return `${DOING[task.kind]} ${what}`;
  const noun = task.subject === "" ? task.space : what;
  if (task.state === "cancelled") return `${noun}: stopped`;
  if (task.state === "failed") return `${noun}: that did not work`;
  return `${noun}: ${doneWord(task)}`;
}

function doneWord({ kind, result }: VaultTask): string {
  if (kind === "put") return result?.unchanged ? "the same as before" : "stored";
  if (kind === "get") return "restored";
  if (kind === "check") return "checked";
  if (kind === "repair") return "repaired";
  return kind === "archive" ? "compressed" : "unused room is free";
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
/** Before that a speed says nothing. */
const SETTLE_MS = 500;

/** 12.3 of 40 MiB, 25 MiB/s, about 2 s left. */
export function taskFigures(task: VaultTask): string {
  const { done, total, elapsedMs, files } = task;
  const parts = [total > done ? bytesOf(done, total) : bytes(done)];
  if (files > 0) parts.push(`${whole(files)} ${files === 1 ? "file" : "files"}`);
  if (elapsedMs < SETTLE_MS || done <= 0) return parts.join(" · ");
  const speed = done / elapsedMs; // bytes a millisecond
  parts.push(`${bytes(speed * SECOND)}/s`);
  if (total > done) parts.push(`about ${duration((total - done) / speed)} left`);
  return parts.join(" · ");
}

export function duration(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / SECOND))} s`;
  if (ms < 60 * MINUTE) return `${Math.round(ms / MINUTE)} min`;
  return `${(ms / (60 * MINUTE)).toFixed(1)} h`;
}

/** What came of it, in a sentence or two. */
export function taskOutcome({ kind, state, fault, result, elapsedMs }: VaultTask): string {
  if (state === "failed" && fault) return [fault.message, fault.next].filter(Boolean).join("; ");
  if (state === "cancelled")
    return kind === "put" ? "What was done spares the next try the work." : "";
  if (!result) return "";
  const took = `in ${duration(elapsedMs)}`;
  const files = `${whole(result.files)} ${result.files === 1 ? "file" : "files"}`;
  if (kind === "put") {
    return `${files}, ${bytes(result.bytes)} ${took}; ${bytes(result.stored)} new in the store${missed(result.failed, "read")}`;
  }
  if (kind === "get") {
    return `${files}, ${bytes(result.bytes)} ${took}, into ${result.target}${missed(result.failed, "restored")}`;
  }
  if (kind === "collect") return `${bytes(Math.max(0, result.freed))} freed ${took}`;
  if (kind === "archive") {
    const left = result.left > 0 ? `; ${whole(result.left)} pieces are left for the next time` : "";
    return `${bytes(Math.max(0, result.freed))} saved ${took}${left}`;
  }
  const found = result.health ? healthWords(result.health) : "";
  return kind === "repair" ? `${whole(result.fixed)} places mended. ${found}` : found;
}

function missed(count: number, word: string): string {
  return count === 0 ? "" : `; ${whole(count)} could not be ${word}`;
}

export function healthWords({ damages, lost }: VaultHealth): string {
  if (damages === 0 && lost === 0) return "No damage was found.";
  const places = `${whole(damages)} damaged ${damages === 1 ? "place" : "places"}`;
  if (lost === 0) return `${places}; no version that is listed lost anything.`;
  return `${places}; ${whole(lost)} ${lost === 1 ? "file" : "files"} cannot be read whole.`;
}

const AGES: readonly (readonly [limit: number, unit: number, word: string])[] = [
  [60 * MINUTE, MINUTE, "min"],
  [24 * 60 * MINUTE, 60 * MINUTE, "h"],
  [30 * 24 * 60 * MINUTE, 24 * 60 * MINUTE, "d"],
];

/** 5 min ago; a date where it is long ago. */
export function age(timeMs: number, nowMs: number): string {
  const passed = nowMs - timeMs;
  if (passed < MINUTE) return "just now";
  for (const [limit, unit, word] of AGES) {
    if (passed < limit) return `${Math.floor(passed / unit)} ${word} ago`;
  }
  return new Date(timeMs).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
  });
}

const UNITS: Record<string, number> = { "": 0, k: 1, m: 2, g: 3, t: 4 };

/** Reads 50 GiB, 1.5T and 500 MB; 0 for nothing, NaN where it is no size. */
export function parseBytes(text: string): number {
  if (text.trim() === "") return 0;
  const match = /^([\d.]+)\s*([kmgt]?)(i?b)?$/i.exec(text.trim().replaceAll("\u202f", " "));
  if (!match) return Number.NaN;
  const step = match[3]?.toLowerCase() === "b" && match[2] !== "" ? 1000 : 1024;
  return Math.round(Number(match[1]) * step ** (UNITS[match[2]?.toLowerCase() ?? ""] ?? 0));
}
