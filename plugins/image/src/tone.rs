use image::DynamicImage;
use inos_sdk::{Call, Error};

use crate::encode::transform;
use crate::grey::{colours_in, luma};
use crate::memory::room;

/// What becomes of each value, for red, green and blue.
type Tables = [[u8; 256]; 3];

pub(crate) fn curves(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let curve = Curve::parse(&params.text(0)?)?;
    let channel = params.choice(1)?;
    let bent: [u8; 256] =
        std::array::from_fn(|v| curve.at(v as f64).round().clamp(0.0, 255.0) as u8);
    let plain: [u8; 256] = std::array::from_fn(|v| v as u8);
    let table = |c: u32| {
        if channel == 0 || channel == c {
            bent
        } else {
            plain
        }
    };
    let tables = [table(1), table(2), table(3)];
    transform(call, 2, |pixels| looked_up(pixels, &tables))
}

pub(crate) fn auto_level(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let share = params.number(0)? / 100.0;
    let each = params.flag(1)?;
    transform(call, 2, |pixels| {
        let mut counts = [[0u64; 256]; 3];
        for [r, g, b, _] in colours_in(pixels.as_bytes(), pixels.color().channel_count()) {
            counts[0][usize::from(r)] += 1;
            counts[1][usize::from(g)] += 1;
            counts[2][usize::from(b)] += 1;
        }
        let ends = counts.map(|c| (rank(c.iter(), share), 255 - rank(c.iter().rev(), share)));
        let least = ends.iter().map(|e| e.0).min().unwrap_or(0);
        let most = ends.iter().map(|e| e.1).max().unwrap_or(255);
        looked_up(
            pixels,
            &ends.map(|own| stretch(if each { own } else { (least, most) })),
        )
    })
}

/// How many values come before the one that a share of the pixels does not reach.
fn rank<'c>(counts: impl Iterator<Item = &'c u64> + Clone, share: f64) -> usize {
    let left_out = (counts.clone().sum::<u64>() as f64 * share) as u64;
    let mut passed = 0;
    let first = counts.into_iter().position(|n| {
        passed += n;
        passed > left_out
    });
    first.unwrap_or(0)
}

fn stretch((black, white): (usize, usize)) -> [u8; 256] {
    if black >= white {
        return std::array::from_fn(|v| v as u8);
    }
    let (black, range) = (black as f64, (white - black) as f64);
    std::array::from_fn(|v| {
        ((v as f64 - black) / range * 255.0)
            .round()
            .clamp(0.0, 255.0) as u8
    })
}

fn looked_up(pixels: DynamicImage, tables: &Tables) -> Result<DynamicImage, Error> {
    let same = tables[0] == tables[1] && tables[1] == tables[2];
    let mut pixels = match pixels {
        DynamicImage::ImageLuma8(_) if !same => {
            room("the picture in colour", pixels.as_bytes().len() as u64 * 3)?;
            DynamicImage::ImageRgb8(pixels.into_rgb8())
        }
        DynamicImage::ImageLumaA8(_) if !same => {
            room("the picture in colour", pixels.as_bytes().len() as u64 * 2)?;
            DynamicImage::ImageRgba8(pixels.into_rgba8())
        }
        other => other,
    };
    let look = |values: &mut [u8]| {
        let each = values.iter_mut().zip(tables);
        each.for_each(|(v, table)| *v = table[usize::from(*v)]);
    };
    match &mut pixels {
        DynamicImage::ImageLuma8(p) => p.pixels_mut().for_each(|p| look(&mut p.0)),
        DynamicImage::ImageLumaA8(p) => p.pixels_mut().for_each(|p| look(&mut p.0[..1])),
        DynamicImage::ImageRgb8(p) => p.pixels_mut().for_each(|p| look(&mut p.0)),
        DynamicImage::ImageRgba8(p) => p.pixels_mut().for_each(|p| look(&mut p.0[..3])),
        _ => {}
    }
    Ok(pixels)
}

/// A curve through points that never swings beyond them: Fritsch and Carlson's cubic.
struct Curve {
    x: Vec<f64>,
    y: Vec<f64>,
    slope: Vec<f64>,
}

/// Points of the longest curve.
const MAX_POINTS: usize = 64;

impl Curve {
    fn parse(text: &str) -> Result<Self, Error> {
        let mut x: Vec<f64> = Vec::new();
        let mut y = Vec::new();
        for point in text.split_whitespace() {
            let pair = point.split_once(',');
            let pair = pair.and_then(|(a, b)| a.parse().ok().zip(b.parse().ok()));
            let Some((a, b)) = pair.filter(|(a, b): &(f64, f64)| in_byte(*a) && in_byte(*b)) else {
                return Err(Error::invalid(format!(
                    "points: {point:?} is no pair of numbers from 0 to 255, such as 128,150"
                )));
            };
            if x.last().is_some_and(|last| *last >= a) {
                return Err(Error::invalid(format!(
                    "points: {point:?} must lie to the right of the point before it"
                )));
            }
            x.push(a);
            y.push(b);
        }
        if !(2..=MAX_POINTS).contains(&x.len()) {
            let n = x.len();
            return Err(Error::invalid(format!(
                "points has {n} points, a curve goes through 2 to {MAX_POINTS}"
            )));
        }
        let slope = slopes(&x, &y);
        Ok(Self { x, y, slope })
    }

    fn at(&self, v: f64) -> f64 {
        let last = self.x.len() - 1;
        let right = self.x.partition_point(|x| *x <= v);
        if right == 0 {
            return self.y[0];
        }
        if right > last {
            return self.y[last];
        }
        let left = right - 1;
        let h = self.x[right] - self.x[left];
        let t = (v - self.x[left]) / h;
        let (t2, t3) = (t * t, t * t * t);
        (2.0 * t3 - 3.0 * t2 + 1.0) * self.y[left]
            + (t3 - 2.0 * t2 + t) * h * self.slope[left]
            + (3.0 * t2 - 2.0 * t3) * self.y[right]
            + (t3 - t2) * h * self.slope[right]
    }
}

fn in_byte(v: f64) -> bool {
    (0.0..=255.0).contains(&v)
}

/// The slope at each point: the weighted harmonic mean of those beside it, 0 at a peak.
fn slopes(x: &[f64], y: &[f64]) -> Vec<f64> {
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let d: Vec<f64> = (0..h.len()).map(|i| (y[i + 1] - y[i]) / h[i]).collect();
    let n = x.len();
    if n == 2 {
        return vec![d[0]; 2];
    }
    let mut slope = vec![0.0; n];
    for i in 1..n - 1 {
        if d[i - 1] * d[i] > 0.0 {
            let (w1, w2) = (2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]);
            slope[i] = (w1 + w2) / (w1 / d[i - 1] + w2 / d[i]);
        }
    }
    slope[0] = end_slope(h[0], h[1], d[0], d[1]);
    slope[n - 1] = end_slope(h[n - 2], h[n - 3], d[n - 2], d[n - 3]);
    slope
}

/// The slope at an end by three points, kept from overshooting.
fn end_slope(h0: f64, h1: f64, d0: f64, d1: f64) -> f64 {
    let slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    if slope * d0 <= 0.0 {
        0.0
    } else if d0 * d1 <= 0.0 && slope.abs() > 3.0 * d0.abs() {
        3.0 * d0
    } else {
        slope
    }
}

pub(crate) fn equalise(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let tiles = if params.choice(0)? == 0 {
        1
    } else {
        params.count(1)?
    };
    let limit = if tiles == 1 && params.choice(0)? == 0 {
        f64::INFINITY
    } else {
        params.number(2)?
    };
    transform(call, 3, |mut pixels| {
        let (width, height) = (pixels.width() as usize, pixels.height() as usize);
        let across = Tiles::new(width, tiles);
        let down = Tiles::new(height, tiles);
        let maps = tile_maps(&pixels, &across, &down, limit);
        let columns: Vec<_> = (0..width).map(|x| across.between(x)).collect();
        let colour = pixels.color();
        let channels = usize::from(colour.channel_count());
        let coloured = channels - usize::from(colour.has_alpha());
        let Some(bytes) = bytes_mut(&mut pixels) else {
            return Ok(pixels);
        };
        for (y, row) in bytes.chunks_exact_mut(width * channels).enumerate() {
            call.progress(y as u64, height as u64)?;
            let (top, bottom, fy) = down.between(y);
            let pixels = row.chunks_exact_mut(channels);
            for (pixel, &(left, right, fx)) in pixels.zip(&columns) {
                let grey = if coloured == 1 {
                    pixel[0]
                } else {
                    luma([pixel[0], pixel[1], pixel[2]])
                };
                let at = |ty: usize, tx: usize| maps[ty * across.count + tx][usize::from(grey)];
                let upper = at(top, left) * (1.0 - fx) + at(top, right) * fx;
                let lower = at(bottom, left) * (1.0 - fx) + at(bottom, right) * fx;
                let shift = upper * (1.0 - fy) + lower * fy - f64::from(grey);
                for v in &mut pixel[..coloured] {
                    *v = (f64::from(*v) + shift + 0.5) as u8;
                }
            }
        }
        Ok(pixels)
    })
}

/// One axis of a picture cut into parts of nearly one length.
struct Tiles {
    len: usize,
    count: usize,
}

impl Tiles {
    fn new(len: usize, count: usize) -> Self {
        let count = count.clamp(1, len.max(1));
        Self { len, count }
    }

    fn start(&self, tile: usize) -> usize {
        tile * self.len / self.count
    }

    fn centre(&self, tile: usize) -> f64 {
        (self.start(tile) + self.start(tile + 1)) as f64 / 2.0 - 0.5
    }

    /// The tiles whose centres are beside a place, and how far it is from the first to the second.
    fn between(&self, at: usize) -> (usize, usize, f64) {
        let own = (at * self.count / self.len).min(self.count - 1);
        let after = if at as f64 >= self.centre(own) {
            own + 1
        } else {
            own
        };
        if after == 0 || after >= self.count {
            let edge = after.min(self.count - 1);
            return (edge, edge, 0.0);
        }
        let (a, b) = (self.centre(after - 1), self.centre(after));
        (after - 1, after, (at as f64 - a) / (b - a))
    }
}

/// What becomes of each brightness in each tile, so that all are as frequent; `limit` is how often
/// more than the mean one may be.
fn tile_maps(pixels: &DynamicImage, across: &Tiles, down: &Tiles, limit: f64) -> Vec<[f64; 256]> {
    let mut counts = vec![[0f64; 256]; across.count * down.count];
    let channels = pixels.color().channel_count();
    let len = across.len * usize::from(channels);
    for (ty, tx) in (0..down.count).flat_map(|ty| (0..across.count).map(move |tx| (ty, tx))) {
        let own = &mut counts[ty * across.count + tx];
        for y in down.start(ty)..down.start(ty + 1) {
            let row = &pixels.as_bytes()[y * len..(y + 1) * len];
            let from = across.start(tx) * usize::from(channels);
            let to = across.start(tx + 1) * usize::from(channels);
            for [r, g, b, _] in colours_in(&row[from..to], channels) {
                own[usize::from(luma([r, g, b]))] += 1.0;
            }
        }
    }
    counts.iter().map(|own| even_map(own, limit)).collect()
}

fn even_map(counts: &[f64; 256], limit: f64) -> [f64; 256] {
    let total: f64 = counts.iter().sum();
    let most = (limit * total / 256.0).max(1.0);
    let excess: f64 = counts.iter().map(|n| (n - most).max(0.0)).sum();
    let mut sum = 0.0;
    counts.map(|n| {
        sum += n.min(most) + excess / 256.0;
        sum / total * 255.0
    })
}

pub(crate) fn bytes_mut(pixels: &mut DynamicImage) -> Option<&mut [u8]> {
    match pixels {
        DynamicImage::ImageLuma8(p) => Some(p),
        DynamicImage::ImageLumaA8(p) => Some(p),
        DynamicImage::ImageRgb8(p) => Some(p),
        DynamicImage::ImageRgba8(p) => Some(p),
        _ => None,
    }
}
