import { useEffect, useState } from "react";
import { type LabItem, readBytes } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { bytes } from "../../core/format.ts";
import { Trouble } from "../store/Trouble.tsx";
import { CopyText } from "./CopyText.tsx";
import classes from "./TextView.module.css";

const MAX_SHOWN = 256 << 10;
/** What is shorter is a card: a digest, a key, a signature. */
const MAX_CARD = 400;

/** The beginning of a text, as text: nothing in it is ever run. */
export function TextView({ item }: { item: LabItem }) {
  const [text, setText] = useState<string | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const shown = Math.min(item.bytes, MAX_SHOWN);
  useEffect(() => {
    let wanted = true;
    readBytes(item, 0, shown).then(
      (data) => wanted && setText(new TextDecoder().decode(data)),
      (error) => wanted && setFault(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [item, shown]);
  if (fault) return <Trouble fault={fault} />;
  if (text === null) return null;
  if (text === "") return <p className={classes.note}>It is empty.</p>;
  const card = item.bytes <= MAX_CARD;
  return (
    <div className={classes.text} data-card={card || undefined}>
      <div className={classes.head}>
        <span className={classes.note}>
          {shown < item.bytes ? `The first ${bytes(shown)} of ${bytes(item.bytes)}` : ""}
        </span>
        <CopyText text={text.replace(/\n$/, "")} label="Copy the text" />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <section className={classes.frame} tabIndex={0} aria-label={`Text of ${item.name}`}>
        <pre>{text}</pre>
      </section>
    </div>
  );
}
