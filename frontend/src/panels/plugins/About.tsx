import { Button } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { PluginCard, PluginUnit } from "../../bridge/plugins.ts";
import { bytes } from "../../core/format.ts";
import { sentence } from "../../state/notices.ts";
import { useApp, useGallery, useSession } from "../../view/context.ts";
import classes from "./About.module.css";
import { Publisher } from "./Publisher.tsx";
import page from "./page.module.css";
import { Signer } from "./Signer.tsx";

const SOURCES: Record<string, string> = {
  bundled: "came with INOS",
  dropped: "was put into the plugin folder",
  installed: "was installed",
  folder: "lies in a folder that INOS was told of",
};

/** What it is, who vouches for it, what it offers. */
export function About({ card }: { card: PluginCard }) {
  return (
    <div className={page.page}>
      {card.refused !== "" && <Refused card={card} />}
      {card.problem !== "" && <Trouble text={`This version did not start: ${card.problem}`} />}
      {card.doc !== "" && <p className={page.lead}>{sentence(card.doc)}</p>}
      <Signer card={card} />
      <Publisher card={card} />
      <Facts card={card} />
      {card.units.length > 0 && <h3>What it offers</h3>}
      <ul className={classes.units}>
        {card.units.map((unit) => (
          <Unit key={unit.name} unit={unit} usable={card.enabled} />
        ))}
      </ul>
    </div>
  );
}

export function Facts({ card }: { card: PluginCard }) {
  const lines = [
    ["Id", card.id],
    ["Version", card.version],
    ["By", card.author],
    ["Licence", card.licence],
    ["Size", card.bytes > 0 ? bytes(card.bytes) : ""],
    ["Origin", SOURCES[card.source] ?? ""],
    ["File", card.path],
  ].filter(([, value]) => value !== "");
  return (
    <dl className={classes.facts}>
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Unit({ unit, usable }: { unit: PluginUnit; usable: boolean }) {
  const session = useSession();
  const showable = useApp((s) => s.units.some((u) => u.name === unit.name));
  return (
    <li>
      <div className={classes.unit}>
        <b>{unit.name}</b>
        {unit.live && <span className={classes.tag}>live</span>}
        {unit.live && usable && showable && (
          <Button size="compact-xs" variant="default" onClick={() => void session.show(unit.name)}>
            Show
          </Button>
        )}
      </div>
      {unit.doc !== "" && <p>{sentence(unit.doc)}</p>}
      {unit.ops.length > 0 && (
        <p className={classes.ops}>
          {unit.ops.map((op) => (
            <code key={op}>{op}</code>
          ))}
        </p>
      )}
    </li>
  );
}

export function Trouble({ text }: { text: string }) {
  return (
    <p className={page.trouble}>
      <IconAlertTriangle size="1.125rem" stroke={1.7} aria-label="Warning" />
      <span>{sentence(text)}</span>
    </p>
  );
}

function Refused({ card }: { card: PluginCard }) {
  const session = useSession();
  const busy = useGallery((s) => s.busy);
  return (
    <>
      <Trouble text={card.refused} />
      {card.id !== "" && (
        <Button
          size="xs"
          disabled={busy}
          onClick={() => void session.plugins.offerRefused(card.path)}
        >
          Look at it and install
        </Button>
      )}
    </>
  );
}
