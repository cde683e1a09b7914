import { describe, expect, it } from "vitest";
import vectors from "../../../schemas/vectors/refusals.json";
import { type Param, parseParam } from "../wire/manifest.ts";
import { parseOps } from "../wire/ops.ts";
import { kept, problemOf, problemsOf, sendable } from "./labForm.ts";

describe("what does not fit", () => {
  it.each(vectors.map((v) => [v.param.kind, v.value, v.refusal, v] as const))(
    "%s, %j: %s",
    (_, __, refusal, { param, value }) => {
      const parsed = parseParam(param) as Param;
      expect(parsed).not.toBeNull();
      expect(problemOf(parsed, value)).toBe(refusal);
    },
  );
});

const [OP] = parseOps({
  units: [
    {
      manifest: {
        units: [
          {
            name: "u",
            ops: [
              {
                name: "o",
                params: [
                  { name: "n", kind: "integer", default: 3, min: 1, max: 9 },
                  { name: "key", kind: "text", maxBytes: 8, secret: true },
                ],
                inputs: [{ name: "a" }, { name: "b", optional: true }],
              },
            ],
          },
        ],
      },
    },
  ],
});
if (!OP) throw new Error("no op");

describe("a form", () => {
  it("says what keeps it from being run", () => {
    expect(problemsOf(OP, { n: 12 }, [null, null])).toEqual({
      params: { n: "12 does not fit: it takes a whole number, 1 to 9" },
      slots: { 0: "this input is missing: choose a file, or drop one" },
      none: false,
    });
  });

  it("sends a secret only where one was typed", () => {
    expect(sendable(OP, { n: 2, key: "" })).toEqual({ n: 2 });
    expect(sendable(OP, { n: 2, key: "s" })).toEqual({ n: 2, key: "s" });
  });

  it("keeps no secret, and nothing that does not fit", () => {
    expect(kept(OP, { n: 2, key: "s", other: 1 })).toEqual({ n: 2 });
    expect(kept(OP, { n: 99 })).toEqual({});
  });
});
