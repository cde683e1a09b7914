//! A table out, as it comes.

use std::fmt::Write as _;

use inos_sdk::{Call, Error, Output};

use crate::cells::{Batch, Row};
use crate::table::Column;
use crate::value::{Kind, Value};

const FIRST_ROOM: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Format {
    Csv,
    Tsv,
    Json,
    Lines,
}

/// Writes rows to output 0 in the format that the op was told.
pub(crate) struct Writer<'c> {
    sink: Sink<'c>,
    format: Format,
    names: Vec<String>,
    buffer: String,
    rows: u64,
}

impl<'c> Writer<'c> {
    /// `param` is the index of the parameter `format`.
    pub(crate) fn open(call: &'c Call, param: u32, columns: &[Column]) -> Result<Self, Error> {
        let (format, media) = match call.params().choice(param)? {
            1 => (Format::Tsv, "text/tab-separated-values"),
            2 => (Format::Json, "application/json"),
            3 => (Format::Lines, "application/x-ndjson"),
            _ => (Format::Csv, "text/csv"),
        };
        let mut sink = Sink::new(call.output(0)?);
        sink.output.media(media)?;
        let json = matches!(format, Format::Json | Format::Lines);
        let name = |c: &Column| {
            if json {
                quoted(&c.name)
            } else {
                c.name.clone()
            }
        };
        let names = columns.iter().map(name).collect();
        let mut writer = Self {
            sink,
            format,
            names,
            buffer: String::new(),
            rows: 0,
        };
        match format {
            Format::Json => writer.buffer.push('['),
            Format::Lines => {}
            Format::Csv | Format::Tsv => {
                writer.separated(columns.iter().map(|c| Value::Text(c.name.as_str().into())));
            }
        }
        Ok(writer)
    }

    pub(crate) fn row(&mut self, row: Row) -> Result<(), Error> {
        self.values(row.cells())
    }

    pub(crate) fn values<'v>(&mut self, row: impl Iterator<Item = Value<'v>>) -> Result<(), Error> {
        match self.format {
            Format::Csv | Format::Tsv => self.separated(row),
            Format::Json => {
                self.buffer
                    .push_str(if self.rows == 0 { "\n" } else { ",\n" });
                self.object(row);
            }
            Format::Lines => {
                self.object(row);
                self.buffer.push('\n');
            }
        }
        self.rows += 1;
        if self.buffer.len() > FIRST_ROOM {
            self.flush()
        } else {
            Ok(())
        }
    }

    pub(crate) fn batch(&mut self, batch: &Batch) -> Result<(), Error> {
        batch.rows().try_for_each(|row| self.row(row))
    }

    /// Ends the output; returns how many rows it has.
    pub(crate) fn end(mut self) -> Result<f64, Error> {
        if self.format == Format::Json {
            self.buffer.push_str("\n]\n");
        }
        self.flush()?;
        self.sink.end()?;
        Ok(self.rows as f64)
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.sink.write(self.buffer.as_bytes())?;
        self.buffer.clear();
        Ok(())
    }

    fn separated<'v>(&mut self, row: impl Iterator<Item = Value<'v>>) {
        let separator = if self.format == Format::Tsv {
            '\t'
        } else {
            ','
        };
        for (i, value) in row.enumerate() {
            if i > 0 {
                self.buffer.push(separator);
            }
            match value {
                Value::Text(text) => field(&mut self.buffer, &text, separator),
                other => {
                    let _ = write!(self.buffer, "{other}");
                }
            }
        }
        self.buffer.push('\n');
    }

    fn object<'v>(&mut self, row: impl Iterator<Item = Value<'v>>) {
        self.buffer.push('{');
        for (i, (name, value)) in self.names.iter().zip(row).enumerate() {
            if i > 0 {
                self.buffer.push_str(", ");
            }
            self.buffer.push_str(name);
            self.buffer.push_str(": ");
            json_value(&mut self.buffer, &value);
        }
        self.buffer.push('}');
    }
}

fn field(buffer: &mut String, text: &str, separator: char) {
    let awkward = |b: u8| b == separator as u8 || matches!(b, b'"' | b'\n' | b'\r');
    if !text.is_empty() && !text.bytes().any(awkward) {
        buffer.push_str(text);
        return;
    }
    buffer.push('"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            buffer.push_str("\"\"");
        }
        buffer.push_str(part);
    }
    buffer.push('"');
}

/// JSON has no infinity: it becomes null.
pub(crate) fn json_value(buffer: &mut String, value: &Value) {
    match value {
        Value::Null => buffer.push_str("null"),
        Value::Float(value) if !value.is_finite() => buffer.push_str("null"),
        Value::Text(text) => buffer.push_str(&quoted(text)),
        other => {
            let _ = write!(buffer, "{other}");
        }
    }
}

pub(crate) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

/// An output that grows.
pub(crate) struct Sink<'c> {
    output: Output<'c>,
    len: usize,
    room: usize,
}

impl<'c> Sink<'c> {
    pub(crate) fn new(output: Output<'c>) -> Self {
        Self {
            output,
            len: 0,
            room: 0,
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let end = self.len + bytes.len();
        if end > self.room {
            self.grow(end)?;
        }
        self.output.bytes_mut()[self.len..end].copy_from_slice(bytes);
        self.len = end;
        Ok(())
    }

    /// Makes room, for twice as much as there was if that is within the limit: each time that an
    /// output grows it may be moved.
    fn grow(&mut self, end: usize) -> Result<(), Error> {
        let more = [self.room, 16 << 20, 1 << 20].map(|more| end + more);
        for room in more {
            if self.output.map(room.max(FIRST_ROOM)).is_ok() {
                self.room = room.max(FIRST_ROOM);
                return Ok(());
            }
        }
        self.output.map(end)?;
        self.room = end;
        Ok(())
    }

    pub(crate) fn end(self) -> Result<(), Error> {
        self.output.finish(self.len)
    }
}

/// The report of columns: name and kind.
pub(crate) fn schema(columns: &[Column]) -> String {
    let mut text = String::from("[");
    for (i, column) in columns.iter().enumerate() {
        let kind = if column.kind == Kind::Null {
            "null"
        } else {
            column.kind.name()
        };
        let comma = if i > 0 { "," } else { "" };
        let _ = write!(
            text,
            "{comma}\n{{\"name\": {}, \"kind\": \"{kind}\"}}",
            quoted(&column.name)
        );
    }
    text.push_str("\n]\n");
    text
}
