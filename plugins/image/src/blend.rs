use fast_image_resize::{FilterType, ResizeAlg};
use image::{DynamicImage, RgbaImage};
use inos_sdk::{Call, Error};

use crate::colour::byte;
use crate::decode::load;
use crate::encode::transform;
use crate::geometry::scaled;
use crate::memory::room;

pub(crate) fn overlay(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let mode = Mode::at(params.choice(0)?);
    let opacity = params.f32(1)? / 100.0;
    let (x, y) = (params.integer(2)?, params.integer(3)?);
    let over = load(call, 1)?.pixels;
    room("the upper picture", area(&over) * 4)?;
    let over = over.into_rgba8();
    transform(call, 4, |pixels| laid(pixels, &over, (x, y), mode, opacity))
}

pub(crate) fn watermark(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let position = params.choice(0)?;
    let share = params.number(1)? / 100.0;
    let margin = params.integer(2)?;
    let opacity = params.f32(3)? / 100.0;
    let mark = load(call, 1)?.pixels;
    transform(call, 4, |pixels| {
        let width = (f64::from(pixels.width()) * share).round().max(1.0);
        let height = f64::from(mark.height()) * width / f64::from(mark.width());
        let height = height
            .round()
            .clamp(1.0, f64::from(crate::decode::MAX_SIDE));
        let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
        let small = scaled(&mark, (width as u32, height as u32), lanczos, None)?;
        room("the mark", area(&small) * 4)?;
        let small = small.into_rgba8();
        let place = placed(&pixels, small.dimensions(), position, margin);
        laid(pixels, &small, place, Mode::Normal, opacity)
    })
}

/// Where something of `size` lies: position 0 is the top left, 8 the bottom right, row by row.
pub(crate) fn placed(
    pixels: &DynamicImage,
    size: (u32, u32),
    position: u32,
    margin: i64,
) -> (i64, i64) {
    let along = |which: u32, of: u32, len: u32| {
        let (of, len) = (i64::from(of), i64::from(len));
        match which {
            0 => margin,
            1 => (of - len).div_euclid(2),
            _ => of - len - margin,
        }
    };
    (
        along(position % 3, pixels.width(), size.0),
        along(position / 3, pixels.height(), size.1),
    )
}

fn area(pixels: &DynamicImage) -> u64 {
    u64::from(pixels.width()) * u64::from(pixels.height())
}

/// How two colours become one: the modes of the W3C's Compositing and Blending.
#[derive(Clone, Copy)]
pub(crate) enum Mode {
    Normal,
    Multiply,
    Screen,
    Overlay,
    Darken,
    Lighten,
    Dodge,
    Burn,
    HardLight,
    SoftLight,
    Difference,
    Exclusion,
}

impl Mode {
    /// The parameter `mode`, by the index of its option.
    fn at(choice: u32) -> Self {
        match choice {
            1 => Self::Multiply,
            2 => Self::Screen,
            3 => Self::Overlay,
            4 => Self::Darken,
            5 => Self::Lighten,
            6 => Self::Dodge,
            7 => Self::Burn,
            8 => Self::HardLight,
            9 => Self::SoftLight,
            10 => Self::Difference,
            11 => Self::Exclusion,
            _ => Self::Normal,
        }
    }

    /// `b` is below, `s` above, both from 0 to 1.
    fn blend(self, b: f32, s: f32) -> f32 {
        match self {
            Self::Normal => s,
            Self::Multiply => b * s,
            Self::Screen => b + s - b * s,
            Self::Overlay => Self::HardLight.blend(s, b),
            Self::Darken => b.min(s),
            Self::Lighten => b.max(s),
            Self::Dodge if b <= 0.0 => 0.0,
            Self::Dodge if s >= 1.0 => 1.0,
            Self::Dodge => (b / (1.0 - s)).min(1.0),
            Self::Burn if b >= 1.0 => 1.0,
            Self::Burn if s <= 0.0 => 0.0,
            Self::Burn => 1.0 - ((1.0 - b) / s).min(1.0),
            Self::HardLight if s <= 0.5 => b * 2.0 * s,
            Self::HardLight => Self::Screen.blend(b, 2.0 * s - 1.0),
            Self::SoftLight if s <= 0.5 => b - (1.0 - 2.0 * s) * b * (1.0 - b),
            Self::SoftLight => {
                let d = if b <= 0.25 {
                    ((16.0 * b - 12.0) * b + 4.0) * b
                } else {
                    b.sqrt()
                };
                b + (2.0 * s - 1.0) * (d - b)
            }
            Self::Difference => (b - s).abs(),
            Self::Exclusion => b + s - 2.0 * b * s,
        }
    }
}

/// `over` laid upon a picture, its top left corner at `place`; what hangs over is cut off.
pub(crate) fn laid(
    pixels: DynamicImage,
    over: &RgbaImage,
    (x, y): (i64, i64),
    mode: Mode,
    opacity: f32,
) -> Result<DynamicImage, Error> {
    let alpha = pixels.color().has_alpha();
    room("the joined picture", area(&pixels) * 8)?;
    let mut below = pixels.into_rgba8();
    let (width, height) = below.dimensions();
    for (row, line) in (y..).zip(over.rows()) {
        let Some(row) = u32::try_from(row).ok().filter(|row| *row < height) else {
            continue;
        };
        for (column, upper) in (x..).zip(line) {
            if let Some(column) = u32::try_from(column).ok().filter(|c| *c < width) {
                let lower = &mut below.get_pixel_mut(column, row).0;
                *lower = joined(*lower, upper.0, mode, opacity);
            }
        }
    }
    Ok(if alpha {
        DynamicImage::ImageRgba8(below)
    } else {
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(below).into_rgb8())
    })
}

fn joined(lower: [u8; 4], upper: [u8; 4], mode: Mode, opacity: f32) -> [u8; 4] {
    let above = f32::from(upper[3]) / 255.0 * opacity;
    let under = f32::from(lower[3]) / 255.0;
    let whole = above + under - above * under;
    if above <= 0.0 || whole <= 0.0 {
        return lower;
    }
    std::array::from_fn(|c| {
        if c == 3 {
            return byte(whole * 255.0);
        }
        let (b, s) = (f32::from(lower[c]) / 255.0, f32::from(upper[c]) / 255.0);
        let blended = mode.blend(b, s);
        let sum = s * above * (1.0 - under) + b * under * (1.0 - above) + blended * above * under;
        byte(sum / whole * 255.0)
    })
}
