//! Adds numbers: the smallest plugin that does something, and what `inos bench call` calls.

#![forbid(unsafe_code)]

mod summary;

use inos_sdk::{Call, Error};
use summary::Summary;

/// Values mapped at a time, so that a file may be larger than the window region: 16 MiB.
const WINDOW_VALUES: usize = 4 << 20;
const VALUE_BYTES: u64 = size_of::<f32>() as u64;

inos_sdk::plugin! {
    ops: { 0 => add, 1 => add_at, 2 => sum },
}

fn add(call: &mut Call) -> Result<(), Error> {
    let (a, b) = (call.params().number(0)?, call.params().number(1)?);
    call.result(0, a + b)
}

fn add_at(call: &mut Call) -> Result<(), Error> {
    let (i, j) = (call.params().count(0)?, call.params().count(1)?);
    let input = call.input(0)?;
    let values: &[f32] = input.slice()?;
    let at = |name: &str, position: usize| {
        let count = values.len();
        let none = || Error::invalid(format!("{name} is {position}, the file has {count} values"));
        values.get(position).map(|v| f64::from(*v)).ok_or_else(none)
    };
    call.result(0, at("i", i)? + at("j", j)?)
}

fn sum(call: &mut Call) -> Result<(), Error> {
    let summary = summarise(call)?;
    call.result(0, summary.count as f64)?;
    call.result(1, summary.sum)?;
    call.result(2, summary.min.into())?;
    call.result(3, summary.max.into())?;
    call.result(4, summary.sum / summary.count as f64)
}

fn summarise(call: &Call) -> Result<Summary, Error> {
    let mut input = call.input(0)?;
    if input.is_empty() || input.len() % VALUE_BYTES != 0 {
        let len = input.len();
        return Err(Error::invalid(format!(
            "values has {len} bytes, not a multiple of 4 above 0"
        )));
    }
    let total = input.len() / VALUE_BYTES;
    let mut summary = Summary::default();
    while summary.count < total {
        call.progress(summary.count, total)?;
        let count = (total - summary.count).min(WINDOW_VALUES as u64) as usize;
        let values = input.elements(summary.count, count)?;
        summary
            .add(values)
            .map_err(|position| Error::invalid(format!("value {position} is not a number")))?;
    }
    call.progress(total, total)?;
    Ok(summary)
}
