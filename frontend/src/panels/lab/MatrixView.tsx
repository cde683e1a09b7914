import { useEffect, useMemo, useRef, useState } from "react";
import type { LabItem, LabMatrix, LabTable } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { heatBytes, heatGradient } from "../../state/labHeat.ts";
import { numberText } from "../../state/labWords.ts";
import { schemeOf } from "../../state/store.ts";
import { useApp, useSession } from "../../view/context.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./MatrixView.module.css";

/** Up to so many cells a side have their numbers written into them. */
const MAX_WRITTEN = 12;

/** A small table of numbers as colours. */
export function MatrixView({ item, table }: { item: LabItem; table: LabTable }) {
  const { lab } = useSession();
  const [cells, setCells] = useState<LabMatrix>([]);
  const [fault, setFault] = useState<Fault | null>(null);
  useEffect(() => {
    let wanted = true;
    lab.program.matrix(item.id).then(
      (matrix) => wanted && setCells(matrix),
      (error) => wanted && setFault(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [lab, item.id]);
  if (fault) return <Trouble fault={fault} />;
  if (cells.length === 0) return null;
  return <Heat cells={cells} columns={table.columns.map((c) => c.name)} name={item.name} />;
}

function Heat({ cells, columns, name }: { cells: LabMatrix; columns: string[]; name: string }) {
  const scheme = useApp(schemeOf);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [at, setAt] = useState<{ row: number; column: number } | null>(null);
  const width = columns.length;
  const height = cells.length;
  const range = useMemo(() => rangeOf(cells), [cells]);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const image = context.createImageData(width, height);
    cells.forEach((row, r) => {
      row.forEach((value, c) => {
        image.data.set(heatBytes(scheme, value, range.low, range.high), 4 * (r * width + c));
      });
    });
    context.putImageData(image, 0, 0);
  }, [cells, scheme, width, height, range]);
  const written = width <= MAX_WRITTEN && height <= MAX_WRITTEN;
  const value = at ? cells[at.row]?.[at.column] : undefined;
  return (
    <figure className={classes.matrix}>
      <div
        className={classes.picture}
        style={{ aspectRatio: `${width} / ${height}`, "--shape": width / height } as object}
      >
        <canvas
          ref={canvas}
          width={width}
          height={height}
          role="img"
          aria-label={`${name}: ${height} rows, ${width} columns, from ${numberText(range.low)} to ${numberText(range.high)}`}
          onPointerMove={(event) => {
            const box = event.currentTarget.getBoundingClientRect();
            setAt({
              row: place(event.clientY - box.top, box.height, height),
              column: place(event.clientX - box.left, box.width, width),
            });
          }}
          onPointerLeave={() => setAt(null)}
        />
        {written && (
          <div
            className={classes.numbers}
            aria-hidden="true"
            style={{ gridTemplateColumns: `repeat(${width}, 1fr)` }}
          >
            {cells.flatMap((row, r) =>
              row.map((cell, c) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
                <span key={`${r} ${c}`}>{cell === null ? "" : shortNumber(cell)}</span>
              )),
            )}
          </div>
        )}
      </div>
      <figcaption>
        <span
          className={classes.scale}
          style={{ background: heatGradient(scheme) }}
          aria-hidden="true"
        />
        <span>
          {numberText(range.low)} to {numberText(range.high)}
        </span>
        <span role="status">
          {at &&
            `row ${at.row + 1}, column ${columns[at.column]}: ${value === null || value === undefined ? "no number" : numberText(value)}`}
        </span>
      </figcaption>
    </figure>
  );
}

function place(pixels: number, size: number, cells: number): number {
  return Math.max(0, Math.min(cells - 1, Math.floor((pixels / size) * cells)));
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function rangeOf(cells: LabMatrix): { low: number; high: number } {
  let low = Infinity;
  let high = -Infinity;
  for (const row of cells) {
    for (const value of row) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return low <= high ? { low, high } : { low: 0, high: 0 };
}
