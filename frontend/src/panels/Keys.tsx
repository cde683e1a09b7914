import { Kbd, Modal } from "@mantine/core";
import { ACTIONS, type Action, PALETTE_KEYS } from "../state/actions.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./Keys.module.css";

const GROUPS: readonly Action["group"][] = ["Flock", "View", "Program"];

/** List of keys; "?". */
export function Keys() {
  const session = useSession();
  const shown = useApp((s) => s.keysShown);
  return (
    <Modal
      opened={shown}
      onClose={() => session.showKeys(false)}
      title="Keys"
      size="lg"
      centered
      transitionProps={{ duration: 150 }}
    >
      <div className={classes.columns}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {ACTIONS.filter((a) => a.group === group && a.keys !== "").map((action) => (
                <Row key={action.id} keys={action.keys} label={action.label} />
              ))}
              {group === "Program" && <Row keys={PALETTE_KEYS} label="All commands" />}
              {group === "Program" && <Row keys="Esc" label="Back" />}
            </dl>
          </section>
        ))}
      </div>
      <p className={classes.mouse}>
        Drag to turn, drag with the right button to move, wheel to come closer, double click for the
        whole flock. Double click on a slider brings its default back.
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
