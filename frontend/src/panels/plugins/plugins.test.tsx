import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type LogLine, type PluginCard, parseCard } from "../../bridge/plugins.ts";
import type { UnitLife } from "../../bridge/unitLife.ts";
import type { PluginTab } from "../../state/gallery.ts";
import { begun } from "../../state/pretended.ts";
import { SessionProvider } from "../../view/context.ts";
import { lifeTitle } from "./Lives.tsx";
import { shownLines } from "./Log.tsx";
import { PluginsPanel } from "./PluginsPanel.tsx";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const OUTSIDE = {
  ...{ key: "org.a", id: "org.a", name: "Outside", version: "1.0.0", doc: "it looks out" },
  ...{ enabled: true, source: "installed", signature: "unsigned", path: "/p/a.wasm" },
  signedBy: "nobody signed it: it could be from anyone",
  units: [{ name: "outside", ops: ["clock"] }],
  permissions: [
    { key: "now", sentence: "know the time", reason: "to tell it", answer: null },
    { key: "read:in", sentence: "read a folder", reason: "why not", scope: "in", answer: null },
    { key: "notify", sentence: "show notices", reason: "x", answer: { decision: "never" } },
  ],
  earlier: [{ version: "0.9.0", digest: "ab", when: "2026-11-27T10:00:00Z" }],
};

/** The panel as text with tags. */
async function shown(raw: object, tab: PluginTab = "about"): Promise<string> {
  const { session } = await begun({
    prepare: (program) => {
      program.plugins.cards = parseCard({ ...OUTSIDE, ...raw }) as PluginCard[];
    },
  });
  session.plugins.show(tab);
  // Outside of a browser a component is given the store as it began.
  session.store.getInitialState = session.store.getState;
  session.plugins.store.getInitialState = session.plugins.store.getState;
  return renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false}>
      <SessionProvider value={session}>
        <PluginsPanel />
      </SessionProvider>
    </MantineProvider>,
  );
}

describe("the plugins panel", () => {
  it("says what a plugin is and that nobody vouches for it", async () => {
    const text = await shown({});
    for (const words of [
      "Outside",
      "1.0.0 · Ready",
      "Nobody signed it",
      "It looks out.",
      "clock",
    ]) {
      expect(text).toContain(words);
    }
  });

  it("asks for each permission in a sentence, with the reason", async () => {
    const text = await shown({}, "permissions");
    expect(text).toContain("May know the time");
    expect(text).toContain("Its reason: To tell it.");
    expect(text).toContain("Always, choose folder");
    expect(text).toContain("Forbidden");
    expect(text.match(/Revoke/g)).toHaveLength(1);
  });

  it("lets the user name the hosts of a plugin that cannot", async () => {
    const http = { key: "http", name: "http", sentence: "exchange data", reason: "x" };
    const text = await shown({ permissions: [http] }, "permissions");
    expect(text).toContain("Hosts, with commas between");
    const named = { ...http, hosts: ["example.org"] };
    expect(await shown({ permissions: [named] }, "permissions")).not.toContain("Hosts, with");
  });

  it("says of a plugin that asks for nothing what that means", async () => {
    expect(await shown({ permissions: [] }, "permissions")).toContain("Outside asks for nothing.");
  });

  it("offers the way back, and a way out", async () => {
    const text = await shown({}, "versions");
    for (const words of ["Disable", "Pin", "Roll back to 0.9.0", "Remove Outside"]) {
      expect(text).toContain(words);
    }
  });

  it("changes nothing of what came with INOS", async () => {
    const text = await shown({ source: "bundled" }, "versions");
    expect(text).toContain("It came with INOS and changes with it.");
    expect(text).not.toContain("Remove Outside");
  });

  it("says why a file is not used, and offers to look at it", async () => {
    const text = await shown({
      key: "/p/a.wasm",
      refused: "it is not the file that was installed",
    });
    expect(text).toContain("It is not the file that was installed.");
    expect(text).toContain("Look at it and install");
    expect(text).not.toContain("Permissions");
  });

  it("without a plugin of the user's says what one is and how it comes", async () => {
    const text = await shown({ source: "bundled" });
    expect(text).toContain("A plugin is one .wasm file.");
    expect(text.match(/Install from file/g)).toHaveLength(2);
  });

  it("shows a hostile name as the text that it is", async () => {
    const text = await shown({ name: "<img src=x onerror=alert(1)>" });
    expect(text).not.toContain("<img");
    expect(text).toContain("&lt;img");
  });
});

describe("the settings of a plugin", () => {
  const rows = [
    { name: "volume", param: { name: "volume", kind: "number", default: 0.5, min: 0, max: 1 } },
    { name: "loud", param: { name: "loud", kind: "flag", default: false }, value: true, set: true },
    { name: "mode", param: { name: "mode", kind: "choice", default: "a", options: ["a", "b"] } },
    { name: "title", param: { name: "title", kind: "text", default: "hi", maxBytes: 20 } },
    {
      name: "token",
      param: { name: "token", kind: "text", default: "", maxBytes: 20, secret: true },
      ...{ value: "geheim", set: true },
    },
  ];

  it("have the control of their kind, with the default and the way back", async () => {
    const text = await shown({ settings: rows }, "settings");
    for (const words of [
      'type="range"',
      'role="switch"',
      'type="radio"',
      "Default: 0.500",
      "Reset to off",
      'value="hi"',
    ]) {
      expect(text).toContain(words);
    }
  });

  it("tell of a secret only that it is set", async () => {
    const text = await shown({ settings: rows }, "settings");
    for (const words of ["Replace token", "Clear token"]) expect(text).toContain(words);
    expect(text).not.toContain("geheim");
    const open = await shown({ settings: [{ ...rows[4], set: false }] }, "settings");
    expect(open).toContain("Set token");
    expect(open).toContain("Not set");
    expect(open).not.toContain("Clear token");
  });

  it("say why they cannot be read, and that there are none", async () => {
    expect(await shown({ unreadable: "the file is damaged" }, "settings")).toContain(
      "The file is damaged.",
    );
    expect(await shown({}, "settings")).toContain("Outside has nothing to set.");
  });
});

describe("the publisher of a plugin", () => {
  const publisher = { key: "RWQ", keyId: "E7620F1842B4E81F", name: "" };

  it("can be trusted where the signature holds, and forgotten", async () => {
    expect(await shown({ signature: "unknown", publisher })).toContain("Trust this publisher");
    const known = { ...publisher, name: "Ada" };
    expect(await shown({ signature: "trusted", publisher: known })).toContain("Forget Ada");
  });

  it("cannot where there is none, or the signature does not hold", async () => {
    expect(await shown({})).not.toContain("Trust this publisher");
    expect(await shown({ signature: "invalid", publisher })).not.toContain("Trust this publisher");
  });
});

describe("a unit that does not tick", () => {
  const life: UnitLife = {
    ...{ unit: "sparks", plugin: "org.a", state: "restarting", restarts: 1 },
    ...{ nextStartMs: 3200, ended: null, failure: "it trapped" },
  };
  const ended = { kind: "quarantined", subject: "sparks", message: "too often", next: "" };

  it("says what it waits for, rests, or why it was stopped", () => {
    expect(lifeTitle(life)).toBe("sparks starts again in 4 s");
    expect(lifeTitle({ ...life, nextStartMs: 0 })).toBe("sparks is being started again");
    expect(lifeTitle({ ...life, ended })).toBe("sparks failed too often and rests");
    expect(lifeTitle({ ...life, ended: { ...ended, kind: "retired" } })).toBe("sparks was stopped");
  });
});

describe("the log", () => {
  const line = (number: number, level: LogLine["level"], text: string): LogLine => ({
    ...{ number, level, text, when: "", plugin: "org.a" },
  });

  it("is cut by level and word, and never longer than one reads", () => {
    const lines = [line(1, "debug", "one"), line(2, "warning", "Two"), line(3, "error", "three")];
    const texts = (least: LogLine["level"], word: string) =>
      shownLines(lines, least, word).map((l) => l.text);
    expect(texts("debug", "")).toEqual(["three", "Two", "one"]);
    expect(texts("warning", "")).toEqual(["three", "Two"]);
    expect(texts("debug", " tWO")).toEqual(["Two"]);
    const many = Array.from({ length: 500 }, (_, i) => line(i, "info", "x"));
    expect(shownLines(many, "debug", "")[0]?.number).toBe(499);
    expect(shownLines(many, "debug", "")).toHaveLength(200);
  });
});
