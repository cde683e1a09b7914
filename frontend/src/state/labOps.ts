import type { LabItem } from "../bridge/lab.ts";
import type { Op, Port } from "../wire/ops.ts";

/** Which ops are for which files. */

const UNKNOWN_MEDIA = "application/octet-stream";

/** Whether a media type fits a pattern: "image/*", "text/csv"; plain text takes any text. */
export function fitsMedia(media: string, pattern: string): boolean {
  if (pattern === media || pattern === "*/*") return true;
  if (pattern.endsWith("/*")) return media.startsWith(pattern.slice(0, -1));
  if (pattern === "text/plain") return media.startsWith("text/") || isTextual(media);
  // Nobody knows what such a file is; but what has a name of its own was recognised.
  return media === UNKNOWN_MEDIA && !/^(image|audio|text|video)\//.test(pattern);
}

function isTextual(media: string): boolean {
  return ["application/json", "application/x-ndjson", "application/x-pem-file"].includes(media);
}

export function fitsPort(media: string, port: Port): boolean {
  return port.media.length === 0 || port.media.some((pattern) => fitsMedia(media, pattern));
}

/** How well an op is made for a file: 3 for its very type, 2 for one of its sort, 1 for anything, 0: not. */
export function fitness(op: Op, media: string): number {
  const marks = op.inputs.map((port) => {
    if (port.media.length === 0) return 1;
    return Math.max(...port.media.map((pattern) => markOf(media, pattern)));
  });
  return Math.max(0, ...marks);
}

function markOf(media: string, pattern: string): number {
  if (!fitsMedia(media, pattern)) return 0;
  return media !== UNKNOWN_MEDIA && (pattern === media || pattern.endsWith("/*")) ? 3 : 2;
}

/** Words of a search: each must be in the name, the unit or the explanation. */
export function matches(op: Op, search: string): boolean {
  const words = search.toLowerCase().split(/\s+/);
  const text = `${op.id} ${op.id.replaceAll("_", " ")} ${op.doc} ${op.plugin}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

export interface OpGroup {
  unit: string;
  ops: readonly Op[];
}

/** What the list shows: by unit; for a file, what is made for it first. */
export function listed(ops: readonly Op[], search: string, item: LabItem | null): OpGroup[] {
  const mark = (op: Op) => (item ? fitness(op, item.media) : 1);
  const groups = new Map<string, Op[]>();
  for (const op of ops) {
    if (!matches(op, search) || mark(op) === 0) continue;
    groups.set(op.unit, [...(groups.get(op.unit) ?? []), op]);
  }
  const best = (list: readonly Op[]) => Math.max(...list.map(mark));
  return [...groups]
    .map(([unit, list]) => ({ unit, ops: list.toSorted((a, b) => mark(b) - mark(a)) }))
    .sort((a, b) => best(b.ops) - best(a.ops) || a.unit.localeCompare(b.unit));
}

/** Puts files into the places that they fit, the free ones first; what is left has no place. */
export function placed(
  op: Op,
  slots: readonly (LabItem | null)[],
  items: readonly LabItem[],
): (LabItem | null)[] {
  const now = op.inputs.map((_, i) => slots[i] ?? null);
  for (const item of items) {
    const fits = (port: Port | undefined) => port !== undefined && fitsPort(item.media, port);
    const free = now.findIndex((held, i) => held === null && fits(op.inputs[i]));
    const taken = items.length === 1 ? op.inputs.findIndex(fits) : -1;
    const at = free >= 0 ? free : taken;
    if (at >= 0) now[at] = item;
  }
  return now;
}

/** Without the file at a place; optional ones after it move up, since an op takes no gaps. */
export function withoutSlot(
  op: Op,
  slots: readonly (LabItem | null)[],
  at: number,
): (LabItem | null)[] {
  if (!op.inputs[at]?.optional) return slots.map((held, i) => (i === at ? null : held));
  return [...slots.slice(0, at), ...slots.slice(at + 1), null];
}

/** Places that are shown: all that are needed, the filled ones, and one more. */
export function shownSlots(op: Op, slots: readonly (LabItem | null)[]): number {
  const needed = op.inputs.filter((port) => !port.optional).length;
  const filled = slots.findLastIndex((held) => held !== null) + 1;
  return Math.min(op.inputs.length, Math.max(needed, filled) + 1);
}
