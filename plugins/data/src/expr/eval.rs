use std::cmp::Ordering;

use inos_sdk::Error;
use sqlparser::ast::BinaryOperator;

use super::Node;
use super::like::like;
use crate::call::convert;
use crate::cells::Row;
use crate::value::{Kind, Value};

impl Node {
    pub(crate) fn eval<'a>(&'a self, row: Row<'a>) -> Result<Value<'a>, Error> {
        Ok(match self {
            Self::Column(position) => row.get(*position),
            Self::Fixed(Value::Text(text)) => Value::Text(text.as_ref().into()),
            Self::Fixed(value) => value.clone(),
            Self::Not(inner) => match truth(&inner.eval(row)?)? {
                Some(value) => Value::Bool(!value),
                None => Value::Null,
            },
            Self::Minus(inner) => match inner.eval(row)? {
                Value::Int(value) => match value.checked_neg() {
                    Some(value) => Value::Int(value),
                    None => Value::Float(-(value as f64)),
                },
                other => arithmetic(&Value::Int(0), &BinaryOperator::Minus, &other)?,
            },
            Self::Binary(left, op, right) => binary(left, op, right, row)?,
            Self::IsNull(inner) => Value::Bool(inner.eval(row)?.is_null()),
            Self::Same(a, b) => Value::Bool(a.eval(row)?.order(&b.eval(row)?) == Ordering::Equal),
            Self::Truth(inner, wanted) => Value::Bool(truth(&inner.eval(row)?)? == Some(*wanted)),
            Self::In(value, list) => within(&value.eval(row)?, list, row)?,
            Self::InSet(value, set) => set.holds(&value.eval(row)?)?,
            Self::Like(value, pattern, escape) => match (value.eval(row)?, pattern.eval(row)?) {
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                (value, pattern) => {
                    Value::Bool(like(&value.written(), &pattern.written(), *escape))
                }
            },
            Self::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    if truth(&condition.eval(row)?)? == Some(true) {
                        return result.eval(row);
                    }
                }
                otherwise.eval(row)?
            }
            Self::Convert(inner, kind) => convert(inner.eval(row)?, *kind)?,
            Self::Match(pattern) => pattern.eval(row)?,
            Self::Call(scalar, args) => {
                let args = args
                    .iter()
                    .map(|a| a.eval(row))
                    .collect::<Result<Vec<_>, _>>()?;
                scalar.call(&args)?
            }
        })
    }

    /// Whether a row fulfils the condition; unknown does not.
    pub(crate) fn holds(&self, row: Row) -> Result<bool, Error> {
        Ok(truth(&self.eval(row)?)? == Some(true))
    }
}

/// A number is true unless it is 0.
pub(crate) fn truth(value: &Value) -> Result<Option<bool>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Err(Error::invalid(format!(
            "the text {:?} is not a condition",
            short(text)
        ))),
        other => Ok(other.number().map(|n| n != 0.0)),
    }
}

/// The start of a text, for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn within<'a>(value: &Value, list: &[Node], row: Row) -> Result<Value<'a>, Error> {
    let mut unknown = value.is_null() && !list.is_empty();
    for node in list {
        match compare(value, &node.eval(row)?)? {
            Some(Ordering::Equal) => return Ok(Value::Bool(true)),
            None => unknown = true,
            _ => {}
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Bool(false)
    })
}

/// None when one is null; an error for a number and a text, which is a slip more often than not.
pub(super) fn compare(a: &Value, b: &Value) -> Result<Option<Ordering>, Error> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Bool(flag), other) if other.kind() != Kind::Bool && other.number().is_some() => {
            Ok(Some(Value::Int(i64::from(*flag)).order(other)))
        }
        (other, Value::Bool(flag)) if other.kind() != Kind::Bool && other.number().is_some() => {
            Ok(Some(other.order(&Value::Int(i64::from(*flag)))))
        }
        _ if (a.kind() == Kind::Text) != (b.kind() == Kind::Text) => Err(Error::invalid(format!(
            "cannot compare the {} {:?} with the {} {:?}; cast one of them",
            a.kind().name(),
            short(&a.written()),
            b.kind().name(),
            short(&b.written())
        ))),
        _ => Ok(Some(a.order(b))),
    }
}

fn binary<'a>(
    left: &'a Node,
    op: &BinaryOperator,
    right: &'a Node,
    row: Row<'a>,
) -> Result<Value<'a>, Error> {
    use BinaryOperator as B;
    let a = left.eval(row)?;
    if matches!(op, B::And | B::Or) {
        let decided = *op == B::Or;
        let a = truth(&a)?;
        if a == Some(decided) {
            return Ok(Value::Bool(decided));
        }
        let b = truth(&right.eval(row)?)?;
        return Ok(match (a, b) {
            (_, Some(b)) if b == decided => Value::Bool(decided),
            (Some(_), Some(b)) => Value::Bool(b),
            _ => Value::Null,
        });
    }
    let b = right.eval(row)?;
    let ordered = |fits: fn(Ordering) -> bool| {
        Ok(compare(&a, &b)?.map_or(Value::Null, |order| Value::Bool(fits(order))))
    };
    match op {
        B::Eq => ordered(Ordering::is_eq),
        B::NotEq => ordered(Ordering::is_ne),
        B::Lt => ordered(Ordering::is_lt),
        B::LtEq => ordered(Ordering::is_le),
        B::Gt => ordered(Ordering::is_gt),
        B::GtEq => ordered(Ordering::is_ge),
        B::StringConcat if a.is_null() || b.is_null() => Ok(Value::Null),
        B::StringConcat => Ok(Value::text(format!("{a}{b}"))),
        _ => arithmetic(&a, op, &b),
    }
}

/// As SQLite: integers stay integers, also in a division, which by 0 is null; what overflows is a
/// number.
fn arithmetic<'a>(a: &Value, op: &BinaryOperator, b: &Value) -> Result<Value<'a>, Error> {
    use BinaryOperator as B;
    if a.is_null() || b.is_null() {
        return Ok(Value::Null);
    }
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        let whole = match op {
            B::Plus => x.checked_add(*y),
            B::Minus => x.checked_sub(*y),
            B::Multiply => x.checked_mul(*y),
            B::Divide | B::Modulo if *y == 0 => return Ok(Value::Null),
            B::Divide => x.checked_div(*y),
            _ => Some(x.checked_rem(*y).unwrap_or(0)),
        };
        if let Some(whole) = whole {
            return Ok(Value::Int(whole));
        }
    }
    let (Some(x), Some(y)) = (a.number(), b.number()) else {
        let text = if a.number().is_none() { a } else { b };
        let text = short(&text.to_string());
        return Err(Error::invalid(format!(
            "the text {text:?} is not a number; cast it"
        )));
    };
    Ok(Value::float(match op {
        B::Plus => x + y,
        B::Minus => x - y,
        B::Multiply => x * y,
        B::Divide | B::Modulo if y == 0.0 => return Ok(Value::Null),
        B::Divide => x / y,
        _ => x % y,
    }))
}
