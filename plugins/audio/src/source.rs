use std::io::Cursor;

use inos_sdk::{Call, Error};
use symphonia::core::audio::GenericAudioBufferRef;
use symphonia::core::codecs::audio::well_known as codec;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error as Trouble;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};

use crate::block::Block;

/// Channels of a sound: 7.1 and less.
pub(crate) const MAX_CHANNELS: usize = 8;
/// Frames a second.
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 1000..=384_000;
/// A file of more is refused where this is passed.
const MAX_HOURS: u64 = 24;

/// How samples lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Whole numbers of so many bits.
    Bits(u32),
    /// Floating point.
    Float,
    /// As something else that sounds alike: MP3, AAC, Vorbis, ADPCM.
    Lossy,
}

/// What a file says of its sound.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub rate: u32,
    pub channels: usize,
    pub depth: Depth,
    /// Frames that are likely to come; 0: nobody knows. A file may tell it wrongly.
    pub expected: u64,
}

impl Spec {
    pub fn seconds(&self, frames: u64) -> f64 {
        frames as f64 / f64::from(self.rate)
    }

    /// The frame nearest to a time.
    pub fn frame(&self, seconds: f64) -> u64 {
        (seconds * f64::from(self.rate)).round() as u64
    }
}

/// A sound file that is being read, packet by packet.
pub(crate) struct Source<'s> {
    pub spec: Spec,
    name: String,
    track: u32,
    reader: Box<dyn FormatReader + 's>,
    decoder: Box<dyn AudioDecoder>,
    bytes: u64,
    frames: u64,
    packets: u64,
    damaged: u64,
}

impl<'s> Source<'s> {
    /// Reads the head of a file. `index` is the number of the input, for what is said of it.
    pub fn open(index: u32, bytes: &'s [u8]) -> Result<Self, Error> {
        let name = match index {
            0 => "the sound".to_string(),
            _ => format!("sound {}", index + 1),
        };
        if bytes.is_empty() {
            return Err(Error::invalid(format!("{name} is empty: no bytes")));
        }
        let stream = MediaSourceStream::new(Box::new(Cursor::new(bytes)), stream_options());
        let reader = symphonia::default::get_probe()
            .probe(&Hint::new(), stream, Default::default(), Default::default())
            .map_err(|e| unreadable(&name, &e))?;
        let track = reader
            .default_track(TrackType::Audio)
            .ok_or_else(|| Error::invalid(format!("{name} has no track of sound")))?;
        let params = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| Error::invalid(format!("{name} does not say how it is coded")))?;
        refuse_absurd(&name, params)?;
        let depth = depth(params);
        let decoder = symphonia::default::get_codecs()
            .make_audio_decoder(params, &AudioDecoderOptions::default())
            .map_err(|e| unreadable(&name, &e))?;
        let spec = Spec {
            rate: params.sample_rate.unwrap_or(0),
            channels: params.channels.as_ref().map_or(0, |c| c.count()),
            depth,
            expected: track.num_frames.unwrap_or(0),
        };
        let track = track.id;
        let mut source = Self {
            spec,
            name,
            track,
            reader,
            decoder,
            bytes: bytes.len() as u64,
            frames: 0,
            packets: 0,
            damaged: 0,
        };
        source.complete()?;
        Ok(source)
    }

    /// Some containers leave rate and channels to the first packet.
    fn complete(&mut self) -> Result<(), Error> {
        let name = &self.name;
        if self.spec.rate == 0 || self.spec.channels == 0 {
            return Err(Error::invalid(format!(
                "{name} does not say its rate and its channels"
            )));
        }
        if !RATES.contains(&self.spec.rate) {
            return Err(Error::invalid(format!(
                "{name} has {} frames a second; {} to {} can be read",
                self.spec.rate,
                RATES.start(),
                RATES.end()
            )));
        }
        if self.spec.channels > MAX_CHANNELS {
            return Err(Error::invalid(format!(
                "{name} has {} channels; at most {MAX_CHANNELS} can be read",
                self.spec.channels
            )));
        }
        Ok(())
    }

    /// Reads the next frames into `block`; false: there are no more. Tells how far it is.
    pub fn read(&mut self, call: &Call, block: &mut Block) -> Result<bool, Error> {
        block.planes.resize(self.spec.channels, Vec::new());
        block.clear();
        loop {
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return self.end(),
                // A file that was cut off: what came before counts.
                Err(Trouble::IoError(_) | Trouble::ResetRequired) => return self.end(),
                Err(e) => return Err(self.broken(&e)),
            };
            if packet.track_id != self.track {
                continue;
            }
            self.packets += 1;
            let lossy = self.spec.depth == Depth::Lossy;
            match self.decoder.decode(&packet) {
                Ok(sound) => copy(&self.name, &self.spec, &sound, block)?,
                // What was lost of a broadcast: silence, so that the time stays right.
                Err(Trouble::DecodeError(_) | Trouble::IoError(_)) if lossy => {
                    self.damaged += 1;
                    let frames = packet.dur.get().min(1 << 16) as usize;
                    *block = Block::silence(self.spec.channels, frames);
                }
                Err(e) => return Err(self.broken(&e)),
            }
            if block.frames() > 0 {
                break;
            }
        }
        self.frames += block.frames() as u64;
        if self.frames > u64::from(self.spec.rate) * 3600 * MAX_HOURS {
            return Err(Error::invalid(format!(
                "{} is longer than {MAX_HOURS} hours",
                self.name
            )));
        }
        if self.packets & 15 == 0 {
            call.progress(self.packets, 0)?;
        }
        Ok(true)
    }

    /// Frames from here to the end by what packets say, without decoding them.
    pub fn length(mut self, call: &Call) -> Result<u64, Error> {
        let base = self.ticks_per_frame();
        let (mut ticks, mut packets) = (0u64, 0u64);
        while let Ok(Some(packet)) = self.reader.next_packet() {
            if packet.track_id == self.track {
                ticks = ticks.saturating_add(packet.dur.get());
            }
            packets += 1;
            if packets & 255 == 0 {
                call.progress(packets, 0)?;
            }
        }
        Ok((ticks as f64 / base).ceil() as u64)
    }

    /// Containers may count time in other units than frames.
    fn ticks_per_frame(&self) -> f64 {
        let tracks = self.reader.tracks();
        let track = tracks.iter().find(|track| track.id == self.track);
        let base = track.and_then(|track| track.time_base);
        base.map_or(1.0, |base| {
            f64::from(base.denom.get()) / f64::from(base.numer.get()) / f64::from(self.spec.rate)
        })
    }

    fn end(&self) -> Result<bool, Error> {
        if self.damaged > 0 && self.damaged == self.packets {
            return Err(Error::invalid(format!(
                "{} has no packet that can be decoded",
                self.name
            )));
        }
        Ok(false)
    }

    fn broken(&self, e: &Trouble) -> Error {
        Error::invalid(format!(
            "{} is damaged behind frame {}: {e}",
            self.name, self.frames
        ))
    }

    /// Frames read so far.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// Packets that could not be decoded.
    pub fn damaged(&self) -> u64 {
        self.damaged
    }

    /// Bytes of the whole file.
    pub fn byte_len(&self) -> u64 {
        self.bytes
    }

    pub fn reader(&mut self) -> &mut dyn FormatReader {
        &mut *self.reader
    }

    pub fn codec(&self) -> &'static str {
        self.decoder.codec_info().short_name
    }
}

/// Reads input `index` block by block.
pub(crate) fn each_block(
    call: &Call,
    index: u32,
    mut f: impl FnMut(&Spec, &mut Block) -> Result<(), Error>,
) -> Result<Spec, Error> {
    let file = call.input(index)?;
    let mut source = Source::open(index, file.bytes()?)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        f(&source.spec, &mut block)?;
    }
    Ok(source.spec)
}

fn stream_options() -> MediaSourceStreamOptions {
    MediaSourceStreamOptions::default()
}

fn unreadable(name: &str, e: &Trouble) -> Error {
    Error::invalid(match e {
        Trouble::IoError(_) => format!("{name} ends before its sound begins"),
        Trouble::Unsupported(what) => format!(
            "{name} cannot be read ({what}); WAV, FLAC, MP3, Ogg Vorbis, AAC, ALAC and AIFF can"
        ),
        _ => format!("{name} cannot be read: {e}"),
    })
}

/// Some decoders take memory by what the head says.
fn refuse_absurd(name: &str, params: &AudioCodecParameters) -> Result<(), Error> {
    const MOST: u64 = 1 << 20;
    if params.max_frames_per_packet.is_some_and(|n| n > MOST)
        || params.frames_per_block.is_some_and(|n| n > MOST)
    {
        return Err(Error::invalid(format!(
            "{name} has packets of more than {MOST} frames"
        )));
    }
    Ok(())
}

/// Floats may hold anything. What is no number is silence, so that no op has to reckon with it.
fn tamed(sample: f32) -> f32 {
    const MOST: f32 = 1e6;
    if sample.is_finite() {
        sample.clamp(-MOST, MOST)
    } else {
        0.0
    }
}

fn depth(params: &AudioCodecParameters) -> Depth {
    let c = params.codec;
    let floats = codec::CODEC_ID_PCM_F32LE..=codec::CODEC_ID_PCM_F64BE_PLANAR;
    let whole = codec::CODEC_ID_PCM_S32LE..=codec::CODEC_ID_PCM_U8_PLANAR;
    if floats.contains(&c) {
        return Depth::Float;
    }
    if c == codec::CODEC_ID_ALAC {
        // Its description of itself: the length of a packet, a version, and the bits.
        let bits = params.extra_data.as_ref().and_then(|d| d.get(5));
        return Depth::Bits(bits.map_or(16, |bits| u32::from(*bits)));
    }
    match params.bits_per_sample {
        Some(bits) if whole.contains(&c) || c == codec::CODEC_ID_FLAC => Depth::Bits(bits),
        _ => Depth::Lossy,
    }
}

fn copy(
    name: &str,
    spec: &Spec,
    sound: &GenericAudioBufferRef<'_>,
    block: &mut Block,
) -> Result<(), Error> {
    let (rate, channels) = (sound.spec().rate(), sound.spec().channels().count());
    if sound.is_empty() {
        return Ok(());
    }
    if rate != spec.rate || channels != spec.channels {
        return Err(Error::invalid(format!(
            "{name} changes from {} Hz and {} channels to {rate} Hz and {channels}",
            spec.rate, spec.channels
        )));
    }
    sound.copy_to_vecs_planar::<f32>(&mut block.planes);
    if !matches!(spec.depth, Depth::Bits(_)) {
        block.each(tamed);
    }
    Ok(())
}
