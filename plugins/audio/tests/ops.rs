//! The ops against the manifest that ships with them.

#![allow(clippy::expect_used)]

use inos_audio::dispatch;
use inos_testkit::{Job, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../manifest.json"))
}

/// A WAV file of 16 bits with a ramp that is different in each channel.
fn ramp(channels: u16, frames: u32) -> Vec<u8> {
    let data = frames * u32::from(channels) * 2;
    let mut file = b"RIFF".to_vec();
    file.extend((36 + data).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    file.extend(channels.to_le_bytes());
    file.extend(8000u32.to_le_bytes());
    file.extend((8000 * u32::from(channels) * 2).to_le_bytes());
    file.extend((channels * 2).to_le_bytes());
    file.extend(b"\x10\0data");
    file.extend(data.to_le_bytes());
    for frame in 0..frames {
        for channel in 0..channels {
            file.extend(
                (frame as i16)
                    .wrapping_mul(13 + channel as i16)
                    .to_le_bytes(),
            );
        }
    }
    file
}

#[test]
fn flac_and_back_is_the_same_file() {
    for frames in [1, 15, 16, 4095, 4096, 4097, 9000] {
        for channels in 1..=2 {
            let file = ramp(channels, frames);
            let job = Job::new(&manifest(), "convert").set("format", "flac");
            let flac = job.input(&file).run(dispatch).ok().output("sound");
            assert_eq!(flac.media, "audio/flac");
            let back = Job::new(&manifest(), "convert").input(&flac.bytes);
            let back = back.run(dispatch).ok().output("sound");
            assert_eq!((back.media.as_str(), back.bytes), ("audio/wav", file));
        }
    }
}

#[test]
fn damaged_files_are_refused_or_read() {
    let wav = ramp(2, 5000);
    let job = Job::new(&manifest(), "convert").set("format", "flac");
    let flac = job.input(&wav).run(dispatch).ok().output("sound").bytes;
    for whole in [wav, flac] {
        let mut tried = 0;
        let mut attempt = |bytes: &[u8]| {
            let done = Job::new(&manifest(), "convert").input(bytes).run(dispatch);
            if let Some(failure) = done.failure() {
                assert_eq!(failure.code, 2, "{}", failure.text);
            }
            tried += 1;
        };
        (0..16).for_each(|part| attempt(&whole[..whole.len() * part / 16]));
        let mut seed = 1u32;
        for _ in 0..200 {
            let mut broken = whole.clone();
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (seed >> 8) as usize % broken.len();
            broken[at] ^= 1 << (seed >> 5 & 7);
            attempt(&broken);
        }
        assert_eq!(tried, 216);
    }
}

#[test]
fn stops_when_it_is_asked_to() {
    let job = Job::new(&manifest(), "convert").input(&ramp(1, 200_000));
    let failure = job.cancel_after(1).run(dispatch).failure();
    assert_eq!(failure.map(|f| f.code), Some(3));
}

/// Every op of the manifest with one sound, by its name.
const OPS: [&str; 39] = [
    "info",
    "convert",
    "trim",
    "concatenate",
    "mix",
    "gain",
    "normalise",
    "loudness",
    "fade",
    "reverse",
    "channels",
    "pan",
    "resample",
    "filter",
    "equalise",
    "waveform",
    "spectrum",
    "spectrogram",
    "split",
    "strip",
    "crossfade",
    "compress",
    "gate",
    "limit",
    "delay",
    "chorus",
    "distort",
    "reverb",
    "stretch",
    "pitch",
    "spatialise",
    "mel",
    "mfcc",
    "chroma",
    "onsets",
    "tempo",
    "pitches",
    "denoise",
    "declick",
];

#[test]
fn short_sounds_pass_through_each_op_or_are_refused() {
    let mut done = 0;
    for op in OPS {
        for (channels, frames) in [(1, 0), (1, 1), (2, 2), (2, 100), (8, 3000), (1, 20_000)] {
            let file = ramp(channels, frames);
            let mut job = Job::new(&manifest(), op).input(&file);
            if op == "crossfade" {
                job = job.input(&file);
            }
            match job.run(dispatch).failure() {
                Some(failure) => assert_eq!(failure.code, 2, "{op}: {}", failure.text),
                None => done += 1,
            }
        }
    }
    assert!(done > 150, "only {done} were done");
}

/// Samples that are no numbers, or beyond all measure.
#[test]
fn wild_floats_pass_through_each_op_or_are_refused() {
    let mut file = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x03\0\x01\0".to_vec();
    file.extend(22050u32.to_le_bytes());
    file.extend(88200u32.to_le_bytes());
    file.extend(b"\x04\0\x20\0data");
    file.extend(80_000u32.to_le_bytes());
    for i in 0..20_000 {
        let wild = [f32::NAN, f32::INFINITY, -f32::MAX, f32::MIN_POSITIVE, 0.5];
        let sample = if i % 97 == 0 {
            wild[i / 97 % 5]
        } else {
            (i as f32 * 0.1).sin()
        };
        file.extend(sample.to_le_bytes());
    }
    let length = file.len() as u32 - 8;
    file[4..8].copy_from_slice(&length.to_le_bytes());
    let mut done = 0;
    for op in OPS {
        let mut job = Job::new(&manifest(), op).input(&file);
        if op == "crossfade" {
            job = job.input(&file);
        }
        match job.run(dispatch).failure() {
            Some(failure) => assert!(failure.code <= 2, "{op}: {}", failure.text),
            None => done += 1,
        }
    }
    assert!(done > 25, "only {done} were done");
}
