//! Ops that hold whole tables.

use std::collections::{HashSet, VecDeque};
use std::rc::Rc;

use inos_sdk::{Call, Error};

use super::stream::{OWN, WRITES, source, text};
use crate::join::{Sort, on_columns};
use crate::source::{Reading, Source};
use crate::sql::{self, Direction, Relation, by_keys, key_of, seen};
use crate::table::{Table, find, names, picked};
use crate::value::Value;
use crate::write::Writer;

fn written(call: &Call, table: &Table) -> Result<(), Error> {
    let mut writer = Writer::open(call, WRITES, &table.columns)?;
    writer.table(table)?;
    call.result(0, writer.end()?)
}

/// All tables together have to fit the memory.
fn room(tables: &mut dyn Iterator<Item = &Table>) -> Result<(), Error> {
    let cost: usize = tables.map(Table::cost).sum();
    if cost > crate::table::MAX_TABLE_BYTES {
        return Err(Error::invalid(
            "the tables need more than 48 MiB of memory together; filter them first",
        ));
    }
    Ok(())
}

fn loaded(call: &Call, index: u32) -> Result<Table, Error> {
    Source::open(call, index, &Reading::of(call)?)?.table(call)
}

pub(crate) fn tail(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call)?;
    let count = call.params().count(OWN)?;
    let mut kept: VecDeque<Vec<Value>> = VecDeque::new();
    source.each(call, |batch| {
        for row in batch.rows() {
            kept.push_back(row.to_vec());
            if kept.len() > count {
                kept.pop_front();
            }
        }
        Ok(true)
    })?;
    let mut writer = Writer::open(call, WRITES, &source.columns)?;
    kept.iter().try_for_each(|row| writer.row(row))?;
    call.result(0, writer.end()?)
}

pub(crate) fn sort(call: &mut Call) -> Result<(), Error> {
    let table = loaded(call, 0)?;
    let nulls_last = call.params().flag(OWN + 1)?;
    let mut keys = Vec::new();
    for name in names(&text(call, 0)?)? {
        let descending = name.starts_with('-') && find(&table.columns, &name).is_err();
        let place = find(&table.columns, if descending { &name[1..] } else { &name })?;
        let nulls_first = if nulls_last { false } else { !descending };
        keys.push((
            place,
            Direction {
                descending,
                nulls_first,
            },
        ));
    }
    if keys.is_empty() {
        return Err(Error::invalid("by: name at least one column"));
    }
    let directions: Vec<_> = keys.iter().map(|k| k.1).collect();
    let ranks: Vec<Vec<Value>> = table
        .rows()
        .map(|row| keys.iter().map(|k| row[k.0].clone()).collect())
        .collect();
    let mut places: Vec<usize> = (0..table.len()).collect();
    places.sort_by(|a, b| by_keys(&ranks[*a], &ranks[*b], &directions));
    let mut writer = Writer::open(call, WRITES, &table.columns)?;
    places
        .iter()
        .try_for_each(|place| writer.row(table.row(*place)))?;
    call.result(0, writer.end()?)
}

pub(crate) fn distinct(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call)?;
    let places = picked(&source.columns, &text(call, 0)?)?;
    let mut known = HashSet::new();
    let mut bytes = 0;
    let columns = source.columns.clone();
    let mut writer = Writer::open(call, WRITES, &columns)?;
    source.each(call, |batch| {
        for row in batch.rows() {
            let key: Vec<Value> = places.iter().map(|p| row[*p].clone()).collect();
            let key = key_of(&key);
            let cost = key.len() + 48;
            if known.insert(key) {
                bytes += cost;
                if bytes > crate::table::MAX_TABLE_BYTES {
                    return Err(Error::invalid(
                        "the different rows need more than 48 MiB of memory",
                    ));
                }
                writer.row(row)?;
            }
        }
        Ok(true)
    })?;
    call.result(0, writer.end()?)
}

pub(crate) fn group_by(call: &mut Call) -> Result<(), Error> {
    let table = loaded(call, 0)?;
    let keys = names(&text(call, 0)?)?;
    let keys = keys
        .iter()
        .map(|name| {
            let place = find(&table.columns, name)?;
            Ok(format!(
                "\"{}\"",
                table.columns[place].name.replace('"', "\"\"")
            ))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let aggregates = text(call, 1)?;
    if aggregates.is_empty() {
        return Err(Error::invalid(
            "aggregates: name at least one, like count(*) AS n",
        ));
    }
    let list = keys.join(", ");
    let query = match keys.len() {
        0 => format!("SELECT {aggregates} FROM t1"),
        _ => format!("SELECT {list}, {aggregates} FROM t1 GROUP BY {list}"),
    };
    let made = sql::run(call, &query, &vec![("t1".into(), Rc::new(table))]);
    let made = made.map_err(|e| match e {
        Error::Invalid(text) => Error::Invalid(format!("aggregates: {text}")),
        other => other,
    })?;
    written(call, &made)
}

pub(crate) fn sql(call: &mut Call) -> Result<(), Error> {
    let given = names(&text(call, 1)?)?;
    let mut tables = sql::Named::new();
    for index in 0..call.input_count() {
        let table = Rc::new(loaded(call, index)?);
        if let Some(name) = given.get(index as usize) {
            tables.push((name.clone(), table.clone()));
        }
        tables.push((format!("t{}", index + 1), table));
        // A table with a name of its own counts once.
        room(
            &mut tables
                .iter()
                .filter(|t| !given.contains(&t.0))
                .map(|t| t.1.as_ref()),
        )?;
    }
    let made = sql::run(call, &text(call, 0)?, &tables)?;
    written(call, &made)
}

pub(crate) fn join(call: &mut Call) -> Result<(), Error> {
    let (left, right) = (loaded(call, 0)?, loaded(call, 1)?);
    let sorts = [
        Sort::Inner,
        Sort::Left,
        Sort::Right,
        Sort::Full,
        Sort::Semi,
        Sort::Anti,
    ];
    let sort = sorts[(call.params().choice(OWN + 1)? as usize).min(5)];
    let mut equal = Vec::new();
    for pair in names(&text(call, 0)?)? {
        let (l, r) = pair.split_once('=').unwrap_or((&pair, &pair));
        equal.push((find(&left.columns, l)?, find(&right.columns, r)?));
    }
    if equal.is_empty() {
        return Err(Error::invalid("on: name at least one column"));
    }
    let relation = |table: Table| Relation {
        seen: seen(&table.columns, None),
        table: Rc::new(table),
    };
    let made = on_columns(call, relation(left), relation(right), sort, equal)?;
    let mut table = Table::clone(&made.table);
    let mut known = HashSet::new();
    for column in &mut table.columns {
        while !known.insert(column.name.clone()) {
            column.name.push_str("_right");
        }
    }
    written(call, &table)
}

/// Rows of all inputs below each other; columns meet by their names.
pub(crate) fn union(call: &mut Call) -> Result<(), Error> {
    let mut tables = Vec::new();
    for index in 0..call.input_count() {
        tables.push(loaded(call, index)?);
        room(&mut tables.iter())?;
    }
    let mut columns = Vec::new();
    for column in tables.iter().flat_map(|t| &t.columns) {
        if !columns
            .iter()
            .any(|c: &crate::table::Column| c.name == column.name)
        {
            columns.push(column.clone());
        }
    }
    let mut all = Table::new(columns);
    for table in &tables {
        let places: Vec<_> = all
            .columns
            .iter()
            .map(|c| table.columns.iter().position(|t| t.name == c.name))
            .collect();
        for row in table.rows() {
            all.push(
                places
                    .iter()
                    .map(|p| p.map_or(Value::Null, |p| row[p].clone())),
            )?;
        }
    }
    all.settle();
    written(call, &all)
}
