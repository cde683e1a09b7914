import { describe, expect, it } from "vitest";
import { ChannelReader } from "./channel.ts";
import { ChannelHeader, PAGE_BYTES, SegmentHeader, SlotHeader } from "./gen/layout.ts";
import { SegmentRefused } from "./segment.ts";
import { ChannelWriter, newChannelSegment } from "./writer.ts";

const STRIDE = 32;

function filled(capacity = 100) {
  const buffer = newChannelSegment(capacity, STRIDE);
  return { buffer, writer: new ChannelWriter(buffer), reader: new ChannelReader(buffer, 1) };
}

function publish(writer: ChannelWriter, value: number, count = 100): number {
  const slot = writer.begin();
  writer.slot(slot).fill(value);
  return writer.publish(slot, count);
}

describe("the reader of a channel", () => {
  it("has no frame before the first publish", () => {
    expect(filled().reader.acquire()).toBeNull();
  });

  it("shows the newest frame where it was written, without a copy", () => {
    const { buffer, writer, reader } = filled();
    publish(writer, 1);
    const epoch = publish(writer, 2, 40);
    const frame = reader.acquire();
    expect(frame).toMatchObject({ epoch, count: 40, stride: STRIDE, tick: 2, generation: 1 });
    expect(frame?.data.buffer).toBe(buffer);
    expect(frame?.data[0]).toBe(2);
    expect(frame?.data.length).toBe((100 * STRIDE) / 4);
  });

  it("hands out the same views again and again", () => {
    const { writer, reader } = filled();
    const seen = new Set<Float32Array>();
    for (let i = 1; i <= 30; i++) {
      publish(writer, i);
      const frame = reader.acquire();
      if (frame) seen.add(frame.data);
    }
    expect(seen.size).toBeLessThanOrEqual(3);
  });

  it("keeps its frame whole while the writer publishes many more", () => {
    const { writer, reader } = filled();
    publish(writer, 7);
    const held = reader.acquire();
    for (let i = 0; i < 50; i++) publish(writer, 100 + i);
    expect(held?.data.every((word) => word === 7)).toBe(true);
    expect(reader.acquire()?.data[0]).toBe(149);
  });

  it("never sees a torn frame, however reads and writes fall between each other", () => {
    const { writer, reader } = filled(16);
    let seed = 12345;
    const chance = () => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed / 0x7fffffff;
    };
    let slot = -1;
    let written = 0;
    let value = 0;
    let last = 0;
    let checked = 0;
    for (let i = 0; i < 20000; i++) {
      if (chance() < 0.7) {
        if (slot < 0) {
          slot = writer.begin();
          written = 0;
          value++;
        }
        // A frame is written in several goes, so that a read can fall into the middle.
        const part = writer.slot(slot);
        part.fill(value, written, written + 64);
        written += 64;
        if (written >= 128) {
          writer.publish(slot, 16);
          slot = -1;
        }
        continue;
      }
      const frame = reader.acquire();
      if (!frame) continue;
      const first = frame.data[0] ?? 0;
      expect(frame.data.every((word) => word === first)).toBe(true);
      expect(first).toBeGreaterThanOrEqual(last);
      last = first;
      checked++;
    }
    expect(checked).toBeGreaterThan(1000);
  });

  it("tries again when the writer publishes between its two looks", () => {
    const { buffer, writer, reader } = filled();
    publish(writer, 1);
    const words = new Int32Array(buffer);
    const load = Atomics.load;
    let looks = 0;
    // The writer slips in after the first look at `published`.
    Atomics.load = ((array: Int32Array<ArrayBuffer>, index: number) => {
      const value = load(array, index);
      const ours = array.buffer === words.buffer && index === ChannelHeader.published / 4;
      if (ours && ++looks === 1) publish(writer, 2);
      return value;
    }) as typeof Atomics.load;
    try {
      expect(reader.acquire()?.data[0]).toBe(2);
    } finally {
      Atomics.load = load;
    }
  });

  it("lets go of its slot", () => {
    const { buffer, writer, reader } = filled();
    publish(writer, 1);
    reader.acquire();
    reader.release();
    expect(new Int32Array(buffer)[ChannelHeader.held / 4]).toBe(0);
  });

  it("believes no count beyond the capacity", () => {
    const { buffer, writer, reader } = filled();
    publish(writer, 1);
    const view = new DataView(buffer);
    for (let slot = 0; slot < 3; slot++) {
      view.setUint32(ChannelHeader.slots + slot * SlotHeader.bytes, 0xffffffff, true);
    }
    expect(reader.acquire()?.count).toBe(100);
  });

  it("ignores a slot number that there is not", () => {
    const { buffer, reader } = filled();
    new DataView(buffer).setUint32(ChannelHeader.published, 4, true);
    expect(reader.acquire()).toBeNull();
  });
});

describe("a channel that is not sound", () => {
  const spoilt: [string, (view: DataView) => void][] = [
    ["another magic", (v) => v.setUint32(SegmentHeader.magic, 1, true)],
    ["another kind", (v) => v.setUint16(SegmentHeader.kind, 1, true)],
    ["another version", (v) => v.setUint16(SegmentHeader.version, 9, true)],
    ["another layout", (v) => v.setUint32(SegmentHeader.layoutHash, 1, true)],
    ["a length beyond the mapping", (v) => v.setUint32(SegmentHeader.byteLen, 1 << 30, true)],
    ["a length of terabytes", (v) => v.setUint32(SegmentHeader.byteLen + 4, 0xffff, true)],
    ["a stride of no words", (v) => v.setUint32(ChannelHeader.stride, 30, true)],
    ["a stride of nothing", (v) => v.setUint32(ChannelHeader.stride, 0, true)],
    ["a huge stride", (v) => v.setUint32(ChannelHeader.stride, 1 << 20, true)],
    ["more elements than fit", (v) => v.setUint32(ChannelHeader.capacity, 0xffffffff, true)],
    ["slots off the pages", (v) => v.setUint32(ChannelHeader.slotBytes, 4100, true)],
    ["slots past the end", (v) => v.setUint32(ChannelHeader.slotBytes, PAGE_BYTES * 64, true)],
  ];
  it.each(spoilt)("is refused: %s", (_, spoil) => {
    const buffer = newChannelSegment(100, STRIDE);
    spoil(new DataView(buffer));
    expect(() => new ChannelReader(buffer, 1)).toThrow(SegmentRefused);
  });

  it("is refused when it is shorter than its header", () => {
    expect(() => new ChannelReader(new ArrayBuffer(16), 1)).toThrow(SegmentRefused);
    const cut = newChannelSegment(100, STRIDE).slice(0, 512);
    new DataView(cut).setUint32(SegmentHeader.byteLen, 512, true);
    expect(() => new ChannelReader(cut, 1)).toThrow(SegmentRefused);
  });
});
