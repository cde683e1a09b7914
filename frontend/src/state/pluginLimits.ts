import { createStore, type StoreApi } from "zustand/vanilla";
import type { PluginLimit } from "../bridge/pluginLimits.ts";
import type { PluginProgram } from "../bridge/plugins.ts";
import { type Fault, faultOf } from "../core/fault.ts";

export interface LimitsState {
  /** Whose limits these are; empty: nobody has looked yet. */
  plugin: string;
  rows: readonly PluginLimit[];
  /** Why they cannot be read; null: they can. */
  unreadable: Fault | null;
  /** By key: why the last change was not taken. */
  faults: Readonly<Record<string, Fault>>;
  /** By key: what the user had set before the last change; empty: nothing. */
  before: Readonly<Record<string, string>>;
}

const UNKNOWN: LimitsState = { plugin: "", rows: [], unreadable: null, faults: {}, before: {} };

/** How much the plugin that is looked at may use, and uses. */
export class PluginLimits {
  readonly store: StoreApi<LimitsState> = createStore<LimitsState>(() => UNKNOWN);
  private asked = 0;
  private answered = 0;
  /** Changes go one after the other: leaving a field stores it, and a click may reset it. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly program: Pick<PluginProgram, "limits" | "setLimit" | "resetLimit">,
  ) {}

  /** Reads them anew; what is used changes all the time. */
  async refresh(plugin: string): Promise<void> {
    if (plugin !== this.state.plugin) this.store.setState({ ...UNKNOWN, plugin });
    const number = ++this.asked;
    const answer = await this.program.limits(plugin).then(
      (rows) => ({ rows, unreadable: null }),
      (error: unknown) => ({ rows: [], unreadable: faultOf(error) }),
    );
    if (plugin !== this.state.plugin || number < this.answered) return;
    this.answered = number;
    this.store.setState(answer);
  }

  /** Whether it was taken; no text takes the limit back. */
  set(key: string, text: string): Promise<boolean> {
    const { plugin } = this.state;
    const wanted = text.trim();
    return this.change(key, () =>
      wanted === ""
        ? this.program.resetLimit(plugin, key)
        : this.program.setLimit(plugin, key, wanted),
    );
  }

  /** As it was before the last change; a second time brings that back. */
  async undo(key: string): Promise<void> {
    const before = this.state.before[key];
    if (before !== undefined) await this.set(key, before);
  }

  async resetAll(): Promise<void> {
    const { rows } = this.state;
    for (const row of rows.filter((r) => r.set !== "")) await this.set(row.key, "");
    this.store.setState({ faults: {} });
  }

  /** The user goes on writing. */
  forgive(key: string): void {
    this.store.setState(({ faults: { [key]: _, ...faults } }) => ({ faults }));
  }

  private get state() {
    return this.store.getState();
  }

  private change(key: string, run: () => Promise<void>): Promise<boolean> {
    const { plugin } = this.state;
    const done = this.last.then(() => this.changeNow(plugin, key, run));
    this.last = done;
    return done;
  }

  private async changeNow(plugin: string, key: string, run: () => Promise<void>) {
    const old = this.state.rows.find((r) => r.key === key)?.set ?? "";
    const fault = await run().then(
      () => null,
      (error: unknown) => faultOf(error),
    );
    if (plugin === this.state.plugin) {
      this.store.setState(({ faults: { [key]: _, ...faults }, before }) => ({
        faults: fault ? { ...faults, [key]: fault } : faults,
        before: fault ? before : { ...before, [key]: old },
      }));
      await this.refresh(plugin);
    }
    return fault === null;
  }
}
