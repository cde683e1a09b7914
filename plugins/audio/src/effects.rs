use inos_sdk::{Call, Error};

use crate::amplitude;
use crate::block::Block;
use crate::files::transform;
use crate::sink::Sink;
use crate::source::{Source, Spec};

/// Frames of silence that are put behind a sound at a time, for what rings on.
const PIECE: usize = 4096;

/// Writes input 0 through `effect`, and `tail` seconds of silence behind it.
fn ringing<F>(
    call: &Call,
    at: u32,
    tail: f64,
    make: impl FnOnce(&Spec) -> Result<F, Error>,
) -> Result<(), Error>
where
    F: FnMut(&mut Block),
{
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut effect = make(&source.spec)?;
    let mut sink = Sink::create(call, at, &source.spec)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        effect(&mut block);
        sink.write(&block)?;
    }
    let mut left = source.spec.frame(tail) as usize;
    while left > 0 {
        let frames = left.min(PIECE);
        let mut silence = Block::silence(source.spec.channels, frames);
        effect(&mut silence);
        sink.write(&silence)?;
        left -= frames;
    }
    sink.report(call)
}

/// A line that gives back what was put in so many frames ago.
#[derive(Clone)]
pub(crate) struct Line {
    memory: Vec<f64>,
    at: usize,
}

impl Line {
    pub fn new(frames: usize) -> Self {
        Self {
            memory: vec![0.0; frames.max(1)],
            at: 0,
        }
    }

    pub fn oldest(&self) -> f64 {
        self.memory[self.at]
    }

    pub fn put(&mut self, value: f64) {
        self.memory[self.at] = value;
        self.at = if self.at + 1 == self.memory.len() {
            0
        } else {
            self.at + 1
        };
    }

    /// What was put in `frames` ago, 1 to the length, between two frames by a line.
    fn back(&self, frames: f64) -> f64 {
        let n = self.memory.len();
        let whole = frames as usize;
        let near = self.memory[(self.at + n - whole.min(n)) % n];
        let far = self.memory[(self.at + n - (whole + 1).min(n)) % n];
        near + (far - near) * (frames - whole as f64)
    }
}

pub(crate) fn delay(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (time, feedback) = (params.number(0)?, params.number(1)? / 100.0);
    let (dry, wet, tail) = (params.number(2)?, params.number(3)?, params.number(4)?);
    let (dry, wet) = (amplitude(dry), amplitude(wet));
    ringing(call, 5, tail, |spec| {
        let frames = spec.frame(time / 1000.0).max(1) as usize;
        let mut lines = vec![Line::new(frames); spec.channels];
        Ok(move |block: &mut Block| {
            for (plane, line) in block.planes.iter_mut().zip(&mut lines) {
                for sample in plane {
                    let (x, echo) = (f64::from(*sample), line.oldest());
                    line.put(x + feedback * echo);
                    *sample = (dry * x + wet * echo) as f32;
                }
            }
        })
    })
}

pub(crate) fn chorus(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (voices, rate) = (params.count(0)?, params.number(1)?);
    let (base, depth, mix) = (
        params.number(2)?,
        params.number(3)?,
        params.number(4)? / 100.0,
    );
    if depth >= base {
        return Err(Error::invalid(
            "depth must be less than delay: a voice cannot come too early",
        ));
    }
    transform(call, 5, |spec| {
        let per_ms = f64::from(spec.rate) / 1000.0;
        let (base, depth) = (base * per_ms, depth * per_ms);
        let turn = std::f64::consts::TAU * rate / f64::from(spec.rate);
        let mut lines = vec![Line::new((base + depth) as usize + 3); spec.channels];
        let mut at = 0u64;
        Ok(move |block: &mut Block| {
            let begin = at;
            at += block.frames() as u64;
            for (plane, line) in block.planes.iter_mut().zip(&mut lines) {
                for (i, sample) in plane.iter_mut().enumerate() {
                    line.put(f64::from(*sample));
                    let voice = |v: usize| {
                        let phase = std::f64::consts::TAU * v as f64 / voices as f64;
                        let swing = (turn * (begin + i as u64) as f64 + phase).sin();
                        // What was just put in is one frame back.
                        line.back(base + depth * swing + 1.0)
                    };
                    let wet = (0..voices).map(voice).sum::<f64>() / voices as f64;
                    *sample = ((1.0 - mix) * f64::from(*sample) + mix * wet) as f32;
                }
            }
            Ok(())
        })
    })
}

pub(crate) fn distort(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (kind, drive) = (params.choice(0)?, amplitude(params.number(1)?));
    let (level, mix) = (amplitude(params.number(2)?), params.number(3)? / 100.0);
    let shape = move |x: f64| match kind {
        0 => x.tanh(),
        1 => x.clamp(-1.0, 1.0),
        // A triangle that goes on: what is over the edge comes back.
        _ => ((x - 1.0).rem_euclid(4.0) - 2.0).abs() - 1.0,
    };
    transform(call, 4, |_| {
        Ok(move |block: &mut Block| {
            block.each(|sample| {
                let x = f64::from(sample);
                ((1.0 - mix) * x + mix * level * shape(drive * x)) as f32
            });
            Ok(())
        })
    })
}

/// Lengths of the lines at 44,100 Hz: Freeverb's, by Jezar, in the public domain.
const COMBS: [f64; 8] = [
    1116.0, 1188.0, 1277.0, 1356.0, 1422.0, 1491.0, 1557.0, 1617.0,
];
const PASSES: [f64; 4] = [556.0, 441.0, 341.0, 225.0];
/// Each further channel has lines longer by so many.
const SPREAD: f64 = 23.0;

/// Eight combs with damping side by side, then four all-passes (Schroeder and Moorer).
pub(crate) fn reverb(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (seconds, damping) = (params.number(0)?, params.number(1)? / 100.0);
    let (before, mix) = (params.number(2)?, params.number(3)? / 100.0);
    let tail = params.number(4)?;
    ringing(call, 5, tail, |spec| {
        let mut rooms: Vec<Room> = (0..spec.channels)
            .map(|c| Room::new(spec, c, seconds, damping, before))
            .collect();
        Ok(move |block: &mut Block| {
            for (plane, room) in block.planes.iter_mut().zip(&mut rooms) {
                for sample in plane {
                    let x = f64::from(*sample);
                    *sample = ((1.0 - mix) * x + mix * room.next(x)) as f32;
                }
            }
        })
    })
}

struct Room {
    before: Line,
    combs: Vec<(Line, f64, f64)>,
    passes: Vec<Line>,
    damping: f64,
}

impl Room {
    fn new(spec: &Spec, channel: usize, seconds: f64, damping: f64, before: f64) -> Self {
        let frames = |at_44100: f64| {
            ((at_44100 + SPREAD * channel as f64) * f64::from(spec.rate) / 44100.0).round() as usize
        };
        let comb = |length: &f64| {
            let n = frames(*length).max(1);
            // After the time of reverberation 60 dB are gone.
            let feedback = amplitude(-60.0 * n as f64 / f64::from(spec.rate) / seconds);
            (Line::new(n), feedback, 0.0)
        };
        Self {
            before: Line::new((spec.frame(before / 1000.0) as usize).max(1)),
            combs: COMBS.iter().map(comb).collect(),
            passes: PASSES
                .iter()
                .map(|length| Line::new(frames(*length)))
                .collect(),
            damping,
        }
    }

    fn next(&mut self, x: f64) -> f64 {
        let late = self.before.oldest();
        self.before.put(x);
        let mut sum = 0.0;
        for (line, feedback, low) in &mut self.combs {
            let out = line.oldest();
            *low = out + self.damping * (*low - out);
            line.put(late + *feedback * *low);
            sum += out;
        }
        sum /= COMBS.len() as f64;
        for line in &mut self.passes {
            let out = line.oldest();
            line.put(sum + 0.5 * out);
            sum = out - 0.5 * sum;
        }
        sum
    }
}
