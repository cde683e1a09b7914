import { describe, expect, it } from "vitest";
import { parseEntry } from "../bridge/vault.ts";
import { parseTask, type VaultTask } from "../bridge/vaultTasks.ts";
import { treemap } from "./treemap.ts";
import { sortedEntries } from "./vaultBrowser.ts";
import { age, parseBytes, taskFigures, taskOutcome, taskTitle } from "./vaultWords.ts";

const MIB = 1024 * 1024;

function task(raw: object): VaultTask {
  const [out] = parseTask({ id: 1, kind: "put", state: "running", space: "main", ...raw });
  if (!out) throw new Error("no task");
  return out;
}

const plain = (text: string) => text.replaceAll("\u202f", " ");

describe("a task in words", () => {
  it("has its speed and the time that is left", () => {
    const running = task({ subject: "/a/Film", done: 10 * MIB, total: 40 * MIB, elapsedMs: 2000 });
    expect(taskTitle(running)).toBe("Storing Film");
    expect(plain(taskFigures(running))).toBe("10.0 of 40.0 MiB · 5.0 MiB/s · about 6 s left");
  });

  it("claims nothing that it does not know", () => {
    expect(plain(taskFigures(task({ done: 10 * MIB, elapsedMs: 100 })))).toBe("10.0 MiB");
    expect(plain(taskFigures(task({ done: 10 * MIB, elapsedMs: 1000 })))).toBe(
      "10.0 MiB · 10.0 MiB/s",
    );
  });

  it("tells what could not be read, and how it ended", () => {
    const result = { files: 3, bytes: MIB, stored: 10, failed: 2 };
    const done = task({ subject: "/a/Film", state: "done", elapsedMs: 1000, result });
    expect(taskTitle(done)).toBe("Film: stored");
    expect(plain(taskOutcome(done))).toBe(
      "3 files, 1.0 MiB in 1 s; 10 B new in the store; 2 could not be read",
    );
    const failed = task({ state: "failed", fault: { message: "its quota is used up", next: "x" } });
    expect(taskOutcome(failed)).toBe("its quota is used up; x");
    const damaged = { health: { damages: 2, lost: 1 } };
    expect(taskOutcome(task({ kind: "check", state: "done", result: damaged }))).toBe(
      "2 damaged places; 1 file cannot be read whole.",
    );
  });

  it("is none when it is another thing", () => {
    for (const raw of [null, 1, {}, { id: 1, kind: "else" }, { id: -1, kind: "put" }]) {
      expect(parseTask(raw)).toEqual([]);
    }
  });
});

describe("sizes and times", () => {
  it.each([
    ["", 0],
    ["512", 512],
    ["50 GiB", 50 * 1024 ** 3],
    ["1.5T", 1.5 * 1024 ** 4],
    ["500 MB", 5e8],
    ["64.0\u202fMiB", 64 * MIB],
  ])("%s is a size", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(["many", "-1", "1 PiBs", "0x10"])("%s is none", (text) =>
    expect(parseBytes(text)).toBeNaN(),
  );

  it("an age is short", () => {
    const now = 1e12;
    expect(age(now, now)).toBe("just now");
    expect(age(now - 5 * 60_000, now)).toBe("5 min ago");
    expect(age(now - 50 * 3600_000, now)).toBe("2 d ago");
  });
});

describe("sorting", () => {
  const entries = [
    { key: "1", name: "b10", kind: "file", bytes: 1 },
    { key: "2", name: "b9", kind: "file", bytes: 2 },
    { key: "3", name: "z", kind: "folder", bytes: 0 },
  ].flatMap(parseEntry);

  it("puts folders first and numbers in their order", () => {
    const names = (by: "name" | "bytes", down: boolean) =>
      sortedEntries(entries, { by, down }).map((e) => e.name);
    expect(names("name", false)).toEqual(["z", "b9", "b10"]);
    expect(names("name", true)).toEqual(["z", "b10", "b9"]);
    expect(names("bytes", true)).toEqual(["z", "b9", "b10"]);
  });
});

describe("the map of the room", () => {
  const area = { x: 0, y: 0, width: 200, height: 100 };

  it.each([[[6, 6, 4, 3, 2, 2, 1]], [[1]], [[1000, 1, 1]], [[5, 0, 5]], [[]]])(
    "fills the area with %j, each as large as its weight",
    (weights: number[]) => {
      const tiles = treemap(weights, (w) => w, area);
      const total = weights.reduce((a, b) => a + b, 0);
      expect(tiles).toHaveLength(weights.filter((w) => w > 0).length);
      for (const t of tiles) {
        expect(t.width * t.height).toBeCloseTo((t.item / total) * 20000);
        expect(t.x + t.width).toBeLessThanOrEqual(200.001);
        expect(t.y + t.height).toBeLessThanOrEqual(100.001);
      }
    },
  );

  it("keeps tiles near to squares, and apart", () => {
    const tiles = treemap([6, 6, 4, 3, 2, 2, 1], (w) => w, area);
    for (const t of tiles) expect(Math.max(t.width / t.height, t.height / t.width)).toBeLessThan(3);
    for (const a of tiles) {
      for (const b of tiles) {
        const over =
          Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1e-6 &&
          Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 1e-6;
        expect(over).toBe(a === b);
      }
    }
  });
});
