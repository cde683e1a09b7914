//! Ops that bring rows together: groups, queries, joins, unions.

use std::collections::HashSet;
use std::rc::Rc;

use inos_sdk::{Call, Error};

use super::shape::quoted;
use super::{OWN, WRITES, answered, source, text};
use crate::cells::{Batch, Cells};
use crate::join::{Sort, on_columns};
use crate::sql::{Relation, World, prepare};
use crate::table::{Column, find, names};
use crate::write::Writer;

pub(crate) fn group_by(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let keys = names(&text(call, 0)?)?
        .iter()
        .map(|name| {
            let column = &source.columns[find(&source.columns, name)?];
            Ok(format!("\"{}\"", column.name.replace('"', "\"\"")))
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
    let world = World::new(call, [source]);
    let plan = prepare(&world, &query, &[("t1".into(), 0)]);
    let plan = plan.map_err(|e| match e {
        Error::Invalid(text) => Error::Invalid(format!("aggregates: {text}")),
        other => other,
    })?;
    answered(call, &world, &plan)
}

/// A column more: what a window function gives each row from its neighbours.
pub(crate) fn window(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let function = text(call, 0)?;
    let list = |index: u32, signed: bool| -> Result<Vec<String>, Error> {
        let mut items = Vec::new();
        for name in names(&text(call, index)?)? {
            let descending =
                signed && name.starts_with('-') && find(&source.columns, &name).is_err();
            let bare = if descending { &name[1..] } else { &name };
            let column = &source.columns[find(&source.columns, bare)?];
            items.push(quoted(&column.name) + if descending { " DESC" } else { "" });
        }
        Ok(items)
    };
    let mut over = String::new();
    let (partition, order) = (list(1, false)?, list(2, true)?);
    if !partition.is_empty() {
        over = format!("PARTITION BY {} ", partition.join(", "));
    }
    if !order.is_empty() {
        over += &format!("ORDER BY {} ", order.join(", "));
    }
    let rows = call.params().count(OWN + 3)?;
    if let Some(before) = rows.checked_sub(1) {
        over += &format!("ROWS BETWEEN {before} PRECEDING AND CURRENT ROW");
    }
    let name = match text(call, 4)? {
        name if name.is_empty() => function.clone(),
        name => name,
    };
    let query = format!(
        "SELECT *, {function} OVER ({over}) AS {} FROM t1",
        quoted(&name)
    );
    let world = World::new(call, [source]);
    let plan = prepare(&world, &query, &[("t1".into(), 0)]).map_err(|e| match e {
        Error::Invalid(text) => Error::Invalid(format!("function: {text}")),
        other => other,
    })?;
    answered(call, &world, &plan)
}

pub(crate) fn sql(call: &mut Call) -> Result<(), Error> {
    let given = names(&text(call, 1)?)?;
    let mut sources = Vec::new();
    for index in 0..call.input_count() {
        sources.push(source(call, index)?);
    }
    // The last of several tables with one name is meant: t1 is always the first input.
    let mut tables: Vec<(String, usize)> = Vec::new();
    for (place, source) in sources.iter().enumerate().rev() {
        tables.push((source.stem().to_string(), place));
    }
    tables.extend((0..sources.len()).map(|place| (format!("t{}", place + 1), place)));
    tables.extend(
        given
            .into_iter()
            .enumerate()
            .map(|(place, name)| (name, place)),
    );
    tables.retain(|(name, place)| !name.is_empty() && *place < sources.len());
    let world = World::new(call, sources);
    let plan = prepare(&world, &text(call, 0)?, &tables)?;
    answered(call, &world, &plan)
}

pub(crate) fn join(call: &mut Call) -> Result<(), Error> {
    let world = World::new(call, [source(call, 0)?, source(call, 1)?]);
    let sorts = [
        Sort::Inner,
        Sort::Left,
        Sort::Right,
        Sort::Full,
        Sort::Semi,
        Sort::Anti,
    ];
    let sort = sorts[(call.params().choice(OWN + 1)? as usize).min(5)];
    let side = |i: usize| Relation::source(&world, i, None);
    let mut equal = Vec::new();
    for pair in names(&text(call, 0)?)? {
        let (l, r) = pair.split_once('=').unwrap_or((&pair, &pair));
        let column = |i: usize, name| find(&world.sources[i].borrow().columns, name);
        equal.push((column(0, l)?, column(1, r)?));
    }
    if equal.is_empty() {
        return Err(Error::invalid("on: name at least one column"));
    }
    let mut joined = on_columns(side(0), side(1), sort, equal);
    joined.want(&vec![true; joined.seen.len()]);
    let mut known = HashSet::new();
    let mut columns = Vec::new();
    for seen in &joined.seen {
        let mut name = seen.name.clone();
        while !known.insert(name.clone()) {
            name.push_str("_right");
        }
        columns.push(Column::new(name));
    }
    let mut writer = Writer::open(call, WRITES, &columns)?;
    joined.each(&world, &mut |batch| writer.batch(&batch).map(|()| true))?;
    call.result(0, writer.end()?)
}

/// Rows of all inputs below each other; columns meet by their names, and by the widest kind.
pub(crate) fn union(call: &mut Call) -> Result<(), Error> {
    let mut sources = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for index in 0..call.input_count() {
        let mut source = source(call, index)?;
        source.learn_all(call)?;
        for column in &source.columns {
            match columns.iter_mut().find(|c| c.name == column.name) {
                Some(known) => known.kind = known.kind.with(column.kind),
                None => columns.push(column.clone()),
            }
        }
        sources.push(source);
    }
    let mut writer = Writer::open(call, WRITES, &columns)?;
    for source in &mut sources {
        let place = |column: &Column| source.columns.iter().position(|c| c.name == column.name);
        let places: Vec<_> = columns.iter().map(place).collect();
        let wanted = super::all(&source.columns);
        source.each(call, &wanted, &mut |batch| {
            let nulls = Rc::new(Cells::nulls(batch.rows));
            let cells = |(place, column): (&Option<usize>, &Column)| match place {
                None => nulls.clone(),
                Some(place) if batch.columns[*place].is_all(column.kind) => {
                    batch.columns[*place].clone()
                }
                Some(place) => Rc::new(batch.columns[*place].settled(column.kind)),
            };
            let columns = places.iter().zip(&columns).map(cells).collect();
            let rows = batch.rows;
            writer.batch(&Batch { rows, columns }).map(|()| true)
        })?;
    }
    call.result(0, writer.end()?)
}
