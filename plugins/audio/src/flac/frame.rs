use super::bits::{Bits, crc8, crc16};
use super::predict::{self, Predictor};
use super::rice::{self, Plan};

/// Writes one frame after the other.
pub(super) struct Frames {
    pub rate: u32,
    pub bits: u32,
    channels: usize,
    number: u32,
    out: Bits,
    window: Vec<f64>,
}

/// How a channel of a block is coded.
enum Method {
    Constant,
    Verbatim,
    Fixed(usize),
    Linear(Predictor),
}

struct Subframe {
    method: Method,
    residual: Vec<i32>,
    plan: Option<Plan>,
    cost: u64,
    bits: u32,
}

impl Frames {
    pub fn new(rate: u32, channels: usize, bits: u32) -> Self {
        Self {
            rate,
            bits,
            channels,
            number: 0,
            out: Bits::default(),
            window: Vec::new(),
        }
    }

    /// Codes a block; all planes have one length, up to 65535.
    pub fn encode(&mut self, planes: &[&[i32]]) -> &[u8] {
        let frames = planes[0].len();
        if self.window.len() != frames {
            self.window = predict::window(frames);
        }
        self.out.clear();
        match planes {
            [left, right] => self.stereo(left, right),
            _ => {
                let each: Vec<_> = planes
                    .iter()
                    .map(|p| choose(p, self.bits, &self.window))
                    .collect();
                self.head(frames, self.channels as u32 - 1);
                for (subframe, plane) in each.iter().zip(planes) {
                    write(&mut self.out, subframe, plane);
                }
            }
        }
        self.out.align();
        let crc = crc16(self.out.bytes());
        self.out.extend(&crc.to_be_bytes());
        self.number += 1;
        self.out.bytes()
    }

    /// Left and right as they are, or one of them and the difference, or mean and difference.
    fn stereo(&mut self, left: &[i32], right: &[i32]) {
        let mid: Vec<i32> = left.iter().zip(right).map(|(l, r)| (l + r) >> 1).collect();
        let side: Vec<i32> = left.iter().zip(right).map(|(l, r)| l - r).collect();
        let [l, r, m] = [left, right, &mid].map(|p| choose(p, self.bits, &self.window));
        let s = choose(&side, self.bits + 1, &self.window);
        let ways = [
            (1, l.cost + r.cost),
            (8, l.cost + s.cost),
            (9, s.cost + r.cost),
            (10, m.cost + s.cost),
        ];
        let code = ways.iter().min_by_key(|way| way.1).map_or(1, |way| way.0);
        self.head(left.len(), code);
        let pair = match code {
            8 => [(&l, left), (&s, &side[..])],
            9 => [(&s, &side[..]), (&r, right)],
            10 => [(&m, &mid[..]), (&s, &side[..])],
            _ => [(&l, left), (&r, right)],
        };
        for (subframe, plane) in pair {
            write(&mut self.out, subframe, plane);
        }
    }

    fn head(&mut self, frames: usize, assignment: u32) {
        let out = &mut self.out;
        out.put(0xFFF8, 16); // the marker, and blocks of one length
        let length = if frames == super::BLOCK { 12 } else { 7 };
        out.put(length, 4);
        let (code, rest) = rate_code(self.rate);
        out.put(code, 4);
        out.put(assignment, 4);
        out.put(if self.bits == 16 { 4 } else { 6 }, 3);
        out.put(0, 1);
        number(out, self.number);
        if length == 7 {
            out.put(frames as u32 - 1, 16);
        }
        if let Some((value, bits)) = rest {
            out.put(value, bits);
        }
        out.align();
        let crc = crc8(out.bytes());
        out.extend(&[crc]);
    }
}

/// A number in the way of UTF-8, up to 31 bits.
fn number(out: &mut Bits, n: u32) {
    if n < 0x80 {
        return out.put(n, 8);
    }
    // With e bytes behind the first one, that one has 6 - e bits.
    let more = (1..5).find(|e| n >> (6 * e) < 1 << (6 - e)).unwrap_or(5);
    let marker = 0xFF << (7 - more) & 0xFF;
    out.put(marker | n >> (6 * more), 8);
    for i in (0..more).rev() {
        out.put(0x80 | n >> (6 * i) & 0x3F, 8);
    }
}

/// The code of a rate, and what stands behind the number for rates without one.
fn rate_code(rate: u32) -> (u32, Option<(u32, u32)>) {
    const KNOWN: [u32; 11] = [
        88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
    ];
    if let Some(at) = KNOWN.iter().position(|known| *known == rate) {
        return (at as u32 + 1, None);
    }
    if rate.is_multiple_of(1000) && rate / 1000 < 256 {
        (12, Some((rate / 1000, 8)))
    } else if rate < 65_536 {
        (13, Some((rate, 16)))
    } else if rate.is_multiple_of(10) && rate / 10 < 65_536 {
        (14, Some((rate / 10, 16)))
    } else {
        (0, None)
    }
}

/// The cheapest way to code a channel.
fn choose(samples: &[i32], bits: u32, window: &[f64]) -> Subframe {
    let frames = samples.len() as u64;
    let plain = |method, cost| Subframe {
        method,
        residual: Vec::new(),
        plan: None,
        cost,
        bits,
    };
    if samples.iter().all(|s| *s == samples[0]) {
        return plain(Method::Constant, u64::from(8 + bits));
    }
    let mut best = plain(Method::Verbatim, 8 + frames * u64::from(bits));
    if samples.len() < 32 {
        return best;
    }
    let mut residual = Vec::with_capacity(samples.len());
    let order = predict::best_fixed(samples);
    predict::fixed(samples, order, &mut residual);
    consider(
        &mut best,
        Method::Fixed(order),
        &mut residual,
        samples.len(),
        order,
        8,
    );
    if let Some(predictor) = predict::predictor(samples, bits, window)
        && predict::linear(samples, &predictor, bits, &mut residual)
    {
        let order = predictor.coefficients.len();
        let head = 8 + 9 + predictor.precision as u64 * order as u64;
        let method = Method::Linear(predictor);
        consider(&mut best, method, &mut residual, samples.len(), order, head);
    }
    best
}

/// Takes a method in place of the best one when it is cheaper.
fn consider(
    best: &mut Subframe,
    method: Method,
    residual: &mut Vec<i32>,
    frames: usize,
    order: usize,
    head: u64,
) {
    let plan = rice::plan(residual, frames, order);
    let cost = head + order as u64 * u64::from(best.bits) + plan.bits;
    if cost < best.cost {
        best.method = method;
        best.cost = cost;
        best.plan = Some(plan);
        std::mem::swap(&mut best.residual, residual);
    }
}

fn write(out: &mut Bits, subframe: &Subframe, samples: &[i32]) {
    let bits = subframe.bits;
    let order = match &subframe.method {
        Method::Constant => {
            out.put(0, 8);
            return out.signed(samples[0], bits);
        }
        Method::Verbatim => {
            out.put(1 << 1, 8);
            return samples.iter().for_each(|s| out.signed(*s, bits));
        }
        Method::Fixed(order) => {
            out.put((8 | *order as u32) << 1, 8);
            *order
        }
        Method::Linear(predictor) => {
            let order = predictor.coefficients.len();
            out.put((32 | (order as u32 - 1)) << 1, 8);
            order
        }
    };
    samples[..order].iter().for_each(|s| out.signed(*s, bits));
    if let Method::Linear(predictor) = &subframe.method {
        out.put(predictor.precision - 1, 4);
        out.put(predictor.shift, 5);
        for c in &predictor.coefficients {
            out.signed(*c, predictor.precision);
        }
    }
    if let Some(plan) = &subframe.plan {
        rice::write(out, plan, &subframe.residual, samples.len(), order);
    }
}
