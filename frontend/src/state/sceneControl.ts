import type { SceneMeters } from "./figures.ts";
import type { Pose } from "./settings.ts";
import type { PointerChoice } from "./store.ts";

/** What the session asks of the scene; the view hands it in once the canvas is there. */
export interface SceneControl {
  readonly meters: SceneMeters;
  follow(on: boolean): boolean;
  setPointerMode(mode: PointerChoice): void;
  resetView(): void;
  pose(): Pose;
  forget(): void;
  wake(): void;
  capture(): string;
}
