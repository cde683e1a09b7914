import { useEffect, useRef, useState } from "react";
import { type LabItem, readBytes } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { bytes, whole } from "../../core/format.ts";
import { hexRow, ROW_BYTES } from "../../state/labHex.ts";
import { rootSize } from "../plot.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./TextView.module.css";
import { useRows } from "./useRows.ts";

const ROW_REM = 1.25;
/** Read at once, around what is seen. */
const PAGE = 16 << 10;

/** What else can be done with what the window does not show. */
function hint(media: string): string {
  if (media.startsWith("image/")) return " · not drawn here; image.convert makes a PNG of it";
  return "";
}

/** All bytes of a file, however many: those that can be seen are read. */
export function BytesView({ item }: { item: LabItem }) {
  const frame = useRef<HTMLElement>(null);
  const rowHeight = Math.round(ROW_REM * rootSize());
  const rows = Math.ceil(item.bytes / ROW_BYTES);
  const seen = useRows(frame, rows, rowHeight);
  const [page, setPage] = useState({ id: "", from: 0, data: new Uint8Array() });
  const [fault, setFault] = useState<Fault | null>(null);
  const first = seen.first * ROW_BYTES;
  const last = Math.min(item.bytes, (seen.first + seen.count) * ROW_BYTES);
  const known = page.id === item.id && first >= page.from && last <= page.from + page.data.length;
  useEffect(() => {
    if (known) return;
    let wanted = true;
    const from = Math.max(0, first - PAGE - (first % ROW_BYTES));
    readBytes(item, from, Math.min(item.bytes, last + PAGE)).then(
      (data) => wanted && setPage({ id: item.id, from, data: new Uint8Array(data) }),
      (error) => wanted && setFault(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [item, first, last, known]);
  if (fault) return <Trouble fault={fault} />;
  if (item.bytes === 0) return <p className={classes.note}>It is empty.</p>;
  return (
    <div className={`${classes.text} ${classes.bytes}`}>
      <span className={classes.note}>
        {bytes(item.bytes)} ({whole(item.bytes)} bytes) · {item.media}
        {item.kind === "bytes" && hint(item.media)}
      </span>
      <section
        className={classes.frame}
        ref={frame}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        tabIndex={0}
        aria-label={`Bytes of ${item.name}`}
      >
        <div style={{ height: seen.height }}>
          <pre style={{ transform: `translateY(${seen.top}px)`, lineHeight: `${rowHeight}px` }}>
            {Array.from({ length: seen.count }, (_, i) => {
              const at = (seen.first + i) * ROW_BYTES;
              const data = known
                ? page.data.subarray(at - page.from, at - page.from + ROW_BYTES)
                : null;
              return `${hexRow(at, data ?? new Uint8Array())}\n`;
            }).join("")}
          </pre>
        </div>
      </section>
    </div>
  );
}
