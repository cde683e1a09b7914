import { LAYOUT_HASH, LAYOUT_VERSION, MAGIC, SegmentHeader } from "./gen/layout.ts";

/** Memory that does not hold what it should: nothing in it is believed. */
export class SegmentRefused extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "SegmentRefused";
  }
}

const TWO_32 = 4294967296;
/** Most bytes a segment may say it has: more than any budget, far below where doubles lose ones. */
const MAX_BYTE_LEN = 2 ** 40;

/** Magic, kind, version, hash and length, in this order; throws SegmentRefused. */
export function checkSegment(buffer: ArrayBuffer, kind: number): void {
  if (buffer.byteLength < SegmentHeader.bytes) throw new SegmentRefused("shorter than a header");
  const view = new DataView(buffer);
  if (view.getUint32(SegmentHeader.magic, true) !== MAGIC) {
    throw new SegmentRefused("not an arena segment");
  }
  const found = view.getUint16(SegmentHeader.kind, true);
  if (found !== kind) throw new SegmentRefused(`kind ${found}, expected ${kind}`);
  const version = view.getUint16(SegmentHeader.version, true);
  if (version !== LAYOUT_VERSION) {
    throw new SegmentRefused(`layout version ${version}, this page reads ${LAYOUT_VERSION}`);
  }
  const low = view.getUint32(SegmentHeader.layoutHash, true);
  const high = view.getUint32(SegmentHeader.layoutHash + 4, true);
  if (low !== LAYOUT_HASH[0] || high !== LAYOUT_HASH[1]) {
    throw new SegmentRefused("another memory layout: program and page are of different builds");
  }
  const byteLen = readU64(view, SegmentHeader.byteLen);
  if (byteLen > MAX_BYTE_LEN || byteLen > buffer.byteLength) {
    throw new SegmentRefused(`says ${byteLen} bytes, only ${buffer.byteLength} are mapped`);
  }
}

/** Exact below 2^53, which covers 104 days of nanoseconds; rounded above. */
export function readU64(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_32;
}
