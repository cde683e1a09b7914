import { IconAlertTriangle } from "@tabler/icons-react";
import type { Fault } from "../../core/fault.ts";
import { sentence } from "../../state/notices.ts";
import classes from "./StorePanel.module.css";

/** What speaks against something, and what to do next. */
export function Trouble({ fault }: { fault: Fault }) {
  return (
    <div className={classes.trouble} role="alert">
      <IconAlertTriangle size="1.125rem" stroke={1.7} aria-hidden />
      <span>
        {sentence(fault.message, fault.subject)} {sentence(fault.next)}
      </span>
    </div>
  );
}
