import type { Bridge } from "../bridge/open.ts";
import { parseOffer } from "../bridge/plugins.ts";
import { type ControlAction, type LiveState as LiveAnswer, parseFault } from "../bridge/program.ts";
import { NO_ENTRY } from "../bridge/source.ts";
import { type Fault, FaultError, faultOf } from "../core/fault.ts";
import type { Frame } from "../core/frame.ts";
import { isObject } from "../core/json.ts";
import {
  defaultsOf,
  findParam,
  type LiveUnit,
  type ParamValue,
  type ParamValues,
} from "../wire/manifest.ts";
import { stateNumber } from "./condition.ts";
import type { SceneMeters } from "./figures.ts";
import { Gallery } from "./gallery.ts";
import { Launcher } from "./launcher.ts";
import { Monitor } from "./monitor.ts";
import {
  faultNotice,
  isAboutLifeOf,
  type NewNotice,
  type NoticeAction,
  pictureNotice,
  restingFault,
  retiredFault,
  safeNotice,
  withNotice,
} from "./notices.ts";
import { changed, keptParams, visibleParams } from "./remember.ts";
import { ParamSender } from "./sender.ts";
import { COLOURINGS, type Pose, parseSettings, type Settings } from "./settings.ts";
import { describeFigures } from "./speech.ts";
import { type AppStore, isUnderWay, newStore, type PointerChoice, schemeOf } from "./store.ts";
import { UndoStack } from "./undo.ts";

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

const SAVE_AFTER_MS = 600;
const PASSING_MS = 5000;
/** A slider that is refused while it is dragged does not jump under the hand. */
const REVERT_AFTER_MS = 400;
const SPEAK_AFTER_MS = 50;
const POINTER_CYCLE: readonly PointerChoice[] = ["none", "attract", "scare"];

/** Everything the user can do, and what becomes of it. One per page. */
export class Session {
  readonly store: AppStore = newStore();
  readonly monitor: Monitor;
  readonly plugins: Gallery;
  private readonly launcher: Launcher;
  private readonly undoStack = new UndoStack();
  private readonly sender: ParamSender;
  private scene: SceneControl | null = null;
  private noticeCount = 0;
  private saveTimer: ReturnType<typeof setTimeout> | undefined;
  /** What the program has, as far as it said. */
  private inForce: ParamValues = {};
  private revertTimer: ReturnType<typeof setTimeout> | undefined;
  /** Parameters that a refusal for lack of memory left undone. */
  private refused: ParamValues | null = null;

  constructor(private readonly bridge: Bridge) {
    this.sender = new ParamSender({
      send: (params) => bridge.program.setParams(params),
      onTaken: (inForce) => this.paramsTaken(inForce),
      onRefused: (error, refused) => this.paramsRefused(error, refused),
      now: () => performance.now(),
      later: (run, ms) => setTimeout(run, ms),
    });
    this.launcher = new Launcher({
      start: (unit, params) => bridge.program.startLive(unit, params),
      onLaunch: (unit, params) => this.launching(unit, params),
      onRunning: (live, asked, refusal) => this.started(live, asked, refusal),
      onFailed: (unit, fault) => this.store.setState({ launch: { unit, fault } }),
    });
    this.plugins = new Gallery({
      program: bridge.program.plugins,
      now: () => performance.now(),
      fail: (error) => this.fail(error),
      tell: (notice) => this.tell(notice),
    });
    this.monitor = new Monitor(bridge, this.store, {
      meters: () => this.scene?.meters ?? null,
      tell: (notice) => this.tell(notice),
      fail: (error) => this.fail(error),
      rests: (unit, why) => this.rests(unit, restingFault(unit, why)),
      retired: (unit, why) => this.rests(unit, retiredFault(unit, why)),
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
    this.watchPlugins();
    if (boot.safe.on) this.tell(safeNotice(boot.safe.badStarts));
    if (boot.live) this.running(boot.live);
    else void this.launcher.launch(boot.first, null);
  }

  attach(scene: SceneControl | null): void {
    this.scene = scene;
  }

  /** Shows a unit in place of the present one, with the parameters it had last. */
  async show(name: string): Promise<void> {
    const { unit, launch } = this.state;
    if (unit?.name === name && !launch) return;
    this.store.setState({ settings: this.settingsNow() });
    await this.launcher.launch(name, this.savedParams(name));
  }

  /** Tries again what did not start, or rests; with the parameters as they were changed since. */
  async startAgain(): Promise<void> {
    const { unit, launch, params } = this.state;
    const asIs = launch?.fault?.kind !== "quarantined" && params === this.inForce;
    if (!unit && launch) await this.launcher.launch(launch.unit, null);
    else if (asIs || !unit) await this.launcher.again();
    else await this.launcher.launch(unit.name, visibleParams(unit, params));
  }

  setParam(name: string, value: ParamValue): void {
    this.setParams({ [name]: value });
  }

  /** Changes parameters at once; the change can be taken back. */
  setParams(values: ParamValues): void {
    if (isUnderWay(this.state)) return;
    const before: ParamValues = {};
    for (const name of Object.keys(values)) {
      const old = this.params[name];
      if (old !== undefined) before[name] = old;
    }
    this.undoStack.push(before, values, performance.now());
    this.apply(values);
  }

  applyPreset(name: string): void {
    const preset = this.unit?.presets.find((p) => p.name === name);
    if (preset) this.setParams(preset.values);
  }

  resetParam(name: string): void {
    const param = this.unit && findParam(this.unit.params, name);
    if (param) this.setParam(name, param.default);
  }

  undo(): void {
    const values = this.undoStack.undo();
    if (values) this.apply(values);
  }

  redo(): void {
    const values = this.undoStack.redo();
    if (values) this.apply(values);
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
    await this.sender.settled();
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
    if (pointer === "none") this.sendHidden({ pointer_mode: "none" });
  }

  /** The pointer is at this place in the flock, in its own units. */
  pointerMoved(x: number, y: number, z: number, inside: boolean): void {
    const { pointer } = this.state;
    if (pointer === "none") return;
    const mode = inside ? pointer : "none";
    this.sendHidden({ pointer_mode: mode, pointer_x: x, pointer_y: y, pointer_z: z });
  }

  resetView(): void {
    this.stopFollowing();
    this.scene?.resetView();
    this.save();
  }

  async screenshot(): Promise<void> {
    if (!this.scene) return;
    try {
      this.tell(pictureNotice(await this.bridge.program.saveScreenshot(this.scene.capture())));
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
      if (action.kind === "raiseArena") await this.raise(action.bytes);
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
    this.store.setState({ notices: this.state.notices.filter((n) => n.id !== id) });
  }

  dismissLast(): boolean {
    const last = this.state.notices.at(-1);
    if (last) this.dismiss(last.id);
    return !!last;
  }

  /** Camera moved: its place is saved a little later. */
  save(): void {
    clearTimeout(this.saveTimer);
    this.saveTimer = setTimeout(() => this.saveNow(), SAVE_AFTER_MS);
  }

  fail(error: unknown): void {
    this.tell(faultNotice(faultOf(error)));
  }

  private get state() {
    return this.store.getState();
  }

  private get params(): ParamValues {
    return this.state.params;
  }

  private get unit(): LiveUnit | null {
    return this.state.unit;
  }

  private find(name: string): LiveUnit | null {
    return this.units.find((u) => u.name === name) ?? null;
  }

  /** The unit is on its way: what was shown is gone, and its own controls wait for it. */
  private launching(name: string, params: ParamValues | null): void {
    const unit = this.find(name);
    const left = this.unit?.name;
    this.undoStack.clear();
    this.sender.forget();
    clearTimeout(this.revertTimer);
    this.refused = null;
    this.scene?.forget();
    this.bridge.source.select(NO_ENTRY);
    const asked = params ?? this.savedParams(name);
    this.inForce = unit ? { ...defaultsOf(unit.params), ...asked } : {};
    this.store.setState({
      unit,
      // Nobody starts a unit again that is no longer shown.
      notices: this.state.notices.filter((n) => !left || left === name || !isAboutLifeOf(n, left)),
      launch: { unit: name, fault: null },
      entry: NO_ENTRY,
      params: this.inForce,
      paused: false,
      pointer: "none",
      following: false,
      canUndo: false,
      canRedo: false,
    });
    this.scene?.setPointerMode("none");
  }

  private started(live: LiveAnswer, asked: ParamValues | null, refusal: Fault | null): void {
    this.running(live);
    if (refusal) {
      this.refused = asked ?? this.savedParams(live.unit);
      this.tell(faultNotice(refusal));
    } else if (asked === null) {
      // The program may have had to do without what this window remembers; then it says why.
      this.apply(changed(this.savedParams(live.unit), live.params));
    }
  }

  private running(live: LiveAnswer): void {
    const unit = this.find(live.unit);
    if (live.state === "quarantined") void this.tellWhyItRests(live.unit);
    if (!unit) {
      const message = "it runs, but this window does not understand its manifest";
      const fault = { kind: "internal", subject: live.unit, message, next: "" };
      this.store.setState({ launch: { unit: live.unit, fault } });
      return;
    }
    this.bridge.source.select(live.entry);
    this.inForce = { ...defaultsOf(unit.params), ...live.params };
    this.store.setState({
      unit,
      launch: null,
      entry: live.entry,
      params: this.inForce,
      paused: live.state === "paused" && !this.host.hidden(),
      liveState: stateNumber(live.state),
    });
    this.scene?.wake();
  }

  /** The program has given a unit up. Its last frame stays, with what can be done over it. */
  private rests(name: string, fault: Fault): void {
    if (name !== this.unit?.name) return;
    // That it is started again is no longer true.
    const notices = this.state.notices.filter((n) => !isAboutLifeOf(n, name));
    this.store.setState({ notices, launch: { unit: name, fault } });
  }

  /** Of a unit that had ended when this page was loaded, only the program knows why. */
  private async tellWhyItRests(name: string): Promise<void> {
    const lives = await this.bridge.program.plugins.lives().catch(() => []);
    const ended =
      lives.find((l) => l.unit === name)?.ended ?? restingFault(name, "it failed too often");
    const fault = ended.kind === "quarantined" ? ended : { ...ended, kind: "retired" };
    if (name === (this.unit?.name ?? name)) this.store.setState({ launch: { unit: name, fault } });
  }

  /** Plugins came or went. A unit that was reloaded may have other parameters. */
  private async refreshUnits(reloaded: string): Promise<void> {
    try {
      this.store.setState({ units: await this.bridge.program.units() });
    } catch (error) {
      this.fail(error);
    }
    await this.plugins.refresh();
    const unit = this.find(reloaded);
    if (!unit || reloaded !== this.unit?.name || this.state.launch) return;
    this.undoStack.clear();
    this.inForce = { ...defaultsOf(unit.params), ...keptParams(unit, this.params) };
    this.store.setState({ unit, params: this.inForce, canUndo: false, canRedo: false });
    this.scene?.wake();
  }

  private async allowAllPlugins(): Promise<void> {
    await this.bridge.program.allowAllPlugins();
    await this.refreshUnits("");
  }

  private async bringBack(plugin: string): Promise<void> {
    const card = this.plugins.store.getState().cards.find((c) => c.id === plugin);
    if (card) await this.plugins.change(card, "rollback");
  }

  /** Meters are read while their panel is to be seen; dropped files wait for the user's word. */
  private watchPlugins(): void {
    const { host, program } = this.bridge;
    const look = () =>
      this.plugins.watch(this.state.settings.panel === "plugins" && !host.hidden());
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

  private savedParams(name: string): ParamValues {
    const unit = this.find(name);
    return unit ? keptParams(unit, this.state.settings.params[name] ?? {}) : {};
  }

  private apply(values: ParamValues): void {
    this.store.setState({
      params: { ...this.params, ...values },
      canUndo: this.undoStack.canUndo,
      canRedo: this.undoStack.canRedo,
    });
    clearTimeout(this.revertTimer);
    if (this.state.launch) return; // for the next try
    const { countParam } = this.unit ?? {};
    this.sender.put(values, countParam !== undefined && countParam in values);
    this.scene?.wake();
    this.save();
  }

  private sendHidden(values: ParamValues): void {
    const known: ParamValues = {};
    for (const [name, value] of Object.entries(values)) {
      const param = this.unit && findParam(this.unit.params, name);
      if (!param) continue;
      known[name] =
        (param.kind === "number" || param.kind === "integer") && typeof value === "number"
          ? Math.min(param.max, Math.max(param.min, value))
          : value;
    }
    this.sender.put(known, false);
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

  /** Gives the arena more room, and tries again what lacked it. */
  private async raise(bytes: number): Promise<void> {
    await this.bridge.program.raiseArena(bytes);
    if (this.state.launch) {
      await this.launcher.again();
      return;
    }
    const wanted = this.refused;
    this.refused = null;
    if (wanted) this.setParams(wanted);
  }

  private paramsTaken(inForce: ParamValues): void {
    this.inForce = { ...this.inForce, ...inForce };
    this.store.setState({ params: { ...this.params, ...inForce } });
  }

  /** Says why, and shows what is really in force again once the hand is off the slider. */
  private paramsRefused(error: unknown, refused: ParamValues): void {
    if (faultOf(error).kind === "budget") this.refused = refused;
    this.fail(error);
    clearTimeout(this.revertTimer);
    this.revertTimer = setTimeout(() => {
      const kept: ParamValues = {};
      for (const name of Object.keys(refused)) {
        const value = this.inForce[name];
        if (value !== undefined) kept[name] = value;
      }
      this.store.setState({ params: { ...this.params, ...kept } });
    }, REVERT_AFTER_MS);
  }

  private tell(notice: NewNotice): void {
    const id = ++this.noticeCount;
    this.store.setState({ notices: withNotice(this.state.notices, notice, id) });
    if (notice.passing) setTimeout(() => this.dismiss(id), PASSING_MS);
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
