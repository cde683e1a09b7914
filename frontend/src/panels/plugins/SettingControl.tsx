import { Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import type { PluginSetting } from "../../bridge/pluginSettings.ts";
import { useSession } from "../../view/context.ts";
import type { NumberParam, ParamValue, TextParam } from "../../wire/manifest.ts";
import { NumberField } from "../NumberField.tsx";
import { ChoiceControl } from "../ParamControl.tsx";
import { Slider } from "../Slider.tsx";
import classes from "./Settings.module.css";

interface Props {
  plugin: string;
  setting: PluginSetting;
}

/** The control of a setting's kind. It is stored when it is let go, not at every step. */
export function SettingControl({ plugin, setting }: Props) {
  const session = useSession();
  const { param, value } = setting;
  const store = (next: ParamValue) => {
    if (next !== value) void session.plugins.settings.set(plugin, setting, next);
  };
  switch (param.kind) {
    case "number":
    case "integer":
      return <NumberSetting param={param} value={Number(value)} onStore={store} />;
    case "flag":
      return (
        <Switch
          label={value === true ? "On" : "Off"}
          aria-label={param.label}
          checked={value === true}
          onChange={(event) => store(event.currentTarget.checked)}
        />
      );
    case "choice":
      return <ChoiceControl param={param} value={String(value)} onChange={store} bare />;
    case "text":
      return (
        <TextSetting key={String(value)} param={param} value={String(value)} onStore={store} />
      );
  }
}

interface NumberProps {
  param: NumberParam;
  value: number;
  onStore: (value: ParamValue) => void;
}

function NumberSetting({ param, value, onStore }: NumberProps) {
  const [draft, setDraft] = useState<number | null>(null);
  const shown = draft ?? value;
  const letGo = () => {
    if (draft !== null) onStore(draft);
    setDraft(null);
  };
  return (
    <div className={classes.number}>
      <Slider
        param={param}
        value={shown}
        label={param.label}
        onChange={setDraft}
        onReset={() => onStore(param.default)}
        onLetGo={letGo}
      />
      <NumberField param={param} value={shown} label={`${param.label}, typed`} onChange={onStore} />
    </div>
  );
}

interface TextProps {
  param: TextParam;
  value: string;
  onStore: (value: ParamValue) => void;
}

/** Taken with Enter or on leaving, given up with Escape. */
function TextSetting({ param, value, onStore }: TextProps) {
  const [draft, setDraft] = useState(value);
  return (
    <TextInput
      size="xs"
      aria-label={param.label}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={() => onStore(draft)}
      onKeyDown={(event) => {
        if (event.key === "Enter") onStore(draft);
        if (event.key === "Escape" && draft !== value) {
          setDraft(value);
          event.stopPropagation();
        }
      }}
    />
  );
}
