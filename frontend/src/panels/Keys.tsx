import { Kbd, Modal } from "@mantine/core";
import { ACTION_GROUPS, offeredActions, PALETTE_KEYS } from "../state/actions.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./Keys.module.css";

/** List of keys; "?". */
export function Keys() {
  const session = useSession();
  const { shown, unit } = useApp((s) => ({ shown: s.keysShown, unit: s.unit }));
  const actions = offeredActions({ unit }).filter((action) => action.keys !== "");
  return (
    <Modal
      opened={shown}
      onClose={() => session.showKeys(false)}
      title="Keys"
      size="58rem"
      centered
      transitionProps={{ duration: 150 }}
    >
      <div className={classes.columns}>
        {ACTION_GROUPS.map((group) => (
          <section key={group}>
            <h3>{group === "Unit" ? (unit?.name ?? group) : group}</h3>
            <dl>
              {actions
                .filter((action) => action.group === group)
                .map((action) => (
                  <Row key={action.id} keys={action.keys} label={action.label} />
                ))}
              {group === "Program" && <Row keys={PALETTE_KEYS} label="All commands" />}
              {group === "Program" && <Row keys="Esc" label="Back" />}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.mouse}>
        Drag to turn, drag with the right button to move, wheel to come closer, double click to see
        everything. Double click on a slider brings its default back.
      </p>
    </Modal>
  );
}

function Row({ keys, label }: { keys: string; label: string }) {
  return (
    <div className={classes.row}>
      <dt>{label}</dt>
      <dd>
        <Kbd>{keys}</Kbd>
      </dd>
    </div>
  );
}
