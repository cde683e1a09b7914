import { Button, TextInput } from "@mantine/core";
import { IconDatabase } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useSession, useVault } from "../../view/context.ts";
import classes from "./StorePanel.module.css";
import { Trouble } from "./Trouble.tsx";

/** There is no store yet: what it is for, and one click that makes it. */
export function MakeStore() {
  const { vault } = useSession();
  const { keychain, busy, refusal } = useVault((s) => ({
    keychain: s.status?.keychain === true,
    busy: s.busy,
    refusal: s.refusal,
  }));
  const [typed, type] = useState(false);
  return (
    <div className={classes.start}>
      <div className={classes.card}>
        <IconDatabase size="2.25rem" stroke={1.4} aria-hidden />
        <h3>There is no store yet</h3>
        <p>
          The store keeps every version of the files and folders that you put there, compressed,
          each piece only once. All of it is encrypted: without its key nobody can read it.
        </p>
        {refusal && <Trouble fault={refusal} />}
        {keychain && !typed ? (
          <>
            <Button data-autofocus disabled={busy} onClick={() => void vault.make("")}>
              Make a store
            </Button>
            <p className={classes.hint}>
              Its key goes into the keychain of your desktop, which opens it by itself.
            </p>
            <Button variant="subtle" color="gray" size="xs" onClick={() => type(true)}>
              Use a passphrase instead
            </Button>
          </>
        ) : (
          <Passphrases />
        )}
      </div>
    </div>
  );
}

/** Typed twice; forgotten as soon as it was sent. */
function Passphrases() {
  const { vault } = useSession();
  const busy = useVault((s) => s.busy);
  const [words, setWords] = useState(["", ""]);
  const [first = "", second = ""] = words;
  const differ = second !== "" && first !== second;
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (first === "" || first !== second) return;
    setWords(["", ""]);
    void vault.make(first);
  };
  return (
    <form className={classes.card} onSubmit={send}>
      <TextInput
        type="password"
        autoComplete="off"
        label="Passphrase"
        description="Some words that only you would put together"
        value={first}
        onChange={(event) => setWords([event.currentTarget.value, second])}
      />
      <TextInput
        type="password"
        autoComplete="off"
        label="The same once more"
        value={second}
        error={differ ? "The two are not the same" : undefined}
        onChange={(event) => setWords([first, event.currentTarget.value])}
      />
      <Button type="submit" disabled={busy || first === "" || first !== second}>
        Make a store
      </Button>
    </form>
  );
}
