import { Button, TextInput, UnstyledButton } from "@mantine/core";
import {
  IconFile,
  IconFiles,
  IconFolder,
  IconFolderPlus,
  IconLink,
  IconPinFilled,
  IconSearch,
} from "@tabler/icons-react";
import type { EntryKind } from "../../bridge/vault.ts";
import { bytes, whole } from "../../core/format.ts";
import { openGroup, type PathGroup } from "../../state/vaultBrowser.ts";
import { age } from "../../state/vaultWords.ts";
import { useBrowser, useSession, useVault } from "../../view/context.ts";
import classes from "./Files.module.css";
import { FoundList } from "./FoundList.tsx";
import shared from "./StorePanel.module.css";
import { Trouble } from "./Trouble.tsx";
import { Version } from "./Version.tsx";
import { VirtualList } from "./VirtualList.tsx";

/** What was put, by path; what is in the version that is open. */
export function Files() {
  const { empty, searching } = useBrowser((s) => ({
    empty: s.groups?.length === 0,
    searching: s.search.trim() !== "",
  }));
  if (empty) return <Empty />;
  return (
    <>
      <div className={classes.side}>
        <Put />
        <Search />
        <Paths />
      </div>
      {searching ? <FoundList /> : <Version />}
    </>
  );
}

function Put() {
  const { vault } = useSession();
  const busy = useVault((s) => s.busy);
  return (
    <div className={classes.put}>
      <Button
        size="xs"
        variant="default"
        disabled={busy}
        leftSection={<IconFolderPlus size="1rem" stroke={1.7} />}
        onClick={() => void vault.put(true)}
      >
        Store a folder
      </Button>
      <Button
        size="xs"
        variant="default"
        disabled={busy}
        leftSection={<IconFiles size="1rem" stroke={1.7} />}
        onClick={() => void vault.put(false)}
      >
        Store files
      </Button>
    </div>
  );
}

function Empty() {
  return (
    <div className={shared.start}>
      <div className={shared.empty}>
        <IconFolderPlus size="2rem" stroke={1.4} aria-hidden />
        <h3>Nothing is stored yet</h3>
        <p>
          Drop files or folders onto this window, or choose them. Put them again whenever they have
          changed: each version is kept, and takes only the room of what is new in it.
        </p>
        <Put />
      </div>
    </div>
  );
}

function Search() {
  const { vault } = useSession();
  const search = useBrowser((s) => s.search);
  return (
    <TextInput
      size="xs"
      className={classes.search ?? ""}
      aria-label="Search paths and names"
      placeholder="Search paths and names"
      leftSection={<IconSearch size="1rem" stroke={1.7} />}
      value={search}
      onChange={(event) => vault.browser.searchFor(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || search === "") return;
        event.stopPropagation();
        event.preventDefault();
        vault.browser.searchFor("");
      }}
    />
  );
}

const PATH_ROW = 52;

function Paths() {
  const { groups, more, damage } = useBrowser((s) => ({
    groups: s.groups,
    more: s.more,
    damage: s.damage,
  }));
  const open = useBrowser((s) => openGroup(s)?.path);
  if (!groups) return null;
  return (
    <>
      {damage && <Trouble fault={damage} />}
      <VirtualList
        items={groups}
        keyOf={(g) => g.path}
        label="Stored paths"
        height={PATH_ROW}
        className={classes.paths ?? ""}
      >
        {(group) => <Path group={group} open={group.path === open} />}
      </VirtualList>
      {more && <p className={classes.note}>Only the 20,000 newest versions are shown.</p>}
    </>
  );
}

function Path({ group, open }: { group: PathGroup; open: boolean }) {
  const { vault } = useSession();
  const [newest] = group.versions;
  if (!newest) return null;
  const pinned = group.versions.some((v) => v.pinned);
  const count = group.versions.length;
  return (
    <UnstyledButton
      className={classes.path}
      aria-current={open || undefined}
      title={group.path}
      onClick={() => void vault.browser.openVersion(newest.id)}
    >
      <KindIcon kind={newest.kind} />
      <span className={classes.words}>
        <span className={classes.name}>
          <b>{group.name}</b>
          {pinned && <IconPinFilled size="0.8125rem" aria-label="pinned" />}
        </span>
        <span className={classes.dim}>
          {bytes(newest.bytes)} · {age(newest.timeMs, Date.now())}
          {count > 1 && ` · ${whole(count)} versions`}
        </span>
      </span>
    </UnstyledButton>
  );
}

const KIND_WORDS: Record<EntryKind, string> = { file: "File", folder: "Folder", link: "Link" };

export function KindIcon({ kind }: { kind: EntryKind }) {
  const Icon = kind === "folder" ? IconFolder : kind === "link" ? IconLink : IconFile;
  return (
    <Icon
      size="1.125rem"
      stroke={1.6}
      className={classes.kind}
      data-kind={kind}
      aria-label={KIND_WORDS[kind]}
    />
  );
}
