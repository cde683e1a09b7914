import type { Fault } from "../core/fault.ts";
import { FaultError } from "../core/fault.ts";
import { isObject, type Json, listAt, numberAt, objectAt, textAt } from "../core/json.ts";
import type { ParamValue, ParamValues } from "../wire/manifest.ts";
import { type Op, parseOps } from "../wire/ops.ts";
import { faultIn } from "./vaultTasks.ts";

/** The lab: any op on files of the user, as the program tells of it. */

export type ItemKind = "picture" | "sound" | "table" | "text" | "bytes";
export type ItemOrigin = "file" | "example" | "result";
export type ExampleKind = "picture" | "sound" | "table" | "matrix" | "text";

/** A file that the user gave, an example, or what a run gave back. */
export interface LabItem {
  id: string;
  name: string;
  media: string;
  kind: ItemKind;
  bytes: number;
  width: number;
  height: number;
  origin: ItemOrigin;
  /** Of a result: the output's name. */
  output: string;
  /** Where its bytes are read. */
  url: string;
}

export interface LabFigure {
  name: string;
  unit: string;
  /** A word where it is not finite; null: none was reported. */
  value: number | string | null;
}

export type RunState = "running" | "done" | "failed" | "cancelled";

export interface LabRun {
  id: number;
  /** Of the op: "image.resize". */
  op: string;
  params: ParamValues;
  inputs: LabItem[];
  state: RunState;
  done: number;
  /** 0: it is not known. */
  total: number;
  elapsedMs: number;
  pluginMs: number;
  /** It was made before, and kept. */
  fromCache: boolean;
  fault: Fault | null;
  figures: LabFigure[];
  outputs: LabItem[];
  /** The run as a command. */
  line: string;
  /** Files in the line that have to be saved first. */
  unsaved: string[];
  preview: boolean;
}

export interface LabPast {
  id: string;
  op: string;
  atMs: number;
  params: ParamValues;
  inputs: string[];
  outputs: string[];
  figures: LabFigure[];
  state: RunState;
  kind: string;
  elapsedMs: number;
  cut: boolean;
}

export interface LabAgain {
  op: string;
  params: ParamValues;
  /** Null: it is not there any more. */
  items: (LabItem | null)[];
  missing: string[];
}

export interface LabRequest {
  op: string;
  params: ParamValues;
  inputs: string[];
  preview: boolean;
  /** A preview that this one makes useless; 0: none. */
  replaces: number;
}

export interface LabColumn {
  name: string;
  numeric: boolean;
}

export interface LabTable {
  columns: LabColumn[];
  rows: number;
  more: boolean;
  matrix: boolean;
  problem: string;
}

/** Which rows, in which order. */
export interface LabView {
  /** A column; -1: the order of the file. */
  sort: number;
  down: boolean;
  filter: string;
  /** A column; -1: any. */
  column: number;
}

export interface LabRows {
  rows: string[][];
  numbers: number[];
  matches: number;
}

export interface LabSeries {
  x: number[];
  y: (number | null)[][];
  thinned: boolean;
}

export type LabMatrix = (number | null)[][];

/** What the program does for the lab. All methods reject with a FaultError. */
export interface LabProgram {
  ops(): Promise<Op[]>;
  show(on: boolean): Promise<void>;
  choose(): Promise<LabItem[]>;
  example(kind: ExampleKind): Promise<LabItem | null>;
  forget(item: string): Promise<void>;
  /** Resolves to the path; empty: the user named none. */
  save(item: string): Promise<string>;
  run(request: LabRequest): Promise<LabRun | null>;
  cancel(run: number): Promise<void>;
  /** Those that go on, and the last that ended; the oldest first. */
  runs(): Promise<LabRun[]>;
  table(item: string): Promise<LabTable>;
  rows(item: string, view: LabView, from: number, count: number): Promise<LabRows>;
  matrix(item: string): Promise<LabMatrix>;
  series(item: string, x: number, columns: readonly number[]): Promise<LabSeries>;
  history(): Promise<LabPast[]>;
  again(run: string): Promise<LabAgain>;
  forgetHistory(): Promise<void>;
}

type Call = (method: string, ...args: unknown[]) => Promise<unknown>;

export function boundLab(call: Call): LabProgram {
  const object = async (method: string, ...args: unknown[]): Promise<Json> => {
    const answer = await call(method, ...args);
    return isObject(answer) ? answer : {};
  };
  const done = async (method: string, ...args: unknown[]) => void (await call(method, ...args));
  return {
    ops: async () => parseOps(await call("Units")),
    show: (on) => done("ShowLab", on),
    choose: async () => parseItems(await object("ChooseForLab")),
    example: async (kind) => parseItem(await object("LabExample", kind))[0] ?? null,
    forget: (item) => done("ForgetInLab", item),
    save: async (item) => textAt(await object("SaveFromLab", item), "path"),
    run: async ({ op, ...request }) => {
      const [unit = "", name = ""] = op.split(".");
      return parseRun(await object("RunInLab", { unit, op: name, ...request }));
    },
    cancel: (run) => done("CancelInLab", run),
    runs: async () =>
      listAt(await object("LabRuns"), "runs")
        .map(parseRun)
        .filter((run) => run !== null),
    table: async (item) => parseTable(await object("LabTable", item)),
    rows: async (item, view, from, count) =>
      parseRows(await object("LabRows", { item, ...view, from, count })),
    matrix: async (item) => listAt(await object("LabMatrix", item), "cells").map(numbers),
    series: async (item, x, columns) => parseSeries(await object("LabSeries", item, x, columns)),
    history: async () => listAt(await object("LabHistory"), "runs").flatMap(parsePast),
    again: async (run) => parseAgain(await object("LabAgain", run)),
    forgetHistory: () => done("ForgetLabHistory"),
  };
}

/** Bytes of an item from one place to before another. */
export async function readBytes(item: LabItem, from: number, to: number): Promise<Uint8Array> {
  if (to <= from) return new Uint8Array();
  const answer = await fetch(item.url, { headers: { Range: `bytes=${from}-${to - 1}` } });
  if (!answer.ok) throw gone(item);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  // A window that knows no ranges gives everything.
  return answer.status === 206 ? bytes : bytes.subarray(from, to);
}

/** All of it, for what has to be decoded as a whole. */
export async function readAll(item: LabItem): Promise<Blob> {
  const answer = await fetch(item.url);
  if (!answer.ok) throw gone(item);
  return answer.blob();
}

function gone(item: LabItem): FaultError {
  return new FaultError({
    kind: "not-found",
    subject: item.name,
    message: "it is not here any more",
    next: "run again, or choose the file again",
  });
}

const KINDS: readonly ItemKind[] = ["picture", "sound", "table", "text", "bytes"];
const ORIGINS: readonly ItemOrigin[] = ["file", "example", "result"];
const STATES: readonly RunState[] = ["running", "done", "failed", "cancelled"];
/** Of the program itself: nothing from elsewhere is ever fetched. */
const ITEM_URL = /^\/lab\/[A-Z0-9]+\/[A-Z0-9]+$/;

export function parseItem(raw: unknown): LabItem[] {
  if (!isObject(raw) || textAt(raw, "id") === "" || !ITEM_URL.test(textAt(raw, "url"))) return [];
  return [
    {
      id: textAt(raw, "id"),
      name: textAt(raw, "name"),
      media: textAt(raw, "media"),
      kind: KINDS.find((k) => k === textAt(raw, "kind")) ?? "bytes",
      bytes: numberAt(raw, "bytes"),
      width: numberAt(raw, "width"),
      height: numberAt(raw, "height"),
      origin: ORIGINS.find((o) => o === textAt(raw, "origin")) ?? "file",
      output: textAt(raw, "output"),
      url: textAt(raw, "url"),
    },
  ];
}

export function parseItems(raw: unknown): LabItem[] {
  return isObject(raw) ? listAt(raw, "items").flatMap(parseItem) : [];
}

export function parseRun(raw: unknown): LabRun | null {
  if (!isObject(raw) || numberAt(raw, "id") <= 0) return null;
  return {
    id: numberAt(raw, "id"),
    op: `${textAt(raw, "unit")}.${textAt(raw, "op")}`,
    params: parseValues(raw),
    inputs: listAt(raw, "inputs").flatMap(parseItem),
    state: stateAt(raw),
    done: numberAt(raw, "done"),
    total: numberAt(raw, "total"),
    elapsedMs: numberAt(raw, "elapsedMs"),
    pluginMs: numberAt(raw, "pluginMs"),
    fromCache: raw["fromCache"] === true,
    fault: faultIn(raw["fault"]),
    figures: listAt(raw, "figures").flatMap(parseFigure),
    outputs: listAt(raw, "outputs").flatMap(parseItem),
    line: textAt(raw, "line"),
    unsaved: texts(raw, "unsaved"),
    preview: raw["preview"] === true,
  };
}

function stateAt(raw: Json): RunState {
  return STATES.find((s) => s === textAt(raw, "state")) ?? "failed";
}

function texts(raw: Json, key: string): string[] {
  return listAt(raw, key).filter((text) => typeof text === "string");
}

function parseValues(raw: Json): ParamValues {
  const values: ParamValues = {};
  for (const [name, value] of Object.entries(objectAt(raw, "params"))) {
    if (isValue(value)) values[name] = value;
  }
  return values;
}

function isValue(value: unknown): value is ParamValue {
  return typeof value === "number" || typeof value === "boolean" || typeof value === "string";
}

function parseFigure(raw: unknown): LabFigure[] {
  if (!isObject(raw)) return [];
  const { value } = raw;
  const known = typeof value === "number" || typeof value === "string";
  return [{ name: textAt(raw, "name"), unit: textAt(raw, "unit"), value: known ? value : null }];
}

function parsePast(raw: unknown): LabPast[] {
  if (!isObject(raw) || textAt(raw, "id") === "") return [];
  const names = (key: string) =>
    listAt(raw, key)
      .filter(isObject)
      .map((file) => textAt(file, "name"));
  return [
    {
      id: textAt(raw, "id"),
      op: `${textAt(raw, "unit")}.${textAt(raw, "op")}`,
      atMs: numberAt(raw, "atMs"),
      params: parseValues(raw),
      inputs: names("inputs"),
      outputs: names("outputs"),
      figures: listAt(raw, "figures").flatMap(parseFigure),
      state: stateAt(raw),
      kind: textAt(raw, "kind"),
      elapsedMs: numberAt(raw, "elapsedMs"),
      cut: raw["cut"] === true,
    },
  ];
}

function parseAgain(raw: Json): LabAgain {
  return {
    op: `${textAt(raw, "unit")}.${textAt(raw, "op")}`,
    params: parseValues(raw),
    items: listAt(raw, "items").map((item) => parseItem(item)[0] ?? null),
    missing: texts(raw, "missing"),
  };
}

function parseTable(raw: Json): LabTable {
  return {
    columns: listAt(raw, "columns")
      .filter(isObject)
      .map((c) => ({ name: textAt(c, "name"), numeric: c["numeric"] === true })),
    rows: numberAt(raw, "rows"),
    more: raw["more"] === true,
    matrix: raw["matrix"] === true,
    problem: textAt(raw, "problem"),
  };
}

function parseRows(raw: Json): LabRows {
  return {
    rows: listAt(raw, "rows").map((row) => (Array.isArray(row) ? row.map(String) : [])),
    numbers: listAt(raw, "numbers").filter((n) => typeof n === "number"),
    matches: numberAt(raw, "matches"),
  };
}

function parseSeries(raw: Json): LabSeries {
  return {
    x: listAt(raw, "x").map(Number),
    y: listAt(raw, "y").map(numbers),
    thinned: raw["thinned"] === true,
  };
}

function numbers(raw: unknown): (number | null)[] {
  return Array.isArray(raw) ? raw.map((v) => (typeof v === "number" ? v : null)) : [];
}
