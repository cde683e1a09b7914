//! Sound: read, change, measure and write it.
//!
//! Samples are 32-bit floats inside, which hold up to 24 bits exactly. Files are read packet by packet
//! and written as they come, so that most ops need little memory however long the sound is.

#![forbid(unsafe_code)]

mod block;
mod channels;
mod cut;
mod dynamics;
mod effects;
mod features;
mod files;
mod filter;
mod flac;
mod generate;
mod growing;
mod level;
mod loudness;
mod picture;
mod repair;
mod resample;
mod rhythm;
mod silence;
mod sink;
mod source;
mod spatial;
mod stft;
mod stretch;
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
        22 => dynamics::compress,
        23 => dynamics::gate,
        24 => dynamics::limit,
        25 => effects::delay,
        26 => effects::chorus,
        27 => effects::distort,
        28 => effects::reverb,
        29 => stretch::stretch,
        30 => stretch::pitch,
        31 => spatial::spatialise,
        32 => features::mel,
        33 => features::mfcc,
        34 => features::chroma,
        35 => rhythm::onsets,
        36 => rhythm::tempo,
        37 => rhythm::pitches,
        38 => repair::denoise,
        39 => repair::declick,
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
