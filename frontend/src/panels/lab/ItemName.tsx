import { IconBinary, IconFileText, IconPhoto, IconTable, IconWaveSine } from "@tabler/icons-react";
import type { LabItem } from "../../bridge/lab.ts";
import { bytes, whole } from "../../core/format.ts";
import classes from "./ItemName.module.css";

const ICONS = {
  picture: IconPhoto,
  sound: IconWaveSine,
  table: IconTable,
  text: IconFileText,
  bytes: IconBinary,
};

/** A file with what kind it is, and how large. */
export function ItemName({ item, brief = false }: { item: LabItem; brief?: boolean }) {
  const Icon = ICONS[item.kind];
  return (
    <span className={classes.item} title={`${item.name} (${item.media})`}>
      <Icon size="1rem" stroke={1.7} aria-hidden />
      <b>{item.name}</b>
      <small>{brief && item.kind === "picture" ? pixelsOf(item) : figuresOf(item)}</small>
    </span>
  );
}

function figuresOf(item: LabItem): string {
  const size = bytes(item.bytes);
  return item.kind === "picture" ? `${pixelsOf(item)} · ${size}` : size;
}

function pixelsOf({ width, height }: LabItem): string {
  return `${whole(width)} × ${whole(height)} px`;
}
