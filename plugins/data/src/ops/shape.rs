//! Ops that give a table another shape, or fill its gaps.

use std::rc::Rc;

use inos_sdk::{Call, Error};

use super::{OWN, WRITES, all, answered, source, text, written};
use crate::cells::{Batch, Cells};
use crate::sql::{MAX_CALLS, World, prepare};
use crate::table::{Column, find, picked};
use crate::value::{Kind, Owned, Value};
use crate::write::Writer;

/// Drops rows with a null in one of some columns, or in all of them.
pub(crate) fn drop_nulls(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let columns = source.columns.clone();
    let places = picked(&columns, &text(call, 0)?)?;
    let whole = call.params().choice(OWN + 1)? == 1;
    written(call, source, &all(&columns), &columns, |batch| {
        let kept = batch.kept(|row| {
            let nulls = places.iter().filter(|p| row.get(**p).is_null()).count();
            Ok::<_, Error>(nulls == 0 || (whole && nulls < places.len()))
        });
        kept.map(Some)
    })
}

/// What stands in the place of nulls.
enum Filling {
    /// For each column.
    Values(Vec<Owned>),
    /// The last value before, as far as there is one.
    Before(Vec<Owned>),
}

pub(crate) fn fill_nulls(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let places = picked(&source.columns, &text(call, 0)?)?;
    let how = call.params().choice(OWN + 1)?;
    let mut filling = match how {
        0 => {
            source.learn_all(call)?;
            let given = call.params().text(OWN + 2)?;
            let value = |place: &usize| given_value(&source.columns[*place], &given);
            Filling::Values(places.iter().map(value).collect::<Result<_, _>>()?)
        }
        1 => Filling::Before(vec![Value::Null; places.len()]),
        _ => {
            let function = if how == 2 { "avg" } else { "median" };
            let (back, values) = middles(call, source, &places, function)?;
            source = back;
            Filling::Values(values)
        }
    };
    let columns = source.columns.clone();
    written(call, source, &all(&columns), &columns, |mut batch| {
        for (i, place) in places.iter().enumerate() {
            let mut cells = Cells::default();
            for row in batch.rows() {
                let value = row.get(*place);
                cells.push(match &mut filling {
                    Filling::Values(values) if value.is_null() => values[i].clone(),
                    Filling::Before(last) if value.is_null() => last[i].clone(),
                    Filling::Before(last) => {
                        last[i] = value.clone().into_owned();
                        value
                    }
                    Filling::Values(_) => value,
                });
            }
            batch.columns[*place] = Rc::new(cells);
        }
        Ok(Some(batch))
    })
}

/// The given text as a value of the column.
fn given_value(column: &Column, given: &str) -> Result<Owned, Error> {
    let value = match column.kind {
        Kind::Null => Some(Value::text(given)),
        Kind::Int => Kind::Int.parse(given).or_else(|| Kind::Float.parse(given)),
        kind => kind.parse(given),
    };
    value.map(Value::into_owned).ok_or_else(|| {
        Error::invalid(format!(
            "value: {given:?} is no {}, which the column {} holds",
            column.kind.name(),
            column.name
        ))
    })
}

/// The means or medians of some columns.
fn middles<'c>(
    call: &'c Call,
    source: crate::source::Source<'c>,
    places: &[usize],
    function: &str,
) -> Result<(crate::source::Source<'c>, Vec<Owned>), Error> {
    let mut values = Vec::new();
    let world = World::new(call, [source]);
    for part in places.chunks(MAX_CALLS) {
        let list: Vec<_> = {
            let columns = &world.sources[0].borrow().columns;
            let one = |place: &usize| format!("{function}({})", quoted(&columns[*place].name));
            part.iter().map(one).collect()
        };
        let plan = prepare(
            &world,
            &format!("SELECT {} FROM t1", list.join(", ")),
            &[("t1".into(), 0)],
        )?;
        let rows = plan.rows(&world)?;
        values.extend((0..part.len()).map(|i| rows.get(0, i).into_owned()));
    }
    let source = world.sources.into_iter().next();
    let source = source
        .ok_or_else(|| Error::invalid("there is no table"))?
        .into_inner();
    Ok((source, values))
}

/// A name as SQL has it.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A row for each cell of some columns: the other columns, the name of the cell's, and the cell.
pub(crate) fn melt(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let keys = match text(call, 0)?.as_str() {
        "" => Vec::new(),
        list => picked(&source.columns, list)?,
    };
    let melted: Vec<usize> = match text(call, 1)?.as_str() {
        "" => (0..source.columns.len())
            .filter(|p| !keys.contains(p))
            .collect(),
        list => picked(&source.columns, list)?,
    };
    let mut columns: Vec<_> = keys.iter().map(|p| source.columns[*p].clone()).collect();
    columns.extend([Column::new("name"), Column::new("value")]);
    let mut wanted = vec![false; source.columns.len()];
    keys.iter().chain(&melted).for_each(|p| wanted[*p] = true);
    let names: Vec<String> = melted
        .iter()
        .map(|p| source.columns[*p].name.clone())
        .collect();
    let mut writer = Writer::open(call, WRITES, &columns)?;
    source.each(call, &wanted, &mut |batch| {
        for row in batch.rows() {
            for (place, name) in melted.iter().zip(&names) {
                let values = keys.iter().map(|key| row.get(*key));
                let cell = [Value::Text(name.as_str().into()), row.get(*place)];
                writer.values(values.chain(cell))?;
            }
        }
        Ok(true)
    })?;
    call.result(0, writer.end()?)
}

/// A row for each group, a column for each value of another column.
pub(crate) fn pivot(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let name = |list: String| -> Result<String, Error> {
        let place = find(&source.columns, &list)?;
        Ok(source.columns[place].name.clone())
    };
    let keys = picked(&source.columns, &text(call, 0)?)?;
    let keys: Vec<_> = keys
        .iter()
        .map(|p| quoted(&source.columns[*p].name))
        .collect();
    if text(call, 0)?.is_empty() {
        return Err(Error::invalid("keys: name at least one column"));
    }
    let (across, value) = (name(text(call, 1)?)?, name(text(call, 2)?)?);
    let functions = ["sum", "count", "avg", "min", "max", "median"];
    let function = functions[(call.params().choice(OWN + 3)? as usize).min(5)];
    let world = World::new(call, [source]);
    let tables = [("t1".to_string(), 0)];
    let across = quoted(&across);
    let query = format!(
        "SELECT DISTINCT {across} FROM t1 ORDER BY 1 LIMIT {}",
        MAX_CALLS + 1
    );
    let found = prepare(&world, &query, &tables)?.rows(&world)?;
    if found.len() > MAX_CALLS {
        return Err(Error::invalid(format!(
            "column: {across} has more than {MAX_CALLS} different values"
        )));
    }
    let mut items = Vec::new();
    for row in 0..found.len() {
        let cell = found.get(row, 0);
        let (condition, title) = match &cell {
            Value::Null => (format!("{across} IS NULL"), "null".to_string()),
            Value::Text(text) => {
                let literal = text.replace('\'', "''");
                (format!("{across} = '{literal}'"), text.to_string())
            }
            other => (format!("{across} = {other}"), other.to_string()),
        };
        let value = quoted(&value);
        items.push(format!(
            "{function}({value}) FILTER (WHERE {condition}) AS {}",
            quoted(&title)
        ));
    }
    let list = keys.join(", ");
    let all = keys
        .iter()
        .cloned()
        .chain(items)
        .collect::<Vec<_>>()
        .join(", ");
    let plan = prepare(
        &world,
        &format!("SELECT {all} FROM t1 GROUP BY {list}"),
        &tables,
    )?;
    answered(call, &world, &plan)
}

/// The rules that rows break: an expression each, with semicolons between.
pub(crate) fn validate(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let text = text(call, 0)?;
    let mut rules = Vec::new();
    for rule in text
        .split(';')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
    {
        rules.push((rule, super::over(&source.columns, "rules", rule)?));
    }
    if rules.is_empty() {
        return Err(Error::invalid("rules: name at least one, like amount > 0"));
    }
    let mut wanted = vec![false; source.columns.len()];
    rules
        .iter()
        .for_each(|rule| rule.1.columns(&mut |place| wanted[place] = true));
    let columns = [Column::new("row"), Column::new("rule")];
    let mut writer = Writer::open(call, WRITES, &columns)?;
    let (mut done, mut broken) = (0u64, 0u64);
    source.each(call, &wanted, &mut |batch: Batch| {
        for row in batch.rows() {
            let number = done + row.row as u64 + 1;
            let mut bad = false;
            for (rule, node) in &rules {
                let value = node
                    .eval(row)
                    .map_err(|e| super::at_row("rules", number, e))?;
                // As a CHECK of SQL: what is unknown breaks no rule.
                if crate::expr::truth(&value)? == Some(false) {
                    bad = true;
                    let cells = [Value::Int(number as i64), Value::Text((*rule).into())];
                    writer.values(cells.into_iter())?;
                }
            }
            broken += u64::from(bad);
        }
        done += batch.rows as u64;
        Ok(true)
    })?;
    call.result(0, writer.end()?)?;
    call.result(1, broken as f64)
}
