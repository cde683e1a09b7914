import { Progress } from "@mantine/core";
import type { VaultSpace } from "../../bridge/vault.ts";
import { bytes, bytesOf, percent } from "../../core/format.ts";
import classes from "./Spaces.module.css";

/** How much of its quota a space has used. */
export function Room({ space }: { space: VaultSpace }) {
  const { name, used, quota } = space;
  const share = quota > 0 ? (100 * used) / quota : 0;
  const words =
    quota > 0
      ? `${bytesOf(used, quota)} · ${percent(share)}${share >= 90 ? " · nearly full" : ""}`
      : `${bytes(used)} on the disk, no quota`;
  return (
    <div className={classes.room}>
      <div>
        <b>{name}</b>
        <span>{words}</span>
      </div>
      {quota > 0 && (
        <Progress
          size="sm"
          value={Math.min(100, share)}
          color={share >= 90 ? "var(--inos-error)" : "var(--inos-accent)"}
          aria-label={`Used of the quota of ${name}`}
        />
      )}
    </div>
  );
}
