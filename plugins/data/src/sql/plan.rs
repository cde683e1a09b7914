//! What stands behind FROM, with the conditions that its rows have to fulfil.

use inos_sdk::Error;
use sqlparser::ast::BinaryOperator;

use super::World;
use super::query::QueryPlan;
use crate::cells::Batch;
use crate::expr::{Node, Seen};
use crate::join::JoinPlan;
use crate::source::Sink;

#[derive(Debug)]
pub(crate) struct Relation {
    pub(crate) seen: Vec<Seen>,
    pub(crate) from: From,
    pub(crate) filters: Vec<Node>,
    /// The columns that somebody looks at; the others are not read.
    pub(crate) wanted: Vec<bool>,
}

#[derive(Debug)]
pub(crate) enum From {
    /// One row without columns.
    One,
    Source(usize),
    Query(Box<QueryPlan>),
    Join(Box<JoinPlan>),
}

impl Relation {
    pub(crate) fn new(seen: Vec<Seen>, from: From) -> Self {
        Self {
            wanted: vec![false; seen.len()],
            seen,
            from,
            filters: Vec::new(),
        }
    }

    pub(crate) fn source(world: &World, index: usize, name: Option<&str>) -> Self {
        let columns = &world.sources[index].borrow().columns;
        Self::new(super::seen(columns, name), From::Source(index))
    }

    /// Has only rows from now on that fulfil the conditions, which are put as far down as they go.
    pub(crate) fn restrict(&mut self, conditions: Vec<Node>) {
        match &mut self.from {
            From::Join(join) => {
                let rest = join.restrict(conditions);
                self.filters.extend(rest);
            }
            _ => self.filters.extend(conditions),
        }
    }

    /// Says which columns are looked at.
    pub(crate) fn want(&mut self, wanted: &[bool]) {
        self.wanted = wanted.to_vec();
        let mut own = wanted.to_vec();
        for filter in &self.filters {
            filter.columns(&mut |place| own[place] = true);
        }
        match &mut self.from {
            From::One => {}
            From::Source(_) => self.wanted = own,
            From::Query(query) => query.want(&own),
            From::Join(join) => join.want(&own),
        }
    }

    /// Bytes of the files that the rows come from: which of two tables is the larger.
    pub(crate) fn size(&self, world: &World) -> u64 {
        match &self.from {
            From::One => 0,
            From::Source(index) => world.sources[*index].borrow().size,
            From::Query(query) => query.size(world),
            From::Join(join) => join.size(world),
        }
    }

    pub(crate) fn each(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let mut kept = |batch: Batch| {
            let batch = batch.kept(|row| {
                for filter in &self.filters {
                    if !filter.holds(row)? {
                        return Ok::<_, Error>(false);
                    }
                }
                Ok(true)
            })?;
            if batch.rows == 0 {
                return Ok(true);
            }
            sink(batch)
        };
        match &self.from {
            From::One => kept(Batch {
                rows: 1,
                columns: Vec::new(),
            })
            .map(|_| ()),
            From::Source(index) => {
                let mut source = world.sources[*index]
                    .try_borrow_mut()
                    .map_err(|_| Error::invalid("query: a table is read while it is read"))?;
                source.each(world.call, &self.wanted, &mut kept)
            }
            From::Query(query) => query.each(world, &mut kept),
            From::Join(join) => join.each(world, &mut kept),
        }
    }
}

/// The conditions that a condition joins by AND.
pub(crate) fn conjuncts(node: Node, into: &mut Vec<Node>) {
    match node {
        Node::Binary(a, BinaryOperator::And, b) => {
            conjuncts(*a, into);
            conjuncts(*b, into);
        }
        other => into.push(other),
    }
}
