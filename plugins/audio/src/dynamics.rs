//! Gain that follows the level: of the loudest channel, so that what is heard stays where it is.

use std::collections::VecDeque;

use inos_sdk::{Call, Error};

use crate::amplitude;
use crate::block::Block;
use crate::files::transform;
use crate::sink::Sink;
use crate::source::{Source, Spec};

/// The least level that is told from silence.
const SILENCE: f64 = 1e-6;

/// The share of the old value that is left after a frame, for a time constant in milliseconds.
fn decay(milliseconds: f64, spec: &Spec) -> f64 {
    let frames = milliseconds / 1000.0 * f64::from(spec.rate);
    if frames > 0.0 {
        (-1.0 / frames).exp()
    } else {
        0.0
    }
}

/// The loudest channel of a frame.
fn level(block: &Block, frame: usize) -> f64 {
    let loudest = |most: f32, plane: &Vec<f32>| most.max(plane[frame].abs());
    f64::from(block.planes.iter().fold(0.0, loudest))
}

fn scale(block: &mut Block, frame: usize, gain: f64) {
    for plane in &mut block.planes {
        plane[frame] = (f64::from(plane[frame]) * gain) as f32;
    }
}

/// After D. Giannoulis, M. Massberg and J. Reiss, "Digital Dynamic Range Compressor Design", 2012: the
/// gain computer with a soft knee, and the smooth decoupled detector of the gain in decibels.
pub(crate) fn compress(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (threshold, ratio, knee) = (params.number(0)?, params.number(1)?, params.number(2)?);
    let (attack, release, makeup) = (params.number(3)?, params.number(4)?, params.number(5)?);
    let curve = move |x: f64| {
        let over = x - threshold;
        if 2.0 * over < -knee {
            x
        } else if 2.0 * over.abs() <= knee && knee > 0.0 {
            x + (1.0 / ratio - 1.0) * (over + knee / 2.0).powi(2) / (2.0 * knee)
        } else {
            threshold + over / ratio
        }
    };
    transform(call, 6, |spec| {
        let (attack, release) = (decay(attack, spec), decay(release, spec));
        let (mut held, mut smooth) = (0.0f64, 0.0);
        Ok(move |block: &mut Block| {
            for frame in 0..block.frames() {
                let x = 20.0 * level(block, frame).max(SILENCE).log10();
                let wanted = x - curve(x);
                held = wanted.max(release * held + (1.0 - release) * wanted);
                smooth = attack * smooth + (1.0 - attack) * held;
                scale(block, frame, amplitude(makeup - smooth));
            }
            Ok(())
        })
    })
}

/// What is below the threshold becomes quieter by the range.
pub(crate) fn gate(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (threshold, range) = (amplitude(params.number(0)?), amplitude(-params.number(1)?));
    let (attack, hold, release) = (params.number(2)?, params.number(3)?, params.number(4)?);
    transform(call, 5, |spec| {
        let (attack, release) = (decay(attack, spec), decay(release, spec));
        let hold = spec.frame(hold / 1000.0);
        let (mut gain, mut open) = (range, 0);
        Ok(move |block: &mut Block| {
            for frame in 0..block.frames() {
                if level(block, frame) >= threshold {
                    open = hold + 1;
                }
                let (wanted, share) = if open > 0 {
                    (1.0, attack)
                } else {
                    (range, release)
                };
                open = open.saturating_sub(1);
                gain = wanted + share * (gain - wanted);
                scale(block, frame, gain);
            }
            Ok(())
        })
    })
}

/// No sample passes the ceiling: the gain is lowered before a peak comes.
pub(crate) fn limit(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (input, ceiling) = (amplitude(params.number(0)?), amplitude(params.number(1)?));
    let (ahead, release) = (params.number(2)?, params.number(3)?);
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 4, &source.spec)?;
    let ahead = source.spec.frame(ahead / 1000.0).max(1) as usize;
    let mut limiter = Limiter::new(ceiling, ahead, 1.0 - decay(release, &source.spec));
    let mut held = Block::new(source.spec.channels);
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        block.each(|sample| (f64::from(sample) * input) as f32);
        let gains = limiter.push((0..block.frames()).map(|frame| level(&block, frame)));
        held.append(&block);
        sink.write(&limited(&mut held, &gains, ceiling))?;
    }
    let gains = limiter.push(std::iter::repeat_n(0.0, ahead));
    sink.write(&limited(&mut held, &gains, ceiling))?;
    call.result(2, crate::decibels(limiter.lowest))?;
    sink.report(call)
}

fn limited(held: &mut Block, gains: &[f64], ceiling: f64) -> Block {
    let mut block = held.take(gains.len());
    for (frame, gain) in gains.iter().enumerate() {
        scale(&mut block, frame, *gain);
    }
    // What rounding added.
    block.each(|sample| sample.clamp(-ceiling as f32, ceiling as f32));
    block
}

struct Limiter {
    ceiling: f64,
    ahead: usize,
    rise: f64,
    /// Gains that a peak within reach needs, least first, with the frame they are for.
    needed: VecDeque<(usize, f64)>,
    released: f64,
    recent: VecDeque<f64>,
    sum: f64,
    at: usize,
    lowest: f64,
}

impl Limiter {
    fn new(ceiling: f64, ahead: usize, rise: f64) -> Self {
        Self {
            ceiling,
            ahead,
            rise,
            needed: VecDeque::new(),
            released: 1.0,
            recent: std::iter::repeat_n(1.0, ahead + 1).collect(),
            sum: (ahead + 1) as f64,
            at: 0,
            lowest: 1.0,
        }
    }

    /// Takes levels, and gives the gains of frames `ahead` before them.
    fn push(&mut self, levels: impl Iterator<Item = f64>) -> Vec<f64> {
        levels.filter_map(|level| self.frame(level)).collect()
    }

    fn frame(&mut self, level: f64) -> Option<f64> {
        let need = if level > self.ceiling {
            self.ceiling / level
        } else {
            1.0
        };
        while self.needed.back().is_some_and(|(_, other)| *other >= need) {
            self.needed.pop_back();
        }
        self.needed.push_back((self.at, need));
        while self
            .needed
            .front()
            .is_some_and(|(frame, _)| frame + self.ahead < self.at)
        {
            self.needed.pop_front();
        }
        let least = self.needed.front().map_or(1.0, |(_, need)| *need);
        self.released = least.min(self.released + (1.0 - self.released) * self.rise);
        // The mean of what every frame within reach allows is no more than what the peak needs.
        self.recent.push_back(self.released);
        self.sum += self.released - self.recent.pop_front().unwrap_or(1.0);
        self.at += 1;
        let gain = (self.sum / (self.ahead + 1) as f64).min(1.0);
        self.lowest = self.lowest.min(gain);
        (self.at > self.ahead).then_some(gain)
    }
}
