import { describe, expect, it } from "vitest";
import { FaultError } from "../core/fault.ts";
import { boundProgram, parseBoot, parseFault } from "./program.ts";

describe("what a bound method rejects with", () => {
  it("is read from its JSON", () => {
    const text = JSON.stringify({
      kind: "budget",
      subject: "boids",
      message: "too big",
      next: "raise",
      needed: 20,
      limit: 10,
    });
    const fault = {
      kind: "budget",
      subject: "boids",
      message: "too big",
      next: "raise",
      needed: 20,
      limit: 10,
    };
    expect(parseFault(text)).toEqual(fault);
    expect(parseFault(new Error(text))).toEqual(fault);
  });

  it.each(["plain text", "{broken", "[1]", "null"])("is shown as it is when it is %s", (text) => {
    expect(parseFault(text)).toEqual({
      kind: "internal",
      subject: "INOS",
      message: text,
      next: "",
    });
  });

  it("arrives as a FaultError", async () => {
    const program = boundProgram({
      Control: () => Promise.reject('{"kind":"notFound","message":"m"}'),
    });
    await expect(program.control("pause")).rejects.toBeInstanceOf(FaultError);
    await expect(program.boot()).rejects.toThrow("no method Boot");
  });
});

describe("the greeting of the program", () => {
  it("is checked field by field", () => {
    const boot = parseBoot({
      framePath: "shared",
      units: [
        {
          plugin: "a",
          manifest: { id: "a", units: [{ name: "u", live: { params: [] } }, { name: "job" }] },
        },
        7,
      ],
      live: { unit: "u", entry: 2, params: { n: 1, bad: [] }, state: "running", shards: 2 },
      arena: { used: 5, limit: "x" },
    });
    expect(boot.framePath).toBe("shared");
    expect(boot.units.map((u) => [u.plugin, u.name])).toEqual([["a", "u"]]);
    expect(boot.live).toEqual({
      unit: "u",
      entry: 2,
      params: { n: 1 },
      state: "running",
      shards: 2,
    });
    expect(boot.arena).toEqual({ used: 5, limit: 0 });
    expect(boot.settings).toBeNull();
  });

  it("is refused when it is no object", () => {
    expect(() => parseBoot("hello")).toThrow(FaultError);
  });
});
