import { Button, Modal, TextInput } from "@mantine/core";
import { useState } from "react";
import type { PluginCard } from "../../bridge/plugins.ts";
import type { Fault } from "../../core/fault.ts";
import { sentence } from "../../state/notices.ts";
import { useSession } from "../../view/context.ts";
import { Trouble } from "./About.tsx";
import page from "./page.module.css";

/** Whether the user trusts the owner of the key that signed it. */
export function Publisher({ card }: { card: PluginCard }) {
  const [asked, ask] = useState(false);
  const end = () => ask(false);
  const known = card.signature === "trusted";
  if (card.publisher.key === "" || !(known || card.signature === "unknown")) return null;
  return (
    <div className={page.inline}>
      <Button size="compact-xs" variant="default" onClick={() => ask(true)}>
        {known ? `Forget ${card.publisher.name}` : "Trust this publisher"}
      </Button>
      <Modal
        opened={asked}
        onClose={end}
        title={known ? `Forget ${card.publisher.name}?` : "Trust this publisher?"}
        centered
        transitionProps={{ duration: 150 }}
      >
        {known ? <Forget card={card} onEnd={end} /> : <Trust card={card} onEnd={end} />}
      </Modal>
    </div>
  );
}

interface Props {
  card: PluginCard;
  onEnd: () => void;
}

function Trust({ card, onEnd }: Props) {
  const session = useSession();
  const [name, setName] = useState("");
  const [fault, setFault] = useState<Fault | null>(null);
  const { key, keyId } = card.publisher;
  const trust = async () => {
    const refusal = await session.plugins.trust(key, name);
    setFault(refusal);
    if (!refusal) onEnd();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void trust();
      }}
    >
      <p className={page.plain}>
        Everybody can make a key. Compare this one with what its owner tells you elsewhere, not with
        what the plugin says:
      </p>
      <p className={page.key}>
        {key} <span>(key id {keyId})</span>
      </p>
      <TextInput
        size="sm"
        className={page.field ?? ""}
        label="How you call its owner"
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      {fault && <Trouble text={sentence(fault.message)} />}
      <div className={page.sheet}>
        <Button size="sm" variant="default" onClick={onEnd}>
          Cancel
        </Button>
        <Button size="sm" type="submit" disabled={name.trim() === ""}>
          Trust
        </Button>
      </div>
    </form>
  );
}

function Forget({ card, onEnd }: Props) {
  const session = useSession();
  const { key, keyId, name } = card.publisher;
  return (
    <>
      <p className={page.plain}>
        Plugins signed with key {keyId} will be by somebody whom you do not know. They stay
        installed, with what you have allowed them; {name} can be named again.
      </p>
      <div className={page.sheet}>
        <Button size="sm" variant="default" data-autofocus onClick={onEnd}>
          Keep
        </Button>
        <Button
          size="sm"
          onClick={() => {
            onEnd();
            void session.plugins.forget(key);
          }}
        >
          Forget
        </Button>
      </div>
    </>
  );
}
