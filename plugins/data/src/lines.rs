//! One JSON object a line, read by pieces like separated text.

use std::collections::HashMap;

use inos_sdk::{Call, Error, Input};

use crate::cells::{BATCH_ROWS, Cells};
use crate::json::{self, Object};
use crate::source::{Sink, spread};
use crate::table::{Column, MAX_COLUMNS};
use crate::value::{Kind, Value};

/// Bytes of a file that are mapped at a time. A line has no more.
const PIECE: usize = 16 << 20;
/// Text that a batch may have: long texts make short batches.
const BATCH_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub(crate) struct Lines<'c> {
    input: Input<'c>,
    /// Behind a byte order mark.
    start: u64,
    places: HashMap<String, usize>,
}

impl<'c> Lines<'c> {
    /// Finds the columns and their kinds: a pass over all lines.
    pub(crate) fn open(
        call: &Call,
        input: Input<'c>,
        start: u64,
    ) -> Result<(Vec<Column>, Self), Error> {
        let mut lines = Self {
            input,
            start,
            places: HashMap::new(),
        };
        let mut columns: Vec<Column> = Vec::new();
        let mut places = HashMap::new();
        lines.objects(call, &mut |Object(fields)| {
            for (name, value) in fields {
                let place = match places.get(&name) {
                    Some(place) => *place,
                    None if columns.len() >= MAX_COLUMNS => {
                        return Err(Error::invalid(format!("more than {MAX_COLUMNS} columns")));
                    }
                    None => {
                        places.insert(name.clone(), columns.len());
                        columns.push(Column::new(name));
                        columns.len() - 1
                    }
                };
                columns[place].kind = columns[place].kind.with(value.kind());
            }
            Ok(true)
        })?;
        lines.places = places;
        Ok((columns, lines))
    }

    /// The rows: of `width` columns, those that are named with their kinds.
    pub(crate) fn each(
        &mut self,
        call: &Call,
        width: usize,
        kinds: &[(usize, Kind)],
        sink: &mut Sink,
    ) -> Result<(), Error> {
        let fresh = || -> Vec<Cells> { kinds.iter().map(|(_, kind)| Cells::of(*kind)).collect() };
        let (mut batch, mut rows, mut bytes) = (fresh(), 0, 0);
        let mut stopped = false;
        let places = std::mem::take(&mut self.places);
        let done = self.objects(call, &mut |Object(fields)| {
            let mut row = vec![Value::Null; width];
            for (name, value) in fields {
                let place = places.get(&name).and_then(|place| row.get_mut(*place));
                *place.ok_or_else(changed)? = value;
            }
            for (cells, (place, kind)) in batch.iter_mut().zip(kinds) {
                let value = std::mem::replace(&mut row[*place], Value::Null);
                bytes += value.cost();
                cells.push(value.settled(*kind));
            }
            rows += 1;
            if rows == BATCH_ROWS || bytes > BATCH_BYTES {
                let done = std::mem::replace(&mut batch, fresh());
                stopped = !sink(spread(width, kinds, done, rows))?;
                (rows, bytes) = (0, 0);
            }
            Ok(!stopped)
        });
        self.places = places;
        done?;
        if !stopped && rows > 0 {
            sink(spread(width, kinds, batch, rows))?;
        }
        Ok(())
    }

    /// Gives the object of each line to `each`, which returns false to stop. Empty lines count for
    /// nothing.
    fn objects(
        &mut self,
        call: &Call,
        each: &mut dyn FnMut(Object) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let (mut at, total, mut number) = (self.start, self.input.len(), 0);
        while at < total {
            call.progress(at, total)?;
            let len = (total - at).min(PIECE as u64) as usize;
            let mut bytes = self.input.range(at, len)?;
            if at + (len as u64) < total {
                let end = bytes.iter().rposition(|byte| *byte == b'\n');
                let end = end.ok_or_else(|| {
                    Error::invalid(format!("line {} is longer than 16 MiB", number + 1))
                })?;
                bytes = &bytes[..=end];
            }
            at += bytes.len() as u64;
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                number += 1;
                let blank = line.iter().all(u8::is_ascii_whitespace);
                if !blank && !each(json::line(line, number)?)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

fn changed() -> Error {
    Error::invalid("a line has other names than at first: the file changes while it is read")
}
