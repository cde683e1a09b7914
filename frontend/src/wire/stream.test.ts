import { describe, expect, it } from "vitest";
import { STREAM_MAGIC, StreamHeader, StreamKind, StreamRequest } from "./gen/layout.ts";
import { decodeMessage, encodeRequest, StreamRefused } from "./stream.ts";

function frameMessage(count: number, stride = 32): ArrayBuffer {
  const message = new ArrayBuffer(StreamHeader.bytes + count * stride);
  const view = new DataView(message);
  view.setUint32(StreamHeader.magic, STREAM_MAGIC, true);
  view.setUint16(StreamHeader.kind, StreamKind.frame, true);
  view.setUint16(StreamHeader.entry, 3, true);
  view.setUint32(StreamHeader.generation, 5, true);
  view.setUint32(StreamHeader.epoch, 9, true);
  view.setUint32(StreamHeader.count, count, true);
  view.setUint32(StreamHeader.stride, stride, true);
  view.setUint32(StreamHeader.byteLen, count * stride, true);
  view.setUint32(StreamHeader.tick, 77, true);
  view.setUint32(StreamHeader.tick + 4, 1, true);
  return message;
}

describe("a message of the stream", () => {
  it("is read", () => {
    expect(decodeMessage(frameMessage(10))).toEqual({
      kind: "frame",
      entry: 3,
      generation: 5,
      epoch: 9,
      count: 10,
      stride: 32,
      stampNs: 0,
      tick: 77 + 2 ** 32,
      payloadOffset: 64,
      byteLen: 320,
    });
  });

  const spoilt: [string, (view: DataView) => void][] = [
    ["another magic", (v) => v.setUint32(StreamHeader.magic, 0, true)],
    ["an unknown kind", (v) => v.setUint16(StreamHeader.kind, 99, true)],
    ["a longer payload than came", (v) => v.setUint32(StreamHeader.byteLen, 0xffffffff, true)],
    ["more elements than bytes", (v) => v.setUint32(StreamHeader.count, 0xffffffff, true)],
    ["a stride of nothing", (v) => v.setUint32(StreamHeader.stride, 0, true)],
    ["a stride of no words", (v) => v.setUint32(StreamHeader.stride, 2, true)],
    ["a kernel segment of the wrong size", (v) => v.setUint16(StreamHeader.kind, 1, true)],
  ];
  it.each(spoilt)("is refused with %s", (_, spoil) => {
    const message = frameMessage(10);
    spoil(new DataView(message));
    expect(() => decodeMessage(message)).toThrow(StreamRefused);
  });

  it("is refused without a header", () => {
    expect(() => decodeMessage(new ArrayBuffer(63))).toThrow(StreamRefused);
  });
});

describe("a request", () => {
  it("lies as the schema says", () => {
    const bytes = new Uint8Array(StreamRequest.bytes);
    const view = new DataView(bytes.buffer);
    encodeRequest(view, { kind: "frame", entry: 3, lastEpoch: 0x01020304, generation: 5 });
    expect([...bytes]).toEqual([0x49, 0x4e, 0x4f, 0x46, 2, 0, 3, 0, 4, 3, 2, 1, 5, 0, 0, 0]);
  });
});
