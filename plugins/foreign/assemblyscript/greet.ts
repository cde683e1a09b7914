// Greets: input, output, settings, the host's log and errors.
import { Config, Host, LogLevel, Memory } from "@extism/as-pdk";
import { error_set } from "@extism/as-pdk/lib/env";
import { quietAbort } from "./abort";

export function myAbort(m: string | null, f: string | null, l: u32, c: u32): void {
  quietAbort(m, f, l, c);
}

export function greetByName(): i32 {
  const name = Host.inputString();
  if (name.length == 0) {
    error_set(Memory.allocateString("a name is needed").offset);
    return 3;
  }
  const word = Config.get("greeting");
  Host.log(LogLevel.Info, "greeting " + name);
  Host.outputString((word === null ? "Hello" : word) + ", " + name + "!");
  return 0;
}
