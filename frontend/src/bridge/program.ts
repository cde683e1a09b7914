import { type Fault, FaultError } from "../core/fault.ts";
import type { FramePath } from "../core/frame.ts";
import { isObject, type Json, listAt, numberAt, objectAt, textAt } from "../core/json.ts";
import { type LiveUnit, type ParamValues, parseLiveUnit } from "../wire/manifest.ts";
import { boundLab, type LabProgram } from "./lab.ts";
import { boundPlugins, type PluginProgram } from "./plugins.ts";
import { boundVault, type VaultProgram } from "./vault.ts";

export interface LiveState {
  unit: string;
  /** Index of the unit's channel in the directory. */
  entry: number;
  params: ParamValues;
  state: string;
  shards: number;
}

export interface ArenaFigures {
  used: number;
  limit: number;
}

export interface Boot {
  version: string;
  framePath: FramePath;
  streamUrl: string;
  streamToken: string;
  /** Why the shared path is not used; empty when it is. */
  whyStream: string;
  units: LiveUnit[];
  settings: Json | null;
  arena: ArenaFigures;
  arch: { os: string; cores: number };
  /** What runs; null: nothing yet. */
  live: LiveState | null;
  /** Only the plugins that came with INOS are used; badStarts: why, 0: the user asked for it. */
  safe: { on: boolean; badStarts: number };
  /** Name of the unit that this window is to show first. */
  first: string;
}

export interface PageReport {
  fps: number;
  drawMs: number;
  copiedBytes: number;
  quality: string;
  path: FramePath;
}

export type ControlAction = "pause" | "resume" | "step" | "reset";

/** What the program does for the page. All methods reject with a FaultError. */
export interface Program {
  readonly plugins: PluginProgram;
  readonly vault: VaultProgram;
  readonly lab: LabProgram;
  boot(): Promise<Boot>;
  /** The units as they are now: plugins come and go. */
  units(): Promise<LiveUnit[]>;
  /** Ends safe mode. */
  allowAllPlugins(): Promise<void>;
  /** Null parameters: those of last time. Joins a start of the same unit that is under way. */
  startLive(unit: string, params: ParamValues | null): Promise<LiveState>;
  setParams(params: ParamValues): Promise<ParamValues>;
  control(action: ControlAction): Promise<void>;
  setVisible(visible: boolean): Promise<void>;
  raiseArena(bytes: number): Promise<ArenaFigures>;
  saveSettings(settings: Json): Promise<void>;
  saveScreenshot(pngBase64: string): Promise<string>;
  reportPage(report: PageReport): Promise<void>;
}

type Bound = Record<string, (...args: unknown[]) => Promise<unknown>>;

/** The program behind Wails' bound methods. */
export function boundProgram(app: Bound): Program {
  const call = (method: string, ...args: unknown[]) => callBound(app, method, args);
  return {
    plugins: boundPlugins(call),
    vault: boundVault(call),
    lab: boundLab(call),
    boot: async () => parseBoot(await call("Boot")),
    units: async () => {
      const answer = await call("Units");
      return isObject(answer) ? listAt(answer, "units").flatMap(parseUnit) : [];
    },
    allowAllPlugins: async () => void (await call("AllowAllPlugins")),
    startLive: async (unit, params) => parseLive(await call("StartLive", unit, params)),
    setParams: async (params) => {
      const answer = await call("SetParams", params);
      return parseValues(isObject(answer) ? objectAt(answer, "params") : {});
    },
    control: async (action) => void (await call("Control", action)),
    setVisible: async (visible) => void (await call("SetVisible", visible)),
    raiseArena: async (bytes) => parseArena(await call("RaiseArena", bytes)),
    saveSettings: async (settings) => void (await call("SaveSettings", settings)),
    saveScreenshot: async (png) => {
      const answer = await call("SaveScreenshot", png);
      return isObject(answer) ? textAt(answer, "path") : "";
    },
    reportPage: async (report) => void (await call("ReportPage", report)),
  };
}

async function callBound(app: Bound, method: string, args: unknown[]): Promise<unknown> {
  const bound = app[method];
  if (!bound) throw new FaultError(parseFault(`the program has no method ${method}`));
  try {
    return await bound(...args);
  } catch (error) {
    throw new FaultError(parseFault(error));
  }
}

/** Reads what a bound method rejected with: a JSON string, or whatever else came. */
export function parseFault(error: unknown): Fault {
  const text = error instanceof Error ? error.message : String(error);
  const raw = isObject(error) && !(error instanceof Error) ? error : parsedObject(text);
  if (!raw) return { kind: "internal", subject: "INOS", message: text, next: "" };
  const fault: Fault = {
    kind: textAt(raw, "kind", "other"),
    subject: textAt(raw, "subject", "INOS"),
    message: textAt(raw, "message", text),
    next: textAt(raw, "next"),
  };
  const needed = numberAt(raw, "needed");
  const limit = numberAt(raw, "limit");
  if (needed > 0) fault.needed = needed;
  if (limit > 0) fault.limit = limit;
  return fault;
}

function parsedObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

export function parseBoot(raw: unknown): Boot {
  if (!isObject(raw)) throw new FaultError(parseFault("the program's greeting is not an object"));
  const arch = objectAt(raw, "arch");
  return {
    version: textAt(raw, "version"),
    framePath: textAt(raw, "framePath") === "shared" ? "shared" : "stream",
    streamUrl: textAt(raw, "streamUrl"),
    streamToken: textAt(raw, "streamToken"),
    whyStream: textAt(raw, "whyStream"),
    units: listAt(raw, "units").flatMap(parseUnit),
    settings: isObject(raw["settings"]) ? raw["settings"] : null,
    arena: parseArena(raw["arena"]),
    arch: { os: textAt(arch, "os"), cores: numberAt(arch, "cores") },
    live: isObject(raw["live"]) ? parseLive(raw["live"]) : null,
    safe: parseSafe(objectAt(raw, "safe")),
    first: textAt(raw, "first"),
  };
}

function parseSafe(raw: Json): { on: boolean; badStarts: number } {
  return { on: raw["on"] === true, badStarts: numberAt(raw, "badStarts") };
}

function parseUnit(raw: unknown): LiveUnit[] {
  if (!isObject(raw)) return [];
  const manifest = isObject(raw["manifest"]) ? raw["manifest"] : raw;
  const plugin = textAt(raw, "plugin") || textAt(manifest, "id");
  const nested = listAt(manifest, "units");
  const candidates = nested.length > 0 ? nested : [manifest];
  return candidates.flatMap((unit) => parseLiveUnit(plugin, unit) ?? []);
}

function parseLive(raw: unknown): LiveState {
  if (!isObject(raw)) throw new FaultError(parseFault("the program did not say what it started"));
  return {
    unit: textAt(raw, "unit"),
    entry: numberAt(raw, "entry", -1),
    params: parseValues(objectAt(raw, "params")),
    state: textAt(raw, "state"),
    shards: numberAt(raw, "shards"),
  };
}

function parseArena(raw: unknown): ArenaFigures {
  const from = isObject(raw) ? raw : {};
  return { used: numberAt(from, "used"), limit: numberAt(from, "limit") };
}

function parseValues(raw: Json): ParamValues {
  const values: ParamValues = {};
  for (const [name, value] of Object.entries(raw)) {
    if (typeof value === "number" || typeof value === "boolean" || typeof value === "string") {
      values[name] = value;
    }
  }
  return values;
}
