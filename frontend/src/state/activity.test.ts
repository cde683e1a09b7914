import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LogLine, PluginUsage } from "../bridge/plugins.ts";
import { SAMPLE_MS } from "./activity.ts";
import { begun, MIB } from "./pretended.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const used = (calls: number, cpuNs: number, ticks = 0): PluginUsage => ({
  ...{ plugin: "org.a", workers: 1, rssBytes: 3 * MIB, failures: 0, logLines: 0 },
  ...{ ticks, logDropped: 0 },
  ...{ calls, cpuNs, lastFailure: null },
});

const second = () => vi.advanceTimersByTimeAsync(SAMPLE_MS);

const open = async () => {
  const all = await begun({ settings: { panel: "plugins" } });
  return { ...all, fake: all.program.plugins, activity: all.session.plugins.activity };
};

describe("what plugins use", () => {
  it("is asked once a second while the panel is open, and not after", async () => {
    const { session, fake } = await open();
    const usage = vi.spyOn(fake, "usage");
    await second();
    await second();
    expect(usage).toHaveBeenCalledTimes(2);
    session.changeSettings({ panel: "flock" });
    await second();
    await second();
    expect(usage).toHaveBeenCalledTimes(2);
    session.changeSettings({ panel: "plugins" });
    await second();
    expect(usage.mock.calls.length).toBeGreaterThan(2);
  });

  it("is a rate from one look to the next", async () => {
    const { fake, activity } = await open();
    fake.used = [used(10, 1e9, 600)];
    await second();
    fake.used = [used(40, 1.5e9, 660)];
    await second();
    const meters = activity.metersOf("org.a");
    expect(meters?.calls.at(meters.calls.length - 1)).toBeCloseTo(30, 5);
    expect(meters?.cpu.at(meters.cpu.length - 1)).toBeCloseTo(50, 5);
    expect(meters?.ticks.at(meters.ticks.length - 1)).toBeCloseTo(60, 5);
    expect(meters?.memory.at(0)).toBe(3 * MIB);
  });

  it("has lines that are asked for once", async () => {
    const { fake, activity } = await open();
    const line = (number: number): LogLine => ({
      ...{ number, when: "", plugin: "org.a", level: "info", text: `line ${number}` },
    });
    fake.lines = [line(1), line(2)];
    await second();
    fake.lines = [line(1), line(2), line(3)];
    await second();
    expect(activity.lines.map((l) => l.number)).toEqual([1, 2, 3]);
  });

  it("outlives a program that does not answer once", async () => {
    const { fake, activity, state } = await open();
    vi.spyOn(fake, "usage").mockRejectedValueOnce(new Error("busy"));
    await second();
    fake.used = [used(1, 1)];
    await second();
    expect(activity.usage.get("org.a")?.calls).toBe(1);
    expect(state().notices).toEqual([]);
  });
});
