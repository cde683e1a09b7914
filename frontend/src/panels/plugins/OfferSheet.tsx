import { Button, Modal } from "@mantine/core";
import type { Offer } from "../../bridge/plugins.ts";
import { sentence } from "../../state/notices.ts";
import { useGallery, useSession } from "../../view/context.ts";
import { Facts, Trouble } from "./About.tsx";
import classes from "./OfferSheet.module.css";
import page from "./page.module.css";
import { Signer } from "./Signer.tsx";

/** What a file is and asks for, before anything of it runs. */
export function OfferSheet() {
  const session = useSession();
  const offer = useGallery((s) => s.offer);
  return (
    <Modal
      opened={offer !== null}
      onClose={() => void session.plugins.decline()}
      title={offer ? titleOf(offer) : ""}
      size="34rem"
      centered
      transitionProps={{ duration: 150 }}
    >
      {offer && <Sheet offer={offer} />}
    </Modal>
  );
}

function titleOf({ plugin, from }: Offer): string {
  if (from === "") return `Install ${plugin.name} ${plugin.version}?`;
  return `Replace ${plugin.name} ${from} by ${plugin.version}?`;
}

function Sheet({ offer }: { offer: Offer }) {
  const session = useSession();
  const { refusal, busy } = useGallery((s) => ({ refusal: s.refusal, busy: s.busy }));
  const { plugin, from, beyond } = offer;
  const asks = from === "" ? plugin.permissions : beyond;
  return (
    <div className={classes.offer}>
      {plugin.doc !== "" && <p className={page.lead}>{sentence(plugin.doc)}</p>}
      <Signer card={plugin} />
      <Facts card={plugin} />
      <h3>{asksTitle(asks.length, from)}</h3>
      <ul>
        {asks.map((p) => (
          <li key={p.key}>
            <b>{p.sentence.charAt(0).toUpperCase() + p.sentence.slice(1)}</b>: {sentence(p.reason)}
          </li>
        ))}
      </ul>
      {refusal && <Trouble text={`${refusal.message}; ${refusal.next}`.replace(/; $/, "")} />}
      <div className={page.sheet}>
        <Button size="sm" variant="default" onClick={() => void session.plugins.decline()}>
          Cancel
        </Button>
        <Button
          size="sm"
          data-autofocus
          disabled={busy}
          onClick={() => void session.plugins.install(refusal !== null)}
        >
          {refusal ? "Install it all the same" : "Install"}
        </Button>
      </div>
    </div>
  );
}

function asksTitle(count: number, from: string): string {
  if (from !== "")
    return count === 0 ? `It asks for no more than ${from}` : `What is new in what it asks for`;
  return count === 0 ? "It asks for nothing" : "It asks to";
}
