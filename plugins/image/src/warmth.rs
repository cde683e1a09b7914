use inos_sdk::{Call, Error};

use crate::encode::transform;
use crate::memory::room;
use crate::tone::bytes_mut;
use image::DynamicImage;

type Matrix = [[f64; 3]; 3];

/// Linear sRGB to CIE XYZ, for a white of D65: IEC 61966-2-1.
const XYZ: Matrix = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
];
/// CIE XYZ to the responses of the eye's cones, by Bradford.
const BRADFORD: Matrix = [
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
];
/// Steps of the way back from linear light, fine enough for 8 bits in the dark.
const STEPS: usize = 1 << 16;

pub(crate) fn temperature(call: &mut Call) -> Result<(), Error> {
    let kelvin = call.params().number(0)?;
    let change = adaptation(kelvin);
    let linear: [f64; 256] = std::array::from_fn(|v| decoded(v as f64 / 255.0));
    let back: Vec<u8> = (0..=STEPS)
        .map(|i| (encoded(i as f64 / STEPS as f64) * 255.0).round() as u8)
        .collect();
    transform(call, 1, |pixels| {
        let mut pixels = if pixels.color().has_color() {
            pixels
        } else {
            room("the picture in colour", pixels.as_bytes().len() as u64 * 3)?;
            if pixels.color().has_alpha() {
                DynamicImage::ImageRgba8(pixels.into_rgba8())
            } else {
                DynamicImage::ImageRgb8(pixels.into_rgb8())
            }
        };
        let channels = usize::from(pixels.color().channel_count());
        for pixel in bytes_mut(&mut pixels)
            .unwrap_or_default()
            .chunks_exact_mut(channels)
        {
            let light = [pixel[0], pixel[1], pixel[2]].map(|v| linear[usize::from(v)]);
            for (to, v) in pixel.iter_mut().zip(times(&change, light)) {
                let step = (v.clamp(0.0, 1.0) * STEPS as f64).round();
                *to = back[step as usize];
            }
        }
        Ok(pixels)
    })
}

/// sRGB's value as light, and light as sRGB's value.
fn decoded(v: f64) -> f64 {
    if v <= 0.04045 {
        v / 12.92
    } else {
        ((v + 0.055) / 1.055).powf(2.4)
    }
}

pub(crate) fn encoded(v: f64) -> f64 {
    if v <= 0.0031308 {
        v * 12.92
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    }
}

/// What makes colours look as under daylight of so many kelvin, with 6504 as neutral.
fn adaptation(kelvin: f64) -> Matrix {
    let cones = product(&BRADFORD, &XYZ);
    let (from, to) = (
        times(&BRADFORD, daylight(6504.0)),
        times(&BRADFORD, daylight(kelvin)),
    );
    let mut changed = cones;
    for (row, (to, from)) in changed.iter_mut().zip(to.iter().zip(from)) {
        row.iter_mut().for_each(|v| *v *= to / from);
    }
    product(&inverse(&cones), &changed)
}

/// The colour of daylight, as X, Y and Z with Y = 1: CIE 15, from 4000 to 25000 kelvin.
fn daylight(kelvin: f64) -> [f64; 3] {
    let t = 1000.0 / kelvin;
    let x = if kelvin <= 7000.0 {
        ((-4.6070 * t + 2.9678) * t + 0.09911) * t + 0.244063
    } else {
        ((-2.0064 * t + 1.9018) * t + 0.24748) * t + 0.237040
    };
    let y = (-3.0 * x + 2.870) * x - 0.275;
    [x / y, 1.0, (1.0 - x - y) / y]
}

fn times(m: &Matrix, v: [f64; 3]) -> [f64; 3] {
    m.map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    a.map(|row| std::array::from_fn(|c| (0..3).map(|i| row[i] * b[i][c]).sum()))
}

fn inverse(m: &Matrix) -> Matrix {
    let minor = |r: usize, c: usize| {
        let at = |i: usize, j: usize| m[(r + i) % 3][(c + j) % 3];
        at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)
    };
    let whole: f64 = (0..3).map(|c| m[0][c] * minor(0, c)).sum();
    std::array::from_fn(|r| std::array::from_fn(|c| minor(c, r) / whole))
}
