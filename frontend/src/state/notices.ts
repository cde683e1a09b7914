import type { Fault } from "../core/fault.ts";
import { BYTES_PER_MIB, bytes, mebibytesUp } from "../core/format.ts";
import type { EventRecord } from "../wire/event.ts";

export type Tone = "info" | "warning" | "error";

/** Something the user should know: what happened, why, and what to do next. */
export interface Notice {
  id: number;
  tone: Tone;
  title: string;
  why: string;
  next: string;
  /** What "copy details" copies; empty: nothing to copy. */
  details: string;
  action: NoticeAction | null;
  /** Disappears by itself. */
  passing: boolean;
  /** A notice with the same key takes the other's place, and its id. */
  key: string;
}

export type NoticeAction =
  | { kind: "raiseArena"; label: string; bytes: number }
  | { kind: "restart"; label: string }
  | { kind: "allowAllPlugins"; label: string }
  | { kind: "permissions"; label: string; plugin: string }
  | { kind: "bringBack"; label: string; plugin: string };

export type NewNotice = Omit<Notice, "id">;

export const MAX_NOTICES = 4;
/** The arena is raised in steps, so that a little more birds do not ask again at once. */
const RAISE_STEP_MIB = 4;

/** Puts a notice in, replacing one with the same key, forgetting the oldest of too many. */
export function withNotice(
  list: readonly Notice[],
  notice: NewNotice,
  id: number,
): readonly Notice[] {
  const same = list.find((n) => n.key === notice.key);
  const others = list.filter((n) => n !== same);
  return [...others, { ...notice, id: same?.id ?? id }].slice(-MAX_NOTICES);
}

export function faultNotice(fault: Fault): NewNotice {
  if (fault.kind === "budget" && fault.needed && fault.limit) {
    return budgetNotice(fault, fault.needed, fault.limit);
  }
  return {
    tone: "error",
    title: fault.subject === "" ? "Something went wrong" : `${fault.subject}: that did not work`,
    why: sentence(fault.message, fault.subject),
    next: sentence(fault.next),
    details: JSON.stringify(fault, null, 2),
    action: fault.kind === "quarantined" ? { kind: "restart", label: "Start it again" } : null,
    passing: false,
    key: `fault ${fault.kind} ${fault.subject}`,
  };
}

export function pictureNotice(path: string): NewNotice {
  return {
    tone: "info",
    title: "Picture saved",
    why: path,
    next: "",
    details: path,
    action: null,
    passing: true,
    key: "picture",
  };
}

/** Whole MiB, in steps, that hold `needed` bytes. */
export function raiseTo(needed: number): number {
  return Math.ceil(mebibytesUp(needed) / RAISE_STEP_MIB) * RAISE_STEP_MIB;
}

function budgetNotice(fault: Fault, needed: number, limit: number): NewNotice {
  const mib = raiseTo(needed);
  return {
    tone: "warning",
    title: `${fault.subject} needs ${bytes(needed)}`,
    why: `The arena, the memory that all frames share, holds ${bytes(limit)}.`,
    next: "",
    details: JSON.stringify(fault, null, 2),
    action: { kind: "raiseArena", label: `Raise to ${mib} MiB`, bytes: mib * BYTES_PER_MIB },
    passing: false,
    key: "budget",
  };
}

const TITLES: Partial<Record<EventRecord["kind"], string>> = {
  unitFailed: "stopped unexpectedly",
  unitRestarted: "was started again",
  unitReloaded: "was reloaded",
  unitKept: "could not be reloaded",
  pluginAdded: "A plugin was added",
  pluginChanged: "A plugin was changed",
  pluginRemoved: "A plugin is gone",
  pluginRefused: "A plugin could not be used",
  pageRecovered: "The window was loaded again",
  arenaRaised: "The arena was raised",
  storeDamaged: "The store is damaged",
};

/** Key of the notice about an event. */
function eventKey(unit: string, kind: EventRecord["kind"]): string {
  return `event ${unit} ${kind}`;
}

/** Whether it tells that the unit failed or was started again. */
export function isAboutLifeOf(notice: Notice, unit: string): boolean {
  return (["unitFailed", "unitRestarted"] as const).some(
    (kind) => notice.key === eventKey(unit, kind),
  );
}

/** Null for events that are no news to the user: starts, stops and a plugin's own log. */
export function eventNotice(event: EventRecord): NewNotice | null {
  const title = TITLES[event.kind];
  if (!title) return null;
  const named = event.unit !== "" && event.kind.startsWith("unit");
  return {
    tone: event.severity,
    title: named ? `${event.unit} ${title}` : title,
    why: sentence(event.text, event.unit),
    next: event.kind === "unitFailed" ? "INOS starts it again by itself." : "",
    details: event.severity === "info" ? "" : JSON.stringify(event, null, 2),
    action: null,
    passing: event.severity === "info",
    key: eventKey(event.unit, event.kind),
  };
}

/** Many files at once that are no plugins: one notice about all of them. */
export function refusedNotice(files: number): NewNotice {
  return {
    tone: "warning",
    title: `${files} plugin files could not be used`,
    why: "",
    next: "The Plugins panel says why.",
    details: "",
    action: null,
    passing: false,
    key: eventKey("", "pluginRefused"),
  };
}

/** What the program says about a plugin: "id: text". */
function aboutPlugin(text: string): [id: string, rest: string] {
  const cut = text.indexOf(": ");
  return cut < 0 ? [text, ""] : [text.slice(0, cut), text.slice(cut + 2)];
}

/** A plugin speaks, or wanted what nobody has allowed; null: it is no such event. */
export function pluginNotice(
  event: Pick<EventRecord, "kind" | "text">,
  nameOf: (id: string) => string,
): NewNotice | null {
  const [plugin, text] = aboutPlugin(event.text);
  const own = { details: "", key: `${event.kind} ${plugin} ${text}` };
  if (event.kind === "pluginNotice") {
    const title = `${nameOf(plugin)} says`;
    return { ...own, tone: "info", title, why: text, next: plugin, action: null, passing: true };
  }
  if (event.kind !== "pluginDenied") return null;
  return {
    ...own,
    tone: "warning",
    title: `${nameOf(plugin)} was not allowed something`,
    why: sentence(text),
    next: "",
    action: { kind: "permissions", label: "Permissions", plugin },
    passing: false,
    key: `${event.kind} ${plugin}`, // one is enough: its button leads to all that it wants
  };
}

/** Plugins are left out: because the user said so, or after that many starts that ended badly. */
export function safeNotice(badStarts: number): NewNotice {
  const why =
    badStarts > 0 ? `The last ${badStarts} starts of INOS ended before the first picture. ` : "";
  return {
    tone: "warning",
    title: "Safe mode",
    why: `${why}Only the plugins that came with INOS are used.`,
    next: "",
    details: "",
    action: { kind: "allowAllPlugins", label: "Use all plugins" },
    passing: false,
    key: "safe mode",
  };
}

/** About a unit whose plugin was taken away. */
export function retiredFault(unit: string, text: string): Fault {
  return { ...restingFault(unit, text), kind: "retired" };
}

/** What the program says about a unit it gave up: "unit: why; what to do". */
export function restingFault(unit: string, text: string): Fault {
  const told = text.startsWith(`${unit}: `) ? text.slice(unit.length + 2) : text;
  const cut = told.lastIndexOf("; ");
  const [message, next] = cut < 0 ? [told, ""] : [told.slice(0, cut), told.slice(cut + 2)];
  return { kind: "quarantined", subject: unit, message, next };
}

/** A name at the beginning (dev.inos.boids, boids) stays as it is written. */
export function sentence(text: string, name = ""): string {
  if (text === "") return "";
  const [first = ""] = text.split(" ");
  const named = /[.:_/\d]/.test(first.slice(0, -1)) || first === name || first === `${name}:`;
  const start = named ? text : text.charAt(0).toUpperCase() + text.slice(1);
  return /[.?]$/.test(start) ? start : `${start}.`;
}
