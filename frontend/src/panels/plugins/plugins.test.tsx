import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { parseLimit } from "../../bridge/pluginLimits.ts";
import { type LogLine, type PluginCard, parseCard } from "../../bridge/plugins.ts";
import type { UnitLife } from "../../bridge/unitLife.ts";
import { FaultError } from "../../core/fault.ts";
import type { PluginTab } from "../../state/gallery.ts";
import { begun, type FakePlugins } from "../../state/pretended.ts";
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
async function shown(
  raw: object,
  tab: PluginTab = "about",
  prepare: (plugins: FakePlugins) => void = () => {},
): Promise<string> {
  const { session } = await begun({
    settings: { panel: "plugins" },
    prepare: (program) => {
      program.plugins.cards = parseCard({ ...OUTSIDE, ...raw }) as PluginCard[];
      prepare(program.plugins);
    },
  });
  session.plugins.show(tab);
  if (tab === "activity") await session.plugins.limits.refresh("org.a");
  // Outside of a browser a component is given the store as it began.
  session.store.getInitialState = session.store.getState;
  const { store, limits } = session.plugins;
  store.getInitialState = store.getState;
  limits.store.getInitialState = limits.store.getState;
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

describe("the limits of a plugin", () => {
  const limit = { key: "cpu", doc: "share of one processor", example: "50%", by: "inos" };
  const own = { ...limit, key: "memory", declared: "32MiB", inForce: "32MiB", by: "plugin" };
  const yours = { ...limit, set: "50%", inForce: "50%", by: "you", used: "12%" };
  const withLimits = (...rows: object[]) =>
    shown({}, "activity", (plugins) => {
      plugins.limitRows = rows.flatMap(parseLimit);
    });

  it("say what is in force and whose it is, what is asked for and what is used", async () => {
    const text = await withLimits(yours, own, { ...limit, key: "rate" });
    for (const words of [
      "50%, set by you",
      "Share of one processor, now 12%.",
      "32MiB, its own",
      "its manifest says 32MiB",
      "No limit",
      'placeholder="like 50%"',
      'value="50%"',
      "Reset all limits",
    ]) {
      expect(text).toContain(words);
    }
  });

  it("offer nothing to reset where nothing was set", async () => {
    const text = await withLimits(own);
    expect(text).toContain("You have set none");
    expect(text).not.toContain("Reset all limits");
  });

  it("say why they cannot be read", async () => {
    const text = await shown({}, "activity", (plugins) => {
      const fault = { kind: "invalid", subject: "limits.json", message: "it is damaged", next: "" };
      plugins.limits = () => Promise.reject(new FaultError(fault));
    });
    expect(text).toContain("It is damaged.");
    expect(text).not.toContain("Limit of");
  });

  it("count ticks of a live unit, and lines that one of them dropped", async () => {
    const used = (more: object) => ({
      ...{ plugin: "org.a", workers: 1, cpuNs: 0, rssBytes: 0, calls: 1, failures: 0 },
      ...{ ticks: 0, logLines: 2, logDropped: 0, lastFailure: null, ...more },
    });
    const units = [{ name: "outside", live: true }];
    const text = await shown({ units }, "activity", (plugins) => {
      plugins.used = [used({ ticks: 1200, logDropped: 7 })];
    });
    expect(text).toContain("Ticks a second");
    expect(text).toContain("1,200 ticks, 2 lines logged, 7 lines dropped since INOS started.");
    const quiet = await shown({}, "activity", (plugins) => {
      plugins.used = [used({})];
    });
    expect(quiet).toContain("1 call, 0 failures, 2 lines logged since INOS started.");
    expect(quiet).not.toContain("Ticks a second");
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
