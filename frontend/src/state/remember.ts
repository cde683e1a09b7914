import type { LiveUnit, ParamValues } from "../wire/manifest.ts";

/** Saved parameters that a unit still has and that still fit; hidden ones start anew. */
export function keptParams(unit: LiveUnit, saved: ParamValues): ParamValues {
  const kept: ParamValues = {};
  for (const param of unit.params) {
    const value = saved[param.name];
    if (value === undefined || param.hidden || typeof value !== typeof param.default) continue;
    if (param.kind === "choice" && !param.options.includes(String(value))) continue;
    kept[param.name] = value;
  }
  return kept;
}

/** What of a unit's parameters is worth saving. */
export function visibleParams(unit: LiveUnit, params: ParamValues): ParamValues {
  const kept: ParamValues = {};
  for (const param of unit.params) {
    const value = params[param.name];
    if (!param.hidden && value !== undefined) kept[param.name] = value;
  }
  return kept;
}

/** What is wanted and not in force. */
export function changed(wanted: ParamValues, inForce: ParamValues): ParamValues {
  return Object.fromEntries(
    Object.entries(wanted).filter(([name, value]) => inForce[name] !== value),
  );
}
