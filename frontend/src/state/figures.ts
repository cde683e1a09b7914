import type { FrameSource } from "../bridge/source.ts";
import { History } from "../core/history.ts";
import { LiveState } from "../wire/gen/layout.ts";
import type { SystemFigures, UnitFigures } from "../wire/kernel.ts";

/** Everything the status bar shows. NaN: not known. */
export interface Figures {
  elements: number;
  fps: number;
  drawMs: number;
  stepP50Ms: number;
  stepP95Ms: number;
  tickHz: number;
  shards: number;
  workerCpuPct: number;
  arenaUsed: number;
  arenaLimit: number;
  copiedPerFrame: number;
}

export type FigureName = keyof Figures;

export const NO_FIGURES: Figures = {
  elements: Number.NaN,
  fps: Number.NaN,
  drawMs: Number.NaN,
  stepP50Ms: Number.NaN,
  stepP95Ms: Number.NaN,
  tickHz: Number.NaN,
  shards: Number.NaN,
  workerCpuPct: Number.NaN,
  arenaUsed: Number.NaN,
  arenaLimit: Number.NaN,
  copiedPerFrame: Number.NaN,
};

/** States in which the last steps say how fast the unit is. */
const RATED: ReadonlySet<number> = new Set([LiveState.running, LiveState.paused]);

/** What a unit that stands still has none of. */
const NO_RATES: Partial<Figures> = {
  stepP50Ms: Number.NaN,
  stepP95Ms: Number.NaN,
  tickHz: Number.NaN,
};

/** Running totals of the scene, of which the sampler takes differences, and how it is. */
export interface SceneMeters {
  pictures: number;
  drawMs: number;
  intervalMs: number;
  frames: number;
  asleep: boolean;
  /** Share of the shown frame's elements that cannot be drawn. */
  lost: number;
}

export const SAMPLES_PER_SECOND = 4;
const HISTORY_S = 60;
/** A unit that runs and has not ticked for this long has no rate to speak of. */
const STANDING_MS = 1000;

type PageTotals = Omit<SceneMeters, "asleep" | "lost"> & { copied: number };

const NO_TOTALS: PageTotals = { pictures: 0, drawMs: 0, intervalMs: 0, frames: 0, copied: 0 };

/** Reads the kernel's and the page's meters four times a second and remembers a minute of them. */
export class FigureSampler {
  readonly histories: Record<FigureName, History>;
  /** Totals of the last second, oldest first: figures at 4 a second would jump with slow pictures. */
  private readonly totals: PageTotals[] = [];
  private ticks = Number.NaN;
  private tickedMs = 0;
  /** Nothing new has come for a while, though nobody paused the unit. */
  standing = false;

  constructor() {
    const all = Object.keys(NO_FIGURES).map((name) => [
      name,
      new History(HISTORY_S * SAMPLES_PER_SECOND),
    ]);
    this.histories = Object.fromEntries(all) as Record<FigureName, History>;
  }

  sample(source: FrameSource, entry: number, scene: SceneMeters | null, nowMs: number): Figures {
    const kernel = source.kernel();
    const system = kernel?.system() ?? null;
    const unit = kernel?.unit(entry) ?? null;
    this.watch(unit, nowMs);
    const figures = {
      ...NO_FIGURES,
      ...systemFigures(system),
      ...unitFigures(unit),
      ...(this.standing ? NO_RATES : {}),
      ...this.pageFigures(source, scene),
    };
    for (const [name, value] of Object.entries(figures)) {
      this.histories[name as FigureName].push(value);
    }
    return figures;
  }

  private watch(unit: UnitFigures | null, nowMs: number): void {
    const runs = unit?.state === LiveState.running;
    if (!runs || unit.ticks !== this.ticks) {
      this.ticks = runs ? unit.ticks : Number.NaN;
      this.tickedMs = nowMs;
    }
    const late = nowMs - this.tickedMs > STANDING_MS;
    this.standing = late || (!!unit && !RATED.has(unit.state));
  }

  private pageFigures(source: FrameSource, scene: SceneMeters | null): Partial<Figures> {
    if (!scene) return {};
    const last = this.totals[0] ?? NO_TOTALS;
    const pictures = scene.pictures - last.pictures;
    const frames = scene.frames - last.frames;
    const interval = scene.intervalMs - last.intervalMs;
    const drawn = scene.drawMs - last.drawMs;
    const copied = source.copiedBytes - last.copied;
    this.totals.push({ ...scene, copied: source.copiedBytes });
    if (this.totals.length > SAMPLES_PER_SECOND) this.totals.shift();
    return {
      fps: pictures > 0 && interval > 0 ? (pictures / interval) * 1000 : Number.NaN,
      drawMs: pictures > 0 ? drawn / pictures : Number.NaN,
      copiedPerFrame: frames > 0 ? copied / frames : Number.NaN,
    };
  }
}

function systemFigures(system: SystemFigures | null): Partial<Figures> {
  if (!system) return {};
  return { arenaUsed: system.arenaUsed, arenaLimit: system.arenaLimit };
}

function unitFigures(unit: UnitFigures | null): Partial<Figures> {
  if (!unit || unit.state === LiveState.stopped) return {};
  const ticking = unit.ticks > 0;
  return {
    elements: unit.elements,
    stepP50Ms: ticking ? unit.stepP50Ms : Number.NaN,
    stepP95Ms: ticking ? unit.stepP95Ms : Number.NaN,
    tickHz: unit.tickHz,
    shards: unit.shards,
    workerCpuPct: unit.workerCpuPct,
  };
}
