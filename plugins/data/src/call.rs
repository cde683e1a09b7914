//! The functions that take values and give one.

use inos_sdk::Error;

use crate::dates::Moment;
use crate::expr::short;
use crate::value::{Kind, Value};

/// A text that a function makes may not be longer.
const MAX_TEXT: usize = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Abs,
    Ceil,
    Coalesce,
    Date,
    Floor,
    If,
    Instr,
    JulianDay,
    Length,
    Lower,
    Max,
    Min,
    NullIf,
    Replace,
    Round,
    Sqrt,
    Strftime,
    Substring,
    Trim,
    TrimEnd,
    TrimStart,
    TypeOf,
    Upper,
}

/// Name, function, fewest and most arguments.
const SCALARS: [(&str, Scalar, usize, usize); 27] = [
    ("abs", Scalar::Abs, 1, 1),
    ("ceil", Scalar::Ceil, 1, 1),
    ("ceiling", Scalar::Ceil, 1, 1),
    ("coalesce", Scalar::Coalesce, 2, 64),
    ("date", Scalar::Date, 1, 9),
    ("floor", Scalar::Floor, 1, 1),
    ("ifnull", Scalar::Coalesce, 2, 2),
    ("if", Scalar::If, 3, 3),
    ("iif", Scalar::If, 3, 3),
    ("instr", Scalar::Instr, 2, 2),
    ("julianday", Scalar::JulianDay, 1, 9),
    ("length", Scalar::Length, 1, 1),
    ("lower", Scalar::Lower, 1, 1),
    ("ltrim", Scalar::TrimStart, 1, 1),
    ("max", Scalar::Max, 2, 64),
    ("min", Scalar::Min, 2, 64),
    ("nullif", Scalar::NullIf, 2, 2),
    ("replace", Scalar::Replace, 3, 3),
    ("round", Scalar::Round, 1, 2),
    ("rtrim", Scalar::TrimEnd, 1, 1),
    ("sqrt", Scalar::Sqrt, 1, 1),
    ("strftime", Scalar::Strftime, 2, 10),
    ("substr", Scalar::Substring, 2, 3),
    ("substring", Scalar::Substring, 2, 3),
    ("trim", Scalar::Trim, 1, 1),
    ("typeof", Scalar::TypeOf, 1, 1),
    ("upper", Scalar::Upper, 1, 1),
];

impl Scalar {
    pub(crate) fn named(name: &str, args: usize) -> Result<Self, Error> {
        let found = SCALARS
            .iter()
            .find(|known| known.0.eq_ignore_ascii_case(name));
        let Some(&(_, scalar, fewest, most)) = found else {
            return Err(Error::invalid(format!("there is no function {name}")));
        };
        if args < fewest || args > most {
            return Err(Error::invalid(format!(
                "{name} takes {fewest} to {most} arguments, not {args}"
            )));
        }
        Ok(scalar)
    }

    pub(crate) fn call<'a>(self, args: &[Value<'a>]) -> Result<Value<'a>, Error> {
        let null = &Value::Null;
        let at = |i: usize| args.get(i).unwrap_or(null);
        let first = at(0);
        match self {
            Self::Coalesce => {
                return Ok(args.iter().find(|v| !v.is_null()).unwrap_or(null).clone());
            }
            Self::If => {
                let holds = crate::expr::truth(first)? == Some(true);
                return Ok(at(if holds { 1 } else { 2 }).clone());
            }
            Self::NullIf => {
                let same = first.order(at(1)).is_eq();
                return Ok(if same { Value::Null } else { first.clone() });
            }
            Self::TypeOf => return Ok(Value::text(first.kind().name())),
            _ if args.iter().any(Value::is_null) => return Ok(Value::Null),
            _ => {}
        }
        Ok(match self {
            Self::Abs => match first {
                Value::Int(v) => v
                    .checked_abs()
                    .map_or(Value::Float(-(*v as f64)), Value::Int),
                other => Value::float(number(other)?.abs()),
            },
            Self::Ceil | Self::Floor if matches!(first, Value::Int(_)) => first.clone(),
            Self::Ceil => Value::float(number(first)?.ceil()),
            Self::Floor => Value::float(number(first)?.floor()),
            Self::Sqrt => Value::float(number(first)?.sqrt()),
            Self::Round => round(
                number(first)?,
                if args.len() > 1 { number(at(1))? } else { 0.0 },
            ),
            Self::Length => Value::Int(first.written().chars().count() as i64),
            Self::Lower => Value::text(first.written().to_lowercase()),
            Self::Upper => Value::text(first.written().to_uppercase()),
            Self::Trim => Value::text(first.written().trim_matches(' ')),
            Self::TrimStart => Value::text(first.written().trim_start_matches(' ')),
            Self::TrimEnd => Value::text(first.written().trim_end_matches(' ')),
            Self::Instr => {
                let (text, part) = (first.written(), at(1).written());
                let found = text
                    .find(part.as_ref())
                    .map(|byte| text[..byte].chars().count() + 1);
                Value::Int(found.unwrap_or(0) as i64)
            }
            Self::Replace => replace(&first.written(), &at(1).written(), &at(2).written())?,
            Self::Substring => {
                let length = if args.len() > 2 {
                    Some(whole(at(2))?)
                } else {
                    None
                };
                substring(&first.written(), whole(at(1))?, length)
            }
            Self::Date => when(args, |moment| moment.format("%Y-%m-%d").map(Value::text)),
            Self::JulianDay => when(args, |moment| Some(Value::Float(moment.julian()))),
            Self::Strftime => {
                let format = first.written();
                when(args.get(1..).unwrap_or_default(), |moment| {
                    moment.format(&format).map(Value::text)
                })
            }
            Self::Max => extreme(args, true),
            Self::Min => extreme(args, false),
            Self::Coalesce | Self::If | Self::NullIf | Self::TypeOf => Value::Null,
        })
    }
}

/// What is made of a date that modifiers have moved; null for what is no date.
fn when<'a>(args: &[Value], make: impl Fn(Moment) -> Option<Value<'a>>) -> Value<'a> {
    let mut args = args.iter().map(Value::written);
    let moment = args.next().and_then(|text| Moment::parse(&text));
    let moved = moment.and_then(|m| args.try_fold(m, |m, by| m.moved(&by)));
    moved.and_then(make).unwrap_or(Value::Null)
}

fn number(value: &Value) -> Result<f64, Error> {
    let text = || short(&value.written());
    value
        .number()
        .ok_or_else(|| Error::invalid(format!("{:?} is not a number", text())))
}

fn whole(value: &Value) -> Result<i64, Error> {
    number(value).map(|n| n as i64)
}

/// To digits it is the nearest decimal of the exact binary value, as in Python; to an integer halves
/// go away from 0.
fn round<'a>(value: f64, digits: f64) -> Value<'a> {
    if !value.is_finite() || value.abs() > 4_503_599_627_370_496.0 {
        return Value::float(value);
    }
    let digits = digits.clamp(0.0, 30.0) as usize;
    if digits == 0 {
        return Value::float(value.round());
    }
    Value::float(format!("{value:.digits$}").parse().unwrap_or(value))
}

fn replace<'a>(text: &str, part: &str, by: &str) -> Result<Value<'a>, Error> {
    if part.is_empty() {
        return Ok(Value::text(text));
    }
    let length = text
        .len()
        .saturating_add(text.matches(part).count().saturating_mul(by.len()));
    if length > MAX_TEXT {
        return Err(Error::invalid("replace makes a text of more than 16 MiB"));
    }
    Ok(Value::text(text.replace(part, by)))
}

/// Positions count characters from 1; negative ones from the end.
fn substring<'a>(text: &str, start: i64, length: Option<i64>) -> Value<'a> {
    let count = text.chars().count() as i64;
    let mut from = match start {
        0 => 0,
        s if s > 0 => s,
        s => count.saturating_add(s).saturating_add(1),
    };
    let mut to = match length {
        None => i64::MAX,
        Some(length) => from.saturating_add(length),
    };
    if to < from {
        std::mem::swap(&mut from, &mut to);
    }
    let (from, to) = (from.max(1) - 1, to.max(1) - 1);
    let taken = usize::try_from(to.min(count) - from).unwrap_or(0);
    Value::text(
        text.chars()
            .skip(from.min(count) as usize)
            .take(taken)
            .collect::<String>(),
    )
}

fn extreme<'a>(args: &[Value<'a>], most: bool) -> Value<'a> {
    let order = |a: &&Value<'a>, b: &&Value<'a>| a.order(b);
    let found = if most {
        args.iter().max_by(order)
    } else {
        args.iter().min_by(order)
    };
    found.cloned().unwrap_or(Value::Null)
}

/// A value as another kind; an error when it is none. A number loses its fraction as an integer.
pub(crate) fn convert(value: Value<'_>, kind: Kind) -> Result<Value<'_>, Error> {
    let wrong = |value: &Value| {
        let text = short(&value.written());
        Error::invalid(format!("{text:?} cannot be made a {}", kind.name()))
    };
    Ok(match (&value, kind) {
        (Value::Null, _) | (_, Kind::Null) => Value::Null,
        (Value::Text(_), Kind::Text) | (Value::Int(_), Kind::Int) => value,
        (_, Kind::Text) => Value::text(value.to_string()),
        (Value::Text(text), Kind::Int) => {
            let text = text.trim();
            let whole = text.parse().ok().map(Value::Int);
            let cut = || text.parse().ok().and_then(truncated);
            whole.or_else(cut).ok_or_else(|| wrong(&value))?
        }
        (Value::Text(text), _) => match kind.parse(text.trim()) {
            Some(parsed) => parsed.into_owned(),
            None => return Err(wrong(&value)),
        },
        (_, kind) => {
            let number = value.number().ok_or_else(|| wrong(&value))?;
            match kind {
                Kind::Int => truncated(number).ok_or_else(|| wrong(&value))?,
                Kind::Float => Value::float(number),
                _ => Value::Bool(number != 0.0),
            }
        }
    })
}

fn truncated<'a>(value: f64) -> Option<Value<'a>> {
    (value.abs() < 9.2e18).then_some(Value::Int(value as i64))
}
