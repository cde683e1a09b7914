import { ActionIcon, CloseButton, NativeSelect, SegmentedControl, Tooltip } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useEffect } from "react";
import { VAULT_VIEWS, type VaultView } from "../../state/vault.ts";
import { useSession, useVault } from "../../view/context.ts";
import { Files } from "./Files.tsx";
import { Health } from "./Health.tsx";
import { LockedStore } from "./LockedStore.tsx";
import { MakeStore } from "./MakeStore.tsx";
import { SheetReminder } from "./RecoverySheet.tsx";
import { Spaces } from "./Spaces.tsx";
import classes from "./StorePanel.module.css";
import { Tasks } from "./Tasks.tsx";
import { Usage } from "./Usage.tsx";

/** What was put into the store, each version of it. It slides over the flock. */
export function StorePanel() {
  const session = useSession();
  const state = useVault((s) => s.status?.state);
  useEffect(returnFocus, []);
  return (
    <section className={classes.panel} aria-label="Store">
      <header className={classes.head}>
        <h2>Store</h2>
        {state === "open" && <Views />}
        <CloseButton
          aria-label="Close the store"
          onClick={() => session.changeSettings({ panel: "flock" })}
        />
      </header>
      {state === "none" && <MakeStore />}
      {state === "locked" && <LockedStore />}
      {state === "open" && <Open />}
    </section>
  );
}

/** Who closes the panel goes on where they opened it. */
function returnFocus(): () => void {
  const before = document.activeElement;
  return () => {
    const lost = document.activeElement === null || document.activeElement === document.body;
    if (lost && before instanceof HTMLElement) before.focus();
  };
}

const WORDS: Record<VaultView, string> = {
  files: "Files",
  usage: "Usage",
  health: "Health",
  spaces: "Spaces",
};

function Views() {
  const { vault } = useSession();
  const { view, spaces, space, passphrase } = useVault((s) => ({
    view: s.view,
    spaces: s.status?.spaces ?? [],
    space: s.space,
    passphrase: s.status?.passphrase === true && !s.status.keychain,
  }));
  return (
    <div className={classes.views}>
      <SegmentedControl
        size="xs"
        aria-label="What is shown of the store"
        value={view}
        data={VAULT_VIEWS.map((value) => ({ value, label: WORDS[value] }))}
        onChange={(value) => vault.look(value as VaultView)}
      />
      {spaces.length > 1 && (
        <NativeSelect
          size="xs"
          aria-label="Space"
          value={space}
          data={spaces.map(({ id, name }) => ({ value: id, label: name }))}
          onChange={(event) => vault.chooseSpace(event.currentTarget.value)}
        />
      )}
      <span className={classes.gap} />
      {passphrase && (
        <Tooltip label="Lock: forget the passphrase">
          <ActionIcon
            variant="subtle"
            aria-label="Lock the store"
            onClick={() => void vault.lock()}
          >
            <IconLock size="1.125rem" stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      )}
    </div>
  );
}

function Open() {
  const view = useVault((s) => s.view);
  return (
    <>
      <SheetReminder />
      <div className={classes.body}>
        {view === "files" && <Files />}
        {view === "usage" && <Usage />}
        {view === "health" && <Health />}
        {view === "spaces" && <Spaces />}
      </div>
      <Tasks />
    </>
  );
}
