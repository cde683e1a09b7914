//! Functions given as expressions, and functions given as points.

use inos_math_linear::Matrix;
use inos_sdk::{Call, Error};

use crate::expression::Expression;
use crate::table::{Table, matrix, rows_of, write, write_named};

/// Rows between two looks at whether the job shall stop.
const ROWS_A_LOOK: usize = 4096;

/// Pieces that an interval of integration may be cut into.
const MAX_PIECES: usize = 5000;

/// Steps of a root's search; bisection alone takes some 1,100 between any two numbers.
const MAX_STEPS: usize = 2000;

pub(crate) fn evaluate(call: &mut Call) -> Result<(), Error> {
    let (text, name) = (call.params().text(0)?, call.params().text(1)?);
    let table = Table::read(call, 0, "table")?;
    let columns = table.cells.columns;
    let mut names: Vec<String> = (0..columns).map(|j| table.name(j)).collect();
    let mut header = names.clone();
    header.push(name);
    names.extend((1..=columns).map(|j| format!("c{j}")));
    let expression = Expression::parse(&text, &names)?;
    let mut out = Matrix {
        rows: table.cells.rows,
        columns: columns + 1,
        values: Vec::new(),
    };
    out.values.reserve_exact(table.cells.rows * (columns + 1));
    let (mut stack, mut twice) = (Vec::new(), Vec::new());
    for (i, row) in table.cells.values.chunks(columns).enumerate() {
        if i % ROWS_A_LOOK == 0 {
            call.progress(i as u64, out.rows as u64)?;
        }
        twice.clear();
        twice.extend_from_slice(row);
        twice.extend_from_slice(row);
        out.values.extend_from_slice(row);
        out.values.push(expression.value(&twice, &mut stack));
    }
    write_named(call, 0, &header, &out)
}

/// An expression of x.
struct Function {
    expression: Expression,
    stack: Vec<f64>,
}

impl Function {
    fn of(call: &Call, param: u32) -> Result<Self, Error> {
        let expression = Expression::parse(&call.params().text(param)?, &["x".to_string()])?;
        Ok(Self {
            expression,
            stack: Vec::new(),
        })
    }

    fn at(&mut self, x: f64) -> Result<f64, Error> {
        let y = self.expression.value(&[x], &mut self.stack);
        if y.is_finite() {
            Ok(y)
        } else {
            Err(Error::invalid(format!("expression is {y} at x = {x}")))
        }
    }
}

/// A part of an interval with its integral and how far that may be off.
struct Piece {
    low: f64,
    high: f64,
    value: f64,
    error: f64,
}

pub(crate) fn integrate(call: &mut Call) -> Result<(), Error> {
    let mut f = Function::of(call, 0)?;
    let (low, high, tolerance) = (
        call.params().number(1)?,
        call.params().number(2)?,
        call.params().number(3)?,
    );
    let mut pieces = vec![kronrod(&mut f, low, high)?];
    loop {
        let value: f64 = pieces.iter().map(|p| p.value).sum();
        let error: f64 = pieces.iter().map(|p| p.error).sum();
        if error <= tolerance * value.abs().max(1.0) {
            call.result(0, value)?;
            call.result(1, error)?;
            return call.result(2, pieces.len() as f64);
        }
        if pieces.len() >= MAX_PIECES {
            return Err(Error::failed(format!(
                "the integral is about {value} and may be off by {error} after {MAX_PIECES} pieces"
            )));
        }
        call.progress(pieces.len() as u64, MAX_PIECES as u64)?;
        let worst = (0..pieces.len())
            .max_by(|a, b| pieces[*a].error.total_cmp(&pieces[*b].error))
            .unwrap_or(0);
        let p = pieces.swap_remove(worst);
        let middle = p.low + (p.high - p.low) / 2.0;
        pieces.push(kronrod(&mut f, p.low, middle)?);
        pieces.push(kronrod(&mut f, middle, p.high)?);
    }
}

/// Nodes of the 15-point rule of Kronrod, their weights, and those of the 7-point rule of Gauss in it.
const NODES: [f64; 8] = [
    0.991_455_371_120_812_6,
    0.949_107_912_342_758_5,
    0.864_864_423_359_769_1,
    0.741_531_185_599_394_4,
    0.586_087_235_467_691_1,
    0.405_845_151_377_397_2,
    0.207_784_955_007_898_47,
    0.0,
];
const KRONROD: [f64; 8] = [
    0.022_935_322_010_529_224,
    0.063_092_092_629_978_56,
    0.104_790_010_322_250_19,
    0.140_653_259_715_525_92,
    0.169_004_726_639_267_9,
    0.190_350_578_064_785_4,
    0.204_432_940_075_298_9,
    0.209_482_141_084_727_82,
];
const GAUSS: [f64; 4] = [
    0.129_484_966_168_869_7,
    0.279_705_391_489_276_64,
    0.381_830_050_505_118_9,
    0.417_959_183_673_469_4,
];

fn kronrod(f: &mut Function, low: f64, high: f64) -> Result<Piece, Error> {
    let (half, middle) = ((high - low) / 2.0, low + (high - low) / 2.0);
    let (mut fine, mut coarse) = (0.0, 0.0);
    for (i, node) in NODES.iter().enumerate() {
        let both = if *node == 0.0 {
            f.at(middle)?
        } else {
            f.at(middle - half * node)? + f.at(middle + half * node)?
        };
        fine += KRONROD[i] * both;
        if i % 2 == 1 {
            coarse += GAUSS[i / 2] * both;
        }
    }
    Ok(Piece {
        low,
        high,
        value: fine * half,
        error: ((fine - coarse) * half).abs(),
    })
}

pub(crate) fn root(call: &mut Call) -> Result<(), Error> {
    let mut f = Function::of(call, 0)?;
    let (low, high, tolerance) = (
        call.params().number(1)?,
        call.params().number(2)?,
        call.params().number(3)?,
    );
    let (x, steps) = brent(&mut f, low, high, tolerance)?;
    call.result(0, x)?;
    call.result(1, f.at(x)?)?;
    call.result(2, steps as f64)
}

/// Brent's method: b is the best so far, a the one before, and the root lies between b and c.
fn brent(f: &mut Function, low: f64, high: f64, tolerance: f64) -> Result<(f64, usize), Error> {
    let (mut a, mut b, mut fa, mut fb) = (low, high, f.at(low)?, f.at(high)?);
    if fa * fb > 0.0 {
        return Err(Error::invalid(format!(
            "expression has the same sign at low, {fa}, and at high, {fb}"
        )));
    }
    let (mut c, mut fc, mut step, mut before) = (a, fa, b - a, b - a);
    for steps in 1..=MAX_STEPS {
        if (fb > 0.0) == (fc > 0.0) {
            (c, fc, step, before) = (a, fa, b - a, b - a);
        }
        if fc.abs() < fb.abs() {
            (a, b, c) = (b, c, b);
            (fa, fb, fc) = (fb, fc, fb);
        }
        let least = 2.0 * f64::EPSILON * b.abs() + tolerance / 2.0;
        let half = (c - b) / 2.0;
        if half.abs() <= least || fb == 0.0 {
            return Ok((b, steps));
        }
        (step, before) = match guess((a, b, c), (fa, fb, fc), half) {
            Some(s)
                if before.abs() >= least
                    && fa.abs() > fb.abs()
                    && usable(s, half, least, before) =>
            {
                (s, step)
            }
            _ => (half, half),
        };
        (a, fa) = (b, fb);
        b += if step.abs() > least {
            step
        } else {
            least.copysign(half)
        };
        fb = f.at(b)?;
    }
    Err(Error::failed(format!(
        "no root to this tolerance after {MAX_STEPS} steps"
    )))
}

/// A step by the secant, or by an inverse parabola through three points.
fn guess((a, b, c): (f64, f64, f64), (fa, fb, fc): (f64, f64, f64), half: f64) -> Option<f64> {
    let s = fb / fa;
    let (p, q) = if a == c {
        (2.0 * half * s, 1.0 - s)
    } else {
        let (q, r) = (fa / fc, fb / fc);
        (
            s * (2.0 * half * q * (q - r) - (b - a) * (r - 1.0)),
            (q - 1.0) * (r - 1.0) * (s - 1.0),
        )
    };
    let step = if a == c { p / q } else { -p / q };
    step.is_finite().then_some(step)
}

fn usable(step: f64, half: f64, least: f64, before: f64) -> bool {
    let forward = step * half > 0.0;
    forward && 2.0 * step.abs() < (3.0 * half.abs() - least).min(before.abs())
}

pub(crate) fn interpolate(call: &mut Call) -> Result<(), Error> {
    let (method, hold) = (call.params().choice(0)?, call.params().choice(1)? == 1);
    let points = rows_of(call, 0, "points", 2)?;
    let at = matrix(call, 1, "at")?;
    if at.columns != 1 {
        return Err(Error::invalid(format!(
            "at has {} columns, not 1",
            at.columns
        )));
    }
    let x: Vec<f64> = (0..points.rows).map(|i| points.at(i, 0)).collect();
    let y: Vec<f64> = (0..points.rows).map(|i| points.at(i, 1)).collect();
    if x.len() < 2 {
        return Err(Error::invalid("points has 1 row, this takes 2"));
    }
    if let Some(i) = x.windows(2).position(|w| w[0] >= w[1]) {
        return Err(Error::invalid(format!(
            "point {} of points does not lie right of the one before",
            i + 2
        )));
    }
    let slopes = match method {
        1 => natural(&x, &y),
        2 => monotone(&x, &y),
        _ => Vec::new(),
    };
    let (first, last) = (x[0], x[x.len() - 1]);
    let mut out = Matrix {
        rows: at.rows,
        columns: 2,
        values: Vec::with_capacity(at.rows * 2),
    };
    for (i, v) in at.values.iter().enumerate() {
        if !hold && !(first..=last).contains(v) {
            return Err(Error::invalid(format!(
                "value {} of at is {v}, outside of {first} to {last}",
                i + 1
            )));
        }
        out.values
            .extend([*v, between(&x, &y, &slopes, v.clamp(first, last))]);
    }
    write(call, 0, &out)
}

/// The value at v: straight without slopes, else the cubic that has them.
fn between(x: &[f64], y: &[f64], slopes: &[f64], v: f64) -> f64 {
    let i = x.partition_point(|p| *p <= v).clamp(1, x.len() - 1) - 1;
    let h = x[i + 1] - x[i];
    let t = (v - x[i]) / h;
    if slopes.is_empty() {
        return y[i] + (y[i + 1] - y[i]) * t;
    }
    let (t2, t3) = (t * t, t * t * t);
    y[i] * (2.0 * t3 - 3.0 * t2 + 1.0)
        + h * slopes[i] * (t3 - 2.0 * t2 + t)
        + y[i + 1] * (3.0 * t2 - 2.0 * t3)
        + h * slopes[i + 1] * (t3 - t2)
}

fn secants(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let h: Vec<f64> = x.windows(2).map(|w| w[1] - w[0]).collect();
    let d = y
        .windows(2)
        .zip(&h)
        .map(|(w, h)| (w[1] - w[0]) / h)
        .collect();
    (h, d)
}

/// Slopes of the spline with two continuous derivatives, the second 0 at both ends.
fn natural(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (h, d) = secants(x, y);
    let n = x.len();
    // Rows of a tridiagonal system: below, diagonal, above, right side.
    let row = |i: usize| match i {
        0 => (0.0, 2.0, 1.0, 3.0 * d[0]),
        _ if i == n - 1 => (1.0, 2.0, 0.0, 3.0 * d[n - 2]),
        _ => (
            h[i],
            2.0 * (h[i - 1] + h[i]),
            h[i - 1],
            3.0 * (h[i] * d[i - 1] + h[i - 1] * d[i]),
        ),
    };
    let (mut above, mut slopes) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let (low, diagonal, up, right) = row(i);
        let (a, s) = if i == 0 {
            (0.0, 0.0)
        } else {
            (above[i - 1], slopes[i - 1])
        };
        let pivot = diagonal - low * a;
        above[i] = up / pivot;
        slopes[i] = (right - low * s) / pivot;
    }
    for i in (0..n - 1).rev() {
        slopes[i] -= above[i] * slopes[i + 1];
    }
    slopes
}

/// Slopes of Fritsch and Butland: no overshoot between the points.
fn monotone(x: &[f64], y: &[f64]) -> Vec<f64> {
    let (h, d) = secants(x, y);
    let n = x.len();
    if n == 2 {
        return vec![d[0]; 2];
    }
    let inner = |i: usize| {
        if d[i - 1] * d[i] <= 0.0 {
            return 0.0;
        }
        let (w1, w2) = (2.0 * h[i] + h[i - 1], h[i] + 2.0 * h[i - 1]);
        (w1 + w2) / (w1 / d[i - 1] + w2 / d[i])
    };
    let mut slopes: Vec<f64> = (0..n)
        .map(|i| if i == 0 || i == n - 1 { 0.0 } else { inner(i) })
        .collect();
    slopes[0] = end(h[0], h[1], d[0], d[1]);
    slopes[n - 1] = end(h[n - 2], h[n - 3], d[n - 2], d[n - 3]);
    slopes
}

/// The slope at an end, of the parabola through three points, kept from turning back.
fn end(h0: f64, h1: f64, d0: f64, d1: f64) -> f64 {
    let slope = ((2.0 * h0 + h1) * d0 - h0 * d1) / (h0 + h1);
    if slope * d0 <= 0.0 {
        0.0
    } else if d0 * d1 <= 0.0 && slope.abs() > 3.0 * d0.abs() {
        3.0 * d0
    } else {
        slope
    }
}
