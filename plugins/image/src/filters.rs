use image::{DynamicImage, GrayImage};
use inos_sdk::{Call, Error};

use crate::colour::byte;
use crate::encode::transform;
use crate::geometry::rebuilt;
use crate::grey::grey_of;
use crate::memory::room;

pub(crate) fn blur(call: &mut Call) -> Result<(), Error> {
    let method = call.params().choice(0)?;
    let radius = call.params().number(1)?;
    let kernel = if method == 0 {
        gaussian(radius)
    } else {
        even(radius.round() as usize)
    };
    transform(call, 2, |pixels| {
        convolved(call, &pixels, &kernel, |blurred, _| blurred)
    })
}

pub(crate) fn unsharp(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let kernel = gaussian(params.number(0)?);
    let (amount, threshold) = (params.f32(1)? / 100.0, params.f32(2)?);
    transform(call, 3, |pixels| {
        convolved(call, &pixels, &kernel, |blurred, value| {
            let detail = value - blurred;
            if detail.abs() < threshold {
                value
            } else {
                value + amount * detail
            }
        })
    })
}

pub(crate) fn median(call: &mut Call) -> Result<(), Error> {
    let radius = call.params().count(0)?;
    transform(call, 1, |pixels| middle(call, &pixels, radius))
}

pub(crate) fn edges(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let canny = params.choice(0)? == 1;
    let kernel = gaussian(params.number(1)?);
    let (low, high) = (params.number(2)? as u16, params.number(3)? as u16);
    if canny && low > high {
        return Err(Error::invalid(format!("low is {low}, above high, {high}")));
    }
    transform(call, 4, |pixels| {
        room(
            "the edges",
            u64::from(pixels.width()) * u64::from(pixels.height()) * 8,
        )?;
        let grey = grey_of(&pixels);
        if !canny {
            return Ok(DynamicImage::ImageLuma8(sobel(&grey)));
        }
        let grey = DynamicImage::ImageLuma8(grey);
        let smooth = convolved(call, &grey, &kernel, |blurred, _| blurred)?.into_luma8();
        Ok(DynamicImage::ImageLuma8(thin_edges(&smooth, low, high)))
    })
}

pub(crate) fn threshold(call: &mut Call) -> Result<(), Error> {
    let by_otsu = call.params().choice(0)? == 1;
    let given = call.params().integer(1)?.clamp(0, 255) as u8;
    transform(call, 2, |pixels| {
        room(
            "the grey picture",
            u64::from(pixels.width()) * u64::from(pixels.height()),
        )?;
        let mut grey = grey_of(&pixels);
        let level = if by_otsu { otsu(&grey) } else { given };
        call.result(0, level.into())?;
        grey.iter_mut()
            .for_each(|v| *v = if *v > level { 255 } else { 0 });
        Ok(DynamicImage::ImageLuma8(grey))
    })
}

/// The weights of a Gauss curve out to four sigma, where less than 1/10000 is left.
pub(crate) fn gaussian(sigma: f64) -> Vec<f32> {
    let reach = (4.0 * sigma).ceil().max(1.0) as i64;
    let weight = |i: i64| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp();
    let sum: f64 = (-reach..=reach).map(weight).sum();
    (-reach..=reach).map(|i| (weight(i) / sum) as f32).collect()
}

fn even(radius: usize) -> Vec<f32> {
    let count = 2 * radius + 1;
    vec![1.0 / count as f32; count]
}

/// Size of rows of samples.
#[derive(Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) channels: usize,
}

/// Filters rows by `kernel` along both axes; the picture's border goes on outside. Only as many
/// rows as the kernel has are kept. `fill` gives a row, `emit` takes it filtered.
pub(crate) fn sweep(
    call: &Call,
    shape: Shape,
    kernel: &[f32],
    mut fill: impl FnMut(usize, &mut [f32]),
    mut emit: impl FnMut(usize, &[f32]),
) -> Result<(), Error> {
    let Shape {
        width,
        height,
        channels,
    } = shape;
    let (reach, len) = (kernel.len() / 2, width * channels);
    let kept = kernel.len().min(height);
    room(
        "the filter",
        (len as u64 * (kept as u64 + 3) + kernel.len() as u64 * 8) * 4,
    )?;
    let mut padded = vec![0f32; len + 2 * reach * channels];
    let mut rows = vec![vec![0f32; len]; kept];
    let mut sum = vec![0f32; len];
    let mut read = 0;
    for y in 0..height {
        call.progress(y as u64, height as u64)?;
        while read < height && read <= y + reach {
            let middle = reach * channels;
            fill(read, &mut padded[middle..middle + len]);
            pad(&mut padded, reach, channels);
            let row = &mut rows[read % kept];
            row.fill(0.0);
            for (i, weight) in kernel.iter().enumerate() {
                add(row, &padded[i * channels..i * channels + len], *weight);
            }
            read += 1;
        }
        sum.fill(0.0);
        for (i, weight) in kernel.iter().enumerate() {
            let source = (y + i).saturating_sub(reach).min(height - 1);
            add(&mut sum, &rows[source % kept], *weight);
        }
        emit(y, &sum);
    }
    Ok(())
}

fn pad(row: &mut [f32], reach: usize, channels: usize) {
    let len = row.len();
    for i in 0..reach {
        for c in 0..channels {
            row[i * channels + c] = row[reach * channels + c];
            row[len - (i + 1) * channels + c] = row[len - (reach + 1) * channels + c];
        }
    }
}

fn add(to: &mut [f32], from: &[f32], weight: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += weight * from;
    }
}

/// Filters a picture; `join` makes a colour value from the filtered and the old one. Colours count
/// by their opacity, so that what is transparent does not bleed.
fn convolved(
    call: &Call,
    pixels: &DynamicImage,
    kernel: &[f32],
    join: impl Fn(f32, f32) -> f32,
) -> Result<DynamicImage, Error> {
    let colour = pixels.color();
    let channels = usize::from(colour.channel_count());
    let source = pixels.as_bytes();
    room("the filtered picture", source.len() as u64)?;
    let shape = Shape {
        width: pixels.width() as usize,
        height: pixels.height() as usize,
        channels,
    };
    let len = shape.width * channels;
    let mut target = vec![0u8; source.len()];
    let fill = |y: usize, row: &mut [f32]| {
        let from = &source[y * len..(y + 1) * len];
        row.iter_mut()
            .zip(from)
            .for_each(|(to, from)| *to = f32::from(*from));
        if colour.has_alpha() {
            for pixel in row.chunks_exact_mut(channels) {
                let opacity = pixel[channels - 1] / 255.0;
                pixel[..channels - 1].iter_mut().for_each(|v| *v *= opacity);
            }
        }
    };
    let emit = |y: usize, row: &[f32]| {
        let old = source[y * len..(y + 1) * len].chunks_exact(channels);
        let new = target[y * len..(y + 1) * len].chunks_exact_mut(channels);
        for ((to, old), from) in new.zip(old).zip(row.chunks_exact(channels)) {
            let mut coloured = channels;
            let mut opacity = 1.0;
            if colour.has_alpha() {
                coloured -= 1;
                to[coloured] = byte(from[coloured]);
                opacity = (from[coloured] / 255.0).max(1e-6);
            }
            for c in 0..coloured {
                to[c] = byte(join(from[c] / opacity, f32::from(old[c])));
            }
        }
    };
    sweep(call, shape, kernel, fill, emit)?;
    rebuilt(colour, pixels.width(), pixels.height(), target)
}

/// The middle value of each channel within a square, by a histogram that slides along the rows.
fn middle(call: &Call, pixels: &DynamicImage, radius: usize) -> Result<DynamicImage, Error> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let channels = usize::from(pixels.color().channel_count());
    let source = pixels.as_bytes();
    room("the filtered picture", source.len() as u64)?;
    let mut target = vec![0u8; source.len()];
    let side = 2 * radius + 1;
    let half = side * side / 2;
    for y in 0..height {
        call.progress(y as u64, height as u64)?;
        for c in 0..channels {
            let value = |x: usize, i: usize| {
                let x = x.saturating_sub(radius).min(width - 1);
                let y = (y + i).saturating_sub(radius).min(height - 1);
                usize::from(source[(y * width + x) * channels + c])
            };
            let mut counts = [0usize; 256];
            (0..side).for_each(|x| (0..side).for_each(|i| counts[value(x, i)] += 1));
            for x in 0..width {
                target[(y * width + x) * channels + c] = at_rank(&counts, half);
                for i in 0..side {
                    counts[value(x, i)] -= 1;
                    counts[value(x + side, i)] += 1;
                }
            }
        }
    }
    rebuilt(pixels.color(), pixels.width(), pixels.height(), target)
}

fn at_rank(counts: &[usize; 256], rank: usize) -> u8 {
    let mut below = 0;
    for (value, count) in (0u8..=255).zip(counts) {
        below += count;
        if below > rank {
            return value;
        }
    }
    255
}

/// The slopes to the right and down at a pixel, by Sobel's kernels.
fn slope(grey: &GrayImage, x: u32, y: u32) -> (i32, i32) {
    let (right, down) = (
        (x + 1).min(grey.width() - 1),
        (y + 1).min(grey.height() - 1),
    );
    let (left, up) = (x.saturating_sub(1), y.saturating_sub(1));
    let v = |x: u32, y: u32| i32::from(grey.get_pixel(x, y).0[0]);
    let (nw, ne, sw, se) = (v(left, up), v(right, up), v(left, down), v(right, down));
    (
        ne + 2 * v(right, y) + se - nw - 2 * v(left, y) - sw,
        sw + 2 * v(x, down) + se - nw - 2 * v(x, up) - ne,
    )
}

fn steepness((dx, dy): (i32, i32)) -> f32 {
    ((dx * dx + dy * dy) as f32).sqrt()
}

/// How steep the brightness is at each pixel, up to 255.
pub(crate) fn steepnesses(pixels: &DynamicImage) -> GrayImage {
    sobel(&grey_of(pixels))
}

fn sobel(grey: &GrayImage) -> GrayImage {
    GrayImage::from_fn(grey.width(), grey.height(), |x, y| {
        image::Luma([byte(steepness(slope(grey, x, y)))])
    })
}

/// Canny's edges: the ridges of steepness above `high`, and those above `low` that touch them.
fn thin_edges(grey: &GrayImage, low: u16, high: u16) -> GrayImage {
    const WEAK: u8 = 1;
    let (width, height) = grey.dimensions();
    let at = |x: u32, y: u32| steepness(slope(grey, x, y));
    let mut edges = GrayImage::new(width, height);
    let mut strong = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let (dx, dy) = slope(grey, x, y);
            let here = steepness((dx, dy));
            if here <= f32::from(low) {
                continue;
            }
            let (sx, sy) = direction(dx, dy);
            let beside = |sign: i32| {
                let x = x.checked_add_signed(sx * sign).filter(|x| *x < width);
                let y = y.checked_add_signed(sy * sign).filter(|y| *y < height);
                x.zip(y).map_or(0.0, |(x, y)| at(x, y))
            };
            // Of two that are alike one stays.
            if here > beside(-1) && here >= beside(1) {
                let sure = here > f32::from(high);
                edges.put_pixel(x, y, image::Luma([if sure { 255 } else { WEAK }]));
                if sure {
                    strong.push((x, y));
                }
            }
        }
    }
    while let Some((x, y)) = strong.pop() {
        for near_y in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                if edges.get_pixel(near_x, near_y).0[0] == WEAK {
                    edges.put_pixel(near_x, near_y, image::Luma([255]));
                    strong.push((near_x, near_y));
                }
            }
        }
    }
    edges
        .iter_mut()
        .for_each(|v| *v = if *v == 255 { 255 } else { 0 });
    edges
}

/// The neighbour in whose direction the slope goes: one of the four axes.
fn direction(dx: i32, dy: i32) -> (i32, i32) {
    // The tangent of 22.5 degrees, 0.41421, in integers.
    let (ax, ay) = (dx.abs(), dy.abs());
    if ay * 10_000 < ax * 4_142 {
        (1, 0)
    } else if ax * 10_000 < ay * 4_142 {
        (0, 1)
    } else if (dx < 0) == (dy < 0) {
        (1, 1)
    } else {
        (1, -1)
    }
}

/// Otsu's level: the one that parts the values with the largest variance between the parts.
fn otsu(grey: &GrayImage) -> u8 {
    let mut counts = [0u64; 256];
    grey.iter().for_each(|v| counts[usize::from(*v)] += 1);
    let total: u64 = counts.iter().sum();
    let weighted = |(value, count): (usize, &u64)| value as f64 * *count as f64;
    let all: f64 = counts.iter().enumerate().map(weighted).sum();
    let (mut best, mut level) = (0.0, 0);
    let (mut below, mut sum) = (0u64, 0.0);
    for (value, count) in counts.iter().enumerate() {
        below += count;
        sum += weighted((value, count));
        if below == 0 || below == total {
            continue;
        }
        let (n, m) = (below as f64, (total - below) as f64);
        let apart = sum / n - (all - sum) / m;
        let between = n * m * apart * apart;
        if between > best {
            (best, level) = (between, value as u8);
        }
    }
    level
}
