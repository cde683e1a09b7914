import { type RefObject, useCallback, useEffect, useLayoutEffect, useState } from "react";

/** No page is drawn higher than this: browsers lose count of pixels above. */
const MAX_HEIGHT = 12_000_000;
const FALLBACK = 400;

export interface Window {
  /** The first row that is drawn, and how many. */
  first: number;
  count: number;
  /** Height of everything, and where the first row is in it, in pixels. */
  height: number;
  top: number;
}

/** Which rows of how many are to be seen, however many there are: beyond some number, a pixel is more than a row. */
export function useRows(
  frame: RefObject<HTMLElement | null>,
  rows: number,
  rowHeight: number,
): Window {
  const [at, setAt] = useState({ top: 0, view: FALLBACK });
  const look = useCallback(() => {
    const element = frame.current;
    if (element) setAt({ top: element.scrollTop, view: element.clientHeight || FALLBACK });
  }, [frame]);
  useLayoutEffect(look, [look]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    element.addEventListener("scroll", look, { passive: true });
    const size = new ResizeObserver(look);
    size.observe(element);
    return () => {
      element.removeEventListener("scroll", look);
      size.disconnect();
    };
  }, [frame, look]);
  return windowOf(rows, rowHeight, at.top, at.view);
}

export function windowOf(rows: number, rowHeight: number, top: number, view: number): Window {
  const seen = Math.ceil(view / rowHeight) + 1;
  const height = Math.min(rows * rowHeight, MAX_HEIGHT);
  const exact = rows * rowHeight <= MAX_HEIGHT;
  const way = Math.max(1, height - view);
  const place = exact
    ? top / rowHeight
    : (Math.min(top, way) / way) * Math.max(0, rows - Math.floor(view / rowHeight));
  const first = Math.max(0, Math.min(Math.floor(place), rows - 1));
  const count = Math.max(0, Math.min(seen, rows - first));
  return { first, count, height, top: exact ? first * rowHeight : top };
}
