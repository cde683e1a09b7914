//! Finds the partners of rows that go by among those that are kept.

use std::rc::Rc;

use inos_sdk::Error;

use super::plan::{JoinPlan, Sort};
use crate::budget::Held;
use crate::cells::{BATCH_ROWS, Batch, Cells, NOWHERE, Row};
use crate::keys::Keys;
use crate::source::Sink;
use crate::sql::{Relation, World};
use crate::table::{Rows, Table};
use crate::value::{Kind, Value};

pub(super) struct Matching<'p, 'c> {
    plan: &'p JoinPlan,
    world: &'p World<'c>,
    /// Whether the left side is the one that is kept.
    swapped: bool,
    kept: Rows,
    keys: Keys,
    /// The first and the last row of each key, and the next one of the same key after each row.
    chains: Vec<(u32, u32)>,
    next: Vec<u32>,
    used: Vec<bool>,
    pairs: Pairs,
    _held: Held,
}

/// Rows that go by and rows that are kept, by their places: what is to be given.
#[derive(Default)]
struct Pairs {
    passing: Vec<u32>,
    kept: Vec<u32>,
}

impl Pairs {
    fn push(&mut self, passing: u32, kept: u32) {
        self.passing.push(passing);
        self.kept.push(kept);
    }
}

/// What is known of the row that goes by.
#[derive(Clone, Copy, Default)]
struct Current {
    row: Option<u32>,
    found: bool,
}

impl<'p, 'c> Matching<'p, 'c> {
    pub(super) fn new(
        plan: &'p JoinPlan,
        world: &'p World<'c>,
        kept: &Relation,
        swapped: bool,
    ) -> Result<Self, Error> {
        let mut table = Table::new(kept.seen.len());
        kept.each(world, &mut |batch| table.append(&batch).map(|()| true))?;
        let kept = table.done()?;
        let mut held = Held::default();
        held.grow(kept.len() * (size_of::<u32>() + size_of::<bool>()))?;
        let mut matching = Self {
            plan,
            world,
            swapped,
            keys: Keys::default(),
            chains: Vec::new(),
            next: vec![NOWHERE; kept.len()],
            used: vec![false; kept.len()],
            kept,
            pairs: Pairs::default(),
            _held: held,
        };
        let mut key = Vec::new();
        let mut base = 0;
        for batch in &matching.kept.batches {
            for row in batch.rows() {
                let place = (base + row.row) as u32;
                let columns = plan.equal.iter().map(|e| if swapped { e.0 } else { e.1 });
                if !join_key(row, columns, &mut key) {
                    continue;
                }
                let (number, new) = matching.keys.place(&key)?;
                if new {
                    matching.chains.push((place, place));
                } else {
                    let last = std::mem::replace(&mut matching.chains[number].1, place);
                    matching.next[last as usize] = place;
                }
            }
            base += batch.rows;
        }
        Ok(matching)
    }

    /// Whether rows that go by are given without a partner.
    fn keeps_passing(&self) -> bool {
        match self.plan.sort {
            Sort::Full => true,
            Sort::Left => !self.swapped,
            Sort::Right => self.swapped,
            _ => false,
        }
    }

    fn keeps_kept(&self) -> bool {
        match self.plan.sort {
            Sort::Full => true,
            Sort::Left => self.swapped,
            Sort::Right => !self.swapped,
            _ => false,
        }
    }

    pub(super) fn pass(&mut self, batch: &Batch, sink: &mut Sink) -> Result<bool, Error> {
        self.same_kinds(batch)?;
        let mut key = Vec::new();
        let mut some = Pairs::default();
        let mut current = Current::default();
        for row in batch.rows() {
            let swapped = self.swapped;
            let columns = self.plan.equal.iter();
            let columns = columns.map(|e| if swapped { e.1 } else { e.0 });
            let whole = join_key(row, columns, &mut key);
            let found = if whole { self.keys.find(&key) } else { None };
            let mut place = found.map_or(NOWHERE, |number| self.chains[number].0);
            loop {
                some.push(row.row as u32, place);
                if some.kept.len() >= BATCH_ROWS
                    && !self.look(batch, &mut some, &mut current, sink)?
                {
                    return Ok(false);
                }
                if place == NOWHERE {
                    break;
                }
                place = self.next[place as usize];
                if place == NOWHERE {
                    break;
                }
            }
        }
        let more = self.look(batch, &mut some, &mut current, sink)?;
        self.end(current);
        Ok(more && self.give(batch, sink)?)
    }

    /// Goes through possible partners: those that fulfil the conditions are given.
    fn look(
        &mut self,
        batch: &Batch,
        some: &mut Pairs,
        current: &mut Current,
        sink: &mut Sink,
    ) -> Result<bool, Error> {
        let fits = self.fits(batch, some)?;
        for (i, (row, kept)) in some.passing.iter().zip(&some.kept).enumerate() {
            if current.row != Some(*row) {
                self.end(*current);
                *current = Current {
                    row: Some(*row),
                    found: false,
                };
            }
            if *kept == NOWHERE || fits.as_ref().is_some_and(|fits| !fits[i]) {
                continue;
            }
            current.found = true;
            self.used[*kept as usize] = true;
            if !matches!(self.plan.sort, Sort::Semi | Sort::Anti) {
                self.pairs.push(*row, *kept);
            }
        }
        some.passing.clear();
        some.kept.clear();
        self.give(batch, sink)
    }

    /// Which pairs fulfil the conditions; None for all.
    fn fits(&self, batch: &Batch, some: &Pairs) -> Result<Option<Vec<bool>>, Error> {
        if self.plan.conditions.is_empty() {
            return Ok(None);
        }
        let both = self.both(batch, some);
        let mut fits = Vec::with_capacity(both.rows);
        for (row, kept) in both.rows().zip(&some.kept) {
            let mut holds = *kept != NOWHERE;
            for condition in &self.plan.conditions {
                holds = holds && condition.holds(row)?;
            }
            fits.push(holds);
        }
        Ok(Some(fits))
    }

    /// All partners of a row have been seen.
    fn end(&mut self, current: Current) {
        let Some(row) = current.row else {
            return;
        };
        let alone = match self.plan.sort {
            Sort::Semi => current.found,
            Sort::Anti => !current.found,
            _ => !current.found && self.keeps_passing(),
        };
        if alone {
            self.pairs.push(row, NOWHERE);
        }
    }

    /// The rows of the kept side that have found no partner.
    pub(super) fn finish(&mut self, sink: &mut Sink) -> Result<(), Error> {
        if !self.keeps_kept() {
            return Ok(());
        }
        let lonely: Vec<u32> = (0..self.kept.len() as u32)
            .filter(|row| !self.used[*row as usize])
            .collect();
        let nothing = Batch::default();
        for part in lonely.chunks(BATCH_ROWS) {
            part.iter().for_each(|row| self.pairs.push(NOWHERE, *row));
            if !self.give(&nothing, sink)? {
                break;
            }
        }
        Ok(())
    }

    fn give(&mut self, batch: &Batch, sink: &mut Sink) -> Result<bool, Error> {
        self.world.look()?;
        let pairs = std::mem::take(&mut self.pairs);
        if pairs.kept.is_empty() {
            return Ok(true);
        }
        let both = self.both(batch, &pairs);
        let width = self.plan.left.seen.len();
        let left = if self.swapped {
            &pairs.kept
        } else {
            &pairs.passing
        };
        let halves = left.contains(&NOWHERE);
        let columns = self.plan.outs.iter().map(|out| match out.instead {
            Some(instead) if halves && out.place < width => {
                let mut cells = Cells::default();
                for (i, place) in left.iter().enumerate() {
                    let from = if *place == NOWHERE {
                        instead
                    } else {
                        out.place
                    };
                    cells.push(both.columns[from].get(i));
                }
                Rc::new(cells)
            }
            _ => both.columns[out.place].clone(),
        });
        sink(Batch {
            rows: both.rows,
            columns: columns.collect(),
        })
    }

    /// The left columns and the right ones of pairs, as far as somebody looks at them.
    fn both(&self, batch: &Batch, pairs: &Pairs) -> Batch {
        let width = self.plan.left.seen.len();
        let rows = pairs.kept.len();
        let nulls = Rc::new(Cells::nulls(rows));
        let side = |place: usize| match place.checked_sub(width) {
            Some(place) => (place, self.swapped),
            None => (place, !self.swapped),
        };
        let cells = |(place, wanted): (usize, &bool)| {
            let (column, passing) = side(place);
            match (wanted, passing) {
                (false, _) => nulls.clone(),
                (true, true) => match batch.columns.get(column) {
                    Some(cells) => Rc::new(cells.gather(&pairs.passing)),
                    None => nulls.clone(),
                },
                (true, false) => Rc::new(self.kept.column(column, &pairs.kept)),
            }
        };
        let columns = self.plan.wanted.iter().enumerate().map(cells).collect();
        Batch { rows, columns }
    }

    /// A number equals no text: that is a slip more often than not.
    fn same_kinds(&self, batch: &Batch) -> Result<(), Error> {
        let plan = self.plan;
        for (left, right) in &plan.equal {
            let (passing, kept) = if self.swapped {
                (right, left)
            } else {
                (left, right)
            };
            let going = batch.columns.get(*passing).map_or(Kind::Null, |c| c.kind());
            let here = self.kept.kind(*kept);
            let nothing = going == Kind::Null || here == Kind::Null;
            if !nothing && (going == Kind::Text) != (here == Kind::Text) {
                let (a, b) = if self.swapped {
                    (here, going)
                } else {
                    (going, here)
                };
                return Err(Error::invalid(format!(
                    "the column {} holds {}, {} holds {}: cast one of them to join",
                    plan.left.seen[*left].name,
                    a.name(),
                    plan.right.seen[*right].name,
                    b.name()
                )));
            }
        }
        Ok(())
    }
}

/// The key that equal rows share, a truth value being 1 or 0; false where one of the cells is null,
/// which equals nothing.
fn join_key(row: Row, columns: impl Iterator<Item = usize>, key: &mut Vec<u8>) -> bool {
    key.clear();
    for column in columns {
        match row.get(column) {
            Value::Null => return false,
            Value::Bool(flag) => Value::Int(i64::from(flag)).key(key),
            value => value.key(key),
        }
    }
    true
}
