//! Numbers as CSV: read with a place for each complaint, written so that they read back the same.

use inos_math_linear::Matrix;
use inos_sdk::{Call, Error, Output};

/// Numbers that one input may have: 32 MiB of them, so that some copies fit the plugin's memory.
const MAX_CELLS: usize = 4 << 20;

/// Bytes of text that are handed over at a time.
const PIECE: usize = 4 << 20;

/// Rows between two looks at whether the job shall stop.
const ROWS_A_LOOK: usize = 4096;

/// A table of numbers, perhaps with names; what is missing is NaN.
pub(crate) struct Table {
    pub(crate) what: &'static str,
    pub(crate) names: Vec<String>,
    pub(crate) cells: Matrix,
    first_row: usize,
}

impl Table {
    /// Reads input `index`, which messages call `what`. A first row without any number is a header.
    pub(crate) fn read(call: &Call, index: u32, what: &'static str) -> Result<Self, Error> {
        let input = call.input(index)?;
        let bytes = input.bytes()?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(bytes);
        let mut table = Self {
            what,
            names: Vec::new(),
            cells: empty(),
            first_row: 1,
        };
        let (mut record, mut row) = (csv::ByteRecord::new(), 0);
        while next(&mut reader, &mut record, what)? {
            row += 1;
            if row == 1 && record.iter().all(is_name) {
                table.names = record
                    .iter()
                    .map(|f| String::from_utf8_lossy(f).into_owned())
                    .collect();
                table.cells.columns = record.len();
                table.first_row = 2;
            } else {
                table.push(&record, row)?;
            }
            if row % ROWS_A_LOOK == 0 {
                let at = reader.position().byte();
                call.progress(at, bytes.len() as u64)?;
            }
        }
        if table.cells.rows == 0 {
            return Err(Error::invalid(format!("{what} has no row of numbers")));
        }
        Ok(table)
    }

    fn push(&mut self, record: &csv::ByteRecord, row: usize) -> Result<(), Error> {
        let (what, columns) = (self.what, self.cells.columns);
        if self.cells.rows == 0 && self.names.is_empty() {
            self.cells.columns = record.len();
        } else if record.len() != columns {
            let len = record.len();
            return Err(Error::invalid(format!(
                "row {row} of {what} has {len} columns, the first has {columns}"
            )));
        }
        if self.cells.values.len() + record.len() > MAX_CELLS {
            return Err(Error::invalid(format!(
                "{what} has more than {MAX_CELLS} numbers at row {row}"
            )));
        }
        for (column, field) in record.iter().enumerate() {
            let value = number(field).ok_or_else(|| {
                let text = String::from_utf8_lossy(&field[..field.len().min(32)]).into_owned();
                Error::invalid(format!(
                    "row {row}, column {} of {what} is {text:?}, not a number",
                    column + 1
                ))
            })?;
            self.cells.values.push(value);
        }
        self.cells.rows += 1;
        Ok(())
    }

    /// Refuses what is missing or infinite, and forgets the names.
    pub(crate) fn finite(self) -> Result<Matrix, Error> {
        match self.cells.values.iter().position(|v| !v.is_finite()) {
            None => Ok(self.cells),
            Some(at) => {
                let (row, column) = (
                    at / self.cells.columns + self.first_row,
                    at % self.cells.columns + 1,
                );
                Err(Error::invalid(format!(
                    "row {row}, column {column} of {} is missing or not finite",
                    self.what
                )))
            }
        }
    }

    /// A column's values.
    pub(crate) fn column(&self, column: usize) -> Vec<f64> {
        (0..self.cells.rows)
            .map(|row| self.cells.at(row, column))
            .collect()
    }

    /// A column's name, or its number from 1.
    pub(crate) fn name(&self, column: usize) -> String {
        self.names
            .get(column)
            .cloned()
            .unwrap_or_else(|| format!("c{}", column + 1))
    }
}

/// Reads a matrix of finite numbers.
pub(crate) fn matrix(call: &Call, index: u32, what: &'static str) -> Result<Matrix, Error> {
    Table::read(call, index, what)?.finite()
}

/// Reads rows of exactly `columns` finite numbers.
pub(crate) fn rows_of(
    call: &Call,
    index: u32,
    what: &'static str,
    columns: usize,
) -> Result<Matrix, Error> {
    let m = matrix(call, index, what)?;
    if m.columns == columns {
        Ok(m)
    } else {
        Err(Error::invalid(format!(
            "{what} has {} columns, not {columns}",
            m.columns
        )))
    }
}

/// Writes a matrix as CSV.
pub(crate) fn write(call: &Call, index: u32, m: &Matrix) -> Result<(), Error> {
    write_named(call, index, &[], m)
}

/// Writes a table with a header. Not a number is an empty field.
pub(crate) fn write_named(
    call: &Call,
    index: u32,
    header: &[String],
    m: &Matrix,
) -> Result<(), Error> {
    let mut writer = Writer::new(call, index)?;
    if !header.is_empty() {
        writer.text.extend(line(header)?);
    }
    for (i, row) in m.values.chunks(m.columns.max(1)).enumerate() {
        if i % ROWS_A_LOOK == ROWS_A_LOOK - 1 {
            call.progress(i as u64, m.rows as u64)?;
        }
        writer.row(row)?;
    }
    writer.finish()
}

/// Writes rows that begin with a name.
pub(crate) fn write_labelled(
    call: &Call,
    index: u32,
    header: &[String],
    labels: &[String],
    m: &Matrix,
) -> Result<(), Error> {
    let mut writer = Writer::new(call, index)?;
    writer.text.extend(line(header)?);
    for (label, row) in labels.iter().zip(m.values.chunks(m.columns.max(1))) {
        let mut head = line(std::slice::from_ref(label))?;
        head.pop();
        head.push(b',');
        writer.text.extend(head);
        writer.row(row)?;
    }
    writer.finish()
}

/// Hands text over piece by piece, since the whole would not fit the plugin's memory.
struct Writer<'c> {
    output: Output<'c>,
    len: usize,
    text: Vec<u8>,
}

impl<'c> Writer<'c> {
    fn new(call: &'c Call, index: u32) -> Result<Self, Error> {
        let output = call.output(index)?;
        Ok(Self {
            output,
            len: 0,
            text: Vec::new(),
        })
    }

    fn row(&mut self, row: &[f64]) -> Result<(), Error> {
        for (j, value) in row.iter().enumerate() {
            if j > 0 {
                self.text.push(b',');
            }
            digits(&mut self.text, *value);
            if self.text.len() >= PIECE {
                self.flush()?;
            }
        }
        self.text.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        let end = self.len + self.text.len();
        self.output.map(end)?[self.len..].copy_from_slice(&self.text);
        self.len = end;
        self.text.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<(), Error> {
        self.flush()?;
        self.output.finish(self.len)
    }
}

fn line(fields: &[String]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(fields)
        .map_err(|e| Error::failed(e.to_string()))?;
    writer
        .into_inner()
        .map_err(|e| Error::failed(e.to_string()))
}

/// The shortest digits that read back as the same number.
fn digits(text: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        let mut buffer = zmij::Buffer::new();
        let all = buffer.format_finite(value);
        text.extend(all.strip_suffix(".0").unwrap_or(all).bytes());
    } else if value.is_infinite() {
        text.extend(if value > 0.0 { &b"inf"[..] } else { b"-inf" });
    }
}

fn next<R: std::io::Read>(
    reader: &mut csv::Reader<R>,
    record: &mut csv::ByteRecord,
    what: &str,
) -> Result<bool, Error> {
    reader
        .read_byte_record(record)
        .map_err(|e| Error::invalid(format!("{what}: {e}")))
}

fn number(field: &[u8]) -> Option<f64> {
    if field.is_empty() || field.eq_ignore_ascii_case(b"na") {
        return Some(f64::NAN);
    }
    std::str::from_utf8(field).ok()?.parse().ok()
}

fn is_name(field: &[u8]) -> bool {
    number(field).is_none()
}

fn empty() -> Matrix {
    Matrix {
        rows: 0,
        columns: 0,
        values: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn digits_read_back() {
        for value in [0.1, -0.0, 1.0, 1e300, 5e-324, 1.0 / 3.0, -12345678.9] {
            let mut text = Vec::new();
            super::digits(&mut text, value);
            let back: f64 = String::from_utf8(text).unwrap().parse().unwrap();
            assert_eq!(back.to_bits(), value.to_bits());
        }
    }
}
