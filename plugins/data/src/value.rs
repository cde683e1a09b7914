//! One cell of a table.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

use crate::number;

/// A cell, a text of which may lie in the table that it is of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
}

pub(crate) type Owned = Value<'static>;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing but nulls so far.
    Null,
    Bool,
    Int,
    Float,
    Text,
}

impl Kind {
    /// The narrowest kind that holds both.
    pub(crate) fn with(self, other: Self) -> Self {
        match (self, other) {
            (a, b) if a == b => a,
            (Self::Null, kind) | (kind, Self::Null) => kind,
            (Self::Int, Self::Float) | (Self::Float, Self::Int) => Self::Float,
            _ => Self::Text,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Float => "number",
            Self::Text => "text",
        }
    }

    /// A text as a value of this kind; None when it is no such value.
    pub(crate) fn parse(self, text: &str) -> Option<Value<'_>> {
        match self {
            Self::Null => None,
            Self::Bool => number::truth(text.as_bytes()).map(Value::Bool),
            Self::Int => text.parse().ok().map(Value::Int),
            Self::Float => text
                .parse()
                .ok()
                .filter(|f: &f64| f.is_finite())
                .map(Value::Float),
            Self::Text => Some(Value::Text(text.into())),
        }
    }
}

impl<'a> Value<'a> {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    /// A number; what is none is null, as in SQLite.
    pub(crate) fn float(value: f64) -> Self {
        if value.is_nan() {
            Self::Null
        } else {
            Self::Float(value)
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Null => Kind::Null,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Text(_) => Kind::Text,
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As it is written.
    pub(crate) fn written(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Borrowed(text),
            other => Cow::Owned(other.to_string()),
        }
    }

    pub(crate) fn into_owned(self) -> Owned {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(value),
            Self::Int(value) => Value::Int(value),
            Self::Float(value) => Value::Float(value),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
        }
    }

    /// As a cell of a column of a kind that it is within: integers become numbers, anything a text.
    pub(crate) fn settled(self, kind: Kind) -> Self {
        match (kind, self) {
            (_, Self::Null) => Self::Null,
            (Kind::Float, Self::Int(whole)) => Self::Float(whole as f64),
            (Kind::Text, value) if value.kind() != Kind::Text => Self::text(value.to_string()),
            (_, value) => value,
        }
    }

    /// As a number; None for what is none.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(value) => Some(*value as f64),
            Self::Float(value) => Some(*value),
            Self::Bool(value) => Some(f64::from(u8::from(*value))),
            _ => None,
        }
    }

    /// The order of all values: nulls, truth values, numbers, texts by their bytes.
    pub(crate) fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Self::Int(a), Value::Int(b)) => a.cmp(b),
            (Self::Float(a), Value::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Int(a), Value::Float(b)) => mixed(*a, *b),
            (Self::Float(a), Value::Int(b)) => mixed(*b, *a).reverse(),
            (Self::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) => 1,
            Self::Int(_) | Self::Float(_) => 2,
            Self::Text(_) => 3,
        }
    }

    /// Appends bytes that two values share exactly when they are equal; 1 and 1.0 are.
    pub(crate) fn key(&self, into: &mut Vec<u8>) {
        match self {
            Self::Null => into.push(0),
            Self::Bool(value) => into.extend_from_slice(&[1, u8::from(*value)]),
            Self::Int(value) => int_key(*value, into),
            Self::Float(value) => match whole(*value) {
                Some(value) => int_key(value, into),
                None => {
                    into.push(3);
                    into.extend_from_slice(&value.to_bits().to_le_bytes());
                }
            },
            Self::Text(text) => {
                into.push(4);
                into.extend_from_slice(&(text.len() as u32).to_le_bytes());
                into.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// Bytes that the value costs in memory by itself.
    pub(crate) fn cost(&self) -> usize {
        let text = if let Self::Text(text) = self {
            text.len() + 16
        } else {
            0
        };
        size_of::<Self>() + text
    }
}

fn int_key(value: i64, into: &mut Vec<u8>) {
    into.push(2);
    into.extend_from_slice(&value.to_le_bytes());
}

/// The integer that a number is, if it is one.
fn whole(value: f64) -> Option<i64> {
    let whole = value as i64;
    (value.trunc() == value && value.abs() < 9.2e18 && whole as f64 == value).then_some(whole)
}

/// Compares without rounding the integer.
fn mixed(a: i64, b: f64) -> Ordering {
    if b >= 9_223_372_036_854_775_808.0 {
        return Ordering::Less;
    }
    if b < -9_223_372_036_854_775_808.0 {
        return Ordering::Greater;
    }
    let floor = b.floor();
    match a.cmp(&(floor as i64)) {
        Ordering::Equal if b > floor => Ordering::Less,
        order => order,
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
