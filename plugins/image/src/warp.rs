use image::{DynamicImage, Rgba, RgbaImage};
use inos_sdk::{Call, Error};

use crate::decode::MAX_PIXELS;
use crate::encode::transform;
use crate::geometry::rebuilt;
use crate::memory::room;
use crate::turn::sample;

pub(crate) fn perspective(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let corners = parse(&params.text(0)?)?;
    let wanted = (params.count(1)? as u32, params.count(2)? as u32);
    let projection = Projection::onto(&corners)?;
    transform(call, 3, |pixels| {
        let apart = |a: usize, b: usize| {
            let ((ax, ay), (bx, by)) = (corners[a], corners[b]);
            (ax - bx).hypot(ay - by)
        };
        let side = |wanted: u32, a: f64, b: f64| {
            if wanted > 0 {
                f64::from(wanted)
            } else {
                a.max(b).round().max(1.0)
            }
        };
        let width = side(wanted.0, apart(0, 1), apart(3, 2));
        let height = side(wanted.1, apart(0, 3), apart(1, 2));
        let size = within(width, height)?;
        let alpha = pixels.color().has_alpha();
        let around = u64::from(pixels.width()) * u64::from(pixels.height());
        room(
            "the straightened picture",
            (around + (width * height) as u64) * 4,
        )?;
        let source = pixels.into_rgba8();
        let mut target = RgbaImage::new(size.0, size.1);
        for (y, row) in target.rows_mut().enumerate() {
            call.progress(y as u64, u64::from(size.1))?;
            for (x, pixel) in row.enumerate() {
                let (u, v) = ((x as f64 + 0.5) / width, (y as f64 + 0.5) / height);
                let (sx, sy) = projection.at(u, v);
                // What lies outside is the nearest pixel of the border.
                let sx = (sx - 0.5).clamp(0.0, f64::from(source.width() - 1));
                let sy = (sy - 0.5).clamp(0.0, f64::from(source.height() - 1));
                *pixel = Rgba(sample_inside(&source, sx, sy));
            }
        }
        Ok(if alpha {
            DynamicImage::ImageRgba8(target)
        } else {
            DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(target).into_rgb8())
        })
    })
}

fn sample_inside(source: &RgbaImage, x: f64, y: f64) -> [u8; 4] {
    // On the last row or column the pixel beyond weighs nothing.
    sample(source, x, y, [0, 0, 0, 0])
}

fn within(width: f64, height: f64) -> Result<(u32, u32), Error> {
    if width * height > MAX_PIXELS as f64 || width.max(height) > f64::from(crate::decode::MAX_SIDE)
    {
        return Err(Error::invalid(format!(
            "the result has {width} x {height} pixels, more than {MAX_PIXELS}"
        )));
    }
    Ok((width as u32, height as u32))
}

fn parse(text: &str) -> Result<[(f64, f64); 4], Error> {
    let wrong = || {
        Error::invalid(
            "corners must be four points, clockwise from the top left, such as \
             12,10 600,30 620,400 5,390",
        )
    };
    let mut corners = [(0.0, 0.0); 4];
    let mut given = text.split_whitespace();
    for corner in &mut corners {
        let pair = given.next().and_then(|p| p.split_once(','));
        let pair = pair.and_then(|(x, y)| x.parse::<f64>().ok().zip(y.parse::<f64>().ok()));
        let pair = pair.filter(|(x, y)| x.abs() <= 1e6 && y.abs() <= 1e6);
        *corner = pair.ok_or_else(wrong)?;
    }
    if given.next().is_some() {
        return Err(wrong());
    }
    Ok(corners)
}

/// The projection of the unit square onto four corners: Heckbert's closed form.
struct Projection {
    x: [f64; 3],
    y: [f64; 3],
    w: [f64; 2],
}

impl Projection {
    fn onto(corners: &[(f64, f64); 4]) -> Result<Self, Error> {
        let turn = |i: usize| {
            let (a, b, c) = (corners[i], corners[(i + 1) % 4], corners[(i + 2) % 4]);
            (b.0 - a.0) * (c.1 - b.1) - (b.1 - a.1) * (c.0 - b.0)
        };
        if !(0..4).all(|i| turn(i) > 1e-6) {
            return Err(Error::invalid(
                "corners must be those of a four-sided shape without a dent, clockwise from the \
                 top left",
            ));
        }
        let [(x0, y0), (x1, y1), (x2, y2), (x3, y3)] = *corners;
        let (dx1, dy1) = (x1 - x2, y1 - y2);
        let (dx2, dy2) = (x3 - x2, y3 - y2);
        let (sx, sy) = (x0 - x1 + x2 - x3, y0 - y1 + y2 - y3);
        let whole = dx1 * dy2 - dx2 * dy1;
        let g = (sx * dy2 - dx2 * sy) / whole;
        let h = (dx1 * sy - sx * dy1) / whole;
        Ok(Self {
            x: [x1 - x0 + g * x1, x3 - x0 + h * x3, x0],
            y: [y1 - y0 + g * y1, y3 - y0 + h * y3, y0],
            w: [g, h],
        })
    }

    fn at(&self, u: f64, v: f64) -> (f64, f64) {
        let along = |[a, b, c]: [f64; 3]| a * u + b * v + c;
        let w = self.w[0] * u + self.w[1] * v + 1.0;
        (along(self.x) / w, along(self.y) / w)
    }
}

pub(crate) fn tile(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (columns, rows) = (params.count(0)?, params.count(1)?);
    transform(call, 2, |pixels| {
        let width = f64::from(pixels.width()) * columns as f64;
        let height = f64::from(pixels.height()) * rows as f64;
        let size = within(width, height)?;
        let len = pixels.width() as usize * usize::from(pixels.color().channel_count());
        room(
            "the tiled picture",
            pixels.as_bytes().len() as u64 * (columns * rows) as u64,
        )?;
        let mut bytes = Vec::with_capacity(pixels.as_bytes().len() * columns * rows);
        for _ in 0..rows {
            for row in pixels.as_bytes().chunks_exact(len) {
                (0..columns).for_each(|_| bytes.extend_from_slice(row));
            }
        }
        rebuilt(pixels.color(), size.0, size.1, bytes)
    })
}
