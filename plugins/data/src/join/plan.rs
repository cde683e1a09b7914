use inos_sdk::Error;
use sqlparser::ast::{BinaryOperator, JoinConstraint, JoinOperator};

use super::matching::Matching;
use crate::expr::{Node, column, compile};
use crate::source::Sink;
use crate::sql::{From, Plain, Relation, World, conjuncts};

/// The right side is kept unless it is larger than this and than the left one: rows come in the
/// order of the left table wherever that is possible.
const SMALL_BYTES: u64 = 32 << 20;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sort {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

/// A column of the joined rows, by its place in the left columns with the right ones behind them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Out {
    pub(super) place: usize,
    /// Where it stands in rows without a left half.
    pub(super) instead: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct JoinPlan {
    pub(super) left: Relation,
    pub(super) right: Relation,
    pub(super) sort: Sort,
    /// Columns of the left and the right table that are equal.
    pub(super) equal: Vec<(usize, usize)>,
    /// What both rows must fulfil besides.
    pub(super) conditions: Vec<Node>,
    pub(super) outs: Vec<Out>,
    /// Of the left and the right columns, those that are looked at.
    pub(super) wanted: Vec<bool>,
}

pub(crate) fn cross(left: Relation, right: Relation) -> Relation {
    JoinPlan::new(left, right, Sort::Inner, Vec::new(), false).relation()
}

pub(crate) fn join(
    left: Relation,
    right: Relation,
    operator: &JoinOperator,
) -> Result<Relation, Error> {
    use JoinOperator as J;
    let (sort, constraint) = match operator {
        J::Join(on) | J::Inner(on) | J::CrossJoin(on) => (Sort::Inner, on),
        J::Left(on) | J::LeftOuter(on) => (Sort::Left, on),
        J::Right(on) | J::RightOuter(on) => (Sort::Right, on),
        J::FullOuter(on) => (Sort::Full, on),
        J::Semi(on) | J::LeftSemi(on) => (Sort::Semi, on),
        J::Anti(on) | J::LeftAnti(on) => (Sort::Anti, on),
        _ => return Err(Error::invalid("query: this kind of join is not supported")),
    };
    match constraint {
        JoinConstraint::None => Ok(JoinPlan::new(left, right, sort, Vec::new(), false).relation()),
        JoinConstraint::On(on) => {
            let both = left.seen.iter().chain(&right.seen).cloned().collect();
            let mut conditions = Vec::new();
            conjuncts(compile(on, &mut Plain(both))?, &mut conditions);
            let mut plan = JoinPlan::new(left, right, sort, Vec::new(), false);
            plan.on(conditions);
            Ok(plan.relation())
        }
        JoinConstraint::Using(names) => {
            let mut equal = Vec::new();
            for name in names {
                let text = name.to_string();
                let ident = [sqlparser::ast::Ident::new(text.trim_matches('"'))];
                equal.push((column(&left.seen, &ident)?, column(&right.seen, &ident)?));
            }
            Ok(on_columns(left, right, sort, equal))
        }
        _ => Err(Error::invalid(
            "query: NATURAL JOIN is not supported; name the columns",
        )),
    }
}

/// Joins on columns of the same place in two lists; the right ones are left out.
pub(crate) fn on_columns(
    left: Relation,
    right: Relation,
    sort: Sort,
    equal: Vec<(usize, usize)>,
) -> Relation {
    JoinPlan::new(left, right, sort, equal, true).relation()
}

impl JoinPlan {
    fn new(
        left: Relation,
        right: Relation,
        sort: Sort,
        equal: Vec<(usize, usize)>,
        merged: bool,
    ) -> Self {
        let width = left.seen.len();
        let partner = |place: usize| {
            let found = equal.iter().find(|e| merged && e.0 == place);
            found.map(|e| width + e.1)
        };
        let mut outs: Vec<Out> = (0..width)
            .map(|place| Out {
                place,
                instead: partner(place),
            })
            .collect();
        let narrow = matches!(sort, Sort::Semi | Sort::Anti);
        let left_out = |place: &usize| narrow || merged && equal.iter().any(|e| e.1 == *place);
        let kept = (0..right.seen.len()).filter(|place| !left_out(place));
        outs.extend(kept.map(|place| Out {
            place: width + place,
            instead: None,
        }));
        Self {
            left,
            right,
            sort,
            equal,
            conditions: Vec::new(),
            outs,
            wanted: Vec::new(),
        }
    }

    fn relation(self) -> Relation {
        let width = self.left.seen.len();
        let seen = |out: &Out| match out.place.checked_sub(width) {
            None => self.left.seen[out.place].clone(),
            Some(place) => self.right.seen[place].clone(),
        };
        Relation::new(
            self.outs.iter().map(seen).collect(),
            From::Join(Box::new(self)),
        )
    }

    /// The sides that a condition looks at.
    fn sides(&self, condition: &Node) -> (bool, bool) {
        let width = self.left.seen.len();
        let (mut left, mut right) = (false, false);
        condition.columns(&mut |place| {
            left |= place < width;
            right |= place >= width;
        });
        (left, right)
    }

    /// Takes the conditions of ON, over the left and the right columns.
    fn on(&mut self, conditions: Vec<Node>) {
        let width = self.left.seen.len();
        let (mut to_left, mut to_right) = (Vec::new(), Vec::new());
        for condition in conditions {
            let may_move = !condition.may_fail();
            match (self.sides(&condition), self.sort) {
                ((true, false), Sort::Inner | Sort::Right) if may_move => to_left.push(condition),
                ((false, true), Sort::Full) => self.conditions.push(condition),
                ((false, true), sort) if may_move && sort != Sort::Right => {
                    to_right.push(condition.moved(&|place| place - width));
                }
                _ => match equality(&condition, width) {
                    Some(equal) => self.equal.push(equal),
                    None => self.conditions.push(condition),
                },
            }
        }
        self.left.restrict(to_left);
        self.right.restrict(to_right);
    }

    /// Takes conditions over the joined rows; returns those that have to wait for them.
    pub(crate) fn restrict(&mut self, conditions: Vec<Node>) -> Vec<Node> {
        let (mut on, mut to_left, mut rest) = (Vec::new(), Vec::new(), Vec::new());
        for condition in conditions {
            let moved = condition.clone().moved(&|place| self.outs[place].place);
            let only_left = self.sides(&moved) == (true, false);
            match self.sort {
                _ if condition.may_fail() => rest.push(condition),
                Sort::Inner => on.push(moved),
                Sort::Left | Sort::Semi | Sort::Anti if only_left => to_left.push(moved),
                _ => rest.push(condition),
            }
        }
        self.on(on);
        self.left.restrict(to_left);
        rest
    }

    pub(crate) fn want(&mut self, outs: &[bool]) {
        let width = self.left.seen.len();
        let mut wanted = vec![false; width + self.right.seen.len()];
        for (out, _) in self.outs.iter().zip(outs).filter(|(_, wanted)| **wanted) {
            wanted[out.place] = true;
            if let Some(instead) = out.instead {
                wanted[instead] = true;
            }
        }
        for condition in &self.conditions {
            condition.columns(&mut |place| wanted[place] = true);
        }
        self.wanted = wanted.clone();
        for (left, right) in &self.equal {
            (wanted[*left], wanted[width + *right]) = (true, true);
        }
        self.left.want(&wanted[..width]);
        self.right.want(&wanted[width..]);
    }

    pub(crate) fn size(&self, world: &World) -> u64 {
        self.left.size(world).max(self.right.size(world))
    }

    pub(crate) fn each(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let narrow = matches!(self.sort, Sort::Semi | Sort::Anti);
        let right = self.right.size(world);
        let swapped = !narrow && right > SMALL_BYTES && right > self.left.size(world);
        let (kept, passing) = if swapped {
            (&self.left, &self.right)
        } else {
            (&self.right, &self.left)
        };
        let mut matching = Matching::new(self, world, kept, swapped)?;
        let mut more = true;
        passing.each(world, &mut |batch| {
            more = matching.pass(&batch, sink)?;
            Ok(more)
        })?;
        if more {
            matching.finish(sink)?;
        }
        Ok(())
    }
}

fn equality(condition: &Node, width: usize) -> Option<(usize, usize)> {
    let Node::Binary(a, BinaryOperator::Eq, b) = condition else {
        return None;
    };
    let (Node::Column(a), Node::Column(b)) = (a.as_ref(), b.as_ref()) else {
        return None;
    };
    let (low, high) = (*a.min(b), *a.max(b));
    (low < width && high >= width).then(|| (low, high - width))
}
