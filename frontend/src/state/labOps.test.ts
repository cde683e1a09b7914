import { describe, expect, it } from "vitest";
import type { LabItem } from "../bridge/lab.ts";
import type { Op, Port } from "../wire/ops.ts";
import { fitness, fitsMedia, listed, matches, placed, shownSlots, withoutSlot } from "./labOps.ts";

const port = (name: string, media: string[] = [], optional = false): Port => ({
  name,
  doc: "",
  media,
  optional,
});

function op(id: string, inputs: Port[], doc = ""): Op {
  const [unit = "", name = ""] = id.split(".");
  return { id, unit, name, doc, plugin: "P", params: [], inputs, outputs: [], results: {} };
}

const item = (id: string, media: string): LabItem => ({
  ...{ id, media, name: id, kind: "bytes", bytes: 1, width: 0, height: 0 },
  ...{ origin: "file", output: "", url: `/lab/T/${id}` },
});

describe("a media type", () => {
  it.each([
    ["image/png", "image/*", true],
    ["image/png", "image/png", true],
    ["image/png", "image/jpeg", false],
    ["imagery/png", "image/*", false],
    ["text/csv", "text/plain", true],
    ["application/json", "text/plain", true],
    ["text/plain", "text/csv", false],
    ["image/png", "application/octet-stream", false],
    ["application/octet-stream", "application/vnd.inos.instances", true],
    ["application/octet-stream", "image/*", false],
  ])("%s fits %s: %s", (media, pattern, fits) => {
    expect(fitsMedia(media, pattern)).toBe(fits);
  });
});

const RESIZE = op("image.resize", [port("picture", ["image/*"])], "Gives a picture another size.");
const HASH = op("crypto.sha256", [port("data")], "The hash of a file.");
const CHECK = op("crypto.check", [port("hash", ["text/plain"])]);
const RANDOM = op("crypto.random_bytes", []);
const INVERT = op("math.invert", [port("a", ["text/csv"])]);
const ALL = [HASH, CHECK, RANDOM, RESIZE, INVERT];

describe("the list of ops", () => {
  it("has all of them, by unit, without a file", () => {
    expect(listed(ALL, "", null).map((g) => [g.unit, g.ops.length])).toEqual([
      ["crypto", 3],
      ["image", 1],
      ["math", 1],
    ]);
  });

  it("has for a file those that take it, what is made for it first", () => {
    const ids = listed(ALL, "", item("t", "text/csv")).flatMap((g) => g.ops.map((o) => o.id));
    expect(ids).toEqual(["math.invert", "crypto.check", "crypto.sha256"]);
    expect(fitness(RANDOM, "text/csv")).toBe(0);
  });

  it("is searched by words of name, unit and explanation", () => {
    expect(matches(RESIZE, "another SIZE")).toBe(true);
    expect(matches(RANDOM, "random bytes crypto")).toBe(true);
    expect(matches(RESIZE, "size hash")).toBe(false);
  });
});

const SIGNED = op("crypto.verify", [port("data"), port("key", ["text/plain"])]);
const MANY = op("crypto.checksums", [port("one"), port("two", [], true), port("three", [], true)]);

describe("files", () => {
  const a = item("a", "image/png");
  const b = item("b", "text/plain");
  it("go to the free place that they fit", () => {
    expect(placed(SIGNED, [], [a, b])).toEqual([a, b]);
    expect(placed(SIGNED, [a, null], [b])).toEqual([a, b]);
    expect(placed(RESIZE, [], [b])).toEqual([null]);
  });

  it("take the place of another one when there is no free one", () => {
    expect(placed(RESIZE, [a], [item("c", "image/gif")])[0]?.id).toBe("c");
  });

  it("leave no gap among the optional ones", () => {
    expect(withoutSlot(MANY, [a, b, a], 1)).toEqual([a, a, null]);
    expect(withoutSlot(MANY, [a, b, null], 0)).toEqual([null, b, null]);
  });

  it("are asked for one place more than there are", () => {
    expect(shownSlots(MANY, [null, null, null])).toBe(2);
    expect(shownSlots(MANY, [a, b, null])).toBe(3);
    expect(shownSlots(MANY, [a, b, a])).toBe(3);
    expect(shownSlots(RANDOM, [])).toBe(0);
  });
});
