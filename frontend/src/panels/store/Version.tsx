import { ActionIcon, Anchor, Button, Loader, Modal, UnstyledButton } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconDownload,
  IconPin,
  IconPinFilled,
  IconPinnedOff,
  IconTrash,
} from "@tabler/icons-react";
import { useState } from "react";
import type { VaultEntry, VaultVersion } from "../../bridge/vault.ts";
import { bytes, whole } from "../../core/format.ts";
import { openGroup, openVersion, type SortKey, sortedEntries } from "../../state/vaultBrowser.ts";
import { useBrowser, useSession, useVault } from "../../view/context.ts";
import page from "../plugins/page.module.css";
import { whenText } from "../plugins/when.ts";
import { KindIcon } from "./Files.tsx";
import { Preview } from "./Preview.tsx";
import shared from "./StorePanel.module.css";
import classes from "./Version.module.css";
import { VirtualList } from "./VirtualList.tsx";

export const timeText = (ms: number) => whenText(new Date(ms).toISOString());

/** The version that is open, and what is in it. */
export function Version() {
  const version = useBrowser(openVersion);
  const file = useBrowser((s) => s.file);
  if (!version) return null;
  return (
    <div className={classes.version}>
      <Head version={version} />
      <Versions open={version} />
      <div className={classes.content}>
        {version.kind === "folder" && <Folder version={version} />}
        {file && <Preview file={file} version={version} />}
        {version.kind === "link" && <p className={classes.note}>It is a link.</p>}
      </div>
    </div>
  );
}

function Head({ version }: { version: VaultVersion }) {
  const { vault } = useSession();
  const busy = useVault((s) => s.busy);
  const [asked, ask] = useState(false);
  const { pinned } = version;
  return (
    <header className={classes.head}>
      <div className={classes.title}>
        <h3>{version.name}</h3>
        <p title={version.path}>{version.path}</p>
      </div>
      <div className={shared.bar}>
        <Button
          size="xs"
          disabled={busy}
          leftSection={<IconDownload size="1rem" stroke={1.7} />}
          onClick={() => void vault.get(version.id, "")}
        >
          Restore
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={busy}
          leftSection={
            pinned ? (
              <IconPinnedOff size="1rem" stroke={1.7} />
            ) : (
              <IconPin size="1rem" stroke={1.7} />
            )
          }
          onClick={() => void vault.pin(version.id, !pinned)}
        >
          {pinned ? "Unpin" : "Pin"}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={busy || pinned}
          title={pinned ? "It is pinned: unpin it first" : undefined}
          className={pinned ? "" : (shared.danger ?? "")}
          leftSection={<IconTrash size="1rem" stroke={1.7} />}
          onClick={() => ask(true)}
        >
          Remove
        </Button>
      </div>
      <Modal
        opened={asked}
        onClose={() => ask(false)}
        title={`Remove this version of ${version.name}?`}
        centered
        transitionProps={{ duration: 150 }}
      >
        <Remove version={version} close={() => ask(false)} />
      </Modal>
    </header>
  );
}

/** Names what is lost. */
function Remove({ version, close }: { version: VaultVersion; close: () => void }) {
  const { vault } = useSession();
  const others = useBrowser((s) => (openGroup(s)?.versions.length ?? 1) - 1);
  const left =
    others === 0
      ? "It is the only version of this path."
      : `${whole(others)} other ${others === 1 ? "version stays" : "versions stay"}.`;
  return (
    <>
      <p className={page.lead}>
        The version of {timeText(version.timeMs)} with {whole(version.files)}{" "}
        {version.files === 1 ? "file" : "files"}, {bytes(version.bytes)}, will be gone for good.{" "}
        {left}
      </p>
      <div className={page.sheet}>
        <Button size="sm" variant="default" data-autofocus onClick={close}>
          Keep it
        </Button>
        <Button
          size="sm"
          color="red"
          onClick={() => {
            close();
            void vault.remove(version.id);
          }}
        >
          Remove
        </Button>
      </div>
    </>
  );
}

const VERSION_ROW = 32;

function Versions({ open }: { open: VaultVersion }) {
  const { vault } = useSession();
  const versions = useBrowser((s) => openGroup(s)?.versions ?? []);
  return (
    <VirtualList
      items={versions}
      keyOf={(v) => v.id}
      label="Versions"
      height={VERSION_ROW}
      className={classes.versions ?? ""}
    >
      {(v) => (
        <UnstyledButton
          className={classes.row}
          aria-current={v.id === open.id || undefined}
          onClick={() => void vault.browser.openVersion(v.id)}
        >
          <span className={classes.pin}>
            {v.pinned && <IconPinFilled size="0.8125rem" aria-label="pinned" />}
          </span>
          <span className={classes.when}>{timeText(v.timeMs)}</span>
          <span className={classes.label}>{v.label}</span>
          <span className={classes.count}>
            {whole(v.files)} {v.files === 1 ? "file" : "files"}
          </span>
          <span className={classes.size}>{bytes(v.bytes)}</span>
        </UnstyledButton>
      )}
    </VirtualList>
  );
}

const ENTRY_ROW = 34;

function Folder({ version }: { version: VaultVersion }) {
  const { entries, sort, cut } = useBrowser((s) => ({
    entries: s.entries,
    sort: s.sort,
    cut: s.cut,
  }));
  return (
    <div className={classes.folder}>
      <Crumbs version={version} />
      <Columns />
      {entries === null && <Loader size="sm" className={classes.wait ?? ""} aria-label="Reading" />}
      {entries?.length === 0 && <p className={classes.note}>This folder is empty.</p>}
      {entries && entries.length > 0 && (
        <VirtualList
          items={sortedEntries(entries, sort)}
          keyOf={(e) => e.key}
          label="In this folder"
          height={ENTRY_ROW}
        >
          {(entry) => <Entry entry={entry} version={version} />}
        </VirtualList>
      )}
      {cut && (
        <p className={classes.note}>
          These are the first 20,000 names; the search finds the others.
        </p>
      )}
    </div>
  );
}

function Crumbs({ version }: { version: VaultVersion }) {
  const { vault } = useSession();
  const trail = useBrowser((s) => s.trail);
  const names = [version.name, ...trail.map((e) => e.name)];
  const keys = ["", ...trail.map((e) => e.key)];
  return (
    <nav className={classes.crumbs} aria-label="Place in the version">
      {names.map((name, i) => (
        <span key={keys.slice(0, i + 1).join("/")}>
          {i > 0 && <i aria-hidden>/</i>}
          {i === trail.length ? (
            <b aria-current="location">{name}</b>
          ) : (
            <Anchor component="button" onClick={() => void vault.browser.climb(i)}>
              {name}
            </Anchor>
          )}
        </span>
      ))}
    </nav>
  );
}

const COLUMNS: readonly (readonly [SortKey, string])[] = [
  ["name", "Name"],
  ["bytes", "Size"],
  ["timeMs", "Changed"],
];

function Columns() {
  const { vault } = useSession();
  const sort = useBrowser((s) => s.sort);
  const Arrow = sort.down ? IconArrowDown : IconArrowUp;
  return (
    <div className={classes.columns}>
      {COLUMNS.map(([by, word]) => (
        <UnstyledButton
          key={by}
          data-by={by}
          aria-label={`Sort by ${word.toLowerCase()}`}
          aria-pressed={sort.by === by}
          onClick={() => vault.browser.sortBy(by)}
        >
          {word}
          {sort.by === by && <Arrow size="0.8125rem" stroke={2} aria-hidden />}
        </UnstyledButton>
      ))}
      <span />
    </div>
  );
}

function Entry({ entry, version }: { entry: VaultEntry; version: VaultVersion }) {
  const { vault } = useSession();
  const open = useBrowser((s) => s.file?.key === entry.key);
  const { browser } = vault;
  return (
    <div className={classes.entry} data-open={open || undefined}>
      <UnstyledButton
        className={classes.enter}
        disabled={entry.kind === "link"}
        aria-current={open || undefined}
        title={entry.kind === "link" ? `${entry.name} → ${entry.target}` : entry.name}
        onClick={() => void browser.enter(entry)}
      >
        <KindIcon kind={entry.kind} />
        <span className={classes.name}>
          {entry.name}
          {entry.kind === "link" && <i> → {entry.target}</i>}
        </span>
      </UnstyledButton>
      <span className={classes.size}>{entry.kind === "link" ? "" : bytes(entry.bytes)}</span>
      <span className={classes.when}>{timeText(entry.timeMs)}</span>
      <ActionIcon
        size="sm"
        variant="subtle"
        aria-label={`Restore ${entry.name}`}
        onClick={() => void vault.get(version.id, browser.placeOf(entry))}
      >
        <IconDownload size="0.9375rem" stroke={1.7} />
      </ActionIcon>
    </div>
  );
}
