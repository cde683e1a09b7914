import { describe, expect, it } from "vitest";
import { emptyFrame } from "../core/frame.ts";
import type { FrameSource } from "./source.ts";
import { tornCheck } from "./torn.ts";

/** A source with a new frame at each look; `spoil` may change its words. */
function counting(spoil: (words: Int32Array, epoch: number) => void): FrameSource {
  const frame = emptyFrame();
  frame.data = new Float32Array(16);
  frame.count = 2;
  frame.stride = 32;
  const words = new Int32Array(frame.data.buffer);
  return {
    path: "shared",
    copiedBytes: 0,
    trouble: "",
    kernel: () => null,
    refreshKernel: () => {},
    select: () => {},
    acquire: () => {
      frame.epoch++;
      words.fill(frame.epoch);
      spoil(words, frame.epoch);
      return frame;
    },
    onArrival: null,
    close: () => {},
  };
}

describe("the check for torn frames", () => {
  it("finds none where there is none, and looks at every word", async () => {
    const report = await tornCheck(
      counting(() => {}),
      100,
      "fast",
    );
    expect(report).toEqual({ frames: 100, torn: 0, backwards: 0, words: 1600 });
  });

  it("counts each frame with a word that differs, wherever it is", async () => {
    const source = counting((words, epoch) => {
      if (epoch % 10 === 0) words[epoch % 16] = -1;
    });
    expect((await tornCheck(source, 100, "fast")).torn).toBe(10);
  });

  it("counts an epoch that goes back", async () => {
    const source = counting(() => {});
    const { acquire } = source;
    let looks = 0;
    source.acquire = () => {
      const frame = acquire();
      if (frame && ++looks === 5) frame.epoch -= 3;
      return frame;
    };
    expect((await tornCheck(source, 20, "fast")).backwards).toBe(1);
  });
});
