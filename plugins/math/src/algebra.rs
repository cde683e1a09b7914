//! Linear algebra on real matrices.

use inos_math_linear::{self as linear, Matrix, Trouble};
use inos_sdk::{Call, Error};

use crate::table::{matrix, write};

/// Multiplications that a product or a factorisation may take: some minutes of work.
const MAX_WORK: u128 = 70_000_000_000;

/// The same for what iterates, which takes some ten times as long.
const MAX_ITERATED_WORK: u128 = 3_000_000_000;

/// Numbers of a matrix that is factored or made: 16 MiB of them, of which some copies are at work.
const MAX_NUMBERS: usize = 2 << 20;

/// How far two halves of a symmetric matrix may lie apart, relative to the largest value.
const SYMMETRY: f64 = 1e-12;

pub(crate) fn multiply(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (matrix(call, 0, "a")?, matrix(call, 1, "b")?);
    if a.columns != b.rows {
        return Err(Error::invalid(format!(
            "a has {} columns, b has {} rows",
            a.columns, b.rows
        )));
    }
    bounded("the product", [a.rows, a.columns, b.columns], MAX_WORK)?;
    write(call, 0, &linear::multiply(&a, &b))
}

pub(crate) fn transpose(call: &mut Call) -> Result<(), Error> {
    let a = matrix(call, 0, "a")?;
    write(call, 0, &a.transpose())
}

pub(crate) fn invert(call: &mut Call) -> Result<(), Error> {
    let a = square(call)?;
    let inverse = linear::invert(&a);
    regular(&inverse)?;
    write(call, 0, &inverse)
}

pub(crate) fn determinant(call: &mut Call) -> Result<(), Error> {
    let a = square(call)?;
    let (order, _, upper) = linear::lu(&a);
    let diagonal = || (0..a.rows).map(|i| upper.at(i, i));
    let negative = diagonal().filter(|d| *d < 0.0).count() % 2 == 1;
    let sign = if negative == odd(&order) { 1.0 } else { -1.0 };
    let sign = if diagonal().any(|d| d == 0.0) {
        0.0
    } else {
        sign
    };
    let log: f64 = diagonal().map(|d| d.abs().ln()).sum();
    let value: f64 = diagonal().map(f64::abs).product();
    call.result(0, sign * value)?;
    call.result(1, sign)?;
    call.result(2, log)
}

/// Whether an order takes an odd number of exchanges.
fn odd(order: &[usize]) -> bool {
    let mut seen = vec![false; order.len()];
    let mut exchanges = 0;
    for start in 0..order.len() {
        let mut at = start;
        let mut length = 0;
        while !seen[at] {
            seen[at] = true;
            at = order[at];
            length += 1;
        }
        exchanges += usize::max(length, 1) - 1;
    }
    exchanges % 2 == 1
}

pub(crate) fn solve(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (square(call)?, right_side(call)?);
    if a.rows != b.rows {
        return Err(Error::invalid(format!(
            "a has {} rows, b has {}",
            a.rows, b.rows
        )));
    }
    bounded("b", [b.rows, b.columns, a.rows], MAX_WORK)?;
    let x = linear::solve(&a, &b);
    regular(&x)?;
    call.result(0, residual(&a, &x, &b))?;
    write(call, 0, &x)
}

pub(crate) fn least_squares(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (matrix(call, 0, "a")?, right_side(call)?);
    if a.rows != b.rows {
        return Err(Error::invalid(format!(
            "a has {} rows, b has {}",
            a.rows, b.rows
        )));
    }
    let x = fit(&a, &b)?;
    call.result(0, residual(&a, &x, &b))?;
    write(call, 0, &x)
}

/// Least squares for a matrix of full column rank; others are refused.
pub(crate) fn fit(a: &Matrix, b: &Matrix) -> Result<Matrix, Error> {
    if a.rows < a.columns {
        return Err(Error::invalid(format!(
            "{} rows do not determine {} unknowns",
            a.rows, a.columns
        )));
    }
    bounded(
        "the system",
        [a.rows, a.columns, a.columns + b.columns],
        MAX_WORK,
    )?;
    let (_, r) = linear::qr(a);
    let largest = (0..r.columns).map(|i| r.at(i, i).abs()).fold(0.0, f64::max);
    let least = largest * a.rows as f64 * f64::EPSILON;
    if let Some(i) = (0..r.columns).find(|i| r.at(*i, *i).abs() <= least) {
        return Err(Error::invalid(format!(
            "column {} depends on the columns before it",
            i + 1
        )));
    }
    Ok(linear::least_squares(a, b))
}

pub(crate) fn lu(call: &mut Call) -> Result<(), Error> {
    let a = work(matrix(call, 0, "a")?, MAX_WORK)?;
    let (order, lower, upper) = linear::lu(&a);
    write(call, 0, &lower)?;
    write(call, 1, &upper)?;
    write(call, 2, &column(order.iter().map(|i| (i + 1) as f64)))
}

pub(crate) fn qr(call: &mut Call) -> Result<(), Error> {
    let a = work(matrix(call, 0, "a")?, MAX_WORK)?;
    let (q, r) = linear::qr(&a);
    write(call, 0, &q)?;
    write(call, 1, &r)
}

pub(crate) fn cholesky(call: &mut Call) -> Result<(), Error> {
    let a = square(call)?;
    symmetric(&a)?;
    write(call, 0, &linear::cholesky(&a).map_err(explain)?)
}

pub(crate) fn svd(call: &mut Call) -> Result<(), Error> {
    let a = work(matrix(call, 0, "a")?, MAX_ITERATED_WORK)?;
    let (u, s, v) = linear::svd(&a).map_err(explain)?;
    write(call, 0, &u)?;
    write(call, 1, &column(s.into_iter()))?;
    write(call, 2, &v)
}

pub(crate) fn eigen(call: &mut Call) -> Result<(), Error> {
    let a = work(square(call)?, MAX_ITERATED_WORK)?;
    let (values, vectors) = linear::eigen(&a).map_err(explain)?;
    write(call, 0, &values)?;
    write(call, 1, &vectors)
}

pub(crate) fn eigen_symmetric(call: &mut Call) -> Result<(), Error> {
    let a = work(square(call)?, MAX_ITERATED_WORK)?;
    symmetric(&a)?;
    let (values, vectors) = linear::eigen_symmetric(&a).map_err(explain)?;
    write(call, 0, &column(values.into_iter()))?;
    write(call, 1, &vectors)
}

pub(crate) fn condition(call: &mut Call) -> Result<(), Error> {
    let a = work(matrix(call, 0, "a")?, MAX_ITERATED_WORK)?;
    let s = linear::singular_values(&a).map_err(explain)?;
    let (largest, smallest) = (
        s.first().copied().unwrap_or(0.0),
        s.last().copied().unwrap_or(0.0),
    );
    let least = largest * a.rows.max(a.columns) as f64 * f64::EPSILON;
    call.result(
        0,
        if smallest > 0.0 {
            largest / smallest
        } else {
            f64::INFINITY
        },
    )?;
    call.result(1, s.iter().filter(|v| **v > least).count() as f64)?;
    call.result(2, largest)?;
    call.result(3, smallest)
}

pub(crate) fn pca(call: &mut Call) -> Result<(), Error> {
    let scale = call.params().flag(0)?;
    let mut a = work(matrix(call, 0, "table")?, MAX_ITERATED_WORK)?;
    if a.rows < 2 {
        return Err(Error::invalid("table has 1 row, a variance takes 2"));
    }
    for j in 0..a.columns {
        centre(&mut a, j, scale)?;
    }
    let (u, s, mut v) = linear::svd(&a).map_err(explain)?;
    let signs = largest_positive(&mut v);
    let scores = Matrix::from_fn(u.rows, u.columns, |i, j| u.at(i, j) * s[j] * signs[j]);
    let variance: Vec<f64> = s.iter().map(|v| v * v / (a.rows - 1) as f64).collect();
    let total: f64 = variance.iter().sum();
    let share = |v: f64| if total > 0.0 { v / total } else { 0.0 };
    write(call, 0, &v.transpose())?;
    write(
        call,
        1,
        &Matrix::from_fn(s.len(), 2, |i, j| {
            if j == 0 {
                variance[i]
            } else {
                share(variance[i])
            }
        }),
    )?;
    write(call, 2, &scores)
}

fn centre(a: &mut Matrix, column: usize, scale: bool) -> Result<(), Error> {
    let values: Vec<f64> = (0..a.rows).map(|i| a.at(i, column)).collect();
    let mean = values.iter().sum::<f64>() / a.rows as f64;
    let square: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    let deviation = if scale {
        (square / (a.rows - 1) as f64).sqrt()
    } else {
        1.0
    };
    if deviation == 0.0 {
        return Err(Error::invalid(format!(
            "column {} of table is constant: it cannot be scaled",
            column + 1
        )));
    }
    for (i, value) in values.iter().enumerate() {
        a.values[i * a.columns + column] = (value - mean) / deviation;
    }
    Ok(())
}

/// A component may point either way: the largest of its loadings is made positive.
fn largest_positive(v: &mut Matrix) -> Vec<f64> {
    let mut signs = vec![1.0; v.columns];
    for (j, sign) in signs.iter_mut().enumerate() {
        let larger = |x: f64, y: f64| if y.abs() > x.abs() { y } else { x };
        if (0..v.rows).map(|i| v.at(i, j)).fold(0.0, larger) < 0.0 {
            *sign = -1.0;
        }
    }
    *v = Matrix::from_fn(v.rows, v.columns, |i, j| v.at(i, j) * signs[j]);
    signs
}

pub(crate) fn column(values: impl Iterator<Item = f64>) -> Matrix {
    let values: Vec<f64> = values.collect();
    Matrix {
        rows: values.len(),
        columns: 1,
        values,
    }
}

fn square(call: &Call) -> Result<Matrix, Error> {
    let a = matrix(call, 0, "a")?;
    if a.rows != a.columns {
        return Err(Error::invalid(format!(
            "a is {} by {}, not square",
            a.rows, a.columns
        )));
    }
    work(a, MAX_WORK)
}

fn right_side(call: &Call) -> Result<Matrix, Error> {
    matrix(call, 1, "b")
}

fn symmetric(a: &Matrix) -> Result<(), Error> {
    let largest = a.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
    for i in 0..a.rows {
        for j in 0..i {
            if (a.at(i, j) - a.at(j, i)).abs() > largest * SYMMETRY {
                let (row, column) = (i + 1, j + 1);
                return Err(Error::invalid(format!(
                    "a is not symmetric: row {row}, column {column} differs from its mirror"
                )));
            }
        }
    }
    Ok(())
}

fn work(a: Matrix, most: u128) -> Result<Matrix, Error> {
    bounded(
        "the matrix",
        [a.rows, a.columns, a.rows.min(a.columns)],
        most,
    )?;
    Ok(a)
}

fn bounded(what: &str, sizes: [usize; 3], most: u128) -> Result<(), Error> {
    let numbers = sizes[0].saturating_mul(sizes[1].max(sizes[2]));
    if numbers > MAX_NUMBERS {
        return Err(Error::invalid(format!(
            "{what} has {numbers} numbers, at most {MAX_NUMBERS} fit"
        )));
    }
    let work: u128 = sizes.iter().map(|s| *s as u128).product();
    if work > most {
        return Err(Error::invalid(format!(
            "{what} is too large: {work} multiplications, at most {most}"
        )));
    }
    Ok(())
}

fn regular(x: &Matrix) -> Result<(), Error> {
    if x.values.iter().all(|v| v.is_finite()) {
        Ok(())
    } else {
        Err(Error::invalid(
            "a is singular, or its numbers are too far apart",
        ))
    }
}

fn residual(a: &Matrix, x: &Matrix, b: &Matrix) -> f64 {
    let ax = linear::multiply(a, x);
    ax.values
        .iter()
        .zip(&b.values)
        .map(|(p, q)| (p - q) * (p - q))
        .sum::<f64>()
        .sqrt()
}

fn explain(trouble: Trouble) -> Error {
    match trouble {
        Trouble::NotPositive(i) => Error::invalid(format!(
            "a is not positive definite: pivot {} is not above 0",
            i + 1
        )),
        _ => Error::failed("the iteration did not converge"),
    }
}
