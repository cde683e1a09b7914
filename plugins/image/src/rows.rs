use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageFormat};
use inos_sdk::Error;

use crate::decode::{self, MAX_PNG_CHUNKS, Picture};
use crate::geometry::rebuilt;
use crate::memory::room;

/// A picture from top to bottom, upright, with 8 bits per channel. A PNG comes out of its file row
/// by row, so that an op which needs few rows at a time needs little memory; others are whole.
pub(crate) struct Rows<'a> {
    pub(crate) format: ImageFormat,
    pub(crate) icc: Option<Vec<u8>>,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) colour: ColorType,
    source: Source<'a>,
    /// The row that comes next.
    at: u32,
}

enum Source<'a> {
    Png {
        reader: Box<png::Reader<Cursor<&'a [u8]>>>,
        row: Vec<u8>,
        wide: bool,
    },
    Whole(DynamicImage),
}

impl<'a> Rows<'a> {
    /// Opens a picture file.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, Error> {
        match Self::from_png(bytes)? {
            Some(rows) => Ok(rows),
            None => Ok(Self::of(decode::read_whole(bytes)?)),
        }
    }

    /// The rows of a picture that is in memory already.
    pub(crate) fn of(picture: Picture) -> Self {
        let pixels = picture.pixels;
        Self {
            format: picture.format,
            icc: picture.icc,
            width: pixels.width(),
            height: pixels.height(),
            colour: pixels.color(),
            source: Source::Whole(pixels),
            at: 0,
        }
    }

    /// None for what is no PNG, and for a PNG whose rows do not come in order.
    fn from_png(bytes: &'a [u8]) -> Result<Option<Self>, Error> {
        if image::guess_format(bytes).ok() != Some(ImageFormat::Png) {
            return Ok(None);
        }
        let mut decoder = png_decoder(bytes);
        let (width, height) = decoder.read_header_info().map_err(trouble)?.size();
        decode::within_limits(width, height)?;
        decoder.set_ignore_text_chunk(true);
        decoder.set_transformations(png::Transformations::EXPAND);
        let reader = decoder.read_info().map_err(trouble)?;
        let info = reader.info();
        let exif = info.exif_metadata.as_deref().unwrap_or_default();
        let turned = Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
        if info.interlaced || turned != Orientation::NoTransforms {
            return Ok(None);
        }
        let icc = info.icc_profile.as_ref().map(|icc| icc.to_vec());
        let (kind, depth) = reader.output_color_type();
        let colour = match kind {
            png::ColorType::Grayscale => ColorType::L8,
            png::ColorType::GrayscaleAlpha => ColorType::La8,
            png::ColorType::Rgb => ColorType::Rgb8,
            png::ColorType::Rgba => ColorType::Rgba8,
            png::ColorType::Indexed => return Ok(None),
        };
        let len = reader.output_line_size(width);
        let len = len.ok_or_else(|| trouble(png::DecodingError::LimitsExceeded))?;
        Ok(Some(Self {
            format: ImageFormat::Png,
            icc,
            width,
            height,
            colour,
            source: Source::Png {
                reader: Box::new(reader),
                row: vec![0; len],
                wide: depth == png::BitDepth::Sixteen,
            },
            at: 0,
        }))
    }

    /// Bytes of a row.
    pub(crate) fn row_len(&self) -> usize {
        self.width as usize * usize::from(self.colour.channel_count())
    }

    /// The next row; there are `height` of them.
    pub(crate) fn next_row(&mut self) -> Result<&[u8], Error> {
        let len = self.row_len();
        let missing = || {
            let height = self.height;
            Error::invalid(format!("the picture ends before its {height} rows"))
        };
        match &mut self.source {
            Source::Png { reader, row, wide } => {
                if reader.read_row(row).map_err(trouble)?.is_none() {
                    return Err(missing());
                }
                if *wide {
                    narrow(row);
                }
                self.at += 1;
                row.get(..len).ok_or_else(missing)
            }
            Source::Whole(pixels) => {
                let start = self.at as usize * len;
                self.at += 1;
                pixels
                    .as_bytes()
                    .get(start..start + len)
                    .ok_or_else(missing)
            }
        }
    }

    /// The pixels where they are in memory already.
    pub(crate) fn in_memory(&self) -> Option<&DynamicImage> {
        match &self.source {
            Source::Whole(pixels) => Some(pixels),
            Source::Png { .. } => None,
        }
    }

    /// The whole picture, of which no row was taken yet.
    pub(crate) fn whole(mut self) -> Result<Picture, Error> {
        let (format, icc) = (self.format, self.icc.take());
        let pixels = match self.source {
            Source::Whole(pixels) => pixels,
            Source::Png { .. } => self.gathered()?,
        };
        Ok(Picture {
            format,
            icc,
            pixels,
        })
    }

    fn gathered(&mut self) -> Result<DynamicImage, Error> {
        let len = self.row_len();
        let total = len * self.height as usize;
        room("the picture", total as u64)?;
        let mut bytes = vec![0; total];
        for to in bytes.chunks_exact_mut(len) {
            to.copy_from_slice(self.next_row()?);
        }
        rebuilt(self.colour, self.width, self.height, bytes)
    }
}

fn png_decoder(bytes: &[u8]) -> png::Decoder<Cursor<&[u8]>> {
    let limits = png::Limits {
        bytes: MAX_PNG_CHUNKS,
    };
    png::Decoder::new_with_limits(Cursor::new(bytes), limits)
}

/// Refuses a PNG whose colour profile, unpacked, is larger than it may be.
pub(crate) fn checked_png(bytes: &[u8]) -> Result<(), Error> {
    let mut decoder = png_decoder(bytes);
    decoder.set_ignore_text_chunk(true);
    let reader = decoder.read_info().map_err(trouble)?;
    // A profile that is too large is passed over without an error.
    if reader.info().icc_profile.is_none() && has_profile(bytes) {
        let what = "the png file has a colour profile that is damaged or too large";
        return Err(Error::invalid(what));
    }
    Ok(())
}

/// True when one of the chunks before the pixels is a colour profile.
fn has_profile(png: &[u8]) -> bool {
    let mut rest = png.get(8..).unwrap_or_default();
    while let Some((&[a, b, c, d, ref kind @ ..], body)) = rest.split_first_chunk::<8>() {
        match kind {
            b"iCCP" => return true,
            b"IDAT" => return false,
            _ => {}
        }
        let len = u32::from_be_bytes([a, b, c, d]) as usize;
        rest = body.get(len.saturating_add(4)..).unwrap_or_default();
    }
    false
}

/// Rounds samples of 16 bits, the higher byte first, to 8 bits in the first half of the row.
fn narrow(row: &mut [u8]) {
    for i in 0..row.len() / 2 {
        let sample = u32::from(row[2 * i]) << 8 | u32::from(row[2 * i + 1]);
        row[i] = ((sample + 128) / 257) as u8;
    }
}

fn trouble(error: png::DecodingError) -> Error {
    Error::invalid(format!("the png file cannot be read: {error}"))
}
