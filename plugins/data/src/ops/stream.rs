//! Ops that see one batch of rows at a time: a file of any size takes the same memory.

use inos_sdk::{Call, Error};

use crate::call::convert as converted;
use crate::expr::{Node, compile};
use crate::source::{READ_PARAMS, Reading, Source};
use crate::sql::{Plain, expression, seen};
use crate::table::{Column, find, names, picked};
use crate::value::{Kind, Value};
use crate::write::{Sink, Writer, schema as described};

/// The parameter that says how to write, and the first of an op's own.
pub(crate) const WRITES: u32 = READ_PARAMS;
pub(crate) const OWN: u32 = WRITES + 1;

pub(crate) fn source(call: &Call) -> Result<Source<'_>, Error> {
    Source::open(call, 0, &Reading::of(call)?)
}

pub(crate) fn text(call: &Call, index: u32) -> Result<String, Error> {
    Ok(call.params().text(OWN + index)?.trim().to_string())
}

/// Writes what `each` makes of a row: another row, or nothing.
fn rows(
    call: &Call,
    mut source: Source,
    columns: &[Column],
    mut each: impl FnMut(u64, &[Value]) -> Result<Option<Vec<Value>>, Error>,
) -> Result<(), Error> {
    let mut writer = Writer::open(call, WRITES, columns)?;
    let mut number = 0;
    source.each(call, |batch| {
        for row in batch.rows() {
            number += 1;
            if let Some(row) = each(number, row)? {
                writer.row(&row)?;
            }
        }
        Ok(true)
    })?;
    call.result(0, writer.end()?)
}

pub(crate) fn convert(call: &mut Call) -> Result<(), Error> {
    span(call, 0, u64::MAX)
}

pub(crate) fn head(call: &mut Call) -> Result<(), Error> {
    let count = call.params().count(OWN)? as u64;
    span(call, 0, count)
}

pub(crate) fn slice(call: &mut Call) -> Result<(), Error> {
    let (from, count) = (
        call.params().count(OWN)? as u64,
        call.params().count(OWN + 1)? as u64,
    );
    span(call, from, count)
}

fn span(call: &Call, from: u64, count: u64) -> Result<(), Error> {
    let mut source = source(call)?;
    let columns = source.columns.clone();
    let mut writer = Writer::open(call, WRITES, &columns)?;
    let end = from.saturating_add(count);
    let mut number = 0;
    source.each(call, |batch| {
        for row in batch.rows() {
            if number >= end {
                return Ok(false);
            }
            if number >= from {
                writer.row(row)?;
            }
            number += 1;
        }
        Ok(true)
    })?;
    call.result(0, writer.end()?)
}

pub(crate) fn schema(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call)?;
    let columns = source.columns.clone();
    let mut count = 0;
    source.each(call, |batch| {
        count += batch.len();
        Ok(true)
    })?;
    let mut sink = Sink::new(call.output(0)?);
    sink.write(described(&columns).as_bytes())?;
    sink.end()?;
    call.result(0, count as f64)?;
    call.result(1, columns.len() as f64)
}

fn over(columns: &[Column], param: &str, text: &str) -> Result<Node, Error> {
    let expr = expression(param, text)?;
    compile(&expr, &mut Plain(seen(columns, None)))
        .map_err(|e| Error::invalid(format!("{param}: {e}")))
}

fn at_row(param: &str, number: u64, error: Error) -> Error {
    Error::invalid(format!("{param}, row {number} of the data: {error}"))
}

pub(crate) fn filter(call: &mut Call) -> Result<(), Error> {
    let source = source(call)?;
    let columns = source.columns.clone();
    let condition = over(&columns, "where", &text(call, 0)?)?;
    rows(call, source, &columns, |number, row| {
        let holds = condition
            .holds(row)
            .map_err(|e| at_row("where", number, e))?;
        Ok(holds.then(|| row.to_vec()))
    })
}

pub(crate) fn select(call: &mut Call) -> Result<(), Error> {
    let source = source(call)?;
    let mut places = picked(&source.columns, &text(call, 0)?)?;
    if call.params().flag(OWN + 1)? {
        places = (0..source.columns.len())
            .filter(|p| !places.contains(p))
            .collect();
    }
    let columns: Vec<_> = places.iter().map(|p| source.columns[*p].clone()).collect();
    rows(call, source, &columns, |_, row| {
        Ok(Some(places.iter().map(|p| row[*p].clone()).collect()))
    })
}

pub(crate) fn rename(call: &mut Call) -> Result<(), Error> {
    let source = source(call)?;
    let mut columns = source.columns.clone();
    for pair in names(&text(call, 0)?)? {
        let Some((old, new)) = pair.split_once('=') else {
            return Err(Error::invalid(format!("names: {pair:?} is not old=new")));
        };
        columns[find(&source.columns, old)?].name = new.trim().to_string();
    }
    for (i, column) in columns.iter().enumerate() {
        if columns[..i].iter().any(|c| c.name == column.name) {
            return Err(Error::invalid(format!(
                "names: two columns would be {:?}",
                column.name
            )));
        }
    }
    rows(call, source, &columns, |_, row| Ok(Some(row.to_vec())))
}

pub(crate) fn cast(call: &mut Call) -> Result<(), Error> {
    let source = source(call)?;
    let mut columns = source.columns.clone();
    let places = picked(&columns, &text(call, 0)?)?;
    let kinds = [Kind::Int, Kind::Float, Kind::Text, Kind::Bool];
    let kind = kinds[(call.params().choice(OWN + 1)? as usize).min(3)];
    let lenient = call.params().flag(OWN + 2)?;
    for place in &places {
        columns[*place].kind = kind;
    }
    rows(call, source, &columns, |number, row| {
        let mut row = row.to_vec();
        for place in &places {
            let value = converted(&row[*place], kind);
            row[*place] = match value {
                Err(_) if lenient => Value::Null,
                value => value.map_err(|e| at_row(&columns[*place].name, number, e))?,
            };
        }
        Ok(Some(row))
    })
}

pub(crate) fn derive(call: &mut Call) -> Result<(), Error> {
    let source = source(call)?;
    let mut columns = source.columns.clone();
    let name = text(call, 0)?;
    if name.is_empty() {
        return Err(Error::invalid("name: the new column needs one"));
    }
    let value = over(&columns, "value", &text(call, 1)?)?;
    let place = columns.iter().position(|c| c.name == name);
    if place.is_none() {
        columns.push(Column {
            name,
            kind: Kind::Null,
        });
    }
    rows(call, source, &columns, |number, row| {
        let made = value.eval(row).map_err(|e| at_row("value", number, e))?;
        let mut row = row.to_vec();
        match place {
            Some(place) => row[place] = made,
            None => row.push(made),
        }
        Ok(Some(row))
    })
}

/// Keeps `count` rows, each with the same chance, in their order: reservoir sampling.
pub(crate) fn sample(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call)?;
    let count = call.params().count(OWN)?;
    let mut state = call.params().integer(OWN + 1)? as u64;
    let mut kept: Vec<(u64, Vec<Value>)> = Vec::new();
    let mut number = 0u64;
    source.each(call, |batch| {
        for row in batch.rows() {
            number += 1;
            if kept.len() < count {
                kept.push((number, row.to_vec()));
            } else {
                // A product instead of a remainder: no value is likelier by more than 2^-64 rows.
                let place = (u128::from(next(&mut state)) * u128::from(number)) >> 64;
                if let Some(slot) = kept.get_mut(place as usize) {
                    *slot = (number, row.to_vec());
                }
            }
        }
        Ok(true)
    })?;
    kept.sort_by_key(|row| row.0);
    let mut writer = Writer::open(call, WRITES, &source.columns)?;
    kept.iter().try_for_each(|(_, row)| writer.row(row))?;
    call.result(0, writer.end()?)
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
