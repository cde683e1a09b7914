import { Button, Loader } from "@mantine/core";
import { IconPlayerPauseFilled, IconPlayerPlayFilled } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { type LabItem, readAll } from "../../bridge/lab.ts";
import { type Fault, faultOf } from "../../core/fault.ts";
import { bytes, whole } from "../../core/format.ts";
import { parseWav, timeText, type Wav } from "../../state/labWav.ts";
import { schemeOf } from "../../state/store.ts";
import { useApp } from "../../view/context.ts";
import { Trouble } from "../store/Trouble.tsx";
import classes from "./SoundView.module.css";
import { openWave, type Wave } from "./wave.ts";

/** Longer sounds are not decoded for a picture of them. */
const MAX_BYTES = 256 << 20;

/** A sound as wave and spectrogram, and its player. */
export function SoundView({ item }: { item: LabItem }) {
  const [wav, setWav] = useState<Wav | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const long = item.bytes > MAX_BYTES;
  useEffect(() => {
    if (long) return;
    let wanted = true;
    readAll(item)
      .then((blob) => blob.arrayBuffer())
      .then((buffer) => wanted && setWav(parseWav(buffer)))
      .catch((error) => wanted && setFault({ ...faultOf(error), subject: item.name }));
    return () => {
      wanted = false;
    };
  }, [item, long]);
  if (fault) return <Trouble fault={fault} />;
  if (long) return <p>It is longer than {bytes(MAX_BYTES)}: save it and listen to it elsewhere.</p>;
  if (!wav) return <Loader size="sm" aria-label="Decoding" />;
  return <Player wav={wav} name={item.name} />;
}

function Player({ wav, name }: { wav: Wav; name: string }) {
  const scheme = useApp(schemeOf);
  const place = useRef<HTMLDivElement>(null);
  const wave = useRef<Wave | null>(null);
  const [playing, setPlaying] = useState(false);
  const [at, setAt] = useState(0);
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    if (!place.current) return;
    const opened = openWave(place.current, wav, scheme, { onTime: setAt, onPlaying: setPlaying });
    wave.current = opened;
    setSilent(!opened.canPlay);
    return () => {
      wave.current = null;
      opened.close();
    };
  }, [wav, scheme]);
  const channels = wav.channels.length === 1 ? "mono" : `${wav.channels.length} channels`;
  return (
    <div className={classes.sound}>
      <div className={classes.tools}>
        <Button
          size="compact-sm"
          leftSection={
            playing ? (
              <IconPlayerPauseFilled size="0.875rem" />
            ) : (
              <IconPlayerPlayFilled size="0.875rem" />
            )
          }
          disabled={silent}
          onClick={() => wave.current?.toggle()}
        >
          {playing ? "Pause" : "Play"}
        </Button>
        <span className={classes.time}>
          {timeText(at)} of {timeText(wav.seconds)}
        </span>
        <span>
          {whole(wav.rate)} Hz · {channels} · {wav.format}
        </span>
      </div>
      {silent && <p>This window has no sound output: the sound can be looked at and saved.</p>}
      <div
        ref={place}
        className={classes.wave}
        role="img"
        aria-label={`Wave and spectrogram of ${name}, ${timeText(wav.seconds)}`}
      />
    </div>
  );
}
