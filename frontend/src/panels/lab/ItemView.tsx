import { Button, SegmentedControl } from "@mantine/core";
import { IconArrowForwardUp, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import type { LabItem, LabTable } from "../../bridge/lab.ts";
import { faultOf } from "../../core/fault.ts";
import { useSession } from "../../view/context.ts";
import { later } from "../later.tsx";
import { Trouble } from "../store/Trouble.tsx";
import { BytesView } from "./BytesView.tsx";
import { Histogram } from "./Histogram.tsx";
import { ItemName } from "./ItemName.tsx";
import { MatrixView } from "./MatrixView.tsx";
import classes from "./Outcome.module.css";
import { PictureView } from "./PictureView.tsx";
import { TableView } from "./TableView.tsx";
import { TextView } from "./TextView.tsx";
import { useTable } from "./useTable.ts";

const trouble = (error: unknown) => <Trouble fault={faultOf(error)} />;
/** These bring libraries with them, which only who looks at them waits for. */
const ChartView = later(async () => (await import("./ChartView.tsx")).ChartView, trouble);
const SoundView = later(async () => (await import("./SoundView.tsx")).SoundView, trouble);

const WORDS = {
  picture: "Picture",
  histogram: "Histogram",
  sound: "Sound",
  table: "Table",
  chart: "Chart",
  matrix: "Matrix",
  text: "Text",
  bytes: "Bytes",
} as const;
type View = keyof typeof WORDS;

interface Props {
  item: LabItem;
  /** What a picture is compared with. */
  before: LabItem | null;
}

/** A file or a result, in the ways that it can be looked at. */
export function ItemView({ item, before }: Props) {
  const [wish, setWish] = useState<View | null>(null);
  const { table, fault } = useTable(item);
  const views = viewsOf(item, table);
  const view = wish && views.includes(wish) ? wish : firstView(item, table);
  return (
    <>
      <Bar item={item} view={view} views={views} onView={setWish} />
      <div className={classes.view} data-view={view}>
        {view === "picture" && <PictureView item={item} before={before} />}
        {view === "histogram" && <Histogram item={item} />}
        {view === "sound" && <SoundView item={item} />}
        {view === "table" && <TableView item={item} table={table} fault={fault} />}
        {view === "chart" && table && <ChartView item={item} table={table} />}
        {view === "matrix" && table && <MatrixView item={item} table={table} />}
        {view === "text" && <TextView item={item} />}
        {view === "bytes" && <BytesView item={item} />}
      </div>
    </>
  );
}

function viewsOf({ kind }: LabItem, table: LabTable | null): View[] {
  switch (kind) {
    case "picture":
      return ["picture", "histogram", "bytes"];
    case "sound":
      return ["sound", "bytes"];
    case "text":
      return ["text", "bytes"];
    case "bytes":
      return ["bytes"];
    case "table": {
      const views: View[] = ["table"];
      if (table?.columns.some((c) => c.numeric)) views.push("chart");
      if (table?.matrix) views.push("matrix");
      return [...views, "text"];
    }
  }
}

/** Numbers without names are a matrix more than a table. */
function firstView({ kind }: LabItem, table: LabTable | null): View {
  if (kind !== "table") return kind;
  const named = table?.columns.some((c, i) => c.name !== String(i + 1));
  return table?.matrix && !named && table.columns.length > 1 ? "matrix" : "table";
}

interface BarProps {
  item: LabItem;
  view: View;
  views: readonly View[];
  onView: (view: View) => void;
}

function Bar({ item, view, views, onView }: BarProps) {
  const { lab } = useSession();
  const result = item.origin !== "file";
  return (
    <header className={classes.bar}>
      <ItemName item={item} />
      {views.length > 1 && (
        <SegmentedControl
          size="xs"
          aria-label="How it is shown"
          value={view}
          data={views.map((value) => ({ value, label: WORDS[value] }))}
          onChange={(value) => onView(value as View)}
        />
      )}
      <span className={classes.gap} />
      {item.origin === "result" && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconArrowForwardUp size="1rem" stroke={1.7} />}
          onClick={() => lab.takeResult(item)}
        >
          Use as input
        </Button>
      )}
      {result && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<IconDownload size="1rem" stroke={1.7} />}
          onClick={() => void lab.save(item)}
        >
          Save
        </Button>
      )}
    </header>
  );
}
