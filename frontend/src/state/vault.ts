import { createStore, type StoreApi } from "zustand/vanilla";
import type { Host } from "../bridge/host.ts";
import { parseFault } from "../bridge/program.ts";
import {
  parsePick,
  type SpaceSettings,
  type VaultPick,
  type VaultProgram,
  type VaultSheet,
  type VaultSpace,
  type VaultStat,
  type VaultStatus,
} from "../bridge/vault.ts";
import { parseTask, type VaultHealth, type VaultTask } from "../bridge/vaultTasks.ts";
import { type Fault, FaultError, faultOf } from "../core/fault.ts";
import { isObject } from "../core/json.ts";
import type { NewNotice } from "./notices.ts";
import { VaultBrowser } from "./vaultBrowser.ts";

export type VaultView = "files" | "usage" | "health" | "spaces";
export const VAULT_VIEWS: readonly VaultView[] = ["files", "usage", "health", "spaces"];

export interface VaultState {
  /** Null: nobody has looked yet. */
  status: VaultStatus | null;
  /** Why the store was not made or opened. */
  refusal: Fault | null;
  busy: boolean;
  view: VaultView;
  /** Id of the space that is shown. */
  space: string;
  tasks: readonly VaultTask[];
  /** The user is asked to keep the recovery sheet. */
  sheetOffered: boolean;
  /** The words, while they are shown. */
  sheet: VaultSheet | null;
  /** Null: it is being counted. */
  usage: VaultStat | null;
  health: Readonly<Record<string, VaultHealth>>;
  /** The shares of the room are those in the version that is open, not those of the paths. */
  inside: boolean;
}

export interface VaultOptions {
  program: VaultProgram;
  host: Host;
  fail: (error: unknown) => void;
  tell: (notice: NewNotice) => void;
}

/** The store panel: the store itself and the work in it. What is in it, is its browser's. */
export class Vault {
  readonly store: StoreApi<VaultState> = createStore<VaultState>(() => ({
    status: null,
    refusal: null,
    busy: false,
    view: "files",
    space: "",
    tasks: [],
    sheetOffered: false,
    sheet: null,
    usage: null,
    health: {},
    inside: false,
  }));
  readonly browser: VaultBrowser;
  private shown = false;

  constructor(private readonly options: VaultOptions) {
    const space = () => this.state.space;
    this.browser = new VaultBrowser({ program: options.program, space, fail: options.fail });
    const { host } = options;
    host.onEvent("inos:store-tasks", (raw) => this.told(Array.isArray(raw) ? raw : []));
    host.onEvent("inos:store-changed", () => void this.refresh());
    host.onEvent("inos:store-dropped", (raw) => void this.dropped(raw));
    host.onFocus(() => {
      if (this.shown) void this.refresh();
    });
  }

  /** The panel is open, and to be seen. */
  show(on: boolean): void {
    if (on === this.shown) return;
    this.shown = on;
    this.options.program.show(on).catch(this.options.fail);
    if (on) void this.refresh();
    else this.store.setState({ sheet: null });
  }

  /** Looks anew at everything that is shown. */
  async refresh(): Promise<void> {
    try {
      this.taken(await this.options.program.status());
      if (this.state.status?.state !== "open") return;
      this.store.setState({ tasks: await this.options.program.tasks() });
      await Promise.all([this.browser.refresh(), this.readView()]);
    } catch (error) {
      this.options.fail(error);
    }
  }

  look(view: VaultView): void {
    this.store.setState({ view });
    void this.readView().catch(this.options.fail);
  }

  /** Shows what takes the room in a version; an empty id: by path. */
  readonly goInside = (version: string): void => {
    this.store.setState({ inside: version !== "" });
    if (version !== "") void this.browser.openVersion(version);
  };

  chooseSpace(space: string): void {
    if (space === this.state.space) return;
    this.store.setState({ space, usage: null, inside: false });
    this.browser.forget();
    void this.refresh();
  }

  /** An empty passphrase: the keychain keeps the key. */
  async make(passphrase: string): Promise<void> {
    await this.open((program) => program.make(passphrase, passphrase === ""));
    if (this.state.status?.state === "open") this.store.setState({ sheetOffered: true });
  }

  async unlock(passphrase: string): Promise<void> {
    await this.open((program) => program.unlock(passphrase));
  }

  async lock(): Promise<void> {
    this.browser.forget();
    this.store.setState({
      tasks: [],
      sheet: null,
      sheetOffered: false,
      usage: null,
      health: {},
      inside: false,
    });
    await this.open((program) => program.lock());
  }

  offerSheet(sheetOffered: boolean): void {
    this.store.setState({ sheetOffered, sheet: null });
  }

  async showSheet(): Promise<void> {
    await this.act(async (program) => this.store.setState({ sheet: await program.sheet() }));
  }

  printSheet(): void {
    this.options.host.print();
  }

  async saveSheet(): Promise<void> {
    await this.act(async (program) => {
      const path = await program.saveSheet();
      if (path === "") return;
      this.options.tell(savedNotice(path));
      this.offerSheet(false);
    });
    await this.refresh();
  }

  /** The user wrote the words down. */
  async keepSheet(): Promise<void> {
    await this.act((program) => program.keepSheet());
    this.offerSheet(false);
    await this.refresh();
  }

  async put(folder: boolean): Promise<void> {
    await this.act(async (program) => this.putPick(await program.chooseToPut(folder)));
  }

  /** Restores a version, or what lies at a place in it. */
  async get(id: string, place: string): Promise<void> {
    await this.act(async (program) => {
      const { token } = await program.chooseTarget();
      if (token !== "") await this.work(() => program.get(this.state.space, id, place, token));
    });
  }

  async pin(id: string, pinned: boolean): Promise<void> {
    await this.act((program) => program.pin(this.state.space, id, pinned));
    await this.browser.refresh();
  }

  async remove(id: string): Promise<void> {
    await this.act((program) => program.remove(this.state.space, id));
    await this.refresh();
  }

  async collect(): Promise<void> {
    await this.act((program) => this.work(() => program.collect(this.state.space)));
  }

  async check(all: boolean): Promise<void> {
    await this.act((program) => this.work(() => program.check(this.state.space, all)));
  }

  async repair(): Promise<void> {
    await this.act((program) => this.work(() => program.repair(this.state.space)));
  }

  /** Minutes of one processor; 0: no bound. */
  async archive(minutes: number): Promise<void> {
    await this.act((program) => this.work(() => program.archive(this.state.space, minutes)));
  }

  async cancel(task: number): Promise<void> {
    await this.work(() => this.options.program.cancel(task)).catch(this.options.fail);
  }

  /** Takes a task that ended from the list. */
  async forget(task: number): Promise<void> {
    await this.work(() => this.options.program.forget(task)).catch(this.options.fail);
  }

  /** Null: it is done. An empty id makes a space. */
  async keepSpace(id: string, settings: SpaceSettings): Promise<Fault | null> {
    try {
      if (id === "") await this.options.program.addSpace(settings);
      else await this.options.program.setSpace(id, settings);
    } catch (error) {
      return faultOf(error);
    }
    await this.refresh();
    return null;
  }

  private get state() {
    return this.store.getState();
  }

  private taken(status: VaultStatus): void {
    const known = status.spaces.some((s) => s.id === this.state.space);
    const space = known ? this.state.space : (firstSpace(status.spaces)?.id ?? "");
    this.store.setState({ status, space });
  }

  private async open(run: (program: VaultProgram) => Promise<VaultStatus>): Promise<void> {
    if (this.state.busy) return;
    this.store.setState({ busy: true, refusal: null });
    try {
      this.taken(await run(this.options.program));
    } catch (error) {
      this.store.setState({ refusal: faultOf(error) });
    }
    this.store.setState({ busy: false });
    if (this.state.refusal === null) await this.refresh();
  }

  private async act(run: (program: VaultProgram) => Promise<void>): Promise<void> {
    if (this.state.busy) return;
    this.store.setState({ busy: true });
    try {
      await run(this.options.program);
    } catch (error) {
      this.options.fail(error);
    }
    this.store.setState({ busy: false });
  }

  private async work(run: () => Promise<void>): Promise<void> {
    await run();
    this.store.setState({ tasks: await this.options.program.tasks() });
  }

  private async putPick({ token }: VaultPick): Promise<void> {
    if (token === "") return;
    await this.work(() => this.options.program.put(this.state.space, token));
  }

  private async dropped(raw: unknown): Promise<void> {
    try {
      if (!isObject(raw)) throw new FaultError(parseFault(raw));
      await this.putPick(parsePick(raw));
    } catch (error) {
      this.options.fail(error);
    }
  }

  /** What has ended may have changed anything. */
  private told(raw: unknown[]): void {
    if (this.state.status?.state !== "open") return;
    const tasks = raw.flatMap(parseTask);
    const ran = new Set(this.state.tasks.filter((t) => t.state === "running").map((t) => t.id));
    this.store.setState({ tasks });
    if (tasks.some((t) => t.state !== "running" && ran.has(t.id))) void this.refresh();
  }

  private async readView(): Promise<void> {
    const { view, space, status } = this.state;
    if (status?.state !== "open" || space === "") return;
    const { program } = this.options;
    if (view === "health") this.store.setState({ health: await program.health() });
    if (view !== "usage") return;
    const usage = await program.usage(space);
    if (space === this.state.space) this.store.setState({ usage });
  }
}

function firstSpace(spaces: readonly VaultSpace[]): VaultSpace | undefined {
  return spaces.find((s) => s.name === "main") ?? spaces[0];
}

function savedNotice(path: string): NewNotice {
  return {
    tone: "info",
    title: "Recovery sheet saved",
    why: path,
    next: "Print it, keep it away from this computer, and delete the file.",
    details: path,
    action: null,
    passing: true,
    key: "sheet",
  };
}
