/** Rectangles whose areas are as their weights, near to squares (Bruls, Huizing, van Wijk 2000). */

export interface Tile<T> {
  item: T;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The heaviest come first, at the top left. Weights of 0 have no tile. */
export function treemap<T>(
  items: readonly T[],
  weigh: (item: T) => number,
  area: Area,
): readonly Tile<T>[] {
  const rest = items.filter((i) => weigh(i) > 0).toSorted((a, b) => weigh(b) - weigh(a));
  const total = rest.reduce((sum, i) => sum + weigh(i), 0);
  const scale = (area.width * area.height) / total;
  const tiles: Tile<T>[] = [];
  let free = area;
  while (rest.length > 0) {
    const row = takeRow(rest, (i) => weigh(i) * scale, Math.min(free.width, free.height));
    free = lay(row, (i) => weigh(i) * scale, free, tiles);
  }
  return tiles;
}

/** As many as make the row's tiles more like squares. */
function takeRow<T>(rest: T[], size: (item: T) => number, side: number): T[] {
  const row: T[] = [];
  let sum = 0;
  let worst = Number.POSITIVE_INFINITY;
  const [first] = rest;
  const largest = first === undefined ? 0 : size(first);
  for (const item of rest) {
    const next = sum + size(item);
    const thick = next / side;
    const now = Math.max(largest / thick / thick, thick / (size(item) / thick));
    if (now > worst) break;
    worst = now;
    sum = next;
    row.push(item);
  }
  rest.splice(0, row.length);
  return row;
}

/** Puts the row along the shorter side; what is left of the area is returned. */
function lay<T>(row: readonly T[], size: (item: T) => number, area: Area, out: Tile<T>[]): Area {
  const sum = row.reduce((all, i) => all + size(i), 0);
  const upright = area.width >= area.height;
  const thick = sum / (upright ? area.height : area.width);
  let at = 0;
  for (const item of row) {
    const long = size(item) / thick;
    const place = upright
      ? { x: area.x, y: area.y + at, width: thick, height: long }
      : { x: area.x + at, y: area.y, width: long, height: thick };
    out.push({ item, ...place });
    at += long;
  }
  return upright
    ? { ...area, x: area.x + thick, width: Math.max(0, area.width - thick) }
    : { ...area, y: area.y + thick, height: Math.max(0, area.height - thick) };
}
