/** Bytes as people look at them. */

export const ROW_BYTES = 16;

const hex = (value: number, digits: number) => value.toString(16).padStart(digits, "0");

/** "00000010 48 65 6c …  Hello": the place, the bytes, and those that are letters. */
export function hexRow(at: number, bytes: Uint8Array): string {
  const cells = Array.from({ length: ROW_BYTES }, (_, i) => {
    const byte = bytes[i];
    return (byte === undefined ? "  " : hex(byte, 2)) + (i === 7 ? " " : "");
  });
  const letters = [...bytes].map((b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·"));
  return `${hex(at, 8)} ${cells.join(" ")}  ${letters.join("")}`.trimEnd();
}
