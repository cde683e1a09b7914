//! GROUP BY.

use std::rc::Rc;

use inos_sdk::Error;

use super::MAX_CALLS;
use crate::aggregate::{AggregateCall, State};
use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch, Cells};
use crate::expr::Node;
use crate::keys::Keys;
use crate::source::Sink;
use crate::table::{Rows, Table};

/// The groups so far, each with a state for each call.
#[derive(Debug)]
pub(crate) struct Groups<'n> {
    nodes: &'n [Node],
    calls: &'n [AggregateCall],
    keys: Keys,
    values: Table,
    states: Vec<State>,
    held: Held,
}

impl<'n> Groups<'n> {
    pub(crate) fn new(nodes: &'n [Node], calls: &'n [AggregateCall]) -> Result<Self, Error> {
        let mut groups = Self {
            nodes,
            calls,
            keys: Keys::default(),
            values: Table::new(nodes.len()),
            states: Vec::new(),
            held: Held::default(),
        };
        if nodes.is_empty() {
            // Without keys there is one group, even of no rows.
            groups.group(&[])?;
            groups.values.push([])?;
        }
        Ok(groups)
    }

    pub(crate) fn add(&mut self, batch: &Batch) -> Result<(), Error> {
        let mut key = Vec::new();
        let mut grown = 0;
        for row in batch.rows() {
            key.clear();
            for node in self.nodes {
                node.eval(row)?.key(&mut key);
            }
            let (group, new) = self.group(&key)?;
            if new {
                let values = self.nodes.iter().map(|n| n.eval(row));
                self.values.push(values.collect::<Result<Vec<_>, _>>()?)?;
            }
            let first = group * self.calls.len();
            let states = &mut self.states[first..first + self.calls.len()];
            for (call, state) in self.calls.iter().zip(states) {
                grown += call.add(state, row)?;
            }
        }
        self.held.grow(grown)
    }

    fn group(&mut self, key: &[u8]) -> Result<(usize, bool), Error> {
        let (group, new) = self.keys.place(key)?;
        if new {
            self.held.grow(self.calls.len() * size_of::<State>())?;
            self.states
                .extend(self.calls.iter().map(AggregateCall::state));
        }
        Ok((group, new))
    }

    /// A row for each group: its keys, then what its calls gave, in room for as many as there may be.
    pub(crate) fn finish(self, sink: &mut Sink) -> Result<(), Error> {
        drop(self.keys);
        let values: Rows = self.values.done()?;
        let each = self.calls.len();
        for (i, batch) in values.batches.iter().enumerate() {
            let mut columns = batch.columns.clone();
            for (c, call) in self.calls.iter().enumerate() {
                let mut cells = Cells::default();
                for row in 0..batch.rows {
                    let state = &self.states[(i * BATCH_ROWS + row) * each + c];
                    cells.push(call.result(state));
                }
                columns.push(Rc::new(cells));
            }
            let nothing = Rc::new(Cells::nulls(batch.rows));
            columns.resize(values.width + MAX_CALLS, nothing);
            let made = Batch {
                rows: batch.rows,
                columns,
            };
            if !sink(made)? {
                break;
            }
        }
        Ok(())
    }
}
