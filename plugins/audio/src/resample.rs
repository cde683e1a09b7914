use inos_sdk::{Call, Error};
use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler, WindowFunction};

use crate::block::Block;
use crate::sink::Sink;
use crate::source::{Source, Spec};

/// Points of the low pass at the lower of the two rates: it passes 99 % of the band.
const POINTS: usize = 2048;
/// Frames at once when the rates are far apart.
const MOST: usize = 1 << 19;

pub(crate) fn resample(call: &mut Call) -> Result<(), Error> {
    let rate = call.params().integer(0)? as u32;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut spec = source.spec.clone();
    spec.expected = (spec.expected as f64 * f64::from(rate) / f64::from(spec.rate)) as u64;
    spec.rate = rate;
    let mut sink = Sink::create(call, 1, &spec)?;
    let mut converter = Converter::new(&source.spec, rate)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        converter.push(&block, |out| sink.write(out))?;
    }
    converter.finish(|out| sink.write(out))?;
    sink.report(call)
}

/// Brings a sound to another rate, as it comes.
pub(crate) struct Converter {
    fft: Option<Fft<f64>>,
    ratio: f64,
    waiting: Vec<Vec<f64>>,
    made: Vec<Vec<f64>>,
    /// Frames in, frames out, and frames to leave out at the beginning.
    taken: u64,
    given: u64,
    delay: usize,
}

impl Converter {
    pub fn new(from: &Spec, to: u32) -> Result<Self, Error> {
        let (rate, wanted) = (from.rate as usize, to as usize);
        let chunk = POINTS.max(POINTS * rate / wanted).min(MOST);
        let fft = if rate == wanted {
            None
        } else {
            let fft = Fft::new_custom(
                rate,
                wanted,
                chunk,
                1,
                from.channels,
                WindowFunction::BlackmanHarris2,
                FixedSync::Both,
            );
            Some(fft.map_err(|e| Error::invalid(format!("rate: {e}")))?)
        };
        let room = fft.as_ref().map_or(0, |fft| fft.output_frames_max());
        Ok(Self {
            delay: fft.as_ref().map_or(0, |fft| fft.output_delay()),
            fft,
            ratio: wanted as f64 / rate as f64,
            waiting: vec![Vec::new(); from.channels],
            made: vec![vec![0.0; room]; from.channels],
            taken: 0,
            given: 0,
        })
    }

    pub fn push(
        &mut self,
        block: &Block,
        mut out: impl FnMut(&Block) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.taken += block.frames() as u64;
        if self.fft.is_none() {
            return out(block);
        }
        for (waiting, plane) in self.waiting.iter_mut().zip(&block.planes) {
            waiting.extend(plane.iter().map(|s| f64::from(*s)));
        }
        while self.waiting[0].len() >= self.chunk() {
            out(&self.turn(None)?)?;
        }
        Ok(())
    }

    pub fn finish(mut self, mut out: impl FnMut(&Block) -> Result<(), Error>) -> Result<(), Error> {
        let total = (self.taken as f64 * self.ratio).round() as u64;
        while self.fft.is_some() && self.given < total {
            let rest = self.waiting[0].len();
            let chunk = self.chunk();
            self.waiting
                .iter_mut()
                .for_each(|plane| plane.resize(chunk, 0.0));
            let mut block = self.turn(Some(rest))?;
            let beyond = self.given.saturating_sub(total) as usize;
            let frames = block.frames() - beyond.min(block.frames());
            block.keep(0, frames);
            out(&block)?;
        }
        Ok(())
    }

    fn chunk(&self) -> usize {
        self.fft.as_ref().map_or(0, |fft| fft.input_frames_next())
    }

    /// Converts what waits, `partial` frames of it when given.
    fn turn(&mut self, partial: Option<usize>) -> Result<Block, Error> {
        let failed =
            |e: &dyn std::fmt::Display| Error::failed(format!("the rate cannot be changed: {e}"));
        let channels = self.waiting.len();
        let Some(fft) = &mut self.fft else {
            return Ok(Block::new(channels));
        };
        let (chunk, room) = (fft.input_frames_next(), fft.output_frames_max());
        let input = SequentialSliceOfVecs::new(&self.waiting[..], channels, chunk)
            .map_err(|e| failed(&e))?;
        let mut output = SequentialSliceOfVecs::new_mut(&mut self.made[..], channels, room)
            .map_err(|e| failed(&e))?;
        let indexing = Indexing {
            partial_len: partial,
            ..Indexing::default()
        };
        let (_, made) = fft
            .process_into_buffer(&input, &mut output, Some(&indexing))
            .map_err(|e| failed(&e))?;
        self.waiting.iter_mut().for_each(|plane| {
            plane.drain(..chunk);
        });
        let skip = self.delay.min(made);
        self.delay -= skip;
        self.given += (made - skip) as u64;
        let plane =
            |made_plane: &Vec<f64>| made_plane[skip..made].iter().map(|s| *s as f32).collect();
        Ok(Block {
            planes: self.made.iter().map(plane).collect(),
        })
    }
}
