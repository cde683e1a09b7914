import { decodeEvent, type EventRecord, paddedText } from "./event.ts";
import {
  DirectoryEntry,
  Event,
  KernelSegment,
  SegmentKind,
  SystemMetrics,
  UnitMetrics,
} from "./gen/layout.ts";
import { checkSegment, readU64, SegmentRefused } from "./segment.ts";

export interface Directory {
  segment: number;
  generation: number;
  kind: number;
  /** Look of compute/plugin.capnp: 0 points, 1 birds. */
  look: number;
  byteLen: number;
  unit: string;
}

export interface SystemFigures {
  arenaUsed: number;
  arenaLimit: number;
  kernelCpuPct: number;
  workerCpuPct: number;
  kernelRss: number;
  workers: number;
  cores: number;
}

export interface UnitFigures {
  ticks: number;
  published: number;
  stepP50Ms: number;
  stepP95Ms: number;
  stepMaxMs: number;
  tickHz: number;
  workerCpuPct: number;
  shards: number;
  workerRss: number;
  elements: number;
  restarts: number;
  state: number;
  bytesPublished: number;
}

/** Tries for a consistent read; the kernel changes these parts for microseconds only. */
const MAX_READ_TRIES = 1000;
const WORD = 4;

/** Reads the kernel segment, whether it is the very memory or a copy that came by the stream. */
export class KernelReader {
  private readonly words: Int32Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly bytes: Uint8Array<ArrayBuffer>;

  /** Throws SegmentRefused when the memory is not a sound kernel segment. */
  constructor(buffer: ArrayBuffer) {
    checkSegment(buffer, SegmentKind.kernel);
    if (buffer.byteLength < KernelSegment.bytes)
      throw new SegmentRefused("kernel segment cut short");
    this.words = new Int32Array(buffer, 0, KernelSegment.bytes / WORD);
    this.view = new DataView(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  /** Null when the entry is free, out of range or was never at rest. */
  directory(index: number): Directory | null {
    if (!inRange(index, KernelSegment.directoryCount)) return null;
    const at = KernelSegment.directory + index * DirectoryEntry.bytes;
    const entry = this.atRest(KernelSegment.directoryEpoch, () => this.readDirectory(at));
    return entry && entry.segment !== 0 ? entry : null;
  }

  /** Generation of an entry as one word: cheap enough for every frame. 0 also means unknown. */
  generation(index: number): number {
    if (!inRange(index, KernelSegment.directoryCount)) return 0;
    const at = KernelSegment.directory + index * DirectoryEntry.bytes + DirectoryEntry.generation;
    return Atomics.load(this.words, at / WORD) >>> 0;
  }

  system(): SystemFigures | null {
    return this.atRest(KernelSegment.metricsEpoch, () => this.readSystem(KernelSegment.system));
  }

  unit(index: number): UnitFigures | null {
    if (!inRange(index, KernelSegment.unitsCount)) return null;
    const at = KernelSegment.units + index * UnitMetrics.bytes;
    return this.atRest(KernelSegment.metricsEpoch, () => this.readUnit(at));
  }

  eventHead(): number {
    return Atomics.load(this.words, KernelSegment.eventHead / WORD) >>> 0;
  }

  eventsDropped(): number {
    return Atomics.load(this.words, KernelSegment.eventsDropped / WORD) >>> 0;
  }

  /** Events after number `since`, oldest first; damaged or overwritten ones are left out. */
  events(since: number): EventRecord[] {
    const head = this.eventHead();
    const fresh = Math.min((head - since) >>> 0, KernelSegment.eventsCount);
    const found: EventRecord[] = [];
    for (let back = fresh - 1; back >= 0; back--) {
      const sequence = (head - back) >>> 0;
      const event = this.readEvent(sequence);
      if (event && event.sequence === sequence) found.push(event);
    }
    return found;
  }

  private atRest<T>(epochOffset: number, read: () => T): T | null {
    for (let i = 0; i < MAX_READ_TRIES; i++) {
      const before = Atomics.load(this.words, epochOffset / WORD);
      if (before & 1) continue;
      const value = read();
      if (Atomics.load(this.words, epochOffset / WORD) === before) return value;
    }
    return null;
  }

  private readEvent(sequence: number): EventRecord | null {
    const at = KernelSegment.events + eventIndex(sequence) * Event.bytes;
    return decodeEvent(this.bytes.slice(at, at + Event.bytes));
  }

  private readDirectory(at: number): Directory {
    const { view } = this;
    return {
      segment: view.getUint32(at + DirectoryEntry.segment, true),
      generation: view.getUint32(at + DirectoryEntry.generation, true),
      kind: view.getUint16(at + DirectoryEntry.kind, true),
      look: view.getUint16(at + DirectoryEntry.look, true),
      byteLen: readU64(view, at + DirectoryEntry.byteLen),
      unit: paddedText(this.bytes, at + DirectoryEntry.unit, DirectoryEntry.unitCount),
    };
  }

  private readSystem(at: number): SystemFigures {
    const { view } = this;
    return {
      arenaUsed: view.getFloat64(at + SystemMetrics.arenaUsed, true),
      arenaLimit: view.getFloat64(at + SystemMetrics.arenaLimit, true),
      kernelCpuPct: view.getFloat32(at + SystemMetrics.kernelCpuPct, true),
      workerCpuPct: view.getFloat32(at + SystemMetrics.workerCpuPct, true),
      kernelRss: view.getFloat64(at + SystemMetrics.kernelRss, true),
      workers: view.getUint32(at + SystemMetrics.workers, true),
      cores: view.getUint32(at + SystemMetrics.cores, true),
    };
  }

  private readUnit(at: number): UnitFigures {
    const { view } = this;
    return {
      ticks: view.getFloat64(at + UnitMetrics.ticks, true),
      published: view.getFloat64(at + UnitMetrics.published, true),
      stepP50Ms: view.getFloat32(at + UnitMetrics.stepP50Ms, true),
      stepP95Ms: view.getFloat32(at + UnitMetrics.stepP95Ms, true),
      stepMaxMs: view.getFloat32(at + UnitMetrics.stepMaxMs, true),
      tickHz: view.getFloat32(at + UnitMetrics.tickHz, true),
      workerCpuPct: view.getFloat32(at + UnitMetrics.workerCpuPct, true),
      shards: view.getUint32(at + UnitMetrics.shards, true),
      workerRss: view.getFloat64(at + UnitMetrics.workerRss, true),
      elements: view.getUint32(at + UnitMetrics.elements, true),
      restarts: view.getUint32(at + UnitMetrics.restarts, true),
      state: view.getUint32(at + UnitMetrics.state, true),
      bytesPublished: view.getFloat64(at + UnitMetrics.bytesPublished, true),
    };
  }
}

/** Place in the ring of the event with this sequence number; the first event has number 1. */
export function eventIndex(sequence: number): number {
  return ((sequence - 1) >>> 0) % KernelSegment.eventsCount;
}

function inRange(index: number, count: number): boolean {
  return Number.isInteger(index) && index >= 0 && index < count;
}
