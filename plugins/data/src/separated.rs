//! Separated text as rows of typed cells.

use std::borrow::Cow;
use std::collections::HashSet;

use inos_sdk::{Call, Error, Input};

use crate::cells::{BATCH_ROWS, Cells};
use crate::csv::{self, Record, Split, Splitter};
use crate::encoding::{Decoder, Encoding};
use crate::number;
use crate::reading::{Header, Reading};
use crate::source::{Sink, spread};
use crate::table::Column;
use crate::value::{Kind, Value};

/// Bytes of a file that are mapped at a time. A row has no more: an unclosed quote must not swallow a
/// whole file into memory.
const PIECE: usize = 16 << 20;
/// Text that a batch may have: long texts make short batches.
const BATCH_BYTES: usize = 4 << 20;

#[derive(Debug)]
pub(crate) struct Separated<'c> {
    input: Input<'c>,
    start: u64,
    separator: u8,
    encoding: Encoding,
    header: bool,
}

impl<'c> Separated<'c> {
    pub(crate) fn open(
        call: &Call,
        input: Input<'c>,
        start: &[u8],
        how: &Reading,
    ) -> Result<(Vec<Column>, Self), Error> {
        let (encoding, mark) = Encoding::of_mark(start).unwrap_or((Encoding::Utf8, 0));
        let encoding = how.encoding.unwrap_or(encoding);
        let mut decoder = Decoder::new(encoding);
        let shown = decoder.decode(&start[mark..]);
        let mut body = Self {
            input,
            start: mark as u64,
            separator: how.separator.unwrap_or_else(|| csv::sniff(shown)),
            encoding,
            header: false,
        };
        let columns = body.columns(call, how)?;
        Ok((columns, body))
    }

    /// The columns, as the first row has them.
    fn columns(&mut self, call: &Call, how: &Reading) -> Result<Vec<Column>, Error> {
        let (mut columns, mut header) = (Vec::new(), false);
        self.records(call, &mut |record| {
            if record.is_blank() {
                return Ok(true);
            }
            header = match how.header {
                Header::Names => true,
                Header::Data => false,
                Header::Guess => is_header(record)?,
            };
            columns = name_columns(record, header)?;
            Ok(false)
        })?;
        self.header = header;
        if !how.typed {
            columns.iter_mut().for_each(|c| c.kind = Kind::Text);
        }
        Ok(columns)
    }

    /// The kinds of some columns.
    pub(crate) fn learn(&mut self, call: &Call, places: &[usize]) -> Result<Vec<Kind>, Error> {
        let mut kinds = vec![Kind::Null; places.len()];
        // Texts stay texts: nothing is left to look at in a column of them.
        let mut open: Vec<usize> = (0..places.len()).collect();
        let mut header = self.header;
        self.records(call, &mut |record| {
            if (header && record.is_blank()) || std::mem::take(&mut header) {
                return Ok(true);
            }
            let mut text = false;
            for &i in &open {
                if let Some(field) = record.bytes(places[i]) {
                    kinds[i] = kinds[i].with(number::kind_of(&field));
                    text |= kinds[i] == Kind::Text;
                }
            }
            if text {
                open.retain(|i| kinds[*i] != Kind::Text);
            }
            Ok(!open.is_empty())
        })?;
        Ok(kinds)
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
        let (mut header, mut stopped) = (self.header, false);
        self.records(call, &mut |record| {
            if record.is_blank() && (width > 1 || header) || std::mem::take(&mut header) {
                return Ok(true);
            }
            if record.len() != width {
                return Err(Error::invalid(format!(
                    "row {} has {} fields, the first one has {width}",
                    record.number,
                    record.len()
                )));
            }
            for (cells, (place, kind)) in batch.iter_mut().zip(kinds) {
                bytes += add(cells, record, *place, *kind)?;
            }
            rows += 1;
            if rows == BATCH_ROWS || bytes > BATCH_BYTES {
                let done = std::mem::replace(&mut batch, fresh());
                stopped = !sink(spread(width, kinds, done, rows))?;
                (rows, bytes) = (0, 0);
            }
            Ok(!stopped)
        })?;
        if !stopped && rows > 0 {
            sink(spread(width, kinds, batch, rows))?;
        }
        Ok(())
    }

    fn records(
        &mut self,
        call: &Call,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if self.encoding != Encoding::Utf8 {
            return self.decoded(call, each);
        }
        let mut splitter = Splitter::new(self.separator);
        let (mut at, total) = (self.start, self.input.len());
        while at < total {
            call.progress(at, total)?;
            let len = (total - at).min(PIECE as u64) as usize;
            let bytes = self.input.range(at, len)?;
            match splitter.split(bytes, at + len as u64 == total, each)? {
                Split::Stopped => return Ok(()),
                Split::Used(0) => return Err(too_long(&splitter)),
                Split::Used(used) => at += used as u64,
            }
        }
        Ok(())
    }

    /// The same by way of a text in UTF-8.
    fn decoded(
        &mut self,
        call: &Call,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        const DECODED: usize = PIECE / 8;
        let mut splitter = Splitter::new(self.separator);
        let mut decoder = Decoder::new(self.encoding);
        let mut text = Vec::new();
        let (mut at, total) = (self.start, self.input.len());
        while at < total {
            call.progress(at, total)?;
            let len = (total - at).min(DECODED as u64) as usize;
            text.extend_from_slice(decoder.decode(self.input.range(at, len)?));
            at += len as u64;
            match splitter.split(&text, at == total, each)? {
                Split::Stopped => return Ok(()),
                Split::Used(0) if text.len() > PIECE => return Err(too_long(&splitter)),
                Split::Used(used) => drop(text.drain(..used)),
            }
        }
        Ok(())
    }
}

fn too_long(splitter: &Splitter) -> Error {
    Error::invalid(format!(
        "row {} is longer than 16 MiB; is a quote not closed?",
        splitter.row()
    ))
}

/// Adds a field to the cells of its column; returns the bytes of a text.
#[inline]
fn add(cells: &mut Cells, record: &Record, place: usize, kind: Kind) -> Result<usize, Error> {
    if kind == Kind::Text {
        return Ok(match record.text(place)? {
            None => {
                cells.push_null();
                0
            }
            Some(text) => {
                let len = text.len();
                cells.push(Value::Text(text));
                len
            }
        });
    }
    let Some(field) = record.bytes(place) else {
        cells.push_null();
        return Ok(0);
    };
    let value = match kind {
        Kind::Int => number::int(&field).map(Value::Int),
        Kind::Float => number::float(&field).map(Value::Float),
        _ => number::truth(&field).map(Value::Bool),
    };
    let changed = || {
        Error::invalid(format!(
            "row {}, column {} is another than at first: the file changes while it is read",
            record.number,
            place + 1
        ))
    };
    cells.push(value.ok_or_else(changed)?);
    Ok(0)
}

/// A first row is a header when each of its fields is a text and no two are the same.
fn is_header(record: &Record) -> Result<bool, Error> {
    let mut seen = HashSet::new();
    for i in 0..record.len() {
        let Some(text) = record.text(i)? else {
            return Ok(false);
        };
        if number::kind_of(text.as_bytes()) != Kind::Text || !seen.insert(text) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn name_columns(record: &Record, header: bool) -> Result<Vec<Column>, Error> {
    let mut seen = HashSet::new();
    let mut columns = Vec::with_capacity(record.len());
    for i in 0..record.len() {
        let given = if header { record.text(i)? } else { None };
        let mut name = given.map(Cow::into_owned).unwrap_or_default();
        if name.is_empty() {
            name = format!("column{}", i + 1);
        }
        while !seen.insert(name.clone()) {
            name = format!("{name}_{}", i + 1);
        }
        columns.push(Column::new(name));
    }
    Ok(columns)
}
