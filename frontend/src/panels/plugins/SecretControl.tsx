import { Button, Modal, PasswordInput } from "@mantine/core";
import { useState } from "react";
import type { PluginSetting } from "../../bridge/pluginSettings.ts";
import { settingKey } from "../../state/pluginSettings.ts";
import { useSession, useSettingsForm } from "../../view/context.ts";
import page from "./page.module.css";
import classes from "./Settings.module.css";

interface Props {
  plugin: string;
  setting: PluginSetting;
}

/** A secret is written here and never read: once stored, the page forgets it. */
export function SecretControl({ plugin, setting }: Props) {
  const [open, setOpen] = useState(false);
  const [opened, setOpened] = useState(false); // the focus comes back to the button
  const [asked, ask] = useState(false);
  const { label } = setting.param;
  if (open) return <Entry plugin={plugin} setting={setting} onEnd={() => setOpen(false)} />;
  return (
    <div className={classes.back}>
      <Button
        size="compact-xs"
        variant="default"
        aria-label={setting.set ? `Replace ${label}` : `Set ${label}`}
        autoFocus={opened}
        onClick={() => {
          setOpen(true);
          setOpened(true);
        }}
      >
        {setting.set ? "Replace" : "Set"}
      </Button>
      {setting.set && (
        <Button
          size="compact-xs"
          variant="default"
          aria-label={`Clear ${label}`}
          onClick={() => ask(true)}
        >
          Clear
        </Button>
      )}
      <Clearing plugin={plugin} setting={setting} asked={asked} onEnd={() => ask(false)} />
    </div>
  );
}

function Entry({ plugin, setting, onEnd }: Props & { onEnd: () => void }) {
  const session = useSession();
  const key = settingKey(plugin, setting.param.name);
  const storing = useSettingsForm((s) => s.storing.includes(key));
  const [secret, setSecret] = useState("");
  const { label } = setting.param;
  const store = async () => {
    if (secret === "") return;
    if (await session.plugins.settings.set(plugin, setting, secret)) onEnd();
  };
  return (
    <form
      className={classes.secret}
      onSubmit={(event) => {
        event.preventDefault();
        void store();
      }}
    >
      <PasswordInput
        size="xs"
        aria-label={label}
        placeholder={setting.set ? "In place of the one that is set" : ""}
        autoComplete="off"
        data-autofocus
        autoFocus
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          onEnd();
        }}
      />
      <Button size="xs" type="submit" disabled={storing || secret === ""} loading={storing}>
        Store
      </Button>
      <Button size="xs" variant="default" onClick={onEnd}>
        Cancel
      </Button>
    </form>
  );
}

/** Asks once: a secret that is gone cannot be brought back. */
function Clearing({
  plugin,
  setting,
  asked,
  onEnd,
}: Props & { asked: boolean; onEnd: () => void }) {
  const session = useSession();
  const { label } = setting.param;
  return (
    <Modal
      opened={asked}
      onClose={onEnd}
      title={`Clear ${label}?`}
      centered
      transitionProps={{ duration: 150 }}
    >
      <p className={page.plain}>
        The secret is taken out of the keychain. INOS cannot bring it back; the plugin does without
        until you set another one.
      </p>
      <div className={page.sheet}>
        <Button size="sm" variant="default" data-autofocus onClick={onEnd}>
          Keep it
        </Button>
        <Button
          size="sm"
          onClick={() => {
            onEnd();
            void session.plugins.settings.clear(plugin, setting);
          }}
        >
          Clear
        </Button>
      </div>
    </Modal>
  );
}
