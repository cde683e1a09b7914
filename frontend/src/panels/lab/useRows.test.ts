import { describe, expect, it } from "vitest";
import { sortedBy } from "./TableView.tsx";
import { windowOf } from "./useRows.ts";

describe("the rows that are seen", () => {
  it("are those at the place of the scroll bar", () => {
    expect(windowOf(1000, 20, 405, 100)).toEqual({ first: 20, count: 6, height: 20000, top: 400 });
    expect(windowOf(3, 20, 0, 100)).toEqual({ first: 0, count: 3, height: 60, top: 0 });
    expect(windowOf(0, 20, 0, 100).count).toBe(0);
  });

  it("reach the last one, however many there are", () => {
    const rows = 20_000_000;
    const { height } = windowOf(rows, 26, 0, 520);
    expect(height).toBeLessThan(20_000_000);
    const last = windowOf(rows, 26, height - 520, 520);
    expect(last.first).toBe(rows - 20);
    expect(last.first + last.count).toBe(rows);
    expect(windowOf(rows, 26, 0, 520).first).toBe(0);
  });
});

describe("a column", () => {
  it("sorts up, down, and not", () => {
    const none = { sort: -1, down: false, filter: "", column: -1 };
    const up = sortedBy(none, 2);
    const down = sortedBy(up, 2);
    expect([up.sort, up.down, down.down, sortedBy(down, 2).sort]).toEqual([2, false, true, -1]);
    expect(sortedBy(down, 1)).toMatchObject({ sort: 1, down: false });
  });
});
