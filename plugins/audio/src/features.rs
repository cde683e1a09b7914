//! What programs that listen begin with: mel bands, MFCC, chroma.

use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::growing::Growing;
use crate::picture::too_short;
use crate::source::{Source, Spec};
use crate::stft::{SIZES, Stft};

/// The power that counts as none: -100 dB.
const LEAST: f64 = 1e-10;

/// Rows of a table, one for each window, made from its power spectrum.
fn rows(
    call: &Call,
    head: &str,
    mut row: impl FnMut(&Spec, &[f64], &mut Vec<f64>),
) -> Result<(usize, Spec), Error> {
    let params = call.params();
    let size = SIZES[(params.choice(0)? as usize).min(SIZES.len() - 1)];
    let hop = params.count(1)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let spec = source.spec.clone();
    let mut stft = Stft::new(size, hop);
    let mut table = Growing::new(call, 0, "text/csv")?;
    table.more(head.len())?.copy_from_slice(head.as_bytes());
    let (mut power, mut values) = (vec![0.0; stft.bins()], Vec::new());
    let mut windows = 0;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        stft.push(&block, |bins| {
            power
                .iter_mut()
                .zip(bins)
                .for_each(|(p, bin)| *p = bin.norm_sqr());
            values.clear();
            row(&spec, &power, &mut values);
            // The middle of the window.
            let seconds = spec.seconds((windows * hop + size / 2) as u64);
            let mut line = format!("{seconds:.6}");
            values
                .iter()
                .for_each(|v| line.push_str(&format!(",{v:.4}")));
            line.push('\n');
            table.more(line.len())?.copy_from_slice(line.as_bytes());
            windows += 1;
            Ok(())
        })?;
    }
    if windows == 0 {
        return Err(too_short(source.frames(), size));
    }
    table.finish()?;
    Ok((windows, spec))
}

pub(crate) fn mel(call: &mut Call) -> Result<(), Error> {
    let bands = call.params().count(2)?;
    let mut bank = None;
    let (windows, _) = rows(call, &head("mel", bands), |spec, power, values| {
        let bank = bank.get_or_insert_with(|| Bank::new(spec.rate, power.len(), bands));
        values.extend(bank.levels(power));
    })?;
    call.result(0, windows as f64)
}

pub(crate) fn mfcc(call: &mut Call) -> Result<(), Error> {
    let (bands, count) = (call.params().count(2)?, call.params().count(3)?);
    if count > bands {
        return Err(Error::invalid("coefficients: no more than there are bands"));
    }
    let mut bank = None;
    let (windows, _) = rows(call, &head("mfcc", count), |spec, power, values| {
        let bank = bank.get_or_insert_with(|| Bank::new(spec.rate, power.len(), bands));
        let levels = bank.levels(power);
        values.extend((0..count).map(|k| cosine(&levels, k)));
    })?;
    call.result(0, windows as f64)
}

/// Coefficient `k` of the orthonormal cosine transform, DCT-II.
fn cosine(levels: &[f64], k: usize) -> f64 {
    let n = levels.len() as f64;
    let scale = if k == 0 {
        (1.0 / n).sqrt()
    } else {
        (2.0 / n).sqrt()
    };
    let term = |(i, level): (usize, &f64)| {
        level * (std::f64::consts::PI * k as f64 * (i as f64 + 0.5) / n).cos()
    };
    scale * levels.iter().enumerate().map(term).sum::<f64>()
}

/// Triangles on the mel scale of Slaney's Auditory Toolbox, each of area 1 in hertz.
struct Bank {
    weights: Vec<Vec<f64>>,
}

impl Bank {
    fn new(rate: u32, bins: usize, bands: usize) -> Self {
        let top = hertz_to_mel(f64::from(rate) / 2.0);
        let edge = |i: usize| mel_to_hertz(top * i as f64 / (bands + 1) as f64);
        let width = f64::from(rate) / 2.0 / (bins - 1) as f64;
        let band = |b: usize| {
            let (low, middle, high) = (edge(b), edge(b + 1), edge(b + 2));
            let weight = |bin: usize| {
                let f = bin as f64 * width;
                let slope = ((f - low) / (middle - low)).min((high - f) / (high - middle));
                slope.max(0.0) * 2.0 / (high - low)
            };
            (0..bins).map(weight).collect()
        };
        Self {
            weights: (0..bands).map(band).collect(),
        }
    }

    /// Decibels of each band.
    fn levels(&self, power: &[f64]) -> Vec<f64> {
        let level = |weights: &Vec<f64>| {
            let sum: f64 = weights.iter().zip(power).map(|(w, p)| w * p).sum();
            10.0 * sum.max(LEAST).log10()
        };
        self.weights.iter().map(level).collect()
    }
}

/// Linear up to 1,000 Hz, which are 15 mel; then 27 mel for a factor of 6.4.
fn hertz_to_mel(f: f64) -> f64 {
    if f < 1000.0 {
        f * 3.0 / 200.0
    } else {
        15.0 + (f / 1000.0).ln() / 6.4f64.ln() * 27.0
    }
}

fn mel_to_hertz(m: f64) -> f64 {
    if m < 15.0 {
        m * 200.0 / 3.0
    } else {
        1000.0 * (6.4f64.ln() / 27.0 * (m - 15.0)).exp()
    }
}

const NOTES: [&str; 12] = [
    "c", "c#", "d", "d#", "e", "f", "f#", "g", "g#", "a", "a#", "b",
];

pub(crate) fn chroma(call: &mut Call) -> Result<(), Error> {
    let tuning = call.params().number(2)?;
    let mut sums = [0.0; 12];
    let head = format!("seconds,{}\n", NOTES.join(","));
    let (windows, _) = rows(call, &head, |spec, power, values| {
        let width = f64::from(spec.rate) / 2.0 / (power.len() - 1) as f64;
        let mut classes = [0.0; 12];
        for (bin, p) in power.iter().enumerate() {
            let f = bin as f64 * width;
            // From the lowest A of a piano to where harmonics are all that is left.
            if (27.5..5000.0).contains(&f) {
                let note = (12.0 * (f / tuning).log2() + 9.0).round().rem_euclid(12.0);
                classes[note as usize % 12] += p;
            }
        }
        let most = classes.iter().fold(0.0f64, |most, c| most.max(*c));
        let share = |c: &f64| if most > LEAST { c / most } else { 0.0 };
        for (sum, c) in sums.iter_mut().zip(&classes) {
            *sum += share(c);
        }
        values.extend(classes.iter().map(share));
    })?;
    let strongest = (0..12)
        .max_by(|a, b| sums[*a].total_cmp(&sums[*b]))
        .unwrap_or(0);
    call.result(0, windows as f64)?;
    call.result(1, strongest as f64)
}

fn head(name: &str, count: usize) -> String {
    let columns: Vec<String> = (1..=count).map(|i| format!(",{name}_{i}")).collect();
    format!("seconds{}\n", columns.concat())
}
