import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type PluginCard, parseCard, parseOffer } from "../bridge/plugins.ts";
import { FaultError } from "../core/fault.ts";
import { EventKind } from "../wire/gen/layout.ts";
import { foundCards, stateOf } from "./gallery.ts";
import { begun } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

function card(more: Partial<PluginCard> = {}): PluginCard {
  const [made] = parseCard({ key: "org.a", id: "org.a", name: "Alpha", version: "1.0.0" });
  if (!made) throw new Error("no card");
  return { ...made, path: "/p/a.wasm", enabled: true, ...more };
}

const OFFER = {
  digest: "ab",
  plugin: { key: "org.a", id: "org.a", name: "Alpha", version: "2.0.0" },
  from: "1.0.0",
};
const REFUSED = new FaultError({
  kind: "denied",
  subject: "org.a",
  message: "version 3.0.0 is there, which is newer than 2.0.0",
  next: "",
});

const gallery = async (cards = [card()]) => {
  const all = await begun({
    prepare: (program) => {
      program.plugins.cards = cards;
    },
  });
  const { plugins } = all.session;
  return { ...all, plugins, fake: all.program.plugins, shown: () => plugins.store.getState() };
};

describe("the list of plugins", () => {
  it("is read at the start and whenever plugins come or go", async () => {
    const { fake, writer, settle, shown } = await gallery();
    expect(shown()).toMatchObject({ known: true, chosen: "org.a" });
    fake.cards = [card(), card({ key: "org.b", id: "org.b", name: "Beta" })];
    writer.emit(EventKind.pluginAdded, 0, "", "Beta 1.0.0 was added: b");
    await settle();
    expect(shown().cards.map((c) => c.name)).toEqual(["Alpha", "Beta"]);
  });

  it("has those that are used first, and is searched in all that one knows of them", () => {
    const unit = { name: "swarm", doc: "", live: true, ops: [] };
    const cards = [
      card({ name: "Gone", key: "g", removed: true }),
      card({ name: "Bad", key: "/p/b.wasm", refused: "it is no plugin" }),
      card({ units: [unit] }),
    ];
    const names = (search: string) => foundCards({ cards, search }).map((c) => c.name);
    expect(names("")).toEqual(["Alpha", "Bad", "Gone"]);
    expect(names(" SWARM ")).toEqual(["Alpha"]);
    expect(names("nothing like it")).toEqual([]);
  });

  it("says how each is", () => {
    expect(stateOf(card())).toBe("Ready");
    expect(stateOf(card({ pinned: true }))).toBe("Ready, pinned");
    expect(stateOf(card({ enabled: false }))).toBe("Disabled");
    expect(stateOf(card({ problem: "it traps" }))).toBe("Did not start");
    expect(stateOf(card({ refused: "changed" }))).toBe("Not used");
    expect(stateOf(card({ removed: true, enabled: false }))).toBe("Removed");
  });

  it("keeps the page of a file open when it is refused from now on", async () => {
    const { plugins, fake, shown } = await gallery();
    fake.cards = [card({ key: "/p/a.wasm", refused: "it is not the file that was installed" })];
    await plugins.refresh();
    expect(shown().chosen).toBe("/p/a.wasm");
  });
});

describe("a file that could be installed", () => {
  it("is shown first, whether chosen or dropped, and installed when the user says so", async () => {
    const { plugins, fake, shown } = await gallery();
    fake.drop(OFFER);
    expect(shown().offer).toMatchObject({ digest: "ab", plugin: { version: "2.0.0" } });
    expect(fake.calls).toEqual([]);
    await plugins.decline();
    expect(shown().offer).toBeNull();
    fake.waiting = parseOffer(OFFER);
    await plugins.offerFile();
    await plugins.install(false);
    expect(fake.calls).toEqual(["decline", "install ab"]);
    expect(shown()).toMatchObject({ offer: null, chosen: "org.a", tab: "permissions" });
  });

  it("that is refused says why, and may be wanted all the same", async () => {
    const { plugins, fake, shown } = await gallery();
    fake.drop(OFFER);
    fake.refusal = REFUSED;
    await plugins.install(false);
    expect(shown()).toMatchObject({ offer: { digest: "ab" }, refusal: REFUSED.fault, busy: false });
    fake.refusal = null;
    await plugins.install(true);
    expect(fake.calls.at(-1)).toBe("install ab all the same");
    expect(shown().offer).toBeNull();
  });

  it("that is no plugin is a message with the reason", async () => {
    const { fake, state, shown } = await gallery();
    fake.drop('{"kind":"invalid","subject":"/x.wasm","message":"it is no wasm","next":""}');
    expect(shown().offer).toBeNull();
    expect(state().notices).toMatchObject([{ tone: "error", why: "It is no wasm." }]);
  });

  it("is not forgotten by a page that is loaded again", async () => {
    const { session } = await begun({
      prepare: (program) => {
        program.plugins.waiting = parseOffer(OFFER);
      },
    });
    expect(session.plugins.store.getState().offer?.digest).toBe("ab");
  });
});

describe("what the user does with a plugin", () => {
  it("is done once, and the list is read anew", async () => {
    const { plugins, fake, shown } = await gallery();
    fake.cards = [card({ enabled: false })];
    const first = plugins.change(card(), "disable");
    await plugins.change(card(), "disable");
    await first;
    expect(fake.calls).toEqual(["disable org.a"]);
    expect(shown().cards[0]?.enabled).toBe(false);
  });

  it("that takes it away can be taken back at once", async () => {
    const { session, plugins, fake, state } = await gallery();
    await plugins.change(card(), "remove");
    const [notice] = state().notices;
    expect(notice).toMatchObject({ title: "Alpha was removed" });
    if (notice?.action) await session.act(notice.action);
    expect(fake.calls).toEqual(["remove org.a", "rollback org.a"]);
  });

  it("that fails is a message", async () => {
    const { plugins, fake, state, shown } = await gallery();
    fake.refusal = REFUSED;
    await plugins.revoke("org.a", "now");
    expect(state().notices).toMatchObject([{ title: "org.a: that did not work" }]);
    expect(shown().busy).toBe(false);
  });
});

describe("plugins that speak", () => {
  it("are named, and their ids with them", async () => {
    const { writer, settle, state } = await gallery();
    writer.emit(EventKind.pluginNotice, 0, "", "org.a: Done: all of it");
    await settle();
    expect(state().notices).toMatchObject([
      { title: "Alpha says", why: "Done: all of it", next: "org.a", passing: true },
    ]);
  });

  it("and were denied something lead to their permissions", async () => {
    const { session, writer, settle, state, shown } = await gallery();
    writer.emit(EventKind.pluginDenied, 1, "", "org.a: it wanted to know the time, which …");
    await settle();
    writer.emit(EventKind.pluginDenied, 1, "", "org.a: it wanted to see your files, which …");
    await settle();
    expect(state().notices).toHaveLength(1);
    const [notice] = state().notices;
    expect(notice).toMatchObject({ title: "Alpha was not allowed something", passing: false });
    expect(notice?.why).toContain("see your files");
    if (notice?.action) await session.act(notice.action);
    expect(shown()).toMatchObject({ chosen: "org.a", tab: "permissions" });
    expect(state().settings.panel).toBe("plugins");
  });
});
