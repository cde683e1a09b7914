import { isObject, type Json, listAt, numberAt, objectAt, textAt } from "../core/json.ts";
import type { ParamValue } from "../wire/manifest.ts";
import { type PluginLimit, parseLimit } from "./pluginLimits.ts";
import { type PluginSetting, parseSetting } from "./pluginSettings.ts";
import { parseLife, type UnitLife } from "./unitLife.ts";

export type Decision = "once" | "always" | "never";
export type PluginChange = "enable" | "disable" | "pin" | "unpin" | "remove" | "rollback";
export type LogLevel = "debug" | "info" | "warning" | "error";

export interface Permission {
  key: string;
  /** What it allows, after "may". */
  sentence: string;
  reason: string;
  /** It is about a folder that the user picks. */
  scope: string;
  /** The user has to name the hosts: the plugin was made for another program and cannot. */
  needsHosts: boolean;
  /** Null: the user has not answered. */
  answer: { decision: Decision; folder: string; hosts: string[]; when: string } | null;
}

export interface PluginVersion {
  version: string;
  digest: string;
  when: string;
  signed: boolean;
}

export interface PluginUnit {
  name: string;
  doc: string;
  live: boolean;
  ops: string[];
}

export interface PluginCard {
  /** Id, or the path of a file that is refused. */
  key: string;
  id: string;
  name: string;
  version: string;
  doc: string;
  author: string;
  licence: string;
  bytes: number;
  path: string;
  source: string;
  enabled: boolean;
  pinned: boolean;
  removed: boolean;
  signature: string;
  signedBy: string;
  /** Whose key signed it; an empty key: nobody's, an empty name: the user has not named the owner. */
  publisher: { key: string; keyId: string; name: string };
  /** Why the file is not used; empty: it is. */
  refused: string;
  /** Why this version did not start; empty: it did. */
  problem: string;
  /** The last one first. */
  earlier: PluginVersion[];
  units: PluginUnit[];
  permissions: Permission[];
  settings: PluginSetting[];
  /** Why the settings cannot be read; empty: they can. */
  unreadable: string;
}

/** A file before it is installed. */
export interface Offer {
  digest: string;
  plugin: PluginCard;
  /** The version that is there; empty: none. */
  from: string;
  /** What it asks for and the version that is there did not. */
  beyond: Permission[];
}

export interface PluginUsage {
  plugin: string;
  workers: number;
  cpuNs: number;
  rssBytes: number;
  calls: number;
  failures: number;
  /** Of its live unit; they are no calls. */
  ticks: number;
  logLines: number;
  /** Over the limit that the user set. */
  logDropped: number;
  lastFailure: { when: string; kind: string; message: string } | null;
}

export interface LogLine {
  number: number;
  when: string;
  plugin: string;
  level: LogLevel;
  text: string;
}

export interface AuditEntry {
  when: string;
  who: string;
  permission: string;
  decision: string;
  folder: string;
}

/** What the program does with plugins. All methods reject with a FaultError. */
export interface PluginProgram {
  list(): Promise<PluginCard[]>;
  change(id: string, change: PluginChange): Promise<void>;
  /** Lets the user choose a file; null: they chose none. */
  offer(): Promise<Offer | null>;
  offerRefused(path: string): Promise<Offer | null>;
  /** What waits for the user's word; null: nothing. */
  offered(): Promise<Offer | null>;
  install(digest: string, replace: boolean): Promise<void>;
  decline(): Promise<void>;
  /** Asks for a folder where one is needed. */
  decide(id: string, key: string, decision: Decision, hosts: string): Promise<void>;
  revoke(id: string, key: string): Promise<void>;
  setSetting(id: string, name: string, value: ParamValue): Promise<void>;
  /** The default counts again; a secret is forgotten. */
  clearSetting(id: string, name: string): Promise<void>;
  limits(id: string): Promise<PluginLimit[]>;
  /** The text is what people write: 50%. */
  setLimit(id: string, key: string, text: string): Promise<void>;
  resetLimit(id: string, key: string): Promise<void>;
  /** Names the owner of a key that the user was shown. */
  trust(key: string, name: string): Promise<void>;
  forget(key: string): Promise<void>;
  /** Live units that were started and not stopped. */
  lives(): Promise<UnitLife[]>;
  /** Ends the pause before a unit's next start. */
  startNow(unit: string): Promise<void>;
  audit(id: string): Promise<AuditEntry[]>;
  usage(): Promise<PluginUsage[]>;
  /** Lines after a number, oldest first. */
  log(after: number): Promise<LogLine[]>;
  /** Resolves to the path of the file. */
  exportLog(id: string): Promise<string>;
}

type Call = (method: string, ...args: unknown[]) => Promise<unknown>;

export function boundPlugins(call: Call): PluginProgram {
  const object = async (method: string, ...args: unknown[]): Promise<Json> => {
    const answer = await call(method, ...args);
    return isObject(answer) ? answer : {};
  };
  return {
    list: async () => listAt(await object("ListPlugins"), "plugins").flatMap(parseCard),
    change: async (id, change) => void (await call("ChangePlugin", id, change)),
    offer: async () => parseOffer(await call("OfferPlugin")),
    offerRefused: async (path) => parseOffer(await call("OfferRefused", path)),
    offered: async () => parseOffer(await call("OfferedPlugin")),
    install: async (digest, replace) => void (await call("InstallPlugin", digest, replace)),
    decline: async () => void (await call("DeclinePlugin")),
    decide: async (id, key, decision, hosts) =>
      void (await call("DecidePermission", id, key, decision, hosts)),
    revoke: async (id, key) => void (await call("RevokePermission", id, key)),
    setSetting: async (id, name, value) => void (await call("SetPluginSetting", id, name, value)),
    clearSetting: async (id, name) => void (await call("ClearPluginSetting", id, name)),
    limits: async (id) => listAt(await object("PluginLimits", id), "limits").flatMap(parseLimit),
    setLimit: async (id, key, text) => void (await call("SetPluginLimit", id, key, text)),
    resetLimit: async (id, key) => void (await call("ResetPluginLimit", id, key)),
    trust: async (key, name) => void (await call("TrustPublisher", key, name)),
    forget: async (key) => void (await call("ForgetPublisher", key)),
    lives: async () => listAt(await object("PluginLives"), "lives").flatMap(parseLife),
    startNow: async (unit) => void (await call("StartUnitNow", unit)),
    audit: async (id) => listAt(await object("AuditPlugin", id), "entries").flatMap(parseEntry),
    usage: async () => listAt(await object("PluginUsage"), "plugins").flatMap(parseUsage),
    log: async (after) => listAt(await object("PluginLog", after), "lines").flatMap(parseLine),
    exportLog: async (id) => textAt(await object("ExportPluginLog", id), "path"),
  };
}

/** Null for what is no offer, or an empty one. */
export function parseOffer(raw: unknown): Offer | null {
  if (!isObject(raw) || textAt(raw, "digest") === "") return null;
  const [plugin] = parseCard(raw["plugin"]);
  if (!plugin) return null;
  return {
    digest: textAt(raw, "digest"),
    plugin,
    from: textAt(raw, "from"),
    beyond: listAt(raw, "beyond").flatMap(parsePermission),
  };
}

export function parseCard(raw: unknown): PluginCard[] {
  if (!isObject(raw)) return [];
  const text = (name: string) => textAt(raw, name);
  const publisher = objectAt(raw, "publisher");
  return [
    {
      key: text("key"),
      id: text("id"),
      name: text("name"),
      version: text("version"),
      doc: text("doc"),
      author: text("author"),
      licence: text("licence"),
      bytes: numberAt(raw, "bytes"),
      path: text("path"),
      source: text("source"),
      enabled: raw["enabled"] === true,
      pinned: raw["pinned"] === true,
      removed: raw["removed"] === true,
      signature: text("signature"),
      signedBy: text("signedBy"),
      publisher: {
        key: textAt(publisher, "key"),
        keyId: textAt(publisher, "keyId"),
        name: textAt(publisher, "name"),
      },
      refused: text("refused"),
      problem: text("problem"),
      earlier: listAt(raw, "earlier").flatMap(parseVersion),
      units: listAt(raw, "units").flatMap(parseUnit),
      permissions: listAt(raw, "permissions").flatMap(parsePermission),
      settings: listAt(raw, "settings").flatMap(parseSetting),
      unreadable: text("unreadable"),
    },
  ];
}

function parseVersion(raw: unknown): PluginVersion[] {
  if (!isObject(raw)) return [];
  return [
    {
      version: textAt(raw, "version"),
      digest: textAt(raw, "digest"),
      when: textAt(raw, "when"),
      signed: textAt(raw, "key") !== "",
    },
  ];
}

function parseUnit(raw: unknown): PluginUnit[] {
  if (!isObject(raw)) return [];
  const ops = listAt(raw, "ops").filter((op) => typeof op === "string");
  const live = raw["live"] === true;
  return [{ name: textAt(raw, "name"), doc: textAt(raw, "doc"), live, ops }];
}

const DECISIONS: readonly Decision[] = ["once", "always", "never"];

function parsePermission(raw: unknown): Permission[] {
  if (!isObject(raw)) return [];
  const answer = objectAt(raw, "answer");
  const decision = DECISIONS.find((d) => d === textAt(answer, "decision"));
  return [
    {
      key: textAt(raw, "key"),
      sentence: textAt(raw, "sentence"),
      reason: textAt(raw, "reason"),
      scope: textAt(raw, "scope"),
      needsHosts: textAt(raw, "name") === "http" && listAt(raw, "hosts").length === 0,
      answer: decision
        ? {
            decision,
            folder: textAt(answer, "folder"),
            hosts: listAt(answer, "hosts").filter((host) => typeof host === "string"),
            when: textAt(answer, "when"),
          }
        : null,
    },
  ];
}

function parseEntry(raw: unknown): AuditEntry[] {
  if (!isObject(raw)) return [];
  const text = (name: string) => textAt(raw, name);
  return [
    {
      when: text("when"),
      who: text("who"),
      permission: text("permission"),
      decision: text("decision"),
      folder: text("folder"),
    },
  ];
}

function parseUsage(raw: unknown): PluginUsage[] {
  if (!isObject(raw)) return [];
  const number = (name: string) => numberAt(raw, name);
  const failure = raw["last_failure"];
  return [
    {
      plugin: textAt(raw, "plugin"),
      workers: number("workers"),
      cpuNs: number("cpu_ns"),
      rssBytes: number("rss_bytes"),
      calls: number("calls"),
      failures: number("failures"),
      ticks: number("ticks"),
      logLines: number("log_lines"),
      logDropped: number("log_dropped"),
      lastFailure: isObject(failure)
        ? {
            when: textAt(failure, "when"),
            kind: textAt(failure, "kind"),
            message: textAt(failure, "message"),
          }
        : null,
    },
  ];
}

export const LOG_LEVELS: readonly LogLevel[] = ["debug", "info", "warning", "error"];

function parseLine(raw: unknown): LogLine[] {
  if (!isObject(raw)) return [];
  return [
    {
      number: numberAt(raw, "number"),
      when: textAt(raw, "when"),
      plugin: textAt(raw, "plugin"),
      level: LOG_LEVELS.find((l) => l === textAt(raw, "level")) ?? "info",
      text: textAt(raw, "text"),
    },
  ];
}
