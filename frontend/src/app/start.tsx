import { createRoot } from "react-dom/client";
import { openBridge } from "../bridge/open.ts";
import { faultOf } from "../core/fault.ts";
import { Session } from "../state/session.ts";
import { SessionProvider } from "../view/context.ts";
import { App } from "./App.tsx";
import { Failed } from "./Failed.tsx";

/** Opens the bridge, shows the shell, starts the flock; or says why not. */
export async function start(): Promise<void> {
  const root = createRoot(document.getElementById("root") ?? document.body);
  try {
    const session = new Session(await openBridge());
    root.render(
      <SessionProvider value={session}>
        <App />
      </SessionProvider>,
    );
    session.begin();
  } catch (error) {
    root.render(<Failed fault={faultOf(error)} />);
  }
}
