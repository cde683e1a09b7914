import { PasswordInput, Switch, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useId } from "react";
import { unitText } from "../../core/format.ts";
import { numberIn, problemOf } from "../../state/labForm.ts";
import { sentence } from "../../state/notices.ts";
import { useLab, useSession } from "../../view/context.ts";
import type { NumberParam, Param, ParamValue, TextParam } from "../../wire/manifest.ts";
import { ChoiceControl } from "../ParamControl.tsx";
import { Slider } from "../Slider.tsx";
import classes from "./Form.module.css";

/** A wider range than this is for typing: nobody slides to a value in it. */
const MAX_SLIDE = 10_000_000;
/** Longer texts get lines. */
const MAX_ONE_LINE = 256;

/** One parameter as its manifest describes it, and what is wrong with its value. */
export function Field({ param }: { param: Param }) {
  const { lab } = useSession();
  const value = useLab((s) => s.values[param.name]) ?? param.default;
  const problem = problemOf(param, value);
  const change = (next: ParamValue) => lab.setValue(param.name, next);
  const doc = useId();
  return (
    <div className={classes.field}>
      <Control param={param} value={value} wrong={problem !== ""} doc={doc} onChange={change} />
      {param.doc !== "" && (
        <small className={classes.doc} id={doc}>
          {sentence(param.doc)}
        </small>
      )}
      {problem !== "" && (
        <p className={classes.problem} role="alert">
          {sentence(problem)}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  param: Param;
  value: ParamValue;
  wrong: boolean;
  /** Id of what explains it. */
  doc: string;
  onChange: (value: ParamValue) => void;
}

function Control({ param, value, wrong, doc, onChange }: ControlProps) {
  switch (param.kind) {
    case "number":
    case "integer":
      return <NumberControl {...{ param, value, wrong, doc, onChange }} />;
    case "flag":
      return (
        <Switch
          label={<Label param={param} value={value} />}
          checked={value === true}
          aria-describedby={doc}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "choice":
      return (
        <>
          <Label param={param} value={value} />
          <ChoiceControl bare param={param} value={String(value)} onChange={onChange} />
        </>
      );
    case "text":
      return <TextControl {...{ param, value, wrong, doc, onChange }} />;
  }
}

/** The name; a dot where it is not the default, and a double click brings that back. */
function Label({ param, value, id }: { param: Param; value: ParamValue; id?: string }) {
  const { lab } = useSession();
  const secret = param.kind === "text" && param.secret;
  return (
    <UnstyledButton
      component="span"
      className={classes.label}
      id={id}
      data-changed={value !== param.default || undefined}
      title={secret ? "" : `Double-click for the default: ${String(param.default) || "nothing"}`}
      onDoubleClick={() => !secret && lab.resetValue(param.name)}
    >
      {param.label}
    </UnstyledButton>
  );
}

function NumberControl({
  param,
  value,
  wrong,
  doc,
  onChange,
}: Omit<ControlProps, "param"> & { param: NumberParam }) {
  const number = numberIn(value);
  const slides = param.max - param.min <= MAX_SLIDE || param.logarithmic;
  return (
    <>
      <div className={classes.number}>
        <Label param={param} value={value} />
        <input
          className={classes.input}
          inputMode="decimal"
          aria-label={param.label}
          aria-invalid={wrong}
          aria-describedby={doc}
          value={String(value)}
          onFocus={(event) => event.target.select()}
          onChange={(event) => onChange(typed(event.target.value))}
          onBlur={() => number !== null && onChange(number)}
        />
        {param.unit !== "" && <span className={classes.unit}>{unitText(param.unit)}</span>}
      </div>
      {slides && (
        <Slider
          param={param}
          value={number ?? param.default}
          label={param.label}
          onChange={onChange}
          onReset={() => onChange(param.default)}
        />
      )}
    </>
  );
}

/** Half a number stays as it is typed: "1." and "-". */
function typed(text: string): ParamValue {
  const number = numberIn(text);
  return number !== null && String(number) === text ? number : text;
}

function TextControl({
  param,
  value,
  wrong,
  doc,
  onChange,
}: Omit<ControlProps, "param"> & { param: TextParam }) {
  const common = {
    size: "xs" as const,
    "aria-label": param.label,
    "aria-describedby": doc,
    error: wrong,
    value: String(value),
  };
  return (
    <>
      <Label param={param} value={value} />
      {param.secret ? (
        // What is typed is not given back to it: it would stand in the page's own text.
        <PasswordInput
          {...common}
          value={undefined}
          autoComplete="off"
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : param.maxBytes > MAX_ONE_LINE ? (
        <Textarea
          {...common}
          autosize
          minRows={2}
          maxRows={10}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : (
        <TextInput
          {...common}
          spellCheck={false}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      )}
    </>
  );
}
