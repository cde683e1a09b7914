use ab_glyph::{Font, FontRef, Glyph, OutlinedGlyph, PxScale, ScaleFont, point};
use image::{Rgba, RgbaImage};
use inos_sdk::{Call, Error};

use crate::blend::{Mode, laid, placed};
use crate::colour::parse_colour;
use crate::encode::transform;
use crate::memory::room;

/// Pixels of the largest text, and of its largest letter.
const MAX_TEXT_PIXELS: f32 = 40e6;

pub(crate) fn text(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (words, size) = (params.text(0)?, params.f32(1)?);
    let colour = parse_colour("colour", &params.text(2)?)?;
    let (position, margin) = (params.choice(3)?, params.integer(4)?);
    let given = if call.input_count() > 1 {
        Some(call.input(1)?)
    } else {
        None
    };
    let bytes = match &given {
        Some(input) => input.bytes()?,
        None => epaint_default_fonts::HACK_REGULAR,
    };
    let font = FontRef::try_from_slice(bytes)
        .map_err(|_| Error::invalid("font: the file is no TrueType or OpenType font"))?;
    let drawn = drawn(&font, &words, size, colour)?;
    transform(call, 5, |pixels| {
        let inner = (
            drawn.image.width() - 2 * drawn.margin,
            drawn.image.height() - 2 * drawn.margin,
        );
        let (x, y) = placed(&pixels, inner, position, margin);
        let around = i64::from(drawn.margin);
        laid(
            pixels,
            &drawn.image,
            (x - around, y - around),
            Mode::Normal,
            1.0,
        )
    })
}

/// Lines of text on nothing, with a margin for what letters reach out by.
struct Drawn {
    image: RgbaImage,
    margin: u32,
}

fn drawn(font: &FontRef<'_>, words: &str, size: f32, colour: [u8; 4]) -> Result<Drawn, Error> {
    let units = font.units_per_em().filter(|units| *units >= 16.0);
    let units = units.ok_or_else(|| Error::invalid("font: it does not say how large it is"))?;
    let scale = PxScale::from(size * font.height_unscaled() / units);
    let scaled = font.as_scaled(scale);
    let step = (scaled.height() + scaled.line_gap()).max(1.0);
    let mut glyphs = Vec::new();
    let mut width = 1f32;
    let mut lines = 0;
    for line in words.split('\n') {
        let mut x = 0f32;
        let mut before = None;
        for letter in line.chars().filter(|c| !c.is_control()) {
            let id = font.glyph_id(letter);
            x += before.map_or(0.0, |before| scaled.kern(before, id));
            let at = point(x, scaled.ascent() + step * lines as f32);
            glyphs.push(Glyph {
                id,
                scale,
                position: at,
            });
            x += scaled.h_advance(id);
            before = Some(id);
        }
        width = width.max(x);
        lines += 1;
    }
    if words.trim().is_empty() {
        return Err(Error::invalid("text is empty"));
    }
    let margin = size.ceil() as u32;
    let (inner_w, inner_h) = (width.ceil(), (step * lines as f32).ceil());
    let around = 2.0 * size.ceil();
    let area = (inner_w + around) * (inner_h + around);
    if !area.is_finite() || area > MAX_TEXT_PIXELS {
        return Err(Error::invalid(format!(
            "text takes {inner_w} x {inner_h} pixels at this size, more than {MAX_TEXT_PIXELS}"
        )));
    }
    room("the text", area as u64 * 5)?;
    let mut image = RgbaImage::from_pixel(
        inner_w as u32 + 2 * margin,
        inner_h as u32 + 2 * margin,
        Rgba([colour[0], colour[1], colour[2], 0]),
    );
    for glyph in glyphs {
        if let Some(outline) = font.outline_glyph(glyph) {
            put(&mut image, &outline, margin, colour[3])?;
        }
    }
    Ok(Drawn { image, margin })
}

fn put(image: &mut RgbaImage, outline: &OutlinedGlyph, margin: u32, most: u8) -> Result<(), Error> {
    let bounds = outline.px_bounds();
    let area = bounds.width() * bounds.height();
    if !area.is_finite() || area > MAX_TEXT_PIXELS {
        return Err(Error::invalid("font: it has a letter of an absurd size"));
    }
    room("a letter", area as u64 * 4)?;
    let (left, top) = (bounds.min.x as i64, bounds.min.y as i64);
    let margin = i64::from(margin);
    outline.draw(|x, y, coverage| {
        let place = |from: i64, by: u32| u32::try_from(from + margin + i64::from(by)).ok();
        let Some((x, y)) = place(left, x).zip(place(top, y)) else {
            return;
        };
        if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
            let added = (coverage.clamp(0.0, 1.0) * f32::from(most)).round() as u8;
            pixel.0[3] = pixel.0[3].saturating_add(added).min(most);
        }
    });
    Ok(())
}
