//! Time without pitch, and pitch without time: overlapping segments of the sound are put where they fit
//! best (WSOLA: Verhelst and Roelands, 1993).

use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::resample::Converter;
use crate::sink::Sink;
use crate::source::{Source, Spec};
use crate::stft::mono;

/// Milliseconds of a segment, of the overlap, and of the search for where it fits.
const SEGMENT: f64 = 82.0;
const OVERLAP: f64 = 12.0;
const SEARCH: f64 = 15.0;
/// Steps of an octave's ratio: pitch is right within half a cent.
const STEPS: f64 = 2000.0;

pub(crate) fn stretch(call: &mut Call) -> Result<(), Error> {
    let speed = call.params().number(0)? / 100.0;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 1, &source.spec)?;
    let mut stretcher = Stretcher::new(&source.spec, speed);
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        stretcher.push(&block, |out| sink.write(out))?;
    }
    stretcher.finish(|out| sink.write(out))?;
    sink.report(call)
}

pub(crate) fn pitch(call: &mut Call) -> Result<(), Error> {
    let ratio = (call.params().number(0)? / 12.0).exp2();
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 1, &source.spec)?;
    // Longer by the ratio, then played faster by it.
    let steps = (STEPS * ratio).round();
    let mut stretcher = Stretcher::new(&source.spec, STEPS / steps);
    let mut faster = source.spec.clone();
    faster.rate = steps as u32;
    let mut converter = Converter::new(&faster, STEPS as u32)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        stretcher.push(&block, |out| converter.push(out, |out| sink.write(out)))?;
    }
    stretcher.finish(|out| converter.push(out, |out| sink.write(out)))?;
    converter.finish(|out| sink.write(out))?;
    sink.report(call)
}

struct Stretcher {
    speed: f64,
    segment: usize,
    overlap: usize,
    search: usize,
    /// What is still needed of the sound, which begins at frame `begin`.
    sound: Block,
    mixed: Vec<f32>,
    begin: usize,
    /// Where the last segment ended in the sound, as its continuation is what the next one must fit to.
    end: Option<usize>,
    segments: usize,
    taken: u64,
    given: u64,
}

impl Stretcher {
    fn new(spec: &Spec, speed: f64) -> Self {
        let frames = |ms: f64| (spec.frame(ms / 1000.0) as usize).max(4);
        Self {
            speed,
            segment: frames(SEGMENT),
            overlap: frames(OVERLAP),
            search: frames(SEARCH),
            sound: Block::new(spec.channels),
            mixed: Vec::new(),
            begin: 0,
            end: None,
            segments: 0,
            taken: 0,
            given: 0,
        }
    }

    fn push(
        &mut self,
        block: &Block,
        mut out: impl FnMut(&Block) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.taken += block.frames() as u64;
        self.add(block);
        while self.wanted() + self.search + self.segment <= self.begin + self.mixed.len() {
            out(&self.next())?;
        }
        Ok(())
    }

    fn add(&mut self, block: &Block) {
        self.sound.append(block);
        self.mixed.extend(mono(block));
    }

    fn finish(mut self, mut out: impl FnMut(&Block) -> Result<(), Error>) -> Result<(), Error> {
        let total = (self.taken as f64 / self.speed).round() as u64;
        let room = self.search + self.segment + self.overlap;
        while self.given < total {
            let need = (self.wanted() + room).saturating_sub(self.begin + self.mixed.len());
            self.add(&Block::silence(self.sound.channels(), need));
            let mut block = self.next();
            let beyond = self.given.saturating_sub(total) as usize;
            block.keep(0, block.frames() - beyond.min(block.frames()));
            out(&block)?;
        }
        Ok(())
    }

    /// Where the next segment would begin if nothing had to fit.
    fn wanted(&self) -> usize {
        let step = (self.segment - self.overlap) as f64 * self.speed;
        (self.segments as f64 * step).round() as usize
    }

    /// The next frames: the crossing from the last segment, and the segment up to the next crossing.
    fn next(&mut self) -> Block {
        let (hop, wanted) = (self.segment - self.overlap, self.wanted());
        let start = match self.end {
            None => wanted,
            Some(end) => wanted + self.best(end, wanted),
        };
        let channels = self.sound.channels();
        let mut block = Block::new(channels);
        for (plane, sound) in block.planes.iter_mut().zip(&self.sound.planes) {
            plane.extend_from_slice(&sound[start - self.begin..start - self.begin + hop]);
            if let Some(end) = self.end {
                let old = &sound[end - self.begin..end - self.begin + self.overlap];
                for (i, (new, old)) in plane.iter_mut().zip(old).enumerate() {
                    let share = (i as f32 + 0.5) / self.overlap as f32;
                    *new = old + (*new - old) * share;
                }
            }
        }
        self.end = Some(start + hop);
        self.segments += 1;
        self.given += hop as u64;
        self.forget();
        block
    }

    /// How far behind `wanted` the sound is most like what follows `end`.
    fn best(&self, end: usize, wanted: usize) -> usize {
        let pattern = &self.mixed[end - self.begin..end - self.begin + self.overlap];
        let likeness = |offset: usize| {
            let at = wanted + offset - self.begin;
            let other = &self.mixed[at..at + self.overlap];
            let (product, power) = products(pattern, other);
            product / (power + 1e-9).sqrt()
        };
        let scores: Vec<f32> = (0..self.search).map(likeness).collect();
        // Of several that are equal the nearest: silence must not drift.
        (0..self.search)
            .rev()
            .max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
            .unwrap_or(0)
    }

    /// Drops what neither the next segment nor the crossing to it can need.
    fn forget(&mut self) {
        let needed = self.wanted().min(self.end.unwrap_or(0));
        let old = needed.saturating_sub(self.begin).min(self.mixed.len());
        if old > 1 << 16 {
            self.sound.take(old);
            self.mixed.drain(..old);
            self.begin += old;
        }
    }
}

/// The sum of products of two slices, and of the squares of the second.
fn products(a: &[f32], b: &[f32]) -> (f32, f32) {
    let (mut product, mut power) = ([0.0f32; 4], [0.0f32; 4]);
    for (p, q) in a.chunks_exact(4).zip(b.chunks_exact(4)) {
        for i in 0..4 {
            product[i] += p[i] * q[i];
            power[i] += q[i] * q[i];
        }
    }
    (product.iter().sum(), power.iter().sum())
}
