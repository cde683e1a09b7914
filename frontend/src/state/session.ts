import type { Bridge } from "../bridge/open.ts";
import { parseOffer } from "../bridge/plugins.ts";
import { type ControlAction, parseFault } from "../bridge/program.ts";
import { FaultError } from "../core/fault.ts";
import type { Frame } from "../core/frame.ts";
import { isObject } from "../core/json.ts";
import { findParam, type LiveUnit, type ParamValue, type ParamValues } from "../wire/manifest.ts";
import { Gallery } from "./gallery.ts";
import { Lab } from "./lab.ts";
import { Monitor } from "./monitor.ts";
import { NoticeBoard } from "./noticeBoard.ts";
import {
  type NoticeAction,
  pictureNotice,
  restingFault,
  retiredFault,
  safeNotice,
} from "./notices.ts";
import { visibleParams } from "./remember.ts";
import type { SceneControl } from "./sceneControl.ts";
import { COLOURINGS, parseSettings, type Settings } from "./settings.ts";
import { ShownParams } from "./shownParams.ts";
import { ShownUnit } from "./shownUnit.ts";
import { describeFigures } from "./speech.ts";
import { type AppStore, newStore, type PointerChoice, schemeOf } from "./store.ts";
import { Vault } from "./vault.ts";

const SAVE_AFTER_MS = 600;
const SPEAK_AFTER_MS = 50;
const POINTER_CYCLE: readonly PointerChoice[] = ["none", "attract", "scare"];

/** Everything the user can do, and what becomes of it. One per page. */
export class Session {
  readonly store: AppStore = newStore();
  readonly monitor: Monitor;
  readonly plugins: Gallery;
  readonly vault: Vault;
  readonly lab: Lab;
  private readonly notices = new NoticeBoard(this.store);
  private readonly parameters: ShownParams;
  private readonly shown: ShownUnit;
  private scene: SceneControl | null = null;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly bridge: Bridge) {
    const { store, notices } = this;
    const scene = () => this.scene;
    this.parameters = new ShownParams(store, {
      program: bridge.program,
      changed: () => {
        this.scene?.wake();
        this.save();
      },
      fail: (error) => this.fail(error),
    });
    this.shown = new ShownUnit({ bridge, store, parameters: this.parameters, notices, scene });
    this.plugins = new Gallery({
      program: bridge.program.plugins,
      now: () => performance.now(),
      fail: (error) => this.fail(error),
      tell: (notice) => notices.tell(notice),
    });
    this.vault = new Vault({
      program: bridge.program.vault,
      host: bridge.host,
      fail: (error) => this.fail(error),
      tell: (notice) => notices.tell(notice),
    });
    this.lab = new Lab({
      program: bridge.program.lab,
      host: bridge.host,
      fail: (error) => this.fail(error),
      tell: (notice) => notices.tell(notice),
    });
    this.monitor = new Monitor(bridge, this.store, {
      meters: () => this.scene?.meters ?? null,
      tell: (notice) => notices.tell(notice),
      fail: (error) => this.fail(error),
      rests: (unit, why) => this.shown.rests(unit, restingFault(unit, why)),
      retired: (unit, why) => this.shown.rests(unit, retiredFault(unit, why)),
      nameOf: (plugin) => this.plugins.nameOf(plugin),
      unitsChanged: (reloaded) => void this.refreshUnits(reloaded),
    });
    const { boot, source, whyStream } = bridge;
    const settings = parseSettings(boot.settings);
    this.store.setState({ boot, units: boot.units, framePath: source.path, whyStream, settings });
    this.watchPreferences();
  }

  /** Newest frame, for the scene. */
  readonly acquire = (): Frame | null => this.bridge.source.acquire();

  get host() {
    return this.bridge.host;
  }

  get units(): readonly LiveUnit[] {
    return this.state.units;
  }

  /** Shows what runs already, or waits for what this window was asked to show. */
  begin(): void {
    const { boot, host, source } = this.bridge;
    source.onArrival = () => this.scene?.wake();
    host.onLeave(() => this.saveNow());
    this.monitor.begin();
    void this.plugins.refresh();
    this.watchPanels();
    if (boot.safe.on) this.notices.tell(safeNotice(boot.safe.badStarts));
    this.shown.begin();
  }

  attach(scene: SceneControl | null): void {
    this.scene = scene;
  }

  /** Shows a unit in place of the present one, with the parameters it had last. */
  async show(name: string): Promise<void> {
    const { unit, launch } = this.state;
    if (unit?.name === name && !launch) return;
    this.store.setState({ settings: this.settingsNow() });
    await this.shown.show(name);
  }

  /** Tries again what did not start, or rests; with the parameters as they were changed since. */
  async startAgain(): Promise<void> {
    await this.shown.startAgain();
  }

  setParam(name: string, value: ParamValue): void {
    this.setParams({ [name]: value });
  }

  /** Changes parameters at once; the change can be taken back. */
  setParams(values: ParamValues): void {
    this.parameters.set(values);
  }

  applyPreset(name: string): void {
    this.parameters.applyPreset(name);
  }

  resetParam(name: string): void {
    this.parameters.resetOne(name);
  }

  undo(): void {
    this.parameters.undo();
  }

  redo(): void {
    this.parameters.redo();
  }

  async togglePause(): Promise<void> {
    const paused = !this.state.paused;
    this.store.setState({ paused });
    if (!(await this.control(paused ? "pause" : "resume")))
      this.store.setState({ paused: !paused });
  }

  /** One tick; pauses first. */
  async step(): Promise<void> {
    if (!this.state.paused) await this.togglePause();
    await this.control("step");
    this.scene?.wake();
  }

  /** Begins anew, with the parameters as they are to be seen. */
  async reset(): Promise<void> {
    await this.parameters.settled();
    await this.control("reset");
    this.scene?.wake();
  }

  toggleFollow(): void {
    const following = this.scene?.follow(!this.state.following) ?? false;
    this.store.setState({ following });
  }

  stopFollowing(): void {
    if (!this.state.following) return;
    this.scene?.follow(false);
    this.store.setState({ following: false });
  }

  /** Whether the unit lets the pointer into the flock. */
  get pointerKnown(): boolean {
    return !!this.unit && !!findParam(this.unit.params, "pointer_mode");
  }

  cyclePointer(): void {
    if (!this.pointerKnown) return;
    const at = POINTER_CYCLE.indexOf(this.state.pointer);
    this.setPointer(POINTER_CYCLE[(at + 1) % POINTER_CYCLE.length] ?? "none");
  }

  setPointer(pointer: PointerChoice): void {
    this.store.setState({ pointer });
    this.scene?.setPointerMode(pointer);
    if (pointer === "none") this.parameters.sendHidden({ pointer_mode: "none" });
  }

  /** The pointer is at this place in the flock, in its own units. */
  pointerMoved(x: number, y: number, z: number, inside: boolean): void {
    const { pointer } = this.state;
    if (pointer === "none") return;
    const mode = inside ? pointer : "none";
    this.parameters.sendHidden({ pointer_mode: mode, pointer_x: x, pointer_y: y, pointer_z: z });
  }

  resetView(): void {
    this.stopFollowing();
    this.scene?.resetView();
    this.save();
  }

  async screenshot(): Promise<void> {
    if (!this.scene) return;
    try {
      this.notices.tell(
        pictureNotice(await this.bridge.program.saveScreenshot(this.scene.capture())),
      );
    } catch (error) {
      this.fail(error);
    }
  }

  async toggleFullScreen(): Promise<void> {
    try {
      await this.host.toggleFullScreen();
    } catch (error) {
      this.fail(error);
    }
  }

  changeSettings(change: Partial<Settings>): void {
    this.store.setState({ settings: { ...this.state.settings, ...change } });
    this.scene?.wake();
    this.save();
  }

  showKeys(keysShown: boolean): void {
    this.store.setState({ keysShown });
  }

  toggleTheme(): void {
    this.changeSettings({ theme: schemeOf(this.state) === "dark" ? "light" : "dark" });
  }

  cycleColouring(): void {
    const at = COLOURINGS.indexOf(this.state.settings.colouring);
    this.changeSettings({ colouring: COLOURINGS[(at + 1) % COLOURINGS.length] ?? "silhouette" });
  }

  /** Puts the figures as sentences where a screen reader hears them. */
  speakFigures(): void {
    // Emptied first, so that the same words are heard again.
    this.store.setState({ spoken: "" });
    setTimeout(() => this.store.setState({ spoken: describeFigures(this.state) }), SPEAK_AFTER_MS);
  }

  /** The scene tells what it can do. */
  noteQuality(quality: string, software: boolean): void {
    this.store.setState({ quality, software });
  }

  async act(action: NoticeAction): Promise<void> {
    try {
      if (action.kind === "raiseArena") await this.shown.raise(action.bytes);
      else if (action.kind === "allowAllPlugins") await this.allowAllPlugins();
      else if (action.kind === "permissions") this.showPermissions(action.plugin);
      else if (action.kind === "bringBack") await this.bringBack(action.plugin);
      else await this.startAgain();
    } catch (error) {
      this.fail(error);
    }
  }

  showPermissions(plugin: string): void {
    this.plugins.choose(plugin, "permissions");
    this.changeSettings({ panel: "plugins" });
  }

  dismiss(id: number): void {
    this.notices.dismiss(id);
  }

  dismissLast(): boolean {
    return this.notices.dismissLast();
  }

  /** Camera moved: its place is saved a little later. */
  save(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.saveNow(), SAVE_AFTER_MS);
  }

  fail(error: unknown): void {
    this.notices.fail(error);
  }

  private get state() {
    return this.store.getState();
  }

  private get unit(): LiveUnit | null {
    return this.state.unit;
  }

  /** Plugins came or went. A unit that was reloaded may have other parameters. */
  private async refreshUnits(reloaded: string): Promise<void> {
    try {
      this.store.setState({ units: await this.bridge.program.units() });
    } catch (error) {
      this.fail(error);
    }
    await Promise.all([this.plugins.refresh(), this.lab.refresh()]);
    this.shown.reloaded(reloaded);
  }

  private async allowAllPlugins(): Promise<void> {
    await this.bridge.program.allowAllPlugins();
    await this.refreshUnits("");
  }

  private async bringBack(plugin: string): Promise<void> {
    const card = this.plugins.store.getState().cards.find((c) => c.id === plugin);
    if (card) await this.plugins.change(card, "rollback");
  }

  /** A panel looks while it is to be seen; dropped files wait for the user's word. */
  private watchPanels(): void {
    const { host, program } = this.bridge;
    const look = () => {
      const panel = host.hidden() ? "" : this.state.settings.panel;
      this.plugins.watch(panel === "plugins");
      this.vault.show(panel === "store");
      this.lab.show(panel === "lab");
    };
    look();
    host.onVisibility(look);
    this.store.subscribe((state, before) => {
      if (state.settings.panel !== before.settings.panel) look();
    });
    host.onDrop((dropped) => this.dropped(dropped));
    program.plugins.offered().then(
      (offer) => this.plugins.offered(offer),
      (error) => this.fail(error),
    );
  }

  private dropped(dropped: unknown): void {
    const offer = parseOffer(dropped);
    if (offer) this.plugins.offered(offer);
    else this.fail(new FaultError(parseFault(dropped)));
  }

  private async control(action: ControlAction): Promise<boolean> {
    try {
      await this.bridge.program.control(action);
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }

  private watchPreferences(): void {
    const read = () => {
      const { host } = this.bridge;
      this.store.setState({ systemDark: host.prefersDark(), systemCalm: host.prefersCalm() });
    };
    read();
    this.bridge.host.onPreference(read);
  }

  private saveNow(): void {
    clearTimeout(this.saveTimer);
    const plain: unknown = JSON.parse(JSON.stringify(this.settingsNow()));
    if (isObject(plain)) this.bridge.program.saveSettings(plain).catch((error) => this.fail(error));
  }

  /** With what only the scene and the running unit know. */
  private settingsNow(): Settings {
    const { settings, params, unit, launch } = this.state;
    const now: Settings = { ...settings, camera: this.scene?.pose() ?? settings.camera };
    if (unit && !launch)
      now.params = { ...settings.params, [unit.name]: visibleParams(unit, params) };
    return now;
  }
}
