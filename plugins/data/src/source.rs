//! An input as a table that comes in batches: separated text by pieces of the file, all else whole.

use inos_sdk::{Call, Error, Input};

use crate::csv::{self, Parser, Record};
use crate::encoding::{Decoder, Encoding};
use crate::json;
use crate::table::{Column, Table};
use crate::value::{Kind, Value};

/// Bytes of a file that are mapped at a time.
const PIECE: usize = 16 << 20;
const SNIFFED_BYTES: usize = 64 << 10;
const BATCH_ROWS: usize = 4096;
/// What a JSON text may take: it is read whole, and its values cost more than its bytes.
const MAX_WHOLE_BYTES: u64 = 256 << 20;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Separated,
    Json,
    Lines,
}

/// How an op was told to read its inputs.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    format: Option<Format>,
    separator: Option<u8>,
    header: u32,
    encoding: Option<Encoding>,
    typed: bool,
}

/// Parameters 0 to 4 of each op that reads a table.
pub(crate) const READ_PARAMS: u32 = 5;

impl Reading {
    pub(crate) fn of(call: &Call) -> Result<Self, Error> {
        let params = call.params();
        let (format, tab) = match params.choice(0)? {
            0 => (None, false),
            2 => (Some(Format::Separated), true),
            3 => (Some(Format::Json), false),
            4 => (Some(Format::Lines), false),
            _ => (Some(Format::Separated), false),
        };
        let separator = match params.text(1)?.as_str() {
            "" if tab => Some(b'\t'),
            "" => None,
            "\\t" | "tab" => Some(b'\t'),
            text => match text.as_bytes() {
                [byte] if byte.is_ascii() && !b"\"\r\n".contains(byte) => Some(*byte),
                _ => {
                    return Err(Error::invalid(
                        "separator has to be one ASCII character, no quote",
                    ));
                }
            },
        };
        let encoding = match params.choice(3)? {
            1 => Some(Encoding::Utf8),
            2 => Some(Encoding::Utf16Le),
            3 => Some(Encoding::Utf16Be),
            4 => Some(Encoding::Windows1252),
            _ => None,
        };
        Ok(Self {
            format,
            separator,
            header: params.choice(2)?,
            encoding,
            typed: params.flag(4)?,
        })
    }
}

/// A table that is read from the start as often as one likes.
pub(crate) struct Source<'c> {
    pub(crate) columns: Vec<Column>,
    body: Body<'c>,
    name: String,
}

enum Body<'c> {
    Whole(Table),
    Separated(Separated<'c>),
}

struct Separated<'c> {
    input: Input<'c>,
    start: u64,
    separator: u8,
    encoding: Encoding,
    header: bool,
}

impl<'c> Source<'c> {
    pub(crate) fn open(call: &'c Call, index: u32, how: &Reading) -> Result<Self, Error> {
        let mut input = call.input(index)?;
        let name = format!("input {}", index + 1);
        let shown = input.len().min(SNIFFED_BYTES as u64) as usize;
        let start = input.range(0, shown)?.to_vec();
        let format = how.format.unwrap_or_else(|| guess(&start));
        let body = match format {
            Format::Separated => {
                return Self::separated(call, input, &start, how, name);
            }
            _ if input.len() > MAX_WHOLE_BYTES => {
                return Err(Error::invalid(format!(
                    "{name}: JSON of more than 256 MiB is not read"
                )));
            }
            Format::Json => json::read(skip_mark(input.bytes()?)),
            Format::Lines => json::read_lines(skip_mark(input.bytes()?)),
        };
        let table = body.map_err(|e| named(&name, e))?;
        Ok(Self {
            columns: table.columns.clone(),
            body: Body::Whole(table),
            name,
        })
    }

    fn separated(
        call: &Call,
        input: Input<'c>,
        start: &[u8],
        how: &Reading,
        name: String,
    ) -> Result<Self, Error> {
        let (encoding, mark) = Encoding::of_mark(start).unwrap_or((Encoding::Utf8, 0));
        let encoding = how.encoding.unwrap_or(encoding);
        let mut decoder = Decoder::new(encoding);
        let shown = decoder.decode(&start[mark..]);
        let separator = how.separator.unwrap_or_else(|| csv::sniff(shown));
        let mut body = Separated {
            input,
            start: mark as u64,
            separator,
            encoding,
            header: false,
        };
        let columns = body.learn(call, how).map_err(|e| named(&name, e))?;
        Ok(Self {
            columns,
            body: Body::Separated(body),
            name,
        })
    }

    /// Gives the rows in batches; `each` returns false to stop.
    pub(crate) fn each(
        &mut self,
        call: &Call,
        mut each: impl FnMut(&Table) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        match &mut self.body {
            Body::Whole(table) => each(table).map(|_| ()),
            Body::Separated(body) => body
                .each(call, &self.columns, &mut each)
                .map_err(|e| named(&self.name, e)),
        }
    }

    /// The whole table.
    pub(crate) fn table(&mut self, call: &Call) -> Result<Table, Error> {
        if let Body::Whole(table) = &mut self.body {
            return Ok(std::mem::take(table));
        }
        let mut table = Table::new(self.columns.clone());
        self.each(call, |batch| table.append(batch).map(|()| true))?;
        Ok(table)
    }
}

fn named(name: &str, error: Error) -> Error {
    match error {
        Error::Invalid(text) => Error::Invalid(format!("{name}: {text}")),
        other => other,
    }
}

fn skip_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

fn guess(start: &[u8]) -> Format {
    let text = skip_mark(start);
    match text.iter().find(|b| !b.is_ascii_whitespace()) {
        Some(b'[') => Format::Json,
        Some(b'{') => {
            let mut lines = text
                .split(|b| *b == b'\n')
                .filter(|l| !l.trim_ascii().is_empty());
            let first = lines.next().unwrap_or_default();
            let whole = serde_json::from_slice::<serde::de::IgnoredAny>(first).is_ok();
            // One object in one line is the same table either way.
            if whole { Format::Lines } else { Format::Json }
        }
        _ => Format::Separated,
    }
}

impl Separated<'_> {
    /// Names and kinds of the columns: a pass over all rows.
    fn learn(&mut self, call: &Call, how: &Reading) -> Result<Vec<Column>, Error> {
        let mut columns: Vec<Column> = Vec::new();
        let mut first = true;
        let mut header = false;
        self.records(call, &mut |record| {
            if columns.is_empty() {
                if csv::is_blank(record) {
                    return Ok(true);
                }
                header = how.header == 1 || (how.header == 0 && is_header(record)?);
                columns = name_columns(record, header)?;
            }
            if std::mem::take(&mut first) && header {
                return Ok(how.typed || record.len() == 0);
            }
            if how.typed && !skipped(record, columns.len()) {
                for (i, column) in columns.iter_mut().enumerate() {
                    if column.kind != Kind::Text
                        && let Some(text) = record.field(i)?
                    {
                        column.kind = column.kind.with(Kind::of_text(text));
                    }
                }
            }
            Ok(how.typed)
        })?;
        self.header = header;
        if !how.typed {
            columns
                .iter_mut()
                .for_each(|column| column.kind = Kind::Text);
        }
        Ok(columns)
    }

    fn each(
        &mut self,
        call: &Call,
        columns: &[Column],
        each: &mut dyn FnMut(&Table) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let width = columns.len();
        let mut batch = Table::new(columns.to_vec());
        let mut header = self.header;
        let mut stopped = false;
        self.records(call, &mut |record| {
            if skipped(record, width) || std::mem::take(&mut header) {
                return Ok(true);
            }
            if record.len() != width {
                return Err(Error::invalid(format!(
                    "row {} has {} fields, the first one has {width}",
                    record.number,
                    record.len()
                )));
            }
            let mut row = Vec::with_capacity(width);
            for (i, column) in columns.iter().enumerate() {
                let value = record.field(i)?.and_then(|text| column.kind.parse(text));
                row.push(value.unwrap_or(Value::Null));
            }
            batch.push(row)?;
            if batch.len() >= BATCH_ROWS || batch.cost() >= PIECE {
                stopped = !each(&batch)?;
                batch.clear();
            }
            Ok(!stopped)
        })?;
        if !stopped && batch.len() > 0 {
            each(&batch)?;
        }
        Ok(())
    }

    fn records(
        &mut self,
        call: &Call,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let mut parser = Parser::new(self.separator);
        let mut decoder = Decoder::new(self.encoding);
        let (mut at, total) = (self.start, self.input.len());
        while at < total {
            call.progress(at, total)?;
            let len = (total - at).min(PIECE as u64) as usize;
            let bytes = self.input.range(at, len)?;
            if !parser.feed(decoder.decode(bytes), each)? {
                return Ok(());
            }
            at += len as u64;
        }
        parser.finish(each)
    }
}

/// An empty line in a table of several columns.
fn skipped(record: &Record, width: usize) -> bool {
    width > 1 && csv::is_blank(record)
}

/// A first row is a header when each of its fields is a text and no two are the same.
fn is_header(record: &Record) -> Result<bool, Error> {
    let mut seen = std::collections::HashSet::new();
    for i in 0..record.len() {
        match record.field(i)? {
            Some(text) if Kind::of_text(text) == Kind::Text && seen.insert(text) => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}

fn name_columns(record: &Record, header: bool) -> Result<Vec<Column>, Error> {
    let mut seen = std::collections::HashSet::new();
    let mut columns = Vec::with_capacity(record.len());
    for i in 0..record.len() {
        let given = if header {
            record.field(i)?.unwrap_or_default()
        } else {
            ""
        };
        let mut name = given.to_string();
        if name.is_empty() {
            name = format!("column{}", i + 1);
        }
        if !seen.insert(name.clone()) {
            name = format!("{name}_{}", i + 1);
            seen.insert(name.clone());
        }
        columns.push(Column {
            name,
            kind: Kind::Null,
        });
    }
    Ok(columns)
}
