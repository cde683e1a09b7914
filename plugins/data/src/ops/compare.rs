//! Ops that hold one table beside another.

use inos_sdk::{Call, Error};

use super::{OWN, WRITES, all, source, text};
use crate::budget::Held;
use crate::keys::Keys;
use crate::source::Source;
use crate::table::{Column, Rows, Table, find, picked};
use crate::value::{Owned, Value};
use crate::write::Writer;

/// A whole table.
fn loaded(call: &Call, source: &mut Source) -> Result<Rows, Error> {
    let wanted = all(&source.columns);
    let mut table = Table::new(wanted.len());
    source.each(call, &wanted, &mut |batch| {
        table.append(&batch).map(|()| true)
    })?;
    table.done()
}

/// The number of each key's row. A key that comes twice says that it is none.
fn keyed(rows: &Rows, places: &[usize]) -> Result<Keys, Error> {
    let (mut keys, mut key) = (Keys::default(), Vec::new());
    for number in 0..rows.len() {
        if let Some(row) = rows.row(number) {
            row.key(places.iter().copied(), &mut key);
            if !keys.place(&key)?.1 {
                return Err(twice("before", number as u64 + 1));
            }
        }
    }
    Ok(keys)
}

fn twice(table: &str, row: u64) -> Error {
    Error::invalid(format!(
        "keys: row {row} of the data of {table} has the keys of a row before it"
    ))
}

/// What changed between two tables: rows that were added and removed, and cells of rows with the
/// same keys.
pub(crate) fn diff(call: &mut Call) -> Result<(), Error> {
    let (mut before, mut after) = (source(call, 0)?, source(call, 1)?);
    let list = text(call, 0)?;
    if list.is_empty() {
        return Err(Error::invalid("keys: name at least one column"));
    }
    let old_keys = picked(&before.columns, &list)?;
    let new_keys = picked(&after.columns, &list)?;
    let pairs = partners(&before.columns, &after.columns, &old_keys);
    let old = loaded(call, &mut before)?;
    let keys = keyed(&old, &old_keys)?;
    let mut columns = vec![Column::new("change")];
    columns.extend(old_keys.iter().map(|p| before.columns[*p].clone()));
    columns.extend(["column", "before", "after"].map(Column::new));
    let mut writer = Writer::open(call, WRITES, &columns)?;
    let (mut seen, mut news, mut key) = (vec![false; old.len()], Keys::default(), Vec::new());
    let (mut held, mut counts, mut number) = (Held::default(), [0u64; 3], 0);
    held.grow(old.len())?;
    let wanted = all(&after.columns);
    after.each(call, &wanted, &mut |batch| {
        for row in batch.rows() {
            number += 1;
            row.key(new_keys.iter().copied(), &mut key);
            if !news.place(&key)?.1 {
                return Err(twice("after", number));
            }
            let named = || new_keys.iter().map(|p| row.get(*p));
            let Some(place) = keys.find(&key) else {
                counts[0] += 1;
                let rest = [Value::Null, Value::Null, Value::Null];
                let change = [Value::Text("added".into())];
                writer.values(change.into_iter().chain(named()).chain(rest))?;
                continue;
            };
            seen[place] = true;
            let mut changed = false;
            for (name, left, right) in &pairs {
                let was = old.get(place, *left);
                let is = row.get(*right);
                if was.order(&is).is_ne() {
                    changed = true;
                    let change = [Value::Text("changed".into())];
                    let cell = [Value::Text(name.as_str().into()), was, is];
                    writer.values(change.into_iter().chain(named()).chain(cell))?;
                }
            }
            counts[2] += u64::from(changed);
        }
        Ok(true)
    })?;
    for place in (0..old.len()).filter(|place| !seen[*place]) {
        counts[1] += 1;
        let named = old_keys.iter().map(|p| old.get(place, *p));
        let change = [Value::Text("removed".into())];
        let rest = [Value::Null, Value::Null, Value::Null];
        writer.values(change.into_iter().chain(named).chain(rest))?;
    }
    writer.end()?;
    for (result, count) in counts.into_iter().enumerate() {
        call.result(result as u32, count as f64)?;
    }
    Ok(())
}

/// The columns that both tables have, but for the keys: name and places.
fn partners(left: &[Column], right: &[Column], keys: &[usize]) -> Vec<(String, usize, usize)> {
    let mut pairs = Vec::new();
    for (place, column) in left.iter().enumerate().filter(|(p, _)| !keys.contains(p)) {
        if let Some(other) = right.iter().position(|c| c.name == column.name) {
            pairs.push((column.name.clone(), place, other));
        }
    }
    pairs
}

/// Joins each row of the left table with the row of the right one that comes last before it, or with
/// it, in a column like a time.
pub(crate) fn asof_join(call: &mut Call) -> Result<(), Error> {
    let (mut left, mut right) = (source(call, 0)?, source(call, 1)?);
    let on = text(call, 0)?;
    let (l, r) = on.split_once('=').unwrap_or((&on, &on));
    let on = (find(&left.columns, l)?, find(&right.columns, r)?);
    let by = match text(call, 1)?.as_str() {
        "" => (Vec::new(), Vec::new()),
        list => (picked(&left.columns, list)?, picked(&right.columns, list)?),
    };
    let forward = call.params().choice(OWN + 2)? == 1;
    let kept = loaded(call, &mut right)?;
    let (keys, groups, _held) = sorted_groups(&kept, on.1, &by.1)?;
    let outs: Vec<usize> = (0..right.columns.len())
        .filter(|p| !by.1.contains(p) && (*p != on.1 || l != r))
        .collect();
    let mut columns = left.columns.clone();
    for place in &outs {
        let mut name = right.columns[*place].name.clone();
        while columns.iter().any(|c| c.name == name) {
            name.push_str("_right");
        }
        columns.push(Column::new(name));
    }
    let mut writer = Writer::open(call, WRITES, &columns)?;
    let mut key = Vec::new();
    let wanted = all(&left.columns);
    left.each(call, &wanted, &mut |batch| {
        for row in batch.rows() {
            let whole = row.key(by.0.iter().copied(), &mut key);
            let number = if whole { keys.find(&key) } else { None };
            let group = number.and_then(|number| groups.get(number));
            let time = row.get(on.0);
            let partner = match group {
                Some(group) if !time.is_null() => nearest(&kept, on.1, group, &time, forward)?,
                _ => None,
            };
            let cell =
                |place: &usize| partner.map_or(Value::Null, |p| kept.get(p as usize, *place));
            writer.values(row.cells().chain(outs.iter().map(cell)))?;
        }
        Ok(true)
    })?;
    call.result(0, writer.end()?)
}

/// The rows of each key in the order of a column, without those that have null there.
fn sorted_groups(
    rows: &Rows,
    on: usize,
    by: &[usize],
) -> Result<(Keys, Vec<Vec<u32>>, Held), Error> {
    let (mut keys, mut groups, mut key) = (Keys::default(), Vec::<Vec<u32>>::new(), Vec::new());
    let mut held = Held::default();
    held.grow(rows.len() * 2 * size_of::<u32>())?;
    for number in 0..rows.len() {
        let Some(row) = rows.row(number) else {
            continue;
        };
        if row.get(on).is_null() || !row.key(by.iter().copied(), &mut key) {
            continue;
        }
        let (group, new) = keys.place(&key)?;
        if new {
            groups.push(Vec::new());
        }
        groups[group].push(number as u32);
    }
    let at = |row: &u32| rows.get(*row as usize, on);
    for group in &mut groups {
        group.sort_by(|a, b| at(a).order(&at(b)));
    }
    Ok((keys, groups, held))
}

/// The last row not after a time, or the first one not before it.
fn nearest(
    rows: &Rows,
    on: usize,
    group: &[u32],
    time: &Value,
    forward: bool,
) -> Result<Option<u32>, Error> {
    let at = |row: &u32| rows.get(*row as usize, on);
    if let Some(first) = group.first() {
        let other: Owned = at(first).into_owned();
        let text = |value: &Value| matches!(value, Value::Text(_));
        if text(&other) != text(time) {
            return Err(Error::invalid(
                "on: one table holds texts there, the other one does not",
            ));
        }
    }
    Ok(if forward {
        let place = group.partition_point(|row| at(row).order(time).is_lt());
        group.get(place).copied()
    } else {
        let place = group.partition_point(|row| at(row).order(time).is_le());
        place.checked_sub(1).map(|place| group[place])
    })
}
