import type { Frame } from "../core/frame.ts";
import { ChannelReader } from "../wire/channel.ts";
import { KernelReader } from "../wire/kernel.ts";
import { type FrameSource, NO_ENTRY } from "./source.ts";

/** What the web process extension puts into the page. */
export interface SharedMemory {
  kernel: ArrayBuffer;
  /** Maps the segment of a directory entry; null when it is free. */
  open(entry: number): ArrayBuffer | null;
}

/** Frames that are read where the plugin wrote them. */
export class SharedSource implements FrameSource {
  readonly path = "shared";
  readonly copiedBytes = 0;
  trouble = "";
  onArrival: (() => void) | null = null;
  private readonly reader: KernelReader;
  private entry = NO_ENTRY;
  private generation = 0;
  private channel: ChannelReader | null = null;
  private mapped: ArrayBuffer | null = null;

  /** Throws SegmentRefused when the kernel segment is not sound. */
  constructor(private readonly memory: SharedMemory) {
    this.reader = new KernelReader(memory.kernel);
  }

  kernel(): KernelReader {
    return this.reader;
  }

  refreshKernel(): void {}

  select(entry: number): void {
    if (entry === this.entry) return;
    this.drop();
    this.entry = entry;
  }

  acquire(): Frame | null {
    if (this.entry === NO_ENTRY) return null;
    const generation = this.reader.generation(this.entry);
    if (!this.channel || generation !== this.generation) this.open(generation);
    return this.channel ? this.channel.acquire() : null;
  }

  close(): void {
    this.drop();
    this.entry = NO_ENTRY;
  }

  private open(generation: number): void {
    // A refused segment is not tried again until its generation changes.
    if (generation === this.generation && this.trouble !== "") return;
    this.drop();
    const directory = this.reader.directory(this.entry);
    if (!directory || directory.generation !== generation) return;
    const buffer = this.memory.open(this.entry);
    if (!buffer) return;
    this.mapped = buffer;
    this.generation = generation;
    try {
      this.channel = new ChannelReader(buffer, generation);
      this.trouble = "";
    } catch (error) {
      this.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  private drop(): void {
    this.channel?.release();
    this.channel = null;
    // Detached, it need not wait for a collection of old objects, which may be minutes away: 24 MiB
    // after a quarter of a million birds. What draws it still reads nothing then, which is no harm.
    this.mapped?.transfer?.(0);
    this.mapped = null;
    this.generation = 0;
    this.trouble = "";
  }
}
