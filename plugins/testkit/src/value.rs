/// The value of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(f64),
    /// An integer, a flag (0, 1) or a choice (index).
    Integer(i64),
    /// A text, or the name of a choice's option.
    Text(String),
}

impl Value {
    pub(crate) fn as_f64(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Integer(value) => *value as f64,
            Self::Text(_) => f64::NAN,
        }
    }

    pub(crate) fn as_i64(&self) -> i64 {
        match self {
            Self::Number(value) => *value as i64,
            Self::Integer(value) => *value,
            Self::Text(_) => 0,
        }
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}
