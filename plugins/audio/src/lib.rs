//! Sound: read, change, measure and write it.
//!
//! Samples are 32-bit floats inside, which hold up to 24 bits exactly. Files are read packet by packet
//! and written as they come, so that most ops need little memory however long the sound is.

#![forbid(unsafe_code)]

mod block;
mod channels;
mod cut;
mod files;
mod filter;
mod flac;
mod generate;
mod growing;
mod level;
mod loudness;
mod picture;
mod resample;
mod silence;
mod sink;
mod source;
mod stft;
mod together;
mod wav;

use inos_sdk::{Call, Error};

inos_sdk::plugin! {
    ops: {
        0 => files::info,
        1 => files::convert,
        2 => cut::trim,
        3 => together::concatenate,
        4 => together::mix,
        5 => level::gain,
        6 => loudness::normalise,
        7 => loudness::loudness,
        8 => cut::fade,
        9 => cut::reverse,
        10 => channels::channels,
        11 => channels::pan,
        12 => resample::resample,
        13 => filter::filter,
        14 => filter::equalise,
        15 => picture::waveform,
        16 => picture::spectrum,
        17 => picture::spectrogram,
        18 => generate::generate,
        19 => silence::split,
        20 => silence::strip,
        21 => together::crossfade,
    },
}

/// Writes `bytes` as an output.
fn write_out(call: &Call, index: u32, bytes: &[u8]) -> Result<(), Error> {
    let mut output = call.output(index)?;
    output.map(bytes.len())?.copy_from_slice(bytes);
    output.finish(bytes.len())
}

/// A ratio of amplitudes from decibels.
fn amplitude(decibels: f64) -> f64 {
    10f64.powf(decibels / 20.0)
}

/// Decibels of a ratio of amplitudes; of nothing: minus infinity.
fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.log10()
}
