import type { Bridge } from "../bridge/open.ts";
import type { ControlAction, LiveState as LiveAnswer } from "../bridge/program.ts";
import { FaultError, faultOf } from "../core/fault.ts";
import type { Frame } from "../core/frame.ts";
import { isObject } from "../core/json.ts";
import {
  defaultsOf,
  findParam,
  type LiveUnit,
  type ParamValue,
  type ParamValues,
} from "../wire/manifest.ts";
import type { SceneMeters } from "./figures.ts";
import { Monitor } from "./monitor.ts";
import { faultNotice, type NewNotice, type NoticeAction, withNotice } from "./notices.ts";
import { ParamSender } from "./sender.ts";
import { COLOURINGS, type Pose, parseSettings, type Settings } from "./settings.ts";
import { describeFigures } from "./speech.ts";
import { type AppStore, newStore, type PointerChoice, schemeOf } from "./store.ts";
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
    this.monitor = new Monitor(bridge, this.store, {
      meters: () => this.scene?.meters ?? null,
      tell: (notice) => this.tell(notice),
      fail: (error) => this.fail(error),
    });
    const { boot, source, whyStream } = bridge;
    const settings = parseSettings(boot.settings);
    this.store.setState({ boot, framePath: source.path, whyStream, settings });
    this.watchPreferences();
  }

  /** Newest frame, for the scene. */
  readonly acquire = (): Frame | null => this.bridge.source.acquire();

  get host() {
    return this.bridge.host;
  }

  get units(): readonly LiveUnit[] {
    return this.bridge.boot.units;
  }

  /** Shows what runs already, or starts what ran last. */
  async begin(): Promise<void> {
    const { boot, host, source } = this.bridge;
    source.onArrival = () => this.scene?.wake();
    const ran = boot.live && this.units.find((u) => u.name === boot.live?.unit);
    if (boot.live && ran) this.adopt(ran, boot.live);
    else await this.startFirst();
    host.onLeave(() => this.saveNow());
    this.monitor.begin();
    this.store.setState({ phase: "ready" });
  }

  attach(scene: SceneControl | null): void {
    this.scene = scene;
  }

  /** Starts a unit in place of the running one, with the parameters it had last. */
  async startUnit(name: string): Promise<void> {
    const unit = this.units.find((u) => u.name === name);
    if (!unit) return;
    this.undoStack.clear();
    await this.start(unit, this.savedParams(unit));
    this.changeSettings({ unit: name });
  }

  setParam(name: string, value: ParamValue): void {
    this.setParams({ [name]: value });
  }

  /** Changes parameters at once; the change can be taken back. */
  setParams(values: ParamValues): void {
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

  async reset(): Promise<void> {
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
      const path = await this.bridge.program.saveScreenshot(this.scene.capture());
      this.tell({
        tone: "info",
        title: "Picture saved",
        why: path,
        next: "",
        details: path,
        action: null,
        passing: true,
        key: "screenshot",
      });
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

  async act(action: NoticeAction, noticeId: number): Promise<void> {
    this.dismiss(noticeId);
    try {
      if (action.kind === "raiseArena") await this.raise(action.bytes);
      else if (this.unit) await this.start(this.unit, this.params);
    } catch (error) {
      this.fail(error);
    }
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
    this.tell(faultNotice(readFault(error)));
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

  private async startFirst(): Promise<void> {
    const { unit: last } = this.state.settings;
    const unit = this.units.find((u) => u.name === last) ?? this.units[0];
    if (unit) await this.start(unit, this.savedParams(unit));
  }

  private async start(unit: LiveUnit, params: ParamValues): Promise<void> {
    try {
      this.adopt(unit, await this.bridge.program.startLive(unit.name, params));
    } catch (error) {
      this.fail(error);
      const fault = readFault(error);
      if (fault.kind !== "budget" || this.state.entry >= 0) return;
      // The flock of last time does not fit today's arena: show the default one meanwhile.
      this.refused = params;
      const answer = await this.bridge.program.startLive(unit.name, {});
      this.adopt(unit, answer);
    }
  }

  private adopt(unit: LiveUnit, live: LiveAnswer): void {
    this.scene?.forget();
    this.bridge.source.select(live.entry);
    this.inForce = { ...defaultsOf(unit.params), ...live.params };
    this.store.setState({
      unit,
      entry: live.entry,
      params: this.inForce,
      paused: live.state === "paused" && !this.host.hidden(),
      pointer: "none",
      following: false,
      canUndo: false,
      canRedo: false,
    });
    this.scene?.setPointerMode("none");
    this.scene?.wake();
  }

  /** Last parameters of a unit, as far as it still has them; seeds and hidden ones start anew. */
  private savedParams(unit: LiveUnit): ParamValues {
    const saved = this.state.settings.params[unit.name] ?? {};
    const kept: ParamValues = {};
    for (const param of unit.params) {
      const value = saved[param.name];
      if (value === undefined || param.hidden || typeof value !== typeof param.default) continue;
      if (param.kind === "choice" && !param.options.includes(String(value))) continue;
      kept[param.name] = value;
    }
    return kept;
  }

  private apply(values: ParamValues): void {
    this.store.setState({
      params: { ...this.params, ...values },
      canUndo: this.undoStack.canUndo,
      canRedo: this.undoStack.canRedo,
    });
    clearTimeout(this.revertTimer);
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

  private async raise(bytes: number): Promise<void> {
    await this.bridge.program.raiseArena(bytes);
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
    if (readFault(error).kind === "budget") this.refused = refused;
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
    const { settings, params, unit } = this.state;
    const saved: Settings = { ...settings, camera: this.scene?.pose() ?? settings.camera };
    if (unit) saved.params = { ...settings.params, [unit.name]: visibleOnly(unit, params) };
    const plain: unknown = JSON.parse(JSON.stringify(saved));
    if (isObject(plain)) this.bridge.program.saveSettings(plain).catch((error) => this.fail(error));
  }
}

function visibleOnly(unit: LiveUnit, params: ParamValues): ParamValues {
  const kept: ParamValues = {};
  for (const param of unit.params) {
    const value = params[param.name];
    if (!param.hidden && value !== undefined) kept[param.name] = value;
  }
  return kept;
}

function readFault(error: unknown) {
  return error instanceof FaultError ? error.fault : faultOf(error);
}
