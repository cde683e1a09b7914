//! Functions over the rows of a group.

use std::collections::HashSet;

use inos_sdk::Error;

use crate::expr::{Node, short};
use crate::value::Value;

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

/// What a call has seen of its group.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    count: u64,
    whole: i64,
    overflown: bool,
    float: bool,
    sum: f64,
    mean: f64,
    squares: f64,
    extreme: Option<Value>,
    joined: String,
    values: Vec<f64>,
    seen: HashSet<Vec<u8>>,
}

impl AggregateCall {
    pub(crate) fn add(&self, state: &mut State, row: &[Value]) -> Result<(), Error> {
        if let Some(filter) = &self.filter
            && !filter.holds(row)?
        {
            return Ok(());
        }
        let Some(arg) = &self.arg else {
            state.count += 1;
            return Ok(());
        };
        let value = arg.eval(row)?;
        if value.is_null() {
            return Ok(());
        }
        if self.distinct {
            let mut key = Vec::new();
            value.key(&mut key);
            if !state.seen.insert(key) {
                return Ok(());
            }
        }
        state.count += 1;
        match self.function {
            Aggregate::Count => {}
            Aggregate::Min | Aggregate::Max => {
                let better = state.extreme.as_ref().is_none_or(|known| {
                    let order = value.order(known);
                    if self.function == Aggregate::Min {
                        order.is_lt()
                    } else {
                        order.is_gt()
                    }
                });
                if better {
                    state.extreme = Some(value);
                }
            }
            Aggregate::Join => {
                if state.count > 1 {
                    state.joined.push_str(&self.separator);
                }
                state.joined.push_str(&value.to_string());
                if state.joined.len() > MAX_JOINED_BYTES {
                    return Err(Error::invalid(
                        "group_concat makes a text of more than 16 MiB",
                    ));
                }
            }
            _ => self.number(state, &value)?,
        }
        Ok(())
    }

    fn number(&self, state: &mut State, value: &Value) -> Result<(), Error> {
        let Some(number) = value.number() else {
            let text = short(&value.to_string());
            return Err(Error::invalid(format!(
                "the text {text:?} cannot be added up"
            )));
        };
        let whole = match value {
            Value::Int(whole) => Some(*whole),
            Value::Bool(flag) => Some(i64::from(*flag)),
            _ => None,
        };
        match whole {
            None => state.float = true,
            Some(whole) => match state.whole.checked_add(whole) {
                Some(sum) if !state.overflown => state.whole = sum,
                _ => state.overflown = true,
            },
        }
        state.sum += number;
        // Welford: the mean and the squares around it, without cancellation.
        let delta = number - state.mean;
        state.mean += delta / state.count as f64;
        state.squares += delta * (number - state.mean);
        if self.function == Aggregate::Median {
            state.values.push(number);
        }
        Ok(())
    }

    pub(crate) fn result(&self, state: &State) -> Value {
        let count = state.count as f64;
        match self.function {
            Aggregate::Count => Value::Int(state.count as i64),
            _ if state.count == 0 => Value::Null,
            Aggregate::Sum if state.float || state.overflown => Value::float(state.sum),
            Aggregate::Sum => Value::Int(state.whole),
            Aggregate::Avg => Value::float(state.sum / count),
            Aggregate::Min | Aggregate::Max => state.extreme.clone().unwrap_or(Value::Null),
            Aggregate::Join => Value::text(&state.joined),
            Aggregate::Median => {
                let mut values = state.values.clone();
                quantile(&mut values, 0.5).map_or(Value::Null, Value::float)
            }
            Aggregate::Variance | Aggregate::Stddev if state.count < 2 => Value::Null,
            Aggregate::Variance => Value::float(state.squares / (count - 1.0)),
            Aggregate::Stddev => Value::float((state.squares / (count - 1.0)).sqrt()),
        }
    }
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
