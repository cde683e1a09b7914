import { type PluginProgram, parseCard } from "../plugins.ts";
import manifest from "./manifest.json";

/** The one plugin of the demo. It can be looked at, not changed. */
export function demoPlugins(): PluginProgram {
  const [card] = parseCard({
    ...{ key: "dev.inos.demo", id: "dev.inos.demo", name: "Demo", version: "1.0.0" },
    ...{ source: "bundled", enabled: true, signature: "bundled", signedBy: "came with INOS" },
    units: manifest.units.map(({ name }) => ({ name, live: true })),
  });
  const nothing = async () => {};
  return {
    list: async () => (card ? [card] : []),
    change: nothing,
    offer: async () => null,
    offerRefused: async () => null,
    offered: async () => null,
    install: nothing,
    decline: nothing,
    decide: nothing,
    revoke: nothing,
    setSetting: nothing,
    clearSetting: nothing,
    limits: async () => [],
    setLimit: nothing,
    resetLimit: nothing,
    trust: nothing,
    forget: nothing,
    lives: async () => [],
    startNow: nothing,
    audit: async () => [],
    usage: async () => [],
    log: async () => [],
    exportLog: async () => "",
  };
}
