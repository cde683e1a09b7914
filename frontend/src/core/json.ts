/** Readers for JSON of unknown shape: each returns a value of the asked type or the fallback. */

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectAt(from: Json, key: string): Json {
  const value = from[key];
  return isObject(value) ? value : {};
}

export function listAt(from: Json, key: string): unknown[] {
  const value = from[key];
  return Array.isArray(value) ? value : [];
}

export function textAt(from: Json, key: string, fallback = ""): string {
  const value = from[key];
  return typeof value === "string" ? value : fallback;
}

export function numberAt(from: Json, key: string, fallback = 0): number {
  const value = from[key];
  return typeof value === "number" && Number.isFinite(value) ? value : fallback;
}

export function flagAt(from: Json, key: string, fallback = false): boolean {
  const value = from[key];
  return typeof value === "boolean" ? value : fallback;
}
