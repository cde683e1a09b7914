import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import type { VaultSpace } from "../../bridge/vault.ts";
import type { Fault } from "../../core/fault.ts";
import { bytes } from "../../core/format.ts";
import { parseBytes } from "../../state/vaultWords.ts";
import { useSession, useVault } from "../../view/context.ts";
import { Room } from "./Room.tsx";
import classes from "./Spaces.module.css";
import shared from "./StorePanel.module.css";
import { Trouble } from "./Trouble.tsx";

/** Parts of the store with keys, quota and policy of their own. */
export function Spaces() {
  const spaces = useVault((s) => s.status?.spaces ?? []);
  const [edited, edit] = useState<string | null>(null); // an id; empty: a new one
  return (
    <div className={shared.page}>
      <p>
        A space is a part of the store with a key, a quota and a policy of its own. What is equal is
        stored once in each.
      </p>
      <ul className={classes.spaces} aria-label="Spaces">
        {spaces.map((space) => (
          <li key={space.id}>
            <Room space={space} />
            {edited === space.id ? (
              <Form space={space} close={() => edit(null)} />
            ) : (
              <div className={classes.row}>
                <span>{policy(space)}</span>
                <Button size="xs" variant="default" onClick={() => edit(space.id)}>
                  Change {space.name}
                </Button>
              </div>
            )}
          </li>
        ))}
        {edited === "" && (
          <li>
            <Form space={NEW} close={() => edit(null)} />
          </li>
        )}
      </ul>
      {edited !== "" && (
        <div>
          <Button size="xs" variant="default" onClick={() => edit("")}>
            Make a space
          </Button>
        </div>
      )}
    </div>
  );
}

const NEW: VaultSpace = {
  id: "",
  name: "",
  quota: 0,
  replicas: 0,
  archiveAfterDays: 0,
  used: 0,
};

function policy({ quota, archiveAfterDays, replicas }: VaultSpace): string {
  const parts = [quota > 0 ? `at most ${bytes(quota)}` : "no quota"];
  if (archiveAfterDays > 0) parts.push(`dense after ${archiveAfterDays} days`);
  if (replicas > 0) parts.push(`${replicas} replicas wanted`);
  return parts.join(" · ");
}

function Form({ space, close }: { space: VaultSpace; close: () => void }) {
  const { vault } = useSession();
  const [name, setName] = useState(space.name);
  const [quota, setQuota] = useState(space.quota > 0 ? bytes(space.quota) : "");
  const [days, setDays] = useState(space.archiveAfterDays > 0 ? `${space.archiveAfterDays}` : "");
  const [copies, setCopies] = useState(space.replicas > 0 ? `${space.replicas}` : "");
  const [fault, setFault] = useState<Fault | null>(null);
  const limit = quotaOf(quota, space);
  const counts = [days, copies].map((text) => (text.trim() === "" ? 0 : Number(text)));
  const [archiveAfterDays = 0, replicas = 0] = counts;
  const fits = !Number.isNaN(limit) && counts.every((n) => Number.isInteger(n) && n >= 0);
  const keep = async (event: FormEvent) => {
    event.preventDefault();
    if (!fits) return;
    const settings = { name: name.trim(), quota: limit, archiveAfterDays, replicas };
    const refused = await vault.keepSpace(space.id, settings);
    if (refused) setFault(refused);
    else close();
  };
  return (
    <form className={classes.form} onSubmit={(event) => void keep(event)}>
      <TextInput
        size="xs"
        label="Name"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label="Quota"
        placeholder="none, or like 50 GiB"
        value={quota}
        error={Number.isNaN(limit) ? "It is no size, like 50 GiB" : undefined}
        onChange={(event) => setQuota(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label="Compress densely after days"
        placeholder="never"
        inputMode="numeric"
        value={days}
        onChange={(event) => setDays(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label="Replicas wanted"
        placeholder="none"
        inputMode="numeric"
        value={copies}
        onChange={(event) => setCopies(event.currentTarget.value)}
      />
      <div className={classes.foot}>
        <p>
          Old content is compressed while the window has the store open and the machine is idle.
          Replicas are only noted: there are no peers yet.
        </p>
        {fault && <Trouble fault={fault} />}
        <div className={classes.actions}>
          <Button size="xs" variant="default" onClick={close}>
            Cancel
          </Button>
          <Button size="xs" type="submit" disabled={!fits || name.trim() === ""}>
            {space.id === "" ? "Make it" : "Keep"}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** A quota that was only shown stays what it is to the byte. */
function quotaOf(text: string, space: VaultSpace): number {
  return space.quota > 0 && text === bytes(space.quota) ? space.quota : parseBytes(text);
}
