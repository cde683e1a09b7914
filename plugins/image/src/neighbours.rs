use image::DynamicImage;
use inos_sdk::{Call, Error};

use crate::colour::byte;
use crate::encode::transform;
use crate::geometry::rebuilt;
use crate::memory::room;

pub(crate) fn morphology(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let method = params.choice(0)?;
    let disk = params.choice(1)? == 1;
    let radius = params.count(2)?;
    let widths = half_widths(radius, disk);
    transform(call, 3, |pixels| {
        let source = pixels.as_bytes();
        room("the filtered picture", source.len() as u64 * 3)?;
        let shape = Shape {
            width: pixels.width() as usize,
            height: pixels.height() as usize,
            channels: usize::from(pixels.color().channel_count()),
        };
        let most = |bytes: &[u8]| largest(call, shape, bytes, &widths);
        let least = |bytes: &[u8]| most(&negative(bytes)).map(|m| negative(&m));
        let minus = |a: &[u8], b: &[u8]| -> Vec<u8> {
            a.iter().zip(b).map(|(a, b)| a.saturating_sub(*b)).collect()
        };
        let mut bytes = match method {
            0 => least(source)?,
            1 => most(source)?,
            2 => most(&least(source)?)?,
            3 => least(&most(source)?)?,
            4 => minus(&most(source)?, &least(source)?),
            5 => minus(source, &most(&least(source)?)?),
            _ => minus(&least(&most(source)?)?, source),
        };
        if pixels.color().has_alpha() && method >= 4 {
            // A difference of opacities would hide the picture.
            let n = shape.channels;
            let opacity = source.chunks_exact(n).map(|p| p[n - 1]);
            let target = bytes.chunks_exact_mut(n).map(|p| &mut p[n - 1]);
            target.zip(opacity).for_each(|(to, from)| *to = from);
        }
        rebuilt(pixels.color(), pixels.width(), pixels.height(), bytes)
    })
}

#[derive(Clone, Copy)]
struct Shape {
    width: usize,
    height: usize,
    channels: usize,
}

/// How far the element reaches to each side, in each of its rows from the top.
fn half_widths(radius: usize, disk: bool) -> Vec<usize> {
    let square = radius * radius;
    (0..=2 * radius)
        .map(|row| {
            let dy = row.abs_diff(radius);
            if disk {
                (square - dy * dy).isqrt()
            } else {
                radius
            }
        })
        .collect()
}

fn negative(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|v| !v).collect()
}

/// The largest value under the element at each pixel; outside of the picture nothing counts.
fn largest(call: &Call, shape: Shape, source: &[u8], widths: &[usize]) -> Result<Vec<u8>, Error> {
    let Shape {
        width,
        height,
        channels,
    } = shape;
    let len = width * channels;
    let radius = widths.len() / 2;
    let mut target = vec![0u8; source.len()];
    let mut padded = vec![0u8; len + 2 * radius * channels];
    for (y, row) in source.chunks_exact(len).enumerate() {
        call.progress(y as u64, height as u64)?;
        // Each row reaches the rows above and below it; all of one width at once.
        for half in distinct(widths) {
            padded.fill(0);
            padded[radius * channels..radius * channels + len].copy_from_slice(row);
            let run = running(&mut padded, 2 * half + 1, channels);
            let run = &run[(radius - half) * channels..][..len];
            for (dy, _) in widths.iter().enumerate().filter(|(_, w)| **w == half) {
                let Some(to) = (y + dy).checked_sub(radius).filter(|to| *to < height) else {
                    continue;
                };
                let line = &mut target[to * len..(to + 1) * len];
                line.iter_mut()
                    .zip(run)
                    .for_each(|(t, v)| *t = (*t).max(*v));
            }
        }
    }
    Ok(target)
}

/// The widths of an element, each once.
fn distinct(widths: &[usize]) -> Vec<usize> {
    let mut all = widths.to_vec();
    all.sort_unstable();
    all.dedup();
    all
}

/// Makes each place the largest of `count` pixels from there on, by doubling what is looked at.
fn running(row: &mut [u8], count: usize, channels: usize) -> &[u8] {
    let mut seen = 1;
    while seen < count {
        let more = seen.min(count - seen);
        let step = more * channels;
        for i in 0..row.len() - step {
            row[i] = row[i].max(row[i + step]);
        }
        seen += more;
    }
    row
}

pub(crate) fn sharpen(call: &mut Call) -> Result<(), Error> {
    let amount = call.params().f32(0)? / 100.0;
    transform(call, 1, |pixels| {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let channels = usize::from(pixels.color().channel_count());
        let coloured = channels - usize::from(pixels.color().has_alpha());
        let source = pixels.as_bytes();
        room("the sharpened picture", source.len() as u64)?;
        let mut target = source.to_vec();
        let len = width * channels;
        for (y, row) in target.chunks_exact_mut(len).enumerate() {
            call.progress(y as u64, height as u64)?;
            let line = |y: usize| &source[y * len..(y + 1) * len];
            let (above, own) = (line(y.saturating_sub(1)), line(y));
            let below = line((y + 1).min(height - 1));
            for (i, to) in row
                .iter_mut()
                .enumerate()
                .filter(|(i, _)| i % channels < coloured)
            {
                let left = own[if i >= channels { i - channels } else { i }];
                let right = own[if i + channels < len { i + channels } else { i }];
                let around = [above[i], below[i], left, right].map(f32::from);
                let value = f32::from(own[i]);
                let detail = value - around.iter().sum::<f32>() / 4.0;
                *to = byte(value + amount * detail);
            }
        }
        rebuilt(pixels.color(), pixels.width(), pixels.height(), target)
    })
}

pub(crate) fn bilateral(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (space, colour) = (params.number(0)?, params.number(1)?);
    transform(call, 2, |pixels| smoothed(call, &pixels, space, colour))
}

/// The mean of what is near in place and in colour, weighed by two curves of Gauss.
fn smoothed(
    call: &Call,
    pixels: &DynamicImage,
    space: f64,
    colour: f64,
) -> Result<DynamicImage, Error> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let channels = usize::from(pixels.color().channel_count());
    let coloured = channels - usize::from(pixels.color().has_alpha());
    let source = pixels.as_bytes();
    room("the filtered picture", source.len() as u64 + (1 << 20))?;
    let reach = (2.0 * space).ceil() as i64;
    let bell = |square: f64, sigma: f64| (-square / (2.0 * sigma * sigma)).exp() as f32;
    let alike: Vec<f32> = (0..=coloured * 255 * 255)
        .map(|square| bell(square as f64, colour))
        .collect();
    let near: Vec<(i64, i64, f32)> = (-reach..=reach)
        .flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx)))
        .map(|(dy, dx)| (dy, dx, bell((dx * dx + dy * dy) as f64, space)))
        .collect();
    let place = |at: usize, by: i64, len: usize| (at as i64 + by).clamp(0, len as i64 - 1) as usize;
    let mut target = source.to_vec();
    for y in 0..height {
        call.progress(y as u64, height as u64)?;
        for x in 0..width {
            let at = (y * width + x) * channels;
            let own = &source[at..at + coloured];
            let (mut sums, mut total) = ([0f32; 3], 0f32);
            for (dy, dx, weight) in &near {
                let i = (place(y, *dy, height) * width + place(x, *dx, width)) * channels;
                let other = &source[i..i + coloured];
                let apart = own
                    .iter()
                    .zip(other)
                    .map(|(a, b)| usize::from(a.abs_diff(*b)));
                let weight = weight * alike[apart.map(|d| d * d).sum::<usize>()];
                total += weight;
                for (sum, v) in sums.iter_mut().zip(other) {
                    *sum += weight * f32::from(*v);
                }
            }
            for (to, sum) in target[at..at + coloured].iter_mut().zip(sums) {
                *to = byte(sum / total);
            }
        }
    }
    rebuilt(pixels.color(), pixels.width(), pixels.height(), target)
}
