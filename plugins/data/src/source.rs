//! An input as a table that comes in batches: by pieces of the file, but for JSON, which is read whole.

use std::rc::Rc;

use inos_sdk::{Call, Error};

use crate::cells::{Batch, Cells};
use crate::json;
use crate::lines::Lines;
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
    Lines(Lines<'c>),
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
        let (columns, learned, body) = match how.format.unwrap_or_else(|| guess(&start)) {
            Format::Separated => Separated::open(call, input, &start, how)
                .map(|(columns, body)| (columns, !how.typed, Body::Separated(body))),
            Format::Lines => {
                let mark = start.len() - skip_mark(&start).len();
                let made = Lines::open(call, input, mark as u64);
                made.map(|(columns, body)| (columns, true, Body::Lines(body)))
            }
            Format::Json if size > MAX_WHOLE_BYTES => {
                Err(Error::invalid("JSON of more than 256 MiB is not read"))
            }
            Format::Json => json::read(skip_mark(input.bytes()?))
                .map(|(columns, rows)| (columns, true, Body::Whole(rows))),
        }
        .map_err(|e| named(&name, e))?;
        Ok(Self {
            learned: vec![learned; columns.len()],
            columns,
            size,
            body,
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
            body => {
                let kind = |(place, column): (usize, &Column)| (place, column.kind);
                let kinds: Vec<(usize, Kind)> = self
                    .columns
                    .iter()
                    .enumerate()
                    .map(kind)
                    .filter(|(place, _)| wanted[*place])
                    .collect();
                let mut failure = None;
                let mut passed = |batch| {
                    sink(batch).or_else(|error| {
                        failure = Some(error);
                        Ok(false)
                    })
                };
                let width = self.columns.len();
                let done = match body {
                    Body::Separated(body) => body.each(call, width, &kinds, &mut passed),
                    Body::Lines(body) => body.each(call, width, &kinds, &mut passed),
                    Body::Whole(_) => Ok(()),
                };
                match failure {
                    Some(error) => Err(error),
                    None => done.map_err(|e| named(&self.name, e)),
                }
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
