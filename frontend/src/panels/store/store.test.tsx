import { MantineProvider } from "@mantine/core";
import { renderToStaticMarkup } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FaultError } from "../../core/fault.ts";
import { begun } from "../../state/pretended.ts";
import type { Vault } from "../../state/vault.ts";
import { SessionProvider } from "../../view/context.ts";
import { StorePanel } from "./StorePanel.tsx";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const OPEN = {
  state: "open",
  passphrase: true,
  spaces: [{ id: "s", name: "main", quota: 1000, used: 950 }],
};
const FOLDER = { id: "v1", path: "/home/<b>Voyage</b>", name: "<b>Voyage</b>", kind: "folder" };

function refusal(kind: string, message: string): FaultError {
  return new FaultError({ kind, subject: "store", message, next: "" });
}

/** The panel as text with tags. */
async function shown(
  answers: Record<string, unknown>,
  act: (vault: Vault) => Promise<void> | void = () => {},
): Promise<string> {
  const { session, settle } = await begun({
    settings: { panel: "store" },
    prepare: (program) => Object.assign(program.store.answers, answers),
  });
  const { vault } = session;
  await act(vault);
  await settle();
  // Outside of a browser a component is given the store as it began.
  for (const store of [session.store, vault.store, vault.browser.store]) {
    Object.assign(store, { getInitialState: store.getState });
  }
  return renderToStaticMarkup(
    <MantineProvider env="test" withCssVariables={false}>
      <SessionProvider value={session}>
        <StorePanel />
      </SessionProvider>
    </MantineProvider>,
  );
}

describe("without a store the panel", () => {
  it("says what it is for and makes one, its key in the keychain", async () => {
    const text = await shown({ StoreStatus: { state: "none", keychain: true } });
    expect(text).toContain("There is no store yet");
    expect(text).toContain("Make a store");
    expect(text).not.toContain('type="password"');
  });

  it("asks for a passphrase, twice, where there is no keychain", async () => {
    const text = await shown({ StoreStatus: { state: "none" } });
    expect(text.match(/type="password"/g)).toHaveLength(2);
  });
});

describe("while the store is locked the panel", () => {
  it("asks for the passphrase, and says that one was wrong", async () => {
    const wrong = refusal("denied", "the passphrase is wrong");
    const text = await shown(
      { StoreStatus: { state: "locked", passphrase: true }, UnlockStore: wrong },
      (vault) => vault.unlock("geheim"),
    );
    expect(text).toContain("The store is locked");
    expect(text).toContain("The passphrase is wrong. Try again.");
    expect(text).not.toContain("geheim");
  });

  it("says why nothing opens it", async () => {
    const problem = { message: "its key is not in the keychain", next: "take the sheet" };
    const text = await shown({ StoreStatus: { state: "locked", keychain: true, problem } });
    expect(text).toContain("Its key is not in the keychain. Take the sheet.");
    expect(text).toContain("Ask the keychain again");
    expect(text).not.toContain('type="password"');
  });
});

describe("an open store", () => {
  const open = { StoreStatus: OPEN, StoreTasks: { tasks: [] } };

  it("that is empty says how something comes into it", async () => {
    const text = await shown({ ...open, StoreVersions: { versions: [] } });
    expect(text).toContain("Nothing is stored yet");
    expect(text).toContain("Drop files or folders onto this window");
    expect(text).toContain("Nobody has written down the recovery sheet");
  });

  it("shows hostile names as the text that they are", async () => {
    const text = await shown({
      ...open,
      StoreVersions: { versions: [FOLDER] },
      StoreEntries: { entries: [{ key: "61", name: "<img src=x>", kind: "file", bytes: 7 }] },
    });
    expect(text).not.toContain("<img");
    expect(text).not.toContain("<b>Voyage");
    expect(text).toContain("&lt;img src=x&gt;");
    expect(text).toContain("Restore &lt;img");
  });

  it("draws of a long list what can be seen", async () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => ({
      key: i.toString(16).padStart(8, "0"),
      name: `file ${i}`,
      kind: "file",
    }));
    const text = await shown({
      ...open,
      StoreVersions: { versions: [FOLDER] },
      StoreEntries: { entries, more: true },
    });
    expect(text.match(/Restore file/g)?.length).toBeLessThan(60);
    expect(text).toContain('aria-setsize="20000"');
    expect(text).toContain("the first 20,000 names");
  });

  it("previews a document as text, never as a document", async () => {
    const text = await shown(
      {
        ...open,
        StoreVersions: { versions: [{ ...FOLDER, kind: "file", name: "a.svg" }] },
        StorePreview: { kind: "text", text: "<svg onload=x>", shown: 14, bytes: 14 },
      },
      (vault) => vault.browser.openVersion("v1"),
    );
    expect(text).toContain("&lt;svg onload=x&gt;");
    expect(text).not.toContain("<svg onload");
  });

  it("says of a damaged file what happened, and where to go", async () => {
    const damage = refusal("damaged", "a block is damaged");
    const text = await shown(
      {
        ...open,
        StoreVersions: { versions: [{ ...FOLDER, kind: "file" }] },
        StorePreview: damage,
      },
      (vault) => vault.browser.openVersion("v1"),
    );
    expect(text).toContain("A block is damaged.");
    expect(text).toContain("Look at the store&#x27;s health");
  });

  it("tells how far work is, and what came of it", async () => {
    const result = { files: 2, failed: 1, problems: ["/a/b: you may not read it"] };
    const tasks = [
      { id: 1, kind: "put", state: "done", subject: "/a", elapsedMs: 1000, result },
      { id: 2, kind: "get", state: "running", subject: "c", done: 5, total: 10, elapsedMs: 1000 },
    ];
    const text = await shown({ ...open, StoreVersions: { versions: [] }, StoreTasks: { tasks } });
    for (const words of ["Restoring c", "Cancel", "a: stored", "1 could not be read", "Details"]) {
      expect(text).toContain(words);
    }
  });

  it("says what takes the room, and that a quota is nearly used up", async () => {
    const text = await shown(
      {
        ...open,
        StoreVersions: { versions: [{ ...FOLDER, name: "Voyage", bytes: 30 }] },
        StoreUsage: { versions: 1, content: 30, unique: 20, stored: 15, dedup: 1.5 },
      },
      (vault) => vault.look("usage"),
    );
    for (const words of ["nearly full", "1.50 times less", "Voyage: 30", "Table"]) {
      expect(text).toContain(words);
    }
  });

  it("says what the last check found", async () => {
    const health = { spaces: { s: { checkedMs: 1e12, thorough: true, damages: 2, lost: 1 } } };
    const text = await shown({ ...open, StoreHealth: health }, (vault) => vault.look("health"));
    expect(text).toContain("2 damaged places; 1 file cannot be read whole.");
    expect(text).toContain("every byte");
    const never = await shown({ ...open, StoreHealth: {} }, (vault) => vault.look("health"));
    expect(never).toContain("has not been checked yet");
  });
});
