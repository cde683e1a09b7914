import type { PluginCard } from "../../bridge/plugins.ts";
import { Trouble } from "./About.tsx";
import page from "./page.module.css";
import { SettingField } from "./SettingField.tsx";
import classes from "./Settings.module.css";

/** What the user can tell the plugin once; its manifest says what there is. */
export function SettingsPage({ card }: { card: PluginCard }) {
  const shown = card.settings.filter(({ param }) => !param.hidden);
  return (
    <div className={page.page}>
      {card.unreadable !== "" && <Trouble text={card.unreadable} />}
      {card.unreadable === "" && shown.length === 0 && <p>{card.name} has nothing to set.</p>}
      {shown.length > 0 && <p>What you change here counts from its next question on.</p>}
      <ul className={classes.settings} aria-label={`Settings of ${card.name}`}>
        {shown.map((setting) => (
          <SettingField key={setting.param.name} plugin={card.id} setting={setting} />
        ))}
      </ul>
    </div>
  );
}
