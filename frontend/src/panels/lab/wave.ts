import WaveSurfer from "wavesurfer.js";
import WebAudioPlayer from "wavesurfer.js/dist/webaudio.js";
import Spectrogram from "wavesurfer.js/plugins/spectrogram";
import { type Scheme, SHELL } from "../../core/theme.ts";
import { heatBytes } from "../../state/labHeat.ts";
import type { Wav } from "../../state/labWav.ts";
import { rootSize } from "../plot.ts";

export interface Wave {
  canPlay: boolean;
  toggle(): void;
  close(): void;
}

interface Told {
  onTime: (seconds: number) => void;
  onPlaying: (playing: boolean) => void;
}

const WAVE_REM = 7;
const SPECTROGRAM_REM = 12;
const FFT_SAMPLES = 1024;
const SHADES = 256;

/** Draws a sound that was decoded already: neither drawing nor playing asks the window for a codec. */
export function openWave(place: HTMLElement, wav: Wav, scheme: Scheme, told: Told): Wave {
  const colours = SHELL[scheme];
  const player = playerOf(wav);
  const spectrogram = Spectrogram.create({
    labels: true,
    height: SPECTROGRAM_REM * rootSize(),
    fftSamples: FFT_SAMPLES,
    windowFunc: "hann",
    labelsColor: colours.textDim,
    labelsHzColor: colours.textDim,
    labelsBackground: "transparent",
    colorMap: Array.from({ length: SHADES }, (_, i) =>
      heatBytes(scheme, i, 0, SHADES - 1).map((v) => v / 255),
    ),
  });
  const surfer = WaveSurfer.create({
    container: place,
    height: WAVE_REM * rootSize(),
    waveColor: colours.textDim,
    progressColor: colours.accent,
    cursorColor: colours.text,
    barWidth: 2,
    barGap: 1,
    peaks: wav.channels.slice(0, 2),
    duration: wav.seconds,
    plugins: [spectrogram],
    ...(player ? { media: player as unknown as HTMLMediaElement } : {}),
  });
  surfer.on("timeupdate", told.onTime);
  surfer.on("play", () => told.onPlaying(true));
  surfer.on("pause", () => told.onPlaying(false));
  surfer.on("finish", () => told.onPlaying(false));
  return {
    canPlay: player !== null,
    toggle: () => void surfer.playPause(),
    close: () => {
      surfer.destroy();
      player?.destroy();
    },
  };
}

/** Plays samples that are there already; null: there is nothing to hear with. */
function playerOf(wav: Wav): WebAudioPlayer | null {
  try {
    const context = new AudioContext();
    const buffer = context.createBuffer(
      wav.channels.length,
      wav.channels[0]?.length ?? 1,
      wav.rate,
    );
    wav.channels.forEach((samples, i) => {
      buffer.copyToChannel(samples, i);
    });
    const player = new WebAudioPlayer(context);
    // What its own loading would put there after decoding.
    (player as unknown as { buffer: AudioBuffer }).buffer = buffer;
    return player;
  } catch {
    return null;
  }
}
