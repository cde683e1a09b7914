import type { Bridge } from "../bridge/open.ts";
import type { EventName, EventRecord } from "../wire/event.ts";
import { LiveState } from "../wire/gen/layout.ts";
import { FigureSampler, SAMPLES_PER_SECOND, type SceneMeters } from "./figures.ts";
import { eventNotice, type NewNotice, pluginNotice, refusedNotice } from "./notices.ts";
import type { AppStore } from "./store.ts";

export interface MonitorOptions {
  meters: () => SceneMeters | null;
  tell: (notice: NewNotice) => void;
  fail: (error: unknown) => void;
  /** The program gave a unit up. */
  rests: (unit: string, why: string) => void;
  /** Its plugin was removed or disabled. */
  retired: (unit: string, why: string) => void;
  /** Name of a plugin, for its notices. */
  nameOf: (plugin: string) => string;
  /** Plugins came, went or changed; `reloaded`: the unit that goes on with another version. */
  unitsChanged: (reloaded: string) => void;
}

/** A page that was loaded again still tells what happened just before. */
const RECENT_EVENT_MS = 5000;

/** At least between two looks at the list of plugins, unless one was reloaded that is shown. */
const LIST_MS = 1000;

const CHANGES_UNITS: ReadonlySet<EventName> = new Set<EventName>([
  "pluginAdded",
  "pluginChanged",
  "pluginRemoved",
  "pluginRefused",
  "unitReloaded",
]);

/** Looks at meters and events of the kernel while the window is to be seen, and only then. */
export class Monitor {
  readonly sampler = new FigureSampler();
  private events: number | null = null;
  /** Plugins changed, and the list was not asked for since. */
  private stale = false;
  private listedAt = Number.NEGATIVE_INFINITY;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly bridge: Bridge,
    private readonly store: AppStore,
    private readonly options: MonitorOptions,
  ) {}

  begin(): void {
    this.bridge.host.onVisibility(() => this.visibilityChanged());
    this.visibilityChanged();
  }

  private visibilityChanged(): void {
    const { host, program } = this.bridge;
    const visible = !host.hidden();
    clearInterval(this.timer);
    if (visible) this.timer = setInterval(() => this.measure(), 1000 / SAMPLES_PER_SECOND);
    program.setVisible(visible).catch(this.options.fail);
  }

  private measure(): void {
    const { source, program } = this.bridge;
    const { entry, quality, launch } = this.store.getState();
    source.refreshKernel();
    const meters = this.options.meters();
    const figures = this.sampler.sample(source, entry, meters, performance.now());
    const liveState = source.kernel()?.unit(entry)?.state ?? LiveState.stopped;
    const { standing } = this.sampler;
    const lost = meters?.lost ?? 0;
    this.store.setState({ figures, liveState, standing, lost, trouble: source.trouble });
    this.readEvents();
    this.list("");
    const report = {
      // A picture of the empty sky is none of the unit.
      fps: Number.isFinite(figures.fps) && !launch ? figures.fps : 0,
      drawMs: Number.isFinite(figures.drawMs) ? figures.drawMs : 0,
      copiedBytes: source.copiedBytes,
      quality,
      path: source.path,
    };
    // A lost report is no loss: the next one comes in a quarter of a second.
    program.reportPage(report).catch(() => undefined);
  }

  private readEvents(): void {
    const kernel = this.bridge.source.kernel();
    if (!kernel) return;
    this.events ??= this.firstUnread();
    const head = kernel.eventHead();
    if (head === this.events) return;
    const news = kernel.events(this.events);
    this.events = head;
    for (const notice of this.noticesOf(news)) this.options.tell(notice);
    // A unit that rests takes back what was told of its failures.
    for (const event of news) this.pass(event);
    const changes = news.filter((event) => CHANGES_UNITS.has(event.kind));
    this.stale ||= changes.length > 0;
    const reloaded = changes.findLast((e) => e.kind === "unitReloaded")?.unit;
    if (reloaded) this.list(reloaded);
  }

  /** However many plugins come, the list is asked for once a while: that takes time from the picture. */
  private list(reloaded: string): void {
    const now = performance.now();
    if (!this.stale || (reloaded === "" && now - this.listedAt < LIST_MS)) return;
    this.stale = false;
    this.listedAt = now;
    this.options.unitsChanged(reloaded);
  }

  private pass(event: EventRecord): void {
    if (event.kind === "unitQuarantined") this.options.rests(event.unit, event.text);
    if (event.kind === "unitRetired") this.options.retired(event.unit, event.text);
  }

  private noticesOf(news: readonly EventRecord[]): NewNotice[] {
    const refused = news.filter((event) => event.kind === "pluginRefused").length;
    const told = refused > 1 ? news.filter((event) => event.kind !== "pluginRefused") : news;
    const notices = told
      .map((event) => eventNotice(event) ?? pluginNotice(event, this.options.nameOf))
      .filter((notice) => notice !== null);
    // Of the same place the last one counts.
    const last = new Map(notices.map((notice) => [notice.key, notice]));
    return refused > 1 ? [...last.values(), refusedNotice(refused)] : [...last.values()];
  }

  /** Number of the last event that is old news. */
  private firstUnread(): number {
    const kernel = this.bridge.source.kernel();
    if (!kernel) return 0;
    const now = Date.now();
    const recent = kernel.events(0).find((event) => now - event.timeMs <= RECENT_EVENT_MS);
    return recent ? recent.sequence - 1 : kernel.eventHead();
  }
}
