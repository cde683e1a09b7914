use inos_sdk::Error;

use super::eval::compare;
use crate::keys::Keys;
use crate::table::Rows;
use crate::value::{Kind, Owned, Value};

/// The values of a subquery, for IN.
#[derive(Debug)]
pub(crate) struct Set {
    keys: Keys,
    null: bool,
    /// One value that is a text, and one that is none: what is asked for must compare with them.
    samples: [Option<Owned>; 2],
}

impl Set {
    pub(crate) fn of(rows: &Rows) -> Result<Self, Error> {
        let mut set = Self {
            keys: Keys::default(),
            null: false,
            samples: [None, None],
        };
        let mut key = Vec::new();
        for row in 0..rows.len() {
            let value = rows.get(row, 0);
            if value.is_null() {
                set.null = true;
                continue;
            }
            same_key(&value, &mut key);
            set.keys.place(&key)?;
            let sample = &mut set.samples[usize::from(value.kind() == Kind::Text)];
            if sample.is_none() {
                *sample = Some(value.into_owned());
            }
        }
        Ok(set)
    }

    pub(crate) fn holds<'a>(&self, value: &Value) -> Result<Value<'a>, Error> {
        if self.keys.len() == 0 && !self.null {
            return Ok(Value::Bool(false));
        }
        if value.is_null() {
            return Ok(Value::Null);
        }
        let mut key = Vec::new();
        same_key(value, &mut key);
        if self.keys.find(&key).is_some() {
            return Ok(Value::Bool(true));
        }
        for sample in self.samples.iter().flatten() {
            compare(value, sample)?;
        }
        Ok(if self.null {
            Value::Null
        } else {
            Value::Bool(false)
        })
    }
}

/// A truth value equals 1 or 0 here.
fn same_key(value: &Value, key: &mut Vec<u8>) {
    key.clear();
    match value {
        Value::Bool(flag) => Value::Int(i64::from(*flag)).key(key),
        other => other.key(key),
    }
}
