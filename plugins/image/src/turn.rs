use image::{DynamicImage, Rgba, RgbaImage};
use inos_sdk::{Call, Error};

use crate::colour::byte;
use crate::decode::MAX_PIXELS;
use crate::encode::transform;
use crate::memory::room;

pub(crate) fn rotate(call: &mut Call) -> Result<(), Error> {
    let angle = call.params().number(0)?;
    let background = match call.params().choice(1)? {
        0 => [0, 0, 0, 0],
        1 => [255, 255, 255, 255],
        _ => [0, 0, 0, 255],
    };
    transform(call, 2, |pixels| {
        room("the turned picture", pixels.as_bytes().len() as u64)?;
        let quarter = angle.rem_euclid(360.0) / 90.0;
        Ok(match quarter {
            0.0 => pixels,
            1.0 => pixels.rotate90(),
            2.0 => pixels.rotate180(),
            3.0 => pixels.rotate270(),
            _ => turned(call, &pixels, angle.to_radians(), background)?,
        })
    })
}

pub(crate) fn flip(call: &mut Call) -> Result<(), Error> {
    let direction = call.params().choice(0)?;
    transform(call, 1, |pixels| {
        room("the flipped picture", pixels.as_bytes().len() as u64 * 2)?;
        Ok(match direction {
            0 => pixels.fliph(),
            1 => pixels.flipv(),
            2 => pixels.rotate90().fliph(),
            _ => pixels.rotate270().fliph(),
        })
    })
}

/// Turns clockwise about the centre; the picture grows, so that nothing is cut off.
fn turned(
    call: &Call,
    pixels: &DynamicImage,
    angle: f64,
    background: [u8; 4],
) -> Result<DynamicImage, Error> {
    let (w, h) = (f64::from(pixels.width()), f64::from(pixels.height()));
    let (sin, cos) = angle.sin_cos();
    // A hair less, so that rounding does not add an empty row.
    let side = |a: f64, b: f64| (a.abs() + b.abs() - 1e-6).ceil().max(1.0);
    let (width, height) = (side(w * cos, h * sin), side(w * sin, h * cos));
    if width * height > MAX_PIXELS as f64 {
        return Err(Error::invalid(format!(
            "angle makes {width} x {height} pixels of the picture, more than {MAX_PIXELS}"
        )));
    }
    room("the turned picture", (width * height + w * h) as u64 * 4)?;
    let source = pixels.to_rgba8();
    let mut target = RgbaImage::new(width as u32, height as u32);
    for y in 0..target.height() {
        call.progress(u64::from(y), height as u64)?;
        for x in 0..target.width() {
            let (dx, dy) = (
                f64::from(x) + 0.5 - width / 2.0,
                f64::from(y) + 0.5 - height / 2.0,
            );
            let sx = dx * cos + dy * sin + w / 2.0 - 0.5;
            let sy = dy * cos - dx * sin + h / 2.0 - 0.5;
            target.put_pixel(x, y, Rgba(sample(&source, sx, sy, background)));
        }
    }
    Ok(if pixels.color().has_alpha() || background[3] == 0 {
        DynamicImage::ImageRgba8(target)
    } else if pixels.color().has_color() {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(target).into_rgb8())
    } else {
        DynamicImage::ImageLuma8(DynamicImage::ImageRgba8(target).into_luma8())
    })
}

/// The colour between the four pixels around a place; outside there is the background.
pub(crate) fn sample(source: &RgbaImage, x: f64, y: f64, background: [u8; 4]) -> [u8; 4] {
    let (left, top) = (x.floor(), y.floor());
    let (fx, fy) = ((x - left) as f32, (y - top) as f32);
    let mut sum = [0f32; 4];
    for (dx, dy, weight) in [
        (0.0, 0.0, (1.0 - fx) * (1.0 - fy)),
        (1.0, 0.0, fx * (1.0 - fy)),
        (0.0, 1.0, (1.0 - fx) * fy),
        (1.0, 1.0, fx * fy),
    ] {
        let (px, py) = (left + dx, top + dy);
        let inside = px >= 0.0 && py >= 0.0;
        let found = if inside {
            source.get_pixel_checked(px as u32, py as u32)
        } else {
            None
        };
        let [r, g, b, a] = found.map_or(background, |p| p.0).map(f32::from);
        let opaque = weight * a;
        sum = [
            sum[0] + r * opaque,
            sum[1] + g * opaque,
            sum[2] + b * opaque,
            sum[3] + opaque,
        ];
    }
    if sum[3] <= 0.0 {
        return [background[0], background[1], background[2], 0];
    }
    [sum[0] / sum[3], sum[1] / sum[3], sum[2] / sum[3], sum[3]].map(byte)
}
