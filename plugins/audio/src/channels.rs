use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::files::transform;
use crate::sink::Sink;
use crate::source::{MAX_CHANNELS, Source};

/// Weights of the input's channels for each channel of the output.
type Matrix = Vec<Vec<f32>>;

pub(crate) fn channels(call: &mut Call) -> Result<(), Error> {
    let (mode, order) = (call.params().choice(0)?, call.params().text(1)?);
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let matrix = match mode {
        0 => mono(source.spec.channels),
        1 => stereo(source.spec.channels),
        2 => swapped(source.spec.channels)?,
        _ => picked(&order, source.spec.channels)?,
    };
    let mut spec = source.spec.clone();
    spec.channels = matrix.len();
    let mut sink = Sink::create(call, 2, &spec)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        sink.write(&mixed(&matrix, &block))?;
    }
    sink.report(call)
}

/// The mean of all channels.
fn mono(channels: usize) -> Matrix {
    vec![vec![1.0 / channels as f32; channels]]
}

/// One channel to both sides; of more than two, those of the middle to both at -3 dB, those at the side
/// and behind to their side at -3 dB, without the low-frequency channel (ITU-R BS.775), scaled so that
/// nothing can clip.
fn stereo(channels: usize) -> Matrix {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    let left: &[f32] = match channels {
        1 => return vec![vec![1.0], vec![1.0]],
        2 => &[1.0, 0.0],
        3 => &[1.0, 0.0, HALF],
        4 => &[1.0, 0.0, HALF, 0.0],
        5 => &[1.0, 0.0, HALF, HALF, 0.0],
        6 => &[1.0, 0.0, HALF, 0.0, HALF, 0.0],
        7 => &[1.0, 0.0, HALF, 0.0, HALF, HALF, 0.0],
        _ => &[1.0, 0.0, HALF, 0.0, HALF, 0.0, HALF, 0.0],
    };
    let sum: f32 = left.iter().sum();
    let left: Vec<f32> = left.iter().map(|w| w / sum).collect();
    let mut right = left.clone();
    let pairs: &[usize] = match channels {
        4 => &[0, 2],
        5 => &[0, 3],
        6 => &[0, 4],
        7 => &[0, 5],
        8 => &[0, 4, 6],
        _ => &[0],
    };
    pairs.iter().for_each(|at| right.swap(*at, at + 1));
    vec![left, right]
}

fn swapped(channels: usize) -> Result<Matrix, Error> {
    if channels != 2 {
        return Err(Error::invalid(format!(
            "swap is for 2 channels; the sound has {channels}"
        )));
    }
    Ok(vec![vec![0.0, 1.0], vec![1.0, 0.0]])
}

/// Channels by number, as "2 1" or "1,1,0"; 0 is silence.
fn picked(order: &str, channels: usize) -> Result<Matrix, Error> {
    let wrong = |what: &str| {
        Error::invalid(format!(
            "order: {what}; give up to {MAX_CHANNELS} numbers of channels from 1 to {channels}, or 0 for \
             silence, like \"2 1\""
        ))
    };
    let parts: Vec<&str> = order
        .split([' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    if parts.is_empty() || parts.len() > MAX_CHANNELS {
        return Err(wrong(&format!("{} numbers", parts.len())));
    }
    let row = |part: &&str| {
        let number: usize = part
            .parse()
            .map_err(|_| wrong(&format!("{part:?} is no number")))?;
        if number > channels {
            return Err(wrong(&format!("there is no channel {number}")));
        }
        let weight = |c| if c + 1 == number { 1.0 } else { 0.0 };
        Ok((0..channels).map(weight).collect())
    };
    parts.iter().map(row).collect()
}

fn mixed(matrix: &Matrix, block: &Block) -> Block {
    let plane = |row: &Vec<f32>| {
        let mut sum = vec![0.0f32; block.frames()];
        for (weight, plane) in row.iter().zip(&block.planes) {
            if *weight == 0.0 {
                continue;
            }
            for (sum, sample) in sum.iter_mut().zip(plane) {
                *sum += weight * sample;
            }
        }
        sum
    };
    Block {
        planes: matrix.iter().map(plane).collect(),
    }
}

pub(crate) fn pan(call: &mut Call) -> Result<(), Error> {
    let position = (call.params().number(0)? / 100.0).clamp(-1.0, 1.0);
    let channels = {
        let file = call.input(0)?;
        Source::open(0, file.bytes()?)?.spec.channels
    };
    match channels {
        1 => place(call, position),
        2 => transform(call, 1, |_| {
            // The side that the sound leaves becomes quieter, the other one stays.
            let sides = [1.0 - position.max(0.0), 1.0 + position.min(0.0)];
            Ok(move |block: &mut Block| {
                for (plane, side) in block.planes.iter_mut().zip(sides) {
                    plane
                        .iter_mut()
                        .for_each(|s| *s = (f64::from(*s) * side) as f32);
                }
                Ok(())
            })
        }),
        _ => Err(Error::invalid(format!(
            "pan is for 1 or 2 channels; the sound has {channels}"
        ))),
    }
}

/// One channel between two, of equal power wherever it is.
fn place(call: &Call, position: f64) -> Result<(), Error> {
    let angle = (position + 1.0) * std::f64::consts::FRAC_PI_4;
    let matrix = vec![vec![angle.cos() as f32], vec![angle.sin() as f32]];
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut spec = source.spec.clone();
    spec.channels = 2;
    let mut sink = Sink::create(call, 1, &spec)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        sink.write(&mixed(&matrix, &block))?;
    }
    sink.report(call)
}
