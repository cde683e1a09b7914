import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { IconArrowsDiff, IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import { type PointerEvent, useEffect, useRef, useState } from "react";
import type { LabItem } from "../../bridge/lab.ts";
import { percent } from "../../core/format.ts";
import { fitScale, nextZoom } from "../../state/labZoom.ts";
import classes from "./PictureView.module.css";

/** Beyond this a pixel is a square. */
const SHARP = 2;

interface Props {
  item: LabItem;
  /** What it was made of. */
  before: LabItem | null;
}

/** A picture: as large as there is room, or by steps; beside it what it was made of. */
export function PictureView({ item, before }: Props) {
  const [zoom, setZoom] = useState<number | null>(null);
  const [comparing, compare] = useState(false);
  const { ref, width, height } = useElementSize<HTMLElement>();
  const fit = fitScale(item, width, height);
  const scale = zoom ?? fit;
  const other = before?.kind === "picture" && before.id !== item.id ? before : null;
  const step = (way: 1 | -1) => setZoom(nextZoom(scale, way));
  return (
    <div className={classes.view}>
      <div className={classes.tools} role="toolbar" aria-label="Picture">
        <Tooltip label="Smaller">
          <ActionIcon variant="subtle" color="gray" aria-label="Smaller" onClick={() => step(-1)}>
            <IconZoomOut size="1.125rem" stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <span className={classes.scale}>{percent(100 * scale)}</span>
        <Tooltip label="Larger">
          <ActionIcon variant="subtle" color="gray" aria-label="Larger" onClick={() => step(1)}>
            <IconZoomIn size="1.125rem" stroke={1.7} />
          </ActionIcon>
        </Tooltip>
        <Button
          size="compact-xs"
          variant="default"
          aria-pressed={zoom === null}
          onClick={() => setZoom(null)}
        >
          Fit
        </Button>
        <Button
          size="compact-xs"
          variant="default"
          aria-pressed={zoom === 1}
          onClick={() => setZoom(1)}
        >
          1:1
        </Button>
        {other && (
          <Button
            size="compact-xs"
            variant={comparing ? "filled" : "default"}
            aria-pressed={comparing}
            leftSection={<IconArrowsDiff size="0.875rem" stroke={1.8} />}
            onClick={() => compare(!comparing)}
          >
            Compare with input
          </Button>
        )}
      </div>
      <Frame onZoom={step} measure={ref} name={item.name}>
        <div
          className={classes.picture}
          data-sharp={scale >= SHARP || undefined}
          style={{ width: item.width * scale, height: item.height * scale }}
        >
          <Drawn item={item} />
          {comparing && other && <Over item={other} />}
        </div>
      </Frame>
    </div>
  );
}

interface FrameProps {
  name: string;
  onZoom: (way: 1 | -1) => void;
  measure: (element: HTMLElement | null) => void;
  children: React.ReactNode;
}

/** Moves the picture under the pointer; the wheel makes it larger and smaller. */
function Frame({ name, onZoom, measure, children }: FrameProps) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const move = (event: PointerEvent<HTMLElement>) => {
    if (!from.current) return;
    event.currentTarget.scrollBy(from.current.x - event.clientX, from.current.y - event.clientY);
    from.current = { x: event.clientX, y: event.clientY };
  };
  const frame = useRef<HTMLElement | null>(null);
  const zoom = useRef(onZoom);
  zoom.current = onZoom;
  useEffect(() => {
    const wheel = (event: WheelEvent) => {
      event.preventDefault(); // else it would scroll, too
      zoom.current(event.deltaY < 0 ? 1 : -1);
    };
    const element = frame.current;
    element?.addEventListener("wheel", wheel, { passive: false });
    return () => element?.removeEventListener("wheel", wheel);
  }, []);
  return (
    <section
      className={classes.frame}
      ref={(element) => {
        frame.current = element;
        measure(element);
      }}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
      tabIndex={0}
      aria-label={`Picture ${name}`}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, y: event.clientY };
      }}
      onPointerMove={move}
      onPointerUp={() => {
        from.current = null;
      }}
      onPointerLeave={() => {
        from.current = null;
      }}
    >
      {children}
    </section>
  );
}

function Drawn({ item }: { item: LabItem }) {
  const [broken, setBroken] = useState("");
  if (broken === item.id) {
    return <p className={classes.broken}>It cannot be drawn: it is damaged, or cut short.</p>;
  }
  return (
    <img src={item.url} alt={item.name} draggable={false} onError={() => setBroken(item.id)} />
  );
}

/** The input over the result, up to a line that is moved. */
function Over({ item }: { item: LabItem }) {
  const [at, setAt] = useState(50);
  return (
    <div className={classes.over} style={{ "--at": `${at}%` } as object}>
      <img src={item.url} alt={`Input ${item.name}`} draggable={false} />
      <span className={classes.line} aria-hidden="true" />
      <input
        type="range"
        min={0}
        max={100}
        step={0.5}
        value={at}
        aria-label="How much of the input is shown"
        aria-valuetext={`input ${Math.round(at)} %, result ${Math.round(100 - at)} %`}
        onChange={(event) => setAt(event.target.valueAsNumber)}
        onPointerDown={(event) => event.stopPropagation()}
      />
    </div>
  );
}
