import { createStore, type StoreApi } from "zustand/vanilla";
import { isSecret, type PluginSetting } from "../bridge/pluginSettings.ts";
import type { PluginProgram } from "../bridge/plugins.ts";
import { type Fault, faultOf } from "../core/fault.ts";
import type { ParamValue } from "../wire/manifest.ts";

/** What a setting was before the user changed it; null: it was not set. */
type Before = { value: ParamValue | null };

export interface SettingsFormState {
  /** Those that are being stored; a keychain may wait for the user. */
  storing: readonly string[];
  /** Why the last change was not taken. */
  faults: Readonly<Record<string, Fault>>;
  /** What can be taken back. */
  before: Readonly<Record<string, Before>>;
}

export function settingKey(plugin: string, name: string): string {
  return `${plugin} ${name}`;
}

/** Stores what the user tells plugins. A secret goes through and is kept nowhere in the page. */
export class PluginSettings {
  readonly store: StoreApi<SettingsFormState> = createStore<SettingsFormState>(() => ({
    storing: [],
    faults: {},
    before: {},
  }));

  constructor(
    private readonly program: Pick<PluginProgram, "setSetting" | "clearSetting">,
    /** What counts has changed. */
    private readonly changed: () => Promise<void>,
  ) {}

  /** Whether it was taken. */
  async set(plugin: string, setting: PluginSetting, value: ParamValue): Promise<boolean> {
    const { name } = setting.param;
    return this.change(plugin, setting, () => this.program.setSetting(plugin, name, value));
  }

  /** The default counts again; a secret is gone. */
  async clear(plugin: string, setting: PluginSetting): Promise<boolean> {
    const { name } = setting.param;
    return this.change(plugin, setting, () => this.program.clearSetting(plugin, name));
  }

  /** As it was before the last change; a second time brings that back. */
  async undo(plugin: string, setting: PluginSetting): Promise<void> {
    const before = this.store.getState().before[settingKey(plugin, setting.param.name)];
    if (!before) return;
    if (before.value === null) await this.clear(plugin, setting);
    else await this.set(plugin, setting, before.value);
  }

  private async change(
    plugin: string,
    setting: PluginSetting,
    run: () => Promise<void>,
  ): Promise<boolean> {
    const key = settingKey(plugin, setting.param.name);
    if (this.store.getState().storing.includes(key)) return false;
    this.store.setState((s) => ({ storing: [...s.storing, key] }));
    const fault = await run().then(
      () => null,
      (error: unknown) => faultOf(error),
    );
    this.store.setState(({ storing, faults: { [key]: _, ...faults } }) => ({
      storing: storing.filter((k) => k !== key),
      faults: fault ? { ...faults, [key]: fault } : faults,
    }));
    if (fault) return false;
    if (!isSecret(setting)) this.remember(key, { value: setting.set ? setting.value : null });
    await this.changed();
    return true;
  }

  private remember(key: string, before: Before): void {
    this.store.setState((s) => ({ before: { ...s.before, [key]: before } }));
  }
}
