import { isObject, textAt } from "../core/json.ts";
import { type Param, type ParamValue, parseParam } from "../wire/manifest.ts";

/** What the user can tell a plugin once. */
export interface PluginSetting {
  param: Param;
  /** What counts now; null: it is a secret. */
  value: ParamValue | null;
  /** The user has set it; otherwise the value is the default. */
  set: boolean;
  /** What the user has set and this version does not take; empty: nothing. */
  misfit: string;
}

export function isSecret({ param }: PluginSetting): boolean {
  return param.kind === "text" && param.secret;
}

export function parseSetting(raw: unknown): PluginSetting[] {
  if (!isObject(raw) || textAt(raw, "name") === "") return [];
  const param = parseParam(raw["param"]);
  if (!param) return [];
  const secret = param.kind === "text" && param.secret;
  const misfit = raw["misfit"];
  return [
    {
      param,
      value: secret ? null : plainValue(raw["value"], param),
      set: raw["set"] === true,
      misfit: misfit === undefined || misfit === null ? "" : String(misfit),
    },
  ];
}

function plainValue(raw: unknown, param: Param): ParamValue {
  return typeof raw === typeof param.default ? (raw as ParamValue) : param.default;
}
