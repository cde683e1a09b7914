import { crc32 } from "../core/crc32.ts";
import {
  ChannelHeader,
  DirectoryEntry,
  Event,
  KernelSegment,
  LAYOUT_HASH,
  LAYOUT_VERSION,
  MAGIC,
  PAGE_BYTES,
  SegmentHeader,
  SegmentKind,
  SLOT_COUNT,
  SlotHeader,
  SystemMetrics,
  UnitMetrics,
} from "./gen/layout.ts";
import type { SystemFigures, UnitFigures } from "./kernel.ts";

/**
 * The writing side of the memory, for tests and for the page without a program behind it. The
 * program's own writer is backend/arena; nothing of this file is in a build.
 */

const WORD = 4;

export function newSegment(kind: number, byteLen: number, id = 1): ArrayBuffer {
  const buffer = new ArrayBuffer(byteLen);
  const view = new DataView(buffer);
  view.setUint32(SegmentHeader.magic, MAGIC, true);
  view.setUint16(SegmentHeader.kind, kind, true);
  view.setUint16(SegmentHeader.version, LAYOUT_VERSION, true);
  view.setUint32(SegmentHeader.layoutHash, LAYOUT_HASH[0], true);
  view.setUint32(SegmentHeader.layoutHash + 4, LAYOUT_HASH[1], true);
  view.setUint32(SegmentHeader.byteLen, byteLen, true);
  view.setUint32(SegmentHeader.id, id, true);
  return buffer;
}

export function newKernelSegment(): ArrayBuffer {
  return newSegment(SegmentKind.kernel, KernelSegment.bytes);
}

export function newChannelSegment(capacity: number, stride: number): ArrayBuffer {
  const slotBytes = Math.ceil((capacity * stride) / PAGE_BYTES) * PAGE_BYTES;
  const buffer = newSegment(SegmentKind.channel, ChannelHeader.bytes + SLOT_COUNT * slotBytes);
  const view = new DataView(buffer);
  view.setUint32(ChannelHeader.capacity, capacity, true);
  view.setUint32(ChannelHeader.stride, stride, true);
  view.setUint32(ChannelHeader.slotBytes, slotBytes, true);
  return buffer;
}

export class ChannelWriter {
  private readonly words: Int32Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly slotBytes: number;
  private tick = 0;

  constructor(private readonly buffer: ArrayBuffer) {
    this.words = new Int32Array(buffer, 0, ChannelHeader.bytes / WORD);
    this.view = new DataView(buffer);
    this.slotBytes = this.view.getUint32(ChannelHeader.slotBytes, true);
  }

  /** A slot that is neither published nor held. */
  begin(): number {
    const published = Atomics.load(this.words, ChannelHeader.published / WORD);
    const held = Atomics.load(this.words, ChannelHeader.held / WORD);
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      if (slot + 1 !== published && slot + 1 !== held) {
        Atomics.store(this.words, this.slotHeader(slot, SlotHeader.epoch) / WORD, 0);
        return slot;
      }
    }
    throw new Error("no free slot");
  }

  slot(slot: number): Float32Array<ArrayBuffer> {
    const offset = ChannelHeader.bytes + slot * this.slotBytes;
    return new Float32Array(this.buffer, offset, this.slotBytes / WORD);
  }

  publish(slot: number, count: number): number {
    const epoch = (Atomics.load(this.words, ChannelHeader.epoch / WORD) + 1) | 0;
    this.tick++;
    this.view.setUint32(this.slotHeader(slot, SlotHeader.count), count, true);
    this.view.setUint32(this.slotHeader(slot, SlotHeader.tick), this.tick, true);
    Atomics.store(this.words, this.slotHeader(slot, SlotHeader.epoch) / WORD, epoch);
    Atomics.store(this.words, ChannelHeader.published / WORD, slot + 1);
    Atomics.store(this.words, ChannelHeader.epoch / WORD, epoch);
    return epoch >>> 0;
  }

  private slotHeader(slot: number, field: number): number {
    return ChannelHeader.slots + slot * SlotHeader.bytes + field;
  }
}

export class KernelWriter {
  private readonly view: DataView;
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly words: Int32Array<ArrayBuffer>;

  constructor(buffer: ArrayBuffer) {
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
  }

  setEntry(index: number, unit: string, byteLen: number, look: number): void {
    const at = KernelSegment.directory + index * DirectoryEntry.bytes;
    this.change(KernelSegment.directoryEpoch, () => {
      this.view.setUint32(at + DirectoryEntry.segment, 2, true);
      const generation = this.view.getUint32(at + DirectoryEntry.generation, true);
      this.view.setUint32(at + DirectoryEntry.generation, generation + 1, true);
      this.view.setUint16(at + DirectoryEntry.kind, SegmentKind.channel, true);
      this.view.setUint16(at + DirectoryEntry.look, look, true);
      this.view.setUint32(at + DirectoryEntry.byteLen, byteLen, true);
      this.putText(at + DirectoryEntry.unit, DirectoryEntry.unitCount, unit);
    });
  }

  setSystem(figures: Pick<SystemFigures, "arenaUsed" | "arenaLimit" | "cores">): void {
    const at = KernelSegment.system;
    this.change(KernelSegment.metricsEpoch, () => {
      this.view.setFloat64(at + SystemMetrics.arenaUsed, figures.arenaUsed, true);
      this.view.setFloat64(at + SystemMetrics.arenaLimit, figures.arenaLimit, true);
      this.view.setUint32(at + SystemMetrics.cores, figures.cores, true);
    });
  }

  setUnit(index: number, figures: Partial<UnitFigures>): void {
    const at = KernelSegment.units + index * UnitMetrics.bytes;
    this.change(KernelSegment.metricsEpoch, () => {
      this.view.setFloat64(at + UnitMetrics.ticks, figures.ticks ?? 0, true);
      this.view.setFloat32(at + UnitMetrics.stepP50Ms, figures.stepP50Ms ?? 0, true);
      this.view.setFloat32(at + UnitMetrics.stepP95Ms, figures.stepP95Ms ?? 0, true);
      this.view.setFloat32(at + UnitMetrics.tickHz, figures.tickHz ?? 0, true);
      this.view.setFloat32(at + UnitMetrics.workerCpuPct, figures.workerCpuPct ?? 0, true);
      this.view.setUint32(at + UnitMetrics.shards, figures.shards ?? 0, true);
      this.view.setUint32(at + UnitMetrics.elements, figures.elements ?? 0, true);
      this.view.setUint32(at + UnitMetrics.state, figures.state ?? 0, true);
    });
  }

  emit(kind: number, severity: number, unit: string, text: string): number {
    const head = Atomics.load(this.words, KernelSegment.eventHead / WORD) >>> 0;
    const at = KernelSegment.events + (head % KernelSegment.eventsCount) * Event.bytes;
    this.bytes.fill(0, at, at + Event.bytes);
    this.view.setUint32(at + Event.sequence, head + 1, true);
    this.view.setFloat64(at + Event.timeMs, Date.now(), true);
    this.view.setUint16(at + Event.kind, kind, true);
    this.view.setUint8(at + Event.severity, severity);
    this.putText(at + Event.unit, Event.unitCount, unit);
    const written = this.putText(at + Event.text, Event.textCount, text);
    this.view.setUint8(at + Event.textLen, written);
    this.view.setUint32(at + Event.crc, crc32(this.bytes, at + 4, at + Event.bytes), true);
    Atomics.store(this.words, KernelSegment.eventHead / WORD, (head + 1) | 0);
    return head + 1;
  }

  private change(epochOffset: number, write: () => void): void {
    Atomics.add(this.words, epochOffset / WORD, 1);
    write();
    Atomics.add(this.words, epochOffset / WORD, 1);
  }

  private putText(at: number, room: number, text: string): number {
    const encoded = new TextEncoder().encode(text).subarray(0, room);
    this.bytes.fill(0, at, at + room);
    this.bytes.set(encoded, at);
    return encoded.length;
  }
}
