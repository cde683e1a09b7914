import {
  ChannelWriter,
  KernelWriter,
  newChannelSegment,
  newKernelSegment,
} from "../../wire/writer.ts";

const INSTANCE_BYTES = 32;
const ENTRY = 0;

/** Arena of the demo: a kernel segment and one channel, in memory of the page. */
export class DemoMemory {
  readonly kernel = newKernelSegment();
  readonly writer = new KernelWriter(this.kernel);
  channel: ChannelWriter | null = null;
  private buffer: ArrayBuffer | null = null;
  private limit = 16 << 20;

  open(entry: number): ArrayBuffer | null {
    return entry === ENTRY ? this.buffer : null;
  }

  used(): number {
    return this.kernel.byteLength + (this.buffer?.byteLength ?? 0);
  }

  setLimit(limit: number): void {
    this.limit = limit;
    this.report();
  }

  replace(capacity: number, unit: string, look: number): ChannelWriter {
    this.buffer = newChannelSegment(capacity, INSTANCE_BYTES);
    this.channel = new ChannelWriter(this.buffer);
    this.writer.setEntry(ENTRY, unit, this.buffer.byteLength, look);
    this.report();
    return this.channel;
  }

  private report(): void {
    const cores = navigator.hardwareConcurrency;
    this.writer.setSystem({ arenaUsed: this.used(), arenaLimit: this.limit, cores });
  }
}
