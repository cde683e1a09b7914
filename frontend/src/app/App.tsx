import { MantineProvider } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { useEffect } from "react";
import { faultOf } from "../core/fault.ts";
import { Dock } from "../panels/Dock.tsx";
import { Inspector } from "../panels/Inspector.tsx";
import { Keys } from "../panels/Keys.tsx";
import { LaunchCard } from "../panels/LaunchCard.tsx";
import { later } from "../panels/later.tsx";
import { Notices } from "../panels/Notices.tsx";
import { Palette } from "../panels/Palette.tsx";
import { OfferSheet } from "../panels/plugins/OfferSheet.tsx";
import { PluginsPanel } from "../panels/plugins/PluginsPanel.tsx";
import { Rail } from "../panels/Rail.tsx";
import { SettingsPanel } from "../panels/SettingsPanel.tsx";
import { StatusBar } from "../panels/StatusBar.tsx";
import { RecoverySheet } from "../panels/store/RecoverySheet.tsx";
import { StorePanel } from "../panels/store/StorePanel.tsx";
import { isCalm, schemeOf } from "../state/store.ts";
import { useApp, useSession } from "../view/context.ts";
import { FlockView } from "../view/FlockView.tsx";
import classes from "./App.module.css";
import { Failed } from "./Failed.tsx";
import { listenToKeys } from "./keyboard.ts";
import { cssVariables, mantineTheme } from "./theme.ts";

/** The first picture does not wait for it. */
const LabPanel = later(
  async () => (await import("../panels/lab/LabPanel.tsx")).LabPanel,
  (error) => <Failed fault={faultOf(error)} />,
);

/** The whole window: the live unit, and what floats over it. */
export function App() {
  const session = useSession();
  const scheme = useApp(schemeOf);
  const calm = useApp(isCalm);
  useEffect(() => listenToKeys(session), [session]);
  return (
    <MantineProvider
      theme={mantineTheme}
      cssVariablesResolver={cssVariables}
      forceColorScheme={scheme}
    >
      <div className={classes.window} data-calm={calm || undefined}>
        <Shell />
        <Palette />
        <Keys />
        <OfferSheet />
        <RecoverySheet />
      </div>
    </MantineProvider>
  );
}

function Shell() {
  const { panel, inspector } = useApp((s) => s.settings);
  // Its neighbours would have no room.
  const wide = panel === "lab" || panel === "plugins" || panel === "store";
  const left = useElementSize();
  const right = useElementSize();
  const dock = useElementSize();
  return (
    <>
      <FlockView covered={{ left: left.width, right: right.width, bottom: dock.height }} />
      <div className={classes.overlay}>
        <div className={classes.left} ref={left.ref}>
          <Rail />
          {panel === "lab" && <LabPanel />}
          {panel === "plugins" && <PluginsPanel />}
          {panel === "store" && <StorePanel />}
          {panel === "settings" && <SettingsPanel />}
        </div>
        <main className={classes.centre}>
          {!wide && <LaunchCard />}
          <div className={classes.dock} ref={dock.ref}>
            {!wide && <Dock />}
          </div>
        </main>
        <div className={classes.messages} data-wide={wide || undefined}>
          <Notices />
        </div>
        <div className={classes.right} ref={right.ref}>
          {inspector && !wide && <Inspector />}
        </div>
        <div className={classes.status}>
          <StatusBar />
        </div>
      </div>
    </>
  );
}
