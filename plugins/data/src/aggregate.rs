//! Functions over the rows of a group.

use std::borrow::Cow;

use inos_sdk::Error;

use crate::cells::Row;
use crate::expr::{Node, short};
use crate::keys::Keys;
use crate::value::{Owned, Value};

const MAX_JOINED_BYTES: usize = 16 << 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Aggregate {
    Count,
    Sum,
    Avg,
    Min,
    Max,
    Join,
    Median,
    Stddev,
    Variance,
}

impl Aggregate {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "avg" | "mean" => Self::Avg,
            "min" => Self::Min,
            "max" => Self::Max,
            "group_concat" | "string_agg" => Self::Join,
            "median" => Self::Median,
            "stddev" => Self::Stddev,
            "variance" => Self::Variance,
            _ => return None,
        })
    }
}

/// A call: what is aggregated, of which rows.
#[derive(Clone, Debug)]
pub(crate) struct AggregateCall {
    pub(crate) function: Aggregate,
    /// None counts rows.
    pub(crate) arg: Option<Node>,
    pub(crate) separator: String,
    pub(crate) distinct: bool,
    pub(crate) filter: Option<Node>,
}

/// What a call has seen of its group; no more than its function needs, since there is one for each
/// group.
#[derive(Debug)]
pub(crate) struct State {
    count: u64,
    seen: Option<Box<Keys>>,
    so_far: SoFar,
}

#[derive(Debug)]
enum SoFar {
    Count,
    Extreme(Option<Owned>),
    /// The exact sum while all are integers; the other one always.
    Sum(Option<i64>, f64),
    Text(String),
    Spread {
        mean: f64,
        squares: f64,
    },
    Values(Vec<f64>),
}

impl AggregateCall {
    pub(crate) fn state(&self) -> State {
        State {
            count: 0,
            seen: self.distinct.then(Box::default),
            so_far: match self.function {
                Aggregate::Count => SoFar::Count,
                Aggregate::Min | Aggregate::Max => SoFar::Extreme(None),
                Aggregate::Sum | Aggregate::Avg => SoFar::Sum(Some(0), 0.0),
                Aggregate::Join => SoFar::Text(String::new()),
                Aggregate::Stddev | Aggregate::Variance => SoFar::Spread {
                    mean: 0.0,
                    squares: 0.0,
                },
                Aggregate::Median => SoFar::Values(Vec::new()),
            },
        }
    }

    /// Takes a row; returns the bytes that the state has grown by.
    pub(crate) fn add(&self, state: &mut State, row: Row) -> Result<usize, Error> {
        if let Some(filter) = &self.filter
            && !filter.holds(row)?
        {
            return Ok(0);
        }
        let Some(arg) = &self.arg else {
            state.count += 1;
            return Ok(0);
        };
        let value = arg.eval(row)?;
        if value.is_null() {
            return Ok(0);
        }
        if let Some(seen) = &mut state.seen {
            let mut key = Vec::new();
            value.key(&mut key);
            if !seen.place(&key)?.1 {
                return Ok(0);
            }
        }
        state.count += 1;
        self.take(state, value)
    }

    fn take(&self, state: &mut State, value: Value) -> Result<usize, Error> {
        match &mut state.so_far {
            SoFar::Count => {}
            SoFar::Extreme(known) => {
                let order = known.as_ref().map(|known| value.order(known));
                let better = order.is_none_or(|order| match self.function {
                    Aggregate::Min => order.is_lt(),
                    _ => order.is_gt(),
                });
                if better {
                    let cost = value.cost();
                    let before = known.replace(value.into_owned()).map_or(0, |v| v.cost());
                    return Ok(cost.saturating_sub(before));
                }
            }
            SoFar::Sum(whole, sum) => {
                let number = number(&value)?;
                *sum += number;
                *whole = match (&value, *whole) {
                    (Value::Int(value), Some(so_far)) => so_far.checked_add(*value),
                    (Value::Bool(flag), Some(so_far)) => so_far.checked_add(i64::from(*flag)),
                    _ => None,
                };
            }
            SoFar::Text(text) => {
                let before = text.len();
                if state.count > 1 {
                    text.push_str(&self.separator);
                }
                text.push_str(&value.written());
                if text.len() > MAX_JOINED_BYTES {
                    return Err(Error::invalid(
                        "group_concat makes a text of more than 16 MiB",
                    ));
                }
                return Ok(text.len() - before);
            }
            SoFar::Spread { mean, squares } => {
                // Welford: the squares around the mean, without cancellation.
                let number = number(&value)?;
                let delta = number - *mean;
                *mean += delta / state.count as f64;
                *squares += delta * (number - *mean);
            }
            SoFar::Values(values) => {
                values.push(number(&value)?);
                return Ok(size_of::<f64>());
            }
        }
        Ok(0)
    }

    pub(crate) fn result<'s>(&self, state: &'s State) -> Value<'s> {
        let count = state.count as f64;
        match &state.so_far {
            SoFar::Count => Value::Int(state.count as i64),
            _ if state.count == 0 => Value::Null,
            SoFar::Sum(_, sum) if self.function == Aggregate::Avg => Value::float(sum / count),
            SoFar::Sum(Some(whole), _) => Value::Int(*whole),
            SoFar::Sum(None, sum) => Value::float(*sum),
            SoFar::Extreme(Some(Value::Text(text))) => Value::Text(Cow::Borrowed(text)),
            SoFar::Extreme(value) => value.clone().unwrap_or(Value::Null),
            SoFar::Text(text) => Value::Text(Cow::Borrowed(text)),
            SoFar::Values(values) => {
                quantile(&mut values.clone(), 0.5).map_or(Value::Null, Value::float)
            }
            SoFar::Spread { .. } if state.count < 2 => Value::Null,
            SoFar::Spread { squares, .. } => {
                let variance = squares / (count - 1.0);
                Value::float(if self.function == Aggregate::Stddev {
                    variance.sqrt()
                } else {
                    variance
                })
            }
        }
    }
}

fn number(value: &Value) -> Result<f64, Error> {
    value.number().ok_or_else(|| {
        let text = short(&value.written());
        Error::invalid(format!("the text {text:?} cannot be added up"))
    })
}

/// The value below which the share `q` lies, between two by a straight line, as numpy has it.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    let place = q.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (*values.get(below)?, *values.get((below + 1).min(last))?);
    Some(low + (high - low) * (place - below as f64))
}
