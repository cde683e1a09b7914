import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../../core/fault.ts";
import type { Lab } from "../../state/lab.ts";
import { begun } from "../../state/pretended.ts";
import { SessionProvider } from "../../view/context.ts";
import { LabPanel } from "./LabPanel.tsx";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const UNITS = {
  units: [
    {
      plugin: "x",
      manifest: {
        name: "<i>Tools</i>",
        units: [
          {
            name: "tools",
            ops: [
              {
                name: "shrink",
                doc: "Makes a picture <b>smaller</b>.",
                params: [
                  {
                    name: "width",
                    label: "Width",
                    kind: "integer",
                    default: 8,
                    min: 1,
                    max: 99,
                    unit: "px",
                  },
                  {
                    name: "mode",
                    label: "Mode",
                    kind: "choice",
                    default: "fit",
                    options: ["fit", "fill"],
                  },
                  { name: "sharp", label: "Sharp", kind: "flag", default: false },
                  { name: "key", label: "Key", kind: "text", maxBytes: 10, secret: true },
                  { name: "note", label: "Note", kind: "text", maxBytes: 9000 },
                  { name: "unseen", kind: "flag", hidden: true },
                ],
                inputs: [{ name: "picture", media: ["image/*"] }],
                outputs: [{ name: "small", media: ["image/png"] }],
                results: [{ name: "ratio", doc: "How much." }],
              },
              { name: "add", doc: "Adds." },
            ],
          },
        ],
      },
    },
  ],
};

const PICTURE = {
  id: "P",
  name: "<b>cat</b>.png",
  media: "image/png",
  kind: "picture",
  bytes: 1234,
  width: 640,
  height: 400,
  origin: "file",
  url: "/lab/T/P",
};

/** The panel as text with tags. */
async function shown(
  act: (lab: Lab) => Promise<void> | void = () => {},
  answers: Record<string, unknown> = {},
): Promise<string> {
  const { session, settle } = await begun({
    settings: { panel: "lab" },
    prepare: (program) =>
      Object.assign(
        program.store.answers,
        { Units: UNITS, ChooseForLab: { items: [PICTURE] } },
        answers,
      ),
  });
  await settle();
  await act(session.lab);
  await settle();
  // Outside of a browser a component is given the store as it began.
  for (const store of [session.store, session.lab.store]) {
    Object.assign(store, { getInitialState: store.getState });
  }
  return renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false}>
      <SessionProvider value={session}>
        <LabPanel />
      </SessionProvider>
    </MantineProvider>,
  );
}

const RUN = {
  id: 1,
  unit: "tools",
  op: "shrink",
  state: "done",
  elapsedMs: 12,
  inputs: [PICTURE],
  figures: [{ name: "ratio", unit: "%", value: 12.3456789 }],
  outputs: [
    { ...PICTURE, id: "Q", name: "small.png", origin: "result", output: "small", url: "/lab/T/Q" },
  ],
  line: "inos run tools.shrink -i cat.png",
  unsaved: ["cat.png"],
};

describe("the lab", () => {
  it("begins with what it is for, and with examples", async () => {
    const text = await shown();
    expect(text).toContain("Run any op on your own files");
    expect(text).toContain("Matrix");
    expect(text).toContain('aria-label="tools.shrink"');
  });

  it("shows what a plugin says as text", async () => {
    const text = await shown(async (lab) => {
      await lab.choose(null);
      lab.chooseOp("tools.shrink");
    });
    expect(text).not.toContain("<b>smaller");
    expect(text).not.toContain("<b>cat</b>");
    expect(text).toContain("&lt;b&gt;cat");
  });

  it("makes the form of the manifest", async () => {
    const text = await shown((lab) => lab.chooseOp("tools.shrink"));
    expect(text).toMatch(/<input[^>]*aria-label="Width"[^>]*value="8"/);
    expect(text).toContain('type="password"');
    expect(text).toContain("<textarea");
    expect(text).toContain("Choose a file, or drop one");
    expect(text).not.toContain("unseen");
  });

  it("says beside a field what does not fit", async () => {
    const text = await shown((lab) => {
      lab.chooseOp("tools.shrink");
      lab.setValue("width", "12x");
    });
    expect(text).toContain("&quot;12x&quot; does not fit: it takes a whole number, 1 to 99 px");
    expect(text).toContain('aria-invalid="true"');
  });

  it("shows figures, outputs and the command of a run", async () => {
    const text = await shown(
      async (lab) => {
        await lab.choose(null);
        lab.chooseOp("tools.shrink");
        await lab.run();
      },
      { RunInLab: RUN },
    );
    expect(text).toContain("Done in");
  });

  it("says why a run was refused", async () => {
    const refusal = new FaultError({
      kind: "budget",
      subject: "the lab",
      message: "too much",
      next: "",
    });
    const text = await shown(
      async (lab) => {
        lab.chooseOp("tools.add");
        await lab.run();
      },
      { RunInLab: refusal },
    );
    expect(text).toContain("Too much");
  });

  it("lists what was run", async () => {
    const past = { id: "a", unit: "tools", op: "add", atMs: 1, state: "failed", kind: "trap" };
    const text = await shown((lab) => lab.look("history"), { LabHistory: { runs: [past] } });
    expect(text).toContain("tools.add");
    expect(text).toContain("Failed (trap)");
  });
});
