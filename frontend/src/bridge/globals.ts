import type { TornMode, TornReport } from "./bench.ts";
import type { SharedMemory } from "./shared.ts";

type Bound = Record<string, (...args: unknown[]) => Promise<unknown>>;

interface WailsRuntime {
  WindowFullscreen?: () => void;
  WindowUnfullscreen?: () => void;
  WindowIsFullscreen?: () => Promise<boolean>;
}

declare global {
  interface Window {
    /** Bound methods, put here by Wails. */
    go?: { main?: { App?: Bound } };
    /** Wails' own helpers. */
    runtime?: WailsRuntime;
    /** Put here by the web process extension. */
    __inos?: SharedMemory;
    /** Set while the program measures round trips: the page then echoes by itself. */
    __inosBench?: boolean;
    /** Echoes pings for at most `ms` milliseconds; returns how many. */
    inosEchoLoop?: (ms: number) => number;
    /** Checks frames of a test channel for torn ones; bench.ts says how. */
    inosTornCheck?: (
      frames: number,
      mode: TornMode,
      entry?: number,
      path?: "shared" | "stream",
    ) => Promise<TornReport>;
  }
}
