use inos_sdk::{Call, Error};

use crate::amplitude;
use crate::block::Block;
use crate::filter::below_half;
use crate::sink::Sink;
use crate::source::{Depth, Spec};

/// Frames that are made at a time.
const PIECE: u64 = 4096;

pub(crate) fn generate(call: &mut Call) -> Result<(), Error> {
    let params = call.params();
    let kind = params.choice(0)?;
    let (from, to) = (params.number(1)?, params.number(2)?);
    let seconds = params.number(3)?;
    let level = amplitude(params.number(4)?);
    let spec = Spec {
        rate: params.integer(5)? as u32,
        channels: params.count(6)?,
        depth: Depth::Bits(16),
        expected: 0,
    };
    let tonal = kind < 6;
    if tonal {
        below_half("frequency", from, &spec)?;
    }
    if kind == 4 || kind == 5 {
        below_half("end_frequency", to, &spec)?;
    }
    let total = spec.frame(seconds);
    let tone = Tone {
        kind,
        from,
        to,
        seconds,
    };
    let seed = params.integer(7)? as u64;
    let mut noises: Vec<Noise> = (0..spec.channels as u64)
        .map(|c| Noise::new(seed, c))
        .collect();
    let mut sink = Sink::create(call, 8, &spec)?;
    let mut at = 0;
    while at < total {
        let end = total.min(at + PIECE);
        let planes = if tonal {
            let wave = (at..end)
                .map(|i| (tone.at(spec.seconds(i)) * level) as f32)
                .collect();
            vec![wave; spec.channels]
        } else {
            let noise = |noise: &mut Noise| {
                (at..end)
                    .map(|_| (noise.next(kind) * level) as f32)
                    .collect()
            };
            noises.iter_mut().map(noise).collect()
        };
        sink.write(&Block { planes })?;
        at = end;
        call.progress(at, total)?;
    }
    sink.report(call)
}

struct Tone {
    kind: u32,
    from: f64,
    to: f64,
    seconds: f64,
}

impl Tone {
    fn at(&self, t: f64) -> f64 {
        let turns = match self.kind {
            4 => self.from * t + (self.to - self.from) * t * t / (2.0 * self.seconds),
            5 if self.from == self.to => self.from * t,
            5 => {
                let ratio = (self.to / self.from).ln();
                self.from * self.seconds / ratio * ((t / self.seconds * ratio).exp() - 1.0)
            }
            _ => self.from * t,
        };
        let part = turns - turns.floor();
        match self.kind {
            1 => {
                if part < 0.5 {
                    1.0
                } else {
                    -1.0
                }
            }
            2 => 2.0 * part - 1.0,
            3 => 1.0 - 4.0 * (part - 0.5).abs(),
            _ => (std::f64::consts::TAU * part).sin(),
        }
    }
}

/// Noise from numbers that follow from the seed: SplitMix64 (Steele, Lea and Flood, 2014).
struct Noise {
    state: u64,
    pink: [f64; 7],
    brown: f64,
}

impl Noise {
    fn new(seed: u64, channel: u64) -> Self {
        Self {
            state: seed.wrapping_add(channel.wrapping_mul(0xD1B5_4A32_D192_ED03)),
            pink: [0.0; 7],
            brown: 0.0,
        }
    }

    fn next(&mut self, kind: u32) -> f64 {
        let white = self.white();
        match kind {
            6 => white,
            7 => self.pink(white),
            8 => {
                self.brown = 0.998 * self.brown + white;
                self.brown / 50.0
            }
            _ => 0.0,
        }
    }

    /// Even from -1 to 1.
    fn white(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }

    /// Paul Kellet's filter: -10 dB a decade, right within 0.05 dB above 9 Hz at 44,100 Hz.
    fn pink(&mut self, white: f64) -> f64 {
        const POLES: [(f64, f64); 6] = [
            (0.99886, 0.055_517_9),
            (0.99332, 0.075_075_9),
            (0.969, 0.153_852),
            (0.8665, 0.310_485_6),
            (0.55, 0.532_952_2),
            (-0.7616, -0.016_898),
        ];
        let mut sum = self.pink[6] + white * 0.5362;
        for (memory, (pole, weight)) in self.pink.iter_mut().zip(POLES) {
            *memory = pole * *memory + weight * white;
            sum += *memory;
        }
        self.pink[6] = white * 0.115_926;
        sum / 8.0
    }
}
