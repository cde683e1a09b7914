//! Statistics of tables. A missing value is an empty field, `NA` or `NaN`.

use inos_math_linear::{self as linear, Matrix};
use inos_sdk::{Call, Error};

use crate::algebra::fit;
use crate::table::{Table, write_labelled, write_named};

const DESCRIBED: [&str; 13] = [
    "column", "count", "missing", "mean", "std", "min", "q25", "median", "q75", "max", "sum",
    "skewness", "kurtosis",
];

/// Columns that are compared with each other.
const MAX_COMPARED: usize = 2000;

pub(crate) fn describe(call: &mut Call) -> Result<(), Error> {
    let table = Table::read(call, 0, "table")?;
    let columns = table.cells.columns;
    let mut rows = Vec::new();
    for j in 0..columns {
        call.progress(j as u64, columns as u64)?;
        rows.extend(summary(table.column(j)));
    }
    let labels: Vec<String> = (0..columns).map(|j| table.name(j)).collect();
    let m = Matrix {
        rows: columns,
        columns: DESCRIBED.len() - 1,
        values: rows,
    };
    write_labelled(call, 0, &DESCRIBED.map(String::from), &labels, &m)
}

fn summary(all: Vec<f64>) -> [f64; 12] {
    let mut v: Vec<f64> = all.iter().copied().filter(|x| !x.is_nan()).collect();
    v.sort_by(f64::total_cmp);
    let n = v.len() as f64;
    let sum: f64 = v.iter().sum();
    let mean = sum / n;
    let moment = |power: i32| v.iter().map(|x| (x - mean).powi(power)).sum::<f64>();
    let (m2, m3, m4) = (moment(2), moment(3), moment(4));
    let missing = (all.len() - v.len()) as f64;
    [
        n,
        missing,
        mean,
        (m2 / (n - 1.0)).sqrt(),
        quantile(&v, 0.0),
        quantile(&v, 0.25),
        quantile(&v, 0.5),
        quantile(&v, 0.75),
        quantile(&v, 1.0),
        sum,
        m3 / n / (m2 / n).powf(1.5),
        m4 / n / (m2 / n).powi(2) - 3.0,
    ]
}

/// A quantile of sorted values, straight between neighbours; NaN of none.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = q * last as f64;
    let low = (at.floor() as usize).min(last);
    let (a, b) = (sorted[low], sorted[(low + 1).min(last)]);
    if a == b {
        a
    } else {
        a + (b - a) * (at - low as f64)
    }
}

pub(crate) fn histogram(call: &mut Call) -> Result<(), Error> {
    let (column, bins) = (call.params().count(0)?, call.params().count(1)?);
    let (low, high) = (call.params().number(2)?, call.params().number(3)?);
    let table = Table::read(call, 0, "table")?;
    let values = table.column(pick(&table, "column", column)?);
    if let Some(row) = values.iter().position(|v| v.is_infinite()) {
        return Err(Error::invalid(format!(
            "value {} of column {column} is infinite",
            row + 1
        )));
    }
    let values: Vec<f64> = values.into_iter().filter(|v| !v.is_nan()).collect();
    let (low, high) = range(&values, low, high)?;
    let edge = |i: usize| {
        if i == bins {
            high
        } else {
            low + (high - low) * (i as f64 / bins as f64)
        }
    };
    let mut counts = vec![0u64; bins];
    for v in values.iter().filter(|v| **v >= low && **v <= high) {
        let mut i = (((v - low) / (high - low) * bins as f64) as usize).min(bins - 1);
        // The division may land beside an edge: the edges that are written decide.
        if *v < edge(i) {
            i -= 1;
        } else if i + 1 < bins && *v >= edge(i + 1) {
            i += 1;
        }
        counts[i] += 1;
    }
    let inside: u64 = counts.iter().sum();
    call.result(0, inside as f64)?;
    call.result(1, (values.len() as u64 - inside) as f64)?;
    let m = Matrix::from_fn(bins, 3, |i, j| [edge(i), edge(i + 1), counts[i] as f64][j]);
    write_named(call, 0, &["low", "high", "count"].map(String::from), &m)
}

/// Where bins begin and end: as asked for, else at the smallest and the largest value.
fn range(values: &[f64], low: f64, high: f64) -> Result<(f64, f64), Error> {
    if low > high {
        return Err(Error::invalid(format!(
            "low is {low}, above high, which is {high}"
        )));
    }
    if low < high {
        return Ok((low, high));
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Err(Error::invalid("column has no value"));
    }
    let (low, high) = if low == high {
        (low - 0.5, high + 0.5)
    } else {
        (low, high)
    };
    if (high - low).is_finite() && low < high {
        Ok((low, high))
    } else {
        Err(Error::invalid("column spans too much for bins"))
    }
}

pub(crate) fn correlation(call: &mut Call) -> Result<(), Error> {
    let ranked = call.params().choice(0)? == 1;
    let (names, mut columns) = compared(call)?;
    if ranked {
        columns = columns.iter().map(|c| ranks(c)).collect();
    }
    for c in &mut columns {
        let length = c.iter().map(|v| v * v).sum::<f64>().sqrt();
        let mean = centre(c);
        let left = c.iter().map(|v| v * v).sum::<f64>().sqrt();
        // What rounding leaves of a constant column is no variation.
        let constant = left <= length.max(mean.abs()) * 1e-14;
        c.iter_mut()
            .for_each(|v| *v = if constant { f64::NAN } else { *v / left });
    }
    let dot = |i: usize, j: usize| {
        if i == j && !columns[i][0].is_nan() {
            1.0
        } else {
            dot(&columns[i], &columns[j]).clamp(-1.0, 1.0)
        }
    };
    square(call, &names, dot)
}

pub(crate) fn covariance(call: &mut Call) -> Result<(), Error> {
    let (names, mut columns) = compared(call)?;
    columns.iter_mut().for_each(|c| {
        centre(c);
    });
    let n = columns[0].len() as f64 - 1.0;
    square(call, &names, |i, j| dot(&columns[i], &columns[j]) / n)
}

/// Names and columns of a table without gaps and of two rows or more.
fn compared(call: &Call) -> Result<(Vec<String>, Vec<Vec<f64>>), Error> {
    let table = Table::read(call, 0, "table")?;
    let names: Vec<String> = (0..table.cells.columns).map(|j| table.name(j)).collect();
    let m = table.finite()?;
    if m.rows < 2 {
        return Err(Error::invalid("table has 1 row, this takes 2"));
    }
    if m.columns > MAX_COMPARED {
        return Err(Error::invalid(format!(
            "table has {} columns, at most {MAX_COMPARED} are compared",
            m.columns
        )));
    }
    let columns = (0..m.columns)
        .map(|j| (0..m.rows).map(|i| m.at(i, j)).collect())
        .collect();
    Ok((names, columns))
}

fn square(call: &Call, names: &[String], at: impl Fn(usize, usize) -> f64) -> Result<(), Error> {
    let n = names.len();
    let mut m = Matrix {
        rows: n,
        columns: n,
        values: vec![0.0; n * n],
    };
    for i in 0..n {
        call.progress(i as u64, n as u64)?;
        for j in 0..=i {
            let value = at(i, j);
            m.values[i * n + j] = value;
            m.values[j * n + i] = value;
        }
    }
    let header: Vec<String> = std::iter::once("column".into())
        .chain(names.iter().cloned())
        .collect();
    write_labelled(call, 0, &header, names, &m)
}

fn centre(values: &mut [f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.iter_mut().for_each(|v| *v -= mean);
    mean
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Ranks from 1; equal values share the mean of theirs.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|a, b| values[*a] == values[*b]) {
        let mean = start as f64 + (group.len() as f64 + 1.0) / 2.0;
        group.iter().for_each(|i| ranks[*i] = mean);
        start += group.len();
    }
    ranks
}

pub(crate) fn regression(call: &mut Call) -> Result<(), Error> {
    let intercept = call.params().flag(1)?;
    let table = Table::read(call, 0, "table")?;
    let target = pick(&table, "target", call.params().count(0)?)?;
    let mut names: Vec<String> = (0..table.cells.columns)
        .filter(|j| *j != target)
        .map(|j| table.name(j))
        .collect();
    let others: Vec<usize> = (0..table.cells.columns).filter(|j| *j != target).collect();
    let m = table.finite()?;
    let columns = others.len() + usize::from(intercept);
    if columns == 0 || m.rows <= columns {
        return Err(Error::invalid(format!(
            "{} rows are too few for {columns} coefficients",
            m.rows
        )));
    }
    if intercept {
        names.insert(0, "intercept".into());
    }
    let shift = usize::from(intercept);
    let x = Matrix::from_fn(m.rows, columns, |i, j| {
        if j < shift {
            1.0
        } else {
            m.at(i, others[j - shift])
        }
    });
    let y = Matrix::from_fn(m.rows, 1, |i, _| m.at(i, target));
    let b = fit(&x, &y)?;
    report(call, &names, &x, &y, &b, intercept)
}

fn report(
    call: &Call,
    names: &[String],
    x: &Matrix,
    y: &Matrix,
    b: &Matrix,
    intercept: bool,
) -> Result<(), Error> {
    let fitted = linear::multiply(x, b);
    let left: f64 = fitted
        .values
        .iter()
        .zip(&y.values)
        .map(|(f, v)| (f - v) * (f - v))
        .sum();
    let mut total = y.values.clone();
    if intercept {
        centre(&mut total);
    }
    let degrees = (x.rows - x.columns) as f64;
    let r2 = 1.0 - left / dot(&total, &total);
    let all = x.rows as f64 - f64::from(u8::from(intercept));
    let (_, r) = linear::qr(x);
    let inverse = linear::invert(&r);
    let error = |i: usize| {
        (left / degrees
            * (0..r.columns)
                .map(|j| inverse.at(i, j).powi(2))
                .sum::<f64>())
        .sqrt()
    };
    for (i, value) in [
        r2,
        1.0 - (1.0 - r2) * all / degrees,
        (left / degrees).sqrt(),
        degrees,
    ]
    .into_iter()
    .enumerate()
    {
        call.result(i as u32, value)?;
    }
    let m = Matrix::from_fn(b.rows, 3, |i, j| {
        [b.values[i], error(i), b.values[i] / error(i)][j]
    });
    write_labelled(
        call,
        0,
        &["term", "coefficient", "std_error", "t"].map(String::from),
        names,
        &m,
    )
}

/// The index of a column given by its number from 1; 0 is the last.
fn pick(table: &Table, name: &str, number: usize) -> Result<usize, Error> {
    let columns = table.cells.columns;
    let number = if number == 0 { columns } else { number };
    if number > columns {
        return Err(Error::invalid(format!(
            "{name} is {number}, the table has {columns} columns"
        )));
    }
    Ok(number - 1)
}
