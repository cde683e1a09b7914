//! Text with separators, read in pieces of any size. By hand, since the csv crate does not tell an
//! empty field from a quoted one, which here is the difference between null and an empty text.

use inos_sdk::Error;

use crate::table::MAX_COLUMNS;

/// An unclosed quote must not swallow a whole file into memory.
const MAX_RECORD_BYTES: usize = 16 << 20;
/// Rows that the sniffer looks at.
const SNIFFED_ROWS: usize = 50;
const SEPARATORS: [u8; 4] = *b",;\t|";

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// After a quote within a quoted field: the end of it, or the first of two.
    Quote,
}

/// One row: the fields' text, and for each its end and whether it was quoted.
#[derive(Debug, Default)]
pub(crate) struct Record {
    bytes: Vec<u8>,
    ends: Vec<(usize, bool)>,
    /// Counted from 1, the header included.
    pub(crate) number: u64,
}

impl Record {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A field, None when it is null: empty and without quotes.
    pub(crate) fn field(&self, index: usize) -> Result<Option<&str>, Error> {
        let Some(&(end, quoted)) = self.ends.get(index) else {
            return Ok(None);
        };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before].0);
        if start == end && !quoted {
            return Ok(None);
        }
        let text = std::str::from_utf8(&self.bytes[start..end]);
        text.map(Some).map_err(|_| {
            Error::invalid(format!(
                "row {}, column {} is not UTF-8; set encoding if the file has another one",
                self.number,
                index + 1
            ))
        })
    }

    fn is_blank(&self) -> bool {
        self.ends == [(0, false)]
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

/// Cuts bytes into rows.
#[derive(Debug)]
pub(crate) struct Parser {
    separator: u8,
    state: State,
    quoted: bool,
    after_return: bool,
    record: Record,
}

impl Parser {
    pub(crate) fn new(separator: u8) -> Self {
        Self {
            separator,
            state: State::FieldStart,
            quoted: false,
            after_return: false,
            record: Record::default(),
        }
    }

    /// Takes the next piece; `each` gets the rows and returns false to stop.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        for &byte in bytes {
            let after_return = std::mem::take(&mut self.after_return);
            if after_return && byte == b'\n' && self.state == State::FieldStart {
                continue;
            }
            if self.step(byte)? && !self.end_row(each)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the last row, which needs no end of line.
    pub(crate) fn finish(
        &mut self,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        if self.state == State::Quoted {
            return Err(Error::invalid(format!(
                "row {}: the quote of column {} is not closed",
                self.record.number + 1,
                self.record.ends.len() + 1
            )));
        }
        if self.state != State::FieldStart || !self.record.ends.is_empty() {
            self.end_field()?;
            self.end_row(each)?;
        }
        Ok(())
    }

    /// True when the row has ended.
    fn step(&mut self, byte: u8) -> Result<bool, Error> {
        match (self.state, byte) {
            (State::FieldStart, b'"') => {
                self.state = State::Quoted;
                self.quoted = true;
            }
            (State::Quoted, b'"') => self.state = State::Quote,
            (State::Quote, b'"') => {
                self.add(byte)?;
                self.state = State::Quoted;
            }
            (State::Quoted, _) => self.add(byte)?,
            (_, b'\n' | b'\r') => {
                self.after_return = byte == b'\r';
                self.end_field()?;
                return Ok(true);
            }
            (_, byte) if byte == self.separator => self.end_field()?,
            _ => {
                self.add(byte)?;
                self.state = State::Plain;
            }
        }
        Ok(false)
    }

    fn add(&mut self, byte: u8) -> Result<(), Error> {
        if self.record.bytes.len() >= MAX_RECORD_BYTES {
            return Err(Error::invalid(format!(
                "row {} is longer than 16 MiB; is a quote not closed?",
                self.record.number + 1
            )));
        }
        self.record.bytes.push(byte);
        Ok(())
    }

    fn end_field(&mut self) -> Result<(), Error> {
        if self.record.ends.len() >= MAX_COLUMNS {
            return Err(Error::invalid(format!(
                "row {} has more than {MAX_COLUMNS} columns",
                self.record.number + 1
            )));
        }
        self.record
            .ends
            .push((self.record.bytes.len(), self.quoted));
        self.quoted = false;
        self.state = State::FieldStart;
        Ok(())
    }

    fn end_row(
        &mut self,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        self.record.number += 1;
        let more = each(&self.record);
        self.record.clear();
        more
    }
}

/// Whether a row is an empty line, which counts only in a table of one column.
pub(crate) fn is_blank(record: &Record) -> bool {
    record.is_blank()
}

/// The separator that cuts the first rows into the most columns, the same number in each.
pub(crate) fn sniff(start: &[u8]) -> u8 {
    let score = |separator: u8| -> (usize, usize) {
        let mut widths = Vec::new();
        let mut parser = Parser::new(separator);
        let done = parser.feed(start, &mut |record| {
            if !record.is_blank() {
                widths.push(record.len());
            }
            Ok(widths.len() < SNIFFED_ROWS)
        });
        if done.is_err() {
            return (0, 0);
        }
        if widths.is_empty() {
            let _ = parser.finish(&mut |record| {
                widths.push(record.len());
                Ok(true)
            });
        }
        let first = widths.first().copied().unwrap_or(1);
        if first < 2 {
            return (0, 0);
        }
        let same = widths.iter().filter(|width| **width == first).count();
        // Nine rows in ten have to agree; then the share counts before the number of columns.
        if same * 10 < widths.len() * 9 {
            (1, first)
        } else {
            (same * 100 / widths.len(), first)
        }
    };
    let mut best = (SEPARATORS[0], (0, 0));
    for separator in SEPARATORS {
        let found = score(separator);
        if found > best.1 {
            best = (separator, found);
        }
    }
    best.0
}
