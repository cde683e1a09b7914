import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";
import { CHANNEL, FONT, MOTION, RADIUS, SHELL, SIZE, SPACE, TYPE, WRITTEN } from "../core/theme.ts";

/** Ten shades around the warm accent; Mantine asks for them, the shell uses the named tokens. */
const ember: MantineColorsTuple = [
  "#fff2e8",
  "#ffe2cd",
  "#ffcfa8",
  "#ffb27a",
  "#f79a5c",
  "#e67f3f",
  "#c9642a",
  "#a3481c",
  "#823815",
  "#5f280e",
];

export const mantineTheme = createTheme({
  fontFamily: FONT.text,
  fontFamilyMonospace: FONT.figures,
  primaryColor: "ember",
  primaryShade: { dark: 3, light: 7 },
  autoContrast: true,
  luminanceThreshold: 0.4,
  colors: { ember },
  defaultRadius: RADIUS.medium,
  // Named, so that the style sheet finds them.
  components: {
    Button: { defaultProps: { variant: "filled" } },
    Tooltip: { defaultProps: { openDelay: 500, color: "var(--inos-glass-strong)" } },
  },
  respectReducedMotion: true,
  cursorType: "pointer",
});

/** The named tokens as CSS variables: the only place that knows both sides. */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {
    ...prefixed("space", SPACE),
    ...prefixed("radius", RADIUS),
    ...prefixed("type", TYPE),
    ...prefixed("font", FONT),
    ...prefixed("channel", CHANNEL),
    ...prefixed("written", WRITTEN),
    ...prefixed("motion", MOTION),
    ...prefixed("size", SIZE),
  },
  dark: shell("dark"),
  light: shell("light"),
});

function shell(scheme: "dark" | "light"): Record<string, string> {
  const colours = SHELL[scheme];
  return {
    ...prefixed("", colours),
    "--mantine-color-text": colours.text,
    "--mantine-color-dimmed": colours.textDim,
    "--mantine-color-body": colours.glassStrong,
    "--mantine-color-default-border": colours.edge,
  };
}

function prefixed(group: string, tokens: object): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(tokens)) {
    const dashed = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    variables[["-", "inos", group, dashed].filter((part) => part !== "").join("-")] = String(value);
  }
  return variables;
}
