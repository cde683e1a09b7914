//! UNION, INTERSECT, EXCEPT.

use inos_sdk::Error;
use sqlparser::ast::SetOperator;

use super::query::QueryPlan;
use super::{World, refuse};
use crate::cells::Batch;
use crate::keys::Keys;
use crate::source::Sink;

#[derive(Debug)]
pub(super) struct SetPlan {
    left: QueryPlan,
    op: SetOperator,
    all: bool,
    right: QueryPlan,
}

impl SetPlan {
    pub(super) fn new(
        left: QueryPlan,
        op: SetOperator,
        all: bool,
        right: QueryPlan,
    ) -> Result<Self, Error> {
        if left.names.len() != right.names.len() {
            return Err(Error::invalid(format!(
                "query: {op} of {} columns with {}",
                left.names.len(),
                right.names.len()
            )));
        }
        if all && op != SetOperator::Union {
            return refuse("INTERSECT ALL and EXCEPT ALL");
        }
        Ok(Self {
            left,
            op,
            all,
            right,
        })
    }

    pub(super) fn size(&self, world: &World) -> u64 {
        self.left.size(world).saturating_add(self.right.size(world))
    }

    pub(super) fn want(&mut self, wanted: &[bool]) {
        let mut wanted = wanted.to_vec();
        if !self.all {
            wanted.fill(true);
        }
        self.left.want(&wanted);
        self.right.want(&wanted);
    }

    pub(super) fn each(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        if self.all {
            return self.both(world, sink);
        }
        let (mut known, mut other) = (Keys::default(), Keys::default());
        let mut key = Vec::new();
        if self.op == SetOperator::Union {
            return self.both(world, &mut |batch| {
                let new = fresh(&batch, &mut known, &mut key, |_| true)?;
                new.map_or(Ok(true), &mut *sink)
            });
        }
        self.right.each(world, &mut |batch| {
            for row in batch.rows() {
                row.key(0..row.width(), &mut key);
                other.place(&key)?;
            }
            Ok(true)
        })?;
        let wanted = self.op == SetOperator::Intersect;
        self.left.each(world, &mut |batch| {
            let fits = |key: &[u8]| other.find(key).is_some() == wanted;
            let new = fresh(&batch, &mut known, &mut key, fits)?;
            new.map_or(Ok(true), &mut *sink)
        })
    }

    fn both(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let mut more = true;
        self.left.each(world, &mut |batch| {
            more = sink(batch)?;
            Ok(more)
        })?;
        if more {
            self.right.each(world, sink)?;
        }
        Ok(())
    }
}

/// The rows that fit and were not there before; None without any.
fn fresh(
    batch: &Batch,
    known: &mut Keys,
    key: &mut Vec<u8>,
    fits: impl Fn(&[u8]) -> bool,
) -> Result<Option<Batch>, Error> {
    let mut places = Vec::new();
    for row in batch.rows() {
        row.key(0..row.width(), key);
        if fits(key) && known.place(key)?.1 {
            places.push(row.row as u32);
        }
    }
    Ok((!places.is_empty()).then(|| batch.gather(&places)))
}
