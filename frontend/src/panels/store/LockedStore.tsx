import { Button, TextInput } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useSession, useVault } from "../../view/context.ts";
import classes from "./StorePanel.module.css";
import { Trouble } from "./Trouble.tsx";

/** Somebody has to say the passphrase, or there is a reason why nothing opens it. */
export function LockedStore() {
  const { status, refusal } = useVault((s) => ({ status: s.status, refusal: s.refusal }));
  if (!status) return null;
  return (
    <div className={classes.start}>
      <div className={classes.card}>
        <IconLock size="2.25rem" stroke={1.4} aria-hidden />
        <h3>The store is locked</h3>
        {status.passphrase && <p>Its passphrase opens it. INOS forgets what you type.</p>}
        {status.problem && <Trouble fault={status.problem} />}
        {status.passphrase && <Passphrase wrong={refusal?.message ?? ""} />}
        {!status.passphrase && status.keychain && <Again />}
        <p className={classes.hint}>
          Is the passphrase lost? The 24 words of the recovery sheet set a new one: inos store key
          import
        </p>
      </div>
    </div>
  );
}

function Passphrase({ wrong }: { wrong: string }) {
  const { vault } = useSession();
  const busy = useVault((s) => s.busy);
  const [words, setWords] = useState("");
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (words === "") return;
    setWords("");
    void vault.unlock(words);
  };
  const error = wrong === "" ? "" : `${wrong.charAt(0).toUpperCase()}${wrong.slice(1)}. Try again.`;
  return (
    <form className={classes.card} onSubmit={send}>
      <TextInput
        type="password"
        autoComplete="off"
        label="Passphrase"
        value={words}
        error={words === "" && error !== "" ? <span role="alert">{error}</span> : undefined}
        onChange={(event) => setWords(event.currentTarget.value)}
      />
      <Button type="submit" disabled={busy || words === ""} loading={busy}>
        Unlock
      </Button>
    </form>
  );
}

function Again() {
  const { vault } = useSession();
  return (
    <Button variant="default" onClick={() => void vault.refresh()}>
      Ask the keychain again
    </Button>
  );
}
