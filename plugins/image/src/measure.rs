use std::collections::BTreeMap;
use std::fmt::Write;

use fast_image_resize::{FilterType, ResizeAlg};
use image::{ColorType, DynamicImage};
use inos_sdk::{Call, Error};

use crate::decode::{self, gif_frames, load};
use crate::filters::{Shape, gaussian, sweep};
use crate::geometry::{rebuilt, scaled};
use crate::grey::{colours_in, colours_of, grey_of, luma};
use crate::memory::room;
use crate::rows::Rows;
use crate::write_out;

pub(crate) fn info(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let bytes = input.bytes()?;
    let header = decode::header(bytes)?;
    let frames = if header.format == image::ImageFormat::Gif {
        count_frames(call, bytes)?
    } else {
        1
    };
    let figures = [
        f64::from(header.width),
        f64::from(header.height),
        f64::from(header.channels),
        f64::from(header.bits),
        f64::from(header.orientation),
        frames as f64,
        header.icc.map_or(0.0, |icc| icc.len() as f64),
        header.exif_bytes as f64,
    ];
    for (i, figure) in (0u32..).zip(figures) {
        call.result(i, figure)?;
    }
    write_out(
        call,
        format!("{}\n", decode::name(header.format)).as_bytes(),
    )
}

fn count_frames(call: &Call, bytes: &[u8]) -> Result<u64, Error> {
    let (frames, _) = gif_frames(bytes)?;
    let mut count = 0;
    for frame in frames {
        frame.map_err(|e| decode::trouble(image::ImageFormat::Gif, &e))?;
        count += 1;
        call.progress(count, count + 1)?;
    }
    Ok(count)
}

pub(crate) fn histogram(call: &mut Call) -> Result<(), Error> {
    let mut counts = vec![[0u64; 4]; 256];
    each_colour(call, |[r, g, b, _]| {
        for (channel, value) in [r, g, b, luma([r, g, b])].into_iter().enumerate() {
            counts[usize::from(value)][channel] += 1;
        }
    })?;
    let mut table = String::from("value,red,green,blue,grey\n");
    for (value, [r, g, b, grey]) in counts.iter().enumerate() {
        // Writing to a String cannot fail.
        let _ = writeln!(table, "{value},{r},{g},{b},{grey}");
    }
    let figures = summary(&counts.iter().map(|c| c[3]).collect::<Vec<_>>());
    for (i, figure) in (0u32..).zip(figures) {
        call.result(i, figure)?;
    }
    write_out(call, table.as_bytes())
}

/// Mean, standard deviation, least, largest and median of values by their counts.
fn summary(counts: &[u64]) -> [f64; 5] {
    let total: u64 = counts.iter().sum();
    let moment = |f: &dyn Fn(f64) -> f64| {
        counts
            .iter()
            .enumerate()
            .map(|(v, n)| f(v as f64) * *n as f64)
            .sum::<f64>()
            / total as f64
    };
    let mean = moment(&|v| v);
    let deviation = moment(&|v| (v - mean) * (v - mean)).sqrt();
    let least = counts.iter().position(|n| *n > 0).unwrap_or(0);
    let most = counts.iter().rposition(|n| *n > 0).unwrap_or(0);
    let mut below = 0;
    let median = counts.iter().position(|n| {
        below += n;
        below * 2 >= total
    });
    [
        mean,
        deviation,
        least as f64,
        most as f64,
        median.unwrap_or(0) as f64,
    ]
}

pub(crate) fn compare(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (load(call, 0)?.pixels, load(call, 1)?.pixels);
    let (size, other) = ((a.width(), a.height()), (b.width(), b.height()));
    if size != other {
        return Err(Error::invalid(format!(
            "the pictures have {} x {} and {} x {} pixels: only pictures of one size are compared",
            size.0, size.1, other.0, other.1
        )));
    }
    let alpha = a.color().has_alpha() || b.color().has_alpha();
    let area = u64::from(size.0) * u64::from(size.1);
    room("the comparison", area * 2)?;
    let (mut squares, mut absolute, mut largest, mut differing) = (0u64, 0u64, 0u8, 0u64);
    let channels = if alpha { 4 } else { 3 };
    for (p, q) in colours_of(&a).zip(colours_of(&b)) {
        let apart: [u8; 4] = std::array::from_fn(|c| p[c].abs_diff(q[c]));
        for d in &apart[..channels] {
            squares += u64::from(*d) * u64::from(*d);
            absolute += u64::from(*d);
            largest = largest.max(*d);
        }
        differing += u64::from(apart[..channels].iter().any(|d| *d > 0));
    }
    let samples = area as f64 * channels as f64;
    let mse = squares as f64 / samples;
    // Equal pictures are infinitely alike; 0 would say the opposite.
    let psnr = if squares == 0 {
        f64::INFINITY
    } else {
        10.0 * (255.0 * 255.0 / mse).log10()
    };
    let similarity = ssim(call, &a, &b)?;
    let figures = [
        psnr,
        similarity,
        mse,
        absolute as f64 / samples,
        largest.into(),
        differing as f64,
    ];
    for (i, figure) in (0u32..).zip(figures) {
        call.result(i, figure)?;
    }
    Ok(())
}

/// The structural similarity of Wang et al., 2004: a window of 11 pixels with sigma 1.5, on the
/// grey values, averaged where the window lies inside; in a smaller picture, everywhere.
fn ssim(call: &Call, a: &DynamicImage, b: &DynamicImage) -> Result<f64, Error> {
    const C1: f64 = 0.01 * 255.0 * 0.01 * 255.0;
    const C2: f64 = 0.03 * 255.0 * 0.03 * 255.0;
    const REACH: usize = 5;
    let (a, b) = (grey_of(a), grey_of(b));
    let (width, height) = (a.width() as usize, a.height() as usize);
    let kernel = window(REACH);
    let inner = |len: usize| {
        if len > 2 * REACH {
            REACH..len - REACH
        } else {
            0..len
        }
    };
    let (columns, lines) = (inner(width), inner(height));
    let (mut sum, mut count) = (0.0, 0u64);
    let fill = |y: usize, row: &mut [f32]| {
        let values = a.as_raw()[y * width..].iter().zip(&b.as_raw()[y * width..]);
        for (to, (p, q)) in row.chunks_exact_mut(5).zip(values) {
            let (p, q) = (f32::from(*p), f32::from(*q));
            to.copy_from_slice(&[p, q, p * p, q * q, p * q]);
        }
    };
    let emit = |y: usize, row: &[f32]| {
        if !lines.contains(&y) {
            return;
        }
        for moments in row[columns.start * 5..columns.end * 5].chunks_exact(5) {
            let [p, q, pp, qq, pq] = std::array::from_fn(|i| f64::from(moments[i]));
            let (vp, vq, both) = (pp - p * p, qq - q * q, pq - p * q);
            sum += (2.0 * p * q + C1) * (2.0 * both + C2) / ((p * p + q * q + C1) * (vp + vq + C2));
            count += 1;
        }
    };
    sweep(
        call,
        Shape {
            width,
            height,
            channels: 5,
        },
        &kernel,
        fill,
        emit,
    )?;
    Ok(sum / count as f64)
}

/// Gauss's weights with sigma 1.5, cut off at `reach`.
fn window(reach: usize) -> Vec<f32> {
    let whole = gaussian(1.5);
    let middle = whole.len() / 2;
    let cut = &whole[middle - reach..=middle + reach];
    let sum: f32 = cut.iter().sum();
    cut.iter().map(|w| w / sum).collect()
}

pub(crate) fn hash(call: &mut Call) -> Result<(), Error> {
    let kind = call.params().choice(0)?;
    let first = fingerprint(&read_grey(call, 0)?, kind)?;
    let mut text = format!("{first:016x}\n");
    if call.input_count() > 1 {
        let second = fingerprint(&read_grey(call, 1)?, kind)?;
        let _ = writeln!(text, "{second:016x}");
        call.result(0, f64::from((first ^ second).count_ones()))?;
    }
    write_out(call, text.as_bytes())
}

/// The brightness of input `index`.
pub(crate) fn read_grey(call: &Call, index: u32) -> Result<DynamicImage, Error> {
    let input = call.input(index)?;
    let mut rows = Rows::open(input.bytes()?)?;
    let (width, height, channels) = (rows.width, rows.height, rows.colour.channel_count());
    let area = u64::from(width) * u64::from(height);
    room("the grey picture", area)?;
    let mut grey = Vec::with_capacity(area as usize);
    for y in 0..height {
        call.progress(u64::from(y), u64::from(height))?;
        grey.extend(colours_in(rows.next_row()?, channels).map(|[r, g, b, _]| luma([r, g, b])));
    }
    rebuilt(ColorType::L8, width, height, grey)
}

/// 64 bits that stay much the same when a picture is scaled, recoded or brightened.
pub(crate) fn fingerprint(grey: &DynamicImage, kind: u32) -> Result<u64, Error> {
    let small = |width: u32, height: u32| -> Result<Vec<f64>, Error> {
        let boxed = ResizeAlg::Convolution(FilterType::Box);
        let small = scaled(grey, (width, height), boxed, None)?;
        Ok(small.as_bytes().iter().map(|v| f64::from(*v)).collect())
    };
    let bits = match kind {
        0 => low_frequencies(&small(SIDE, SIDE)?),
        1 => {
            let values = small(9, 8)?;
            values
                .chunks_exact(9)
                .flat_map(|r| r.windows(2).map(|w| w[1] > w[0]))
                .collect()
        }
        _ => {
            let values = small(8, 8)?;
            let mean = values.iter().sum::<f64>() / 64.0;
            values.iter().map(|v| *v > mean).collect::<Vec<bool>>()
        }
    };
    Ok(bits.iter().fold(0, |hash, bit| hash << 1 | u64::from(*bit)))
}

/// Side of the square whose cosine transform is taken.
const SIDE: u32 = 32;

/// Which of the 8 x 8 lowest terms of the cosine transform are above their median.
fn low_frequencies(values: &[f64]) -> Vec<bool> {
    let n = SIDE as usize;
    let wave = |i: usize, k: usize| {
        (std::f64::consts::PI * (2 * i + 1) as f64 * k as f64 / (2 * n) as f64).cos()
    };
    let term = |u: usize, v: usize| -> f64 {
        let each = values.iter().enumerate();
        each.map(|(i, value)| value * wave(i / n, u) * wave(i % n, v))
            .sum()
    };
    let terms: Vec<f64> = (0..64).map(|i| term(i / 8, i % 8)).collect();
    let mut sorted = terms.clone();
    sorted.sort_by(f64::total_cmp);
    let median = (sorted[31] + sorted[32]) / 2.0;
    terms.iter().map(|t| *t > median).collect()
}

/// Bits of a channel by which colours are first gathered.
const BIN_BITS: usize = 5;
/// Rounds of moving the centres; they settle long before.
const ROUNDS: usize = 16;

/// Pixels of similar colour: how many, and the sums of their channels.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bin {
    count: f64,
    sums: [f64; 3],
}

impl Bin {
    fn add(&mut self, other: &Bin) {
        self.count += other.count;
        (0..3).for_each(|c| self.sums[c] += other.sums[c]);
    }

    pub(crate) fn mean(&self) -> [f64; 3] {
        self.sums.map(|s| s / self.count)
    }
}

pub(crate) fn colours(call: &mut Call) -> Result<(), Error> {
    let wanted = call.params().count(0)?;
    let mut bins = Bins::new();
    each_colour(call, |colour| bins.add(colour, 128))?;
    let bins = bins.filled();
    if bins.is_empty() {
        return Err(Error::invalid(
            "the picture is transparent everywhere: it shows no colour",
        ));
    }
    let mut groups = gathered(&bins, wanted);
    groups.sort_by(|a, b| b.count.total_cmp(&a.count));
    let total: f64 = groups.iter().map(|g| g.count).sum();
    let mut table = String::from("colour,share\n");
    for group in &groups {
        let [r, g, b] = group.mean().map(|v| v.round() as u8);
        let _ = writeln!(table, "#{r:02x}{g:02x}{b:02x},{:.6}", group.count / total);
    }
    call.result(0, groups.len() as f64)?;
    write_out(call, table.as_bytes())
}

/// Pixels gathered by the upper bits of their colours.
struct Bins(Vec<Bin>);

impl Bins {
    fn new() -> Self {
        Self(vec![Bin::default(); 1 << (3 * BIN_BITS)])
    }

    /// Counts a pixel of at least this opacity.
    fn add(&mut self, [r, g, b, a]: [u8; 4], opacity: u8) {
        if a < opacity {
            return;
        }
        let part = |v: u8| usize::from(v) >> (8 - BIN_BITS);
        let bin = &mut self.0[(part(r) << BIN_BITS | part(g)) << BIN_BITS | part(b)];
        bin.add(&Bin {
            count: 1.0,
            sums: [r, g, b].map(f64::from),
        });
    }

    fn filled(mut self) -> Vec<Bin> {
        self.0.retain(|bin| bin.count > 0.0);
        self.0
    }
}

/// The colours of some pixels, each with its count; only where they are very many, similar ones
/// are gathered first.
pub(crate) fn binned<I: Iterator<Item = [u8; 4]>>(pixels: impl Fn() -> I) -> Vec<Bin> {
    let mut exact: BTreeMap<[u8; 3], f64> = BTreeMap::new();
    for [r, g, b, _] in pixels() {
        *exact.entry([r, g, b]).or_default() += 1.0;
        if exact.len() > 1 << (3 * BIN_BITS) {
            let mut bins = Bins::new();
            pixels().for_each(|colour| bins.add(colour, 0));
            return bins.filled();
        }
    }
    let bin = |(colour, count): (&[u8; 3], &f64)| Bin {
        count: *count,
        sums: colour.map(|v| f64::from(v) * count),
    };
    exact.iter().map(bin).collect()
}

/// Groups of similar colours by k-means. It begins with the most frequent colour, then takes the
/// one that is both frequent and far from all before: no chance is in it.
pub(crate) fn gathered(bins: &[Bin], wanted: usize) -> Vec<Bin> {
    let means: Vec<[f64; 3]> = bins.iter().map(Bin::mean).collect();
    let mut centres: Vec<[f64; 3]> = Vec::new();
    let mut nearest = vec![1.0; bins.len()];
    while centres.len() < wanted {
        let weight = |i: &usize| bins[*i].count * nearest[*i];
        let next = (0..bins.len()).max_by(|a, b| weight(a).total_cmp(&weight(b)));
        let Some(next) = next.filter(|i| weight(i) > 0.0) else {
            break;
        };
        let first = centres.is_empty();
        centres.push(means[next]);
        for (near, mean) in nearest.iter_mut().zip(&means) {
            let apart = distance(mean, &means[next]);
            *near = if first { apart } else { apart.min(*near) };
        }
    }
    let mut groups = Vec::new();
    for _ in 0..ROUNDS {
        groups = vec![Bin::default(); centres.len()];
        for (bin, mean) in bins.iter().zip(&means) {
            let apart = |i: &usize| distance(mean, &centres[*i]);
            let own = (0..centres.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
            groups[own.unwrap_or(0)].add(bin);
        }
        for (centre, group) in centres.iter_mut().zip(&groups) {
            if group.count > 0.0 {
                *centre = group.mean();
            }
        }
    }
    groups.retain(|group| group.count > 0.0);
    groups
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (0..3).map(|c| (a[c] - b[c]) * (a[c] - b[c])).sum()
}

fn each_colour(call: &Call, mut f: impl FnMut([u8; 4])) -> Result<(), Error> {
    let input = call.input(0)?;
    let mut rows = Rows::open(input.bytes()?)?;
    let (channels, height) = (rows.colour.channel_count(), rows.height);
    for y in 0..height {
        call.progress(u64::from(y), u64::from(height))?;
        colours_in(rows.next_row()?, channels).for_each(&mut f);
    }
    Ok(())
}
