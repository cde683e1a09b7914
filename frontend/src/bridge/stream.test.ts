import { describe, expect, it } from "vitest";
import { STREAM_MAGIC, StreamHeader, StreamKind, StreamRequest } from "../wire/gen/layout.ts";
import { newKernelSegment } from "../wire/writer.ts";
import { type Socket, StreamSource } from "./stream.ts";

class FakeSocket implements Socket {
  binaryType = "";
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly asked: { kind: number; entry: number; lastEpoch: number; generation: number }[] = [];
  closed = false;

  send(data: ArrayBuffer): void {
    const view = new DataView(data);
    this.asked.push({
      kind: view.getUint16(StreamRequest.kind, true),
      entry: view.getUint16(StreamRequest.entry, true),
      lastEpoch: view.getUint32(StreamRequest.lastEpoch, true),
      generation: view.getUint32(StreamRequest.generation, true),
    });
  }

  close(): void {
    this.closed = true;
  }

  answer(kind: number, entry: number, epoch: number, words: Float32Array | ArrayBuffer): void {
    const payload =
      words instanceof ArrayBuffer ? new Uint8Array(words) : new Uint8Array(words.buffer);
    const message = new Uint8Array(StreamHeader.bytes + payload.length);
    message.set(payload, StreamHeader.bytes);
    const view = new DataView(message.buffer);
    view.setUint32(StreamHeader.magic, STREAM_MAGIC, true);
    view.setUint16(StreamHeader.kind, kind, true);
    view.setUint16(StreamHeader.entry, entry, true);
    view.setUint32(StreamHeader.generation, 4, true);
    view.setUint32(StreamHeader.epoch, epoch, true);
    view.setUint32(StreamHeader.count, payload.length / 32, true);
    view.setUint32(StreamHeader.stride, 32, true);
    view.setUint32(StreamHeader.byteLen, payload.length, true);
    this.onmessage?.({ data: message.buffer });
  }

  frames() {
    return this.asked.filter((a) => a.kind === StreamKind.frame);
  }
}

function made() {
  const sockets: FakeSocket[] = [];
  const later: { run: () => void; ms: number }[] = [];
  const source = new StreamSource({
    connect: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    later: (run, ms) => {
      const item = { run, ms };
      later.push(item);
      return () => later.splice(later.indexOf(item), 1);
    },
  });
  const last = () => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error("no socket");
    return socket;
  };
  return { source, sockets, later, last };
}

function birds(count: number, value: number): Float32Array {
  return new Float32Array(count * 8).fill(value);
}

describe("frames by stream", () => {
  it("wakes the loop for a frame and not for a copy of the kernel segment", () => {
    const { source, last } = made();
    let woken = 0;
    source.onArrival = () => woken++;
    source.select(3);
    last().onopen?.();
    woken = 0;
    last().answer(StreamKind.kernel, 0, 0, newKernelSegment());
    expect(woken).toBe(0);
    expect(source.kernel()).not.toBeNull();
    last().answer(StreamKind.frame, 3, 1, birds(2, 1));
    expect(woken).toBe(1);
  });

  it("asks for one frame at a time, and only when one is wanted", () => {
    const { source, last } = made();
    source.select(3);
    expect(source.acquire()).toBeNull();
    expect(last().frames()).toHaveLength(0);
    last().onopen?.();
    source.acquire();
    source.acquire();
    expect(last().frames()).toEqual([{ kind: 2, entry: 3, lastEpoch: 0, generation: 0 }]);
    last().answer(StreamKind.frame, 3, 9, birds(4, 1.5));
    expect(last().frames()).toHaveLength(1);
    expect(source.acquire()).toMatchObject({ epoch: 9, count: 4, stride: 32 });
    expect(last().frames().at(-1)).toEqual({ kind: 2, entry: 3, lastEpoch: 9, generation: 4 });
  });

  it("keeps frames in memory of its own and says so when that moves", () => {
    const { source, last } = made();
    source.select(3);
    last().onopen?.();
    source.acquire();
    last().answer(StreamKind.frame, 3, 1, birds(10, 1));
    const first = source.acquire();
    const { data, generation } = first ?? { data: null, generation: -1 };
    last().answer(StreamKind.frame, 3, 2, birds(12, 2));
    expect(source.acquire()?.data).toBe(data);
    expect(source.acquire()).toMatchObject({ generation, count: 12 });
    last().answer(StreamKind.frame, 3, 3, birds(400, 3));
    expect(source.acquire()?.data).not.toBe(data);
    expect(source.acquire()?.generation).not.toBe(generation);
  });

  it("counts every byte it copied", () => {
    const { source, last } = made();
    source.select(3);
    last().onopen?.();
    source.acquire();
    expect(source.copiedBytes).toBe(0);
    last().answer(StreamKind.frame, 3, 1, birds(10, 1));
    expect(source.copiedBytes).toBe(2 * 320);
  });

  it("drops an answer for an entry that is not shown any more", () => {
    const { source, last } = made();
    source.select(3);
    last().onopen?.();
    source.acquire();
    source.select(5);
    last().answer(StreamKind.frame, 3, 1, birds(10, 1));
    expect(source.acquire()).toBeNull();
    expect(last().frames().at(-1)).toMatchObject({ entry: 5, lastEpoch: 0 });
  });

  it("waits before it asks for a free entry again", () => {
    const { source, last, later } = made();
    source.select(3);
    last().onopen?.();
    source.acquire();
    last().answer(StreamKind.gone, 3, 0, new Float32Array(0));
    source.acquire();
    expect(last().frames()).toHaveLength(1);
    later.shift()?.run();
    source.acquire();
    expect(last().frames()).toHaveLength(2);
  });

  it("keeps a copy of the kernel segment", () => {
    const { source, last } = made();
    last().onopen?.();
    expect(source.kernel()).toBeNull();
    expect(last().asked).toEqual([{ kind: 1, entry: 0, lastEpoch: 0, generation: 0 }]);
    source.refreshKernel();
    expect(last().asked).toHaveLength(1);
    last().answer(StreamKind.kernel, 0, 0, newKernelSegment());
    expect(source.kernel()?.eventHead()).toBe(0);
    source.refreshKernel();
    expect(last().asked).toHaveLength(2);
  });

  it("connects again, slower each time, and asks anew", () => {
    const { source, sockets, later, last } = made();
    source.select(3);
    last().onopen?.();
    source.acquire();
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      last().onclose?.();
      waits.push(later[0]?.ms ?? 0);
      later.shift()?.run();
    }
    expect(waits).toEqual([100, 200, 400, 800, 1600, 3000, 3000, 3000]);
    expect(sockets).toHaveLength(9);
    expect(source.trouble).not.toBe("");
    last().onopen?.();
    source.acquire();
    expect(source.trouble).toBe("");
    expect(last().frames()).toHaveLength(1);
  });

  it.each([
    ["text", "hello"],
    ["bytes that are no message", new ArrayBuffer(100)],
  ])("hangs up on %s", (_, data) => {
    const { source, last, later } = made();
    last().onopen?.();
    const socket = last();
    socket.onmessage?.({ data });
    expect(socket.closed).toBe(true);
    expect(source.trouble).toContain("nonsense");
    expect(later).toHaveLength(1);
  });

  it("stays closed", () => {
    const { source, sockets, last, later } = made();
    last().onopen?.();
    const socket = last();
    source.close();
    socket.onclose?.();
    expect(later).toHaveLength(0);
    expect(sockets).toHaveLength(1);
  });
});
