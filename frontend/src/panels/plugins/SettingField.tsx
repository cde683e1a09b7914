import { Button } from "@mantine/core";
import { isSecret, type PluginSetting } from "../../bridge/pluginSettings.ts";
import { unitText } from "../../core/format.ts";
import { sentence } from "../../state/notices.ts";
import { settingKey } from "../../state/pluginSettings.ts";
import { numberText } from "../../state/scale.ts";
import { useSession, useSettingsForm } from "../../view/context.ts";
import type { Param } from "../../wire/manifest.ts";
import { SecretControl } from "./SecretControl.tsx";
import { SettingControl } from "./SettingControl.tsx";
import classes from "./Settings.module.css";

interface Props {
  plugin: string;
  setting: PluginSetting;
}

/** One setting: what it is, its control, the way back, and why a change was not taken. */
export function SettingField({ plugin, setting }: Props) {
  const key = settingKey(plugin, setting.param.name);
  const fault = useSettingsForm((s) => s.faults[key] ?? null);
  const { param } = setting;
  const Control = isSecret(setting) ? SecretControl : SettingControl;
  return (
    <li aria-label={param.label}>
      <div className={classes.head}>
        <b>{param.label}</b>
        <span>{standing(setting)}</span>
      </div>
      {param.doc !== "" && <p>{sentence(param.doc)}</p>}
      <Control plugin={plugin} setting={setting} />
      {setting.misfit !== "" && (
        <p className={classes.fault}>
          You have set {setting.misfit}, which does not fit this version. The default counts.
        </p>
      )}
      {fault && (
        <p className={classes.fault} role="alert">
          {sentence(fault.message, fault.subject)} {sentence(fault.next)}
        </p>
      )}
      {!isSecret(setting) && <Back plugin={plugin} setting={setting} />}
    </li>
  );
}

function standing(setting: PluginSetting): string {
  if (isSecret(setting)) return setting.set ? "Set" : "Not set";
  return setting.set ? "Set by you" : "Default";
}

/** Nothing that is changed here is lost. */
function Back({ plugin, setting }: Props) {
  const session = useSession();
  const before = useSettingsForm((s) => s.before[settingKey(plugin, setting.param.name)] ?? null);
  const { param } = setting;
  const { settings } = session.plugins;
  return (
    <div className={classes.back}>
      {/* Not disabled: the focus would be lost with the click. */}
      <Button
        size="compact-xs"
        variant="default"
        className={setting.set ? "" : (classes.still ?? "")}
        aria-disabled={!setting.set}
        aria-label={`Reset ${param.label} to ${defaultText(param)}`}
        onClick={() => void (setting.set && settings.clear(plugin, setting))}
      >
        {setting.set ? "Reset to" : "Default:"} {defaultText(param)}
      </Button>
      {before && (
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          aria-label={`Undo ${param.label}`}
          onClick={() => void settings.undo(plugin, setting)}
        >
          Undo
        </Button>
      )}
    </div>
  );
}

const MAX_SHOWN = 24;

/** The default in words. */
function defaultText(param: Param): string {
  switch (param.kind) {
    case "number":
    case "integer":
      return `${numberText(param, param.default)} ${unitText(param.unit)}`.trim();
    case "flag":
      return param.default ? "on" : "off";
    default:
      return param.default === "" ? "nothing" : short(param.default);
  }
}

function short(text: string): string {
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
