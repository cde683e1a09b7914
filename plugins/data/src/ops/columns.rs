//! Ops that make a row of each row: a file of any size takes the same memory.

use std::rc::Rc;

use inos_sdk::{Call, Error};

use super::{OWN, all, at_row, over, source, text, written};
use crate::call::convert as converted;
use crate::cells::{Batch, Cells};
use crate::table::{Column, find, names, picked};
use crate::value::{Kind, Value};

pub(crate) fn convert(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let columns = source.columns.clone();
    written(call, source, &all(&columns), &columns, |batch| {
        Ok(Some(batch))
    })
}

pub(crate) fn select(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let mut places = picked(&source.columns, &text(call, 0)?)?;
    if call.params().flag(OWN + 1)? {
        places = (0..source.columns.len())
            .filter(|p| !places.contains(p))
            .collect();
    }
    let columns: Vec<_> = places.iter().map(|p| source.columns[*p].clone()).collect();
    let mut wanted = vec![false; source.columns.len()];
    places.iter().for_each(|p| wanted[*p] = true);
    written(call, source, &wanted, &columns, |batch| {
        Ok(Some(Batch {
            rows: batch.rows,
            columns: places.iter().map(|p| batch.columns[*p].clone()).collect(),
        }))
    })
}

pub(crate) fn rename(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
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
    written(call, source, &all(&columns), &columns, |batch| {
        Ok(Some(batch))
    })
}

pub(crate) fn cast(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let columns = source.columns.clone();
    let places = picked(&columns, &text(call, 0)?)?;
    let kinds = [Kind::Int, Kind::Float, Kind::Text, Kind::Bool];
    let kind = kinds[(call.params().choice(OWN + 1)? as usize).min(3)];
    let lenient = call.params().flag(OWN + 2)?;
    let mut done = 0;
    written(call, source, &all(&columns), &columns, |mut batch| {
        for place in &places {
            let mut cells = Cells::of(kind);
            for row in batch.rows() {
                cells.push(match converted(row.get(*place), kind) {
                    Err(_) if lenient => Value::Null,
                    value => value
                        .map_err(|e| at_row(&columns[*place].name, done + row.row as u64 + 1, e))?,
                });
            }
            batch.columns[*place] = Rc::new(cells);
        }
        done += batch.rows as u64;
        Ok(Some(batch))
    })
}

pub(crate) fn derive(call: &mut Call) -> Result<(), Error> {
    let source = source(call, 0)?;
    let mut columns = source.columns.clone();
    let wanted = all(&columns);
    let name = text(call, 0)?;
    if name.is_empty() {
        return Err(Error::invalid("name: the new column needs one"));
    }
    let value = over(&columns, "value", &text(call, 1)?)?;
    let place = columns.iter().position(|c| c.name == name);
    if place.is_none() {
        columns.push(Column::new(name));
    }
    let mut done = 0;
    written(call, source, &wanted, &columns, |mut batch| {
        let mut cells = Cells::default();
        for row in batch.rows() {
            let made = value.eval(row);
            cells.push(made.map_err(|e| at_row("value", done + row.row as u64 + 1, e))?);
        }
        done += batch.rows as u64;
        match place {
            Some(place) => batch.columns[place] = Rc::new(cells),
            None => batch.columns.push(Rc::new(cells)),
        }
        Ok(Some(batch))
    })
}
