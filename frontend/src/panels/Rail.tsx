import { UnstyledButton } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import {
  IconCommand,
  IconFeather,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconSettings,
} from "@tabler/icons-react";
import type { ComponentType } from "react";
import type { PanelName } from "../state/settings.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./Rail.module.css";

interface Place {
  panel: PanelName;
  word: string;
  key: string;
  Icon: ComponentType<{ size: string; stroke: number }>;
}

/** Panels that exist; their place in the list is their key. */
const PLACES: readonly Place[] = [
  { panel: "flock", word: "Flock", key: "1", Icon: IconFeather },
  { panel: "settings", word: "Settings", key: "2", Icon: IconSettings },
];

export function Rail() {
  const session = useSession();
  const { panel, folded } = useApp((s) => ({
    panel: s.settings.panel,
    folded: s.settings.railFolded,
  }));
  const Fold = folded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  return (
    <nav className={classes.rail} aria-label="Panels" data-folded={folded || undefined}>
      <div className={classes.mark} aria-hidden="true">
        <Mark />
      </div>
      {PLACES.map(({ panel: name, word, key, Icon }) => (
        <UnstyledButton
          key={name}
          className={classes.place}
          aria-current={panel === name ? "page" : undefined}
          aria-label={word}
          aria-keyshortcuts={key}
          title={`${word} (${key})`}
          onClick={() => session.changeSettings({ panel: name })}
        >
          <Icon size="1.375rem" stroke={1.6} />
          {!folded && <span>{word}</span>}
        </UnstyledButton>
      ))}
      <span className={classes.gap} />
      <UnstyledButton
        className={classes.place}
        aria-label="Commands"
        title="Commands (Ctrl+K)"
        onClick={() => spotlight.open()}
      >
        <IconCommand size="1.25rem" stroke={1.6} />
      </UnstyledButton>
      <UnstyledButton
        className={classes.place}
        aria-label={folded ? "Show words" : "Icons only"}
        title={folded ? "Show words" : "Icons only"}
        onClick={() => session.changeSettings({ railFolded: !folded })}
      >
        <Fold size="1.25rem" stroke={1.6} />
      </UnstyledButton>
    </nav>
  );
}

/** Three birds. */
function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="1.9rem" height="1.9rem" role="presentation">
      <path d="M3 15c4-4 7-3 9 1 2-4 6-5 10-2-4-.6-7 1-10 6-2-4.600-5-6-9-5z" fill="currentColor" />
      <path
        d="M18 7c2-2 4-1.600 5.200.6 1.200-2.200 3.400-2.600 5.600-1-2.400-.3-4 .7-5.600 3.400-1.200-2.500-2.800-3.400-5.200-3z"
        fill="currentColor"
        opacity=".75"
      />
      <path
        d="M19 23c1.600-1.600 3.200-1.300 4.200.5 1-1.800 2.700-2 4.400-.8-1.900-.2-3.200.6-4.400 2.700-1-2-2.200-2.700-4.200-2.400z"
        fill="currentColor"
        opacity=".55"
      />
    </svg>
  );
}
