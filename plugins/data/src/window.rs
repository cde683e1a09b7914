//! Window functions: values that a row gets from its neighbours.

use std::collections::HashMap;

use inos_sdk::{Call, Error};
use sqlparser::ast::{Expr, Function, WindowFrameBound, WindowFrameUnits, WindowType};

use crate::aggregate::{AggregateCall, State};
use crate::expr::{Node, Scope, arguments, compile};
use crate::sql::{Direction, aggregate_call, by_keys, direction, is_aggregate, key_of, look};
use crate::table::Table;
use crate::value::Value;

#[derive(Clone, Debug)]
enum Kind {
    RowNumber,
    Rank,
    DenseRank,
    Lag,
    Lead,
    First,
    Last,
    Aggregate(AggregateCall),
}

/// The rows of a partition that count for one of them.
#[derive(Clone, Copy, Debug)]
enum Frame {
    Whole,
    /// From the first row to the last that is sorted like this one.
    Running,
    /// Distances to this row; None has no end.
    Rows(Option<i64>, Option<i64>),
}

#[derive(Clone, Debug)]
pub(crate) struct WindowCall {
    kind: Kind,
    args: Vec<Node>,
    partition: Vec<Node>,
    order: Vec<(Node, Direction)>,
    frame: Frame,
}

pub(crate) fn call(function: &Function, scope: &mut dyn Scope) -> Result<WindowCall, Error> {
    let Some(WindowType::WindowSpec(spec)) = &function.over else {
        return Err(Error::invalid("query: a named window is not supported"));
    };
    if function.filter.is_some() || function.null_treatment.is_some() || spec.window_name.is_some()
    {
        return Err(Error::invalid(format!(
            "query: {function} is not supported"
        )));
    }
    let mut all = |list: &[Expr]| -> Result<Vec<Node>, Error> {
        list.iter().map(|e| compile(e, scope)).collect()
    };
    let partition = all(&spec.partition_by)?;
    let mut order = Vec::new();
    for by in &spec.order_by {
        order.push((compile(&by.expr, scope)?, direction(by)));
    }
    let frame = match &spec.window_frame {
        None if order.is_empty() => Frame::Whole,
        None => Frame::Running,
        Some(frame) if frame.units == WindowFrameUnits::Rows => {
            let end = frame
                .end_bound
                .as_ref()
                .unwrap_or(&WindowFrameBound::CurrentRow);
            Frame::Rows(bound(&frame.start_bound)?, bound(end)?)
        }
        Some(_) => return Err(Error::invalid("query: of frames only ROWS is supported")),
    };
    let name = function.name.to_string().to_ascii_lowercase();
    let (kind, fewest, most) = match name.as_str() {
        "row_number" => (Kind::RowNumber, 0, 0),
        "rank" => (Kind::Rank, 0, 0),
        "dense_rank" => (Kind::DenseRank, 0, 0),
        "lag" => (Kind::Lag, 1, 3),
        "lead" => (Kind::Lead, 1, 3),
        "first_value" => (Kind::First, 1, 1),
        "last_value" => (Kind::Last, 1, 1),
        _ if is_aggregate(function) => {
            let call = aggregate_call(function, &mut |expr| compile(expr, scope))?;
            return Ok(WindowCall {
                kind: Kind::Aggregate(call),
                args: vec![],
                partition,
                order,
                frame,
            });
        }
        _ => {
            return Err(Error::invalid(format!(
                "query: there is no window function {name}"
            )));
        }
    };
    let args = arguments(function)?;
    if args.len() < fewest || args.len() > most {
        return Err(Error::invalid(format!(
            "query: {name} takes {fewest} to {most} arguments"
        )));
    }
    let args = args
        .into_iter()
        .map(|e| compile(e, scope))
        .collect::<Result<_, _>>()?;
    Ok(WindowCall {
        kind,
        args,
        partition,
        order,
        frame,
    })
}

fn bound(bound: &WindowFrameBound) -> Result<Option<i64>, Error> {
    let rows = |expr: &Expr| match expr {
        Expr::Value(v) => match crate::expr::literal(&v.value)? {
            Value::Int(n) if (0..=1 << 40).contains(&n) => Ok(n),
            _ => Err(Error::invalid("query: a frame counts rows")),
        },
        _ => Err(Error::invalid("query: a frame counts rows")),
    };
    Ok(match bound {
        WindowFrameBound::CurrentRow => Some(0),
        WindowFrameBound::Preceding(None) | WindowFrameBound::Following(None) => None,
        WindowFrameBound::Preceding(Some(expr)) => Some(-rows(expr)?),
        WindowFrameBound::Following(Some(expr)) => Some(rows(expr)?),
    })
}

/// For each call its value for each row.
pub(crate) fn compute(
    call: &Call,
    table: &Table,
    windows: &[WindowCall],
) -> Result<Vec<Vec<Value>>, Error> {
    windows
        .iter()
        .map(|window| window.compute(call, table))
        .collect()
}

impl WindowCall {
    fn compute(&self, call: &Call, table: &Table) -> Result<Vec<Value>, Error> {
        let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut parts: Vec<Vec<usize>> = Vec::new();
        let mut ranks = Vec::with_capacity(table.len());
        for (i, row) in table.rows().enumerate() {
            look(call, i, table.len())?;
            let key = self
                .partition
                .iter()
                .map(|n| n.eval(row))
                .collect::<Result<Vec<_>, _>>()?;
            let place = *places.entry(key_of(&key)).or_insert(parts.len());
            if place == parts.len() {
                parts.push(Vec::new());
            }
            parts[place].push(i);
            let rank = self
                .order
                .iter()
                .map(|k| k.0.eval(row))
                .collect::<Result<Vec<_>, _>>()?;
            ranks.push(rank);
        }
        let directions: Vec<_> = self.order.iter().map(|k| k.1).collect();
        let mut values = vec![Value::Null; table.len()];
        for part in &mut parts {
            part.sort_by(|a, b| by_keys(&ranks[*a], &ranks[*b], &directions));
            let same = |a: usize, b: usize| by_keys(&ranks[a], &ranks[b], &directions).is_eq();
            self.part(call, table, part, &same, &mut values)?;
        }
        Ok(values)
    }

    fn part(
        &self,
        call: &Call,
        table: &Table,
        part: &[usize],
        same: &dyn Fn(usize, usize) -> bool,
        values: &mut [Value],
    ) -> Result<(), Error> {
        let (mut rank, mut dense) = (0, 0);
        let mut running = State::default();
        let mut added = 0;
        let mut peers = 0;
        for (at, &row) in part.iter().enumerate() {
            look(call, at, part.len())?;
            if at == 0 || !same(part[at - 1], row) {
                rank = at as i64 + 1;
                dense += 1;
            }
            if peers <= at {
                peers = at + 1;
                while peers < part.len() && same(row, part[peers]) {
                    peers += 1;
                }
            }
            let (from, to) = self.frame(at, peers, part.len());
            values[row] = match &self.kind {
                Kind::RowNumber => Value::Int(at as i64 + 1),
                Kind::Rank => Value::Int(rank),
                Kind::DenseRank => Value::Int(dense),
                Kind::Lag | Kind::Lead => self.shifted(table, part, at)?,
                Kind::First | Kind::Last if from >= to => Value::Null,
                Kind::First => self.args[0].eval(table.row(part[from]))?,
                Kind::Last => self.args[0].eval(table.row(part[to - 1]))?,
                Kind::Aggregate(aggregate) if from == 0 => {
                    while added < to {
                        aggregate.add(&mut running, table.row(part[added]))?;
                        added += 1;
                    }
                    aggregate.result(&running)
                }
                Kind::Aggregate(aggregate) => {
                    let mut state = State::default();
                    for (step, place) in part[from..to.max(from)].iter().enumerate() {
                        look(call, step + 1, part.len())?;
                        aggregate.add(&mut state, table.row(*place))?;
                    }
                    aggregate.result(&state)
                }
            };
        }
        Ok(())
    }

    /// The first row of the frame and the one after its last.
    fn frame(&self, at: usize, peers: usize, len: usize) -> (usize, usize) {
        let place = |distance: i64| (at as i64 + distance).clamp(0, len as i64) as usize;
        match self.frame {
            Frame::Whole => (0, len),
            Frame::Running => (0, peers),
            Frame::Rows(from, to) => (from.map_or(0, place), to.map_or(len, |to| place(to + 1))),
        }
    }

    fn shifted(&self, table: &Table, part: &[usize], at: usize) -> Result<Value, Error> {
        let here = table.row(part[at]);
        let distance = match self.args.get(1).map(|n| n.eval(here)).transpose()? {
            None => 1,
            Some(Value::Int(n)) => n,
            Some(_) => return Err(Error::invalid("query: lag and lead shift by an integer")),
        };
        let distance = if matches!(self.kind, Kind::Lag) {
            distance.checked_neg()
        } else {
            Some(distance)
        };
        let place = distance.and_then(|d| (at as i64).checked_add(d));
        let place = place
            .and_then(|p| usize::try_from(p).ok())
            .and_then(|p| part.get(p));
        match (place, self.args.get(2)) {
            (Some(row), _) => self.args[0].eval(table.row(*row)),
            (None, Some(otherwise)) => otherwise.eval(here),
            (None, None) => Ok(Value::Null),
        }
    }
}
