import {
  KernelSegment,
  STREAM_MAGIC,
  StreamHeader,
  StreamKind,
  StreamRequest,
} from "./gen/layout.ts";
import { readU64 } from "./segment.ts";

/** One binary message of the stream path; `payload` is a view into the message. */
export interface StreamMessage {
  kind: "kernel" | "frame" | "gone";
  entry: number;
  generation: number;
  epoch: number;
  count: number;
  stride: number;
  stampNs: number;
  tick: number;
  /** Offset of the payload in the message, always 64. */
  payloadOffset: number;
  byteLen: number;
}

export class StreamRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "StreamRefused";
  }
}

const WORD = 4;

export interface Question {
  kind: "kernel" | "frame";
  entry: number;
  lastEpoch: number;
  generation: number;
}

/** Writes a request into a buffer of StreamRequest.bytes that the caller keeps. */
export function encodeRequest(into: DataView, question: Question): void {
  into.setUint32(StreamRequest.magic, STREAM_MAGIC, true);
  into.setUint16(StreamRequest.kind, StreamKind[question.kind], true);
  into.setUint16(StreamRequest.entry, question.entry, true);
  into.setUint32(StreamRequest.lastEpoch, question.lastEpoch, true);
  into.setUint32(StreamRequest.generation, question.generation, true);
}

/** Checks every length before it is believed; throws StreamRefused. */
export function decodeMessage(message: ArrayBuffer): StreamMessage {
  if (message.byteLength < StreamHeader.bytes) throw new StreamRefused("shorter than a header");
  const view = new DataView(message);
  if (view.getUint32(StreamHeader.magic, true) !== STREAM_MAGIC) {
    throw new StreamRefused("not a frame message");
  }
  const byteLen = view.getUint32(StreamHeader.byteLen, true);
  if (byteLen !== message.byteLength - StreamHeader.bytes) {
    throw new StreamRefused(`says ${byteLen} bytes of payload, has another length`);
  }
  const head = {
    entry: view.getUint16(StreamHeader.entry, true),
    generation: view.getUint32(StreamHeader.generation, true),
    epoch: view.getUint32(StreamHeader.epoch, true),
    count: view.getUint32(StreamHeader.count, true),
    stride: view.getUint32(StreamHeader.stride, true),
    stampNs: readU64(view, StreamHeader.stampNs),
    tick: readU64(view, StreamHeader.tick),
    payloadOffset: StreamHeader.bytes,
    byteLen,
  };
  return { kind: checkedKind(view.getUint16(StreamHeader.kind, true), head), ...head };
}

type Head = Omit<StreamMessage, "kind">;

function checkedKind(kind: number, head: Head): StreamMessage["kind"] {
  switch (kind) {
    case StreamKind.kernel:
      if (head.byteLen !== KernelSegment.bytes) throw new StreamRefused("kernel segment cut short");
      return "kernel";
    case StreamKind.frame:
      if (head.stride < WORD || head.stride % WORD !== 0) {
        throw new StreamRefused(`elements of ${head.stride} bytes`);
      }
      if (head.count * head.stride !== head.byteLen) {
        throw new StreamRefused(`${head.count} elements do not fill ${head.byteLen} bytes`);
      }
      return "frame";
    case StreamKind.gone:
      return "gone";
    default:
      throw new StreamRefused(`unknown kind ${kind}`);
  }
}
