import { Anchor, Loader, SegmentedControl, Table, UnstyledButton } from "@mantine/core";
import { type CSSProperties, useState } from "react";
import type { VaultStat } from "../../bridge/vault.ts";
import { bytes, figure, percent, whole } from "../../core/format.ts";
import { treemap } from "../../state/treemap.ts";
import { openVersion } from "../../state/vaultBrowser.ts";
import { useBrowser, useSession, useVault } from "../../view/context.ts";
import { Room } from "./Room.tsx";
import shared from "./StorePanel.module.css";
import classes from "./Usage.module.css";

/** What takes the room. */
export function Usage() {
  const { usage, space } = useVault((s) => ({
    usage: s.usage,
    space: s.status?.spaces.find((x) => x.id === s.space),
  }));
  return (
    <div className={shared.page}>
      {space && <Room space={space} />}
      {usage ? <Figures stat={usage} /> : <Loader size="sm" aria-label="Counting" />}
      <Shares />
    </div>
  );
}

function Figures({ stat }: { stat: VaultStat }) {
  const dense = stat.unique > 0 ? (100 * stat.dense) / stat.unique : 0;
  const rows = [
    ["All versions", bytes(stat.content), `${whole(stat.versions)} of them, as if each were alone`],
    [
      "Different content",
      bytes(stat.unique),
      `equal pieces once: ${figure(stat.dedup)} times less`,
    ],
    ["Compressed", `${figure(stat.compression)} times`, `${percent(dense)} at the highest level`],
    ["On the disk", bytes(stat.stored), `${bytes(stat.unused)} of it unused, free on request`],
  ] as const;
  return (
    <dl className={classes.figures}>
      {rows.map(([name, value, doc]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
          <dd className={classes.doc}>{doc}</dd>
        </div>
      ))}
    </dl>
  );
}

/** A part of the whole: a path, or a name in a folder. */
interface Part {
  key: string;
  name: string;
  bytes: number;
  folder: boolean;
  open?: () => void;
}

/** More have too little room to be seen. */
const MAX_TILES = 120;

function Shares() {
  const [table, setTable] = useState(false);
  const { inside, parts } = useParts();
  const ranked = parts.filter((p) => p.bytes > 0).toSorted((a, b) => b.bytes - a.bytes);
  const rest = ranked.slice(MAX_TILES);
  const others = rest.reduce((sum, p) => sum + p.bytes, 0);
  const shown = ranked.slice(0, MAX_TILES);
  if (rest.length > 0) {
    shown.push({ key: "*", name: `${whole(rest.length)} others`, bytes: others, folder: false });
  }
  const all = ranked.reduce((sum, p) => sum + p.bytes, 0);
  return (
    <section className={classes.shares} aria-label="What takes the room">
      <header className={classes.bar}>
        <Trail inside={inside} />
        <SegmentedControl
          size="xs"
          aria-label="How the shares are shown"
          value={table ? "table" : "map"}
          data={[
            { value: "map", label: "Map" },
            { value: "table", label: "Table" },
          ]}
          onChange={(value) => setTable(value === "table")}
        />
      </header>
      {ranked.length === 0 && <p>Nothing here takes any room.</p>}
      {table ? <Rows parts={shown} all={all} /> : <Tiles parts={shown} all={all} />}
    </section>
  );
}

/** Paths with their newest versions, or what is in the folder that was entered. */
function useParts(): { inside: boolean; parts: readonly Part[] } {
  const { vault } = useSession();
  const { groups, entries } = useBrowser((s) => ({ groups: s.groups, entries: s.entries }));
  const [inside, enter] = [useVault((s) => s.inside), vault.goInside];
  if (!inside) {
    const parts = (groups ?? []).flatMap(({ path, name, versions: [newest] }) => {
      if (!newest) return [];
      const folder = newest.kind === "folder";
      const part: Part = { key: path, name, bytes: newest.bytes, folder };
      if (folder) part.open = () => enter(newest.id);
      return [part];
    });
    return { inside, parts };
  }
  const parts = (entries ?? []).map((e) => {
    const part: Part = { key: e.key, name: e.name, bytes: e.bytes, folder: e.kind === "folder" };
    if (part.folder) part.open = () => void vault.browser.enter(e);
    return part;
  });
  return { inside, parts };
}

function Trail({ inside }: { inside: boolean }) {
  const { vault } = useSession();
  const trail = useBrowser((s) => s.trail);
  const version = useBrowser(openVersion);
  if (!inside) return <h4>By path, the newest version of each</h4>;
  return (
    <nav className={classes.trail} aria-label="Place in the version">
      <Anchor component="button" onClick={() => vault.goInside("")}>
        All paths
      </Anchor>
      {[version?.name ?? "", ...trail.map((e) => e.name)].map((name, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the depth is what it is
        <span key={i}>
          <i aria-hidden>/</i>
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

const WHOLE = { x: 0, y: 0, width: 200, height: 100 };

function Tiles({ parts, all }: { parts: readonly Part[]; all: number }) {
  const tiles = treemap(parts, (p) => p.bytes, WHOLE);
  return (
    <ul className={classes.map} aria-label="Map of what takes the room">
      {tiles.map(({ item, x, y, width, height }) => {
        const share = percent((100 * item.bytes) / all);
        const place = {
          left: `${x / 2}%`,
          top: `${y}%`,
          width: `${width / 2}%`,
          height: `${height}%`,
          "--share": Math.sqrt(item.bytes / all),
        } as CSSProperties;
        return (
          <li key={item.key} style={place}>
            <UnstyledButton
              className={classes.tile}
              data-folder={item.folder || undefined}
              disabled={!item.open}
              title={`${item.name}: ${bytes(item.bytes)}, ${share}`}
              aria-label={`${item.name}: ${bytes(item.bytes)}, ${share}`}
              onClick={item.open}
            >
              <b>{item.name}</b>
              <span>{bytes(item.bytes)}</span>
            </UnstyledButton>
          </li>
        );
      })}
    </ul>
  );
}

function Rows({ parts, all }: { parts: readonly Part[]; all: number }) {
  return (
    <Table className={classes.table ?? ""} aria-label="What takes the room">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Name</Table.Th>
          <Table.Th>Size</Table.Th>
          <Table.Th>Share</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {parts.map((part) => (
          <Table.Tr key={part.key}>
            <Table.Td>
              {part.open ? (
                <Anchor component="button" onClick={part.open}>
                  {part.name}
                </Anchor>
              ) : (
                part.name
              )}
            </Table.Td>
            <Table.Td>{bytes(part.bytes)}</Table.Td>
            <Table.Td>{percent((100 * part.bytes) / all)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
