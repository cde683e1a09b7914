import { MantineProvider } from "@mantine/core";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../core/fault.ts";
import { begun } from "../state/pretended.ts";
import type { Session } from "../state/session.ts";
import { SessionProvider } from "../view/context.ts";
import { LiveState } from "../wire/gen/layout.ts";
import { Dock } from "./Dock.tsx";
import { FIGURES } from "./figureList.ts";
import { Inspector } from "./Inspector.tsx";
import { LaunchCard } from "./LaunchCard.tsx";
import { Rail } from "./Rail.tsx";
import { StatusBar } from "./StatusBar.tsx";

/** What a component shows, as text with tags. */
function shown(session: Session, component: ReactNode): string {
  // Outside of a browser a component is given the store as it began.
  session.store.getInitialState = session.store.getState;
  return renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false}>
      <SessionProvider value={session}>{component}</SessionProvider>
    </MantineProvider>,
  );
}

const REFUSED = new FaultError({
  kind: "trap",
  subject: "dev.inos.boids",
  message: "unreachable was executed",
  next: "ask its author",
});

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const held = () =>
  begun({
    prepare: (program) => {
      program.held = "boids";
    },
  });

describe("while a unit is on its way", () => {
  it("the stage says which, and offers the others", async () => {
    const { session } = await held();
    const card = shown(session, <LaunchCard />);
    expect(card).toContain("Starting <b>boids</b>");
    expect(card).toContain("Show instead");
    expect(card).toContain("sparks");
  });

  it("its controls are drawn from its manifest, out of reach", async () => {
    const { session } = await held();
    for (const panel of [shown(session, <Inspector />), shown(session, <Dock />)]) {
      expect(panel).toContain('inert=""');
      expect(panel).toContain('aria-busy="true"');
    }
    expect(shown(session, <Inspector />)).toContain("cohesion");
    expect(shown(session, <Rail />)).toContain("<span>boids</span>");
    expect(shown(session, <StatusBar />)).toContain("Starting");
  });

  it("one without a manifest has a skeleton", async () => {
    const { session } = await begun({
      first: "gone",
      prepare: (program) => {
        program.held = "gone";
      },
    });
    expect(shown(session, <Inspector />)).toContain("Skeleton");
    expect(shown(session, <Dock />)).not.toContain("section");
    expect(shown(session, <Rail />)).toContain("<span>gone</span>");
  });
});

describe("a unit that did not start", () => {
  it("is named on the stage, with why, what next, another try and the others", async () => {
    const { session, program, settle } = await held();
    program.letGo(REFUSED);
    await settle();
    const card = shown(session, <LaunchCard />);
    for (const words of [
      "<b>boids</b> did not start",
      "dev.inos.boids: unreachable was executed.",
      "Ask its author.",
      "Try again",
      "sparks",
    ]) {
      expect(card).toContain(words);
    }
    expect(shown(session, <Inspector />)).not.toContain("inert");
  });

  it("leaves the stage when it runs", async () => {
    const { session } = await begun();
    expect(shown(session, <LaunchCard />)).not.toContain("section");
    expect(shown(session, <Dock />)).not.toContain("inert");
  });
});

describe("the status bar", () => {
  it("shows no rate of a unit that stands still", async () => {
    const { session, writer, settle } = await begun();
    writer.setUnit(0, { state: LiveState.running, ticks: 1, stepP50Ms: 2.5, stepP95Ms: 3.5 });
    await settle();
    expect(shown(session, <StatusBar />)).toContain("2.50 / 3.50");
    await settle();
    await settle();
    const bar = shown(session, <StatusBar />);
    expect(bar).toContain("Stalled");
    expect(bar).not.toContain("2.50");
    expect(bar).not.toContain("Running");
  });

  it("says why frames come by stream", async () => {
    const { session, state } = await begun();
    const path = FIGURES.find((figure) => figure.id === "path");
    const store = session.store;
    expect(path?.more?.(state())).toBe("");
    store.setState({ framePath: "stream", whyStream: "the web process died twice" });
    expect(path?.more?.(state())).toContain("the web process died twice");
    store.setState({ whyStream: "" });
    expect(path?.more?.(state())).toContain("--frames stream");
  });
});
