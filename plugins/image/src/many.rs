use std::fmt::Write;

use fast_image_resize::{FilterType, ResizeAlg};
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};
use inos_sdk::{Call, Error};

use crate::blend::{Mode, laid};
use crate::colour::parse_colour;
use crate::decode::{Picture, load};
use crate::encode::{store, transform};
use crate::filters::steepnesses;
use crate::geometry::{Cut, scaled};
use crate::measure::{fingerprint, read_grey};
use crate::memory::room;
use crate::write_out;

pub(crate) fn contact_sheet(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let count = call.input_count();
    let columns = match params.count(0)? as u32 {
        0 => f64::from(count).sqrt().ceil() as u32,
        given => given.min(count),
    };
    let (cell, gap) = (params.count(1)? as u32, params.count(2)? as u32);
    let background = parse_colour("background", &params.text(3)?)?;
    let rows = count.div_ceil(columns.max(1));
    let side = |n: u32| n * cell + (n + 1) * gap;
    let (width, height) = (side(columns), side(rows));
    room("the sheet", u64::from(width) * u64::from(height) * 8)?;
    let ground = RgbaImage::from_pixel(width, height, Rgba(background));
    let mut sheet = DynamicImage::ImageRgba8(ground);
    for i in 0..count {
        let small = fitted(&load(call, i)?.pixels, cell)?.into_rgba8();
        let place = |at: u32, len: u32| i64::from(gap + at * (cell + gap) + (cell - len) / 2);
        let (x, y) = (
            place(i % columns, small.width()),
            place(i / columns, small.height()),
        );
        sheet = laid(sheet, &small, (x, y), Mode::Normal, 1.0)?;
        call.progress(u64::from(i) + 1, u64::from(count) + 1)?;
    }
    if background[3] == 255 {
        sheet = DynamicImage::ImageRgb8(sheet.into_rgb8());
    }
    let picture = Picture {
        format: ImageFormat::Png,
        icc: None,
        pixels: sheet,
    };
    store(call, 4, &picture)
}

/// A picture made smaller until it fits into a square, never larger.
fn fitted(pixels: &DynamicImage, cell: u32) -> Result<DynamicImage, Error> {
    let (w, h) = (f64::from(pixels.width()), f64::from(pixels.height()));
    let scale = (f64::from(cell) / w.max(h)).min(1.0);
    let size = |v: f64| (v * scale).round().max(1.0) as u32;
    let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
    scaled(pixels, (size(w), size(h)), lanczos, None)
}

pub(crate) fn duplicates(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (kind, most) = (params.choice(0)?, params.count(1)? as u32);
    let count = call.input_count();
    let mut prints = Vec::new();
    for i in 0..count {
        prints.push(fingerprint(&read_grey(call, i)?, kind)?);
    }
    let mut table = String::from("first,second,distance\n");
    let mut pairs = 0;
    for (i, a) in prints.iter().enumerate() {
        for (j, b) in prints.iter().enumerate().skip(i + 1) {
            let distance = (a ^ b).count_ones();
            if distance <= most {
                let _ = writeln!(table, "{},{},{distance}", i + 1, j + 1);
                pairs += 1;
            }
        }
    }
    call.result(0, f64::from(pairs))?;
    write_out(call, table.as_bytes())
}

pub(crate) fn smart_crop(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (width, height) = (params.count(0)? as u32, params.count(1)? as u32);
    transform(call, 2, |pixels| {
        let (w, h) = (pixels.width(), pixels.height());
        let scale = (f64::from(w) / f64::from(width)).min(f64::from(h) / f64::from(height));
        let part =
            |side: u32, of: u32| (f64::from(side) * scale).round().clamp(1.0, of.into()) as u32;
        let (cw, ch) = (part(width, w), part(height, h));
        room("the details", u64::from(w) * u64::from(h) * 2)?;
        let (columns, rows) = details(&pixels);
        let (x, y) = (liveliest(&columns, cw), liveliest(&rows, ch));
        call.result(0, f64::from(x))?;
        call.result(1, f64::from(y))?;
        let cut: Cut = (x.into(), y.into(), cw.into(), ch.into());
        let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
        scaled(&pixels, (width, height), lanczos, Some(cut))
    })
}

/// How much there is to see in each column and each row: the sum of how steep the brightness is.
fn details(pixels: &DynamicImage) -> (Vec<u64>, Vec<u64>) {
    let steep = steepnesses(pixels);
    let mut columns = vec![0; steep.width() as usize];
    let mut rows = vec![0; steep.height() as usize];
    for (x, y, v) in steep.enumerate_pixels() {
        columns[x as usize] += u64::from(v.0[0]);
        rows[y as usize] += u64::from(v.0[0]);
    }
    (columns, rows)
}

/// Where a part of `len` has most to see; of several the one nearest to the middle.
fn liveliest(values: &[u64], len: u32) -> u32 {
    let len = len as usize;
    let spare = values.len().saturating_sub(len);
    let mut sum: u64 = values.iter().take(len).sum();
    let mut best = (sum, 0);
    let off = |at: usize| (2 * at).abs_diff(spare);
    for at in 1..=spare {
        sum = sum + values[at + len - 1] - values[at - 1];
        if sum > best.0 || (sum == best.0 && off(at) < off(best.1)) {
            best = (sum, at);
        }
    }
    best.1 as u32
}
