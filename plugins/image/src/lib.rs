//! Pictures: read, change, measure, compare and write them.
//!
//! Pixels are kept with 8 bits per channel; the EXIF orientation is applied while reading.

#![forbid(unsafe_code)]

mod adjust;
mod blend;
mod clusters;
mod colour;
mod decode;
mod encode;
mod filters;
mod geometry;
mod grey;
mod many;
mod measure;
mod memory;
mod neighbours;
mod palette;
mod rows;
mod strips;
mod text;
mod tone;
mod turn;
mod warmth;
mod warp;

use inos_sdk::{Call, Error};

inos_sdk::plugin! {
    ops: {
        0 => measure::info,
        1 => geometry::convert,
        2 => geometry::resize,
        3 => geometry::thumbnail,
        4 => geometry::crop,
        5 => turn::rotate,
        6 => turn::flip,
        7 => adjust::grayscale,
        8 => adjust::invert,
        9 => adjust::brightness,
        10 => adjust::contrast,
        11 => adjust::gamma,
        12 => adjust::levels,
        13 => adjust::hue,
        14 => adjust::saturation,
        15 => filters::blur,
        16 => filters::unsharp,
        17 => filters::median,
        18 => filters::edges,
        19 => filters::threshold,
        20 => measure::histogram,
        21 => measure::compare,
        22 => measure::hash,
        23 => clusters::colours,
        24 => blend::overlay,
        25 => blend::watermark,
        26 => warp::tile,
        27 => many::contact_sheet,
        28 => warp::perspective,
        29 => many::smart_crop,
        30 => tone::curves,
        31 => tone::auto_level,
        32 => tone::equalise,
        33 => warmth::temperature,
        34 => neighbours::morphology,
        35 => neighbours::bilateral,
        36 => palette::dither,
        37 => palette::quantise,
        38 => many::duplicates,
        39 => text::text,
        40 => neighbours::sharpen,
    },
}

/// Writes `bytes` as output 0.
fn write_out(call: &Call, bytes: &[u8]) -> Result<(), Error> {
    let mut output = call.output(0)?;
    output.map(bytes.len())?.copy_from_slice(bytes);
    output.finish(bytes.len())
}
