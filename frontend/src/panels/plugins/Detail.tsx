import { Tabs } from "@mantine/core";
import type { PluginCard } from "../../bridge/plugins.ts";
import { PLUGIN_TABS, type PluginTab, stateOf } from "../../state/gallery.ts";
import { useGallery, useSession } from "../../view/context.ts";
import { About } from "./About.tsx";
import { ActivityPage } from "./ActivityPage.tsx";
import classes from "./Detail.module.css";
import { Lives } from "./Lives.tsx";
import { Permissions } from "./Permissions.tsx";
import { Initial } from "./PluginsPanel.tsx";
import page from "./page.module.css";
import { SettingsPage } from "./SettingsPage.tsx";
import { Versions } from "./Versions.tsx";

const WORDS: Record<PluginTab, string> = {
  about: "About",
  permissions: "Permissions",
  settings: "Settings",
  activity: "Activity",
  versions: "Versions",
};

/** All about the chosen plugin. */
export function Detail() {
  const card = useGallery((s) => s.cards.find((c) => c.key === s.chosen) ?? null);
  if (!card) {
    return (
      <div className={classes.detail}>
        <p>Choose a plugin on the left.</p>
      </div>
    );
  }
  return (
    <article className={classes.detail} aria-label={card.name}>
      <header className={classes.head}>
        <Initial card={card} />
        <div>
          <h2>{card.name}</h2>
          <p>{[card.version, stateOf(card)].filter((word) => word !== "").join(" · ")}</p>
        </div>
      </header>
      <Lives plugin={card.id} />
      {card.refused === "" && !card.removed ? <Pages card={card} /> : <Unused card={card} />}
    </article>
  );
}

function Pages({ card }: { card: PluginCard }) {
  const session = useSession();
  const tab = useGallery((s) => s.tab);
  const open = card.permissions.filter((p) => p.answer === null).length;
  return (
    <Tabs
      className={classes.tabs ?? ""}
      value={tab}
      keepMounted={false}
      onChange={(next) => session.plugins.show(PLUGIN_TABS.find((t) => t === next) ?? "about")}
    >
      <Tabs.List>
        {PLUGIN_TABS.map((name) => (
          <Tabs.Tab key={name} value={name}>
            {WORDS[name]}
            {name === "permissions" && open > 0 && <span className={classes.count}>{open}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value="about">
        <About card={card} />
      </Tabs.Panel>
      <Tabs.Panel value="permissions">
        <Permissions card={card} />
      </Tabs.Panel>
      <Tabs.Panel value="settings">
        <SettingsPage key={card.key} card={card} />
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <ActivityPage key={card.key} card={card} />
      </Tabs.Panel>
      <Tabs.Panel value="versions">
        <Versions card={card} />
      </Tabs.Panel>
    </Tabs>
  );
}

/** A file that is refused, or a plugin that was removed. */
function Unused({ card }: { card: PluginCard }) {
  return (
    <div className={page.page}>
      <About card={card} />
      <Versions card={card} />
    </div>
  );
}
