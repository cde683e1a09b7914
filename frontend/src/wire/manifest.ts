import type { Look } from "../core/frame.ts";
import { flagAt, isObject, type Json, listAt, numberAt, objectAt, textAt } from "../core/json.ts";

/** A parameter value as it travels: number, flag, option name or text. */
export type ParamValue = number | boolean | string;
export type ParamValues = Record<string, ParamValue>;

interface ParamHead {
  name: string;
  label: string;
  doc: string;
  unit: string;
  group: string;
  /** Driven by the program, not shown in forms. */
  hidden: boolean;
}

export interface NumberParam extends ParamHead {
  kind: "number" | "integer";
  default: number;
  min: number;
  max: number;
  /** 0: continuous. */
  step: number;
  logarithmic: boolean;
}

export interface FlagParam extends ParamHead {
  kind: "flag";
  default: boolean;
}

export interface ChoiceParam extends ParamHead {
  kind: "choice";
  default: string;
  options: string[];
}

export interface TextParam extends ParamHead {
  kind: "text";
  default: string;
  maxBytes: number;
  /** Of a setting: kept in the keychain, and never told. */
  secret: boolean;
}

export type Param = NumberParam | FlagParam | ChoiceParam | TextParam;

export interface Preset {
  name: string;
  doc: string;
  values: ParamValues;
}

export interface LiveUnit {
  /** Reverse domain name of the plugin that offers it. */
  plugin: string;
  name: string;
  doc: string;
  look: Look;
  /** Live integer parameter that says how many elements a frame has; empty: none. */
  countParam: string;
  rateHz: number;
  params: Param[];
  presets: Preset[];
}

/** Bounds on what a manifest may make the page build. */
const MAX_PARAMS = 256;
const MAX_OPTIONS = 64;
const MAX_PRESETS = 64;
const MAX_TEXT = 4096;

/** The live part of a unit, checked; null when it has none or is not understood. */
export function parseLiveUnit(plugin: string, raw: unknown): LiveUnit | null {
  if (!isObject(raw) || !isObject(raw["live"])) return null;
  const name = textAt(raw, "name");
  if (name === "") return null;
  const live = raw["live"];
  const params = listAt(live, "params").slice(0, MAX_PARAMS).map(parseParam);
  const known = params.filter((param) => param !== null);
  const channel = listAt(live, "channels").find(isObject) ?? {};
  return {
    plugin,
    name,
    doc: clip(textAt(live, "doc") || textAt(raw, "doc")),
    look: textAt(channel, "look") === "birds" ? "birds" : "points",
    countParam: textAt(channel, "capacityParam"),
    rateHz: numberAt(live, "rateHz", 60),
    params: known,
    presets: listAt(live, "presets")
      .slice(0, MAX_PRESETS)
      .flatMap((p) => parsePreset(p, known)),
  };
}

/** Default values of all parameters, hidden ones too. */
export function defaultsOf(params: readonly Param[]): ParamValues {
  const values: ParamValues = {};
  for (const param of params) values[param.name] = param.default;
  return values;
}

export function findParam(params: readonly Param[], name: string): Param | undefined {
  return params.find((param) => param.name === name);
}

export function parseParam(raw: unknown): Param | null {
  if (!isObject(raw) || textAt(raw, "name") === "") return null;
  // The kind's own fields may be flat or, as in the schema, in a group named after the kind.
  const kind = textAt(raw, "kind");
  const own = { ...raw, ...objectAt(raw, kind) };
  const head = parseHead(raw);
  switch (kind) {
    case "number":
    case "integer":
      return parseNumber(kind, head, own);
    case "flag":
      return { ...head, kind, default: flagAt(own, "default") };
    case "choice":
      return parseChoice(head, own);
    case "text":
      return {
        ...head,
        kind,
        default: textAt(own, "default"),
        maxBytes: numberAt(own, "maxBytes", 256),
        secret: flagAt(own, "secret"),
      };
    default:
      return null;
  }
}

function parseHead(raw: Json): ParamHead {
  const name = textAt(raw, "name");
  return {
    name,
    label: clip(textAt(raw, "label")) || name,
    doc: clip(textAt(raw, "doc")),
    unit: clip(textAt(raw, "unit")),
    group: clip(textAt(raw, "group")),
    hidden: flagAt(raw, "hidden"),
  };
}

function parseNumber(kind: "number" | "integer", head: ParamHead, own: Json): NumberParam | null {
  const min = numberAt(own, "min", Number.NaN);
  const max = numberAt(own, "max", Number.NaN);
  if (!(min < max)) return null;
  const step = kind === "integer" ? 1 : Math.max(0, numberAt(own, "step"));
  const fallback = Math.min(max, Math.max(min, numberAt(own, "default")));
  // A logarithmic scale has no place for zero.
  const logarithmic = flagAt(own, "logarithmic") && min > 0;
  return { ...head, kind, default: fallback, min, max, step, logarithmic };
}

function parseChoice(head: ParamHead, own: Json): ChoiceParam | null {
  const options = listAt(own, "options")
    .filter((o) => typeof o === "string")
    .slice(0, MAX_OPTIONS);
  const first = options[0];
  if (first === undefined) return null;
  const named = textAt(own, "default");
  const chosen = options.includes(named) ? named : options[numberAt(own, "default")];
  return { ...head, kind: "choice", default: chosen ?? first, options };
}

function parsePreset(raw: unknown, params: readonly Param[]): Preset[] {
  if (!isObject(raw) || textAt(raw, "name") === "") return [];
  const values: ParamValues = {};
  for (const item of listAt(raw, "values").filter(isObject)) {
    const param = findParam(params, textAt(item, "param"));
    const value = param && presetValue(param, item["value"]);
    if (param && value !== undefined) values[param.name] = value;
  }
  return [{ name: textAt(raw, "name"), doc: clip(textAt(raw, "doc")), values }];
}

/** Presets keep numbers: a flag is 0 or 1, a choice an index. */
function presetValue(param: Param, value: unknown): ParamValue | undefined {
  if (param.kind === "choice") {
    return typeof value === "number" ? param.options[value] : options(param, value);
  }
  if (param.kind === "flag") return value === true || value === 1;
  if (param.kind === "text") return typeof value === "string" ? value : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function options(param: ChoiceParam, value: unknown): string | undefined {
  return typeof value === "string" && param.options.includes(value) ? value : undefined;
}

function clip(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
