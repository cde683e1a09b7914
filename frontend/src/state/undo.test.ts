import { describe, expect, it } from "vitest";
import { UndoStack } from "./undo.ts";

describe("taking changes back", () => {
  it("brings back what was before, newest first", () => {
    const stack = new UndoStack();
    stack.push({ a: 1 }, { a: 2 }, 0);
    stack.push({ b: true }, { b: false }, 5000);
    expect(stack.undo()).toEqual({ b: true });
    expect(stack.undo()).toEqual({ a: 1 });
    expect(stack.undo()).toBeNull();
    expect(stack.redo()).toEqual({ a: 2 });
    expect(stack.redo()).toEqual({ b: false });
    expect(stack.redo()).toBeNull();
  });

  it("takes a whole drag back at once", () => {
    const stack = new UndoStack();
    for (let i = 0; i < 50; i++) stack.push({ a: i }, { a: i + 1 }, i * 20);
    expect(stack.undo()).toEqual({ a: 0 });
    expect(stack.canUndo).toBe(false);
    expect(stack.redo()).toEqual({ a: 50 });
  });

  it("keeps other parameters and later drags apart", () => {
    const stack = new UndoStack();
    stack.push({ a: 0 }, { a: 1 }, 0);
    stack.push({ b: 0 }, { b: 1 }, 10);
    stack.push({ b: 1 }, { b: 2 }, 5000);
    expect(stack.undo()).toEqual({ b: 1 });
    expect(stack.undo()).toEqual({ b: 0 });
    expect(stack.undo()).toEqual({ a: 0 });
  });

  it("forgets what was undone when something new is done", () => {
    const stack = new UndoStack();
    stack.push({ a: 0 }, { a: 1 }, 0);
    stack.undo();
    stack.push({ a: 0 }, { a: 7 }, 100);
    expect(stack.canRedo).toBe(false);
  });

  it("has a bound", () => {
    const stack = new UndoStack();
    for (let i = 0; i < 500; i++) stack.push({ a: i }, { a: i + 1 }, i * 10000);
    let steps = 0;
    while (stack.undo()) steps++;
    expect(steps).toBe(100);
  });
});
