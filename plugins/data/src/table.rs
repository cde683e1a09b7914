//! A table in memory, in batches of columns.

use inos_sdk::Error;

use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch, Cells};
use crate::value::{Kind, Value};

pub(crate) const MAX_COLUMNS: usize = 4096;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

impl Column {
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            kind: Kind::Null,
        }
    }
}

/// Rows of so many columns, what they are called being the owner's matter.
#[derive(Debug, Default)]
pub(crate) struct Table {
    width: usize,
    /// All of [`BATCH_ROWS`] rows but the last.
    batches: Vec<Batch>,
    /// The rows after them.
    open: Vec<Cells>,
    rows: usize,
    held: Held,
}

impl Table {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            width,
            open: vec![Cells::default(); width],
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn push<'v>(
        &mut self,
        row: impl IntoIterator<Item = Value<'v>>,
    ) -> Result<(), Error> {
        for (cells, value) in self.open.iter_mut().zip(row) {
            cells.push(value);
        }
        self.rows += 1;
        self.seal_full()
    }

    /// Adds rows; a whole batch is taken as it is.
    pub(crate) fn append(&mut self, batch: &Batch) -> Result<(), Error> {
        let opened = self.rows % BATCH_ROWS;
        if opened == 0 && batch.rows == BATCH_ROWS {
            self.hold(batch)?;
            self.batches.push(batch.clone());
            self.rows += batch.rows;
            return Ok(());
        }
        let mut from = 0;
        while from < batch.rows {
            let room = BATCH_ROWS - self.rows % BATCH_ROWS;
            let to = batch.rows.min(from + room);
            let places: Vec<u32> = (from as u32..to as u32).collect();
            for (cells, more) in self.open.iter_mut().zip(&batch.columns) {
                cells.extend(more, &places);
            }
            self.rows += to - from;
            from = to;
            self.seal_full()?;
        }
        Ok(())
    }

    fn seal_full(&mut self) -> Result<(), Error> {
        if self.rows.is_multiple_of(BATCH_ROWS) {
            self.seal()?;
        }
        Ok(())
    }

    /// Makes a batch of the rows that are open. Only the last one may have fewer than the others.
    fn seal(&mut self) -> Result<(), Error> {
        let rows = self.rows - self.batches.len() * BATCH_ROWS;
        if rows == 0 {
            return Ok(());
        }
        let mut columns = std::mem::replace(&mut self.open, vec![Cells::default(); self.width]);
        columns.iter_mut().for_each(Cells::shrink);
        let batch = Batch::new(columns, rows);
        self.hold(&batch)?;
        self.batches.push(batch);
        Ok(())
    }

    fn hold(&mut self, batch: &Batch) -> Result<(), Error> {
        self.held.grow(batch.columns.iter().map(|c| c.cost()).sum())
    }

    /// The rows, which can be read from now on.
    pub(crate) fn done(mut self) -> Result<Rows, Error> {
        self.seal()?;
        Ok(Rows {
            width: self.width,
            batches: self.batches,
            rows: self.rows,
            _held: self.held,
        })
    }
}

/// A table that is complete.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) width: usize,
    pub(crate) batches: Vec<Batch>,
    rows: usize,
    _held: Held,
}

impl Rows {
    /// Batches as one table: each column of one kind, those that a batch lacks null.
    pub(crate) fn settled(width: usize, mut batches: Vec<Batch>, held: Held) -> Self {
        for batch in &mut batches {
            let rows = batch.rows;
            batch
                .columns
                .resize_with(width, || Cells::nulls(rows).into());
        }
        let mut rows = Self {
            width,
            rows: batches.iter().map(|b| b.rows).sum(),
            batches,
            _held: held,
        };
        for column in 0..width {
            let kind = rows.kind(column);
            for batch in &mut rows.batches {
                let cells = &mut batch.columns[column];
                if !cells.is_all(kind) {
                    *cells = cells.settled(kind).into();
                }
            }
        }
        rows
    }

    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    pub(crate) fn get(&self, row: usize, column: usize) -> Value<'_> {
        match self.batches.get(row / BATCH_ROWS) {
            Some(batch) => batch.row(row % BATCH_ROWS).get(column),
            None => Value::Null,
        }
    }

    /// The row, where there is one.
    pub(crate) fn row(&self, row: usize) -> Option<crate::cells::Row<'_>> {
        let batch = self.batches.get(row / BATCH_ROWS)?;
        Some(batch.row(row % BATCH_ROWS))
    }

    /// Cells of one column, by their rows.
    pub(crate) fn column(&self, column: usize, places: &[u32]) -> Cells {
        let mut cells = Cells::default();
        for place in places {
            cells.push(self.get(*place as usize, column));
        }
        cells
    }

    pub(crate) fn gather(&self, places: &[u32]) -> Batch {
        let columns = (0..self.width).map(|c| self.column(c, places)).collect();
        Batch::new(columns, places.len())
    }

    /// The kind of a column over all batches.
    pub(crate) fn kind(&self, column: usize) -> Kind {
        let kinds = self.batches.iter().map(|b| b.columns[column].kind());
        kinds.fold(Kind::Null, Kind::with)
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
