import type { LogLine, PluginProgram, PluginUsage } from "../bridge/plugins.ts";
import type { UnitLife } from "../bridge/unitLife.ts";
import { History } from "../core/history.ts";

/** Two minutes at one sample a second. */
export const SAMPLES = 120;
export const SAMPLE_MS = 1000;
/** As many as the program keeps. */
export const MAX_LINES = 2000;

export type MeterName = "cpu" | "memory" | "calls" | "failures" | "ticks";
export type Meters = Record<MeterName, History>;

/** What plugins use, looked at once a second while somebody looks. */
export class Activity {
  usage: ReadonlyMap<string, PluginUsage> = new Map();
  lives: readonly UnitLife[] = [];
  lines: readonly LogLine[] = [];
  private readonly meters = new Map<string, Meters>();
  private sampledAt = 0;
  private timer: ReturnType<typeof setInterval> | undefined;
  private asking = false;

  constructor(
    private readonly program: Pick<PluginProgram, "usage" | "log" | "lives">,
    private readonly now: () => number,
    /** New figures are there. */
    private readonly onSample: () => void,
  ) {}

  begin(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => void this.sample(), SAMPLE_MS);
    void this.sample();
  }

  /** What happens while nobody looks is not known, so graphs begin anew. */
  end(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.meters.clear();
    this.sampledAt = 0;
  }

  metersOf(plugin: string): Meters | undefined {
    return this.meters.get(plugin);
  }

  private async sample(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      const [usage, lives, lines] = await Promise.all([
        this.program.usage(),
        this.program.lives(),
        this.program.log(this.lines.at(-1)?.number ?? 0),
      ]);
      this.lives = lives;
      if (lines.length > 0) this.lines = [...this.lines, ...lines].slice(-MAX_LINES);
      if (this.timer !== undefined) this.note(usage);
      this.onSample();
    } catch {
      // The next second tries again.
    } finally {
      this.asking = false;
    }
  }

  private note(usage: readonly PluginUsage[]): void {
    const at = this.now();
    const seconds = (at - this.sampledAt) / 1000;
    if (this.sampledAt > 0) {
      for (const u of usage) this.push(u, seconds);
    }
    this.usage = new Map(usage.map((u) => [u.plugin, u]));
    this.sampledAt = at;
  }

  private push(now: PluginUsage, seconds: number): void {
    const before = this.usage.get(now.plugin);
    let meters = this.meters.get(now.plugin);
    if (!meters) {
      meters = newMeters();
      this.meters.set(now.plugin, meters);
    }
    const rate = (name: "cpuNs" | "calls" | "failures" | "ticks") =>
      Math.max(0, now[name] - (before?.[name] ?? 0)) / seconds;
    meters.cpu.push(rate("cpuNs") / 1e7);
    meters.memory.push(now.rssBytes);
    meters.calls.push(rate("calls"));
    meters.failures.push(rate("failures") * seconds);
    meters.ticks.push(rate("ticks"));
  }
}

function newMeters(): Meters {
  const history = () => new History(SAMPLES);
  return {
    cpu: history(),
    memory: history(),
    calls: history(),
    failures: history(),
    ticks: history(),
  };
}
