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

/// Shows each pixel of input 0.
pub(crate) fn each_colour(call: &Call, mut f: impl FnMut([u8; 4])) -> Result<(), Error> {
    let input = call.input(0)?;
    let mut rows = Rows::open(input.bytes()?)?;
    let (channels, height) = (rows.colour.channel_count(), rows.height);
    for y in 0..height {
        call.progress(u64::from(y), u64::from(height))?;
        colours_in(rows.next_row()?, channels).for_each(&mut f);
    }
    Ok(())
}
