//! An input as a table that comes in batches: separated text by pieces of the file, all else whole.

use std::rc::Rc;

use inos_sdk::{Call, Error};

use crate::cells::{Batch, Cells};
use crate::json;
use crate::reading::{Format, Reading, guess, skip_mark};
use crate::separated::Separated;
use crate::table::{Column, Rows};
use crate::value::Kind;

const SNIFFED_BYTES: usize = 64 << 10;
/// What a JSON text may take: it is read whole.
const MAX_WHOLE_BYTES: u64 = 256 << 20;

/// What gets batches of rows; it returns false to stop.
pub(crate) type Sink<'s> = dyn FnMut(Batch) -> Result<bool, Error> + 's;

/// A table that is read from the start as often as one likes.
#[derive(Debug)]
pub(crate) struct Source<'c> {
    /// The kinds of those that were learned.
    pub(crate) columns: Vec<Column>,
    learned: Vec<bool>,
    /// Bytes of the input.
    pub(crate) size: u64,
    body: Body<'c>,
    /// What messages call it.
    name: String,
    /// The file's name, empty without one.
    title: String,
}

#[derive(Debug)]
enum Body<'c> {
    Whole(Rows),
    Separated(Separated<'c>),
}

impl<'c> Source<'c> {
    pub(crate) fn open(call: &'c Call, index: u32, how: &Reading) -> Result<Self, Error> {
        let mut input = call.input(index)?;
        let title = input.name();
        let name = match title.as_str() {
            "" => format!("input {}", index + 1),
            title => title.escape_debug().to_string(),
        };
        let size = input.len();
        let shown = size.min(SNIFFED_BYTES as u64) as usize;
        let start = input.range(0, shown)?.to_vec();
        let whole = match how.format.unwrap_or_else(|| guess(&start)) {
            Format::Separated => {
                let made = Separated::open(call, input, &start, how);
                let (columns, body) = made.map_err(|e| named(&name, e))?;
                return Ok(Self {
                    learned: vec![!how.typed; columns.len()],
                    columns,
                    size,
                    body: Body::Separated(body),
                    name,
                    title,
                });
            }
            _ if size > MAX_WHOLE_BYTES => {
                return Err(Error::invalid(format!(
                    "{name}: JSON of more than 256 MiB is not read"
                )));
            }
            Format::Json => json::read(skip_mark(input.bytes()?)),
            Format::Lines => json::read_lines(skip_mark(input.bytes()?)),
        };
        let (columns, rows) = whole.map_err(|e| named(&name, e))?;
        Ok(Self {
            learned: vec![true; columns.len()],
            columns,
            size,
            body: Body::Whole(rows),
            name,
            title,
        })
    }

    /// The file's name without what follows the last dot.
    pub(crate) fn stem(&self) -> &str {
        let stem = self.title.rsplit_once('.').map_or("", |(stem, _)| stem);
        if stem.is_empty() { &self.title } else { stem }
    }

    /// Finds out the kinds of the wanted columns, which takes a pass over all rows.
    pub(crate) fn learn(&mut self, call: &Call, wanted: &[bool]) -> Result<(), Error> {
        let news = wanted.iter().zip(&self.learned);
        let unknown: Vec<usize> = news
            .enumerate()
            .filter_map(|(i, (wanted, known))| (*wanted && !known).then_some(i))
            .collect();
        let Body::Separated(body) = &mut self.body else {
            return Ok(());
        };
        if unknown.is_empty() {
            return Ok(());
        }
        let kinds = body
            .learn(call, &unknown)
            .map_err(|e| named(&self.name, e))?;
        for (place, kind) in unknown.into_iter().zip(kinds) {
            self.columns[place].kind = kind;
            self.learned[place] = true;
        }
        Ok(())
    }

    pub(crate) fn learn_all(&mut self, call: &Call) -> Result<(), Error> {
        self.learn(call, &vec![true; self.columns.len()])
    }

    /// Gives the rows with the wanted columns, and with nulls for the others.
    pub(crate) fn each(
        &mut self,
        call: &Call,
        wanted: &[bool],
        sink: &mut Sink,
    ) -> Result<(), Error> {
        self.learn(call, wanted)?;
        match &mut self.body {
            Body::Whole(rows) => {
                for (i, batch) in rows.batches.iter().enumerate() {
                    call.progress(i as u64, rows.batches.len() as u64)?;
                    if !sink(batch.clone())? {
                        break;
                    }
                }
                Ok(())
            }
            Body::Separated(body) => {
                let kind = |(place, column): (usize, &Column)| (place, column.kind);
                let kinds: Vec<(usize, Kind)> = self
                    .columns
                    .iter()
                    .enumerate()
                    .map(kind)
                    .filter(|(place, _)| wanted[*place])
                    .collect();
                let mut failure = None;
                let width = self.columns.len();
                let done = body.each(call, width, &kinds, &mut |batch| {
                    sink(batch).or_else(|error| {
                        failure = Some(error);
                        Ok(false)
                    })
                });
                if let Some(error) = failure {
                    return Err(error);
                }
                done.map_err(|e| named(&self.name, e))
            }
        }
    }
}

fn named(name: &str, error: Error) -> Error {
    match error {
        Error::Invalid(text) => Error::Invalid(format!("{name}: {text}")),
        other => other,
    }
}

/// Columns of which only some are there.
pub(crate) fn spread(
    width: usize,
    kinds: &[(usize, Kind)],
    some: Vec<Cells>,
    rows: usize,
) -> Batch {
    let nulls = Rc::new(Cells::nulls(rows));
    let mut columns: Vec<_> = (0..width).map(|_| nulls.clone()).collect();
    for ((place, _), cells) in kinds.iter().zip(some) {
        columns[*place] = Rc::new(cells);
    }
    Batch { rows, columns }
}
