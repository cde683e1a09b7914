//! Ops that keep some of the rows.

use inos_sdk::{Call, Error};

use super::{OWN, WRITES, all, at_row, over, source, text, written};
use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch};
use crate::expr::Node;
use crate::keys::Keys;
use crate::sql::{Direction, Sorter};
use crate::table::{find, names, picked};
use crate::value::Owned;
use crate::write::{Sink, Writer, schema as described};

pub(crate) fn head(call: &mut Call) -> Result<(), Error> {
    let count = call.params().count(OWN)?;
    span(call, 0, count)
}

pub(crate) fn slice(call: &mut Call) -> Result<(), Error> {
    let (from, count) = (call.params().count(OWN)?, call.params().count(OWN + 1)?);
    span(call, from, count)
}

fn span(call: &Call, from: usize, count: usize) -> Result<(), Error> {
    let source = source(call, 0)?;
    let columns = source.columns.clone();
    let (mut skip, mut left) = (from, count);
    written(call, source, &all(&columns), &columns, |batch| {
        if left == 0 {
            return Ok(None);
        }
        let skipped = skip.min(batch.rows);
        let part = batch.part(skipped, left);
        (skip, left) = (skip - skipped, left - part.rows);
        Ok(Some(part))
    })
}

pub(crate) fn schema(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let wanted = all(&source.columns);
    let mut count = 0;
    source.each(call, &wanted, &mut |batch| {
        count += batch.rows;
        Ok(true)
    })?;
    let mut sink = Sink::new(call.output(0)?);
    sink.write(described(&source.columns).as_bytes())?;
    sink.end()?;
    call.result(0, count as f64)?;
    call.result(1, source.columns.len() as f64)
}

pub(crate) fn filter(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let columns = source.columns.clone();
    let condition = over(&columns, "where", &text(call, 0)?)?;
    let mut done = 0;
    written(call, source, &all(&columns), &columns, |batch| {
        let rows = kept(&batch, &condition, done)?;
        done += batch.rows as u64;
        Ok(Some(rows))
    })
}

fn kept(batch: &Batch, condition: &Node, done: u64) -> Result<Batch, Error> {
    batch.kept(|row| {
        let holds = condition.holds(row);
        holds.map_err(|e| at_row("where", done + row.row as u64 + 1, e))
    })
}

/// A row by itself, while it may be thrown away again.
fn copied(batch: &Batch, row: usize, held: &mut Held) -> Result<Vec<Owned>, Error> {
    let row: Vec<Owned> = batch.row(row).cells().map(|v| v.into_owned()).collect();
    held.grow(row.iter().map(Owned::cost).sum())?;
    Ok(row)
}

/// Keeps `count` rows, each with the same chance, in their order: reservoir sampling.
pub(crate) fn sample(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let count = call.params().count(OWN)?;
    let mut state = call.params().integer(OWN + 1)? as u64;
    let mut kept: Vec<(u64, Held, Vec<Owned>)> = Vec::new();
    let mut number = 0u64;
    let wanted = all(&source.columns);
    source.each(call, &wanted, &mut |batch| {
        for row in 0..batch.rows {
            number += 1;
            let place = if kept.len() < count {
                kept.push((0, Held::default(), Vec::new()));
                kept.len() - 1
            } else {
                // A product instead of a remainder: no value is likelier by more than 2^-64 rows.
                ((u128::from(next(&mut state)) * u128::from(number)) >> 64) as usize
            };
            if let Some(slot) = kept.get_mut(place) {
                *slot = (0, Held::default(), Vec::new());
                slot.0 = number;
                slot.2 = copied(&batch, row, &mut slot.1)?;
            }
        }
        Ok(true)
    })?;
    kept.sort_by_key(|row| row.0);
    let mut writer = Writer::open(call, WRITES, &source.columns)?;
    for (_, _, row) in kept {
        writer.values(row.into_iter())?;
    }
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

pub(crate) fn tail(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let count = call.params().count(OWN)?;
    let mut kept: std::collections::VecDeque<(Held, Batch)> = Default::default();
    let mut rows = 0;
    let wanted = all(&source.columns);
    source.each(call, &wanted, &mut |batch| {
        let mut held = Held::default();
        held.grow(batch.columns.iter().map(|c| c.cost()).sum())?;
        rows += batch.rows;
        kept.push_back((held, batch));
        while kept.front().is_some_and(|(_, b)| rows - b.rows >= count) {
            rows -= kept.pop_front().map_or(0, |(_, b)| b.rows);
        }
        Ok(true)
    })?;
    let mut writer = Writer::open(call, WRITES, &source.columns)?;
    let mut skip = rows.saturating_sub(count);
    for (_, batch) in kept {
        writer.batch(&batch.part(skip.min(batch.rows), batch.rows))?;
        skip = skip.saturating_sub(batch.rows);
    }
    call.result(0, writer.end()?)
}

pub(crate) fn sort(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let nulls_last = call.params().flag(OWN + 1)?;
    let (mut places, mut directions) = (Vec::new(), Vec::new());
    for name in names(&text(call, 0)?)? {
        let descending = name.starts_with('-') && find(&source.columns, &name).is_err();
        let bare = if descending { &name[1..] } else { &name };
        places.push(find(&source.columns, bare)?);
        directions.push(Direction {
            descending,
            nulls_first: !nulls_last && !descending,
        });
    }
    if places.is_empty() {
        return Err(Error::invalid("by: name at least one column"));
    }
    let mut sorter = Sorter::new(source.columns.len(), directions, usize::MAX);
    let wanted = all(&source.columns);
    source.each(call, &wanted, &mut |batch| {
        let keys = Batch {
            rows: batch.rows,
            columns: places.iter().map(|p| batch.columns[*p].clone()).collect(),
        };
        sorter.add(&batch, &keys).map(|()| true)
    })?;
    let mut writer = Writer::open(call, WRITES, &source.columns)?;
    sorter.finish(&mut |batch| writer.batch(&batch).map(|()| true))?;
    call.result(0, writer.end()?)
}

pub(crate) fn distinct(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let places = picked(&source.columns, &text(call, 0)?)?;
    let columns = source.columns.clone();
    let (mut known, mut key) = (Keys::default(), Vec::with_capacity(BATCH_ROWS));
    written(call, source, &all(&columns), &columns, |batch| {
        let mut new = Vec::new();
        for row in batch.rows() {
            row.key(places.iter().copied(), &mut key);
            if known.place(&key)?.1 {
                new.push(row.row as u32);
            }
        }
        Ok(Some(batch.gather(&new)))
    })
}
