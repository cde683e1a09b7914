import { Button, MantineProvider } from "@mantine/core";
import type { Fault } from "../core/fault.ts";
import classes from "./Failed.module.css";
import { cssVariables, mantineTheme } from "./theme.ts";

/** Shown when there is no program to talk to: nothing else can work then. */
export function Failed({ fault }: { fault: Fault }) {
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={cssVariables}
      forceColorScheme="dark"
    >
      <main className={classes.page}>
        <div className={classes.card} role="alert">
          <h1>INOS cannot start here</h1>
          <p>
            {fault.subject}: {fault.message}.
          </p>
          {fault.next !== "" && <p className={classes.next}>To do: {fault.next}.</p>}
          <Button onClick={() => location.reload()}>Try again</Button>
        </div>
      </main>
    </MantineProvider>
  );
}
