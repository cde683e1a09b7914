import { type Scheme, SHELL } from "../core/theme.ts";

/** Colours of the lines of a chart, told from each other also by who sees few colours: the later ones are dashed. */
export function lineColours(scheme: Scheme): readonly string[] {
  const { accent, good, focus } = SHELL[scheme];
  const third = scheme === "dark" ? SHELL.dark.text : focus;
  return [accent, good, third];
}
