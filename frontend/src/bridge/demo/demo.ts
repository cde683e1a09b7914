import { FaultError } from "../../core/fault.ts";
import { defaultsOf, type LiveUnit, type ParamValues, parseLiveUnit } from "../../wire/manifest.ts";
import "../globals.ts";
import { boundLab } from "../lab.ts";
import type { Boot, LiveState, Program } from "../program.ts";
import { boundVault } from "../vault.ts";
import manifest from "./manifest.json";
import { DemoMemory } from "./memory.ts";
import { demoPlugins } from "./plugins.ts";
import { DemoFlock } from "./simulation.ts";

/** Stands in for the program while the page is developed in a browser; never in a build. */
export function demoProgram(): Program {
  const units = [...demoUnits("boids"), ...demoUnits("sparks")];
  const memory = new DemoMemory();
  const flock = new DemoFlock(memory);
  let live: LiveState | null = null;
  window.__inos = { kernel: memory.kernel, open: (entry) => memory.open(entry) };
  let limit = 16 << 20;

  const demand = (params: ParamValues) => {
    const needed = 131072 + 4096 + 3 * Number(params["count"] ?? 0) * 32;
    if (needed <= limit) return;
    throw overBudget(needed, limit);
  };
  const boot = (): Boot => ({
    version: "demo",
    framePath: "shared",
    streamUrl: "",
    streamToken: "",
    whyStream: "",
    units,
    settings: storedSettings(),
    arena: { used: memory.used(), limit },
    arch: { os: "browser", cores: navigator.hardwareConcurrency },
    live,
    safe: { on: false, badStarts: 0 },
    first: "boids",
  });
  return {
    plugins: demoPlugins(),
    // There is none in a browser.
    vault: boundVault(async () => ({ state: "none" })),
    lab: boundLab(async () => ({})),
    boot: async () => boot(),
    units: async () => boot().units,
    allowAllPlugins: async () => {},
    startLive: async (unit, params) => {
      const chosen = units.find((u) => u.name === unit);
      const values = { ...defaultsOf(chosen?.params ?? []), ...params };
      demand(values);
      flock.start(values, unit, chosen?.look === "birds" ? 1 : 0);
      live = { unit, entry: 0, params: values, state: "running", shards: 1 };
      return live;
    },
    setParams: async (params) => {
      if (!live) return {};
      const values = { ...live.params, ...params };
      demand(values);
      live.params = values;
      flock.setParams(values);
      memory.setLimit(limit);
      return values;
    },
    control: async (action) => flock.control(action),
    setVisible: async (visible) => flock.setVisible(visible),
    raiseArena: async (bytes) => {
      limit = bytes;
      memory.setLimit(limit);
      return { used: memory.used(), limit };
    },
    saveSettings: async (settings) => localStorage.setItem("inos", JSON.stringify(settings)),
    saveScreenshot: async (png) => `demo.png (${png.length} characters)`,
    reportPage: async () => {},
  };
}

function overBudget(needed: number, limit: number): FaultError {
  return new FaultError({
    kind: "budget",
    subject: "boids",
    message: "the flock does not fit the arena",
    next: "raise the arena",
    needed,
    limit,
  });
}

function demoUnits(name: string): LiveUnit[] {
  const unit = manifest.units.find((u) => u.name === name);
  const parsed = parseLiveUnit("dev.inos.demo", unit);
  return parsed ? [parsed] : [];
}

function storedSettings(): Boot["settings"] {
  return JSON.parse(localStorage.getItem("inos") ?? "null");
}
