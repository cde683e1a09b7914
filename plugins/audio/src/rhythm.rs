//! Where something begins, how fast it goes, and how high it is.

use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::source::{Source, Spec};
use crate::stft::{Stft, mono};
use crate::write_out;

/// Seconds between two values of the strength of onsets, and frames of their window.
const STEP: f64 = 0.005;
const WINDOW: f64 = 0.023;

/// First bins of the bands, half an octave wide: single bins of noise go up and down by themselves.
const BANDS: [usize; 15] = [0, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/// How much louder the bands become, from window to window: spectral flux of compressed amplitudes.
fn strength(call: &Call) -> Result<(Vec<f64>, f64, Spec), Error> {
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let spec = source.spec.clone();
    let hop = (spec.frame(STEP) as usize).max(1);
    let size = (spec.frame(WINDOW) as usize).max(16).next_power_of_two();
    let mut stft = Stft::new(size, hop);
    let scale = 2.0 / stft.window.iter().sum::<f64>();
    let mut before = [0.0; BANDS.len()];
    let mut flux = Vec::new();
    let mut block = Block::silence(spec.channels, size); // a sound that begins at once has an onset
    stft.push(&block, |_| Ok(()))?;
    while source.read(call, &mut block)? {
        stft.push(&block, |bins| {
            let mut sum = 0.0;
            for (i, (old, start)) in before.iter_mut().zip(BANDS).enumerate() {
                let end = BANDS.get(i + 1).unwrap_or(&usize::MAX);
                let band = bins.get(start..bins.len().min(*end)).unwrap_or(&[]);
                let power = band.iter().map(|bin| bin.norm_sqr()).sum::<f64>();
                let amplitude = (power / band.len().max(1) as f64).sqrt() * scale;
                let new = (1000.0 * amplitude).ln_1p();
                sum += (new - *old).max(0.0);
                *old = new;
            }
            flux.push(sum / BANDS.len() as f64);
            Ok(())
        })?;
    }
    Ok((flux, hop as f64 / f64::from(spec.rate), spec))
}

pub(crate) fn onsets(call: &mut Call) -> Result<(), Error> {
    let (sensitivity, gap) = (call.params().number(0)?, call.params().number(1)?);
    let (flux, step, spec) = strength(call)?;
    let threshold = 3.0 * 10f64.powf(-sensitivity / 50.0);
    let size = (spec.frame(WINDOW) as usize).max(16).next_power_of_two();
    let mut table = "seconds,strength\n".to_string();
    let (mut last, mut count) = (f64::NEG_INFINITY, 0);
    for i in 0..flux.len() {
        let near = &flux[i.saturating_sub(6)..(i + 7).min(flux.len())];
        let mean = near.iter().sum::<f64>() / near.len() as f64;
        let highest = near.iter().all(|f| *f <= flux[i]);
        // The window, which begins a size before the sound, meets the onset with its last quarter.
        let seconds = ((i + 1) as f64 * step - spec.seconds(size as u64 / 4)).max(0.0);
        if highest && flux[i] > threshold + mean && seconds - last >= gap {
            table.push_str(&format!("{seconds:.4},{:.4}\n", flux[i]));
            last = seconds;
            count += 1;
        }
    }
    call.result(0, f64::from(count))?;
    write_out(call, 0, table.as_bytes())
}

pub(crate) fn tempo(call: &mut Call) -> Result<(), Error> {
    let (slowest, fastest) = (call.params().number(0)?, call.params().number(1)?);
    if fastest <= slowest {
        return Err(Error::invalid("fastest must be above slowest"));
    }
    let (flux, step, _) = strength(call)?;
    let mean = flux.iter().sum::<f64>() / flux.len().max(1) as f64;
    let x: Vec<f64> = flux.iter().map(|f| f - mean).collect();
    let lag = |bpm: f64| 60.0 / bpm / step;
    let longest = lag(slowest).ceil() as usize * 2 + 2;
    if x.len() < longest {
        return Err(Error::invalid(format!(
            "the sound is too short to tell a tempo of {slowest} beats a minute: {:.1} s are needed",
            longest as f64 * step
        )));
    }
    let likeness: Vec<f64> = (0..longest).map(|lag| autocorrelation(&x, lag)).collect();
    if likeness[0] <= 0.0 {
        return Err(Error::invalid(
            "nothing begins in the sound, so it has no tempo",
        ));
    }
    let first = lag(fastest).floor() as usize;
    let last = (lag(slowest).ceil() as usize).min(longest / 2);
    // A beat and the next one count, and people tap near 120 a minute.
    let score = |i: usize| {
        let octaves = (60.0 / (i as f64 * step) / 120.0).log2();
        (peak(&likeness, i) + 0.5 * peak(&likeness, 2 * i)) * (-0.5 * octaves * octaves).exp()
    };
    let best = (first.max(1)..=last)
        .max_by(|a, b| score(*a).total_cmp(&score(*b)))
        .unwrap_or(first);
    // Over as many beats as there are: a step is short against them.
    let beats = ((x.len() / 2) / best).clamp(1, 16);
    let middle = beats * best;
    let reach = (beats / 2).max(1);
    let fine = (middle - reach..=middle + reach)
        .max_by(|a, b| autocorrelation(&x, *a).total_cmp(&autocorrelation(&x, *b)))
        .unwrap_or(middle);
    let exact = vertex(fine, |i| autocorrelation(&x, i)) / beats as f64;
    call.result(0, 60.0 / (exact * step))?;
    call.result(1, (likeness[best] / likeness[0]).clamp(0.0, 1.0))
}

fn autocorrelation(x: &[f64], lag: usize) -> f64 {
    let pairs = x.iter().zip(x.get(lag..).unwrap_or(&[]));
    pairs.map(|(a, b)| a * b).sum::<f64>() / x.len().saturating_sub(lag).max(1) as f64
}

fn peak(values: &[f64], at: usize) -> f64 {
    let near = values
        .get(at.saturating_sub(1)..(at + 2).min(values.len()))
        .unwrap_or(&[]);
    near.iter().fold(0.0, |most, v| most.max(*v))
}

/// The top of the parabola through a value and its neighbours.
fn vertex(at: usize, value: impl Fn(usize) -> f64) -> f64 {
    if at == 0 {
        return 0.0;
    }
    let (a, b, c) = (value(at - 1), value(at), value(at + 1));
    let bend = a - 2.0 * b + c;
    let shift = if bend == 0.0 {
        0.0
    } else {
        0.5 * (a - c) / bend
    };
    at as f64 + shift.clamp(-0.5, 0.5)
}

/// YIN: A. de Cheveigné and H. Kawahara, 2002.
pub(crate) fn pitches(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (lowest, highest) = (params.number(0)?, params.number(1)?);
    let (step, threshold) = (params.number(2)?, params.number(3)?);
    if highest <= lowest {
        return Err(Error::invalid("highest must be above lowest"));
    }
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let spec = source.spec.clone();
    let rate = f64::from(spec.rate);
    let longest = (rate / lowest).ceil() as usize + 2;
    let shortest = ((rate / highest).floor() as usize).max(2);
    let hop = (spec.frame(step) as usize).max(1);
    let (mut waiting, mut start, mut at) = (Vec::new(), 0usize, 0u64);
    let mut table = "seconds,frequency,clarity\n".to_string();
    let mut heard = Vec::new();
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        waiting.extend(mono(&block));
        while start + 2 * longest <= waiting.len() {
            let (f, clarity) = yin(
                &waiting[start..start + 2 * longest],
                shortest,
                threshold,
                rate,
            );
            let seconds = spec.seconds(at + longest as u64);
            table.push_str(&format!("{seconds:.4},{f:.3},{clarity:.3}\n"));
            if f > 0.0 {
                heard.push(f);
            }
            start += hop;
            at += hop as u64;
        }
        let used = start.min(waiting.len());
        waiting.drain(..used);
        start -= used;
    }
    heard.sort_by(f64::total_cmp);
    call.result(0, heard.get(heard.len() / 2).copied().unwrap_or(0.0))?;
    call.result(1, heard.len() as f64)?;
    write_out(call, 0, table.as_bytes())
}

/// The frequency, 0 where there is none, and how clear it is.
fn yin(x: &[f32], shortest: usize, threshold: f64, rate: f64) -> (f64, f64) {
    let half = x.len() / 2;
    let difference = |lag: usize| {
        let mut sums = [0.0f32; 4];
        for (a, b) in x[..half]
            .chunks_exact(4)
            .zip(x[lag..lag + half].chunks_exact(4))
        {
            for i in 0..4 {
                sums[i] += (a[i] - b[i]) * (a[i] - b[i]);
            }
        }
        f64::from(sums.iter().sum::<f32>())
    };
    // The mean of the differences so far makes 1 of what is neither like nor unlike.
    let (mut normal, mut sum) = (vec![1.0; half], 0.0);
    for (lag, value) in normal.iter_mut().enumerate().skip(1) {
        let d = difference(lag);
        sum += d;
        *value = if sum > 1e-9 {
            d * lag as f64 / sum
        } else {
            1.0
        };
    }
    let mut lag = shortest;
    while lag + 1 < half {
        if normal[lag] < threshold {
            while lag + 2 < half && normal[lag + 1] < normal[lag] {
                lag += 1;
            }
            let exact = vertex(lag, |i| -normal[i]);
            return (rate / exact, (1.0 - normal[lag]).clamp(0.0, 1.0));
        }
        lag += 1;
    }
    let least = normal[shortest.min(half - 1)..]
        .iter()
        .fold(1.0f64, |m, v| m.min(*v));
    (0.0, (1.0 - least).clamp(0.0, 1.0))
}
