// Counts the words of a text; shows a ring of points that turns.
import { Instance, channel, channelCapacity, channelPublish, fail } from "./inos";
import { inputLen, inputMap, paramF64, paramI64, resultF64 } from "./inos";

export function inos_abi(): i32 { return 1; }

export function inos_call(op: i32): i32 {
  return op == 0 ? count() : fail("there is no such op");
}

function isSpace(c: u8): bool { return c == 32 || (c >= 9 && c <= 13 && c != 11); }

function count(): i32 {
  const len = inputLen(0);
  if (len < 0 || len > i32.MAX_VALUE) return fail("there is no text, or it is larger than 2 GiB");
  const text: usize = len > 0 ? inputMap(0, 0, <i32>len) : 0;
  if (len > 0 && text == 0) return fail("there is no room for the text");
  let lines = 0, words = 0, before: u8 = 32;
  for (let i: usize = 0; i < <usize>len; i++) {
    const c = load<u8>(text + i);
    if (c == 10) lines++;
    if (isSpace(before) && !isSpace(c)) words++;
    before = c;
  }
  return resultF64(0, lines) | resultF64(1, words);
}

let turned: f32 = 0;

export function inos_init(): i32 { turned = 0; return 0; }

export function inos_tick(phase: i32, shard: i32, shards: i32, us: i32): i32 {
  const points = channel(0), count = <i32>paramI64(0);
  if (points == 0 || count > channelCapacity(0)) return 0;
  turned += <f32>(paramF64(1) * us / 1e6);
  turned -= Mathf.floor(turned);
  for (let i = 0; i < count; i++) {
    const angle = (turned + <f32>i / <f32>count) * 2 * Mathf.PI;
    const x = Mathf.cos(angle), y = Mathf.sin(angle);
    const point = changetype<Instance>(points + i * offsetof<Instance>());
    point.x = x; point.y = y; point.z = 0;
    point.vx = -y; point.vy = x; point.vz = 0;
  }
  return channelPublish(0, count);
}
