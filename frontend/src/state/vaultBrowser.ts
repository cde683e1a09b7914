import { createStore, type StoreApi } from "zustand/vanilla";
import type {
  VaultEntry,
  VaultFound,
  VaultPreview,
  VaultProgram,
  VaultSearch,
  VaultVersion,
} from "../bridge/vault.ts";
import { type Fault, faultOf } from "../core/fault.ts";

export type SortKey = "name" | "bytes" | "timeMs";

export interface Sort {
  by: SortKey;
  down: boolean;
}

/** All versions of one path, the newest first. */
export interface PathGroup {
  path: string;
  name: string;
  versions: readonly VaultVersion[];
}

export interface BrowserState {
  /** Null: they have not been read. */
  groups: readonly PathGroup[] | null;
  more: boolean;
  damage: Fault | null;
  /** The version that is open; empty: none. */
  version: string;
  /** The folder in it that is open, from its top down. */
  trail: readonly VaultEntry[];
  /** Null: they are being read. */
  entries: readonly VaultEntry[] | null;
  cut: boolean;
  sort: Sort;
  /** The file that is looked at. */
  file: VaultEntry | null;
  /** Null: it is being read, or could not be. */
  preview: VaultPreview | null;
  previewFault: Fault | null;
  search: string;
  /** Null: nothing is searched for, or the search goes on. */
  found: VaultSearch | null;
}

interface BrowserOptions {
  program: VaultProgram;
  space: () => string;
  fail: (error: unknown) => void;
}

const SEARCH_AFTER_MS = 200;

const NOTHING: BrowserState = {
  groups: null,
  more: false,
  damage: null,
  version: "",
  trail: [],
  entries: null,
  cut: false,
  sort: { by: "name", down: false },
  file: null,
  preview: null,
  previewFault: null,
  search: "",
  found: null,
};

/** What is in one space: paths, their versions, folders and files. */
export class VaultBrowser {
  readonly store: StoreApi<BrowserState> = createStore<BrowserState>(() => NOTHING);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: BrowserOptions) {}

  /** The store was locked, or another space is shown. */
  forget(): void {
    clearTimeout(this.timer);
    this.store.setState({ ...NOTHING, sort: this.state.sort });
  }

  async refresh(): Promise<void> {
    const { program, space } = this.options;
    const asked = space();
    if (asked === "") return;
    try {
      const { versions, more, damage } = await program.versions(asked);
      if (asked !== space()) return;
      const groups = grouped(versions);
      this.store.setState({ groups, more, damage });
      const there = versions.some((v) => v.id === this.state.version);
      if (!there) await this.openVersion(groups[0]?.versions[0]?.id ?? "");
    } catch (error) {
      this.options.fail(error);
    }
  }

  async openVersion(version: string): Promise<void> {
    this.store.setState({ version, trail: [], ...CLOSED });
    const open = this.open;
    if (open?.kind === "file") await this.look(topOf(open));
    else await this.readFolder();
  }

  /** Goes into a folder, or looks at a file. */
  async enter(entry: VaultEntry): Promise<void> {
    if (entry.kind === "file") return this.look(entry);
    if (entry.kind !== "folder") return;
    this.store.setState({ trail: [...this.state.trail, entry], ...CLOSED });
    await this.readFolder();
  }

  /** Goes back to a folder on the trail; 0: the top. */
  async climb(depth: number): Promise<void> {
    this.store.setState({ trail: this.state.trail.slice(0, depth), ...CLOSED });
    await this.readFolder();
  }

  closeFile(): void {
    this.store.setState({ file: null, preview: null, previewFault: null });
  }

  sortBy(by: SortKey): void {
    const { sort } = this.state;
    // The largest and the newest are asked for first.
    this.store.setState({ sort: { by, down: sort.by === by ? !sort.down : by !== "name" } });
  }

  searchFor(search: string): void {
    clearTimeout(this.timer);
    this.store.setState({ search, found: null });
    const wait = search.trim() === "" ? 0 : SEARCH_AFTER_MS;
    this.timer = setTimeout(() => void this.find(search), wait);
  }

  /** Opens what was found where it lies. */
  async openFound({ version, place, shown, entry }: VaultFound): Promise<void> {
    const keys = place === "" ? [] : place.split("/");
    const names = shown.split("/");
    const folders = entry.kind === "folder" ? keys : keys.slice(0, -1);
    const trail = folders.map((key, i) => folderEntry(key, names[i] ?? ""));
    this.store.setState({ version: version.id, trail, ...CLOSED });
    if (version.kind !== "file") await this.readFolder();
    if (entry.kind === "file") await this.look(place === "" ? topOf(version) : entry);
  }

  /** Where an entry of the open folder lies; the top of a version is the empty place. */
  placeOf(entry: VaultEntry | null): string {
    const keys = this.state.trail.map((e) => e.key);
    if (entry && entry.key !== "") keys.push(entry.key);
    return keys.join("/");
  }

  /** The version that is open. */
  get open(): VaultVersion | undefined {
    return openVersion(this.state);
  }

  private get state() {
    return this.store.getState();
  }

  private async readFolder(): Promise<void> {
    const { version } = this.state;
    if (version === "" || this.open?.kind === "file") {
      this.store.setState({ entries: [], cut: false });
      return;
    }
    const place = this.placeOf(null);
    const { program, space } = this.options;
    try {
      const { entries, more } = await program.entries(space(), version, place);
      if (version !== this.state.version || place !== this.placeOf(null)) return;
      this.store.setState({ entries, cut: more });
    } catch (error) {
      this.store.setState({ entries: [] });
      this.options.fail(error);
    }
  }

  private async look(file: VaultEntry): Promise<void> {
    this.store.setState({ file, preview: null, previewFault: null });
    const { program, space } = this.options;
    const same = () => this.state.file === file;
    try {
      const preview = await program.preview(space(), this.state.version, this.placeOf(file));
      if (same()) this.store.setState({ preview });
    } catch (error) {
      if (same()) this.store.setState({ previewFault: faultOf(error) });
    }
  }

  private async find(search: string): Promise<void> {
    const { program, space } = this.options;
    try {
      const found = await program.search(space(), search);
      if (search === this.state.search && search.trim() !== "") this.store.setState({ found });
    } catch (error) {
      if (search === this.state.search) this.options.fail(error);
    }
  }
}

const CLOSED = { entries: null, cut: false, file: null, preview: null, previewFault: null };

function folderEntry(key: string, name: string): VaultEntry {
  return { key, name, kind: "folder", bytes: 0, timeMs: 0, target: "" };
}

/** A version of one file, as an entry. */
function topOf({ name, kind, bytes, timeMs }: VaultVersion): VaultEntry {
  return { key: "", name, kind, bytes, timeMs, target: "" };
}

export function openVersion({
  groups,
  version,
}: Pick<BrowserState, "groups" | "version">): VaultVersion | undefined {
  for (const group of groups ?? []) {
    const open = group.versions.find((v) => v.id === version);
    if (open) return open;
  }
  return undefined;
}

export function openGroup({
  groups,
  version,
}: Pick<BrowserState, "groups" | "version">): PathGroup | undefined {
  return groups?.find((g) => g.versions.some((v) => v.id === version));
}

/** Versions come the newest first, and so do the groups. */
export function grouped(versions: readonly VaultVersion[]): readonly PathGroup[] {
  const paths = new Map<string, VaultVersion[]>();
  for (const version of versions) {
    const known = paths.get(version.path);
    if (known) known.push(version);
    else paths.set(version.path, [version]);
  }
  return [...paths].map(([path, list]) => ({ path, name: list[0]?.name ?? path, versions: list }));
}

const ORDER = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Folders come first. */
export function sortedEntries(entries: readonly VaultEntry[], sort: Sort): readonly VaultEntry[] {
  const sign = sort.down ? -1 : 1;
  const value = (a: VaultEntry, b: VaultEntry) =>
    sort.by === "name" ? 0 : a[sort.by] - b[sort.by];
  return entries.toSorted(
    (a, b) =>
      Number(b.kind === "folder") - Number(a.kind === "folder") ||
      sign * (value(a, b) || ORDER.compare(a.name, b.name)),
  );
}
