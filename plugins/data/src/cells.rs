//! The cells of one column, in lists of their kind, and some rows of several columns.

use std::rc::Rc;

use crate::value::{Kind, Owned, Value};

/// Rows that are worked on at a time.
pub(crate) const BATCH_ROWS: usize = 4096;
/// The place of a row that is not there: all its cells are null.
pub(crate) const NOWHERE: u32 = u32::MAX;

#[derive(Clone, Debug, Default)]
enum Data {
    /// Nothing but nulls, or a column that nobody asked for.
    #[default]
    Null,
    Bool(Vec<bool>),
    Int(Vec<i64>),
    Float(Vec<f64>),
    /// All texts one after the other, and where each ends.
    Text(String, Vec<u32>),
    /// What an expression made that has several kinds.
    Mixed(Vec<Owned>),
}

/// Cells of one column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cells {
    data: Data,
    /// A bit for each cell that is null; empty while none is.
    nulls: Vec<u64>,
    len: usize,
}

impl Cells {
    /// Cells to come, of one kind.
    pub(crate) fn of(kind: Kind) -> Self {
        let data = match kind {
            Kind::Null => Data::Null,
            Kind::Bool => Data::Bool(Vec::with_capacity(BATCH_ROWS)),
            Kind::Int => Data::Int(Vec::with_capacity(BATCH_ROWS)),
            Kind::Float => Data::Float(Vec::with_capacity(BATCH_ROWS)),
            Kind::Text => Data::Text(String::new(), Vec::with_capacity(BATCH_ROWS)),
        };
        Self {
            data,
            ..Self::default()
        }
    }

    pub(crate) fn nulls(len: usize) -> Self {
        Self {
            len,
            ..Self::default()
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn is_null(&self, row: usize) -> bool {
        self.nulls
            .get(row / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// A cell; null beyond the end.
    pub(crate) fn get(&self, row: usize) -> Value<'_> {
        if self.is_null(row) {
            return Value::Null;
        }
        let found = match &self.data {
            Data::Null => None,
            Data::Bool(list) => list.get(row).map(|v| Value::Bool(*v)),
            Data::Int(list) => list.get(row).map(|v| Value::Int(*v)),
            Data::Float(list) => list.get(row).map(|v| Value::Float(*v)),
            Data::Text(text, ends) => ends.get(row).map(|end| {
                let start = row.checked_sub(1).map_or(0, |before| ends[before]);
                Value::Text(text[start as usize..*end as usize].into())
            }),
            Data::Mixed(list) => list.get(row).map(borrowed),
        };
        found.unwrap_or(Value::Null)
    }

    pub(crate) fn push_null(&mut self) {
        match &mut self.data {
            Data::Null => {}
            Data::Bool(list) => list.push(false),
            Data::Int(list) => list.push(0),
            Data::Float(list) => list.push(0.0),
            Data::Text(text, ends) => ends.push(text.len() as u32),
            Data::Mixed(list) => list.push(Value::Null),
        }
        if !matches!(self.data, Data::Null) {
            self.mark_null(self.len);
        }
        self.len += 1;
    }

    fn mark_null(&mut self, row: usize) {
        if self.nulls.len() <= row / 64 {
            self.nulls.resize(row / 64 + 1, 0);
        }
        self.nulls[row / 64] |= 1 << (row % 64);
    }

    pub(crate) fn push(&mut self, value: Value) {
        match (&mut self.data, value) {
            (_, Value::Null) => return self.push_null(),
            (Data::Bool(list), Value::Bool(value)) => list.push(value),
            (Data::Int(list), Value::Int(value)) => list.push(value),
            (Data::Float(list), Value::Float(value)) => list.push(value),
            (Data::Text(all, ends), Value::Text(text)) => {
                all.push_str(&text);
                ends.push(all.len() as u32);
            }
            (Data::Mixed(list), value) => list.push(value.into_owned()),
            (Data::Null, value) => {
                let len = self.len;
                *self = Self::of(value.kind());
                (0..len).for_each(|_| self.push_null());
                return self.push(value);
            }
            (_, value) => {
                let list = (0..self.len).map(|row| self.get(row).into_owned());
                self.data = Data::Mixed(list.collect());
                return self.push(value);
            }
        }
        self.len += 1;
    }

    /// Adds some of another column's cells; [`NOWHERE`] is null.
    pub(crate) fn extend(&mut self, from: &Self, places: &[u32]) {
        if from.nulls.is_empty() && !places.contains(&NOWHERE) {
            match (&mut self.data, &from.data) {
                (Data::Int(to), Data::Int(list)) => {
                    to.extend(places.iter().map(|p| list[*p as usize]));
                    self.len += places.len();
                    return;
                }
                (Data::Float(to), Data::Float(list)) => {
                    to.extend(places.iter().map(|p| list[*p as usize]));
                    self.len += places.len();
                    return;
                }
                _ => {}
            }
        }
        for place in places {
            match *place {
                NOWHERE => self.push_null(),
                place => self.push(from.get(place as usize)),
            }
        }
    }

    pub(crate) fn gather(&self, places: &[u32]) -> Self {
        if matches!(self.data, Data::Null) {
            return Self::nulls(places.len());
        }
        let mut cells = Self::of(self.kind());
        cells.extend(self, places);
        cells
    }

    /// The kind of the cells; text where they are mixed.
    pub(crate) fn kind(&self) -> Kind {
        match &self.data {
            Data::Null => Kind::Null,
            Data::Bool(_) => Kind::Bool,
            Data::Int(_) => Kind::Int,
            Data::Float(_) => Kind::Float,
            Data::Text(..) => Kind::Text,
            Data::Mixed(list) => list.iter().fold(Kind::Null, |k, v| k.with(v.kind())),
        }
    }

    /// Whether all cells are of this kind or null.
    pub(crate) fn is_all(&self, kind: Kind) -> bool {
        match self.data {
            Data::Mixed(_) => false,
            Data::Null => true,
            _ => self.kind() == kind,
        }
    }

    pub(crate) fn cost(&self) -> usize {
        let data = match &self.data {
            Data::Null => 0,
            Data::Bool(list) => list.capacity(),
            Data::Int(list) => list.capacity() * size_of::<i64>(),
            Data::Float(list) => list.capacity() * size_of::<f64>(),
            Data::Text(text, ends) => text.capacity() + ends.capacity() * size_of::<u32>(),
            Data::Mixed(list) => list.iter().map(Value::cost).sum(),
        };
        data + self.nulls.capacity() * size_of::<u64>() + size_of::<Self>()
    }

    /// Gives back room for cells that did not come.
    pub(crate) fn shrink(&mut self) {
        match &mut self.data {
            Data::Null => {}
            Data::Bool(list) => list.shrink_to_fit(),
            Data::Int(list) => list.shrink_to_fit(),
            Data::Float(list) => list.shrink_to_fit(),
            Data::Text(text, ends) => {
                text.shrink_to_fit();
                ends.shrink_to_fit();
            }
            Data::Mixed(list) => list.shrink_to_fit(),
        }
        self.nulls.shrink_to_fit();
    }

    /// The cells as one kind: integers become numbers, anything a text.
    pub(crate) fn settled(&self, kind: Kind) -> Self {
        let mut cells = Self::of(kind);
        for row in 0..self.len {
            cells.push(self.get(row).settled(kind));
        }
        cells
    }
}

fn borrowed(value: &Owned) -> Value<'_> {
    match value {
        Value::Text(text) => Value::Text(text.as_ref().into()),
        other => other.clone(),
    }
}

/// Some rows of a table; columns are shared rather than copied.
#[derive(Clone, Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Rc<Cells>>,
}

impl Batch {
    pub(crate) fn new(columns: Vec<Cells>, rows: usize) -> Self {
        debug_assert!(columns.iter().all(|c| c.len() == rows));
        Self {
            rows,
            columns: columns.into_iter().map(Rc::new).collect(),
        }
    }

    pub(crate) fn row(&self, row: usize) -> Row<'_> {
        Row { batch: self, row }
    }

    pub(crate) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.rows).map(|row| self.row(row))
    }

    pub(crate) fn gather(&self, places: &[u32]) -> Self {
        let columns = self.columns.iter().map(|c| c.gather(places)).collect();
        Self::new(columns, places.len())
    }

    /// The rows for which `keep` says so; the batch itself when it is all of them.
    pub(crate) fn kept<E>(&self, keep: impl Fn(Row) -> Result<bool, E>) -> Result<Self, E> {
        let mut places = Vec::new();
        for row in self.rows() {
            if keep(row)? {
                places.push(row.row as u32);
            }
        }
        Ok(if places.len() == self.rows {
            self.clone()
        } else {
            self.gather(&places)
        })
    }

    /// The first `rows` rows behind `from`.
    pub(crate) fn part(&self, from: usize, rows: usize) -> Self {
        let to = from.saturating_add(rows).min(self.rows);
        if from == 0 && to == self.rows {
            return self.clone();
        }
        self.gather(&(from.min(to) as u32..to as u32).collect::<Vec<_>>())
    }
}

/// A row of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'a> {
    batch: &'a Batch,
    pub(crate) row: usize,
}

impl<'a> Row<'a> {
    pub(crate) fn width(self) -> usize {
        self.batch.columns.len()
    }

    /// A cell; null beyond the last column.
    pub(crate) fn get(self, column: usize) -> Value<'a> {
        match self.batch.columns.get(column) {
            Some(cells) => cells.get(self.row),
            None => Value::Null,
        }
    }

    pub(crate) fn cells(self) -> impl Iterator<Item = Value<'a>> {
        (0..self.width()).map(move |column| self.get(column))
    }

    /// Puts the key of some cells into `key`; false when one of them is null.
    pub(crate) fn key(self, columns: impl Iterator<Item = usize>, key: &mut Vec<u8>) -> bool {
        key.clear();
        let mut whole = true;
        for column in columns {
            let value = self.get(column);
            whole &= !value.is_null();
            value.key(key);
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_what_was_pushed() {
        let texts = ["", "a", "schön"];
        for kinds in [1usize, 2, 4, 8, 16, 3, 31] {
            let value = |i: usize| match (i * 7 + i / 5) % 5 {
                k if kinds >> k & 1 == 0 => Value::Null,
                0 => Value::Int(i as i64),
                1 => Value::Float(i as f64 / 2.0),
                2 => Value::Text(texts[i % 3].into()),
                3 => Value::Bool(i.is_multiple_of(2)),
                _ => Value::Null,
            };
            let mut cells = Cells::default();
            (0..300).for_each(|i| cells.push(value(i)));
            let places: Vec<u32> = (0..300).rev().step_by(3).chain([NOWHERE]).collect();
            let some = cells.gather(&places);
            for i in 0..300 {
                assert_eq!(cells.get(i), value(i), "{kinds}");
            }
            for (i, place) in places.iter().enumerate() {
                let want = if *place == NOWHERE {
                    Value::Null
                } else {
                    value(*place as usize)
                };
                assert_eq!(some.get(i), want, "{kinds}");
            }
            assert_eq!((cells.len(), cells.get(300)), (300, Value::Null));
        }
    }
}
