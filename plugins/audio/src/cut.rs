use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::files::whole;
use crate::sink::Sink;
use crate::source::Source;

pub(crate) fn trim(call: &mut Call) -> Result<(), Error> {
    let (start, end) = (call.params().number(0)?, call.params().number(1)?);
    if end > 0.0 && end <= start {
        return Err(Error::invalid(
            "end must be behind start, or 0 for the end of the sound",
        ));
    }
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut spec = source.spec.clone();
    spec.expected = 0; // how much is left is not worth reckoning
    let mut sink = Sink::create(call, 2, &spec)?;
    let from = source.spec.frame(start);
    let to = if end > 0.0 {
        source.spec.frame(end)
    } else {
        u64::MAX
    };
    let mut block = Block::default();
    let mut at = 0;
    while at < to && source.read(call, &mut block)? {
        let frames = block.frames() as u64;
        let first = from.saturating_sub(at).min(frames) as usize;
        let last = to.saturating_sub(at).min(frames) as usize;
        block.keep(first, last);
        sink.write(&block)?;
        at += frames;
    }
    if at <= from && at > 0 {
        let seconds = source.spec.seconds(at);
        return Err(Error::invalid(format!(
            "start lies behind the end of the sound, {seconds:.3} s"
        )));
    }
    sink.report(call)
}

pub(crate) fn reverse(call: &mut Call) -> Result<(), Error> {
    let (mut spec, mut all) = whole(call, 0)?;
    spec.expected = all.frames() as u64;
    all.planes.iter_mut().for_each(|plane| plane.reverse());
    let mut sink = Sink::create(call, 0, &spec)?;
    sink.write(&all)?;
    sink.report(call)
}

/// How a fade goes from silence (0) to the full level (1).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Curve {
    Linear,
    /// A quarter of a sine: two of them, crossed, keep the power.
    Sine,
    /// A half of a cosine: soft at both ends.
    Smooth,
}

impl Curve {
    pub fn of(choice: u32) -> Self {
        match choice {
            0 => Curve::Linear,
            1 => Curve::Sine,
            _ => Curve::Smooth,
        }
    }

    pub fn at(self, x: f64) -> f64 {
        use std::f64::consts::{FRAC_PI_2, PI};
        match self {
            Curve::Linear => x,
            Curve::Sine => (x * FRAC_PI_2).sin(),
            Curve::Smooth => 0.5 - 0.5 * (x * PI).cos(),
        }
    }
}

pub(crate) fn fade(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (rise, fall) = (params.number(0)?, params.number(1)?);
    let curve = Curve::of(params.choice(2)?);
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 3, &source.spec)?;
    let rise = source.spec.frame(rise);
    let mut ending = Ending::new(source.spec.channels, source.spec.frame(fall) as usize);
    let mut block = Block::default();
    let mut at = 0;
    while source.read(call, &mut block)? {
        if at < rise {
            ramp(&mut block, |i| {
                curve.at(((at + i as u64) as f64 / rise as f64).min(1.0))
            });
        }
        at += block.frames() as u64;
        sink.write(&ending.push(&block))?;
    }
    let (before, mut last) = ending.rest();
    sink.write(&before)?;
    let length = source.spec.frame(fall) as f64;
    let frames = last.frames();
    ramp(&mut last, |i| curve.at((frames - i) as f64 / length));
    sink.write(&last)?;
    sink.report(call)
}

/// Multiplies each frame by a factor.
pub(crate) fn ramp(block: &mut Block, factor: impl Fn(usize) -> f64) {
    let factors: Vec<f64> = (0..block.frames()).map(factor).collect();
    for plane in &mut block.planes {
        for (sample, factor) in plane.iter_mut().zip(&factors) {
            *sample = (f64::from(*sample) * factor) as f32;
        }
    }
}

/// Holds the last frames of a sound back, as nobody knows before its end which they are.
pub(crate) struct Ending {
    held: Block,
    frames: usize,
}

impl Ending {
    pub fn new(channels: usize, frames: usize) -> Self {
        Self {
            held: Block::new(channels),
            frames,
        }
    }

    /// Takes frames in and gives those out that cannot be among the last.
    pub fn push(&mut self, block: &Block) -> Block {
        self.held.append(block);
        let surplus = self.held.frames().saturating_sub(self.frames);
        // In large pieces, since what stays is moved each time.
        if surplus < self.frames.min(1 << 16) {
            return Block::new(self.held.channels());
        }
        self.held.take(surplus)
    }

    /// What is left: frames before the last ones, and the last; fewer when there never were as many.
    pub fn rest(mut self) -> (Block, Block) {
        let surplus = self.held.frames().saturating_sub(self.frames);
        (self.held.take(surplus), self.held)
    }
}
