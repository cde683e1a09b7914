use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::tiff::TiffDecoder;
use image::{
    AnimationDecoder, ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader,
    Limits,
};
use inos_sdk::{Call, Error};

use crate::geometry::rebuilt;
use crate::memory::room;
use crate::rows::{Rows, checked_png};
use crate::warmth::encoded;

/// Pixels of the largest picture: 200 megapixels, with 8 bits and three channels 600 MB.
pub(crate) const MAX_PIXELS: u64 = 200_000_000;
/// Pixels of the largest width or height.
pub(crate) const MAX_SIDE: u32 = 200_000;

/// Bytes of all that a PNG holds beside its pixels: a profile of 200 KB may be one of 200 MB.
pub(crate) const MAX_PNG_CHUNKS: usize = 32 << 20;

/// What a file says about its picture before the pixels are read.
pub(crate) struct Header {
    pub(crate) format: ImageFormat,
    /// Size as it is shown: after the orientation was applied.
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: u8,
    pub(crate) bits: u16,
    /// EXIF's number of the orientation, 1 to 8; 1 is upright.
    pub(crate) orientation: u8,
    pub(crate) icc: Option<Vec<u8>>,
    pub(crate) exif_bytes: usize,
}

/// A picture in memory.
pub(crate) struct Picture {
    pub(crate) format: ImageFormat,
    pub(crate) icc: Option<Vec<u8>>,
    /// With 8 bits per channel, upright.
    pub(crate) pixels: DynamicImage,
}

/// Reads the picture that is input `index`.
pub(crate) fn load(call: &Call, index: u32) -> Result<Picture, Error> {
    call.progress(0, 3)?;
    let input = call.input(index)?;
    let picture = Rows::open(input.bytes()?)?.whole()?;
    call.progress(1, 3)?;
    Ok(picture)
}

/// Reads what the file says about its picture.
pub(crate) fn header(bytes: &[u8]) -> Result<Header, Error> {
    let format = format_of(bytes)?;
    let mut decoder = decoder(bytes, format)?;
    let (width, height) = checked_size(&decoder)?;
    let colour = decoder.original_color_type();
    let orientation = decoder.orientation().map_err(|e| trouble(format, &e))?;
    let turned = orientation.to_exif() >= 5;
    let (width, height) = if turned {
        (height, width)
    } else {
        (width, height)
    };
    let channels = colour.channel_count();
    Ok(Header {
        format,
        width,
        height,
        channels,
        bits: colour.bits_per_pixel() / u16::from(channels.max(1)),
        orientation: orientation.to_exif(),
        icc: profile(bytes, format, &mut decoder),
        exif_bytes: decoder
            .exif_metadata()
            .ok()
            .flatten()
            .map_or(0, |exif| exif.len()),
    })
}

/// Reads a whole picture at once: of an animation the first frame.
pub(crate) fn read_whole(bytes: &[u8]) -> Result<Picture, Error> {
    let format = format_of(bytes)?;
    let mut decoder = decoder(bytes, format)?;
    checked_size(&decoder)?;
    room(
        "the picture",
        decoder.total_bytes().saturating_mul(copies(format)),
    )?;
    let orientation = decoder.orientation().map_err(|e| trouble(format, &e))?;
    let icc = profile(bytes, format, &mut decoder);
    let pixels = DynamicImage::from_decoder(decoder).map_err(|e| trouble(format, &e))?;
    let light = matches!(format, ImageFormat::Hdr | ImageFormat::OpenExr);
    let mut pixels = if light {
        as_seen(pixels)?
    } else {
        eight_bits(pixels)?
    };
    pixels.apply_orientation(orientation);
    Ok(Picture {
        // Light is not written: what was read as light becomes a PNG.
        format: if light { ImageFormat::Png } else { format },
        icc,
        pixels,
    })
}

/// The frames of a GIF, one at a time.
pub(crate) fn gif_frames(
    bytes: &[u8],
) -> Result<(image::Frames<'_>, image::metadata::LoopCount), Error> {
    let failed = |e: &ImageError| trouble(ImageFormat::Gif, e);
    let decoder = GifDecoder::new(Cursor::new(bytes)).map_err(|e| failed(&e))?;
    checked_size(&decoder)?;
    room("the animation", decoder.total_bytes().saturating_mul(4))?;
    let repeat = decoder.loop_count();
    Ok((decoder.into_frames(), repeat))
}

/// True for a GIF with more frames than one.
pub(crate) fn is_animated_gif(bytes: &[u8]) -> Result<bool, Error> {
    if image::guess_format(bytes).ok() != Some(ImageFormat::Gif) {
        return Ok(false);
    }
    let (frames, _) = gif_frames(bytes)?;
    Ok(frames.take(2).filter(Result::is_ok).count() == 2)
}

/// Why a file was refused, with the name of its format.
pub(crate) fn trouble(format: ImageFormat, error: &ImageError) -> Error {
    Error::invalid(format!("the {} file cannot be read: {error}", name(format)))
}

/// The usual name of a format, as the parameter `format` has it.
pub(crate) fn name(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Png => "png",
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::WebP => "webp",
        ImageFormat::Gif => "gif",
        ImageFormat::Bmp => "bmp",
        ImageFormat::Tiff => "tiff",
        ImageFormat::Tga => "tga",
        ImageFormat::Pnm => "pnm",
        ImageFormat::Ico => "ico",
        ImageFormat::Qoi => "qoi",
        ImageFormat::Hdr => "hdr",
        ImageFormat::OpenExr => "exr",
        _ => "picture",
    }
}

fn decoder(bytes: &[u8], format: ImageFormat) -> Result<impl ImageDecoder, Error> {
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(match format {
        // Pixels do not count there: they go into a buffer of ours.
        ImageFormat::Png => MAX_PNG_CHUNKS as u64,
        _ => MAX_PIXELS * 4,
    });
    if format == ImageFormat::Ico {
        checked_icons(bytes)?;
    }
    reader.limits(limits);
    reader.into_decoder().map_err(|e| trouble(format, &e))
}

/// An icon may be a PNG, which is decoded there without limits.
fn checked_icons(bytes: &[u8]) -> Result<(), Error> {
    let directory = bytes.get(6..).unwrap_or_default().chunks_exact(16);
    let count = bytes
        .get(4..6)
        .map_or(0, |n| u16::from_le_bytes([n[0], n[1]]));
    for entry in directory.take(count.into()) {
        let offset = u32::from_le_bytes([entry[12], entry[13], entry[14], entry[15]]);
        let icon = bytes.get(offset as usize..).unwrap_or_default();
        if icon.starts_with(b"\x89PNG") {
            checked_png(icon)?;
        }
    }
    Ok(())
}

fn checked_size(decoder: &impl ImageDecoder) -> Result<(u32, u32), Error> {
    let (width, height) = decoder.dimensions();
    within_limits(width, height)?;
    Ok((width, height))
}

/// Refuses a size that no picture may have.
pub(crate) fn within_limits(width: u32, height: u32) -> Result<(), Error> {
    if width == 0 || height == 0 {
        return Err(Error::invalid(format!(
            "the picture has {width} x {height} pixels"
        )));
    }
    if u64::from(width) * u64::from(height) > MAX_PIXELS || width.max(height) > MAX_SIDE {
        return Err(Error::invalid(format!(
            "the picture has {width} x {height} pixels; at most {} million, and {MAX_SIDE} to a \
             side, are read",
            MAX_PIXELS / 1_000_000
        )));
    }
    Ok(())
}

/// The colour profile; a damaged one is no reason to refuse the picture.
fn profile(bytes: &[u8], format: ImageFormat, usual: &mut impl ImageDecoder) -> Option<Vec<u8>> {
    if format != ImageFormat::Tiff {
        return usual.icc_profile().unwrap_or_default();
    }
    // A TIFF decoder that was given limits refuses a profile when the picture is small: it takes
    // the size of the pixels as the limit of each value.
    TiffDecoder::new(Cursor::new(bytes))
        .and_then(|mut decoder| decoder.icc_profile())
        .unwrap_or_default()
}

/// How often a decoder keeps the pixels while it reads.
fn copies(format: ImageFormat) -> u64 {
    match format {
        ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::Tiff => 2,
        ImageFormat::WebP | ImageFormat::Ico | ImageFormat::OpenExr => 3,
        _ => 1,
    }
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, Error> {
    if bytes.is_empty() {
        return Err(Error::invalid("the picture has 0 bytes"));
    }
    let known = image::guess_format(bytes)
        .ok()
        .filter(|f| f.reading_enabled());
    if let Some(format) = known {
        return Ok(format);
    }
    if looks_like_tga(bytes) {
        return Ok(ImageFormat::Tga);
    }
    Err(Error::invalid(
        "the file begins like none of png, jpeg, webp, gif, bmp, tiff, tga, pnm, ico, qoi, \
         hdr, exr",
    ))
}

/// TGA has no magic number: its header must make sense.
fn looks_like_tga(bytes: &[u8]) -> bool {
    let Some(&[_, map, kind, _, _, _, _, map_bits, .., bits, flags]) = bytes.first_chunk::<18>()
    else {
        return false;
    };
    let mapped = kind == 1 || kind == 9;
    map == u8::from(mapped)
        && matches!(kind, 1 | 2 | 3 | 9 | 10 | 11)
        && matches!(bits, 8 | 15 | 16 | 24 | 32)
        && (!mapped || matches!(map_bits, 15 | 16 | 24 | 32))
        && flags & 0xC0 == 0
}

/// Linear light as sRGB; what is brighter than white becomes white.
fn as_seen(pixels: DynamicImage) -> Result<DynamicImage, Error> {
    let area = u64::from(pixels.width()) * u64::from(pixels.height());
    room("the picture", area * 4)?;
    let byte = |v: f32| {
        // What is no number is black: it becomes 0 when it is made a whole one.
        (encoded(f64::from(v).clamp(0.0, 1.0)) * 255.0).round() as u8
    };
    let (width, height) = (pixels.width(), pixels.height());
    let (colour, bytes) = match &pixels {
        DynamicImage::ImageRgba32F(p) => {
            let seen = |[r, g, b, a]: [f32; 4]| {
                let opacity = a.clamp(0.0, 1.0);
                // Colours of an EXR are weighed by the opacity already.
                let own = if opacity > 0.0 { opacity } else { 1.0 };
                let [r, g, b] = [r, g, b].map(|v| byte(v / own));
                [r, g, b, (opacity * 255.0).round() as u8]
            };
            let bytes = p.pixels().flat_map(|p| seen(p.0)).collect();
            (ColorType::Rgba8, bytes)
        }
        DynamicImage::ImageRgb32F(p) => (ColorType::Rgb8, p.iter().map(|v| byte(*v)).collect()),
        _ => return eight_bits(pixels),
    };
    rebuilt(colour, width, height, bytes)
}

fn eight_bits(pixels: DynamicImage) -> Result<DynamicImage, Error> {
    use DynamicImage as D;
    if matches!(
        pixels,
        D::ImageLuma8(_) | D::ImageLumaA8(_) | D::ImageRgb8(_) | D::ImageRgba8(_)
    ) {
        return Ok(pixels);
    }
    room("the picture", pixels.as_bytes().len() as u64 / 2)?;
    Ok(match pixels {
        D::ImageLuma16(_) => D::ImageLuma8(pixels.into_luma8()),
        D::ImageLumaA16(_) => D::ImageLumaA8(pixels.into_luma_alpha8()),
        D::ImageRgb16(_) | D::ImageRgb32F(_) => D::ImageRgb8(pixels.into_rgb8()),
        _ => D::ImageRgba8(pixels.into_rgba8()),
    })
}
