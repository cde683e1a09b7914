//! ORDER BY.

use std::cmp::Ordering;

use inos_sdk::Error;
use sqlparser::ast::{OrderByExpr, OrderBySort};

use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch};
use crate::source::Sink;
use crate::table::{Rows, Table};
use crate::value::Value;

/// Which way a key is sorted, and where its nulls go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direction {
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

pub(crate) fn direction(by: &OrderByExpr) -> Direction {
    let descending = matches!(by.options.sort, Some(OrderBySort::Desc));
    Direction {
        descending,
        nulls_first: by.options.nulls_first.unwrap_or(!descending),
    }
}

impl Direction {
    fn order(self, a: &Value, b: &Value) -> Ordering {
        match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if self.nulls_first => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if self.nulls_first => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ if self.descending => b.order(a),
            _ => a.order(b),
        }
    }

    /// The start of a value: it sorts as the value does, but for what it leaves out.
    fn prefix(self, value: &Value) -> u64 {
        const SIGN: u64 = 1 << 63;
        let number = |value: f64| {
            let bits = value.to_bits();
            let ordered = if bits & SIGN == 0 { bits | SIGN } else { !bits };
            2 << 62 | ordered >> 2
        };
        let start = match value {
            Value::Null if self.nulls_first => return 0,
            Value::Null => return u64::MAX,
            Value::Bool(flag) => 1 << 62 | u64::from(*flag),
            // 0 and -0 are equal.
            Value::Int(value) => number(*value as f64),
            Value::Float(value) => number(*value + 0.0),
            Value::Text(text) => {
                let mut start = [0; 8];
                let len = text.len().min(8);
                start[..len].copy_from_slice(&text.as_bytes()[..len]);
                3 << 62 | u64::from_be_bytes(start) >> 2
            }
        };
        if self.descending { !start } else { start }
    }
}

/// Compares two rows of keys.
pub(crate) fn by_keys(keys: &Rows, a: usize, b: usize, directions: &[Direction]) -> Ordering {
    for (column, direction) in directions.iter().enumerate() {
        let order = direction.order(&keys.get(a, column), &keys.get(b, column));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// The places of rows in the order of their keys; rows with the same keys stay as they are.
pub(crate) fn sorted(keys: &Rows, directions: &[Direction]) -> Result<Vec<u32>, Error> {
    let Some(first) = directions.first() else {
        return Ok((0..keys.len() as u32).collect());
    };
    let mut held = Held::default();
    held.grow(keys.len() * (size_of::<(u64, u32)>() + size_of::<u32>()))?;
    let mut places: Vec<(u64, u32)> = (0..keys.len())
        .map(|row| (first.prefix(&keys.get(row, 0)), row as u32))
        .collect();
    places.sort_unstable_by(|a, b| {
        let rest = || by_keys(keys, a.1 as usize, b.1 as usize, directions);
        a.0.cmp(&b.0).then_with(rest).then(a.1.cmp(&b.1))
    });
    Ok(places.into_iter().map(|place| place.1).collect())
}

/// Keeps rows with their keys, and gives them sorted; no more than `limit` of them.
#[derive(Debug)]
pub(crate) struct Sorter {
    rows: Table,
    keys: Table,
    widths: (usize, usize),
    directions: Vec<Direction>,
    limit: usize,
}

impl Sorter {
    pub(crate) fn new(width: usize, directions: Vec<Direction>, limit: usize) -> Self {
        let widths = (width, directions.len());
        Self {
            rows: Table::new(widths.0),
            keys: Table::new(widths.1),
            widths,
            directions,
            limit,
        }
    }

    pub(crate) fn add(&mut self, rows: &Batch, keys: &Batch) -> Result<(), Error> {
        self.rows.append(rows)?;
        self.keys.append(keys)?;
        // Of many rows only the first are wanted: the others are dropped now and then.
        let many = self.limit.saturating_mul(2).max(16 * BATCH_ROWS);
        if self.rows.len() > many {
            let (rows, keys) = self.taken()?;
            let mut places = sorted(&keys, &self.directions)?;
            places.truncate(self.limit);
            places.sort_unstable();
            for part in places.chunks(BATCH_ROWS) {
                self.rows.append(&rows.gather(part))?;
                self.keys.append(&keys.gather(part))?;
            }
        }
        Ok(())
    }

    fn taken(&mut self) -> Result<(Rows, Rows), Error> {
        let rows = std::mem::replace(&mut self.rows, Table::new(self.widths.0));
        let keys = std::mem::replace(&mut self.keys, Table::new(self.widths.1));
        Ok((rows.done()?, keys.done()?))
    }

    pub(crate) fn finish(mut self, sink: &mut Sink) -> Result<(), Error> {
        let (rows, keys) = self.taken()?;
        let places = sorted(&keys, &self.directions)?;
        drop(keys);
        for part in places.chunks(BATCH_ROWS) {
            if !sink(rows.gather(part))? {
                break;
            }
        }
        Ok(())
    }
}
