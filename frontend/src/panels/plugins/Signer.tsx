import { IconShieldCheck, IconShieldOff, IconShieldQuestion } from "@tabler/icons-react";
import type { PluginCard } from "../../bridge/plugins.ts";
import classes from "./Signer.module.css";

const LOOKS: Record<string, { tone: string; word: string; icon: typeof IconShieldOff }> = {
  bundled: { tone: "good", word: "Came with INOS", icon: IconShieldCheck },
  trusted: { tone: "good", word: "Signed by somebody you trust", icon: IconShieldCheck },
  unknown: {
    tone: "warning",
    word: "Signed by somebody you do not know",
    icon: IconShieldQuestion,
  },
  unsigned: { tone: "warning", word: "Nobody signed it", icon: IconShieldOff },
  invalid: { tone: "error", word: "Its signature does not hold", icon: IconShieldOff },
};

/** Who vouches for the file. */
export function Signer({ card, short }: { card: PluginCard; short?: boolean }) {
  const look = LOOKS[card.signature];
  if (!look) return null;
  const Icon = look.icon;
  const long = card.signedBy.charAt(0).toUpperCase() + card.signedBy.slice(1);
  return (
    <span className={classes.signer} data-tone={look.tone}>
      <Icon size="0.9375rem" stroke={1.8} aria-hidden />
      {short || long === "" ? look.word : `${long}.`}
    </span>
  );
}
