//! JSON in: a list of objects. What is nested stays as JSON text.

use std::collections::HashMap;
use std::fmt;

use inos_sdk::Error;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch, Cells};
use crate::table::{Column, MAX_COLUMNS, Rows};
use crate::value::{Owned, Value};

/// Rows of a table whose columns are still being found.
#[derive(Default)]
pub(crate) struct Building {
    names: Vec<String>,
    places: HashMap<String, usize>,
    batches: Vec<Batch>,
    open: Vec<Cells>,
    /// Rows of the open batch.
    rows: usize,
    held: Held,
}

/// A cell as JSON has it.
struct Cell(Owned);

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw: &RawValue = Deserialize::deserialize(deserializer)?;
        let text = raw.get();
        let wrong = serde::de::Error::custom;
        Ok(Self(match text.as_bytes().first() {
            Some(b'n') => Value::Null,
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'"') => Value::text(serde_json::from_str::<String>(text).map_err(wrong)?),
            Some(b'{' | b'[') => Value::text(text),
            _ => match text.parse::<i64>() {
                Ok(whole) if text != "-0" => Value::Int(whole),
                _ => Value::float(serde_json::from_str(text).map_err(wrong)?),
            },
        }))
    }
}

/// One object, in the order of its keys.
pub(crate) struct Object(pub(crate) Vec<(String, Owned)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut fields = Vec::new();
                while let Some((key, Cell(value))) = map.next_entry::<String, Cell>()? {
                    fields.push((key, value));
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Building {
    fn add(&mut self, Object(fields): Object) -> Result<(), Error> {
        let mut row = vec![Value::Null; self.names.len()];
        for (key, value) in fields {
            let place = match self.places.get(&key) {
                Some(place) => *place,
                None => self.column(key)?,
            };
            if place >= row.len() {
                row.resize(place + 1, Value::Null);
            }
            row[place] = value;
        }
        for (cells, value) in self.open.iter_mut().zip(row) {
            cells.push(value);
        }
        self.rows += 1;
        if self.rows == BATCH_ROWS {
            self.seal()?;
        }
        Ok(())
    }

    fn column(&mut self, name: String) -> Result<usize, Error> {
        if self.names.len() >= MAX_COLUMNS {
            return Err(Error::invalid(format!("more than {MAX_COLUMNS} columns")));
        }
        self.places.insert(name.clone(), self.names.len());
        self.names.push(name);
        self.open.push(Cells::nulls(self.rows));
        Ok(self.names.len() - 1)
    }

    fn seal(&mut self) -> Result<(), Error> {
        let fresh = vec![Cells::default(); self.names.len()];
        let mut columns = std::mem::replace(&mut self.open, fresh);
        columns.iter_mut().for_each(Cells::shrink);
        self.held.grow(columns.iter().map(Cells::cost).sum())?;
        self.batches.push(Batch::new(columns, self.rows));
        self.rows = 0;
        Ok(())
    }

    fn table(mut self) -> Result<(Vec<Column>, Rows), Error> {
        if self.rows > 0 {
            self.seal()?;
        }
        let rows = Rows::settled(self.names.len(), self.batches, self.held);
        let column = |(i, name)| Column {
            name,
            kind: rows.kind(i),
        };
        Ok((
            self.names.into_iter().enumerate().map(column).collect(),
            rows,
        ))
    }
}

/// A list of objects, or a single object, which is one row.
pub(crate) fn read(bytes: &[u8]) -> Result<(Vec<Column>, Rows), Error> {
    let mut rows = Building::default();
    let start = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    if start == Some(&b'{') {
        let object = Object::deserialize(&mut deserializer).map_err(|e| wrong(&e))?;
        rows.add(object)?;
    } else {
        let mut full = None;
        let list = List {
            rows: &mut rows,
            full: &mut full,
        };
        let done = deserializer.deserialize_seq(list);
        if let Some(error) = full {
            return Err(error);
        }
        done.map_err(|e| wrong(&e))?;
    }
    deserializer.end().map_err(|e| wrong(&e))?;
    rows.table()
}

/// The object of one line.
pub(crate) fn line(bytes: &[u8], number: u64) -> Result<Object, Error> {
    serde_json::from_slice(bytes).map_err(|e| {
        Error::invalid(format!(
            "the JSON in line {number}, column {}: {}",
            e.column(),
            plain(&e)
        ))
    })
}

struct List<'r> {
    rows: &'r mut Building,
    full: &'r mut Option<Error>,
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(object) = list.next_element::<Object>()? {
            if let Err(error) = self.rows.add(object) {
                *self.full = Some(error);
                return Err(serde::de::Error::custom("too large"));
            }
        }
        Ok(())
    }
}

fn wrong(error: &serde_json::Error) -> Error {
    Error::invalid(format!(
        "the JSON in line {}, column {}: {}",
        error.line(),
        error.column(),
        plain(error)
    ))
}

/// The library's sentence without the place, which stands before it.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_string()
}
