use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{ColorType, DynamicImage};
use inos_sdk::{Call, Error};

use crate::geometry::{Cut, rebuilt, scaled};
use crate::memory::room;
use crate::rows::Rows;

/// Bytes of the rows that are kept at a time, where the filter does not need more.
const STRIP_BYTES: usize = 16 << 20;

/// Another size of a picture that comes row by row: the same as `scaled` makes of the whole, from
/// the rows that the filter needs at a time.
pub(crate) fn scaled_rows(
    call: &Call,
    mut rows: Rows<'_>,
    size: (u32, u32),
    alg: ResizeAlg,
    cut: Option<Cut>,
) -> Result<DynamicImage, Error> {
    if let Some(pixels) = rows.in_memory() {
        return scaled(pixels, size, alg, cut);
    }
    if matches!(alg, ResizeAlg::Nearest) {
        // Where two pixels are as near, the sums of a part may round to the other one.
        return scaled(&rows.whole()?.pixels, size, alg, cut);
    }
    let (width, height) = size;
    let colour = rows.colour;
    let cut = cut.unwrap_or((0.0, 0.0, rows.width.into(), rows.height.into()));
    let plan = Strips::new(&rows, height, alg, cut);
    let len = width as usize * usize::from(colour.channel_count());
    room("the new size", len as u64 * u64::from(height))?;
    let mut target = vec![0u8; len * height as usize];
    let mut strip = Strip::new(&rows, plan.most_rows(rows.height))?;
    let mut resizer = Resizer::new();
    for first in (0..height).step_by(plan.each as usize) {
        call.progress(u64::from(first), u64::from(height))?;
        let count = plan.each.min(height - first);
        let (from, to) = plan.source_rows(first, count, rows.height);
        strip.show(&mut rows, from, to)?;
        let top = plan.top + f64::from(first) * plan.scale - f64::from(from);
        let part = (cut.0, top.max(0.0), cut.2, f64::from(count) * plan.scale);
        let at = first as usize * len;
        let lines = &mut target[at..at + len * count as usize];
        strip.scale(&mut resizer, lines, (width, count), alg, part)?;
    }
    rebuilt(colour, width, height, target)
}

/// Which rows of a picture make which rows of the new one.
struct Strips {
    top: f64,
    /// Rows of the picture for one of the new picture.
    scale: f64,
    /// How far the filter sees beyond, in rows of the picture.
    reach: f64,
    /// Rows of the new picture that are made at a time.
    each: u32,
}

impl Strips {
    fn new(rows: &Rows<'_>, height: u32, alg: ResizeAlg, cut: Cut) -> Self {
        let scale = cut.3 / f64::from(height);
        let support = match alg {
            ResizeAlg::Convolution(FilterType::Lanczos3) => 3.0,
            ResizeAlg::Convolution(FilterType::CatmullRom) => 2.0,
            _ => 1.0,
        };
        let reach = support * scale.max(1.0) + 2.0;
        let fit = (STRIP_BYTES / rows.row_len().max(1)) as f64;
        let each = ((fit - 2.0 * reach) / scale).clamp(1.0, f64::from(height));
        Self {
            top: cut.1,
            scale,
            reach,
            each: each as u32,
        }
    }

    fn source_rows(&self, first: u32, count: u32, height: u32) -> (u32, u32) {
        let start = self.top + f64::from(first) * self.scale - self.reach;
        let end = self.top + f64::from(first + count) * self.scale + self.reach;
        let end = end.ceil().clamp(1.0, f64::from(height));
        (start.floor().clamp(0.0, end - 1.0) as u32, end as u32)
    }

    fn most_rows(&self, height: u32) -> u32 {
        let most = f64::from(self.each) * self.scale + 2.0 * self.reach + 2.0;
        most.ceil().min(f64::from(height)) as u32
    }
}

/// Some rows of a picture, one below the other.
struct Strip {
    bytes: Vec<u8>,
    len: usize,
    width: u32,
    colour: ColorType,
    /// The rows that `bytes` holds.
    from: u32,
    to: u32,
}

impl Strip {
    fn new(rows: &Rows<'_>, most: u32) -> Result<Self, Error> {
        let len = rows.row_len();
        // Where there is opacity, the colours are weighed with it in a copy.
        let copies = if rows.colour.has_alpha() { 2 } else { 1 };
        room(
            "the rows of the filter",
            len as u64 * u64::from(most) * copies,
        )?;
        Ok(Self {
            bytes: Vec::with_capacity(len * most as usize),
            len,
            width: rows.width,
            colour: rows.colour,
            from: 0,
            to: 0,
        })
    }

    /// Goes on to the rows from `from` up to `to`.
    fn show(&mut self, rows: &mut Rows<'_>, from: u32, to: u32) -> Result<(), Error> {
        let gone = (from.min(self.to) - self.from) as usize * self.len;
        self.bytes.drain(..gone);
        self.from = from.min(self.to);
        while self.to < to {
            let row = rows.next_row()?;
            if self.to < from {
                self.from += 1;
            } else {
                self.bytes.extend_from_slice(row);
            }
            self.to += 1;
        }
        Ok(())
    }

    fn scale(
        &self,
        resizer: &mut Resizer,
        lines: &mut [u8],
        size: (u32, u32),
        alg: ResizeAlg,
        (left, top, width, height): Cut,
    ) -> Result<(), Error> {
        let failed = |what: String| Error::failed(format!("the picture cannot be scaled: {what}"));
        let kind = pixel_type(self.colour);
        let rows = self.to - self.from;
        let source = ImageRef::new(self.width, rows, &self.bytes, kind);
        let source = source.map_err(|e| failed(e.to_string()))?;
        let target = Image::from_slice_u8(size.0, size.1, lines, kind);
        let mut target = target.map_err(|e| failed(e.to_string()))?;
        let height = height.min(f64::from(rows) - top);
        let options = ResizeOptions::new()
            .resize_alg(alg)
            .crop(left, top, width, height);
        resizer
            .resize(&source, &mut target, &options)
            .map_err(|e| failed(e.to_string()))
    }
}

/// How `fast_image_resize` calls the channels.
pub(crate) fn pixel_type(colour: ColorType) -> PixelType {
    match colour {
        ColorType::L8 => PixelType::U8,
        ColorType::La8 => PixelType::U8x2,
        ColorType::Rgb8 => PixelType::U8x3,
        _ => PixelType::U8x4,
    }
}
