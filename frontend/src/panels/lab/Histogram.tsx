import { Loader } from "@mantine/core";
import { useEffect, useState } from "react";
import { type LabItem, readAll } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { figure, whole } from "../../core/format.ts";
import { type Counts, countPixels, outline } from "../../state/labHistogram.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./Histogram.module.css";

/** Larger pictures are drawn smaller before they are counted. */
const MAX_SIDE = 1024;
const CHANNELS = ["red", "green", "blue"] as const;

/** How many pixels have which value, of each colour. */
export function Histogram({ item }: { item: LabItem }) {
  const [counts, setCounts] = useState<Counts | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const scale = Math.min(1, MAX_SIDE / Math.max(item.width, item.height));
  useEffect(() => {
    let wanted = true;
    count(item, scale).then(
      (c) => wanted && setCounts(c),
      (error) => wanted && setFault(faultOf(error)),
    );
    return () => {
      wanted = false;
    };
  }, [item, scale]);
  if (fault) return <Trouble fault={fault} />;
  if (!counts) return <Loader size="sm" aria-label="Counting" />;
  return (
    <figure className={classes.histogram}>
      <svg viewBox="0 0 256 100" preserveAspectRatio="none" role="img" aria-label={words(counts)}>
        {CHANNELS.map((channel) => (
          <path key={channel} d={outline(counts[channel], counts.highest)} data-channel={channel} />
        ))}
        <path d={outline(counts.light, counts.highest)} data-channel="light" />
      </svg>
      <figcaption>
        <span>0</span>
        {CHANNELS.map((channel) => (
          <span key={channel} data-channel={channel}>
            {channel}: mean {figure(counts.mean[channel])}
          </span>
        ))}
        <span data-channel="light">light: mean {figure(counts.mean.light)}</span>
        <span>255</span>
      </figcaption>
      <p>
        {whole(counts.pixels)} pixels
        {scale < 1 && ", of the picture made smaller; the op image.histogram counts all"}
      </p>
    </figure>
  );
}

function words({ mean }: Counts): string {
  return `Histogram: mean of red ${figure(mean.red)}, green ${figure(mean.green)}, blue ${figure(mean.blue)}`;
}

async function count(item: LabItem, scale: number): Promise<Counts> {
  const bitmap = await createImageBitmap(await readAll(item));
  const width = Math.max(1, Math.round(bitmap.width * scale));
  const height = Math.max(1, Math.round(bitmap.height * scale));
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this window has no canvas to draw on");
  context.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return countPixels(context.getImageData(0, 0, width, height).data);
}
