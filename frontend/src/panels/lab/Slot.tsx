import { CloseButton, UnstyledButton } from "@mantine/core";
import { IconFilePlus } from "@tabler/icons-react";
import type { LabItem } from "../../bridge/lab.ts";
import { sentence } from "../../state/notices.ts";
import { useSession } from "../../view/context.ts";
import type { Port } from "../../wire/ops.ts";
import classes from "./Form.module.css";
import { ItemName } from "./ItemName.tsx";

interface Props {
  port: Port;
  at: number;
  item: LabItem | null;
  problem: string;
}

/** Place of an input: a file is chosen, dropped onto the window, or a result of before. */
export function Slot({ port, at, item, problem }: Props) {
  const { lab } = useSession();
  const name = port.name.replaceAll("_", " ");
  return (
    <div className={classes.field}>
      <div className={classes.slotHead}>
        <span>{name}</span>
        {port.optional && <small>optional</small>}
      </div>
      <div className={classes.slot} data-empty={!item || undefined}>
        <UnstyledButton
          className={classes.pick}
          aria-label={
            item
              ? `Input ${name}: ${item.name}. Choose another file`
              : `Choose a file for input ${name}`
          }
          onClick={() => void lab.choose(at)}
        >
          {item ? (
            <ItemName item={item} brief />
          ) : (
            <>
              <IconFilePlus size="1rem" stroke={1.7} aria-hidden />
              Choose a file, or drop one
            </>
          )}
        </UnstyledButton>
        {item && (
          <CloseButton
            size="sm"
            aria-label={`Take ${item.name} out of input ${name}`}
            onClick={() => lab.clearSlot(at)}
          />
        )}
      </div>
      <small className={classes.doc}>{sentence(port.doc)}</small>
      {problem !== "" && (
        <p className={classes.problem} role="alert">
          {sentence(problem)}
        </p>
      )}
    </div>
  );
}
