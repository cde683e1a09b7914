import { Tooltip, UnstyledButton } from "@mantine/core";
import { spotlight } from "@mantine/spotlight";
import {
  IconCommand,
  IconDatabase,
  IconFeather,
  IconFlask,
  IconLayoutSidebarLeftCollapse,
  IconLayoutSidebarLeftExpand,
  IconPuzzle,
  IconSettings,
  IconSparkles,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { PALETTE_KEYS } from "../state/actions.ts";
import type { PanelName } from "../state/settings.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./Rail.module.css";

/** Panels that exist; their place in the list is their key. */
export function Rail() {
  const session = useSession();
  const { name, birds, folded } = useApp((s) => ({
    name: s.launch?.unit ?? s.unit?.name ?? "",
    birds: s.unit?.look === "birds",
    folded: s.settings.railFolded,
  }));
  const Unit = birds ? IconFeather : IconSparkles;
  const Fold = folded ? IconLayoutSidebarLeftExpand : IconLayoutSidebarLeftCollapse;
  const fold = folded ? "Show words" : "Icons only";
  return (
    <nav className={classes.rail} aria-label="Panels" data-folded={folded || undefined}>
      <div className={classes.mark} aria-hidden="true">
        <Mark />
      </div>
      <Place panel="flock" word={name} keys="1">
        <Unit size="1.375rem" stroke={1.6} />
      </Place>
      <Place panel="lab" word="Lab" keys="2">
        <IconFlask size="1.375rem" stroke={1.6} />
      </Place>
      <Place panel="plugins" word="Plugins" keys="3">
        <IconPuzzle size="1.375rem" stroke={1.6} />
      </Place>
      <Place panel="store" word="Store" keys="4">
        <IconDatabase size="1.375rem" stroke={1.6} />
      </Place>
      <Place panel="settings" word="Settings" keys="5">
        <IconSettings size="1.375rem" stroke={1.6} />
      </Place>
      <span className={classes.gap} />
      <Hint label={`Commands (${PALETTE_KEYS})`}>
        <UnstyledButton
          className={classes.place}
          aria-label="Commands"
          onClick={() => spotlight.open()}
        >
          <IconCommand size="1.25rem" stroke={1.6} />
        </UnstyledButton>
      </Hint>
      <Hint label={fold}>
        <UnstyledButton
          className={classes.place}
          aria-label={fold}
          onClick={() => session.changeSettings({ railFolded: !folded })}
        >
          <Fold size="1.25rem" stroke={1.6} />
        </UnstyledButton>
      </Hint>
    </nav>
  );
}

interface PlaceProps {
  panel: PanelName;
  word: string;
  keys: string;
  children: ReactNode;
}

function Place({ panel, word, keys, children }: PlaceProps) {
  const session = useSession();
  const { open, folded } = useApp((s) => ({
    open: s.settings.panel,
    folded: s.settings.railFolded,
  }));
  const current = open === panel;
  return (
    // Over an open panel a hint would lie on its headings.
    <Hint label={`${word} (${keys})`} disabled={current || open !== "flock"}>
      <UnstyledButton
        className={classes.place}
        aria-current={current ? "page" : undefined}
        aria-label={word}
        aria-keyshortcuts={keys}
        onClick={() => session.changeSettings({ panel })}
      >
        {children}
        {!folded && <span>{word}</span>}
      </UnstyledButton>
    </Hint>
  );
}

interface HintProps {
  label: string;
  disabled?: boolean;
  children: ReactNode;
}

function Hint({ label, disabled, children }: HintProps) {
  return (
    <Tooltip label={label} position="right" disabled={disabled ?? false}>
      {children}
    </Tooltip>
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
