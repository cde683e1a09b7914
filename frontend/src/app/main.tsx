// Must come first, in a file that waits for no other: it mends what the other modules read while they
// load.
import "../bridge/locale.ts";
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/spotlight/styles.css";
import "uplot/dist/uPlot.min.css";
import "./base.css";

void import("./start.tsx").then(({ start }) => start());
