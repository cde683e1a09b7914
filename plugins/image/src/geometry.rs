use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use inos_sdk::{Call, Error};

use crate::decode::{MAX_PIXELS, MAX_SIDE};
use crate::encode::{transform, transform_rows};
use crate::memory::room;
use crate::strips::{pixel_type, scaled_rows};

pub(crate) fn convert(call: &mut Call) -> Result<(), Error> {
    transform(call, 0, Ok)
}

pub(crate) fn resize(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let wanted = (params.count(0)? as u64, params.count(1)? as u64);
    let mode = params.choice(2)?;
    let filter = filter(params.choice(3)?);
    if wanted == (0, 0) {
        return Err(Error::invalid(
            "width and height are both 0: at least one must be given",
        ));
    }
    transform_rows(call, 4, |rows| {
        let plan = Plan::new((rows.width, rows.height), wanted, mode)?;
        scaled_rows(call, rows, plan.size, filter, plan.cut)
    })
}

pub(crate) fn thumbnail(call: &mut Call) -> Result<(), Error> {
    let side = call.params().count(0)? as u64;
    transform_rows(call, 1, |rows| {
        let size = (rows.width, rows.height);
        if u64::from(size.0.max(size.1)) <= side {
            return Ok(rows.whole()?.pixels);
        }
        let plan = Plan::new(size, (side, side), FIT)?;
        let lanczos = ResizeAlg::Convolution(FilterType::Lanczos3);
        scaled_rows(call, rows, plan.size, lanczos, None)
    })
}

pub(crate) fn crop(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (x, y) = (params.count(0)? as u64, params.count(1)? as u64);
    let (width, height) = (params.count(2)? as u64, params.count(3)? as u64);
    transform_rows(call, 4, |mut rows| {
        let inside = |name: &str, start: u64, len: u64, of: u32| {
            if start + len <= u64::from(of) {
                return Ok(());
            }
            let end = start + len;
            Err(Error::invalid(format!(
                "{name} ends at {end}, the picture at {of}"
            )))
        };
        inside("x + width", x, width, rows.width)?;
        inside("y + height", y, height, rows.height)?;
        let colour = rows.colour;
        let channels = usize::from(colour.channel_count());
        room("the cut", width * height * channels as u64)?;
        let (start, len) = (x as usize * channels, width as usize * channels);
        let mut bytes = Vec::with_capacity(len * height as usize);
        for line in 0..y + height {
            let row = rows.next_row()?;
            if line >= y {
                bytes.extend_from_slice(&row[start..start + len]);
            }
        }
        rebuilt(colour, width as u32, height as u32, bytes)
    })
}

const FIT: u32 = 0;
const FILL: u32 = 1;

/// The parameter `filter`, by the index of its option.
fn filter(choice: u32) -> ResizeAlg {
    match choice {
        0 => ResizeAlg::Convolution(FilterType::Lanczos3),
        1 => ResizeAlg::Convolution(FilterType::CatmullRom),
        2 => ResizeAlg::Convolution(FilterType::Bilinear),
        3 => ResizeAlg::Convolution(FilterType::Box),
        _ => ResizeAlg::Nearest,
    }
}

/// A part of a picture in pixels: left, top, width, height.
pub(crate) type Cut = (f64, f64, f64, f64);

/// What becomes of a picture's size.
struct Plan {
    size: (u32, u32),
    cut: Option<Cut>,
}

impl Plan {
    fn new(from: (u32, u32), wanted: (u64, u64), mode: u32) -> Result<Self, Error> {
        let (w, h) = (f64::from(from.0), f64::from(from.1));
        let (tw, th) = (wanted.0 as f64, wanted.1 as f64);
        if wanted.0 == 0 || wanted.1 == 0 {
            let scale = if wanted.0 == 0 { th / h } else { tw / w };
            return Self::whole(w * scale, h * scale);
        }
        let (low, high) = ((tw / w).min(th / h), (tw / w).max(th / h));
        match mode {
            FIT => Self::whole(w * low, h * low),
            FILL => {
                let (cw, ch) = ((tw / high).min(w), (th / high).min(h));
                let cut = Some(((w - cw) / 2.0, (h - ch) / 2.0, cw, ch));
                Ok(Self {
                    cut,
                    ..Self::whole(tw, th)?
                })
            }
            _ => Self::whole(tw, th),
        }
    }

    fn whole(width: f64, height: f64) -> Result<Self, Error> {
        let (width, height) = (width.round().max(1.0), height.round().max(1.0));
        if width * height > MAX_PIXELS as f64 || width.max(height) > f64::from(MAX_SIDE) {
            return Err(Error::invalid(format!(
                "width and height give {width} x {height} pixels, more than {MAX_PIXELS}, or than \
                 {MAX_SIDE} to a side"
            )));
        }
        Ok(Self {
            size: (width as u32, height as u32),
            cut: None,
        })
    }
}

/// The picture, or a part of it, in another size. Transparent colours do not bleed.
pub(crate) fn scaled(
    pixels: &DynamicImage,
    (width, height): (u32, u32),
    alg: ResizeAlg,
    cut: Option<Cut>,
) -> Result<DynamicImage, Error> {
    let colour = pixels.color();
    let kind = pixel_type(colour);
    let between = u64::from(width) * u64::from(pixels.height());
    let opaque = if colour.has_alpha() {
        pixels.as_bytes().len() as u64
    } else {
        0
    };
    let out = u64::from(width) * u64::from(height);
    room(
        "the new size",
        (between + out) * u64::from(colour.channel_count()) + opaque,
    )?;
    let failed = |what: String| Error::failed(format!("the picture cannot be scaled: {what}"));
    let source = ImageRef::new(pixels.width(), pixels.height(), pixels.as_bytes(), kind)
        .map_err(|e| failed(e.to_string()))?;
    let mut target = Image::new(width, height, kind);
    let mut options = ResizeOptions::new().resize_alg(alg);
    if let Some((left, top, w, h)) = cut {
        options = options.crop(left, top, w, h);
    }
    Resizer::new()
        .resize(&source, &mut target, &options)
        .map_err(|e| failed(e.to_string()))?;
    rebuilt(colour, width, height, target.into_vec())
}

/// A picture from its bytes.
pub(crate) fn rebuilt(
    colour: ColorType,
    width: u32,
    height: u32,
    bytes: Vec<u8>,
) -> Result<DynamicImage, Error> {
    match colour {
        ColorType::L8 => GrayImage::from_raw(width, height, bytes).map(DynamicImage::ImageLuma8),
        ColorType::La8 => {
            GrayAlphaImage::from_raw(width, height, bytes).map(DynamicImage::ImageLumaA8)
        }
        ColorType::Rgb8 => RgbImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgb8),
        _ => RgbaImage::from_raw(width, height, bytes).map(DynamicImage::ImageRgba8),
    }
    .ok_or_else(|| Error::failed("the picture's bytes do not fit its size"))
}
