//! One cell of a table, and how text becomes one.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
}

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

    /// The kind that a text by itself has. What a number would not give back is a text: leading
    /// zeros, as in postal codes, and integers beyond 64 bits.
    pub(crate) fn of_text(text: &str) -> Self {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let bytes = digits.as_bytes();
        match bytes {
            [] => Self::Text,
            [b'0', b'0'..=b'9', ..] => Self::Text,
            [b'0'..=b'9' | b'.', ..] => Self::of_number(text, bytes),
            _ if truth(text).is_some() => Self::Bool,
            _ => Self::Text,
        }
    }

    fn of_number(text: &str, bytes: &[u8]) -> Self {
        if bytes.iter().all(u8::is_ascii_digit) {
            return match text {
                "-0" => Self::Float,
                _ if text.parse::<i64>().is_ok() => Self::Int,
                _ => Self::Text,
            };
        }
        let numeric = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-');
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() && bytes.iter().all(numeric) => Self::Float,
            _ => Self::Text,
        }
    }

    /// A text as a value of this kind; None when it is no such value.
    pub(crate) fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Null => None,
            Self::Bool => truth(text).map(Value::Bool),
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

fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

impl Value {
    pub(crate) fn text(text: impl AsRef<str>) -> Self {
        Self::Text(text.as_ref().into())
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
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => a.cmp(b),
            (Self::Int(a), Self::Int(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Int(a), Self::Float(b)) => mixed(*a, *b),
            (Self::Float(a), Self::Int(b)) => mixed(*b, *a).reverse(),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
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
            Self::Bool(value) => into.extend([1, u8::from(*value)]),
            Self::Int(value) => int_key(*value, into),
            Self::Float(value) => match whole(*value) {
                Some(value) => int_key(value, into),
                None => {
                    into.push(3);
                    into.extend(value.to_bits().to_le_bytes());
                }
            },
            Self::Text(text) => {
                into.push(4);
                into.extend((text.len() as u64).to_le_bytes());
                into.extend(text.as_bytes());
            }
        }
    }

    /// Bytes that the value costs in memory.
    pub(crate) fn cost(&self) -> usize {
        let text = if let Self::Text(text) = self {
            text.len() + 24
        } else {
            0
        };
        size_of::<Self>() + text
    }
}

fn int_key(value: i64, into: &mut Vec<u8>) {
    into.push(2);
    into.extend(value.to_le_bytes());
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

impl fmt::Display for Value {
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
