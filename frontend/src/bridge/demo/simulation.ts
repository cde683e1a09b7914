import { History } from "../../core/history.ts";
import { LiveState } from "../../wire/gen/layout.ts";
import type { ParamValues } from "../../wire/manifest.ts";
import type { ControlAction } from "../program.ts";
import type { DemoMemory } from "./memory.ts";

const TICK_MS = 1000 / 60;
const STEP_S = 1 / 60;
const DENSITY = 5;
const STEPS_KEPT = 256;

/** A flock by cell averages, good enough to look at while the page is developed. */
export class DemoFlock {
  private state = new Float32Array(0);
  private count = 0;
  private params: ParamValues = {};
  private paused = false;
  private hidden = false;
  private ticks = 0;
  private unit = "boids";
  private look = 1;
  private radius = 1;
  private readonly steps = new History(STEPS_KEPT);

  constructor(private readonly memory: DemoMemory) {
    setInterval(() => {
      if (!this.paused && !this.hidden) this.step();
    }, TICK_MS);
    setInterval(() => this.report(), 250);
  }

  start(params: ParamValues, unit: string, look: number): void {
    this.unit = unit;
    this.look = look;
    this.params = params;
    this.make();
  }

  setParams(params: ParamValues): void {
    const before = this.params["count"];
    this.params = { ...params };
    if (before !== params["count"]) this.resize();
  }

  setVisible(visible: boolean): void {
    this.hidden = !visible;
  }

  control(action: ControlAction): void {
    if (action === "reset") this.make();
    if (action === "step") this.step();
    if (action === "pause" || action === "resume") this.paused = action === "pause";
  }

  private number(name: string, fallback: number): number {
    const value = this.params[name];
    return typeof value === "number" ? value : fallback;
  }

  private make(): void {
    this.count = 0;
    this.state = new Float32Array(0);
    this.resize();
  }

  private resize(): void {
    const count = Math.round(this.number("count", 1000));
    const next = new Float32Array(count * 8);
    next.set(this.state.subarray(0, Math.min(this.state.length, next.length)));
    this.radius = Math.cbrt((count / DENSITY) * (3 / (4 * Math.PI)));
    for (let i = this.count; i < count; i++) this.hatch(next, i);
    this.state = next;
    this.count = count;
    this.memory.replace(count, this.unit, this.look);
    this.step();
  }

  private hatch(state: Float32Array, i: number): void {
    const turn = Math.random() * Math.PI * 2;
    const height = Math.random() * 2 - 1;
    const r = this.radius * Math.cbrt(Math.random());
    const level = Math.sqrt(1 - height * height);
    const flat = this.params["dimensions"] === "2d";
    state.set(
      [
        r * level * Math.cos(turn),
        r * height,
        flat ? 0 : r * level * Math.sin(turn),
        0,
        Math.sin(turn) * 2,
        (Math.random() - 0.5) * 1,
        flat ? 0 : -Math.cos(turn) * 2,
        Math.random(),
      ],
      i * 8,
    );
  }

  private step(): void {
    const started = performance.now();
    const { channel } = this.memory;
    if (!channel) return;
    this.fly();
    const slot = channel.begin();
    channel.slot(slot).set(this.state);
    channel.publish(slot, this.count);
    this.ticks++;
    this.steps.push(performance.now() - started);
  }

  private fly(): void {
    const { state, count, radius } = this;
    const side = Math.max(1, Math.ceil(radius * 3));
    const half = side / 2;
    const cells = new Float32Array(side * side * side * 7);
    const cellOf = (v: number) => Math.max(0, Math.min(side - 1, Math.floor(v + half)));
    for (let i = 0; i < count * 8; i += 8) {
      const c = this.cell(state, i, cellOf, side) * 7;
      for (let k = 0; k < 3; k++) {
        cells[c + k]! += state[i + k]!;
        cells[c + 3 + k]! += state[i + 4 + k]!;
      }
      cells[c + 6]!++;
    }
    const time = this.ticks * STEP_S;
    const weights = [
      this.number("alignment", 1.5),
      this.number("cohesion", 1),
      this.number("separation", 1),
    ] as const;
    for (let i = 0; i < count * 8; i += 8) this.steer(i, cells, cellOf, side, time, weights);
  }

  private cell(state: Float32Array, i: number, cellOf: (v: number) => number, side: number) {
    const x = cellOf(state[i]!);
    const y = cellOf(state[i + 1]!);
    return (cellOf(state[i + 2]!) * side + y) * side + x;
  }

  private steer(
    i: number,
    cells: Float32Array,
    cellOf: (v: number) => number,
    side: number,
    time: number,
    [alignment, cohesion, separation]: readonly [number, number, number],
  ): void {
    const { state, radius } = this;
    const c = this.cell(state, i, cellOf, side) * 7;
    const n = cells[c + 6]!;
    const sums = [0, 0, 0];
    const swirl = [
      Math.sin(state[i + 1]! * 0.35 + time * 0.31) + Math.sin(time * 0.23) * 0.7,
      0.55 * Math.sin(state[i]! * 0.3 + time * 0.27) - 0.06 * state[i + 1]!,
      Math.cos(state[i]! * 0.33 - time * 0.21) + Math.cos(time * 0.19) * 0.7,
    ];
    const r = Math.hypot(state[i]!, state[i + 1]! * 1.5, state[i + 2]!);
    const pull = r > radius * 0.75 ? (r - radius * 0.75) * 0.9 : 0;
    const crowd = Math.max(0, n - 14) * 0.03 * separation;
    for (let k = 0; k < 3; k++) {
      const p = state[i + k]!;
      const v = state[i + 4 + k]!;
      const together = cells[c + k]! / n - p;
      sums[k] = (cells[c + 3 + k]! / n - v) * alignment * 2;
      sums[k]! += together * (cohesion - crowd) * 1.5 + swirl[k]! * 1.6 - (p / r) * pull;
    }
    if (this.params["dimensions"] === "2d") sums[2] = 0;
    this.move(i, sums);
  }

  private move(i: number, force: readonly number[]): void {
    const { state } = this;
    let squares = 0;
    for (let k = 0; k < 3; k++) {
      state[i + 4 + k]! += force[k]! * STEP_S;
      squares += state[i + 4 + k]! ** 2;
    }
    const speed = Math.sqrt(squares);
    const wanted = Math.min(3, Math.max(1.4, speed));
    for (let k = 0; k < 3; k++) {
      state[i + 4 + k]! *= wanted / speed;
      state[i + k]! += state[i + 4 + k]! * STEP_S;
    }
  }

  private report(): void {
    this.memory.writer.setUnit(0, {
      ticks: this.ticks,
      stepP50Ms: this.steps.quantile(0.5),
      stepP95Ms: this.steps.quantile(0.95),
      shards: 1,
      elements: this.count,
      state: this.paused ? LiveState.paused : LiveState.running,
    });
  }
}
