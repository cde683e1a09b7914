import { ActionIcon, Tooltip } from "@mantine/core";
import { IconCopy } from "@tabler/icons-react";
import type { LabFigure } from "../../bridge/lab.ts";
import { figureExact, figureText } from "../../state/labWords.ts";
import { useLab, useSession } from "../../view/context.ts";
import classes from "./Outcome.module.css";

interface Props {
  figures: readonly LabFigure[];
  op: string;
  /** Outputs need room below. */
  beside: boolean;
}

/** Numbers that an op reported, each a card. */
export function Figures({ figures, op, beside }: Props) {
  const { lab } = useSession();
  const docs = useLab((s) => (s.op?.id === op ? s.op.results : null));
  return (
    <ul className={classes.figures} aria-label="Figures" data-beside={beside || undefined}>
      {figures.map((figure) => (
        <li key={figure.name} title={docs?.[figure.name] ?? ""}>
          <span>{figure.name.replaceAll("_", " ")}</span>
          <b title={figureExact(figure)}>{figureText(figure)}</b>
          <Tooltip label="Copy with all digits">
            <ActionIcon
              size="xs"
              variant="subtle"
              color="gray"
              aria-label={`Copy ${figure.name}`}
              onClick={() => void lab.copy(figureExact(figure))}
            >
              <IconCopy size="0.75rem" stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        </li>
      ))}
    </ul>
  );
}
