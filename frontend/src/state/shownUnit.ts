import type { Bridge } from "../bridge/open.ts";
import type { LiveState as LiveAnswer } from "../bridge/program.ts";
import { NO_ENTRY } from "../bridge/source.ts";
import type { Fault } from "../core/fault.ts";
import { defaultsOf, type LiveUnit, type ParamValues } from "../wire/manifest.ts";
import { stateNumber } from "./condition.ts";
import { Launcher } from "./launcher.ts";
import type { NoticeBoard } from "./noticeBoard.ts";
import { faultNotice, restingFault } from "./notices.ts";
import { changed, keptParams, visibleParams } from "./remember.ts";
import type { SceneControl } from "./sceneControl.ts";
import type { ShownParams } from "./shownParams.ts";
import type { AppStore } from "./store.ts";

export interface ShownUnitOptions {
  bridge: Bridge;
  store: AppStore;
  parameters: ShownParams;
  notices: NoticeBoard;
  scene: () => SceneControl | null;
}

/** The unit on the stage: on its way, running, at rest, or another version of itself. */
export class ShownUnit {
  private readonly launcher: Launcher;

  constructor(private readonly options: ShownUnitOptions) {
    this.launcher = new Launcher({
      start: (unit, params) => options.bridge.program.startLive(unit, params),
      onLaunch: (unit, params) => this.launching(unit, params),
      onRunning: (live, asked, refusal) => this.started(live, asked, refusal),
      onFailed: (unit, fault) => options.store.setState({ launch: { unit, fault } }),
    });
  }

  /** Shows what runs already, or waits for what this window was asked to show. */
  begin(): void {
    const { boot } = this.options.bridge;
    if (boot.live) this.running(boot.live);
    else void this.launcher.launch(boot.first, null);
  }

  /** With the parameters it had last. */
  async show(name: string): Promise<void> {
    await this.launcher.launch(name, this.savedParams(name));
  }

  /** Tries again what did not start, or rests; with the parameters as they were changed since. */
  async startAgain(): Promise<void> {
    const { unit, launch, params } = this.state;
    const asIs = launch?.fault?.kind !== "quarantined" && this.options.parameters.unchanged;
    if (!unit && launch) await this.launcher.launch(launch.unit, null);
    else if (asIs || !unit) await this.launcher.again();
    else await this.launcher.launch(unit.name, visibleParams(unit, params));
  }

  /** Gives the arena more room, and tries again what lacked it. */
  async raise(bytes: number): Promise<void> {
    await this.options.bridge.program.raiseArena(bytes);
    if (this.state.launch) await this.launcher.again();
    else this.options.parameters.retryRefused();
  }

  /** The program has given a unit up. Its last frame stays, with what can be done over it. */
  rests(name: string, fault: Fault): void {
    if (name !== this.state.unit?.name) return;
    // That it is started again is no longer true.
    const notices = this.options.notices.withoutLifeOf(name);
    this.options.store.setState({ notices, launch: { unit: name, fault } });
  }

  /** Its plugin was changed: it goes on, perhaps with other parameters. */
  reloaded(name: string): void {
    const unit = this.find(name);
    if (!unit || name !== this.state.unit?.name || this.state.launch) return;
    const values = { ...defaultsOf(unit.params), ...keptParams(unit, this.state.params) };
    this.options.store.setState({ unit, ...this.options.parameters.anew(values) });
    this.options.scene()?.wake();
  }

  private get state() {
    return this.options.store.getState();
  }

  private find(name: string): LiveUnit | null {
    return this.state.units.find((u) => u.name === name) ?? null;
  }

  private savedParams(name: string): ParamValues {
    const unit = this.find(name);
    return unit ? keptParams(unit, this.state.settings.params[name] ?? {}) : {};
  }

  /** The unit is on its way: what was shown is gone, and its own controls wait for it. */
  private launching(name: string, params: ParamValues | null): void {
    const { bridge, store, parameters, notices } = this.options;
    const unit = this.find(name);
    const left = this.state.unit?.name;
    parameters.leave();
    this.options.scene()?.forget();
    bridge.source.select(NO_ENTRY);
    const asked = params ?? this.savedParams(name);
    store.setState({
      unit,
      // Nobody starts a unit again that is no longer shown.
      notices: left && left !== name ? notices.withoutLifeOf(left) : this.state.notices,
      launch: { unit: name, fault: null },
      entry: NO_ENTRY,
      ...parameters.anew(unit ? { ...defaultsOf(unit.params), ...asked } : {}),
      paused: false,
      pointer: "none",
      following: false,
    });
    this.options.scene()?.setPointerMode("none");
  }

  private started(live: LiveAnswer, asked: ParamValues | null, refusal: Fault | null): void {
    const { parameters, notices } = this.options;
    this.running(live);
    if (refusal) {
      parameters.lackedRoom(asked ?? this.savedParams(live.unit));
      notices.tell(faultNotice(refusal));
    } else if (asked === null) {
      // The program may have had to do without what this window remembers; then it says why.
      parameters.apply(changed(this.savedParams(live.unit), live.params));
    }
  }

  private running(live: LiveAnswer): void {
    const { bridge, store, parameters } = this.options;
    const unit = this.find(live.unit);
    if (live.state === "quarantined") void this.tellWhyItRests(live.unit);
    if (!unit) {
      const message = "it runs, but this window does not understand its manifest";
      const fault = { kind: "internal", subject: live.unit, message, next: "" };
      store.setState({ launch: { unit: live.unit, fault } });
      return;
    }
    bridge.source.select(live.entry);
    store.setState({
      unit,
      launch: null,
      entry: live.entry,
      ...parameters.nowInForce({ ...defaultsOf(unit.params), ...live.params }),
      paused: live.state === "paused" && !bridge.host.hidden(),
      liveState: stateNumber(live.state),
    });
    this.options.scene()?.wake();
  }

  /** Of a unit that had ended when this page was loaded, only the program knows why. */
  private async tellWhyItRests(name: string): Promise<void> {
    const { bridge, store } = this.options;
    const lives = await bridge.program.plugins.lives().catch(() => []);
    const ended =
      lives.find((l) => l.unit === name)?.ended ?? restingFault(name, "it failed too often");
    const fault = ended.kind === "quarantined" ? ended : { ...ended, kind: "retired" };
    if (name === (this.state.unit?.name ?? name)) store.setState({ launch: { unit: name, fault } });
  }
}
