import { describe, expect, it } from "vitest";
import channelHex from "../../../schemas/vectors/channel.hex?raw";
import kernelHex from "../../../schemas/vectors/kernel.hex?raw";
import { ChannelReader } from "./channel.ts";
import { KernelReader } from "./kernel.ts";

/** Memory of a golden vector: a line "bytes N", then rows "offset hex" of what is not zero. */
function memory(text: string): ArrayBuffer {
  const [head = "", ...rows] = text.trim().split("\n");
  const bytes = new Uint8Array(Number(head.split(" ")[1]));
  for (const row of rows) {
    const [offset = "", hex = ""] = row.split(" ");
    for (let i = 0; i < hex.length; i += 2) {
      bytes[Number.parseInt(offset, 16) + i / 2] = Number.parseInt(hex.slice(i, i + 2), 16);
    }
  }
  return bytes.buffer;
}

describe("the golden vectors that the Go side wrote", () => {
  it("give the figures and the event of the kernel segment", () => {
    const reader = new KernelReader(memory(kernelHex));
    expect(reader.directory(2)).toEqual({
      segment: 5,
      generation: 1,
      kind: 2,
      look: 1,
      byteLen: 110592,
      unit: "boids",
    });
    expect(reader.system()).toEqual({
      arenaUsed: 241664,
      arenaLimit: 16 << 20,
      kernelCpuPct: 2.5,
      workerCpuPct: 87.25,
      kernelRss: 31 << 20,
      workers: 1,
      cores: 4,
    });
    expect(reader.unit(2)).toEqual({
      ticks: 1234,
      published: 1230,
      stepP50Ms: 1.5,
      stepP95Ms: 2.25,
      stepMaxMs: 9.75,
      tickHz: 59.5,
      workerCpuPct: 87.25,
      workerRss: 12 << 20,
      shards: 2,
      elements: 1000,
      restarts: 3,
      state: 1,
      bytesPublished: 1230 * 32000,
    });
    expect(reader.events(0)).toMatchObject([
      {
        sequence: 1,
        kind: "unitRestarted",
        severity: "warning",
        unit: "boids",
        text: "boids was started again",
        timeMs: 1_700_000_000_123,
      },
    ]);
  });

  it("give the newest frame of the channel", () => {
    const frame = new ChannelReader(memory(channelHex), 1).acquire();
    expect(frame).toMatchObject({
      epoch: 2,
      count: 3,
      stride: 32,
      tick: 2,
      stampNs: 2_000_000_014,
    });
    expect([...(frame?.data.subarray(0, 10) ?? [])]).toEqual([
      0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 1.5, 2.5,
    ]);
  });
});
