import { Button, CloseButton } from "@mantine/core";
import { IconAlertTriangle, IconCircleX, IconInfoCircle } from "@tabler/icons-react";
import type { Notice } from "../state/notices.ts";
import { useApp, useSession } from "../view/context.ts";
import classes from "./Notices.module.css";

const ICONS = { info: IconInfoCircle, warning: IconAlertTriangle, error: IconCircleX };
const TONE_WORDS = { info: "Note", warning: "Warning", error: "Error" };

/** Messages over the flock, newest below. */
export function Notices() {
  const notices = useApp((s) => s.notices);
  return (
    <div className={classes.list} role="log" aria-live="polite" aria-label="Messages">
      {notices.map((notice) => (
        <Card key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function Card({ notice }: { notice: Notice }) {
  const session = useSession();
  const Icon = ICONS[notice.tone];
  const { action } = notice;
  return (
    <article className={classes.card} data-tone={notice.tone}>
      <Icon
        size="1.25rem"
        stroke={1.7}
        className={classes.icon}
        aria-label={TONE_WORDS[notice.tone]}
      />
      <div className={classes.words}>
        <h3>{notice.title}</h3>
        {notice.why !== "" && <p>{notice.why}</p>}
        {notice.next !== "" && <p>{notice.next}</p>}
        <div className={classes.actions}>
          {action && (
            <Button
              size="xs"
              onClick={() => {
                session.dismiss(notice.id);
                void session.act(action);
              }}
            >
              {action.label}
            </Button>
          )}
          {notice.details !== "" && (
            <Button
              size="xs"
              variant="subtle"
              color="gray"
              onClick={() => void session.host.copyText(notice.details)}
            >
              Copy details
            </Button>
          )}
        </div>
      </div>
      <CloseButton size="sm" aria-label="Dismiss" onClick={() => session.dismiss(notice.id)} />
    </article>
  );
}
