/** How large a picture is drawn. */

const STEPS = [0.05, 0.1, 0.17, 0.25, 0.33, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 8, 12, 16];
const MARGIN = 16;

/** The next step up or down. */
export function nextZoom(scale: number, way: 1 | -1): number {
  const near = 0.001;
  if (way > 0) return STEPS.find((s) => s > scale + near) ?? STEPS.at(-1) ?? scale;
  return STEPS.findLast((s) => s < scale - near) ?? STEPS[0] ?? scale;
}

/** As large as there is room for, and never larger than it is; a tiny one by a whole factor. */
export function fitScale(
  { width, height }: { width: number; height: number },
  roomWidth: number,
  roomHeight: number,
): number {
  if (width <= 0 || height <= 0 || roomWidth <= MARGIN || roomHeight <= MARGIN) return 1;
  const fit = Math.min((roomWidth - MARGIN) / width, (roomHeight - MARGIN) / height);
  if (fit <= 1) return fit;
  return Math.max(1, Math.min(8, Math.floor(fit / 2)));
}
