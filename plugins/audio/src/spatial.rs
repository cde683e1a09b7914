//! A sound at a place around the head, for headphones: C. P. Brown and R. O. Duda, "A structural model for
//! binaural sound synthesis", 1998: the delay to each ear round a sphere, and the shadow of the head.

use std::f64::consts::{FRAC_PI_2, PI};

use inos_sdk::{Call, Error};

use crate::block::Block;
use crate::sink::Sink;
use crate::source::Source;
use crate::stft::mono;

/// Metres of the radius of a head, and of a second of sound.
const RADIUS: f64 = 0.0875;
const SPEED: f64 = 343.0;

pub(crate) fn spatialise(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let azimuth = params.number(0)?.to_radians();
    let elevation = params.number(1)?.to_radians();
    let distance = params.number(2)?;
    // The angle between where the sound comes from and straight to the right.
    let right = (azimuth.sin() * elevation.cos()).clamp(-1.0, 1.0).acos();
    let file = call.input(0)?;
    let mut source = Source::open(0, file.bytes()?)?;
    let mut spec = source.spec.clone();
    spec.channels = 2;
    let rate = f64::from(spec.rate);
    let mut ears = [
        Ear::new(PI - right, rate, distance),
        Ear::new(right, rate, distance),
    ];
    let mut sink = Sink::create(call, 3, &spec)?;
    let mut block = Block::default();
    while source.read(call, &mut block)? {
        let sound = mono(&block);
        let planes = ears.iter_mut().map(|ear| ear.hear(&sound)).collect();
        sink.write(&Block { planes })?;
    }
    call.result(2, (ears[0].delay - ears[1].delay) / rate * 1e6)?;
    sink.report(call)
}

struct Ear {
    /// Frames that the sound needs, between 0 and some 20.
    delay: f64,
    gain: f64,
    b: [f64; 2],
    a: f64,
    x: f64,
    y: f64,
    line: Vec<f64>,
    at: usize,
}

impl Ear {
    /// `angle` is that between the sound and the axis through this ear.
    fn new(angle: f64, rate: f64, distance: f64) -> Self {
        let around = if angle < FRAC_PI_2 {
            -angle.cos()
        } else {
            angle - FRAC_PI_2
        };
        let delay = (1.0 + around) * RADIUS / SPEED * rate;
        // One zero and one pole: 6 dB more of the highs on this side, none of them behind.
        let alpha = 1.05 + 0.95 * (angle / 150f64.to_radians() * PI).cos();
        let pole = SPEED / RADIUS;
        let k = 2.0 * rate;
        let a0 = 2.0 * pole + k;
        Self {
            delay,
            gain: 1.0 / distance,
            b: [(2.0 * pole + alpha * k) / a0, (2.0 * pole - alpha * k) / a0],
            a: (2.0 * pole - k) / a0,
            x: 0.0,
            y: 0.0,
            line: vec![0.0; delay as usize + 2],
            at: 0,
        }
    }

    fn hear(&mut self, sound: &[f32]) -> Vec<f32> {
        sound
            .iter()
            .map(|sample| self.next(f64::from(*sample)) as f32)
            .collect()
    }

    fn next(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.b[1] * self.x - self.a * self.y;
        (self.x, self.y) = (x, y);
        let n = self.line.len();
        self.line[self.at] = y;
        let whole = self.delay as usize;
        let near = self.line[(self.at + n - whole) % n];
        let far = self.line[(self.at + n - whole - 1) % n];
        self.at = (self.at + 1) % n;
        self.gain * (near + (far - near) * (self.delay - whole as f64))
    }
}
