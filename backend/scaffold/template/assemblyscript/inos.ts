// What INOS offers (plugins/SPEC.md, ABI-5), and three words for errors. The rest of ABI-5 is declared in
// the same way. Nothing here allocates: the memory that `new` and texts take must come from the
// module's first pages, since memory.size counts the host's windows too (ABI-14).

// @ts-ignore: decorator
@external("inos", "param_f64")
export declare function paramF64(i: i32): f64;
// @ts-ignore: decorator
@external("inos", "param_i64")
export declare function paramI64(i: i32): i64;
// @ts-ignore: decorator
@external("inos", "input_len")
export declare function inputLen(i: i32): i64;
// @ts-ignore: decorator
@external("inos", "input_map")
export declare function inputMap(i: i32, offset: i64, len: i32): usize;
// @ts-ignore: decorator
@external("inos", "output_map")
export declare function outputMap(i: i32, len: i64): usize;
// @ts-ignore: decorator
@external("inos", "result_f64")
export declare function resultF64(i: i32, value: f64): i32;
// @ts-ignore: decorator
@external("inos", "channel")
export declare function channel(i: i32): usize;
// @ts-ignore: decorator
@external("inos", "channel_capacity")
export declare function channelCapacity(i: i32): i32;
// @ts-ignore: decorator
@external("inos", "channel_publish")
export declare function channelPublish(i: i32, count: i32): i32;
// @ts-ignore: decorator
@external("inos", "fail")
declare function hostFail(text: usize, len: i32): void;

/** An element of a frame (ABI-57). */
@unmanaged
export class Instance {
  x: f32; y: f32; z: f32; a: f32;
  vx: f32; vy: f32; vz: f32; b: f32;
}

const ROOM: i32 = 1024;
const room = memory.data(ROOM);

/** Sets the error's text and is the code to return. */
export function fail(text: string): i32 {
  const letters = min(text.length, ROOM / 3); // a letter takes 3 bytes at most
  const len = String.UTF8.encodeUnsafe(changetype<usize>(text), letters, room);
  hostFail(room, <i32>len);
  return 1;
}

/** What AssemblyScript calls before it traps. */
export function abort(text: string | null, file: string | null, line: u32, column: u32): void {
  fail(text === null ? "aborted" : text);
  unreachable();
}
