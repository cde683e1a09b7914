use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::flac::Encoder;
use crate::growing::Growing;
use crate::source::{Depth, MAX_CHANNELS, RATES, Spec};
use crate::wav::{self, Width};

/// Frames that are made into bytes at a time.
const PIECE: usize = 4096;

/// A sound file that is being written.
pub(crate) struct Sink<'c> {
    bytes: Growing<'c>,
    form: Form,
    rate: u32,
    channels: usize,
    frames: u64,
    clipped: u64,
    whole: Vec<Vec<i32>>,
}

enum Form {
    Wav(Width),
    Flac(Box<Encoder>),
}

impl<'c> Sink<'c> {
    /// Begins output 0 in the format that the parameters from `at` on ask for: `format` and `bits`.
    pub fn create(call: &'c Call, at: u32, spec: &Spec) -> Result<Self, Error> {
        Self::create_at(call, at, 0, spec)
    }

    /// Begins another output.
    pub fn create_at(call: &'c Call, at: u32, output: u32, spec: &Spec) -> Result<Self, Error> {
        let (rate, channels) = (spec.rate, spec.channels);
        if !RATES.contains(&rate) || channels == 0 || channels > MAX_CHANNELS {
            return Err(Error::invalid(format!(
                "{rate} Hz with {channels} channels cannot be written"
            )));
        }
        let flac = call.params().choice(at)? == 1;
        let width = width(call.params().choice(at + 1)?, spec.depth, flac);
        let media = if flac { "audio/flac" } else { "audio/wav" };
        let mut bytes = Growing::new(call, output, media)?;
        let form = if flac {
            let encoder = Encoder::new(rate, channels, width.bytes() as u32 * 8);
            bytes.more(Encoder::HEAD)?;
            Form::Flac(Box::new(encoder))
        } else {
            let head = wav::head(rate, channels, width, 0);
            bytes.more(head.len())?.copy_from_slice(&head);
            Form::Wav(width)
        };
        let mut sink = Self {
            bytes,
            form,
            rate,
            channels,
            frames: 0,
            clipped: 0,
            whole: vec![Vec::new(); channels],
        };
        sink.expect(spec.expected);
        Ok(sink)
    }

    /// Makes room for so many frames.
    fn expect(&mut self, frames: u64) {
        if let Form::Wav(width) = self.form {
            let bytes = frames.saturating_mul((self.channels * width.bytes()) as u64);
            // The head, and a byte at the end.
            let bytes = bytes.saturating_add(128);
            self.bytes
                .expect(usize::try_from(bytes).unwrap_or(usize::MAX));
        }
    }

    pub fn write(&mut self, block: &Block) -> Result<(), Error> {
        let frames = block.frames();
        let mut start = 0;
        while start < frames {
            let end = frames.min(start + PIECE);
            self.write_piece(block, start, end)?;
            start = end;
        }
        self.frames += frames as u64;
        Ok(())
    }

    fn write_piece(&mut self, block: &Block, start: usize, end: usize) -> Result<(), Error> {
        match &mut self.form {
            Form::Wav(width) => {
                let bytes = (end - start) * self.channels * width.bytes();
                let out = self.bytes.more(bytes)?;
                let planes: Vec<&[f32]> = block.planes.iter().map(|p| &p[start..end]).collect();
                match width {
                    Width::Float => write_floats(&planes, out),
                    Width::Two => self.clipped += write_16(&planes, out),
                    Width::Three => self.clipped += write_24(&planes, out),
                }
            }
            Form::Flac(encoder) => {
                for (plane, whole) in block.planes.iter().zip(&mut self.whole) {
                    whole.clear();
                    self.clipped += quantise(&plane[start..end], encoder.bits(), whole);
                }
                let out = &mut self.bytes;
                encoder.push(&self.whole, |frame| {
                    out.more(frame.len())?.copy_from_slice(frame);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Ends the file; how many frames it has, and how many samples were too loud for it.
    pub fn finish(mut self) -> Result<Written, Error> {
        let done = Written {
            frames: self.frames,
            clipped: self.clipped,
        };
        match self.form {
            Form::Wav(width) => {
                let bytes = self.frames as usize * self.channels * width.bytes();
                if bytes % 2 == 1 {
                    self.bytes.more(1)?[0] = 0;
                }
                let head = wav::head(self.rate, self.channels, width, bytes);
                self.bytes.written()[..head.len()].copy_from_slice(&head);
            }
            Form::Flac(mut encoder) => {
                let out = &mut self.bytes;
                encoder.flush(|frame| {
                    out.more(frame.len())?.copy_from_slice(frame);
                    Ok(())
                })?;
                self.bytes.written()[..Encoder::HEAD].copy_from_slice(&encoder.head());
            }
        }
        self.bytes.finish()?;
        Ok(done)
    }

    /// Ends the file and reports frames and clipped samples as results 0 and 1.
    pub fn report(self, call: &Call) -> Result<(), Error> {
        let done = self.finish()?;
        call.result(0, done.frames as f64)?;
        call.result(1, done.clipped as f64)
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub frames: u64,
    pub clipped: u64,
}

/// What the parameter `bits` means for a sound of this depth.
fn width(choice: u32, depth: Depth, flac: bool) -> Width {
    let width = match (choice, depth) {
        (1, _) => Width::Two,
        (2, _) => Width::Three,
        (3, _) => Width::Float,
        (_, Depth::Lossy) | (_, Depth::Bits(..=16)) => Width::Two,
        (_, Depth::Bits(17..=24)) => Width::Three,
        _ => Width::Float,
    };
    if flac && width == Width::Float {
        return Width::Three; // FLAC has whole numbers only
    }
    width
}

/// Adds the samples as whole numbers of `bits` bits; how many were too loud.
fn quantise(plane: &[f32], bits: u32, whole: &mut Vec<i32>) -> u64 {
    let scale = (1i64 << (bits - 1)) as f32;
    let (least, most) = (-scale, (i64::from(scale as i32) - 1) as f32);
    let mut clipped = 0;
    whole.extend(plane.iter().map(|&sample| {
        let value = (sample * scale).round_ties_even();
        clipped += u64::from(value > most) + u64::from(value < least);
        value.clamp(least, most) as i32
    }));
    clipped
}

fn write_floats(planes: &[&[f32]], out: &mut [u8]) {
    for (c, plane) in planes.iter().enumerate() {
        let frames = out.chunks_exact_mut(4 * planes.len());
        for (frame, sample) in frames.zip(*plane) {
            frame[4 * c..4 * c + 4].copy_from_slice(&sample.to_le_bytes());
        }
    }
}

fn write_16(planes: &[&[f32]], out: &mut [u8]) -> u64 {
    let value = |sample: f32| (sample * 32768.0).round_ties_even();
    if let [left, right] = planes {
        for (frame, (l, r)) in out.chunks_exact_mut(4).zip(left.iter().zip(*right)) {
            let l = value(*l).clamp(-32768.0, 32767.0) as i32;
            let r = value(*r).clamp(-32768.0, 32767.0) as i32;
            frame.copy_from_slice(&((l & 0xFFFF) | (r << 16)).to_le_bytes());
        }
    } else {
        for (c, plane) in planes.iter().enumerate() {
            let frames = out.chunks_exact_mut(2 * planes.len());
            for (frame, sample) in frames.zip(*plane) {
                let whole = value(*sample) as i16;
                frame[2 * c..2 * c + 2].copy_from_slice(&whole.to_le_bytes());
            }
        }
    }
    let loud = |plane: &&[f32]| {
        let beyond = |s: &&f32| value(**s) > 32767.0 || value(**s) < -32768.0;
        plane.iter().filter(beyond).count() as u64
    };
    planes.iter().map(loud).sum()
}

fn write_24(planes: &[&[f32]], out: &mut [u8]) -> u64 {
    let mut clipped = 0;
    let mut whole = Vec::new();
    for (c, plane) in planes.iter().enumerate() {
        whole.clear();
        clipped += quantise(plane, 24, &mut whole);
        let frames = out.chunks_exact_mut(3 * planes.len());
        for (frame, value) in frames.zip(&whole) {
            frame[3 * c..3 * c + 3].copy_from_slice(&value.to_le_bytes()[..3]);
        }
    }
    clipped
}
