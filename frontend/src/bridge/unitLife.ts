import type { Fault } from "../core/fault.ts";
import { isObject, numberAt, textAt } from "../core/json.ts";

/** How a live unit is that was started. */
export interface UnitLife {
  unit: string;
  plugin: string;
  /** As the program names it: running, restarting, quarantined. */
  state: string;
  restarts: number;
  /** In how many milliseconds it is started again; null: it waits for nothing. */
  nextStartMs: number | null;
  /** Why it will not tick again by itself; null: it will. */
  ended: Fault | null;
  /** How its last worker ended; empty: none did. */
  failure: string;
}

export function parseLife(raw: unknown): UnitLife[] {
  if (!isObject(raw) || textAt(raw, "unit") === "") return [];
  const ended = raw["ended"];
  const left = raw["nextStartMs"];
  return [
    {
      unit: textAt(raw, "unit"),
      plugin: textAt(raw, "plugin"),
      state: textAt(raw, "state"),
      restarts: numberAt(raw, "restarts"),
      nextStartMs: typeof left === "number" && Number.isFinite(left) ? left : null,
      ended: isObject(ended)
        ? {
            kind: textAt(ended, "kind"),
            subject: textAt(ended, "subject"),
            message: textAt(ended, "message"),
            next: textAt(ended, "next"),
          }
        : null,
      failure: textAt(raw, "failure"),
    },
  ];
}
