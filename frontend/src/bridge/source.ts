import type { Frame, FramePath } from "../core/frame.ts";
import type { KernelReader } from "../wire/kernel.ts";

/** Directory index of no channel. */
export const NO_ENTRY = -1;

/** Where frames and the kernel segment come from; both paths look the same from here up. */
export interface FrameSource {
  readonly path: FramePath;
  /**
   * Bytes of frames that were copied inside or into the page since the start. The upload to the
   * graphics card is not in it: every path pays that once.
   */
  readonly copiedBytes: number;
  /** Why there are no frames at the moment; empty: all is well. */
  readonly trouble: string;
  /** Kernel segment, the newest that is known; null before the first. */
  kernel(): KernelReader | null;
  /** Asks for a fresh kernel segment; the shared path always has it. */
  refreshKernel(): void;
  /** Names the directory entry whose channel `acquire` reads; NO_ENTRY lets go of it. */
  select(entry: number): void;
  /** Newest frame, the same one again when there is no newer; null when there is none. */
  acquire(): Frame | null;
  /** Called when something arrived by itself; the shared path never calls it. */
  onArrival: (() => void) | null;
  close(): void;
}
