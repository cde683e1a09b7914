import { Kbd } from "@mantine/core";
import {
  Spotlight,
  type SpotlightActionData,
  type SpotlightActionGroupData,
} from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { ACTION_GROUPS, ACTIONS, possibleActions } from "../state/actions.ts";
import { useApp, useSession } from "../view/context.ts";

/** Every action by name; Ctrl+K. */
export function Palette() {
  const session = useSession();
  const { ids, unit, units, launch } = useApp((s) => ({
    ids: possibleActions(s)
      .map((action) => action.id)
      .join(" "),
    unit: s.unit,
    units: s.units,
    launch: s.launch,
  }));
  const possible = new Set(ids.split(" "));
  const groups: SpotlightActionGroupData[] = ACTION_GROUPS.map((group) => ({
    group: group === "Unit" ? (unit?.name ?? group) : group,
    actions: ACTIONS.filter((a) => a.group === group && possible.has(a.id)).map((action) => ({
      id: action.id,
      label: action.label,
      description: action.hint,
      rightSection: action.keys === "" ? null : <Kbd>{action.keys}</Kbd>,
      onClick: () => action.run(session),
    })),
  }));
  const presets: SpotlightActionData[] = (launch ? [] : (unit?.presets ?? [])).map((preset) => ({
    id: `preset ${preset.name}`,
    label: `Preset: ${preset.name}`,
    description: preset.doc,
    onClick: () => session.applyPreset(preset.name),
  }));
  const others: SpotlightActionData[] = units
    .filter(({ name }) => name !== unit?.name)
    .map(({ name, doc }) => ({
      id: `unit ${name}`,
      label: `Show ${name}`,
      description: doc,
      onClick: () => void session.show(name),
    }));
  groups.splice(1, 0, { group: "Presets", actions: presets }, { group: "Units", actions: others });
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
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
