//! Discrete Fourier transforms of any length.

use inos_math_linear::Matrix;
use inos_sdk::{Call, Error};
use rustfft::num_complex::Complex;
use rustfft::{FftDirection, FftPlanner};

use crate::table::{matrix, write};

/// Values of one transform: what some lengths need beside them fits the plugin's memory.
const MAX_VALUES: usize = 1 << 20;

type C = Complex<f64>;

pub(crate) fn fft(call: &mut Call) -> Result<(), Error> {
    let m = matrix(call, 0, "signal")?;
    if m.columns > 2 {
        return Err(Error::invalid(format!(
            "signal has {} columns: one is real, two are real and imaginary",
            m.columns
        )));
    }
    bounded(m.rows)?;
    let mut data: Vec<C> = m
        .values
        .chunks(m.columns)
        .map(|r| C::new(r[0], r.get(1).copied().unwrap_or(0.0)))
        .collect();
    let (direction, scale) = way(call, data.len())?;
    FftPlanner::new()
        .plan_fft(data.len(), direction)
        .process(&mut data);
    write(
        call,
        0,
        &Matrix::from_fn(data.len(), 2, |i, j| part(data[i], j) * scale),
    )
}

pub(crate) fn fft_2d(call: &mut Call) -> Result<(), Error> {
    let re = matrix(call, 0, "real")?;
    let im = if call.input_count() > 1 {
        Some(matrix(call, 1, "imaginary")?)
    } else {
        None
    };
    if let Some(im) = &im
        && (im.rows, im.columns) != (re.rows, re.columns)
    {
        return Err(Error::invalid(format!(
            "real is {} by {}, imaginary {} by {}",
            re.rows, re.columns, im.rows, im.columns
        )));
    }
    bounded(re.values.len())?;
    let other = |i: usize| im.as_ref().map_or(0.0, |m| m.values[i]);
    let data: Vec<C> = re
        .values
        .iter()
        .enumerate()
        .map(|(i, v)| C::new(*v, other(i)))
        .collect();
    let (direction, scale) = way(call, data.len())?;
    let turned = rows(data, re.rows, re.columns, direction);
    call.progress(1, 2)?;
    let data = rows(turned, re.columns, re.rows, direction);
    for k in 0..2 {
        let m = Matrix::from_fn(re.rows, re.columns, |i, j| {
            part(data[i * re.columns + j], k) * scale
        });
        write(call, k as u32, &m)?;
    }
    Ok(())
}

/// Transforms each row and changes rows and columns over.
fn rows(mut data: Vec<C>, rows: usize, columns: usize, direction: FftDirection) -> Vec<C> {
    FftPlanner::new()
        .plan_fft(columns, direction)
        .process(&mut data);
    let mut turned = Vec::with_capacity(data.len());
    for j in 0..columns {
        turned.extend((0..rows).map(|i| data[i * columns + j]));
    }
    turned
}

/// The direction, and what each value is multiplied with.
fn way(call: &Call, len: usize) -> Result<(FftDirection, f64), Error> {
    let (inverse, unitary) = (call.params().flag(0)?, call.params().choice(1)? == 1);
    let direction = if inverse {
        FftDirection::Inverse
    } else {
        FftDirection::Forward
    };
    let scale = match (unitary, inverse) {
        (true, _) => 1.0 / (len as f64).sqrt(),
        (false, true) => 1.0 / len as f64,
        (false, false) => 1.0,
    };
    Ok((direction, scale))
}

fn bounded(values: usize) -> Result<(), Error> {
    if values > MAX_VALUES {
        return Err(Error::invalid(format!(
            "{values} values, at most {MAX_VALUES} are transformed"
        )));
    }
    Ok(())
}

fn part(z: C, k: usize) -> f64 {
    if k == 0 { z.re } else { z.im }
}
