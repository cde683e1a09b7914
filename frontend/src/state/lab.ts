import { createStore, type StoreApi } from "zustand/vanilla";
import type { Host } from "../bridge/host.ts";
import {
  type ExampleKind,
  type LabItem,
  type LabPast,
  type LabProgram,
  type LabRun,
  parseItems,
  parseRun,
} from "../bridge/lab.ts";
import { parseFault } from "../bridge/program.ts";
import { type Fault, FaultError, faultOf } from "../core/fault.ts";
import { isObject } from "../core/json.ts";
import { defaultsOf, type ParamValue, type ParamValues } from "../wire/manifest.ts";
import type { Op } from "../wire/ops.ts";
import { kept, problemsOf, sendable } from "./labForm.ts";
import { placed, withoutSlot } from "./labOps.ts";
import type { NewNotice } from "./notices.ts";

export type LabSide = "ops" | "history";

/** What takes a plugin less than this is repeated while its form is changed; that it has to be started once does not count. */
export const LIVE_MS = 300;
const LIVE_AFTER_MS = 150;

export interface LabState {
  /** Null: nobody has looked yet. */
  ops: readonly Op[] | null;
  side: LabSide;
  search: string;
  /** The file that the ops are for; null: any. */
  file: LabItem | null;
  op: Op | null;
  values: ParamValues;
  slots: readonly (LabItem | null)[];
  /** Changes when the form is another one: fields that keep what was typed to themselves begin anew. */
  form: number;
  /** The user wanted to run it: what is missing is said. */
  tried: boolean;
  /** The last run of the op, and the last of it that is done. */
  run: LabRun | null;
  result: LabRun | null;
  /** Id of the output that is shown; empty: the first. */
  output: string;
  live: boolean;
  /** Null: nobody has looked yet. */
  history: readonly LabPast[] | null;
  /** Of a run of the history: names of what is not there any more. */
  missing: readonly string[];
  refusal: Fault | null;
}

export interface LabOptions {
  program: LabProgram;
  host: Host;
  fail: (error: unknown) => void;
  tell: (notice: NewNotice) => void;
}

/** The lab panel: any op on files of the user. Its tables are the views' own. */
export class Lab {
  readonly store: StoreApi<LabState> = createStore<LabState>(() => ({
    ops: null,
    side: "ops",
    search: "",
    file: null,
    op: null,
    values: {},
    slots: [],
    form: 0,
    tried: false,
    run: null,
    result: null,
    output: "",
    live: true,
    history: null,
    missing: [],
    refusal: null,
  }));
  readonly program: LabProgram;
  private shown = false;
  private readonly valuesOf = new Map<string, ParamValues>();
  private again: ReturnType<typeof setTimeout> | undefined;
  /** Events of a run may come before the answer that names it. */
  private readonly early = new Map<number, LabRun>();

  constructor(private readonly options: LabOptions) {
    this.program = options.program;
    options.host.onEvent("inos:lab-run", (raw) => this.told(parseRun(raw)));
    options.host.onEvent("inos:lab-files", (raw) => this.dropped(raw));
  }

  /** The panel is open, and to be seen. */
  show(on: boolean): void {
    if (on === this.shown) return;
    this.shown = on;
    this.program.show(on).catch(this.options.fail);
    if (on) void this.refresh();
  }

  /** Looks anew at what there is to run. */
  async refresh(): Promise<void> {
    if (!this.shown) return;
    await this.attempt(async () => {
      const first = this.state.ops === null;
      const ops = await this.program.ops();
      const op = ops.find((o) => o.id === this.state.op?.id) ?? null;
      this.store.setState({ ops, op });
      if (op) this.store.setState({ slots: placed(op, this.state.slots, []) });
      if (first) this.resume((await this.program.runs()).at(-1) ?? null);
    });
  }

  look(side: LabSide): void {
    this.store.setState({ side });
    if (side === "history") void this.readHistory();
  }

  search(search: string): void {
    this.store.setState({ search });
  }

  /** Opens the form of an op, with the file that is at hand. */
  chooseOp(id: string): void {
    const op = this.state.ops?.find((o) => o.id === id);
    if (!op || op.id === this.state.op?.id) return;
    this.begin(op, this.valuesOf.get(id) ?? {}, this.state.file ? [this.state.file] : []);
  }

  setValue(name: string, value: ParamValue): void {
    this.store.setState({ values: { ...this.state.values, [name]: value } });
    this.repeatSoon();
  }

  resetValue(name: string): void {
    const param = this.state.op?.params.find((p) => p.name === name);
    if (param) this.setValue(name, param.default);
  }

  setLive(live: boolean): void {
    this.store.setState({ live });
    if (live) this.repeatSoon();
  }

  /** Lets the user choose files, for a place or for whatever takes them. */
  async choose(slot: number | null): Promise<void> {
    await this.attempt(async () => this.take(await this.program.choose(), slot));
  }

  async example(kind: ExampleKind): Promise<void> {
    await this.attempt(async () => {
      const item = await this.program.example(kind);
      if (item) this.take([item], null);
    });
  }

  /** A result becomes the file that the next op is for. */
  takeResult(item: LabItem): void {
    this.take([item], null);
    this.store.setState({ side: "ops", search: "" });
  }

  clearFile(): void {
    this.store.setState({ file: null });
  }

  clearSlot(at: number): void {
    const { op, slots } = this.state;
    if (op) this.store.setState({ slots: withoutSlot(op, slots, at) });
  }

  showOutput(output: string): void {
    this.store.setState({ output });
  }

  /** Runs the op as the form says; what is wrong with that is said beside it. */
  async run(): Promise<void> {
    clearTimeout(this.again);
    await this.start(false);
  }

  async cancel(): Promise<void> {
    const { run } = this.state;
    if (run?.state === "running") await this.attempt(() => this.program.cancel(run.id));
  }

  async save(item: LabItem): Promise<void> {
    await this.attempt(async () => {
      const path = await this.program.save(item.id);
      if (path !== "") this.options.tell(savedNotice(item.name, path));
    });
  }

  async copy(text: string): Promise<void> {
    await this.attempt(() => this.options.host.copyText(text));
  }

  async readHistory(): Promise<void> {
    await this.attempt(async () => this.store.setState({ history: await this.program.history() }));
  }

  async forgetHistory(): Promise<void> {
    await this.attempt(() => this.program.forgetHistory());
    await this.readHistory();
  }

  /** Fills the form as it was, and runs it if nothing is missing. */
  async runAgain(past: LabPast): Promise<void> {
    await this.attempt(async () => {
      const { op: id, params, items, missing } = await this.program.again(past.id);
      const op = this.state.ops?.find((o) => o.id === id);
      if (!op) throw new FaultError(noOp(id));
      this.begin(op, params, []);
      this.store.setState({ slots: op.inputs.map((_, i) => items[i] ?? null), missing });
      if (missing.length === 0 && !past.cut && !needsSecret(op)) await this.start(false);
      else this.store.setState({ tried: missing.length > 0 });
    });
  }

  private get state() {
    return this.store.getState();
  }

  /** A page that was loaded anew goes on with the last run. */
  private resume(run: LabRun | null): void {
    const op = this.state.ops?.find((o) => o.id === run?.op);
    if (!run || !op || this.state.op) return;
    this.begin(op, run.params, []);
    const slots = op.inputs.map((_, i) => run.inputs[i] ?? null);
    this.store.setState({ slots, run, result: run.state === "done" ? run : null });
  }

  private begin(op: Op, values: ParamValues, items: readonly LabItem[]): void {
    clearTimeout(this.again);
    const { op: before, values: last } = this.state;
    if (before) this.valuesOf.set(before.id, kept(before, last));
    this.store.setState({
      op,
      form: this.state.form + 1,
      values: { ...defaultsOf(op.params), ...kept(op, values) },
      slots: placed(op, [], items),
      tried: false,
      run: null,
      result: null,
      output: "",
      missing: [],
      refusal: null,
    });
  }

  private take(items: readonly LabItem[], slot: number | null): void {
    const [first] = items;
    if (!first) return;
    const { op, slots } = this.state;
    this.store.setState({ file: first });
    if (!op) return;
    if (slot === null) this.store.setState({ slots: placed(op, slots, items) });
    else
      this.store.setState({ slots: op.inputs.map((_, i) => items[i - slot] ?? slots[i] ?? null) });
    this.store.setState({ run: null, result: null, output: "", refusal: null, missing: [] });
  }

  private async start(preview: boolean): Promise<void> {
    const { op, values, slots, run, result } = this.state;
    if (!op || (run?.state === "running" && !preview)) return;
    if (!problemsOf(op, values, slots).none) {
      if (!preview) this.store.setState({ tried: true });
      return;
    }
    if (run?.state === "running") await this.program.cancel(run.id);
    try {
      const begun = await this.program.run({
        op: op.id,
        params: sendable(op, values),
        inputs: slots.filter((item) => item !== null).map((item) => item.id),
        preview,
        replaces: preview && result?.preview ? result.id : 0,
      });
      if (!begun || this.state.op?.id !== op.id) return;
      this.store.setState({ run: begun, tried: false, refusal: null });
      const early = this.early.get(begun.id);
      this.early.clear();
      if (early) this.told(early);
    } catch (error) {
      this.store.setState({ refusal: faultOf(error) });
    }
  }

  private told(run: LabRun | null): void {
    if (!run) return;
    const { run: now, output } = this.state;
    if (now?.id !== run.id) {
      this.early.set(run.id, run);
      return;
    }
    this.store.setState({ run });
    if (run.state === "running") return;
    if (run.state === "done") {
      const before = this.state.result?.outputs.find((o) => o.id === output)?.output;
      const same = run.outputs.find((o) => o.output === before) ?? run.outputs[0];
      this.store.setState({ result: run, output: same?.id ?? "" });
    }
    if (this.state.side === "history") void this.readHistory();
  }

  private dropped(raw: unknown): void {
    if (isObject(raw)) this.take(parseItems(raw), null);
    else this.options.fail(new FaultError(parseFault(raw)));
  }

  /** A cheap picture follows the form. */
  private repeatSoon(): void {
    clearTimeout(this.again);
    if (!isLive(this.state)) return;
    this.again = setTimeout(() => void this.start(true), LIVE_AFTER_MS);
  }

  private async attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.options.fail(error);
    }
  }
}

/** Whether a preview follows the form: the last run of the op gave a picture, and was fast. */
export function canBeLive({ op, result }: Pick<LabState, "op" | "result">): boolean {
  if (!op || !result || needsSecret(op)) return false;
  return result.pluginMs < LIVE_MS && result.outputs[0]?.kind === "picture";
}

function isLive(state: LabState): boolean {
  return state.live && canBeLive(state);
}

export function needsSecret(op: Op): boolean {
  return op.params.some((p) => p.kind === "text" && p.secret);
}

function noOp(id: string): Fault {
  return {
    kind: "not-found",
    subject: id,
    message: "no plugin offers that op now",
    next: "look at the plugins: it may be disabled or removed",
  };
}

function savedNotice(name: string, path: string): NewNotice {
  return {
    tone: "info",
    title: `${name} saved`,
    why: path,
    next: "",
    details: path,
    action: null,
    passing: true,
    key: "lab-saved",
  };
}
