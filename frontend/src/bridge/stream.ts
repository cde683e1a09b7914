import { emptyFrame, type Frame } from "../core/frame.ts";
import { StreamRequest } from "../wire/gen/layout.ts";
import { KernelReader } from "../wire/kernel.ts";
import { decodeMessage, encodeRequest, type Question, type StreamMessage } from "../wire/stream.ts";
import { type FrameSource, NO_ENTRY } from "./source.ts";

/** The part of WebSocket that is used; a test brings its own. */
export interface Socket {
  binaryType: string;
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  send(data: ArrayBuffer): void;
  close(): void;
}

export interface StreamOptions {
  connect: () => Socket;
  /** Runs a function later; returns how to call it off. */
  later: (run: () => void, ms: number) => () => void;
}

const FIRST_RETRY_MS = 100;
const MAX_RETRY_MS = 3000;
/** A free entry is asked for again at this pace. */
const GONE_RETRY_MS = 250;
/** Room is made for half as many elements again, so that a growing flock seldom moves. */
const GROWTH = 1.5;
const WORD = 4;

/** Frames that come as copies over a WebSocket: one question, one answer, never more in flight. */
export class StreamSource implements FrameSource {
  readonly path = "stream";
  copiedBytes = 0;
  trouble = "";
  onArrival: (() => void) | null = null;
  private socket: Socket | null = null;
  private open = false;
  private closed = false;
  private retryMs = FIRST_RETRY_MS;
  private cancelRetry: (() => void) | null = null;
  private kernelReader: KernelReader | null = null;
  private kernelAsked = false;
  private frameAsked = false;
  private goneWait: (() => void) | null = null;
  private entry = NO_ENTRY;
  private known = false;
  private remoteGeneration = 0;
  private room: Float32Array<ArrayBuffer> = new Float32Array(0);
  private readonly frame: Frame = emptyFrame();
  private readonly request = new ArrayBuffer(StreamRequest.bytes);
  private readonly requestView = new DataView(this.request);
  private readonly question: Question = { kind: "frame", entry: 0, lastEpoch: 0, generation: 0 };

  constructor(private readonly options: StreamOptions) {
    this.connect();
  }

  kernel(): KernelReader | null {
    return this.kernelReader;
  }

  refreshKernel(): void {
    if (!this.open || this.kernelAsked) return;
    this.kernelAsked = true;
    this.ask("kernel", 0, 0, 0);
  }

  select(entry: number): void {
    if (entry === this.entry) return;
    this.entry = entry;
    this.known = false;
    this.goneWait?.();
    this.goneWait = null;
    // An answer for the old entry may still come; it is dropped by its entry number.
    this.frameAsked = false;
  }

  /** Asks for the next frame whenever none is asked for: a page that does not draw is not sent any. */
  acquire(): Frame | null {
    if (this.entry === NO_ENTRY) return null;
    this.askFrame();
    return this.known ? this.frame : null;
  }

  close(): void {
    this.closed = true;
    this.cancelRetry?.();
    this.goneWait?.();
    this.socket?.close();
    this.socket = null;
    this.open = false;
  }

  private askFrame(): void {
    if (!this.open || this.frameAsked || this.goneWait) return;
    this.frameAsked = true;
    if (this.known) this.ask("frame", this.entry, this.frame.epoch, this.remoteGeneration);
    else this.ask("frame", this.entry, 0, 0);
  }

  private ask(kind: Question["kind"], entry: number, lastEpoch: number, generation: number): void {
    const { question } = this;
    question.kind = kind;
    question.entry = entry;
    question.lastEpoch = lastEpoch;
    question.generation = generation;
    encodeRequest(this.requestView, question);
    this.socket?.send(this.request);
  }

  private connect(): void {
    const socket = this.options.connect();
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onclose = () => this.lost(socket);
    socket.onmessage = (event) => this.received(event.data);
  }

  private opened(): void {
    this.open = true;
    this.retryMs = FIRST_RETRY_MS;
    this.trouble = "";
    this.refreshKernel();
    this.onArrival?.();
  }

  private lost(socket: Socket): void {
    if (socket !== this.socket || this.closed) return;
    this.socket = null;
    this.open = false;
    this.kernelAsked = false;
    this.frameAsked = false;
    if (this.trouble === "")
      this.trouble = "the connection to the frame server ended; trying again";
    this.cancelRetry = this.options.later(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, MAX_RETRY_MS);
  }

  private received(data: unknown): void {
    try {
      if (!(data instanceof ArrayBuffer)) throw new Error("a text message");
      const message = decodeMessage(data);
      this.take(message, data);
      // Figures are read at their own pace; waking the loop for them would draw a paused flock.
      if (message.kind === "kernel") return;
    } catch (error) {
      this.trouble = `the frame server sent nonsense: ${error instanceof Error ? error.message : error}`;
      const socket = this.socket;
      socket?.close();
      if (socket) this.lost(socket);
    }
    this.onArrival?.();
  }

  private take(message: StreamMessage, data: ArrayBuffer): void {
    if (message.kind === "kernel") {
      this.kernelAsked = false;
      this.kernelReader = new KernelReader(data.slice(message.payloadOffset));
      return;
    }
    if (message.entry !== this.entry) return;
    this.frameAsked = false;
    if (message.kind === "gone") {
      this.known = false;
      this.goneWait = this.options.later(() => {
        this.goneWait = null;
        this.onArrival?.();
      }, GONE_RETRY_MS);
      return;
    }
    this.keep(message, data);
  }

  private keep(message: StreamMessage, data: ArrayBuffer): void {
    const words = new Float32Array(data, message.payloadOffset, message.byteLen / WORD);
    const { frame } = this;
    if (words.length > this.room.length || message.stride !== frame.stride) {
      const elements = Math.ceil(message.count * GROWTH);
      this.room = new Float32Array((elements * message.stride) / WORD);
      frame.generation++;
    }
    this.room.set(words);
    // Once by the browser from the socket into the message, once here.
    this.copiedBytes += 2 * message.byteLen;
    this.remoteGeneration = message.generation;
    frame.data = this.room;
    frame.epoch = message.epoch;
    frame.count = message.count;
    frame.stride = message.stride;
    frame.tick = message.tick;
    frame.stampNs = message.stampNs;
    this.known = true;
  }
}
