import { CloseButton, SegmentedControl } from "@mantine/core";
import { bytes } from "../core/format.ts";
import { COLOURINGS, MOTIONS, QUALITIES, type Settings, THEMES } from "../state/settings.ts";
import { useApp, useSession } from "../view/context.ts";
import { streamReason } from "./figureList.ts";
import classes from "./SettingsPanel.module.css";

type Choice = "theme" | "colouring" | "quality" | "motion";

const WORDS: Record<string, string> = {
  dark: "Dusk",
  light: "Dawn",
  system: "System",
  silhouette: "Silhouette",
  heading: "Heading",
  speed: "Speed",
  auto: "By itself",
  full: "Full",
  balanced: "Balanced",
  calm: "Calm",
};

/** How the window looks, and what it knows about itself. */
export function SettingsPanel() {
  const session = useSession();
  return (
    <section className={classes.panel} aria-label="Settings">
      <header>
        <h2>Settings</h2>
        <CloseButton
          aria-label="Close the settings"
          onClick={() => session.changeSettings({ panel: "flock" })}
        />
      </header>
      <Row
        name="theme"
        title="Light"
        options={THEMES}
        doc="A murmuration at dusk, or a pale dawn."
      />
      <Row
        name="colouring"
        title="Colour"
        options={COLOURINGS}
        doc="Dark against the sky, by where a bird heads, or by how fast it flies."
      />
      <Row
        name="quality"
        title="Quality"
        options={QUALITIES}
        doc="By itself means: as good as this machine draws smoothly."
        words={{ light: "Light" }}
      />
      <Row
        name="motion"
        title="Motion"
        options={MOTIONS}
        doc="Calm: wings beat slowly, the camera keeps still, panels do not slide."
      />
      <About />
    </section>
  );
}

interface RowProps {
  name: Choice;
  title: string;
  doc: string;
  options: readonly string[];
  words?: Record<string, string>;
}

function Row({ name, title, doc, options, words }: RowProps) {
  const session = useSession();
  const value = useApp((s) => s.settings[name]);
  return (
    <div className={classes.row}>
      <h3>{title}</h3>
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label={title}
        data={options.map((o) => ({ value: o, label: words?.[o] ?? WORDS[o] ?? o }))}
        value={value}
        onChange={(next) => session.changeSettings({ [name]: next } as Partial<Settings>)}
      />
      <p>{doc}</p>
    </div>
  );
}

function About() {
  const { boot, path, why, limit } = useApp((s) => ({
    boot: s.boot,
    path: s.framePath,
    why: streamReason(s),
    limit: s.figures.arenaLimit,
  }));
  if (!boot) return null;
  const lines = [
    ["INOS", boot.version],
    ["Machine", `${boot.arch.os}, ${boot.arch.cores} cores`],
    ["Frames", path === "shared" ? "shared memory" : `stream: ${why}`],
    ["Arena", bytes(limit)],
  ];
  return (
    <dl className={classes.about}>
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
