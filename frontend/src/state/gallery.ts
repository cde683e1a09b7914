import { createStore, type StoreApi } from "zustand/vanilla";
import type {
  AuditEntry,
  Decision,
  Offer,
  PluginCard,
  PluginChange,
  PluginProgram,
} from "../bridge/plugins.ts";
import { type Fault, faultOf } from "../core/fault.ts";
import { Activity } from "./activity.ts";
import type { NewNotice } from "./notices.ts";
import { PluginLimits } from "./pluginLimits.ts";
import { PluginSettings } from "./pluginSettings.ts";

export type PluginTab = "about" | "permissions" | "settings" | "activity" | "versions";
export const PLUGIN_TABS: readonly PluginTab[] = [
  "about",
  "permissions",
  "settings",
  "activity",
  "versions",
];

export interface GalleryState {
  cards: readonly PluginCard[];
  /** The list has been read at least once. */
  known: boolean;
  search: string;
  /** Key of the plugin whose page is open; empty: none. */
  chosen: string;
  tab: PluginTab;
  /** A file that waits for the user's word; null: none. */
  offer: Offer | null;
  /** Why the offered file was not installed; null: nobody has tried. */
  refusal: Fault | null;
  /** About the chosen plugin, newest first. */
  audit: readonly AuditEntry[];
  /** Samples of the activity so far: what depends on them renders again. */
  samples: number;
  /** The program is doing something that the user asked for. */
  busy: boolean;
}

export interface GalleryOptions {
  program: PluginProgram;
  now: () => number;
  fail: (error: unknown) => void;
  tell: (notice: NewNotice) => void;
}

/** The plugins panel: what there is, and what the user does with it. */
export class Gallery {
  readonly store: StoreApi<GalleryState> = createStore<GalleryState>(() => ({
    cards: [],
    known: false,
    search: "",
    chosen: "",
    tab: "about",
    offer: null,
    refusal: null,
    audit: [],
    samples: 0,
    busy: false,
  }));
  readonly activity: Activity;
  readonly settings: PluginSettings;
  readonly limits: PluginLimits;

  constructor(private readonly options: GalleryOptions) {
    this.activity = new Activity(options.program, options.now, () =>
      this.store.setState((s) => ({ samples: s.samples + 1 })),
    );
    this.limits = new PluginLimits(options.program);
    this.settings = new PluginSettings(options.program, () => this.refresh());
  }

  /** The panel is open, and to be seen. */
  watch(on: boolean): void {
    if (on) this.activity.begin();
    else this.activity.end();
  }

  /** Reads the list anew. */
  async refresh(): Promise<void> {
    try {
      const cards = await this.options.program.list();
      const { chosen } = this.state;
      const key = chosen === "" ? foundCards({ cards, search: "" })[0]?.key : chosen;
      const there = cards.some((c) => c.key === key);
      // One that was just installed, or brought back, is there in a moment.
      const followed = there ? key : (sameFile(this.state.cards, chosen, cards) ?? chosen);
      this.store.setState({ cards, known: true, chosen: followed ?? "" });
      await this.readAudit();
    } catch (error) {
      this.options.fail(error);
    }
  }

  nameOf(id: string): string {
    return this.state.cards.find((c) => c.id === id && c.refused === "")?.name ?? id;
  }

  search(search: string): void {
    this.store.setState({ search });
  }

  choose(chosen: string, tab: PluginTab = this.state.tab): void {
    this.store.setState({ chosen, tab, audit: [] });
    void this.readAudit();
  }

  show(tab: PluginTab): void {
    this.store.setState({ tab });
  }

  async change(card: PluginCard, change: PluginChange): Promise<void> {
    await this.act(async (program) => {
      await program.change(card.id, change);
      if (change === "remove") this.options.tell(removedNotice(card));
    });
  }

  async decide(id: string, key: string, decision: Decision, hosts = ""): Promise<void> {
    await this.act((program) => program.decide(id, key, decision, hosts));
  }

  async revoke(id: string, key: string): Promise<void> {
    await this.act((program) => program.revoke(id, key));
  }

  async offerFile(): Promise<void> {
    await this.act(async (program) => this.offered(await program.offer()));
  }

  async offerRefused(path: string): Promise<void> {
    await this.act(async (program) => this.offered(await program.offerRefused(path)));
  }

  /** A file was chosen, or dropped onto the window. */
  offered(offer: Offer | null): void {
    if (offer) this.store.setState({ offer, refusal: null });
  }

  async decline(): Promise<void> {
    this.store.setState({ offer: null, refusal: null });
    await this.options.program.decline().catch(this.options.fail);
  }

  /** What speaks against it is shown; the user may still want it. */
  async install(replace: boolean): Promise<void> {
    const { offer } = this.state;
    if (!offer) return;
    await this.act(async (program) => {
      try {
        await program.install(offer.digest, replace);
        const chosen = offer.plugin.id;
        this.store.setState({ offer: null, refusal: null, chosen, tab: "permissions" });
      } catch (error) {
        this.store.setState({ refusal: faultOf(error) });
      }
    });
  }

  /** Null: it is done. */
  async trust(key: string, name: string): Promise<Fault | null> {
    try {
      await this.options.program.trust(key, name);
    } catch (error) {
      return faultOf(error);
    }
    await this.refresh();
    return null;
  }

  async forget(key: string): Promise<void> {
    await this.act((program) => program.forget(key));
  }

  async startNow(unit: string): Promise<void> {
    await this.act((program) => program.startNow(unit));
  }

  async exportLog(id: string): Promise<void> {
    await this.act(async (program) => this.options.tell(logNotice(await program.exportLog(id))));
  }

  private get state() {
    return this.store.getState();
  }

  private async act(run: (program: PluginProgram) => Promise<void> | void): Promise<void> {
    if (this.state.busy) return;
    this.store.setState({ busy: true });
    try {
      await run(this.options.program);
    } catch (error) {
      this.options.fail(error);
    }
    this.store.setState({ busy: false });
    await this.refresh();
  }

  private async readAudit(): Promise<void> {
    const { chosen } = this.state;
    const card = this.state.cards.find((c) => c.key === chosen);
    const id = card?.refused === "" ? card.id : "";
    try {
      const audit = id === "" ? [] : await this.options.program.audit(id);
      if (chosen === this.state.chosen) this.store.setState({ audit });
    } catch (error) {
      this.options.fail(error);
    }
  }
}

/** A file that is accepted, or refused, from now on has another key. */
function sameFile(
  before: readonly PluginCard[],
  key: string,
  after: readonly PluginCard[],
): string | undefined {
  const old = before.find((c) => c.key === key);
  return after.find((c) => old && old.path !== "" && c.path === old.path)?.key;
}

/** Cards with the word in name, id, doc or units; those that are used come first. */
export function foundCards({
  cards,
  search,
}: Pick<GalleryState, "cards" | "search">): readonly PluginCard[] {
  const word = search.trim().toLowerCase();
  const has = (c: PluginCard) =>
    [c.name, c.id, c.doc, ...c.units.map((u) => u.name)].some((text) =>
      text.toLowerCase().includes(word),
    );
  return cards.filter(has).toSorted((a, b) => rank(a) - rank(b));
}

function rank(card: PluginCard): number {
  if (card.refused !== "") return 1;
  return card.removed ? 2 : 0;
}

/** A plugin's state in a word or two. */
export function stateOf(card: PluginCard): string {
  if (card.refused !== "") return "Not used";
  if (card.removed) return "Removed";
  if (card.problem !== "") return "Did not start";
  if (!card.enabled) return "Disabled";
  return card.pinned ? "Ready, pinned" : "Ready";
}

function removedNotice(card: PluginCard): NewNotice {
  return {
    tone: "info",
    title: `${card.name} was removed`,
    why: "Its file is kept until the next version comes; what you allowed it is kept too.",
    next: "",
    details: "",
    action: { kind: "bringBack", label: "Bring it back", plugin: card.id },
    passing: false,
    key: `removed ${card.id}`,
  };
}

function logNotice(path: string): NewNotice {
  return {
    tone: "info",
    title: "Log exported",
    why: path,
    next: "",
    details: path,
    action: null,
    passing: true,
    key: "log",
  };
}
