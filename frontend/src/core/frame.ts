/** How the page gets its frames. */
export type FramePath = "shared" | "stream";

/**
 * The newest frame of a channel. One object per source, updated in place: valid until the next
 * acquire. `data` is the whole slot; only the first `count * stride / 4` words belong to the frame.
 */
export interface Frame {
  data: Float32Array<ArrayBuffer>;
  /** Raised by one at each publish; wraps at 2^32. */
  epoch: number;
  count: number;
  /** Bytes per element. */
  stride: number;
  tick: number;
  /** CLOCK_MONOTONIC at publish, in nanoseconds. */
  stampNs: number;
  /** Changes when the memory behind `data` is another one (a bigger flock). */
  generation: number;
}

export function emptyFrame(): Frame {
  return {
    data: new Float32Array(0),
    epoch: 0,
    count: 0,
    stride: 0,
    tick: 0,
    stampNs: 0,
    generation: 0,
  };
}

/** How the elements of a frame are drawn. */
export type Look = "points" | "birds";
