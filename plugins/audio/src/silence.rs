use inos_sdk::{Call, Error};

use crate::amplitude;
use crate::block::Block;
use crate::files::reread;
use crate::sink::Sink;
use crate::source::{Source, Spec};
use crate::write_out;

/// Sounds that `split` writes at once: outputs behind the table.
const PARTS: usize = 15;
/// Parts that are told.
const MAX_PARTS: usize = 100_000;

/// What is loud, between silences.
struct Finder {
    threshold: f32,
    /// Frames below the threshold that make a silence.
    least: u64,
    parts: Vec<[u64; 2]>,
    quiet: u64,
    at: u64,
    loud: bool,
}

impl Finder {
    fn new(call: &Call, spec: &Spec) -> Result<Self, Error> {
        let params = call.params();
        Ok(Self {
            threshold: amplitude(params.number(0)?) as f32,
            least: spec.frame(params.number(1)?).max(1),
            parts: Vec::new(),
            quiet: 0,
            at: 0,
            loud: false,
        })
    }

    fn push(&mut self, block: &Block) -> Result<(), Error> {
        for i in 0..block.frames() {
            let loud = block.planes.iter().any(|p| p[i].abs() >= self.threshold);
            self.frame(loud)?;
        }
        Ok(())
    }

    fn frame(&mut self, loud: bool) -> Result<(), Error> {
        if loud {
            if !self.loud {
                if self.parts.len() >= MAX_PARTS {
                    return Err(Error::invalid(format!(
                        "more than {MAX_PARTS} parts; take a longer silence or a lower threshold"
                    )));
                }
                self.parts.push([self.at, self.at]);
            }
            self.loud = true;
            self.quiet = 0;
            if let Some(part) = self.parts.last_mut() {
                part[1] = self.at + 1;
            }
        } else {
            self.quiet += 1;
            self.loud &= self.quiet < self.least;
        }
        self.at += 1;
        Ok(())
    }

    /// The parts with a margin of silence kept around them, as far as there is one.
    fn finish(mut self, margin: u64) -> Vec<[u64; 2]> {
        let mut before = 0;
        for i in 0..self.parts.len() {
            let after = self.parts.get(i + 1).map_or(self.at, |next| next[0]);
            let [start, end] = self.parts[i];
            self.parts[i] = [
                start.saturating_sub(margin).max(before),
                (end + margin).min(after),
            ];
            before = self.parts[i][1];
        }
        self.parts
    }
}

fn find(call: &Call) -> Result<(Spec, Vec<[u64; 2]>), Error> {
    let margin = call.params().number(2)?;
    let mut finder = None;
    let spec = reread(call, |spec, block| {
        let finder = match &mut finder {
            Some(finder) => finder,
            none => none.insert(Finder::new(call, spec)?),
        };
        finder.push(block)
    })?;
    let margin = spec.frame(margin);
    let spec = Spec {
        expected: 0,
        ..spec
    };
    Ok((
        spec,
        finder.map_or_else(Vec::new, |finder| finder.finish(margin)),
    ))
}

pub(crate) fn split(call: &mut Call) -> Result<(), Error> {
    let (spec, parts) = find(call)?;
    let first = call.params().count(3)?.saturating_sub(1);
    let mut table = "start,end\n".to_string();
    for [start, end] in &parts {
        table.push_str(&format!(
            "{:.6},{:.6}\n",
            spec.seconds(*start),
            spec.seconds(*end)
        ));
    }
    write_out(call, 0, table.as_bytes())?;
    call.result(0, parts.len() as f64)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut held = Held::default();
    for (i, part) in parts.iter().skip(first).take(PARTS).enumerate() {
        let mut sink = Sink::create_at(call, 4, i as u32 + 1, &spec)?;
        held.copy(call, &mut source, *part, &mut sink)?;
        sink.finish()?;
    }
    Ok(())
}

/// Cuts silence off at both ends.
pub(crate) fn strip(call: &mut Call) -> Result<(), Error> {
    let (spec, parts) = find(call)?;
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else {
        return Err(Error::invalid(
            "the sound is silent all the way, by this threshold",
        ));
    };
    let mut sink = Sink::create(call, 3, &spec)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    Held::default().copy(call, &mut source, [first[0], last[1]], &mut sink)?;
    call.result(2, spec.seconds(first[0]))?;
    call.result(3, spec.seconds(last[1]))?;
    sink.report(call)
}

/// The block that was read last, for the next part to go on with.
#[derive(Default)]
struct Held {
    block: Block,
    /// The frame that the block begins with.
    at: u64,
}

impl Held {
    fn copy(
        &mut self,
        call: &Call,
        source: &mut Source<'_>,
        [start, end]: [u64; 2],
        sink: &mut Sink<'_>,
    ) -> Result<(), Error> {
        loop {
            let frames = self.block.frames() as u64;
            let first = start.saturating_sub(self.at).min(frames) as usize;
            let last = end.saturating_sub(self.at).min(frames) as usize;
            let mut piece = self.block.clone();
            piece.keep(first, last);
            sink.write(&piece)?;
            if self.at + frames >= end {
                return Ok(());
            }
            self.at += frames;
            if !source.read(call, &mut self.block)? {
                return Ok(());
            }
        }
    }
}
