import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, type ReactNode, useRef } from "react";
import classes from "./VirtualList.module.css";

interface Props<T> {
  items: readonly T[];
  keyOf: (item: T) => string;
  label: string;
  /** Of a row, about: it is measured when it is drawn. */
  height: number;
  className?: string;
  children: (item: T) => ReactNode;
}

/** However long a list is, what is drawn of it is what can be seen. */
export function VirtualList<T>({ items, keyOf, label, height, className, children }: Props<T>) {
  const frame = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: items.length,
    getScrollElement: () => frame.current,
    estimateSize: () => height,
    overscan: 8,
    initialRect: { width: 600, height: 600 },
    getItemKey: (i) => (items[i] === undefined ? i : keyOf(items[i])),
  });
  return (
    <div className={`${classes.frame} ${className ?? ""}`} ref={frame}>
      <ul
        className={classes.list}
        aria-label={label}
        style={{ height: rows.getTotalSize() }}
        onKeyDown={step}
      >
        {rows.getVirtualItems().map((row) => {
          const item = items[row.index];
          return (
            <li
              key={row.key}
              ref={rows.measureElement}
              data-index={row.index}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {item !== undefined && children(item)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

const STEPS: Record<string, "nextElementSibling" | "previousElementSibling"> = {
  ArrowDown: "nextElementSibling",
  ArrowUp: "previousElementSibling",
};

/** The arrows go from row to row. */
function step(event: KeyboardEvent<HTMLElement>): void {
  const way = STEPS[event.key];
  const row = event.target instanceof HTMLElement ? event.target.closest("li") : null;
  const next = way && row?.[way]?.querySelector("button");
  if (!next) return;
  event.preventDefault();
  next.focus();
}
