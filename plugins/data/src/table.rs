//! A table in memory: cells row by row.

use inos_sdk::Error;

use crate::value::{Kind, Value};

/// What a table in memory may cost. A whole-table op holds two or three of them.
pub(crate) const MAX_TABLE_BYTES: usize = 48 << 20;
pub(crate) const MAX_COLUMNS: usize = 4096;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    cells: Vec<Value>,
    rows: usize,
    cost: usize,
}

impl Table {
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    pub(crate) fn width(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn cost(&self) -> usize {
        self.cost
    }

    /// A row, or nothing beyond the end.
    pub(crate) fn row(&self, row: usize) -> &[Value] {
        let width = self.width();
        self.cells
            .get(row * width..(row + 1) * width)
            .unwrap_or_default()
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = &[Value]> {
        (0..self.rows).map(|row| self.row(row))
    }

    /// Adds a row, which has to have a value for each column.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = Value>) -> Result<(), Error> {
        let before = self.cells.len();
        self.cells.extend(row);
        debug_assert_eq!(self.cells.len() - before, self.width());
        self.cells.resize(before + self.width(), Value::Null);
        self.cost += self.cells[before..].iter().map(Value::cost).sum::<usize>();
        self.rows += 1;
        if self.cost > MAX_TABLE_BYTES {
            let mib = MAX_TABLE_BYTES >> 20;
            return Err(Error::invalid(format!(
                "the table needs more than {mib} MiB of memory at row {}; filter it or select columns first",
                self.rows
            )));
        }
        Ok(())
    }

    /// Adds all rows of another table with the same columns.
    pub(crate) fn append(&mut self, other: &Self) -> Result<(), Error> {
        other
            .rows()
            .try_for_each(|row| self.push(row.iter().cloned()))
    }

    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.rows = 0;
        self.cost = 0;
    }

    /// Sets each column's kind to that of its values, and the values of mixed columns to it.
    pub(crate) fn settle(&mut self) {
        let width = self.width();
        for column in &mut self.columns {
            column.kind = Kind::Null;
        }
        for (i, value) in self.cells.iter().enumerate() {
            let column = &mut self.columns[i % width];
            column.kind = column.kind.with(value.kind());
        }
        for (i, value) in self.cells.iter_mut().enumerate() {
            let kind = self.columns[i % width].kind;
            if value.kind() == kind || value.is_null() {
                continue;
            }
            *value = match (kind, &*value) {
                (Kind::Float, Value::Int(whole)) => Value::Float(*whole as f64),
                (Kind::Text, other) => Value::text(other.to_string()),
                (_, other) => other.clone(),
            };
        }
    }
}

/// The position of a column by its name, exactly or else without regard to case.
pub(crate) fn find(columns: &[Column], name: &str) -> Result<usize, Error> {
    let name = name.trim();
    let exact = columns.iter().position(|c| c.name == name);
    let loose = || {
        columns
            .iter()
            .position(|c| c.name.eq_ignore_ascii_case(name))
    };
    exact.or_else(loose).ok_or_else(|| {
        let known: Vec<_> = columns.iter().take(20).map(|c| c.name.as_str()).collect();
        Error::invalid(format!(
            "there is no column {name:?} among {}",
            known.join(", ")
        ))
    })
}

/// Names out of a list with commas; one with a comma stands in double quotes.
pub(crate) fn names(list: &str) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut rest = list.trim();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let Some((name, after)) = quoted.split_once('"') else {
                return Err(Error::invalid(format!("a quote is not closed in {list:?}")));
            };
            names.push(name.to_string());
            rest = after.trim_start().trim_start_matches(',').trim_start();
        } else {
            let (name, after) = rest.split_once(',').unwrap_or((rest, ""));
            names.push(name.trim().to_string());
            rest = after.trim_start();
        }
    }
    Ok(names)
}

/// The columns that a list names; all of them when it is empty.
pub(crate) fn picked(columns: &[Column], list: &str) -> Result<Vec<usize>, Error> {
    let names = names(list)?;
    if names.is_empty() {
        return Ok((0..columns.len()).collect());
    }
    names.iter().map(|name| find(columns, name)).collect()
}
