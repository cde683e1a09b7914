// Counts its calls and sums bytes: variables, and input as bytes.
import { Host, Var } from "@extism/as-pdk";
import { quietAbort } from "./abort";

export function myAbort(m: string | null, f: string | null, l: u32, c: u32): void {
  quietAbort(m, f, l, c);
}

export function sum(): i32 {
  const input = Host.input();
  let total: u64 = 0;
  for (let i = 0; i < input.length; i++) total += input[i];
  const before = Var.getString("calls");
  const calls = (before === null ? 0 : I32.parseInt(before)) + 1;
  Var.set("calls", Uint8Array.wrap(String.UTF8.encode(calls.toString())));
  Host.outputString(total.toString() + " in call " + calls.toString());
  return 0;
}

export function forget(): i32 {
  Var.remove("calls");
  return 0;
}
