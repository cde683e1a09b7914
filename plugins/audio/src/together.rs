use inos_sdk::{Call, Error, Input};

use crate::amplitude;
use crate::block::Block;
use crate::cut::{Curve, Ending, ramp};
use crate::sink::Sink;
use crate::source::{Depth, Source, Spec};

/// Frames that are mixed at a time.
const PIECE: usize = 4096;

pub(crate) fn concatenate(call: &mut Call) -> Result<(), Error> {
    let files = files(call)?;
    let heads = heads(&files)?;
    let mut spec = common(&heads)?;
    spec.expected = heads
        .iter()
        .fold(0, |sum, head| head.expected.saturating_add(sum));
    let mut sink = Sink::create(call, 0, &spec)?;
    let mut block = Block::default();
    for (i, file) in files.iter().enumerate() {
        let mut source = Source::open(i as u32, file.bytes()?)?;
        while source.read(call, &mut block)? {
            sink.write(&block)?;
        }
    }
    sink.report(call)
}

pub(crate) fn mix(call: &mut Call) -> Result<(), Error> {
    let files = files(call)?;
    let spec = common(&heads(&files)?)?;
    let mut tracks = Vec::new();
    for (i, file) in files.iter().enumerate() {
        let level = amplitude(call.params().number(i as u32)?);
        tracks.push(Track {
            source: Source::open(i as u32, file.bytes()?)?,
            waiting: Block::new(spec.channels),
            level: level as f32,
            ended: false,
        });
    }
    let mut sink = Sink::create(call, MAX_FILES, &spec)?;
    let mut block = Block::default();
    loop {
        let mut sum = Block::silence(spec.channels, PIECE);
        let mut frames = 0;
        for track in &mut tracks {
            frames = frames.max(track.add(call, &mut block, &mut sum)?);
        }
        if frames == 0 {
            return sink.report(call);
        }
        sum.keep(0, frames);
        sink.write(&sum)?;
    }
}

/// Inputs that the manifest gives these ops.
const MAX_FILES: u32 = 8;

struct Track<'s> {
    source: Source<'s>,
    waiting: Block,
    level: f32,
    ended: bool,
}

impl Track<'_> {
    /// Adds the next piece to `sum`; how many frames of it there were.
    fn add(&mut self, call: &Call, block: &mut Block, sum: &mut Block) -> Result<usize, Error> {
        while !self.ended && self.waiting.frames() < PIECE {
            self.ended = !self.source.read(call, block)?;
            if !self.ended {
                self.waiting.append(block);
            }
        }
        let piece = self.waiting.take(PIECE);
        for (total, plane) in sum.planes.iter_mut().zip(&piece.planes) {
            for (total, sample) in total.iter_mut().zip(plane) {
                *total += sample * self.level;
            }
        }
        Ok(piece.frames())
    }
}

pub(crate) fn crossfade(call: &mut Call) -> Result<(), Error> {
    let (seconds, curve) = (
        call.params().number(0)?,
        Curve::of(call.params().choice(1)?),
    );
    let files = files(call)?;
    let [first, second] = &files[..] else {
        return Err(Error::NoInput(1));
    };
    let spec = common(&heads(&files)?)?;
    let frames = spec.frame(seconds) as usize;
    let mut sink = Sink::create(call, 2, &spec)?;
    let mut ending = Ending::new(spec.channels, frames);
    let mut block = Block::default();
    let mut source = Source::open(0, first.bytes()?)?;
    while source.read(call, &mut block)? {
        sink.write(&ending.push(&block))?;
    }
    let (before, mut last) = ending.rest();
    sink.write(&before)?;
    let mut source = Source::open(1, second.bytes()?)?;
    let mut beginning = Block::new(spec.channels);
    while beginning.frames() < frames && source.read(call, &mut block)? {
        beginning.append(&block);
    }
    let mut head = beginning.take(frames);
    let least = last.frames().min(head.frames());
    if least < frames {
        return Err(Error::invalid(format!(
            "seconds: the fade has {frames} frames, and one of the sounds {least}"
        )));
    }
    let length = frames as f64;
    ramp(&mut last, |i| curve.at((length - i as f64) / length));
    ramp(&mut head, |i| curve.at(i as f64 / length));
    for (plane, other) in head.planes.iter_mut().zip(&last.planes) {
        plane
            .iter_mut()
            .zip(other)
            .for_each(|(sample, fading)| *sample += fading);
    }
    sink.write(&head)?;
    sink.write(&beginning)?;
    while source.read(call, &mut block)? {
        sink.write(&block)?;
    }
    sink.report(call)
}

pub(crate) fn files(call: &Call) -> Result<Vec<Input<'_>>, Error> {
    (0..call.input_count()).map(|i| call.input(i)).collect()
}

fn heads(files: &[Input<'_>]) -> Result<Vec<Spec>, Error> {
    let head = |(i, file): (usize, &Input<'_>)| Ok(Source::open(i as u32, file.bytes()?)?.spec);
    files.iter().enumerate().map(head).collect()
}

/// The rate and the channels, which all must share, and the greatest depth.
pub(crate) fn common(specs: &[Spec]) -> Result<Spec, Error> {
    let first = specs.first().ok_or(Error::NoInput(0))?;
    for (i, spec) in specs.iter().enumerate() {
        if spec.rate != first.rate || spec.channels != first.channels {
            return Err(Error::invalid(format!(
                "sound {} has {} Hz and {} channels, the first one {} Hz and {}: make them alike with \
                 resample and channels",
                i + 1,
                spec.rate,
                spec.channels,
                first.rate,
                first.channels
            )));
        }
    }
    let rank = |depth: &Depth| match depth {
        Depth::Lossy => 16,
        Depth::Bits(bits) => *bits,
        Depth::Float => u32::MAX,
    };
    let depths = specs.iter().map(|spec| spec.depth);
    Ok(Spec {
        expected: specs.iter().map(|spec| spec.expected).max().unwrap_or(0),
        depth: depths.max_by_key(rank).unwrap_or(first.depth),
        ..first.clone()
    })
}
