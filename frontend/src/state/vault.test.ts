import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../core/fault.ts";
import { begun, type FakeVault } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const OPEN = {
  state: "open",
  passphrase: true,
  spaces: [
    { id: "s0", name: "alpha" },
    { id: "s1", name: "main", quota: 100, used: 40 },
  ],
};
const VERSIONS = {
  versions: [
    { id: "v3", path: "/home/a.txt", name: "a.txt", kind: "file", timeMs: 3000, bytes: 5 },
    { id: "v2", path: "/home/Voyage", name: "Voyage", kind: "folder", timeMs: 2000, bytes: 30 },
    { id: "v1", path: "/home/Voyage", name: "Voyage", kind: "folder", timeMs: 1000, pinned: true },
  ],
};
const ENTRIES = {
  entries: [
    { key: "62", name: "b", kind: "file", bytes: 10, timeMs: 2 },
    { key: "61", name: "a", kind: "file", bytes: 20, timeMs: 1 },
    { key: "63", name: "c", kind: "folder", bytes: 1, timeMs: 3 },
  ],
};

async function opened(answers: Record<string, unknown> = {}) {
  let fake: FakeVault | undefined;
  const all = await begun({
    settings: { panel: "store" },
    prepare: (program) => {
      fake = program.store;
      Object.assign(program.store.answers, {
        StoreStatus: OPEN,
        StoreVersions: VERSIONS,
        StoreEntries: ENTRIES,
        StoreTasks: { tasks: [] },
        ...answers,
      });
    },
  });
  if (!fake) throw new Error("no store");
  const { vault } = all.session;
  return { ...all, fake, vault, browser: vault.browser };
}

describe("the store panel's state", () => {
  it("looks only while the panel is to be seen", async () => {
    const { session, fake, settle } = await opened();
    expect(fake.said("ShowStore")).toEqual([[true]]);
    session.changeSettings({ panel: "flock" });
    fake.calls.length = 0;
    fake.focus();
    fake.events["inos:store-changed"]?.(null);
    await settle();
    expect(fake.said("ShowStore")).toEqual([]);
    session.changeSettings({ panel: "store" });
    await settle();
    expect(fake.said("StoreVersions")).not.toEqual([]);
  });

  it("chooses the space main, the newest path, and looks again when somebody else changed it", async () => {
    const { vault, browser, fake, settle } = await opened();
    expect(vault.store.getState().space).toBe("s1");
    expect(browser.store.getState().groups?.map((g) => [g.path, g.versions.length])).toEqual([
      ["/home/a.txt", 1],
      ["/home/Voyage", 2],
    ]);
    expect(browser.open?.id).toBe("v3");
    fake.calls.length = 0;
    fake.events["inos:store-changed"]?.(null);
    await settle();
    expect(fake.said("StoreVersions")).toEqual([["s1"]]);
  });

  it("offers the recovery sheet after it made a store, and forgets the words", async () => {
    const { vault, fake, program } = await opened({
      StoreStatus: { state: "none" },
      MakeStore: OPEN,
      StoreSheet: { store: "id", made: "2026-11-27", words: ["abandon", "zoo"] },
    });
    fake.answers["StoreStatus"] = OPEN;
    await vault.make("secret words");
    expect(fake.said("MakeStore")).toEqual([["secret words", false]]);
    expect(vault.store.getState().sheetOffered).toBe(true);
    await vault.showSheet();
    expect(vault.store.getState().sheet?.words).toEqual(["abandon", "zoo"]);
    vault.printSheet();
    expect(program.calls).toContain("print");
    vault.offerSheet(false);
    const kept = JSON.stringify([
      vault.store.getState(),
      vault.browser.store.getState(),
      program.saved,
    ]);
    for (const word of ["abandon", "secret words"]) expect(kept).not.toContain(word);
  });

  it("makes a store with the keychain where no passphrase is given", async () => {
    const { vault, fake } = await opened({ StoreStatus: { state: "none" }, MakeStore: OPEN });
    await vault.make("");
    expect(fake.said("MakeStore")).toEqual([["", true]]);
  });

  it("says that a passphrase is wrong, and shows nothing", async () => {
    const wrong = {
      kind: "denied",
      subject: "store",
      message: "the passphrase is wrong",
      next: "",
    };
    const { vault } = await opened({
      StoreStatus: { state: "locked", passphrase: true },
      UnlockStore: new FaultError(wrong),
    });
    await vault.unlock("no");
    expect(vault.store.getState()).toMatchObject({ refusal: wrong, status: { state: "locked" } });
  });

  it("forgets everything of a store that is locked", async () => {
    const locked = { state: "locked", passphrase: true };
    const { vault, browser, fake } = await opened({ LockStore: locked });
    fake.answers["StoreStatus"] = locked;
    await vault.lock();
    fake.events["inos:store-tasks"]?.([{ id: 1, kind: "put", subject: "/home/Voyage" }]);
    const kept = JSON.stringify([vault.store.getState(), browser.store.getState()]);
    expect(kept).not.toContain("Voyage");
  });

  it("puts what was dropped, by its token", async () => {
    const { fake, settle, state } = await opened();
    fake.events["inos:store-dropped"]?.({ token: "T", names: ["a"] });
    await settle();
    expect(fake.said("PutIntoStore")).toEqual([["s1", "T"]]);
    const refused = { kind: "budget", subject: "store", message: "too many", next: "" };
    fake.events["inos:store-dropped"]?.(JSON.stringify(refused));
    await settle();
    expect(state().notices.at(-1)?.why).toContain("oo many");
  });

  it("restores nothing when the user chose no folder", async () => {
    const { vault, fake } = await opened({ ChooseStoreTarget: { token: "" } });
    await vault.get("v2", "");
    expect(fake.said("GetFromStore")).toEqual([]);
    fake.answers["ChooseStoreTarget"] = { token: "T" };
    await vault.get("v2", "61");
    expect(fake.said("GetFromStore")).toEqual([["s1", "v2", "61", "T"]]);
  });

  it("reads the versions again when a task has ended", async () => {
    const { vault, fake, settle } = await opened({
      StoreTasks: { tasks: [{ id: 1, kind: "put", state: "running" }] },
    });
    await vault.refresh();
    fake.calls.length = 0;
    fake.events["inos:store-tasks"]?.([{ id: 1, kind: "put", state: "running", done: 5 }]);
    await settle();
    expect(fake.said("StoreVersions")).toEqual([]);
    fake.events["inos:store-tasks"]?.([{ id: 1, kind: "put", state: "done" }]);
    await settle();
    expect(fake.said("StoreVersions")).toHaveLength(1);
  });
});

describe("the browser", () => {
  it("goes into folders and back, and says where an entry lies", async () => {
    const { browser, fake } = await opened();
    await browser.openVersion("v2");
    const folder = browser.store.getState().entries?.find((e) => e.kind === "folder");
    if (!folder) throw new Error("no folder");
    await browser.enter(folder);
    expect(fake.said("StoreEntries").at(-1)).toEqual(["s1", "v2", "63"]);
    expect(browser.placeOf(folder)).toBe("63/63");
    await browser.climb(0);
    expect(fake.said("StoreEntries").at(-1)).toEqual(["s1", "v2", ""]);
  });

  it("opens what was found in its folder, with a preview", async () => {
    const { browser, fake, settle } = await opened({
      SearchStore: {
        found: [
          {
            version: VERSIONS.versions[1],
            place: "63/62",
            shown: "c/b",
            entry: { key: "62", name: "b", kind: "file", bytes: 10 },
          },
        ],
        looked: 4,
        whole: true,
      },
      StorePreview: { kind: "text", text: "hello", shown: 5, bytes: 5 },
    });
    browser.searchFor("B");
    expect(fake.said("SearchStore")).toEqual([]); // one is still typing
    await settle();
    expect(fake.said("SearchStore")).toEqual([["s1", "B"]]);
    const hit = browser.store.getState().found?.found[0];
    if (!hit) throw new Error("nothing was found");
    await browser.openFound(hit);
    expect(fake.said("StorePreview").at(-1)).toEqual(["s1", "v2", "63/62"]);
    expect(browser.store.getState()).toMatchObject({
      version: "v2",
      trail: [{ name: "c" }],
      preview: { text: "hello" },
    });
  });

  it("shows no answer of a search that is over", async () => {
    const { browser, fake, settle } = await opened();
    let answer: (found: unknown) => void = () => {};
    fake.answers["SearchStore"] = (_space: string, text: string) =>
      text === "" ? { found: [] } : new Promise((resolve) => (answer = resolve));
    browser.searchFor("slow");
    await settle();
    browser.searchFor("");
    await settle();
    answer({ found: [], looked: 9 });
    await settle();
    expect(browser.store.getState().found).toBeNull();
    expect(fake.said("SearchStore").at(-1)).toEqual(["s1", ""]); // ends the one under way
  });
});
