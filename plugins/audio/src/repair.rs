use std::sync::Arc;

use inos_sdk::{Call, Error};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::amplitude;
use crate::block::Block;
use crate::files::reread;
use crate::sink::Sink;
use crate::source::Source;
use crate::stft::hann;

/// Frames of a window of noise reduction; four of them overlap.
const WINDOW: usize = 2048;
const HOP: usize = WINDOW / 4;
/// What is left of a gain from one window to the next: without it single tones blink.
const FADE: f64 = 0.6;

/// Subtracts the power of the noise, as it is between two times, from each frequency.
pub(crate) fn denoise(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (start, end) = (params.number(0)?, params.number(1)?);
    let (reduction, strength) = (params.number(2)?, params.number(3)?);
    let noise = noise(call, start, end)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 4, &source.spec)?;
    let floor = amplitude(-reduction);
    let mut channels: Vec<Cleaner> = noise
        .iter()
        .map(|n| Cleaner::new(n, floor, strength))
        .collect();
    let mut block = Block::default();
    let mut left = 0u64;
    let mut skip = WINDOW - HOP;
    let mut write = |block: &Block, limit: Option<u64>, sink: &mut Sink<'_>| {
        let pairs = channels.iter_mut().zip(&block.planes);
        let planes = pairs.map(|(channel, plane)| channel.push(plane)).collect();
        let mut out = Block { planes };
        let first = skip.min(out.frames());
        skip -= first;
        let last = limit.map_or(out.frames(), |limit| {
            out.frames().min(first + limit as usize)
        });
        out.keep(first, last);
        sink.write(&out)?;
        Ok::<u64, Error>(out.frames() as u64)
    };
    while source.read(call, &mut block)? {
        left += block.frames() as u64;
        left -= write(&block, None, &mut sink)?;
    }
    let silence = Block::silence(source.spec.channels, HOP);
    while left > 0 {
        left -= write(&silence, Some(left), &mut sink)?;
    }
    sink.report(call)
}

/// The mean power of each frequency and channel between two times.
fn noise(call: &Call, start: f64, end: f64) -> Result<Vec<Vec<f64>>, Error> {
    let mut channels: Vec<Cleaner> = Vec::new();
    let mut at = 0u64;
    let spec = reread(call, |spec, block| {
        let none = vec![0.0; WINDOW / 2 + 1];
        channels.resize_with(spec.channels, || Cleaner::new(&none, 1.0, 0.0));
        let frames = block.frames() as u64;
        let first = spec.frame(start).saturating_sub(at).min(frames) as usize;
        let last = spec.frame(end).saturating_sub(at).min(frames) as usize;
        for (channel, plane) in channels.iter_mut().zip(&block.planes) {
            channel.learn(&plane[first.min(last)..last]);
        }
        at += frames;
        Ok(())
    })?;
    if channels.iter().any(|channel| channel.windows == 0) || channels.is_empty() {
        return Err(Error::invalid(format!(
            "noise_start and noise_end: at least {:.3} s of the sound must lie between them",
            spec.seconds(WINDOW as u64)
        )));
    }
    Ok(channels.into_iter().map(Cleaner::learnt).collect())
}

/// Noise reduction of one channel.
struct Cleaner {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
    window: Vec<f64>,
    noise: Vec<f64>,
    gains: Vec<f64>,
    floor: f64,
    strength: f64,
    waiting: Vec<f64>,
    sum: Vec<f64>,
    windows: usize,
    input: Vec<f64>,
    bins: Vec<Complex<f64>>,
}

impl Cleaner {
    fn new(noise: &[f64], floor: f64, strength: f64) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (
            planner.plan_fft_forward(WINDOW),
            planner.plan_fft_inverse(WINDOW),
        );
        Self {
            input: forward.make_input_vec(),
            bins: forward.make_output_vec(),
            forward,
            inverse,
            // Twice a root of Hann's window: four that overlap sum up to 2.
            window: hann(WINDOW).into_iter().map(f64::sqrt).collect(),
            noise: noise.to_vec(),
            gains: vec![1.0; noise.len()],
            floor,
            strength,
            waiting: Vec::new(),
            sum: vec![0.0; WINDOW],
            windows: 0,
        }
    }

    fn transform(&mut self) {
        let samples = self.waiting.iter().zip(&self.window);
        self.input
            .iter_mut()
            .zip(samples)
            .for_each(|(x, (s, w))| *x = s * w);
        // The lengths are those that the transform gave itself.
        let done = self.forward.process(&mut self.input, &mut self.bins);
        debug_assert!(done.is_ok());
    }

    fn learn(&mut self, plane: &[f32]) {
        self.waiting.extend(plane.iter().map(|s| f64::from(*s)));
        while self.waiting.len() >= WINDOW {
            self.transform();
            self.noise
                .iter_mut()
                .zip(&self.bins)
                .for_each(|(n, bin)| *n += bin.norm_sqr());
            self.windows += 1;
            self.waiting.drain(..HOP);
        }
    }

    fn learnt(self) -> Vec<f64> {
        self.noise.iter().map(|n| n / self.windows as f64).collect()
    }

    /// Takes samples; gives those that no later window changes, a window less a hop later.
    fn push(&mut self, plane: &[f32]) -> Vec<f32> {
        if self.windows == 0 && self.waiting.is_empty() {
            self.waiting = vec![0.0; WINDOW - HOP];
        }
        self.waiting.extend(plane.iter().map(|s| f64::from(*s)));
        let mut out = Vec::new();
        while self.waiting.len() >= WINDOW {
            self.transform();
            self.clean();
            self.waiting.drain(..HOP);
            out.extend(self.sum.drain(..HOP).map(|s| s as f32));
            self.sum.resize(WINDOW, 0.0);
            self.windows += 1;
        }
        out
    }

    fn clean(&mut self) {
        for ((bin, noise), gain) in self.bins.iter_mut().zip(&self.noise).zip(&mut self.gains) {
            let power = bin.norm_sqr().max(1e-30);
            let wanted = (1.0 - self.strength * noise / power).max(0.0).sqrt();
            *gain = wanted.max(FADE * *gain).max(self.floor);
            *bin *= *gain;
        }
        // The inverse asks for real values at both ends.
        if let [first, .., last] = &mut self.bins[..] {
            (first.im, last.im) = (0.0, 0.0);
        }
        let done = self.inverse.process(&mut self.bins, &mut self.input);
        debug_assert!(done.is_ok());
        let scale = 0.5 / WINDOW as f64;
        for ((sum, x), w) in self.sum.iter_mut().zip(&self.input).zip(&self.window) {
            *sum += x * w * scale;
        }
    }
}

/// Frames that are looked at: those in the middle are mended.
const SIGHT: usize = 4096;
const MARGIN: usize = 1024;
/// Order of the prediction by which a click is told from sound.
const ORDER: usize = 32;
/// The longest click that is mended.
const LONGEST: usize = 200;

/// Finds samples that do not follow from their neighbours, and puts in what does: S. Godsill and P. Rayner,
/// "Digital Audio Restoration", 1998, chapter 5.
pub(crate) fn declick(call: &mut Call) -> Result<(), Error> {
    let threshold = call.params().number(0)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut sink = Sink::create(call, 1, &source.spec)?;
    let mut channels = vec![Mender::new(threshold); source.spec.channels];
    let mut block = Block::default();
    let mut left = 0;
    while source.read(call, &mut block)? {
        let pairs = channels.iter_mut().zip(&block.planes);
        let out = Block {
            planes: pairs.map(|(mender, plane)| mender.push(plane)).collect(),
        };
        left = left + block.frames() - out.frames();
        sink.write(&out)?;
    }
    let mut out = Block {
        planes: channels.iter_mut().map(Mender::finish).collect(),
    };
    out.keep(0, left);
    sink.write(&out)?;
    let mended: usize = channels.iter().map(|mender| mender.mended).sum();
    call.result(2, mended as f64)?;
    sink.report(call)
}

#[derive(Clone)]
struct Mender {
    threshold: f64,
    /// What is looked at next, with a margin before it.
    sound: Vec<f64>,
    begun: bool,
    mended: usize,
}

impl Mender {
    fn new(threshold: f64) -> Self {
        Self {
            threshold,
            sound: Vec::new(),
            begun: false,
            mended: 0,
        }
    }

    /// Mirrors the first samples, turned over, to before the beginning: a sound that begins at once is no
    /// click.
    fn begin(&mut self) {
        let first = self.sound.first().copied().unwrap_or(0.0);
        let mirror = |k: usize| self.sound.get(k).map_or(0.0, |s| 2.0 * first - s);
        let mut before: Vec<f64> = (1..=MARGIN).rev().map(mirror).collect();
        before.append(&mut self.sound);
        self.sound = before;
        self.begun = true;
    }

    /// The rest, and some frames more.
    fn finish(&mut self) -> Vec<f32> {
        if !self.begun {
            self.begin();
        }
        let n = self.sound.len();
        let last = self.sound.last().copied().unwrap_or(0.0);
        let mirror = |k: usize| {
            n.checked_sub(k + 1)
                .map_or(0.0, |i| 2.0 * last - self.sound[i])
        };
        let mut behind: Vec<f32> = (1..=MARGIN).map(|k| mirror(k) as f32).collect();
        behind.resize(SIGHT * 2, 0.0);
        self.push(&behind)
    }

    fn push(&mut self, plane: &[f32]) -> Vec<f32> {
        self.sound.extend(plane.iter().map(|s| f64::from(*s)));
        if !self.begun && self.sound.len() > MARGIN {
            self.begin();
        }
        let mut out = Vec::new();
        while self.begun && self.sound.len() >= SIGHT {
            self.mend();
            let end = SIGHT - MARGIN;
            out.extend(self.sound[MARGIN..end].iter().map(|s| *s as f32));
            self.sound.drain(..end - MARGIN);
        }
        out
    }

    fn mend(&mut self) {
        let Some(a) = prediction(&self.sound[..SIGHT]) else {
            return;
        };
        for [start, end] in self.clicks(&a) {
            if let Some(values) = interpolate(&self.sound[..SIGHT], &a, start, end) {
                self.sound[start..end].copy_from_slice(&values);
                self.mended += 1;
            }
        }
    }

    /// Stretches that begin in the middle and whose prediction is far from what is there.
    fn clicks(&self, a: &[f64; ORDER + 1]) -> Vec<[usize; 2]> {
        let error = |i: usize| {
            (0..=ORDER)
                .map(|k| a[k] * self.sound[i - k])
                .sum::<f64>()
                .abs()
        };
        let errors: Vec<f64> = (ORDER..SIGHT).map(error).collect();
        let mut sorted = errors.clone();
        sorted.sort_by(f64::total_cmp);
        // The deviation, from the median: clicks do not move it.
        let limit = self.threshold * (sorted[sorted.len() / 2] / 0.6745).max(1e-7);
        let mut found: Vec<[usize; 2]> = Vec::new();
        for (i, _) in errors.iter().enumerate().filter(|(_, e)| **e > limit) {
            let at = i + ORDER;
            match found.last_mut() {
                // A click spoils the prediction of some samples behind it.
                Some(last) if at <= last[1] + 8 => last[1] = at + 1,
                _ => found.push([at.saturating_sub(1), at + 1]),
            }
        }
        let middle = MARGIN..SIGHT - MARGIN;
        found.retain(|[start, end]| middle.contains(start) && end - start <= LONGEST);
        found
    }
}

/// The filter of the prediction error, 1 first, by Levinson and Durbin.
fn prediction(x: &[f64]) -> Option<[f64; ORDER + 1]> {
    let window = hann(x.len());
    let y: Vec<f64> = x.iter().zip(&window).map(|(s, w)| s * w).collect();
    let mut r: [f64; ORDER + 1] =
        std::array::from_fn(|lag| y.iter().zip(&y[lag..]).map(|(a, b)| a * b).sum());
    if r[0] < 1e-9 {
        return None;
    }
    r[0] *= 1.0 + 1e-9; // so that a pure tone can be solved
    let mut a = [0.0; ORDER + 1];
    a[0] = 1.0;
    let mut error = r[0];
    for i in 1..=ORDER {
        let sum: f64 = (0..i).map(|j| a[j] * r[i - j]).sum();
        let k = -sum / error;
        let before = a;
        for j in 1..=i {
            a[j] = before[j] + k * before[i - j];
        }
        error *= 1.0 - k * k;
        if error.is_nan() || error <= 0.0 {
            return None;
        }
    }
    Some(a)
}

/// The samples from `start` to `end` that leave the least prediction error around them.
fn interpolate(x: &[f64], a: &[f64; ORDER + 1], start: usize, end: usize) -> Option<Vec<f64>> {
    let n = end - start;
    let b: [f64; ORDER + 1] =
        std::array::from_fn(|lag| a.iter().zip(&a[lag..]).map(|(p, q)| p * q).sum());
    let weight = |distance: usize| b.get(distance).copied().unwrap_or(0.0);
    let mut right: Vec<f64> = (start..end)
        .map(|i| {
            let known = (i - ORDER..=i + ORDER).filter(|j| *j < start || *j >= end);
            -known.map(|j| weight(i.abs_diff(j)) * x[j]).sum::<f64>()
        })
        .collect();
    // Cholesky: the matrix is symmetric and positive definite.
    let mut l = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| l[i * n + k] * l[j * n + k]).sum();
            let value = weight(i - j) - sum;
            if i == j {
                if value.is_nan() || value <= 0.0 {
                    return None;
                }
                l[i * n + i] = value.sqrt();
            } else {
                l[i * n + j] = value / l[j * n + j];
            }
        }
    }
    for i in 0..n {
        let sum: f64 = (0..i).map(|k| l[i * n + k] * right[k]).sum();
        right[i] = (right[i] - sum) / l[i * n + i];
    }
    for i in (0..n).rev() {
        let sum: f64 = (i + 1..n).map(|k| l[k * n + i] * right[k]).sum();
        right[i] = (right[i] - sum) / l[i * n + i];
    }
    Some(right)
}
