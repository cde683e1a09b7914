use std::io::{self, BufWriter, Seek, SeekFrom, Write};

use image::codecs::gif::{GifEncoder, Repeat};
use image::codecs::ico::IcoEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::pnm::PnmEncoder;
use image::codecs::qoi::QoiEncoder;
use image::codecs::tga::TgaEncoder;
use image::codecs::tiff::TiffEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::LoopCount;
use image::{DynamicImage, Frame, ImageEncoder, ImageError, ImageFormat};
use inos_sdk::{Call, Error, Output};

use crate::decode::{Picture, gif_frames, is_animated_gif, name, trouble};
use crate::memory::room;
use crate::rows::Rows;

/// The parameter `format`, by the index of its option; the first is the format of the input.
const FORMATS: [Option<ImageFormat>; 11] = [
    None,
    Some(ImageFormat::Png),
    Some(ImageFormat::Jpeg),
    Some(ImageFormat::WebP),
    Some(ImageFormat::Gif),
    Some(ImageFormat::Bmp),
    Some(ImageFormat::Tiff),
    Some(ImageFormat::Tga),
    Some(ImageFormat::Pnm),
    Some(ImageFormat::Ico),
    Some(ImageFormat::Qoi),
];

/// Speed of the search for a GIF's palette, 1 (best) to 30.
const GIF_SPEED: i32 = 10;
/// Frames of the longest animation.
const MAX_FRAMES: u64 = 10_000;
/// First size of an output; it doubles from there.
const FIRST_BYTES: usize = 64 << 10;

/// Reads input 0, changes it by `change` and writes it as output 0. The parameters `format` and
/// `quality` are at `at` and after it. An animated GIF that stays a GIF is changed frame by frame.
pub(crate) fn transform(
    call: &Call,
    at: u32,
    mut change: impl FnMut(DynamicImage) -> Result<DynamicImage, Error>,
) -> Result<(), Error> {
    transform_rows(call, at, |rows| change(rows.whole()?.pixels))
}

/// As `transform`, for a change that does not need the whole picture at once.
pub(crate) fn transform_rows(
    call: &Call,
    at: u32,
    mut change: impl FnMut(Rows<'_>) -> Result<DynamicImage, Error>,
) -> Result<(), Error> {
    let input = call.input(0)?;
    let bytes = input.bytes()?;
    let target = wanted(call, at)?;
    if target.is_none_or(|format| format == ImageFormat::Gif) && is_animated_gif(bytes)? {
        return animation(call, bytes, change);
    }
    call.progress(0, 3)?;
    let mut rows = Rows::open(bytes)?;
    call.progress(1, 3)?;
    let (format, icc) = (rows.format, rows.icc.take());
    let picture = Picture {
        format,
        icc,
        pixels: change(rows)?,
    };
    call.progress(2, 3)?;
    store(call, at, &picture)?;
    call.progress(3, 3)
}

fn wanted(call: &Call, at: u32) -> Result<Option<ImageFormat>, Error> {
    let choice = call.params().choice(at)? as usize;
    FORMATS.get(choice).copied().ok_or(Error::NoParam(at))
}

fn animation(
    call: &Call,
    bytes: &[u8],
    mut change: impl FnMut(Rows<'_>) -> Result<DynamicImage, Error>,
) -> Result<(), Error> {
    let failed = |e: &ImageError| trouble(ImageFormat::Gif, e);
    let (frames, repeat) = gif_frames(bytes)?;
    let mut sink = Sink::new(call)?;
    let mut encoder = GifEncoder::new_with_speed(&mut sink, GIF_SPEED);
    let repeat = match repeat {
        LoopCount::Infinite => Repeat::Infinite,
        LoopCount::Finite(n) => Repeat::Finite(u16::try_from(n.get()).unwrap_or(u16::MAX)),
    };
    encoder.set_repeat(repeat).map_err(|e| failed(&e))?;
    for (i, frame) in (0u64..).zip(frames) {
        if i >= MAX_FRAMES {
            return Err(Error::invalid(format!(
                "the GIF has more than {MAX_FRAMES} frames"
            )));
        }
        call.progress(i, MAX_FRAMES)?;
        let frame = frame.map_err(|e| failed(&e))?;
        let delay = frame.delay();
        let changed = change(Rows::of(Picture {
            format: ImageFormat::Gif,
            icc: None,
            pixels: DynamicImage::ImageRgba8(frame.into_buffer()),
        }))?
        .into_rgba8();
        side_of_gif(changed.width(), changed.height())?;
        let frame = Frame::from_parts(changed, 0, 0, delay);
        encoder
            .encode_frame(frame)
            .map_err(|e| unwritten(ImageFormat::Gif, &e))?;
    }
    drop(encoder);
    sink.finish(ImageFormat::Gif)
}

/// Writes a picture as output 0, as the parameters at `at` say.
pub(crate) fn store(call: &Call, at: u32, picture: &Picture) -> Result<(), Error> {
    let format = wanted(call, at)?.unwrap_or(picture.format);
    let quality = call.params().integer(at + 1)?.clamp(1, 100) as u8;
    let pixels = fitting(&picture.pixels, format)?;
    let pixels = pixels.as_ref().unwrap_or(&picture.pixels);
    let icc = picture.icc.clone().filter(|icc| profile_fits(icc, pixels));
    let mut sink = BufWriter::with_capacity(FIRST_BYTES, Sink::new(call)?);
    let failed = |e: ImageError| unwritten(format, &e);
    match format {
        ImageFormat::Png => put(PngEncoder::new(&mut sink), pixels, icc),
        ImageFormat::Jpeg => put(
            JpegEncoder::new_with_quality(&mut sink, quality),
            pixels,
            icc,
        ),
        ImageFormat::WebP => put(WebPEncoder::new_lossless(&mut sink), pixels, icc),
        ImageFormat::Gif => {
            let bytes = pixels.as_bytes();
            GifEncoder::new_with_speed(&mut sink, GIF_SPEED).encode(
                bytes,
                pixels.width(),
                pixels.height(),
                pixels.color().into(),
            )
        }
        ImageFormat::Bmp => put(image::codecs::bmp::BmpEncoder::new(&mut sink), pixels, None),
        ImageFormat::Tiff => put(TiffEncoder::new(&mut sink), pixels, icc),
        ImageFormat::Tga => put(TgaEncoder::new(&mut sink), pixels, None),
        ImageFormat::Pnm => put(PnmEncoder::new(&mut sink), pixels, None),
        ImageFormat::Ico => put(IcoEncoder::new(&mut sink), pixels, None),
        ImageFormat::Qoi => put(QoiEncoder::new(&mut sink), pixels, None),
        _ => return Err(Error::failed("this format cannot be written")),
    }
    .map_err(failed)?;
    let sink = sink.into_inner();
    let sink = sink.map_err(|e| unwritten(format, &ImageError::IoError(e.into_error())))?;
    sink.finish(format)
}

fn put(
    mut encoder: impl ImageEncoder,
    pixels: &DynamicImage,
    icc: Option<Vec<u8>>,
) -> Result<(), ImageError> {
    if let Some(icc) = icc {
        // A format without a place for the profile does without.
        let _ = encoder.set_icc_profile(icc);
    }
    let colour = pixels.color().into();
    encoder.write_image(pixels.as_bytes(), pixels.width(), pixels.height(), colour)
}

/// The picture in channels that the format has; None when it is fine as it is.
fn fitting(pixels: &DynamicImage, format: ImageFormat) -> Result<Option<DynamicImage>, Error> {
    use DynamicImage as D;
    let (width, height) = (pixels.width(), pixels.height());
    let area = u64::from(width) * u64::from(height);
    let alpha = pixels.color().has_alpha();
    let grey = !pixels.color().has_color();
    match format {
        ImageFormat::Jpeg if width.max(height) > 65_535 => Err(Error::invalid(format!(
            "format: a JPEG has at most 65535 pixels to a side, the picture has {width} x {height}"
        ))),
        ImageFormat::WebP if width.max(height) > 16_384 => Err(Error::invalid(format!(
            "format: a WebP has at most 16384 pixels to a side, the picture has {width} x {height}"
        ))),
        ImageFormat::Ico if width.max(height) > 256 => Err(Error::invalid(format!(
            "format: an icon has at most 256 pixels to a side, the picture has {width} x {height}"
        ))),
        ImageFormat::Jpeg | ImageFormat::Pnm if alpha => {
            room("the picture without transparency", area * 3)?;
            Ok(Some(on_white(pixels)))
        }
        ImageFormat::Gif => {
            side_of_gif(width, height)?;
            room("the picture with its palette", area * 8)?;
            Ok(Some(D::ImageRgba8(pixels.to_rgba8())))
        }
        ImageFormat::Tiff | ImageFormat::Qoi if grey => {
            room("the picture in colour", area * 4)?;
            let plain = if alpha {
                D::ImageRgba8(pixels.to_rgba8())
            } else {
                D::ImageRgb8(pixels.to_rgb8())
            };
            Ok(if format == ImageFormat::Tiff && !alpha {
                None
            } else {
                Some(plain)
            })
        }
        _ => Ok(None),
    }
}

fn side_of_gif(width: u32, height: u32) -> Result<(), Error> {
    if width.max(height) <= 65_535 {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "format: a GIF has at most 65535 pixels to a side, the picture has {width} x {height}"
    )))
}

fn on_white(pixels: &DynamicImage) -> DynamicImage {
    let over = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    if pixels.color().has_color() {
        let source = pixels.to_rgba8();
        let mut flat = image::RgbImage::new(source.width(), source.height());
        for (to, from) in flat.pixels_mut().zip(source.pixels()) {
            let [r, g, b, a] = from.0;
            to.0 = [over(r, a), over(g, a), over(b, a)];
        }
        DynamicImage::ImageRgb8(flat)
    } else {
        let source = pixels.to_luma_alpha8();
        let mut flat = image::GrayImage::new(source.width(), source.height());
        for (to, from) in flat.pixels_mut().zip(source.pixels()) {
            to.0 = [over(from.0[0], from.0[1])];
        }
        DynamicImage::ImageLuma8(flat)
    }
}

/// A colour profile stays only with a picture of its kind: bytes 16 to 19 name it.
fn profile_fits(icc: &[u8], pixels: &DynamicImage) -> bool {
    let space: &[u8] = if pixels.color().has_color() {
        b"RGB "
    } else {
        b"GRAY"
    };
    icc.get(16..20) == Some(space)
}

fn unwritten(format: ImageFormat, error: &ImageError) -> Error {
    Error::failed(format!(
        "the {} file cannot be written: {error}",
        name(format)
    ))
}

fn media(format: ImageFormat) -> &'static str {
    match format {
        ImageFormat::Pnm => "image/x-portable-anymap",
        ImageFormat::Tga => "image/x-tga",
        ImageFormat::Qoi => "image/qoi",
        other => other.to_mime_type(),
    }
}

/// Output 0 as a file that is written front to back, with seeks back: nothing is kept twice.
struct Sink<'c> {
    output: Output<'c>,
    room: usize,
    at: usize,
    end: usize,
}

impl<'c> Sink<'c> {
    fn new(call: &'c Call) -> Result<Self, Error> {
        Ok(Self {
            output: call.output(0)?,
            room: 0,
            at: 0,
            end: 0,
        })
    }

    fn finish(mut self, format: ImageFormat) -> Result<(), Error> {
        self.output.media(media(format))?;
        self.output.finish(self.end)
    }
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(end) = self.at.checked_add(bytes.len()) else {
            return Err(io::Error::other("the output is too large"));
        };
        if end > self.room {
            let more = end.max(self.room.saturating_mul(2)).max(FIRST_BYTES);
            // When twice as much is refused, what is needed may still be had.
            let grown = self.output.map(more).map(|_| more);
            let grown = grown.or_else(|_| self.output.map(end).map(|_| end));
            self.room = grown.map_err(|e| io::Error::other(e.to_string()))?;
        }
        let all = self.output.bytes_mut();
        let Some(place) = all.get_mut(self.at..end) else {
            return Err(io::Error::other("the output is too small"));
        };
        place.copy_from_slice(bytes);
        self.at = end;
        self.end = self.end.max(end);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Sink<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(n) => i64::try_from(n).ok(),
            SeekFrom::Current(n) => (self.at as i64).checked_add(n),
            SeekFrom::End(n) => (self.end as i64).checked_add(n),
        };
        let target = target.and_then(|n| usize::try_from(n).ok());
        self.at = target.ok_or_else(|| io::Error::other("a seek before the beginning"))?;
        Ok(self.at as u64)
    }
}
