import { Button, CloseButton, TextInput, UnstyledButton } from "@mantine/core";
import { IconPackage, IconSearch, IconUpload } from "@tabler/icons-react";
import { useEffect } from "react";
import type { PluginCard } from "../../bridge/plugins.ts";
import { foundCards, stateOf } from "../../state/gallery.ts";
import { useApp, useGallery, useSession } from "../../view/context.ts";
import { Detail } from "./Detail.tsx";
import classes from "./PluginsPanel.module.css";
import { Signer } from "./Signer.tsx";

/** What is installed; what each may do and uses. It slides over the flock. */
export function PluginsPanel() {
  const session = useSession();
  useEffect(returnFocus, []);
  return (
    <section className={classes.panel} aria-label="Plugins">
      <div className={classes.gallery}>
        <header>
          <h2>Plugins</h2>
          <CloseButton
            aria-label="Close the plugins"
            onClick={() => session.changeSettings({ panel: "flock" })}
          />
        </header>
        <Install size="xs" wide />
        <Search />
        <Cards />
      </div>
      <Detail />
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

function Install({ size, wide = false }: { size: string; wide?: boolean }) {
  const session = useSession();
  const busy = useGallery((s) => s.busy);
  return (
    <Button
      size={size}
      fullWidth={wide}
      variant="default"
      leftSection={<IconUpload size="1rem" stroke={1.7} />}
      disabled={busy}
      onClick={() => void session.plugins.offerFile()}
    >
      Install from file
    </Button>
  );
}

function Search() {
  const session = useSession();
  const search = useGallery((s) => s.search);
  return (
    <TextInput
      size="xs"
      className={classes.search ?? ""}
      aria-label="Search the plugins"
      placeholder="Search"
      leftSection={<IconSearch size="1rem" stroke={1.7} />}
      value={search}
      onChange={(event) => session.plugins.search(event.currentTarget.value)}
    />
  );
}

function Cards() {
  const { known, search } = useGallery((s) => ({ known: s.known, search: s.search }));
  const cards = useGallery(foundCards);
  const safe = useApp((s) => s.boot?.safe.on ?? false);
  if (!known) return null;
  if (cards.length === 0 && search !== "") {
    return <p className={classes.none}>No plugin has that in its name, units or description.</p>;
  }
  const third = cards.some((c) => c.source !== "bundled");
  return (
    <>
      <ul className={classes.cards} aria-label="Installed plugins">
        {cards.map((card) => (
          <li key={card.key}>
            <Card card={card} />
          </li>
        ))}
      </ul>
      {!third && search === "" && !safe && <Empty />}
    </>
  );
}

function Card({ card }: { card: PluginCard }) {
  const session = useSession();
  const chosen = useGallery((s) => s.chosen === card.key);
  const state = stateOf(card);
  return (
    <UnstyledButton
      className={classes.card}
      aria-current={chosen || undefined}
      data-off={!card.enabled || undefined}
      onClick={() => session.plugins.choose(card.key)}
    >
      <Initial card={card} />
      <span className={classes.words}>
        <span className={classes.name}>{card.name}</span>
        <span className={classes.version}>
          {[card.version, state].filter((word) => word !== "").join(" · ")}
        </span>
        {card.refused === "" && !card.removed && <Signer card={card} short />}
      </span>
    </UnstyledButton>
  );
}

/** The first letter of its name; a picture is nothing that a plugin may bring along. */
export function Initial({ card }: { card: PluginCard }) {
  const [letter = "?"] = card.name.toUpperCase();
  return (
    <span className={classes.initial} data-broken={card.refused !== "" || undefined} aria-hidden>
      {letter}
    </span>
  );
}

function Empty() {
  return (
    <div className={classes.empty}>
      <IconPackage size="1.5rem" stroke={1.5} aria-hidden />
      <p>
        A plugin is one .wasm file. Drop it onto this window and INOS shows what it is and what it
        asks for, before anything of it runs.
      </p>
      <Install size="sm" />
    </div>
  );
}
