use inos_sdk::{Call, Error};
use serde_json::{Map, Value, json};
use symphonia::core::formats::FormatReader;
use symphonia::core::meta::{MetadataContainer, RawValue};

use crate::block::Block;
use crate::sink::Sink;
use crate::source::{Depth, Source, each_block};
use crate::write_out;

/// Tags that `info` tells, and bytes of each.
const MAX_TAGS: usize = 256;
const MAX_TAG_BYTES: usize = 4096;

pub(crate) fn info(call: &mut Call) -> Result<(), Error> {
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut block = Block::default();
    let mut peak = 0.0f32;
    while source.read(call, &mut block)? {
        peak = peak.max(block.peak());
    }
    let spec = source.spec.clone();
    let seconds = spec.seconds(source.frames());
    let bits = match spec.depth {
        Depth::Bits(bits) => f64::from(bits),
        Depth::Float => 32.0,
        Depth::Lossy => 0.0,
    };
    let about = json!({
        "container": source.reader().format_info().short_name,
        "codec": source.codec(),
        "lossless": spec.depth != Depth::Lossy,
        "tags": tags(source.reader()),
    });
    let kbps = if seconds > 0.0 {
        source.byte_len() as f64 * 8.0 / seconds / 1000.0
    } else {
        0.0
    };
    let figures = [
        f64::from(spec.rate),
        spec.channels as f64,
        bits,
        source.frames() as f64,
        seconds,
        kbps,
        f64::from(peak),
        source.damaged() as f64,
    ];
    for (i, figure) in figures.into_iter().enumerate() {
        call.result(i as u32, figure)?;
    }
    write_out(call, 0, format!("{about}\n").as_bytes())
}

/// The tags of a file by their names as they stand in it.
fn tags(reader: &mut dyn FormatReader) -> Map<String, Value> {
    let mut tags = Map::new();
    let mut metadata = reader.metadata();
    while let Some(revision) = metadata.pop() {
        gather(&revision.media, &mut tags);
        for track in &revision.per_track {
            gather(&track.metadata, &mut tags);
        }
    }
    if let Some(revision) = metadata.current() {
        gather(&revision.media, &mut tags);
        for track in &revision.per_track {
            gather(&track.metadata, &mut tags);
        }
    }
    tags
}

fn gather(container: &MetadataContainer, tags: &mut Map<String, Value>) {
    for tag in &container.tags {
        if tags.len() >= MAX_TAGS || matches!(tag.raw.value, RawValue::Binary(_)) {
            continue;
        }
        let value = tag.raw.value.to_string();
        if value.len() <= MAX_TAG_BYTES && tag.raw.key.len() <= MAX_TAG_BYTES {
            tags.insert(tag.raw.key.to_lowercase(), value.into());
        }
    }
}

pub(crate) fn convert(call: &mut Call) -> Result<(), Error> {
    transform(call, 0, |_| Ok(|_: &mut Block| Ok(())))
}

/// Writes input 0 anew, each block changed by what `make` gives; `format` and `bits` are the
/// parameters from `at` on. Results 0 and 1 are frames and clipped samples.
pub(crate) fn transform<F>(
    call: &Call,
    at: u32,
    make: impl FnOnce(&crate::source::Spec) -> Result<F, Error>,
) -> Result<(), Error>
where
    F: FnMut(&mut Block) -> Result<(), Error>,
{
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut change = make(&source.spec)?;
    let mut sink = Sink::create(call, at, &source.spec)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        change(&mut block)?;
        sink.write(&block)?;
    }
    sink.report(call)
}

/// Frames of an input as its packets have them: for making room, as a damaged file may have others.
fn length(call: &Call, index: u32) -> Result<u64, Error> {
    let file = call.input(index)?;
    Source::open(index, file.bytes()?)?.length(call)
}

/// All of an input at once, where an op cannot do with less; refused when it does not fit into memory.
pub(crate) fn whole(call: &Call, index: u32) -> Result<(crate::source::Spec, Block), Error> {
    let mut all = Block::default();
    let expected = length(call, index)?;
    let spec = each_block(call, index, |spec, block| {
        all.planes.resize(spec.channels, Vec::new());
        for (plane, more) in all.planes.iter_mut().zip(&block.planes) {
            let room = if plane.is_empty() {
                expected as usize
            } else {
                more.len()
            };
            plane.try_reserve_exact(room.max(more.len())).map_err(|_| {
                Error::invalid(format!(
                    "the sound is too long for this op: {expected} frames of {} channels do not fit \
                     into the memory of the plugin; trim it, or mix it to mono",
                    spec.channels
                ))
            })?;
            plane.extend_from_slice(more);
        }
        Ok(())
    })?;
    all.planes.resize(spec.channels, Vec::new());
    Ok((spec, all))
}

/// Reads input 0 block by block, for an op that reads it twice.
pub(crate) fn reread(
    call: &Call,
    f: impl FnMut(&crate::source::Spec, &mut Block) -> Result<(), Error>,
) -> Result<crate::source::Spec, Error> {
    each_block(call, 0, f)
}
