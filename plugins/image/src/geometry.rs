use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use inos_sdk::{Call, Error};

use crate::decode::{MAX_PIXELS, MAX_SIDE};
use crate::encode::transform;
use crate::memory::room;

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
    transform(call, 4, |pixels| {
        let plan = Plan::new((pixels.width(), pixels.height()), wanted, mode)?;
        scaled(&pixels, plan.size, filter, plan.cut)
    })
}

pub(crate) fn thumbnail(call: &mut Call) -> Result<(), Error> {
    let side = call.params().count(0)? as u64;
    transform(call, 1, |pixels| {
        let size = (pixels.width(), pixels.height());
        if u64::from(size.0.max(size.1)) <= side {
            return Ok(pixels);
        }
        let plan = Plan::new(size, (side, side), FIT)?;
        scaled(
            &pixels,
            plan.size,
            ResizeAlg::Convolution(FilterType::Lanczos3),
            None,
        )
    })
}

pub(crate) fn crop(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (x, y) = (params.count(0)? as u64, params.count(1)? as u64);
    let (width, height) = (params.count(2)? as u64, params.count(3)? as u64);
    transform(call, 4, |pixels| {
        let inside = |name: &str, start: u64, len: u64, of: u32| {
            if start + len <= u64::from(of) {
                return Ok(());
            }
            let end = start + len;
            Err(Error::invalid(format!(
                "{name} ends at {end}, the picture at {of}"
            )))
        };
        inside("x + width", x, width, pixels.width())?;
        inside("y + height", y, height, pixels.height())?;
        room("the cut", width * height * 4)?;
        Ok(pixels.crop_imm(x as u32, y as u32, width as u32, height as u32))
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
type Cut = (f64, f64, f64, f64);

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
    let kind = match colour {
        ColorType::L8 => PixelType::U8,
        ColorType::La8 => PixelType::U8x2,
        ColorType::Rgb8 => PixelType::U8x3,
        _ => PixelType::U8x4,
    };
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
