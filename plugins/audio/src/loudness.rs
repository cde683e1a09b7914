//! Loudness by EBU R128, which is ITU-R BS.1770 with gates.

use ebur128::{Channel, EbuR128, Mode};
use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::files::{reread, transform};
use crate::source::{Source, Spec};
use crate::{amplitude, decibels, write_out};

/// Rows of the table of loudness over time.
const MAX_ROWS: usize = 1_000_000;

/// What is asked of a sound as a whole.
pub(crate) struct Meter {
    ebu: EbuR128,
    channels: u32,
}

impl Meter {
    pub fn new(spec: &Spec) -> Result<Self, Error> {
        let mode = Mode::I | Mode::LRA | Mode::SAMPLE_PEAK | Mode::TRUE_PEAK;
        let channels = spec.channels as u32;
        let mut ebu = EbuR128::new(channels, spec.rate, mode).map_err(failed)?;
        if channels > 6 {
            // 6.1 and 7.1, as WAV and FLAC order them.
            for channel in 4..channels {
                ebu.set_channel(channel, Channel::LeftSurround)
                    .map_err(failed)?;
            }
        }
        Ok(Self { ebu, channels })
    }

    pub fn add(&mut self, block: &Block, start: usize, end: usize) -> Result<(), Error> {
        let planes: Vec<&[f32]> = block.planes.iter().map(|p| &p[start..end]).collect();
        self.ebu.add_frames_planar_f32(&planes).map_err(failed)
    }

    /// Integrated loudness in LUFS; minus infinity when all is below the gate.
    pub fn integrated(&self) -> Result<f64, Error> {
        self.ebu.loudness_global().map_err(failed)
    }

    /// The largest true peak of a channel, as an amplitude.
    pub fn true_peak(&self) -> Result<f64, Error> {
        self.largest(|ebu, c| ebu.true_peak(c))
    }

    fn largest(
        &self,
        peak: impl Fn(&EbuR128, u32) -> Result<f64, ebur128::Error>,
    ) -> Result<f64, Error> {
        (0..self.channels).try_fold(0.0f64, |most, c| {
            Ok(most.max(peak(&self.ebu, c).map_err(failed)?))
        })
    }
}

fn failed(e: ebur128::Error) -> Error {
    Error::failed(format!("the loudness cannot be measured: {e}"))
}

pub(crate) fn loudness(call: &mut Call) -> Result<(), Error> {
    let interval = call.params().number(0)?;
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut meter = Meter::new(&source.spec)?;
    let step = (source.spec.frame(interval) as usize).max(1);
    let mut table = "seconds,momentary,short_term\n".to_string();
    let mut block = Block::default();
    let (mut frames, mut rows) = (0usize, 0);
    let (mut momentary, mut short) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
    while source.read(call, &mut block)? {
        let mut start = 0;
        while start < block.frames() {
            let end = block.frames().min(start + step - frames % step);
            meter.add(&block, start, end)?;
            frames += end - start;
            start = end;
            if frames.is_multiple_of(step) {
                rows += 1;
                if rows > MAX_ROWS {
                    return Err(Error::invalid(format!(
                        "interval: more than {MAX_ROWS} rows; take a longer one"
                    )));
                }
                let m = meter.ebu.loudness_momentary().map_err(failed)?;
                let s = meter.ebu.loudness_shortterm().map_err(failed)?;
                (momentary, short) = (momentary.max(m), short.max(s));
                let seconds = source.spec.seconds(frames as u64);
                table.push_str(&format!("{seconds:.3},{m:.2},{s:.2}\n"));
            }
        }
    }
    let results = [
        meter.integrated()?,
        meter.ebu.loudness_range().map_err(failed)?,
        decibels(meter.true_peak()?),
        decibels(meter.largest(|ebu, c| ebu.sample_peak(c))?),
        momentary,
        short,
    ];
    for (i, result) in results.into_iter().enumerate() {
        call.result(i as u32, result)?;
    }
    write_out(call, 0, table.as_bytes())
}

pub(crate) fn normalise(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let (method, target, ceiling) = (params.choice(0)?, params.number(1)?, params.number(2)?);
    let (measured, peak) = match method {
        0 => by_loudness(call)?,
        method => by_level(call, method == 2)?,
    };
    if !measured.is_finite() {
        return Err(Error::invalid(
            "the sound is silent, or too quiet to be measured",
        ));
    }
    let wanted = target - measured;
    let most = if method == 1 {
        wanted
    } else {
        ceiling - decibels(peak)
    };
    let gain = wanted.min(most);
    call.result(2, measured)?;
    call.result(3, gain)?;
    call.result(4, measured + gain)?;
    let factor = amplitude(gain);
    transform(call, 3, |_| {
        Ok(move |block: &mut Block| {
            block.each(|sample| (f64::from(sample) * factor) as f32);
            Ok(())
        })
    })
}

/// Integrated loudness, and the true peak.
fn by_loudness(call: &Call) -> Result<(f64, f64), Error> {
    let mut meter = None;
    reread(call, |spec, block| {
        let meter = match &mut meter {
            Some(meter) => meter,
            none => none.insert(Meter::new(spec)?),
        };
        meter.add(block, 0, block.frames())
    })?;
    let Some(meter) = meter else {
        return Ok((f64::NEG_INFINITY, 0.0));
    };
    Ok((meter.integrated()?, meter.true_peak()?))
}

/// The peak or the root of the mean square in dBFS, and the peak.
fn by_level(call: &Call, rms: bool) -> Result<(f64, f64), Error> {
    let (mut squares, mut samples, mut peak) = (0.0, 0usize, 0.0f64);
    reread(call, |_, block| {
        peak = peak.max(f64::from(block.peak()));
        let square = |s: &f32| f64::from(*s) * f64::from(*s);
        squares += block.planes.iter().flatten().map(square).sum::<f64>();
        samples += block.frames() * block.channels();
        Ok(())
    })?;
    let level = if rms {
        (squares / samples.max(1) as f64).sqrt()
    } else {
        peak
    };
    Ok((decibels(level), peak))
}
