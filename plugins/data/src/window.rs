//! Window functions: values that a row gets from its neighbours.

use inos_sdk::Error;
use sqlparser::ast::{Expr, Function, WindowFrameBound, WindowFrameUnits, WindowType};

use crate::aggregate::AggregateCall;
use crate::budget::Held;
use crate::expr::{Node, Scope, arguments, compile};
use crate::keys::Keys;
use crate::sql::{Direction, World, aggregate_call, by_keys, direction, is_aggregate, sorted};
use crate::table::{Rows, Table};
use crate::value::{Owned, Value};

/// Rows between two looks at whether the job was cancelled.
const ROWS_A_LOOK: usize = 4096;

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

impl WindowCall {
    /// Calls `see` with each column that the values depend on.
    pub(crate) fn columns(&self, see: &mut dyn FnMut(usize)) {
        let nodes = self.args.iter().chain(&self.partition);
        for node in nodes.chain(self.order.iter().map(|by| &by.0)) {
            node.columns(see);
        }
        if let Kind::Aggregate(call) = &self.kind {
            let parts = call.arg.iter().chain(&call.filter);
            parts.for_each(|node| node.columns(see));
        }
    }

    /// One column: the value for each row.
    pub(crate) fn compute(&self, world: &World, rows: &Rows) -> Result<Rows, Error> {
        let mut held = Held::default();
        held.grow(rows.len() * (size_of::<Owned>() + 2 * size_of::<u32>()))?;
        let (parts, keys) = self.parts(world, rows)?;
        let directions: Vec<_> = self.order.iter().map(|by| by.1).collect();
        // All rows by their keys, and then, each part keeping that order, by their parts.
        let mut places = sorted(&keys, &directions)?;
        places.sort_by_key(|place| parts[*place as usize]);
        let mut values = vec![Value::Null; rows.len()];
        let same = |a: u32, b: u32| by_keys(&keys, a as usize, b as usize, &directions).is_eq();
        for part in places.chunk_by(|a, b| parts[*a as usize] == parts[*b as usize]) {
            self.part(world, rows, part, &same, &mut values)?;
        }
        let mut column = Table::new(1);
        for value in values {
            column.push([value])?;
        }
        column.done()
    }

    /// The number of each row's part, and the keys that rows are sorted by.
    fn parts(&self, world: &World, rows: &Rows) -> Result<(Vec<u32>, Rows), Error> {
        let mut numbers = Keys::default();
        let mut parts = Vec::with_capacity(rows.len());
        let mut keys = Table::new(self.order.len());
        let mut key = Vec::new();
        for batch in &rows.batches {
            world.look()?;
            for row in batch.rows() {
                key.clear();
                for node in &self.partition {
                    node.eval(row)?.key(&mut key);
                }
                parts.push(numbers.place(&key)?.0 as u32);
                let rank = self.order.iter().map(|by| by.0.eval(row));
                keys.push(rank.collect::<Result<Vec<_>, _>>()?)?;
            }
        }
        Ok((parts, keys.done()?))
    }

    fn part(
        &self,
        world: &World,
        rows: &Rows,
        part: &[u32],
        same: &dyn Fn(u32, u32) -> bool,
        values: &mut [Owned],
    ) -> Result<(), Error> {
        let (mut rank, mut dense) = (0, 0);
        let mut running = self.aggregate().map(AggregateCall::state);
        let (mut added, mut peers, mut steps) = (0, 0, 0);
        for (at, &row) in part.iter().enumerate() {
            steps += 1;
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
            let value = match &self.kind {
                Kind::RowNumber => Value::Int(at as i64 + 1),
                Kind::Rank => Value::Int(rank),
                Kind::DenseRank => Value::Int(dense),
                Kind::Lag | Kind::Lead => self.shifted(rows, part, at)?,
                Kind::First | Kind::Last if from >= to => Value::Null,
                Kind::First => self.at(0, rows, part[from])?,
                Kind::Last => self.at(0, rows, part[to - 1])?,
                Kind::Aggregate(call) => {
                    let mut fresh = None;
                    // From the start on, what was added for the row before is added already.
                    let (state, begin) = match &mut running {
                        Some(state) if from == 0 => {
                            let begin = added;
                            added = to.max(added);
                            (state, begin)
                        }
                        _ => (fresh.insert(call.state()), from),
                    };
                    for place in part.get(begin..to).unwrap_or_default() {
                        steps += 1;
                        if let Some(row) = rows.row(*place as usize) {
                            call.add(state, row)?;
                        }
                    }
                    call.result(state).into_owned()
                }
            };
            values[row as usize] = value.into_owned();
            if steps > ROWS_A_LOOK {
                steps = 0;
                world.look()?;
            }
        }
        Ok(())
    }

    fn aggregate(&self) -> Option<&AggregateCall> {
        match &self.kind {
            Kind::Aggregate(call) => Some(call),
            _ => None,
        }
    }

    /// An argument's value in another row.
    fn at<'r>(&'r self, arg: usize, rows: &'r Rows, row: u32) -> Result<Value<'r>, Error> {
        match (self.args.get(arg), rows.row(row as usize)) {
            (Some(node), Some(row)) => node.eval(row),
            _ => Ok(Value::Null),
        }
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

    fn shifted<'r>(&'r self, rows: &'r Rows, part: &[u32], at: usize) -> Result<Value<'r>, Error> {
        let distance = match self.args.get(1) {
            None => 1,
            Some(_) => match self.at(1, rows, part[at])? {
                Value::Int(n) => n,
                _ => return Err(Error::invalid("query: lag and lead shift by an integer")),
            },
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
        match place {
            Some(row) => self.at(0, rows, *row),
            None => self.at(2, rows, part[at]),
        }
    }
}
