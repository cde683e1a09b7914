import { describe, expect, it } from "vitest";

/** Who may import whom; everybody may import itself. */
const MAY: Record<string, readonly string[]> = {
  core: [],
  wire: ["core"],
  bridge: ["core", "wire"],
  state: ["core", "wire", "bridge"],
  scene: ["core", "wire"],
  view: ["core", "wire", "bridge", "state", "scene"],
  panels: ["core", "wire", "bridge", "state", "view"],
  app: ["core", "wire", "bridge", "state", "scene", "view", "panels"],
};

const sources = import.meta.glob<string>("./*/**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

const files = Object.entries(sources).map(([path, text]) => {
  const layer = path.split("/")[1] ?? "";
  const imports = [...text.matchAll(/from "(\.[^"]*)"|import\("(\.[^"]*)"\)/g)].map((m) => {
    const url = new URL(m[1] ?? m[2] ?? "", `file:///${path.slice(2)}`);
    return url.pathname.split("/")[1] ?? "";
  });
  return { path, layer, imports, text };
});

describe("the layers of the page", () => {
  it("are all there", () => {
    expect(new Set(files.map((f) => f.layer))).toEqual(new Set(Object.keys(MAY)));
  });

  it.each(files.map((f) => [f.path, f] as const))("%s imports only what is below it", (_, file) => {
    for (const other of file.imports) {
      // Golden vectors lie outside of the page; only tests read them.
      if (other === "schemas" && file.path.endsWith(".test.ts")) continue;
      if (other !== file.layer) expect(MAY[file.layer]).toContain(other);
    }
  });

  it("touch the window in the bridge only", () => {
    const guilty = files.filter((f) => f.layer !== "bridge" && /\bwindow\.[a-zA-Z_]/.test(f.text));
    expect(guilty.map((f) => f.path)).toEqual([]);
  });

  it("keep React out of the scene, and Three.js in it", () => {
    const usesReact = files.filter((f) => /from "(react|zustand)/.test(f.text)).map((f) => f.layer);
    expect(new Set(usesReact)).not.toContain("scene");
    const usesThree = files.filter((f) => /from "three"/.test(f.text)).map((f) => f.layer);
    expect(new Set(usesThree)).toEqual(new Set(["scene"]));
  });
});
