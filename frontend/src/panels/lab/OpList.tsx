import { Button, CloseButton, TextInput, UnstyledButton } from "@mantine/core";
import { IconFolderOpen, IconSearch } from "@tabler/icons-react";
import type { KeyboardEvent } from "react";
import { listed } from "../../state/labOps.ts";
import { sentence } from "../../state/notices.ts";
import { useLab, useSession } from "../../view/context.ts";
import type { Op } from "../../wire/ops.ts";
import { ItemName } from "./ItemName.tsx";
import classes from "./OpList.module.css";

/** All ops of all plugins; for a file, those that take it. */
export function OpList() {
  const { lab } = useSession();
  const { ops, search, file, current } = useLab((s) => ({
    ops: s.ops,
    search: s.search,
    file: s.file,
    current: s.op?.id ?? "",
  }));
  const groups = listed(ops ?? [], search, file);
  const ids = groups.flatMap((group) => group.ops.map((op) => op.id));
  // Tab stops at one of them; the arrows go on from there.
  const stop = ids.includes(current) ? current : ids[0];
  return (
    <nav className={classes.side} aria-label="Ops">
      <div className={classes.filters}>
        <TextInput
          size="xs"
          type="search"
          aria-label="Search ops"
          placeholder="Search ops"
          leftSection={<IconSearch size="0.875rem" stroke={1.8} aria-hidden />}
          value={search}
          onChange={(event) => lab.search(event.currentTarget.value)}
        />
        {file ? (
          <div className={classes.file}>
            <span>For</span>
            <ItemName item={file} brief />
            <CloseButton
              size="xs"
              aria-label={`Show the ops for any file, not for ${file.name}`}
              onClick={() => lab.clearFile()}
            />
          </div>
        ) : (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconFolderOpen size="1rem" stroke={1.7} />}
            onClick={() => void lab.choose(null)}
          >
            Choose files
          </Button>
        )}
      </div>
      <div className={classes.list}>
        {groups.map(({ unit, ops }) => (
          <section key={unit} aria-label={`Unit ${unit}`}>
            <h3>{unit}</h3>
            <ul onKeyDown={step}>
              {ops.map((op) => (
                <li key={op.id}>
                  <Entry op={op} current={op.id === current} stop={op.id === stop} />
                </li>
              ))}
            </ul>
          </section>
        ))}
        {ops !== null && ids.length === 0 && (
          <p className={classes.none}>
            {search === "" ? "No plugin has an op for this." : "No op fits the search."}
          </p>
        )}
      </div>
    </nav>
  );
}

function Entry({ op, current, stop }: { op: Op; current: boolean; stop: boolean }) {
  const { lab } = useSession();
  return (
    <UnstyledButton
      className={classes.op}
      aria-current={current || undefined}
      tabIndex={stop ? 0 : -1}
      aria-label={op.id}
      onClick={() => lab.chooseOp(op.id)}
    >
      <b>{op.name.replaceAll("_", " ")}</b>
      <span>{sentence(op.doc)}</span>
    </UnstyledButton>
  );
}

const STEPS: Record<string, number> = { ArrowDown: 1, ArrowUp: -1 };

/** The arrows go from op to op. */
function step(event: KeyboardEvent<HTMLElement>): void {
  const way = STEPS[event.key];
  if (way === undefined) return;
  const nav = event.currentTarget.closest("nav");
  const all = [...(nav?.querySelectorAll<HTMLElement>("li button") ?? [])];
  const at = all.indexOf(document.activeElement as HTMLElement);
  event.preventDefault();
  all[at + way]?.focus();
}
