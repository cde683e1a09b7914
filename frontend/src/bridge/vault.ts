import type { Fault } from "../core/fault.ts";
import { isObject, type Json, listAt, numberAt, objectAt, textAt } from "../core/json.ts";
import { faultIn, parseHealth, parseTask, type VaultHealth, type VaultTask } from "./vaultTasks.ts";

/** The store with everything that was put into it, as the program tells of it. */

export interface VaultSpace {
  id: string;
  name: string;
  /** Bytes; 0: no bound. */
  quota: number;
  replicas: number;
  archiveAfterDays: number;
  /** Bytes on the disk. */
  used: number;
}

export type SpaceSettings = Omit<VaultSpace, "id" | "used">;

export interface VaultStatus {
  state: "none" | "locked" | "open";
  folder: string;
  /** Where there is no store: a keychain can keep its key; else: it does. */
  keychain: boolean;
  passphrase: boolean;
  /** Why nothing opens it, or what cannot be read of it. */
  problem: Fault | null;
  sheetKept: boolean;
  spaces: VaultSpace[];
}

export type EntryKind = "file" | "folder" | "link";

export interface VaultVersion {
  id: string;
  path: string;
  timeMs: number;
  kind: EntryKind;
  name: string;
  bytes: number;
  files: number;
  folders: number;
  label: string;
  pinned: boolean;
}

export interface VaultVersions {
  versions: VaultVersion[];
  more: boolean;
  damage: Fault | null;
}

export interface VaultEntry {
  /** What the program calls it; the name is for people. */
  key: string;
  name: string;
  kind: EntryKind;
  bytes: number;
  timeMs: number;
  target: string;
}

export interface VaultFolder {
  entries: VaultEntry[];
  more: boolean;
}

export interface VaultFound {
  version: VaultVersion;
  /** Keys with slashes between them; empty: the version itself. */
  place: string;
  shown: string;
  entry: VaultEntry;
}

export interface VaultSearch {
  found: VaultFound[];
  looked: number;
  whole: boolean;
}

export interface VaultPreview {
  kind: "text" | "picture" | "bytes";
  text: string;
  /** Of a picture. */
  type: string;
  base64: string;
  width: number;
  height: number;
  shown: number;
  bytes: number;
}

/** What the user chose in a dialog of the system, or dropped. */
export interface VaultPick {
  token: string;
  names: string[];
  folder: string;
}

export interface VaultSheet {
  store: string;
  made: string;
  words: string[];
}

export interface VaultStat {
  versions: number;
  content: number;
  unique: number;
  stored: number;
  unused: number;
  dense: number;
  dedup: number;
  compression: number;
}

/** What the program does with the store. All methods reject with a FaultError. */
export interface VaultProgram {
  status(): Promise<VaultStatus>;
  make(passphrase: string, keychain: boolean): Promise<VaultStatus>;
  unlock(passphrase: string): Promise<VaultStatus>;
  lock(): Promise<VaultStatus>;
  sheet(): Promise<VaultSheet>;
  /** Resolves to the path; empty: the user named none. */
  saveSheet(): Promise<string>;
  keepSheet(): Promise<void>;
  show(on: boolean): Promise<void>;
  versions(space: string): Promise<VaultVersions>;
  entries(space: string, id: string, place: string): Promise<VaultFolder>;
  preview(space: string, id: string, place: string): Promise<VaultPreview>;
  /** An empty text ends the search that is under way. */
  search(space: string, text: string): Promise<VaultSearch>;
  chooseToPut(folder: boolean): Promise<VaultPick>;
  chooseTarget(): Promise<VaultPick>;
  put(space: string, token: string): Promise<void>;
  get(space: string, id: string, place: string, token: string): Promise<void>;
  collect(space: string): Promise<void>;
  check(space: string, all: boolean): Promise<void>;
  repair(space: string): Promise<void>;
  archive(space: string, minutes: number): Promise<void>;
  tasks(): Promise<VaultTask[]>;
  cancel(task: number): Promise<void>;
  /** Takes one that ended from the list. */
  forget(task: number): Promise<void>;
  pin(space: string, id: string, pinned: boolean): Promise<void>;
  remove(space: string, id: string): Promise<void>;
  usage(space: string): Promise<VaultStat>;
  health(): Promise<Record<string, VaultHealth>>;
  addSpace(settings: SpaceSettings): Promise<void>;
  setSpace(id: string, settings: SpaceSettings): Promise<void>;
}

type Call = (method: string, ...args: unknown[]) => Promise<unknown>;

export function boundVault(call: Call): VaultProgram {
  const object = async (method: string, ...args: unknown[]): Promise<Json> => {
    const answer = await call(method, ...args);
    return isObject(answer) ? answer : {};
  };
  const done = async (method: string, ...args: unknown[]) => void (await call(method, ...args));
  return {
    status: async () => parseStatus(await object("StoreStatus")),
    make: async (passphrase, keychain) =>
      parseStatus(await object("MakeStore", passphrase, keychain)),
    unlock: async (passphrase) => parseStatus(await object("UnlockStore", passphrase)),
    lock: async () => parseStatus(await object("LockStore")),
    sheet: async () => parseSheet(await object("StoreSheet")),
    saveSheet: async () => textAt(await object("SaveStoreSheet"), "path"),
    keepSheet: () => done("KeepStoreSheet"),
    show: (on) => done("ShowStore", on),
    versions: async (space) => parseVersions(await object("StoreVersions", space)),
    entries: async (space, id, place) =>
      parseFolder(await object("StoreEntries", space, id, place)),
    preview: async (space, id, place) =>
      parsePreview(await object("StorePreview", space, id, place)),
    search: async (space, text) => parseSearch(await object("SearchStore", space, text)),
    chooseToPut: async (folder) => parsePick(await object("ChooseToPut", folder)),
    chooseTarget: async () => parsePick(await object("ChooseStoreTarget")),
    put: (space, token) => done("PutIntoStore", space, token),
    get: (space, id, place, token) => done("GetFromStore", space, id, place, token),
    collect: (space) => done("CollectStore", space),
    check: (space, all) => done("CheckStore", space, all),
    repair: (space) => done("RepairStore", space),
    archive: (space, minutes) => done("ArchiveStore", space, minutes),
    tasks: async () => listAt(await object("StoreTasks"), "tasks").flatMap(parseTask),
    cancel: (task) => done("CancelStoreTask", task),
    forget: (task) => done("ForgetStoreTask", task),
    pin: (space, id, pinned) => done("PinInStore", space, id, pinned),
    remove: (space, id) => done("RemoveFromStore", space, id),
    usage: async (space) => parseStat(await object("StoreUsage", space)),
    health: async () => {
      const spaces = objectAt(await object("StoreHealth"), "spaces");
      const known: Record<string, VaultHealth> = {};
      for (const [id, raw] of Object.entries(spaces)) {
        const health = parseHealth(raw);
        if (health) known[id] = health;
      }
      return known;
    },
    addSpace: (settings) => done("AddStoreSpace", settings),
    setSpace: (id, settings) => done("SetStoreSpace", id, settings),
  };
}

export function parseStatus(raw: Json): VaultStatus {
  const state = textAt(raw, "state");
  return {
    state: state === "open" || state === "none" ? state : "locked",
    folder: textAt(raw, "folder"),
    keychain: raw["keychain"] === true,
    passphrase: raw["passphrase"] === true,
    problem: faultIn(raw["problem"]),
    sheetKept: raw["sheetKept"] === true,
    spaces: listAt(raw, "spaces").flatMap(parseSpace),
  };
}

function parseSpace(raw: unknown): VaultSpace[] {
  if (!isObject(raw)) return [];
  const number = (name: string) => numberAt(raw, name);
  return [
    {
      id: textAt(raw, "id"),
      name: textAt(raw, "name"),
      quota: number("quota"),
      replicas: number("replicas"),
      archiveAfterDays: number("archiveAfterDays"),
      used: number("used"),
    },
  ];
}

function kindAt(raw: Json): EntryKind {
  const kind = textAt(raw, "kind");
  return kind === "folder" || kind === "link" ? kind : "file";
}

function parseVersions(raw: Json): VaultVersions {
  return {
    versions: listAt(raw, "versions").flatMap(parseVersion),
    more: raw["more"] === true,
    damage: faultIn(raw["damage"]),
  };
}

export function parseVersion(raw: unknown): VaultVersion[] {
  if (!isObject(raw) || textAt(raw, "id") === "") return [];
  const number = (name: string) => numberAt(raw, name);
  return [
    {
      id: textAt(raw, "id"),
      path: textAt(raw, "path"),
      timeMs: number("timeMs"),
      kind: kindAt(raw),
      name: textAt(raw, "name"),
      bytes: number("bytes"),
      files: number("files"),
      folders: number("folders"),
      label: textAt(raw, "label"),
      pinned: raw["pinned"] === true,
    },
  ];
}

function parseFolder(raw: Json): VaultFolder {
  return { entries: listAt(raw, "entries").flatMap(parseEntry), more: raw["more"] === true };
}

export function parseEntry(raw: unknown): VaultEntry[] {
  if (!isObject(raw) || textAt(raw, "key") === "") return [];
  return [
    {
      key: textAt(raw, "key"),
      name: textAt(raw, "name"),
      kind: kindAt(raw),
      bytes: numberAt(raw, "bytes"),
      timeMs: numberAt(raw, "timeMs"),
      target: textAt(raw, "target"),
    },
  ];
}

function parseSearch(raw: Json): VaultSearch {
  return {
    found: listAt(raw, "found").flatMap(parseFound),
    looked: numberAt(raw, "looked"),
    whole: raw["whole"] === true,
  };
}

function parseFound(raw: unknown): VaultFound[] {
  if (!isObject(raw)) return [];
  const [version] = parseVersion(raw["version"]);
  const [entry] = parseEntry(raw["entry"]);
  if (!version || !entry) return [];
  return [{ version, entry, place: textAt(raw, "place"), shown: textAt(raw, "shown") }];
}

/** The only types that the page ever makes a picture of. */
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

export function parsePreview(raw: Json): VaultPreview {
  const type = textAt(raw, "type");
  const kind = textAt(raw, "kind");
  const picture = kind === "picture" && PICTURES.includes(type);
  return {
    kind: picture ? "picture" : kind === "text" ? "text" : "bytes",
    text: textAt(raw, "text"),
    type: picture ? type : "",
    base64: picture ? textAt(raw, "base64") : "",
    width: numberAt(raw, "width"),
    height: numberAt(raw, "height"),
    shown: numberAt(raw, "shown"),
    bytes: numberAt(raw, "bytes"),
  };
}

export function parsePick(raw: Json): VaultPick {
  return {
    token: textAt(raw, "token"),
    names: listAt(raw, "names").filter((name) => typeof name === "string"),
    folder: textAt(raw, "folder"),
  };
}

function parseSheet(raw: Json): VaultSheet {
  return {
    store: textAt(raw, "store"),
    made: textAt(raw, "made"),
    words: listAt(raw, "words").filter((word) => typeof word === "string"),
  };
}

function parseStat(raw: Json): VaultStat {
  const number = (name: string, otherwise = 0) => numberAt(raw, name, otherwise);
  return {
    versions: number("versions"),
    content: number("content"),
    unique: number("unique"),
    stored: number("stored"),
    unused: number("unused"),
    dense: number("dense"),
    dedup: number("dedup", 1),
    compression: number("compression", 1),
  };
}
