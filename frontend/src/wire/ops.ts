import { flagAt, isObject, type Json, listAt, textAt } from "../core/json.ts";
import { type Param, parseParam } from "./manifest.ts";

/** An input or an output of an op. */
export interface Port {
  name: string;
  doc: string;
  /** Media types that fit; empty: any. */
  media: string[];
  optional: boolean;
}

/** One action of a unit, as its manifest describes it. */
export interface Op {
  /** As a command line has it: "image.resize". */
  id: string;
  unit: string;
  name: string;
  doc: string;
  /** Name of the plugin that offers it. */
  plugin: string;
  params: Param[];
  inputs: Port[];
  outputs: Port[];
  /** What each figure says, by its name. */
  results: Record<string, string>;
}

/** Bounds on what a manifest may make the page build. */
const MAX_OPS = 2000;
const MAX_PARAMS = 256;
const MAX_PORTS = 64;
const MAX_TEXT = 4096;

const clip = (text: string) => (text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text);

/** All ops of the answer to "which units are there". */
export function parseOps(raw: unknown): Op[] {
  if (!isObject(raw)) return [];
  return listAt(raw, "units")
    .flatMap((entry) => {
      const manifest = isObject(entry) ? entry["manifest"] : null;
      return isObject(manifest) ? opsOf(manifest) : [];
    })
    .slice(0, MAX_OPS);
}

function opsOf(manifest: Json): Op[] {
  const plugin = clip(textAt(manifest, "name"));
  return listAt(manifest, "units")
    .filter(isObject)
    .flatMap((unit) =>
      listAt(unit, "ops").flatMap((op) => parseOp(op, textAt(unit, "name"), plugin)),
    );
}

function parseOp(raw: unknown, unit: string, plugin: string): Op[] {
  if (!isObject(raw) || textAt(raw, "name") === "" || unit === "") return [];
  const name = textAt(raw, "name");
  const results: Record<string, string> = {};
  for (const figure of listAt(raw, "results").filter(isObject).slice(0, MAX_PARAMS)) {
    results[textAt(figure, "name")] = clip(textAt(figure, "doc"));
  }
  const ports = (key: string) => listAt(raw, key).slice(0, MAX_PORTS).flatMap(parsePort);
  return [
    {
      id: `${unit}.${name}`,
      unit,
      name,
      plugin,
      doc: clip(textAt(raw, "doc")),
      params: listAt(raw, "params")
        .slice(0, MAX_PARAMS)
        .map(parseParam)
        .filter((param) => param !== null),
      inputs: ports("inputs"),
      outputs: ports("outputs"),
      results,
    },
  ];
}

function parsePort(raw: unknown): Port[] {
  if (!isObject(raw)) return [];
  const media = listAt(raw, "media").filter((type) => typeof type === "string");
  const name = textAt(raw, "name");
  return [{ name, doc: clip(textAt(raw, "doc")), media, optional: flagAt(raw, "optional") }];
}
