import { ActionIcon, Tooltip, UnstyledButton } from "@mantine/core";
import {
  IconAdjustmentsHorizontal,
  IconCamera,
  IconFocusCentered,
  IconMaximize,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForwardFilled,
  IconPointer,
  IconPointerHeart,
  IconPointerX,
  IconRotate,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ACTIONS } from "../state/actions.ts";
import { isUnderWay } from "../state/store.ts";
import { useApp, useSession } from "../view/context.ts";
import { findParam, type NumberParam } from "../wire/manifest.ts";
import classes from "./Dock.module.css";
import { NumberField } from "./NumberField.tsx";
import { Slider } from "./Slider.tsx";

/** What one wants at hand: how many, which kind, go and stop. It waits until the unit runs. */
export function Dock() {
  const { unit, waiting } = useApp((s) => ({ unit: s.unit, waiting: isUnderWay(s) }));
  if (!unit) return null;
  const count = findParam(unit.params, unit.countParam);
  return (
    <section className={classes.dock} aria-label={unit.name} inert={waiting} aria-busy={waiting}>
      {count?.kind === "integer" && <Count param={count} birds={unit.look === "birds"} />}
      <div className={classes.row}>
        <Presets />
        <Buttons />
      </div>
    </section>
  );
}

function Count({ param, birds }: { param: NumberParam; birds: boolean }) {
  const session = useSession();
  const value = Number(useApp((s) => s.params[param.name]) ?? param.default);
  const change = (next: number) => session.setParam(param.name, next);
  const word = birds ? "birds" : param.label.toLowerCase();
  return (
    <div className={classes.count}>
      <div className={classes.number}>
        <NumberField
          param={param}
          value={value}
          label={`Number of ${word}`}
          onChange={change}
          large
        />
        <span className={classes.word}>{word}</span>
      </div>
      <div className={classes.slide}>
        <Slider
          param={param}
          value={value}
          label={`Number of ${word}`}
          onChange={change}
          onReset={() => session.resetParam(param.name)}
          large
        />
      </div>
    </div>
  );
}

function Presets() {
  const session = useSession();
  const { unit, params } = useApp((s) => ({ unit: s.unit, params: s.params }));
  return (
    <fieldset className={classes.presets} aria-label="Presets">
      {unit?.presets.map((preset) => {
        const on = Object.entries(preset.values).every(([name, value]) => params[name] === value);
        return (
          <Tooltip key={preset.name} label={preset.doc} position="bottom" multiline maw="18rem">
            <UnstyledButton
              className={classes.preset}
              aria-pressed={on}
              onClick={() => session.applyPreset(preset.name)}
            >
              {preset.name}
            </UnstyledButton>
          </Tooltip>
        );
      })}
    </fieldset>
  );
}

const POINTERS = { none: IconPointer, attract: IconPointerHeart, scare: IconPointerX };
const POINTER_WORDS = {
  none: "Pointer: nothing",
  attract: "Pointer: lure",
  scare: "Pointer: hawk",
};

function Buttons() {
  const { birds, paused, following, pointer, inspector, pointerKnown } = useApp((s) => ({
    birds: s.unit?.look === "birds",
    paused: s.paused,
    following: s.following,
    pointer: s.pointer,
    inspector: s.settings.inspector,
    pointerKnown: s.unit?.params.some((p) => p.name === "pointer_mode") ?? false,
  }));
  const Pointer = POINTERS[pointer];
  const size = "1.125rem";
  return (
    <div className={classes.buttons} role="toolbar" aria-label="Actions">
      <Do action="pause" label={paused ? "Go on" : "Pause"} on={paused}>
        {paused ? <IconPlayerPlayFilled size={size} /> : <IconPlayerPauseFilled size={size} />}
      </Do>
      <Do action="step" label="One step">
        <IconPlayerSkipForwardFilled size={size} />
      </Do>
      <Do action="reset" label="Start again">
        <IconRotate size={size} stroke={1.8} />
      </Do>
      <span className={classes.divider} />
      {birds && (
        <Do action="follow" label="Follow a bird" on={following}>
          <IconFocusCentered size={size} stroke={1.8} />
        </Do>
      )}
      {pointerKnown && (
        <Do action="pointer" label={POINTER_WORDS[pointer]} on={pointer !== "none"}>
          <Pointer size={size} stroke={1.8} />
        </Do>
      )}
      <Do action="screenshot" label="Save a picture">
        <IconCamera size={size} stroke={1.8} />
      </Do>
      <Do action="fullscreen" label="Full screen">
        <IconMaximize size={size} stroke={1.8} />
      </Do>
      {!inspector && (
        <Do action="inspector" label="Controls">
          <IconAdjustmentsHorizontal size={size} stroke={1.8} />
        </Do>
      )}
    </div>
  );
}

interface DoProps {
  action: string;
  label: string;
  on?: boolean;
  children: ReactNode;
}

/** A button for one of the actions; it tells the key too. */
function Do({ action: id, label, on, children }: DoProps) {
  const session = useSession();
  const action = ACTIONS.find((a) => a.id === id);
  const possible = useApp((s) => action?.possible?.(s) ?? true);
  if (!action) return null;
  const toggles = on === undefined ? {} : { "aria-pressed": on };
  return (
    <Tooltip label={`${label} (${action.keys})`}>
      <ActionIcon
        variant={on ? "filled" : "subtle"}
        color={on ? "ember" : "gray"}
        size="lg"
        aria-label={label}
        disabled={!possible}
        {...toggles}
        onClick={() => action.run(session)}
      >
        {children}
      </ActionIcon>
    </Tooltip>
  );
}
