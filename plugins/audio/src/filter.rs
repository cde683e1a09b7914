//! Filters of second order after Robert Bristow-Johnson, "Cookbook formulae for audio equalizer biquad
//! filter coefficients", with `q` for the width.

use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::files::transform;
use crate::source::Spec;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    LowPass,
    HighPass,
    BandPass,
    Notch,
    AllPass,
    Peaking,
    LowShelf,
    HighShelf,
}

/// In the order of the manifest.
const KINDS: [Kind; 8] = [
    Kind::LowPass,
    Kind::HighPass,
    Kind::BandPass,
    Kind::Notch,
    Kind::AllPass,
    Kind::Peaking,
    Kind::LowShelf,
    Kind::HighShelf,
];

/// A filter with its memory, for one channel.
#[derive(Clone, Debug)]
pub(crate) struct Biquad {
    b: [f64; 3],
    a: [f64; 2],
    z: [f64; 2],
}

impl Biquad {
    pub fn new(kind: Kind, rate: u32, frequency: f64, q: f64, gain: f64) -> Self {
        let amplitude = 10f64.powf(gain / 40.0);
        let w = std::f64::consts::TAU * frequency / f64::from(rate);
        let (cos, alpha) = (w.cos(), w.sin() / (2.0 * q));
        let slope = 2.0 * amplitude.sqrt() * alpha;
        let (up, down) = (amplitude + 1.0, amplitude - 1.0);
        let (b, a) = match kind {
            Kind::LowPass => (
                [(1.0 - cos) / 2.0, 1.0 - cos, (1.0 - cos) / 2.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            Kind::HighPass => (
                [(1.0 + cos) / 2.0, -(1.0 + cos), (1.0 + cos) / 2.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            Kind::BandPass => ([alpha, 0.0, -alpha], [1.0 + alpha, -2.0 * cos, 1.0 - alpha]),
            Kind::Notch => (
                [1.0, -2.0 * cos, 1.0],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            Kind::AllPass => (
                [1.0 - alpha, -2.0 * cos, 1.0 + alpha],
                [1.0 + alpha, -2.0 * cos, 1.0 - alpha],
            ),
            Kind::Peaking => (
                [1.0 + alpha * amplitude, -2.0 * cos, 1.0 - alpha * amplitude],
                [1.0 + alpha / amplitude, -2.0 * cos, 1.0 - alpha / amplitude],
            ),
            Kind::LowShelf => (
                [
                    amplitude * (up - down * cos + slope),
                    2.0 * amplitude * (down - up * cos),
                    amplitude * (up - down * cos - slope),
                ],
                [
                    up + down * cos + slope,
                    -2.0 * (down + up * cos),
                    up + down * cos - slope,
                ],
            ),
            Kind::HighShelf => (
                [
                    amplitude * (up + down * cos + slope),
                    -2.0 * amplitude * (down + up * cos),
                    amplitude * (up + down * cos - slope),
                ],
                [
                    up - down * cos + slope,
                    2.0 * (down - up * cos),
                    up - down * cos - slope,
                ],
            ),
        };
        Self {
            b: b.map(|c| c / a[0]),
            a: [a[1] / a[0], a[2] / a[0]],
            z: [0.0; 2],
        }
    }

    pub fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.z[0];
        self.z[0] = self.b[1] * x - self.a[0] * y + self.z[1];
        self.z[1] = self.b[2] * x - self.a[1] * y;
        y
    }

    pub fn run(&mut self, plane: &mut [f32]) {
        plane
            .iter_mut()
            .for_each(|s| *s = self.next(f64::from(*s)) as f32);
    }
}

/// Refuses a frequency that a sound of this rate cannot have.
pub(crate) fn below_half(name: &str, frequency: f64, spec: &Spec) -> Result<(), Error> {
    if frequency * 2.0 >= f64::from(spec.rate) {
        return Err(Error::invalid(format!(
            "{name}: {frequency} Hz are not below half of the sound's rate, {} Hz",
            spec.rate
        )));
    }
    Ok(())
}

pub(crate) fn filter(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let kind = KINDS[(params.choice(0)? as usize).min(KINDS.len() - 1)];
    let (frequency, q, gain) = (params.number(1)?, params.number(2)?, params.number(3)?);
    let passes = params.count(4)?;
    transform(call, 5, |spec| {
        below_half("frequency", frequency, spec)?;
        let one = Biquad::new(kind, spec.rate, frequency, q, gain);
        let mut filters = vec![vec![one; passes]; spec.channels];
        Ok(move |block: &mut Block| {
            for (plane, filters) in block.planes.iter_mut().zip(&mut filters) {
                filters.iter_mut().for_each(|filter| filter.run(plane));
            }
            Ok(())
        })
    })
}

/// Middles of the ten bands, octaves apart.
const BANDS: [f64; 10] = [31.25, 62.5, 125.0, 250.0, 500.0, 1e3, 2e3, 4e3, 8e3, 16e3];

/// Ten peaking filters in a row; those above half of the rate do nothing.
pub(crate) fn equalise(call: &mut Call) -> Result<(), Error> {
    let mut gains = [0.0; BANDS.len()];
    for (i, gain) in gains.iter_mut().enumerate() {
        *gain = call.params().number(i as u32)?;
    }
    transform(call, BANDS.len() as u32, |spec| {
        let bands = BANDS.iter().zip(gains);
        let heard = bands.filter(|(f, gain)| *gain != 0.0 && **f * 2.0 < f64::from(spec.rate));
        let row: Vec<Biquad> = heard
            .map(|(f, gain)| {
                Biquad::new(Kind::Peaking, spec.rate, *f, std::f64::consts::SQRT_2, gain)
            })
            .collect();
        let mut filters = vec![row; spec.channels];
        Ok(move |block: &mut Block| {
            for (plane, filters) in block.planes.iter_mut().zip(&mut filters) {
                filters.iter_mut().for_each(|filter| filter.run(plane));
            }
            Ok(())
        })
    })
}
