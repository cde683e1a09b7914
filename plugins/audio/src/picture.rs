use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::files::reread;
use crate::growing::Growing;
use crate::source::Source;
use crate::stft::{SIZES, Stft};
use crate::write_out;

/// The least and the largest sample of each stretch and channel.
pub(crate) fn waveform(call: &mut Call) -> Result<(), Error> {
    let points = call.params().count(0)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let channels = source.spec.channels;
    let mut peaks = Peaks::new(channels, points);
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        peaks.push(&block);
    }
    let stretch = peaks.stretch;
    let bins = peaks.finish();
    let bytes: Vec<u8> = bins
        .iter()
        .flatten()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    call.result(0, (bins.len() / channels) as f64)?;
    call.result(1, channels as f64)?;
    call.result(2, stretch as f64)?;
    call.result(3, source.frames() as f64)?;
    write_out(call, 0, &bytes)
}

/// Stretches of a power of two of frames, twice as long whenever there would be too many of them: the
/// length of a sound is not known before its end.
struct Peaks {
    channels: usize,
    points: usize,
    stretch: usize,
    /// Least and largest, of each channel, stretch by stretch.
    bins: Vec<[f32; 2]>,
    open: Vec<[f32; 2]>,
    filled: usize,
}

const NOTHING: [f32; 2] = [f32::INFINITY, f32::NEG_INFINITY];

impl Peaks {
    fn new(channels: usize, points: usize) -> Self {
        Self {
            channels,
            points: points.max(1),
            stretch: 1,
            bins: Vec::new(),
            open: vec![NOTHING; channels],
            filled: 0,
        }
    }

    fn push(&mut self, block: &Block) {
        let mut start = 0;
        while start < block.frames() {
            if self.filled == self.stretch {
                self.close();
            }
            let end = block.frames().min(start + self.stretch - self.filled);
            for (open, plane) in self.open.iter_mut().zip(&block.planes) {
                for sample in &plane[start..end] {
                    *open = [open[0].min(*sample), open[1].max(*sample)];
                }
            }
            self.filled += end - start;
            start = end;
        }
    }

    fn close(&mut self) {
        self.bins.append(&mut self.open);
        self.open = vec![NOTHING; self.channels];
        self.filled = 0;
        if self.bins.len() >= self.points * self.channels {
            self.widen();
        }
    }

    /// Joins two stretches each; an odd one at the end is open again.
    fn widen(&mut self) {
        let pairs = self.bins.chunks(2 * self.channels);
        let mut joined = Vec::with_capacity(self.bins.len().div_ceil(2));
        for pair in pairs {
            let (first, second) = pair.split_at(self.channels);
            if second.is_empty() {
                self.open = first.to_vec();
                self.filled = self.stretch;
            } else {
                let both = first.iter().zip(second);
                joined.extend(both.map(|(a, b)| [a[0].min(b[0]), a[1].max(b[1])]));
            }
        }
        self.bins = joined;
        self.stretch *= 2;
    }

    fn finish(mut self) -> Vec<[f32; 2]> {
        if self.filled > 0 {
            self.bins.append(&mut self.open);
        }
        self.bins
    }
}

/// The level of a bin whose amplitude is 0, and the least that is told.
const FLOOR: f64 = -200.0;

pub(crate) fn spectrum(call: &mut Call) -> Result<(), Error> {
    let size = SIZES[(call.params().choice(0)? as usize).min(SIZES.len() - 1)];
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut stft = Stft::new(size, size / 2);
    let mut power = vec![0.0; stft.bins()];
    let mut windows = 0u64;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        stft.push(&block, |bins| {
            windows += 1;
            power
                .iter_mut()
                .zip(bins)
                .for_each(|(sum, bin)| *sum += bin.norm_sqr());
            Ok(())
        })?;
    }
    if windows == 0 {
        return Err(too_short(source.frames(), size));
    }
    let rate = f64::from(source.spec.rate);
    let scale = 4.0 / stft.window.iter().sum::<f64>().powi(2) / windows as f64;
    let frequency = |bin: usize| bin as f64 * rate / size as f64;
    let mut table = "frequency,level\n".to_string();
    for (bin, sum) in power.iter_mut().enumerate() {
        *sum *= scale;
        let level = (10.0 * sum.log10()).max(FLOOR);
        table.push_str(&format!("{:.3},{level:.2}\n", frequency(bin)));
    }
    let total: f64 = power.iter().sum();
    let loudest = (0..power.len())
        .max_by(|a, b| power[*a].total_cmp(&power[*b]))
        .unwrap_or(0);
    let centroid = power
        .iter()
        .enumerate()
        .map(|(i, p)| frequency(i) * p)
        .sum::<f64>()
        / total;
    let mut below = 0.0;
    let rolloff = power.iter().position(|p| {
        below += p;
        below >= 0.85 * total
    });
    let logs = power.iter().map(|p| p.max(1e-30).ln()).sum::<f64>() / power.len() as f64;
    call.result(0, frequency(loudest))?;
    call.result(1, centroid)?;
    call.result(2, frequency(rolloff.unwrap_or(0)))?;
    call.result(3, logs.exp() / (total / power.len() as f64))?;
    write_out(call, 0, table.as_bytes())
}

pub(crate) fn too_short(frames: u64, size: usize) -> Error {
    Error::invalid(format!(
        "the sound has {frames} frames, a window {size}: take a smaller window or a longer sound"
    ))
}

pub(crate) fn spectrogram(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let size = SIZES[(params.choice(0)? as usize).min(SIZES.len() - 1)];
    let (columns, floor) = (params.count(1)?, params.number(2)?);
    let coloured = params.choice(3)? == 0;
    let mut frames = 0usize;
    reread(call, |_, block| {
        frames += block.frames();
        Ok(())
    })?;
    if frames < size {
        return Err(too_short(frames as u64, size));
    }
    let hop = (frames - size)
        .div_ceil(columns.saturating_sub(1).max(1))
        .max(1);
    let mut stft = Stft::new(size, hop);
    let bins = stft.bins();
    let scale = 4.0 / stft.window.iter().sum::<f64>().powi(2);
    let mut raw = Growing::new(call, 1, "application/octet-stream")?;
    let mut shades: Vec<u8> = Vec::new();
    let spec = reread(call, |_, block| {
        stft.push(block, |spectrum| {
            let out = raw.more(bins * 4)?;
            for (bytes, bin) in out.chunks_exact_mut(4).zip(spectrum) {
                let level = (10.0 * (bin.norm_sqr() * scale).log10()).max(FLOOR);
                bytes.copy_from_slice(&(level as f32).to_le_bytes());
                shades.push(((1.0 - level / floor) * 255.0).round().clamp(0.0, 255.0) as u8);
            }
            Ok(())
        })
    })?;
    raw.finish()?;
    let width = shades.len() / bins;
    write_out(call, 0, &png(&shades, width, bins, coloured)?)?;
    call.result(0, width as f64)?;
    call.result(1, bins as f64)?;
    call.result(2, spec.seconds(hop as u64))?;
    call.result(3, f64::from(spec.rate) / size as f64)
}

/// A picture with time to the right and frequency upwards.
fn png(shades: &[u8], width: usize, bins: usize, coloured: bool) -> Result<Vec<u8>, Error> {
    let failed =
        |e: png::EncodingError| Error::failed(format!("the picture cannot be written: {e}"));
    let mut rows = vec![0; shades.len()];
    for (x, column) in shades.chunks_exact(bins).enumerate() {
        for (bin, shade) in column.iter().enumerate() {
            rows[(bins - 1 - bin) * width + x] = *shade;
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, bins as u32);
    encoder.set_depth(png::BitDepth::Eight);
    if coloured {
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_palette((0..=255).flat_map(glow).collect::<Vec<u8>>());
    } else {
        encoder.set_color(png::ColorType::Grayscale);
    }
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&rows).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

/// From black over purple and orange to a pale yellow, ever brighter.
fn glow(shade: u8) -> [u8; 3] {
    const STOPS: [[f32; 3]; 6] = [
        [0.0, 0.0, 4.0],
        [66.0, 10.0, 104.0],
        [147.0, 38.0, 103.0],
        [221.0, 81.0, 58.0],
        [252.0, 165.0, 10.0],
        [252.0, 255.0, 164.0],
    ];
    let at = f32::from(shade) / 255.0 * 5.0;
    let i = (at as usize).min(4);
    let part = at - i as f32;
    std::array::from_fn(|c| (STOPS[i][c] + (STOPS[i + 1][c] - STOPS[i][c]) * part).round() as u8)
}
