import { describe, expect, it } from "vitest";
import { Event, EventKind, KernelSegment, SegmentKind } from "./gen/layout.ts";
import { KernelReader } from "./kernel.ts";
import { SegmentRefused } from "./segment.ts";
import { KernelWriter, newKernelSegment, newSegment } from "./writer.ts";

function made() {
  const buffer = newKernelSegment();
  return { buffer, writer: new KernelWriter(buffer), reader: new KernelReader(buffer) };
}

describe("the reader of the kernel segment", () => {
  it("reads the directory", () => {
    const { writer, reader } = made();
    writer.setEntry(3, "boids", 40960, 1);
    expect(reader.directory(3)).toEqual({
      segment: 2,
      generation: 1,
      kind: SegmentKind.channel,
      look: 1,
      byteLen: 40960,
      unit: "boids",
    });
    expect(reader.generation(3)).toBe(1);
  });

  it("finds nothing in a free entry or outside the directory", () => {
    const { reader } = made();
    for (const index of [0, -1, 64, 1.5, Number.NaN]) expect(reader.directory(index)).toBeNull();
    expect(reader.unit(64)).toBeNull();
    expect(reader.generation(9999)).toBe(0);
  });

  it("reads the meters", () => {
    const { writer, reader } = made();
    writer.setSystem({ arenaUsed: 1000, arenaLimit: 16777216, cores: 2 });
    writer.setUnit(5, { ticks: 12, stepP50Ms: 1.5, stepP95Ms: 2.25, shards: 2, elements: 10000 });
    expect(reader.system()).toMatchObject({ arenaUsed: 1000, arenaLimit: 16777216, cores: 2 });
    expect(reader.unit(5)).toMatchObject({ ticks: 12, stepP50Ms: 1.5, stepP95Ms: 2.25, shards: 2 });
  });

  it("gives up on meters that are always being written", () => {
    const { buffer, reader } = made();
    new Int32Array(buffer)[KernelSegment.metricsEpoch / 4] = 7;
    expect(reader.system()).toBeNull();
  });

  it.each([
    ["too short", new ArrayBuffer(8)],
    ["another kind", newSegment(SegmentKind.channel, KernelSegment.bytes)],
    ["cut short", newSegment(SegmentKind.kernel, 4096)],
  ])("refuses a segment that is %s", (_, buffer) => {
    expect(() => new KernelReader(buffer)).toThrow(SegmentRefused);
  });
});

describe("the event ring", () => {
  it("gives the events since a number, oldest first", () => {
    const { writer, reader } = made();
    writer.emit(EventKind.unitStarted, 0, "boids", "runs");
    writer.emit(EventKind.unitFailed, 2, "boids", "trap: unreachable");
    const events = reader.events(1);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      sequence: 2,
      kind: "unitFailed",
      severity: "error",
      unit: "boids",
      text: "trap: unreachable",
    });
    expect(reader.events(2)).toEqual([]);
  });

  it("keeps the newest 256 when more came", () => {
    const { writer, reader } = made();
    for (let i = 1; i <= 600; i++) writer.emit(EventKind.pluginLog, 0, "x", `line ${i}`);
    const events = reader.events(0);
    expect(events).toHaveLength(256);
    expect(events[0]?.text).toBe("line 345");
    expect(events.at(-1)?.text).toBe("line 600");
  });

  it("leaves out a record whose CRC does not fit", () => {
    const { buffer, writer, reader } = made();
    writer.emit(EventKind.unitFailed, 2, "boids", "first");
    writer.emit(EventKind.unitFailed, 2, "boids", "second");
    new Uint8Array(buffer)[KernelSegment.events + Event.text] = 0x58;
    expect(reader.events(0).map((e) => e.text)).toEqual(["second"]);
  });

  it("leaves out a sound record with another number", () => {
    const { buffer, writer, reader } = made();
    writer.emit(EventKind.unitFailed, 2, "boids", "first");
    new Int32Array(buffer)[KernelSegment.eventHead / 4] = 2;
    const copy = new Uint8Array(buffer, KernelSegment.events, Event.bytes);
    new Uint8Array(buffer).set(copy, KernelSegment.events + Event.bytes);
    expect(reader.events(0).map((e) => e.sequence)).toEqual([1]);
  });

  it("calls an unknown kind and an unknown severity by what is safe", () => {
    const { writer, reader } = made();
    writer.emit(999, 77, "", "?");
    expect(reader.events(0)[0]).toMatchObject({ kind: "none", severity: "error" });
  });

  it("survives text that is no UTF-8", () => {
    const { buffer, writer, reader } = made();
    writer.emit(EventKind.pluginLog, 0, "x", "");
    const at = KernelSegment.events;
    new Uint8Array(buffer).fill(0xff, at + Event.text, at + Event.text + 4);
    expect(reader.events(0)).toEqual([]);
  });
});
