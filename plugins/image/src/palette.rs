use image::DynamicImage;
use inos_sdk::{Call, Error};

use crate::clusters::{Bin, binned, gathered};
use crate::encode::transform;
use crate::grey::colours_in;
use crate::memory::room;
use crate::tone::bytes_mut;

/// Bayer's matrix of 8 x 8: the order in which places of a tile light up.
const BAYER: [[u8; 8]; 8] = [
    [0, 32, 8, 40, 2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44, 4, 36, 14, 46, 6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [3, 35, 11, 43, 1, 33, 9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47, 7, 39, 13, 45, 5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

pub(crate) fn dither(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let bayer = params.choice(0)? == 1;
    let levels = params.count(1)?.max(2);
    let step = 255.0 / (levels - 1) as f64;
    let level = move |v: f64| (v / step + 0.5).floor().clamp(0.0, (levels - 1) as f64) * step;
    transform(call, 2, |mut pixels| {
        let (width, channels) = (pixels.width() as usize, pixels.color().channel_count());
        let (channels, alpha) = (usize::from(channels), pixels.color().has_alpha());
        let coloured = channels - usize::from(alpha);
        let Some(bytes) = bytes_mut(&mut pixels) else {
            return Ok(pixels);
        };
        if bayer {
            for (i, pixel) in bytes.chunks_exact_mut(channels).enumerate() {
                let place = BAYER[i / width % 8][i % width % 8];
                let shift = ((f64::from(place) + 0.5) / 64.0 - 0.5) * step;
                for v in &mut pixel[..coloured] {
                    *v = level(f64::from(*v) + shift).round() as u8;
                }
            }
            return Ok(pixels);
        }
        diffused(call, bytes, width, channels, coloured, |wanted| {
            std::array::from_fn(|c| level(wanted[c]).round() as u8)
        })?;
        Ok(pixels)
    })
}

pub(crate) fn quantise(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (wanted, spread) = (params.count(0)?, params.flag(1)?);
    transform(call, 2, |pixels| {
        let channels = pixels.color().channel_count();
        let bins = binned(|| colours_in(pixels.as_bytes(), channels));
        let palette: Vec<[u8; 3]> = gathered(&bins, wanted)
            .iter()
            .map(|group: &Bin| group.mean().map(|v| v.round() as u8))
            .collect();
        call.result(0, palette.len() as f64)?;
        let cells = Palette::new(&palette);
        let mut pixels = if pixels.color().has_color() {
            pixels
        } else {
            // A mean of greys is grey, but the palette has colours.
            room("the picture in colour", pixels.as_bytes().len() as u64 * 3)?;
            if pixels.color().has_alpha() {
                DynamicImage::ImageRgba8(pixels.into_rgba8())
            } else {
                DynamicImage::ImageRgb8(pixels.into_rgb8())
            }
        };
        let (width, channels) = (pixels.width() as usize, pixels.color().channel_count());
        let Some(bytes) = bytes_mut(&mut pixels) else {
            return Ok(pixels);
        };
        let channels = usize::from(channels);
        if spread {
            diffused(call, bytes, width, channels, 3, |wanted| {
                cells.nearest(wanted)
            })?;
            return Ok(pixels);
        }
        for pixel in bytes.chunks_exact_mut(channels) {
            let own = [pixel[0], pixel[1], pixel[2]].map(f64::from);
            pixel[..3].copy_from_slice(&cells.nearest(own));
        }
        Ok(pixels)
    })
}

/// Cells along each side of the cube of colours.
const CELLS: usize = 16;

/// A palette that knows which of its colours may be the nearest one, by parts of the cube of colours.
struct Palette(Vec<Vec<[u8; 3]>>);

impl Palette {
    fn new(colours: &[[u8; 3]]) -> Self {
        let cell = |i: usize| [i / CELLS / CELLS, i / CELLS % CELLS, i % CELLS];
        let cells = 0..CELLS * CELLS * CELLS;
        Self(cells.map(|i| candidates(colours, cell(i))).collect())
    }

    /// The colour nearest to a place whose values are from 0 to 255.
    fn nearest(&self, [r, g, b]: [f64; 3]) -> [u8; 3] {
        let [i, j, k] = [r, g, b].map(|v| v as usize / (256 / CELLS));
        let (mut best, mut least) = ([0; 3], f64::INFINITY);
        for colour in &self.0[(i * CELLS + j) * CELLS + k] {
            let [x, y, z] = colour.map(f64::from);
            let (x, y, z) = (x - r, y - g, z - b);
            let apart = x * x + y * y + z * z;
            if apart < least {
                (best, least) = (*colour, apart);
            }
        }
        best
    }
}

/// The colours that are nearest to some place in a cell: those that may be as near as the one whose
/// farthest corner is nearest.
fn candidates(colours: &[[u8; 3]], cell: [usize; 3]) -> Vec<[u8; 3]> {
    let side = 256 / CELLS;
    let squares = |colour: &[u8; 3]| {
        let mut ends = (0, 0);
        for (value, cell) in colour.iter().zip(cell) {
            let (value, from, to) = (usize::from(*value), cell * side, (cell + 1) * side);
            let close = from.saturating_sub(value).max(value.saturating_sub(to));
            let far = value.abs_diff(from).max(value.abs_diff(to));
            ends = (ends.0 + close * close, ends.1 + far * far);
        }
        ends
    };
    let sure = colours.iter().map(|c| squares(c).1).min().unwrap_or(0);
    let near = colours.iter().filter(|c| squares(c).0 <= sure);
    near.copied().collect()
}

/// Floyd and Steinberg: what a pixel is off by goes to the four neighbours that come later.
fn diffused(
    call: &Call,
    bytes: &mut [u8],
    width: usize,
    channels: usize,
    coloured: usize,
    choose: impl Fn([f64; 3]) -> [u8; 3],
) -> Result<(), Error> {
    let height = bytes.len() / (width * channels).max(1);
    let mut now = vec![[0f64; 3]; width + 2];
    let mut below = now.clone();
    for (y, row) in bytes.chunks_exact_mut(width * channels).enumerate() {
        call.progress(y as u64, height as u64)?;
        below.fill([0.0; 3]);
        for (x, pixel) in row.chunks_exact_mut(channels).enumerate() {
            let mut wanted = [0f64; 3];
            for c in 0..coloured {
                wanted[c] = (f64::from(pixel[c]) + now[x + 1][c]).clamp(0.0, 255.0);
            }
            let chosen = choose(wanted);
            pixel[..coloured].copy_from_slice(&chosen[..coloured]);
            for c in 0..coloured {
                let off = (wanted[c] - f64::from(chosen[c])) / 16.0;
                now[x + 2][c] += off * 7.0;
                below[x][c] += off * 3.0;
                below[x + 1][c] += off * 5.0;
                below[x + 2][c] += off;
            }
        }
        std::mem::swap(&mut now, &mut below);
    }
    Ok(())
}
