import { emptyFrame, type Frame } from "../core/frame.ts";
import {
  ChannelHeader,
  PAGE_BYTES,
  SegmentHeader,
  SegmentKind,
  SLOT_COUNT,
  SlotHeader,
} from "./gen/layout.ts";
import { checkSegment, readU64, SegmentRefused } from "./segment.ts";

/** Tries to get hold of a slot; the writer would have to publish between two loads each time. */
const MAX_ACQUIRE_TRIES = 64;
const MAX_STRIDE = 4096;
const WORD = 4;

/**
 * The one reader of a triple-buffered channel. It copies nothing: a frame is a view of the slot
 * that the writer filled, and stays valid until the next acquire or release.
 */
export class ChannelReader {
  private readonly words: Int32Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly slots: Float32Array<ArrayBuffer>[] = [];
  private readonly frame: Frame = emptyFrame();
  private readonly capacity: number;

  /** Throws SegmentRefused when the memory is not a sound channel. */
  constructor(buffer: ArrayBuffer, generation: number) {
    checkSegment(buffer, SegmentKind.channel);
    this.view = new DataView(buffer);
    const { capacity, stride, slotBytes } = readShape(this.view, buffer.byteLength);
    this.words = new Int32Array(buffer, 0, ChannelHeader.bytes / WORD);
    this.capacity = capacity;
    this.frame.stride = stride;
    this.frame.generation = generation;
    for (let slot = 0; slot < SLOT_COUNT; slot++) {
      const offset = ChannelHeader.bytes + slot * slotBytes;
      this.slots.push(new Float32Array(buffer, offset, (capacity * stride) / WORD));
    }
  }

  /** Newest frame, held until the next call; null before the first publish. */
  acquire(): Frame | null {
    const slot = this.hold();
    const data = this.slots[slot];
    if (!data) return null;
    const head = ChannelHeader.slots + slot * SlotHeader.bytes;
    const frame = this.frame;
    frame.data = data;
    frame.epoch = Atomics.load(this.words, (head + SlotHeader.epoch) / WORD) >>> 0;
    frame.count = Math.min(this.view.getUint32(head + SlotHeader.count, true), this.capacity);
    frame.tick = readU64(this.view, head + SlotHeader.tick);
    frame.stampNs = readU64(this.view, head + SlotHeader.stampNs);
    return frame;
  }

  /** Epoch of the newest frame, without holding it. */
  epoch(): number {
    return Atomics.load(this.words, ChannelHeader.epoch / WORD) >>> 0;
  }

  release(): void {
    Atomics.store(this.words, ChannelHeader.held / WORD, 0);
  }

  /** Slot number, or -1. The held word is stored before published is read again: SPEC of channels. */
  private hold(): number {
    for (let i = 0; i < MAX_ACQUIRE_TRIES; i++) {
      const published = Atomics.load(this.words, ChannelHeader.published / WORD);
      if (published < 1 || published > SLOT_COUNT) return -1;
      Atomics.store(this.words, ChannelHeader.held / WORD, published);
      if (Atomics.load(this.words, ChannelHeader.published / WORD) === published) {
        return published - 1;
      }
    }
    return -1;
  }
}

interface Shape {
  capacity: number;
  stride: number;
  slotBytes: number;
}

function readShape(view: DataView, mapped: number): Shape {
  if (mapped < ChannelHeader.bytes) throw new SegmentRefused("shorter than a channel header");
  const capacity = view.getUint32(ChannelHeader.capacity, true);
  const stride = view.getUint32(ChannelHeader.stride, true);
  const slotBytes = readU64(view, ChannelHeader.slotBytes);
  const byteLen = readU64(view, SegmentHeader.byteLen);
  if (stride < WORD || stride > MAX_STRIDE || stride % WORD !== 0) {
    throw new SegmentRefused(`elements of ${stride} bytes`);
  }
  if (slotBytes % PAGE_BYTES !== 0 || capacity * stride > slotBytes) {
    throw new SegmentRefused(`${capacity} elements do not fit a slot of ${slotBytes} bytes`);
  }
  if (ChannelHeader.bytes + SLOT_COUNT * slotBytes > byteLen) {
    throw new SegmentRefused("slots reach past the end");
  }
  return { capacity, stride, slotBytes };
}
