import type { Program } from "../bridge/program.ts";
import { faultOf } from "../core/fault.ts";
import {
  findParam,
  type LiveUnit,
  type Param,
  type ParamValue,
  type ParamValues,
} from "../wire/manifest.ts";
import { ParamSender } from "./sender.ts";
import { type AppState, type AppStore, isUnderWay } from "./store.ts";
import { UndoStack } from "./undo.ts";

/** A slider that is refused while it is dragged does not jump under the hand. */
const REVERT_AFTER_MS = 400;

export interface ShownParamsOptions {
  program: Pick<Program, "setParams">;
  /** The user changed some: they are to be drawn, and saved. */
  changed: () => void;
  fail: (error: unknown) => void;
}

/** Parameters of the shown unit: as they are to be seen, as the program has them, and the way back. */
export class ShownParams {
  private readonly undoStack = new UndoStack();
  private readonly sender: ParamSender;
  /** What the program has, as far as it said. */
  private inForce: ParamValues = {};
  private revertTimer: ReturnType<typeof setTimeout> | undefined;
  /** Those that a refusal for lack of memory left undone. */
  private refused: ParamValues | null = null;

  constructor(
    private readonly store: AppStore,
    private readonly options: ShownParamsOptions,
  ) {
    this.sender = new ParamSender({
      send: (params) => options.program.setParams(params),
      onTaken: (inForce) => this.taken(inForce),
      onRefused: (error, refused) => this.notTaken(error, refused),
      now: () => performance.now(),
      later: (run, ms) => setTimeout(run, ms),
    });
  }

  /** Changes them at once; the change can be taken back. */
  set(values: ParamValues): void {
    if (isUnderWay(this.state)) return;
    const before: ParamValues = {};
    for (const name of Object.keys(values)) {
      const old = this.state.params[name];
      if (old !== undefined) before[name] = old;
    }
    this.undoStack.push(before, values, performance.now());
    this.apply(values);
  }

  applyPreset(name: string): void {
    const preset = this.unit?.presets.find((p) => p.name === name);
    if (preset) this.set(preset.values);
  }

  resetOne(name: string): void {
    const param = this.unit && findParam(this.unit.params, name);
    if (param) this.set({ [name]: param.default });
  }

  undo(): void {
    const values = this.undoStack.undo();
    if (values) this.apply(values);
  }

  redo(): void {
    const values = this.undoStack.redo();
    if (values) this.apply(values);
  }

  apply(values: ParamValues): void {
    this.store.setState({
      params: { ...this.state.params, ...values },
      canUndo: this.undoStack.canUndo,
      canRedo: this.undoStack.canRedo,
    });
    clearTimeout(this.revertTimer);
    if (this.state.launch) return; // for the next try
    const { countParam } = this.unit ?? {};
    this.sender.put(values, countParam !== undefined && countParam in values);
    this.options.changed();
  }

  /** Sends what is neither shown nor saved, as far as the unit knows it. */
  sendHidden(values: ParamValues): void {
    const known: ParamValues = {};
    for (const [name, value] of Object.entries(values)) {
      const param = this.unit && findParam(this.unit.params, name);
      if (param) known[name] = within(param, value);
    }
    this.sender.put(known, false);
  }

  /** The program has all that was sent. */
  settled(): Promise<void> {
    return this.sender.settled();
  }

  /** Nothing was changed since the program last said what it has. */
  get unchanged(): boolean {
    return this.state.params === this.inForce;
  }

  /** The program has these. */
  nowInForce(values: ParamValues): Pick<AppState, "params"> {
    this.inForce = values;
    return { params: values };
  }

  /** The unit is another one, or another version: there is no way back to what was before. */
  anew(values: ParamValues): Pick<AppState, "params" | "canUndo" | "canRedo"> {
    this.undoStack.clear();
    return { ...this.nowInForce(values), canUndo: false, canRedo: false };
  }

  /** The unit is left: what was under way to it has no meaning any more. */
  leave(): void {
    this.sender.forget();
    clearTimeout(this.revertTimer);
    this.refused = null;
  }

  lackedRoom(values: ParamValues): void {
    this.refused = values;
  }

  /** There is more room now. */
  retryRefused(): void {
    const wanted = this.refused;
    this.refused = null;
    if (wanted) this.set(wanted);
  }

  private get state() {
    return this.store.getState();
  }

  private get unit(): LiveUnit | null {
    return this.state.unit;
  }

  private taken(inForce: ParamValues): void {
    this.inForce = { ...this.inForce, ...inForce };
    this.store.setState({ params: { ...this.state.params, ...inForce } });
  }

  /** Says why, and shows what is really in force again once the hand is off the slider. */
  private notTaken(error: unknown, refused: ParamValues): void {
    if (faultOf(error).kind === "budget") this.refused = refused;
    this.options.fail(error);
    clearTimeout(this.revertTimer);
    this.revertTimer = setTimeout(() => {
      const kept: ParamValues = {};
      for (const name of Object.keys(refused)) {
        const value = this.inForce[name];
        if (value !== undefined) kept[name] = value;
      }
      this.store.setState({ params: { ...this.state.params, ...kept } });
    }, REVERT_AFTER_MS);
  }
}

function within(param: Param, value: ParamValue): ParamValue {
  const isNumber = param.kind === "number" || param.kind === "integer";
  if (!isNumber || typeof value !== "number") return value;
  return Math.min(param.max, Math.max(param.min, value));
}
