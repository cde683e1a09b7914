import type { LiveState } from "../bridge/program.ts";
import { type Fault, faultOf } from "../core/fault.ts";
import type { ParamValues } from "../wire/manifest.ts";

/** A unit that was asked for and does not run. */
export interface Launch {
  unit: string;
  /** Why it did not start, or why it rests; null: it is on its way. */
  fault: Fault | null;
}

export interface LauncherOptions {
  /** Null parameters: those that the program remembers. */
  start: (unit: string, params: ParamValues | null) => Promise<LiveState>;
  onLaunch: (unit: string, params: ParamValues | null) => void;
  /** It runs. With a refusal it does so with its defaults: what was asked for has no room. */
  onRunning: (live: LiveState, asked: ParamValues | null, refusal: Fault | null) => void;
  onFailed: (unit: string, fault: Fault) => void;
}

/** Asks the program for units. The newest wish counts: what becomes of older ones is not told. */
export class Launcher {
  private turn = 0;
  private wish: { unit: string; params: ParamValues | null } | null = null;

  constructor(private readonly options: LauncherOptions) {}

  async launch(unit: string, params: ParamValues | null): Promise<void> {
    const turn = ++this.turn;
    const overtaken = () => turn !== this.turn;
    this.wish = { unit, params };
    this.options.onLaunch(unit, params);
    try {
      const { live, refusal } = await this.fitting(unit, params, overtaken);
      if (!overtaken()) this.options.onRunning(live, params, refusal);
    } catch (error) {
      if (!overtaken()) this.options.onFailed(unit, faultOf(error));
    }
  }

  /** The same once more. */
  async again(): Promise<void> {
    if (this.wish) await this.launch(this.wish.unit, this.wish.params);
  }

  /** Parameters of last time that have no room today give way to the defaults. */
  private async fitting(unit: string, params: ParamValues | null, overtaken: () => boolean) {
    try {
      return { live: await this.options.start(unit, params), refusal: null };
    } catch (error) {
      const refusal = faultOf(error);
      const plain = params !== null && Object.keys(params).length === 0;
      if (overtaken() || plain || refusal.kind !== "budget") throw error;
      return { live: await this.options.start(unit, {}), refusal };
    }
  }
}
