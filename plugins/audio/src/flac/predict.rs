/// The largest order of linear prediction that is tried; the subset of the format allows 12.
pub(super) const MAX_ORDER: usize = 10;
/// Bits of a coefficient. With 17 bits of a difference channel and 10 coefficients of 12 bits, sums fit
/// into 32 bits.
pub(super) fn precision(bits: u32) -> u32 {
    if bits <= 17 { 12 } else { 15 }
}

/// A predictor from the samples before: sum of coefficient times sample, shifted.
pub(super) struct Predictor {
    pub coefficients: Vec<i32>,
    pub precision: u32,
    pub shift: u32,
}

/// The residual of fixed prediction: the `order`-th difference.
pub(super) fn fixed(samples: &[i32], order: usize, residual: &mut Vec<i32>) {
    residual.clear();
    let s = samples;
    match order {
        0 => residual.extend_from_slice(s),
        1 => residual.extend(s.windows(2).map(|w| w[1] - w[0])),
        2 => residual.extend(s.windows(3).map(|w| w[2] - 2 * w[1] + w[0])),
        3 => residual.extend(s.windows(4).map(|w| w[3] - 3 * w[2] + 3 * w[1] - w[0])),
        _ => residual.extend(
            s.windows(5)
                .map(|w| w[4] - 4 * w[3] + 6 * w[2] - 4 * w[1] + w[0]),
        ),
    }
}

/// The order of fixed prediction, 0 to 4, that leaves the least.
pub(super) fn best_fixed(samples: &[i32]) -> usize {
    let mut sums = [0u64; 5];
    for w in samples.windows(5) {
        let d1 = w[4] - w[3];
        let d2 = d1 - (w[3] - w[2]);
        let d3 = d2 - (w[3] - 2 * w[2] + w[1]);
        let d4 = d3 - (w[3] - 3 * w[2] + 3 * w[1] - w[0]);
        for (sum, d) in sums.iter_mut().zip([w[4], d1, d2, d3, d4]) {
            *sum += u64::from(d.unsigned_abs());
        }
    }
    (0..5).min_by_key(|order| sums[*order]).unwrap_or(0)
}

/// The residual of a linear predictor; false when a value does not fit.
pub(super) fn linear(
    samples: &[i32],
    predictor: &Predictor,
    bits: u32,
    residual: &mut Vec<i32>,
) -> bool {
    let order = predictor.coefficients.len();
    let left = samples.len() - order;
    if bits <= 17 {
        // A coefficient after the other, so that the loop inside is one for SIMD.
        residual.clear();
        residual.resize(left, 0);
        for (j, &c) in predictor.coefficients.iter().enumerate() {
            let before = &samples[order - 1 - j..];
            for (sum, sample) in residual.iter_mut().zip(before) {
                *sum = sum.wrapping_add(sample.wrapping_mul(c));
            }
        }
        for (sum, sample) in residual.iter_mut().zip(&samples[order..]) {
            *sum = sample.wrapping_sub(*sum >> predictor.shift);
        }
        return true;
    }
    let mut sums = vec![0i64; left];
    for (j, &c) in predictor.coefficients.iter().enumerate() {
        for (sum, sample) in sums.iter_mut().zip(&samples[order - 1 - j..]) {
            *sum += i64::from(*sample) * i64::from(c);
        }
    }
    let mut fits = true;
    residual.clear();
    residual.extend(sums.iter().zip(&samples[order..]).map(|(sum, sample)| {
        let left = i64::from(*sample) - (sum >> predictor.shift);
        fits &= left.unsigned_abs() < 1 << 29;
        left as i32
    }));
    fits
}

/// The predictor of the order that promises the fewest bits, by Levinson and Durbin from the
/// autocorrelation.
pub(super) fn predictor(samples: &[i32], bits: u32, window: &[f64]) -> Option<Predictor> {
    let r = autocorrelation(samples, window);
    if r[0] <= 0.0 {
        return None;
    }
    let n = samples.len() as f64;
    let mut a = [0.0f64; MAX_ORDER];
    let mut error = r[0];
    let mut best = (f64::INFINITY, 0, a);
    for i in 0..MAX_ORDER {
        let mut k = r[i + 1];
        for j in 0..i {
            k -= a[j] * r[i - j];
        }
        k /= error;
        let before = a;
        a[i] = k;
        for j in 0..i {
            a[j] = before[j] - k * before[i - 1 - j];
        }
        error *= 1.0 - k * k;
        if error.is_nan() || error <= 0.0 {
            break;
        }
        let order = i + 1;
        let each = (0.5 * (0.5 * error / n).log2()).max(0.0);
        let promised =
            each * (n - order as f64) + f64::from(order as u32 * (precision(bits) + bits));
        if promised < best.0 {
            best = (promised, order, a);
        }
    }
    rounded(&best.2[..best.1], precision(bits))
}

/// In 64 bits: what is left of a pure tone is a millionth of it.
fn autocorrelation(samples: &[i32], window: &[f64]) -> [f64; MAX_ORDER + 1] {
    let x: Vec<f64> = samples
        .iter()
        .zip(window)
        .map(|(s, w)| f64::from(*s) * w)
        .collect();
    std::array::from_fn(|lag| {
        let (a, b) = (&x[..x.len() - lag], &x[lag..]);
        let (quads, others) = (a.chunks_exact(4), b.chunks_exact(4));
        let tail = quads.remainder().iter().zip(others.remainder());
        let rest: f64 = tail.map(|(a, b)| a * b).sum();
        // Four sums at once, for SIMD registers.
        let mut sums = [0.0; 4];
        for (p, q) in quads.zip(others) {
            for i in 0..4 {
                sums[i] += p[i] * q[i];
            }
        }
        sums.iter().sum::<f64>() + rest
    })
}

/// The coefficients as whole numbers of `precision` bits, the error of each carried to the next.
fn rounded(a: &[f64], precision: u32) -> Option<Predictor> {
    let largest = a.iter().fold(0.0f64, |m, c| m.max(c.abs()));
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    let exponent = largest.log2().floor() as i32 + 1;
    let shift = (precision as i32 - 1 - exponent).clamp(0, 15);
    if exponent > precision as i32 - 1 {
        return None;
    }
    let limit = f64::from(1 << (precision - 1));
    let mut carried = 0.0;
    let coefficients = a
        .iter()
        .map(|c| {
            carried += c * f64::from(1 << shift);
            let whole = carried.round().clamp(-limit, limit - 1.0);
            carried -= whole;
            whole as i32
        })
        .collect();
    Some(Predictor {
        coefficients,
        precision,
        shift: shift as u32,
    })
}

/// A window of Tukey, half of it flat.
pub(super) fn window(length: usize) -> Vec<f64> {
    let edge = length as f64 / 4.0;
    (0..length)
        .map(|i| {
            let from_end = (i as f64 + 0.5).min((length - i) as f64 - 0.5);
            let x = (from_end / edge).min(1.0);
            0.5 - 0.5 * (std::f64::consts::PI * x).cos()
        })
        .collect()
}
