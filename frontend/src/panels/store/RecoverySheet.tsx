import { Button, Modal } from "@mantine/core";
import { IconShieldHalf } from "@tabler/icons-react";
import type { VaultSheet } from "../../bridge/vault.ts";
import { useSession, useVault } from "../../view/context.ts";
import classes from "./RecoverySheet.module.css";

/** Until the user has the sheet, the panel says so. */
export function SheetReminder() {
  const { vault } = useSession();
  const kept = useVault((s) => s.status?.sheetKept === true);
  if (kept) return null;
  return (
    <div className={classes.reminder}>
      <IconShieldHalf size="1.125rem" stroke={1.7} aria-hidden />
      <span>
        Nobody has written down the recovery sheet of this store: if its key is lost, so is all that
        is in it.
      </span>
      <Button size="compact-sm" onClick={() => vault.offerSheet(true)}>
        Recovery sheet
      </Button>
    </div>
  );
}

/** 24 words that open the store when everything else is lost. */
export function RecoverySheet() {
  const { vault } = useSession();
  const { offered, sheet } = useVault((s) => ({ offered: s.sheetOffered, sheet: s.sheet }));
  return (
    <Modal
      opened={offered}
      onClose={() => vault.offerSheet(false)}
      title="Keep the recovery sheet"
      size="36rem"
      centered
      transitionProps={{ duration: 150 }}
    >
      <p className={classes.lead}>
        24 words open the store when its passphrase or the keychain is lost. Nothing else does, and
        nobody can help. Keep them on paper, away from this computer.
      </p>
      {sheet && <Words sheet={sheet} />}
      <Choices shown={sheet !== null} />
    </Modal>
  );
}

function Choices({ shown }: { shown: boolean }) {
  const { vault } = useSession();
  const busy = useVault((s) => s.busy);
  return (
    <div className={classes.choices}>
      <Button variant="subtle" color="gray" size="sm" onClick={() => vault.offerSheet(false)}>
        Later
      </Button>
      <span className={classes.gap} />
      <Button variant="default" size="sm" disabled={busy} onClick={() => void vault.saveSheet()}>
        Save to a file
      </Button>
      {shown ? (
        <>
          <Button variant="default" size="sm" onClick={() => vault.printSheet()}>
            Print
          </Button>
          <Button size="sm" disabled={busy} onClick={() => void vault.keepSheet()}>
            I have them on paper
          </Button>
        </>
      ) : (
        <Button size="sm" data-autofocus disabled={busy} onClick={() => void vault.showSheet()}>
          Show the words
        </Button>
      )}
    </div>
  );
}

function Words({ sheet }: { sheet: VaultSheet }) {
  return (
    <div className={classes.paper}>
      <p>
        INOS recovery sheet of the store {sheet.store}, written on {sheet.made}
      </p>
      <ol className={classes.words} aria-label="The 24 words">
        {sheet.words.map((word, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a word may stand there twice, and none moves
          <li key={i}>{word}</li>
        ))}
      </ol>
      <p className={classes.printed}>They are read by: inos store key import</p>
    </div>
  );
}
