import { describe, expect, it } from "vitest";
import { SegmentHeader } from "../wire/gen/layout.ts";
import {
  ChannelWriter,
  KernelWriter,
  newChannelSegment,
  newKernelSegment,
} from "../wire/writer.ts";
import { SharedSource } from "./shared.ts";

function made(spoil?: (buffer: ArrayBuffer) => void) {
  const kernel = newKernelSegment();
  const directory = new KernelWriter(kernel);
  const opened: ArrayBuffer[] = [];
  let buffer = new ArrayBuffer(0);
  const replace = (capacity: number) => {
    buffer = newChannelSegment(capacity, 32);
    spoil?.(buffer);
    directory.setEntry(0, "boids", buffer.byteLength, 1);
    return new ChannelWriter(buffer);
  };
  const source = new SharedSource({
    kernel,
    open: (entry) => {
      if (entry !== 0) return null;
      opened.push(buffer);
      return buffer;
    },
  });
  return { source, replace, opened };
}

function publish(writer: ChannelWriter, value: number): void {
  const slot = writer.begin();
  writer.slot(slot).fill(value);
  writer.publish(slot, 10);
}

describe("frames by shared memory", () => {
  it("maps a channel once and copies nothing", () => {
    const { source, replace, opened } = made();
    const writer = replace(10);
    source.select(0);
    for (let i = 1; i < 20; i++) {
      publish(writer, i);
      expect(source.acquire()?.data[0]).toBe(i);
    }
    expect(opened).toHaveLength(1);
    expect(source.copiedBytes).toBe(0);
  });

  it("follows the unit into a bigger segment", () => {
    const { source, replace, opened } = made();
    publish(replace(10), 1);
    source.select(0);
    const before = source.acquire()?.generation;
    publish(replace(1000), 2);
    const frame = source.acquire();
    expect(frame?.data.length).toBe(8000);
    expect(frame?.generation).not.toBe(before);
    expect(opened).toHaveLength(2);
  });

  it("lets go of the memory that it left, at once", () => {
    const { source, replace, opened } = made();
    publish(replace(1000), 1);
    source.select(0);
    source.acquire();
    const kept: unknown[] = [];
    const [old] = opened;
    // Not every engine that runs these tests can detach a buffer by itself.
    if (old) {
      old.transfer = (bytes) => {
        kept.push(bytes);
        return new ArrayBuffer(0);
      };
    }
    publish(replace(10), 2);
    expect(source.acquire()?.data.length).toBe(80);
    expect(kept).toEqual([0]);
  });

  it("shows nothing for an entry that is free or that was let go", () => {
    const { source, replace } = made();
    source.select(7);
    expect(source.acquire()).toBeNull();
    publish(replace(10), 1);
    source.select(0);
    expect(source.acquire()).not.toBeNull();
    source.select(-1);
    expect(source.acquire()).toBeNull();
  });

  it("tells why it refuses a segment, and does not map it again for each picture", () => {
    const spoil = (buffer: ArrayBuffer) =>
      new DataView(buffer).setUint32(SegmentHeader.magic, 0, true);
    const { source, replace, opened } = made(spoil);
    replace(10);
    source.select(0);
    for (let i = 0; i < 5; i++) expect(source.acquire()).toBeNull();
    expect(source.trouble).toContain("not an arena segment");
    expect(opened).toHaveLength(1);
  });
});
