import { isObject, textAt } from "../core/json.ts";

/** How much a plugin may use of something, in words as they are typed; empty: none, or unknown. */
export interface PluginLimit {
  key: string;
  doc: string;
  /** How a value is written. */
  example: string;
  /** By the manifest. */
  declared: string;
  /** By the user. */
  set: string;
  inForce: string;
  /** Whose the one in force is. */
  by: "you" | "plugin" | "inos";
  used: string;
}

const OWNERS: readonly PluginLimit["by"][] = ["you", "plugin", "inos"];

export function parseLimit(raw: unknown): PluginLimit[] {
  if (!isObject(raw) || textAt(raw, "key") === "") return [];
  const text = (name: string) => textAt(raw, name);
  return [
    {
      key: text("key"),
      doc: text("doc"),
      example: text("example"),
      declared: text("declared"),
      set: text("set"),
      inForce: text("inForce"),
      by: OWNERS.find((o) => o === text("by")) ?? "inos",
      used: text("used"),
    },
  ];
}
