import { Kbd } from "@mantine/core";
import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { ACTIONS, type Action } from "../state/actions.ts";
import { useApp, useSession } from "../view/context.ts";

const GROUPS: readonly Action["group"][] = ["Flock", "View", "Program"];

/** Every action by name; Ctrl+K. */
export function Palette() {
  const session = useSession();
  const { state, unit } = useApp((s) => ({ state: possibleIds(s), unit: s.unit }));
  const possible = new Set(state.split(" "));
  const groups: SpotlightActionGroupData[] = GROUPS.map((group) => ({
    group,
    actions: ACTIONS.filter((a) => a.group === group && possible.has(a.id)).map((action) => ({
      id: action.id,
      label: action.label,
      description: action.hint,
      rightSection: action.keys === "" ? null : <Kbd>{action.keys}</Kbd>,
      onClick: () => action.run(session),
    })),
  }));
  const presets: SpotlightActionData[] = (unit?.presets ?? []).map((preset) => ({
    id: `preset ${preset.name}`,
    label: `Preset: ${preset.name}`,
    description: preset.doc,
    onClick: () => session.applyPreset(preset.name),
  }));
  if (presets.length > 0) groups.splice(1, 0, { group: "Presets", actions: presets });
  return (
    <Spotlight
      actions={groups}
      shortcut={null}
      scrollable
      overlayProps={{ blur: 0, backgroundOpacity: 0.45 }}
      maxHeight="60vh"
      highlightQuery
      nothingFound="No action has that name"
      searchProps={{
        leftSection: <IconSearch size="1.125rem" stroke={1.6} />,
        placeholder: "What to do",
        "aria-label": "Search actions",
      }}
    />
  );
}

function possibleIds(state: Parameters<NonNullable<Action["possible"]>>[0]): string {
  return ACTIONS.filter((a) => a.possible?.(state) ?? true)
    .map((a) => a.id)
    .join(" ");
}
