import { crc32 } from "../core/crc32.ts";
import { Event, EventKind } from "./gen/layout.ts";

export interface EventRecord {
  sequence: number;
  /** Unix time in milliseconds. */
  timeMs: number;
  kind: EventName;
  severity: "info" | "warning" | "error";
  /** Unit name; empty: the kernel itself. */
  unit: string;
  text: string;
}

export type EventName = keyof typeof EventKind;

const decoder = new TextDecoder("utf-8");
const SEVERITIES = ["info", "warning", "error"] as const;
const KINDS = new Map<number, EventName>();
for (const [name, value] of Object.entries(EventKind)) KINDS.set(value, name as EventName);

/** Decodes a copied record; null when its CRC does not fit (it was overwritten meanwhile). */
export function decodeEvent(record: Uint8Array<ArrayBuffer>): EventRecord | null {
  if (record.byteLength < Event.bytes) return null;
  const view = new DataView(record.buffer, record.byteOffset, Event.bytes);
  if (view.getUint32(Event.crc, true) !== crc32(record, Event.crc + 4, Event.bytes)) return null;
  const textLen = Math.min(view.getUint8(Event.textLen), Event.textCount);
  return {
    sequence: view.getUint32(Event.sequence, true),
    timeMs: view.getFloat64(Event.timeMs, true),
    kind: KINDS.get(view.getUint16(Event.kind, true)) ?? "none",
    severity: SEVERITIES[view.getUint8(Event.severity)] ?? "error",
    unit: paddedText(record, Event.unit, Event.unitCount),
    text: decoder.decode(record.slice(Event.text, Event.text + textLen)),
  };
}

/** Text up to the first zero byte. */
export function paddedText(bytes: Uint8Array, offset: number, length: number): string {
  const field = bytes.slice(offset, offset + length);
  const end = field.indexOf(0);
  return decoder.decode(end < 0 ? field : field.subarray(0, end));
}
