/** Sound of a WAV file, decoded here: the window may have no codecs. */

export interface Wav {
  rate: number;
  /** Samples from -1 to 1 of each channel. */
  channels: Float32Array<ArrayBuffer>[];
  seconds: number;
  /** "16-bit PCM". */
  format: string;
}

const PCM = 1;
const FLOAT = 3;
const EXTENSIBLE = 0xfffe;
const MAX_CHANNELS = 32;

interface Format {
  code: number;
  channels: number;
  rate: number;
  bits: number;
}

/** Throws an Error that says why it is none. */
export function parseWav(buffer: ArrayBuffer): Wav {
  const view = new DataView(buffer);
  if (tag(view, 0) !== "RIFF" || tag(view, 8) !== "WAVE") throw new Error("it is no WAV file");
  let format: Format | null = null;
  for (let at = 12; at + 8 <= view.byteLength; ) {
    const size = view.getUint32(at + 4, true);
    const name = tag(view, at);
    if (name === "fmt ") format = parseFormat(view, at + 8, size);
    if (name === "data" && format) return decode(view, format, at + 8, size);
    at += 8 + size + (size % 2);
  }
  throw new Error(format ? "it has no samples" : "it does not say how its samples are written");
}

function tag(view: DataView, at: number): string {
  if (at + 4 > view.byteLength) return "";
  return String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(at + i)));
}

function parseFormat(view: DataView, at: number, size: number): Format {
  if (size < 16 || at + size > view.byteLength) throw new Error("its header is cut short");
  const code = view.getUint16(at, true);
  const extended = code === EXTENSIBLE && size >= 26;
  const format = {
    code: extended ? view.getUint16(at + 24, true) : code,
    channels: view.getUint16(at + 2, true),
    rate: view.getUint32(at + 4, true),
    bits: view.getUint16(at + 14, true),
  };
  if (format.channels < 1 || format.channels > MAX_CHANNELS || format.rate < 1) {
    throw new Error(`${format.channels} channels at ${format.rate} Hz cannot be`);
  }
  return format;
}

function decode(view: DataView, f: Format, at: number, size: number): Wav {
  const read = reader(view, f);
  const width = f.bits / 8;
  const bytes = Math.min(size, view.byteLength - at);
  const frames = Math.floor(bytes / (width * f.channels));
  if (frames === 0) throw new Error("it has no samples");
  const channels = Array.from({ length: f.channels }, (_, c) => {
    const samples = new Float32Array(frames);
    for (let i = 0; i < frames; i++) samples[i] = read(at + (i * f.channels + c) * width);
    return samples;
  });
  const format = `${f.bits}-bit ${f.code === FLOAT ? "float" : "PCM"}`;
  return { rate: f.rate, channels, seconds: frames / f.rate, format };
}

function reader(view: DataView, { code, bits }: Format): (at: number) => number {
  if (code === PCM && bits === 8) return (at) => (view.getUint8(at) - 128) / 128;
  if (code === PCM && bits === 16) return (at) => view.getInt16(at, true) / 32768;
  if (code === PCM && bits === 24) {
    return (at) => ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 8388608;
  }
  if (code === PCM && bits === 32) return (at) => view.getInt32(at, true) / 2147483648;
  if (code === FLOAT && bits === 32) return (at) => view.getFloat32(at, true);
  if (code === FLOAT && bits === 64) return (at) => view.getFloat64(at, true);
  throw new Error(`its samples are of a kind that is not known (${code}, ${bits} bits)`);
}

/** 75.25 s -> "1:15.3". */
export function timeText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}
