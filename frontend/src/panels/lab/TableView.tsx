import { Loader, NativeSelect, TextInput, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconFilter } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import type { LabItem, LabRows, LabTable, LabView } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { whole } from "../../core/format.ts";
import { useSession } from "../../view/context.ts";
import { rootSize } from "../plot.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./TableView.module.css";
import { useRows } from "./useRows.ts";

const ROW_REM = 1.625;
const FILTER_AFTER_MS = 250;
/** More columns than this are not drawn. */
const MAX_COLUMNS = 60;
const AS_IT_IS: LabView = { sort: -1, down: false, filter: "", column: -1 };

interface Props {
  item: LabItem;
  table: LabTable | null;
  fault: Fault | null;
}

/** A table, however long: the program sorts, filters, and gives the rows that can be seen. */
export function TableView({ item, table, fault }: Props) {
  if (fault) return <Trouble fault={fault} />;
  if (!table) return <Loader size="sm" aria-label="Reading the table" />;
  return <Known key={item.id} item={item} table={table} />;
}

function Known({ item, table }: { item: LabItem; table: LabTable }) {
  const [view, setView] = useState(AS_IT_IS);
  const [matches, setMatches] = useState(table.rows);
  const [trouble, setTrouble] = useState<Fault | null>(null);
  return (
    <div className={classes.table}>
      <Filter table={table} view={view} matches={matches} onView={setView} />
      {table.problem !== "" && (
        <p className={classes.note} role="status">
          Reading ended early: {table.problem}
        </p>
      )}
      {trouble && <Trouble fault={trouble} />}
      <Grid
        item={item}
        table={table}
        view={view}
        matches={matches}
        onView={setView}
        onMatches={setMatches}
        onTrouble={setTrouble}
      />
    </div>
  );
}

interface FilterProps {
  table: LabTable;
  view: LabView;
  matches: number;
  onView: (view: LabView) => void;
}

function Filter({ table, view, matches, onView }: FilterProps) {
  const [text, setText] = useState("");
  useEffect(() => {
    if (text === view.filter) return;
    const timer = setTimeout(() => onView({ ...view, filter: text }), FILTER_AFTER_MS);
    return () => clearTimeout(timer);
  }, [text, view, onView]);
  const columns = table.columns.slice(0, MAX_COLUMNS);
  return (
    <div className={classes.filter}>
      <TextInput
        size="xs"
        type="search"
        aria-label="Filter rows"
        placeholder="Filter: a word, or <5, >=2, =x"
        leftSection={<IconFilter size="0.875rem" stroke={1.8} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <NativeSelect
        size="xs"
        aria-label="Column that is filtered"
        value={String(view.column)}
        data={[
          { value: "-1", label: "any column" },
          ...columns.map(({ name }, i) => ({ value: String(i), label: name })),
        ]}
        onChange={(event) => onView({ ...view, column: Number(event.currentTarget.value) })}
      />
      <span role="status">
        {matches === table.rows
          ? `${whole(table.rows)} rows, ${whole(table.columns.length)}${table.more ? "+" : ""} columns`
          : `${whole(matches)} of ${whole(table.rows)} rows`}
      </span>
    </div>
  );
}

interface GridProps extends FilterProps {
  item: LabItem;
  onMatches: (matches: number) => void;
  onTrouble: (fault: Fault | null) => void;
}

function Grid({ item, table, view, matches, onView, onMatches, onTrouble }: GridProps) {
  const frame = useRef<HTMLDivElement>(null);
  const rowHeight = Math.round(ROW_REM * rootSize());
  const seen = useRows(frame, matches, rowHeight);
  const page = usePage(item, view, seen.first, seen.count, onMatches, onTrouble);
  const columns = table.columns.slice(0, MAX_COLUMNS);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section className={classes.frame} ref={frame} tabIndex={0} aria-label={`Rows of ${item.name}`}>
      <div style={{ height: seen.height + rowHeight }} className={classes.all}>
        <table aria-rowcount={matches + 1} style={{ top: seen.top }}>
          <thead>
            <tr style={{ height: rowHeight }}>
              <th className={classes.number}>#</th>
              {columns.map((column, i) => (
                <th
                  // biome-ignore lint/suspicious/noArrayIndexKey: columns have no other name that is theirs alone
                  key={i}
                  data-numeric={column.numeric || undefined}
                  aria-sort={sortOf(view, i)}
                >
                  <UnstyledButton onClick={() => onView(sortedBy(view, i))}>
                    {column.name}
                    {view.sort === i &&
                      (view.down ? (
                        <IconArrowDown size="0.75rem" aria-hidden />
                      ) : (
                        <IconArrowUp size="0.75rem" aria-hidden />
                      ))}
                  </UnstyledButton>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: seen.count }, (_, i) => {
              const at = seen.first + i;
              const row = page.rows[at - page.from];
              return (
                <tr key={at} style={{ height: rowHeight }} aria-rowindex={at + 2}>
                  <td className={classes.number}>
                    {whole(page.numbers[at - page.from] ?? at + 1)}
                  </td>
                  {columns.map((column, c) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the same
                    <td key={c} data-numeric={column.numeric || undefined} title={row?.[c]}>
                      {row?.[c]}
                    </td>
                  ))}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function sortOf(view: LabView, column: number): "ascending" | "descending" | "none" {
  if (view.sort !== column) return "none";
  return view.down ? "descending" : "ascending";
}

/** Up, down, as it is. */
export function sortedBy(view: LabView, column: number): LabView {
  if (view.sort !== column) return { ...view, sort: column, down: false };
  return view.down ? { ...view, sort: -1, down: false } : { ...view, down: true };
}

interface Page extends LabRows {
  from: number;
}

const NO_PAGE: Page = { from: 0, rows: [], numbers: [], matches: 0 };
/** Rows around those that are seen, so that a small step needs no answer. */
const AROUND = 100;

/** The rows that are seen, a moment after they are. */
function usePage(
  item: LabItem,
  view: LabView,
  first: number,
  count: number,
  onMatches: (matches: number) => void,
  onTrouble: (fault: Fault | null) => void,
): Page {
  const { lab } = useSession();
  const [page, setPage] = useState<Page & { view: LabView }>({ ...NO_PAGE, view });
  const inside =
    page.view === view && first >= page.from && first + count <= page.from + page.rows.length;
  const known = page.view === view && page.numbers.length > 0 && inside;
  useEffect(() => {
    if (known) return;
    let wanted = true;
    const from = Math.max(0, first - AROUND);
    lab.program.rows(item.id, view, from, count + 2 * AROUND).then(
      (rows) => {
        if (!wanted) return;
        onTrouble(null);
        setPage({ ...rows, from, view });
        onMatches(rows.matches);
      },
      (error) => wanted && onTrouble(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [lab, item.id, view, first, count, known, onMatches, onTrouble]);
  return page.view === view ? page : NO_PAGE;
}
