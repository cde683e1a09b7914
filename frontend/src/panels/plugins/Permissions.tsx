import { Button, TextInput } from "@mantine/core";
import { useState } from "react";
import type { Decision, Permission, PluginCard } from "../../bridge/plugins.ts";
import { sentence } from "../../state/notices.ts";
import { useGallery, useSession } from "../../view/context.ts";
import classes from "./Permissions.module.css";
import page from "./page.module.css";
import { whenText } from "./when.ts";

/** What it asks for, with the user's answers. Each takes effect before the plugin's next question. */
export function Permissions({ card }: { card: PluginCard }) {
  if (card.permissions.length === 0) {
    return (
      <div className={page.page}>
        <p>
          {card.name} asks for nothing. It sees its own memory and what you give it, and nothing
          else.
        </p>
      </div>
    );
  }
  return (
    <div className={page.page}>
      <p>Nothing is allowed until you say so. What you change here counts at once.</p>
      <ul className={classes.permissions} aria-label={`Permissions of ${card.name}`}>
        {card.permissions.map((p) => (
          <Row key={p.key} card={card} permission={p} />
        ))}
      </ul>
      <Audit />
    </div>
  );
}

const ANSWERS: Record<Decision, string> = {
  once: "Allowed until INOS ends",
  always: "Allowed",
  never: "Forbidden",
};
const CHOICES: readonly (readonly [Decision, string])[] = [
  ["once", "Allow once"],
  ["always", "Always"],
  ["never", "Never"],
];

function Row({ card, permission: p }: { card: PluginCard; permission: Permission }) {
  const session = useSession();
  const busy = useGallery((s) => s.busy);
  const [hosts, setHosts] = useState(p.answer?.hosts.join(", ") ?? "");
  const folder = p.answer?.folder ?? "";
  const given = (decision: Decision) =>
    p.needsHosts && decision !== "never" ? hosts.replaceAll(/\s/g, "") : "";
  return (
    <li data-answer={p.answer?.decision ?? "none"}>
      <div className={classes.asks}>
        <b>May {p.sentence}</b>
        <span className={classes.answer}>
          {p.answer ? ANSWERS[p.answer.decision] : "Not answered"}
        </span>
      </div>
      <p>Its reason: {sentence(p.reason)}</p>
      {folder !== "" && <p>Folder: {folder}</p>}
      {p.needsHosts && (
        <TextInput
          size="xs"
          className={classes.hosts ?? ""}
          label="Hosts, with commas between"
          placeholder="api.example.org, *.example.com"
          value={hosts}
          onChange={(event) => setHosts(event.currentTarget.value)}
        />
      )}
      <fieldset className={classes.choices} aria-label={`May ${p.sentence}`}>
        {CHOICES.map(([decision, word]) => (
          <Button
            key={decision}
            size="compact-xs"
            variant={p.answer?.decision === decision ? "filled" : "default"}
            aria-pressed={p.answer?.decision === decision}
            disabled={busy || (p.needsHosts && decision !== "never" && hosts.trim() === "")}
            onClick={() => void session.plugins.decide(card.id, p.key, decision, given(decision))}
          >
            {p.scope !== "" && decision !== "never" ? `${word}, choose folder` : word}
          </Button>
        ))}
        {p.answer && (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            disabled={busy}
            onClick={() => void session.plugins.revoke(card.id, p.key)}
          >
            Revoke
          </Button>
        )}
      </fieldset>
    </li>
  );
}

/** Who answered what, when. */
function Audit() {
  const audit = useGallery((s) => s.audit);
  if (audit.length === 0) return null;
  return (
    <>
      <h3>What was answered before</h3>
      <table className={classes.audit} aria-label="Audit log">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Permission</th>
            <th scope="col">Answer</th>
            <th scope="col">Through</th>
          </tr>
        </thead>
        <tbody>
          {audit.map((entry) => (
            <tr key={`${entry.when} ${entry.permission} ${entry.decision}`}>
              <td>{whenText(entry.when)}</td>
              <td>{entry.permission === "" ? "all" : entry.permission}</td>
              <td title={entry.folder}>{entry.decision}</td>
              <td>{entry.who}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
