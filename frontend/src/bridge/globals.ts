import type { SharedMemory } from "./shared.ts";
import type { TornMode, TornReport } from "./torn.ts";

type Bound = Record<string, (...args: unknown[]) => Promise<unknown>>;

interface WailsRuntime {
  WindowFullscreen?: () => void;
  WindowUnfullscreen?: () => void;
  WindowIsFullscreen?: () => Promise<boolean>;
  /** Returns how to stop listening. */
  EventsOn?: (name: string, run: (data: unknown) => void) => () => void;
}

declare global {
  interface Window {
    /** Bound methods, put here by Wails. */
    go?: { main?: { App?: Bound } };
    /** Wails' own helpers. */
    runtime?: WailsRuntime;
    /** Put here by the web process extension. */
    __inos?: SharedMemory;
    /** Checks frames of a test channel for torn ones; torn.ts says how. */
    inosTornCheck?: (
      frames: number,
      mode: TornMode,
      entry?: number,
      path?: "shared" | "stream",
    ) => Promise<TornReport>;
  }
}
