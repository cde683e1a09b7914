import { vi } from "vitest";
import { boundLab } from "../bridge/lab.ts";
import type { Bridge } from "../bridge/open.ts";
import type { PluginLimit } from "../bridge/pluginLimits.ts";
import type {
  AuditEntry,
  LogLine,
  Offer,
  PluginCard,
  PluginProgram,
  PluginUsage,
} from "../bridge/plugins.ts";
import { type LiveState, type Program, parseBoot } from "../bridge/program.ts";
import { SharedSource } from "../bridge/shared.ts";
import type { UnitLife } from "../bridge/unitLife.ts";
import { boundVault } from "../bridge/vault.ts";
import { FaultError } from "../core/fault.ts";
import type { ParamValue, ParamValues } from "../wire/manifest.ts";
import { KernelWriter, newKernelSegment } from "../wire/writer.ts";
import { Session } from "./session.ts";

/** A window's session over a program that is only pretended, for tests. */

export const MIB = 1024 * 1024;
const UNIT = {
  name: "boids",
  live: {
    params: [
      { name: "count", kind: "integer", default: 10000, min: 100, max: 250000 },
      { name: "mode", kind: "choice", default: 0, options: ["exact", "fast"] },
      { name: "cohesion", kind: "number", default: 1, min: 0, max: 10 },
      { name: "pointer_mode", kind: "choice", options: ["none", "attract", "scare"], hidden: true },
      { name: "pointer_x", kind: "number", default: 0, min: -200, max: 200, hidden: true },
    ],
    channels: [{ look: "birds", capacityParam: "count" }],
    presets: [{ name: "fish", values: [{ param: "cohesion", value: 4 }] }],
  },
};

/** A program with plugins that do as they are told. */
export class FakePlugins implements PluginProgram {
  readonly calls: string[] = [];
  cards: PluginCard[] = [];
  waiting: Offer | null = null;
  entries: AuditEntry[] = [];
  used: PluginUsage[] = [];
  lines: LogLine[] = [];
  living: UnitLife[] = [];
  limitRows: PluginLimit[] = [];
  /** Set: what asks for a change is refused. */
  refusal: Error | null = null;
  drop: (offer: unknown) => void = () => {};

  list = async () => this.cards;
  offer = async () => this.waiting;
  offered = async () => this.waiting;
  audit = async () => this.entries;
  usage = async () => this.used;
  lives = async () => this.living;
  limits = async (_id: string) => this.limitRows;
  log = async (after: number) => this.lines.filter((l) => l.number > after);

  change = async (id: string, change: string) => this.do(`${change} ${id}`);
  decline = async () => this.do("decline");
  revoke = async (id: string, key: string) => this.do(`revoke ${id} ${key}`);
  install = async (digest: string, replace: boolean) =>
    this.do(`install ${digest}${replace ? " all the same" : ""}`);
  decide = async (id: string, key: string, decision: string) => this.do(`${decision} ${id} ${key}`);

  setSetting = async (id: string, name: string, value: ParamValue) =>
    this.do(`set ${id} ${name} ${value}`);
  clearSetting = async (id: string, name: string) => this.do(`clear ${id} ${name}`);
  setLimit = async (id: string, key: string, text: string) => {
    this.do(`limit ${id} ${key}=${text}`);
    this.limitRows = this.limitRows.map((r) => (r.key === key ? { ...r, set: text } : r));
  };
  resetLimit = async (id: string, key: string) => {
    this.do(`unlimit ${id} ${key}`);
    this.limitRows = this.limitRows.map((r) => (r.key === key ? { ...r, set: "" } : r));
  };
  trust = async (key: string, name: string) => this.do(`trust ${key} ${name}`);
  forget = async (key: string) => this.do(`forget ${key}`);
  startNow = async (unit: string) => this.do(`start ${unit} now`);

  async offerRefused(path: string) {
    this.do(`look at ${path}`);
    return this.waiting;
  }

  async exportLog(id: string) {
    this.do(`export ${id}`);
    return "/pictures/log.txt";
  }

  private do(what: string): void {
    this.calls.push(what);
    if (this.refusal) throw this.refusal;
  }
}

/** A program with a store that tells what was asked of it. */
export class FakeVault {
  readonly calls: unknown[][] = [];
  /** What it answers to a method: a value, or an error. */
  readonly answers: Record<string, unknown> = {};
  readonly events: Record<string, (data: unknown) => void> = {};
  focus: () => void = () => {};
  readonly call = async (...call: [string, ...unknown[]]) => {
    this.calls.push(call);
    const answer = this.answers[call[0]];
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer(...call.slice(1)) : answer;
  };
  readonly program = boundVault(this.call);

  /** The arguments of all calls of a method. */
  said(method: string): unknown[][] {
    return this.calls.filter(([name]) => name === method).map(([, ...args]) => args);
  }
}

/** A program with a budget; flocks of more than `room` birds do not fit. */
export class FakeProgram implements Program {
  readonly plugins = new FakePlugins();
  readonly store = new FakeVault();
  readonly vault = this.store.program;
  /** What the lab asks is answered like what the store asks. */
  readonly lab = boundLab(this.store.call);
  params: ParamValues = {};
  /** What the program starts a unit with when the page does not say. */
  remembered: ParamValues = {};
  room = 100000;
  readonly calls: string[] = [];
  saved: unknown = null;

  boot = vi.fn();
  offered: unknown[] = [];
  async allowAllPlugins() {
    this.calls.push("use all plugins");
  }
  async units() {
    return parseBoot({ units: this.offered }).units;
  }
  setVisible = vi.fn(async () => {});
  reportPage = vi.fn(async () => {});
  saveScreenshot = vi.fn(async () => "/pictures/a.png");

  /** Set: starts of that unit do not answer until they are told how. */
  held = "";
  private readonly waiting: ((error: unknown) => void)[] = [];

  /** Lets the oldest start that waits go on, or fail. */
  letGo(error: unknown = null): void {
    this.waiting.shift()?.(error);
  }

  async startLive(unit: string, params: ParamValues | null): Promise<LiveState> {
    this.calls.push(`start ${unit}`);
    if (unit === this.held) await this.hold();
    const taken = this.take(params ?? this.remembered);
    return { unit, entry: 0, params: taken, state: "running", shards: 2 };
  }

  async setParams(params: ParamValues) {
    return this.take(params);
  }

  async control(action: string) {
    this.calls.push(action);
  }

  async raiseArena(bytes: number) {
    this.calls.push(`raise ${bytes / MIB}`);
    this.room = 250000;
    return { used: 0, limit: bytes };
  }

  async saveSettings(settings: unknown) {
    this.saved = settings;
  }

  private hold(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push((error) => (error ? reject(error) : resolve()));
    });
  }

  private take(params: ParamValues): ParamValues {
    if (Number(params["count"] ?? 0) > this.room) {
      const fault = { kind: "budget", subject: "boids", message: "too big", next: "raise it" };
      throw new FaultError({ ...fault, needed: 19.5 * MIB, limit: 16 * MIB });
    }
    this.params = { ...this.params, ...params };
    return this.params;
  }
}

const SPARKS = { name: "sparks", live: { params: [], channels: [{ look: "points" }] } };

interface Given {
  settings?: unknown;
  live?: unknown;
  first?: string;
  safe?: unknown;
  prepare?: (program: FakeProgram) => void;
}

export async function begun({
  settings = null,
  live = null,
  first = "boids",
  safe = {},
  prepare,
}: Given = {}) {
  const program = new FakeProgram();
  prepare?.(program);
  const kernel = newKernelSegment();
  const bridge: Bridge = {
    program,
    boot: parseBoot({
      framePath: "shared",
      units: [
        { plugin: "p", manifest: UNIT },
        { plugin: "q", manifest: SPARKS },
      ],
      settings,
      live,
      first,
      safe,
    }),
    source: new SharedSource({ kernel, open: () => null }),
    host: {
      toggleFullScreen: async () => {},
      copyText: async () => {},
      hidden: () => false,
      pixelRatio: () => 1,
      prefersDark: () => true,
      prefersCalm: () => false,
      onVisibility: () => () => {},
      onKey: () => () => {},
      onPreference: () => () => {},
      onDrop: (run) => {
        program.plugins.drop = run;
        return () => {};
      },
      onEvent: (name, run) => {
        program.store.events[name] = run;
        return () => {};
      },
      onFocus: (run) => {
        program.store.focus = run;
        return () => {};
      },
      print: () => void program.calls.push("print"),
      onLeave: () => () => {},
    },
    whyStream: "",
  };
  const session = new Session(bridge);
  session.begin();
  const settle = () => vi.advanceTimersByTimeAsync(600);
  await settle();
  const writer = new KernelWriter(kernel);
  return { session, program, writer, settle, state: () => session.store.getState() };
}
