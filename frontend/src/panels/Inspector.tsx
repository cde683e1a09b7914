import { ActionIcon, NativeSelect, Skeleton, Tooltip } from "@mantine/core";
import { IconArrowBackUp, IconArrowForwardUp, IconRestore, IconX } from "@tabler/icons-react";
import { isUnderWay } from "../state/store.ts";
import { useApp, useSession } from "../view/context.ts";
import { defaultsOf, type Param } from "../wire/manifest.ts";
import classes from "./Inspector.module.css";
import { ParamControl } from "./ParamControl.tsx";

/** Lines of the skeleton, as wide as controls are. */
const BONES = ["58%", "100%", "44%", "96%", "70%", "92%"];

/** The controls of the unit on the screen, built from its manifest; they wait until it runs. */
export function Inspector() {
  const session = useSession();
  const { unit, waiting, canUndo, canRedo } = useApp((s) => ({
    unit: s.unit,
    waiting: isUnderWay(s),
    canUndo: s.canUndo,
    canRedo: s.canRedo,
  }));
  const shown = (unit?.params ?? []).filter((p) => !p.hidden && p.name !== unit?.countParam);
  return (
    <aside className={classes.inspector} aria-label="Controls">
      <header className={classes.head}>
        <UnitChoice />
        <Small label="Undo (Ctrl+Z)" disabled={!canUndo} onClick={() => session.undo()}>
          <IconArrowBackUp size="1.125rem" stroke={1.6} />
        </Small>
        <Small label="Redo (Ctrl+Shift+Z)" disabled={!canRedo} onClick={() => session.redo()}>
          <IconArrowForwardUp size="1.125rem" stroke={1.6} />
        </Small>
        <Small
          label="All defaults"
          disabled={waiting}
          onClick={() => session.setParams(visibleDefaults(shown))}
        >
          <IconRestore size="1.125rem" stroke={1.6} />
        </Small>
        <Small label="Hide (I)" onClick={() => session.changeSettings({ inspector: false })}>
          <IconX size="1.125rem" stroke={1.6} />
        </Small>
      </header>
      <div className={classes.body} inert={waiting} aria-busy={waiting}>
        {!unit && BONES.map((width) => <Bone key={width} width={width} />)}
        {groupsOf(shown).map(([name, params]) => (
          <section key={name} className={classes.group} aria-label={name || "Parameters"}>
            {name !== "" && <h3>{name}</h3>}
            {params.map((param) => (
              <ParamControl key={param.name} param={param} />
            ))}
          </section>
        ))}
        {unit && <p className={classes.doc}>{unit.doc}</p>}
      </div>
    </aside>
  );
}

function Bone({ width }: { width: string }) {
  return <Skeleton className={classes.bone ?? ""} height="0.625rem" width={width} radius="xl" />;
}

/** Which unit, also while another one is being started. */
function UnitChoice() {
  const session = useSession();
  const unit = useApp((s) => s.launch?.unit ?? s.unit?.name ?? "");
  const names = useApp((s) => s.units).map((u) => u.name);
  if (names.every((name) => name === unit)) return <h2 className={classes.title}>{unit}</h2>;
  return (
    <NativeSelect
      size="xs"
      className={classes.title ?? ""}
      aria-label="Live unit"
      data={names.includes(unit) ? names : [unit, ...names]}
      value={unit}
      onChange={(event) => void session.show(event.currentTarget.value)}
    />
  );
}

interface SmallProps {
  label: string;
  disabled?: boolean;
  onClick: () => void;
  children: React.ReactNode;
}

function Small({ label, disabled, onClick, children }: SmallProps) {
  return (
    <Tooltip label={label} disabled={disabled ?? false}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="md"
        aria-label={label}
        disabled={disabled ?? false}
        onClick={onClick}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}

function visibleDefaults(params: readonly Param[]) {
  return defaultsOf(params.filter((param) => param.name !== "seed"));
}

/** In the manifest's order; a group stands where its first parameter does. */
function groupsOf(params: readonly Param[]): [string, Param[]][] {
  const groups = new Map<string, Param[]>();
  for (const param of params) {
    const group = groups.get(param.group);
    if (group) group.push(param);
    else groups.set(param.group, [param]);
  }
  return [...groups];
}
