import {
  NativeSelect,
  SegmentedControl,
  Switch,
  TextInput,
  Tooltip,
  UnstyledButton,
} from "@mantine/core";
import { IconDice5 } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useApp, useSession } from "../view/context.ts";
import type { ChoiceParam, NumberParam, Param, ParamValue } from "../wire/manifest.ts";
import { NumberField } from "./NumberField.tsx";
import classes from "./ParamControl.module.css";
import { Slider } from "./Slider.tsx";

/** More options than this become a list to choose from. */
const MAX_SEGMENTS = 3;
/** A whole number with a wider range than this is a name, like a seed: nobody slides to it. */
const MAX_SLIDE = 10_000_000;

/** One parameter as its manifest describes it. */
export function ParamControl({ param }: { param: Param }) {
  const session = useSession();
  const value = useApp((s) => s.params[param.name]) ?? param.default;
  const change = (next: ParamValue) => session.setParam(param.name, next);
  const reset = () => session.resetParam(param.name);
  switch (param.kind) {
    case "number":
    case "integer":
      return (
        <NumberControl param={param} value={Number(value)} onChange={change} onReset={reset} />
      );
    case "flag":
      return (
        <Explained doc={param.doc}>
          <Switch
            className={classes.row}
            label={param.label}
            checked={value === true}
            onChange={(event) => change(event.currentTarget.checked)}
          />
        </Explained>
      );
    case "choice":
      return <ChoiceControl param={param} value={String(value)} onChange={change} />;
    case "text":
      return (
        <TextInput
          label={param.label}
          description={param.doc}
          maxLength={param.maxBytes}
          value={String(value)}
          onChange={(event) => change(event.currentTarget.value)}
        />
      );
  }
}

/** Says beside the control, over the picture, what it does. */
function Explained({ doc, children }: { doc: string; children: ReactNode }) {
  return (
    <Tooltip label={doc} position="left" multiline maw="18rem" disabled={doc === ""}>
      {children}
    </Tooltip>
  );
}

interface NumberProps {
  param: NumberParam;
  value: number;
  onChange: (value: number) => void;
  onReset: () => void;
}

function NumberControl({ param, value, onChange, onReset }: NumberProps) {
  const changed = value !== param.default;
  const named = param.kind === "integer" && param.max - param.min > MAX_SLIDE;
  return (
    <div className={classes.number}>
      <div className={classes.head}>
        <Explained doc={param.doc}>
          <UnstyledButton
            className={classes.label}
            data-changed={changed || undefined}
            onDoubleClick={onReset}
            tabIndex={-1}
          >
            {param.label}
          </UnstyledButton>
        </Explained>
        <NumberField param={param} value={value} label={param.label} onChange={onChange} />
        {named && (
          <UnstyledButton
            className={classes.dice}
            aria-label={`Another ${param.label.toLowerCase()}`}
            onClick={() =>
              onChange(Math.floor(param.min + Math.random() * (param.max - param.min)))
            }
          >
            <IconDice5 size="1rem" stroke={1.6} />
          </UnstyledButton>
        )}
      </div>
      {!named && (
        <Slider
          param={param}
          value={value}
          label={param.label}
          onChange={onChange}
          onReset={onReset}
        />
      )}
    </div>
  );
}

interface ChoiceProps {
  param: ChoiceParam;
  value: string;
  /** Its name is shown elsewhere. */
  bare?: boolean;
  onChange: (value: string) => void;
}

/** One of a few words: buttons in a row, or a list. */
export function ChoiceControl({ param, value, onChange, bare = false }: ChoiceProps) {
  const data = param.options.map((option) => ({ value: option, label: titled(option) }));
  return (
    <div className={classes.choice}>
      {!bare && (
        <Explained doc={param.doc}>
          <span className={classes.label} data-changed={value !== param.default || undefined}>
            {param.label}
          </span>
        </Explained>
      )}
      {data.length <= MAX_SEGMENTS ? (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label={param.label}
          data={data}
          value={value}
          onChange={onChange}
        />
      ) : (
        <NativeSelect
          size="xs"
          aria-label={param.label}
          data={data}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </div>
  );
}

function titled(option: string): string {
  const words = option.replaceAll("_", " ");
  return /^\d/.test(words) ? words.toUpperCase() : words.charAt(0).toUpperCase() + words.slice(1);
}
