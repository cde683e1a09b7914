import { Button, Modal } from "@mantine/core";
import { useState } from "react";
import type { PluginCard, PluginChange, PluginVersion } from "../../bridge/plugins.ts";
import { useGallery, useSession } from "../../view/context.ts";
import page from "./page.module.css";
import classes from "./Versions.module.css";
import { whenText } from "./when.ts";

/** Switch off, go back, keep, take away. */
export function Versions({ card }: { card: PluginCard }) {
  if (card.refused !== "") return null;
  if (card.source !== "dropped" && card.source !== "installed") {
    return (
      <div className={page.page}>
        <p>
          {card.source === "bundled"
            ? "It came with INOS and changes with it."
            : "It is what lies in its folder; change it there."}
        </p>
      </div>
    );
  }
  const [back] = card.earlier;
  return (
    <div className={page.page}>
      {!card.removed && <Switches card={card} />}
      {back && <Earlier card={card} back={back} />}
      {!card.removed && <Remove card={card} />}
    </div>
  );
}

function Switches({ card }: { card: PluginCard }) {
  const rows = [
    {
      title: card.enabled ? "In use" : "Disabled",
      doc: "Disabled, it stays installed and none of its units is offered.",
      change: card.enabled ? "disable" : "enable",
      word: card.enabled ? "Disable" : "Enable",
    },
    {
      title: card.pinned ? `Pinned at ${card.version}` : "Follows new versions",
      doc: "Pinned, no other version takes its place.",
      change: card.pinned ? "unpin" : "pin",
      word: card.pinned ? "Unpin" : "Pin",
    },
  ] as const;
  return (
    <ul className={classes.switches}>
      {rows.map((row) => (
        <li key={row.doc}>
          <div>
            <b>{row.title}</b>
            <p>{row.doc}</p>
          </div>
          <Do card={card} change={row.change} word={row.word} />
        </li>
      ))}
    </ul>
  );
}

function Do({ card, change, word }: { card: PluginCard; change: PluginChange; word: string }) {
  const session = useSession();
  const busy = useGallery((s) => s.busy);
  return (
    <Button
      size="xs"
      variant="default"
      disabled={busy}
      onClick={() => void session.plugins.change(card, change)}
    >
      {word}
    </Button>
  );
}

function Earlier({ card, back }: { card: PluginCard; back: PluginVersion }) {
  const word = card.removed ? `Bring ${back.version} back` : `Roll back to ${back.version}`;
  return (
    <>
      <h3>Earlier versions</h3>
      <ul className={classes.versions}>
        {card.earlier.map((v) => (
          <li key={v.digest}>
            <b>{v.version}</b>
            <span>came {whenText(v.when)}</span>
            <span>{v.signed ? "signed" : "not signed"}</span>
          </li>
        ))}
      </ul>
      <Do card={card} change="rollback" word={word} />
    </>
  );
}

/** Asks once, naming what is lost. */
function Remove({ card }: { card: PluginCard }) {
  const session = useSession();
  const [asked, ask] = useState(false);
  const names = card.units.map((u) => u.name).join(", ");
  const lost = card.units.length === 1 ? `Its unit ${names}` : `Its units ${names}`;
  return (
    <>
      <h3>Remove</h3>
      <p>It is taken out of the plugin folder. Its last version is kept and can be brought back.</p>
      <Button
        size="xs"
        variant="default"
        className={classes.danger ?? ""}
        onClick={() => ask(true)}
      >
        Remove {card.name}
      </Button>
      <Modal
        opened={asked}
        onClose={() => ask(false)}
        title={`Remove ${card.name}?`}
        centered
        transitionProps={{ duration: 150 }}
      >
        <p className={page.plain}>
          {names === "" ? "It" : lost} will be gone, what runs of it stops
          {card.earlier.length > 0 && ", and the earlier versions but this one are forgotten"}. You
          can bring {card.version} back.
        </p>
        <div className={page.sheet}>
          <Button size="sm" variant="default" data-autofocus onClick={() => ask(false)}>
            Keep it
          </Button>
          <Button
            size="sm"
            onClick={() => {
              ask(false);
              void session.plugins.change(card, "remove");
            }}
          >
            Remove
          </Button>
        </div>
      </Modal>
    </>
  );
}
