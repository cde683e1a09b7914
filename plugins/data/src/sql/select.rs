//! One SELECT: rows, perhaps in groups, perhaps with windows, then its items.

use std::rc::Rc;

use inos_sdk::Error;
use sqlparser::ast::{Distinct, Expr, OrderByExpr, Select};

use super::group::Groups;
use super::items::{Item, output, projected};
use super::plan::conjuncts;
use super::query::{Named, Runner};
use super::scope::Selecting;
use super::{Direction, From, Relation, Sorter, World, direction, refuse};
use crate::aggregate::AggregateCall;
use crate::cells::{Batch, Cells};
use crate::expr::{Node, compile};
use crate::join;
use crate::keys::Keys;
use crate::source::Sink;
use crate::table::Table;
use crate::window::WindowCall;

#[derive(Debug)]
pub(super) struct SelectPlan {
    from: Relation,
    /// None where rows are not grouped.
    groups: Option<Vec<Node>>,
    aggregates: Vec<AggregateCall>,
    having: Option<Node>,
    windows: Vec<WindowCall>,
    /// Where the values of windows stand in a row.
    width: usize,
    items: Vec<(String, Node)>,
    distinct: bool,
    order: Vec<(Node, Direction)>,
    /// Rows that are asked for.
    end: usize,
    wanted: Vec<bool>,
}

impl SelectPlan {
    pub(super) fn compile<'q>(
        runner: Runner,
        select: &'q Select,
        order: &[OrderByExpr],
        end: usize,
        tables: &[Named<'q>],
    ) -> Result<Self, Error> {
        check(select)?;
        let mut from = source(runner, select, tables)?;
        let mut scope = Selecting::new(runner, from.seen.clone(), tables);
        if let Some(condition) = &select.selection {
            scope.calls = false;
            let mut conditions = Vec::new();
            conjuncts(compile(condition, &mut scope)?, &mut conditions);
            from.restrict(conditions);
            scope.calls = true;
        }
        let items = projected(select, &from.seen)?;
        scope.grouped(select, order, &items)?;
        let nodes = items
            .iter()
            .map(|(_, item)| match item {
                Item::Column(position) => scope.plain(*position),
                Item::Expr(expr) => compile(expr, &mut scope),
            })
            .collect::<Result<Vec<_>, _>>()?;
        let having = select.having.as_ref();
        let having = having.map(|h| compile(h, &mut scope)).transpose()?;
        let distinct = match &select.distinct {
            None | Some(Distinct::All) => false,
            Some(Distinct::Distinct) => true,
            Some(Distinct::On(_)) => return refuse("DISTINCT ON"),
        };
        let mut keys = Vec::new();
        for by in order {
            let node = match output(&by.expr, &items)? {
                Some(position) => nodes[position].clone(),
                None if distinct => {
                    return refuse("ORDER BY of what SELECT DISTINCT does not have");
                }
                None => compile(&by.expr, &mut scope)?,
            };
            keys.push((node, direction(by)));
        }
        let names = items.into_iter().map(|(name, _)| name);
        Ok(Self {
            width: scope.width(),
            groups: scope
                .groups
                .map(|keys| keys.into_iter().map(|key: (Expr, Node)| key.1).collect()),
            aggregates: scope.aggregates,
            having,
            windows: scope.windows,
            items: names.zip(nodes).collect(),
            distinct,
            order: keys,
            end,
            wanted: Vec::new(),
            from,
        })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.items.iter().map(|item| item.0.clone()).collect()
    }

    pub(super) fn size(&self, world: &World) -> u64 {
        self.from.size(world)
    }

    pub(super) fn want(&mut self, wanted: &[bool]) {
        self.wanted = wanted.to_vec();
        if self.distinct {
            self.wanted.fill(true);
        }
        let mut columns = vec![false; self.from.seen.len()];
        let mut see = |place: usize| {
            if let Some(column) = columns.get_mut(place) {
                *column = true;
            }
        };
        for call in &self.aggregates {
            let parts = call.arg.iter().chain(&call.filter);
            parts.for_each(|node| node.columns(&mut see));
        }
        match &self.groups {
            Some(keys) => keys.iter().for_each(|key| key.columns(&mut see)),
            None => {
                let items = self.items.iter().zip(&self.wanted);
                items
                    .filter(|(_, wanted)| **wanted)
                    .for_each(|((_, node), _)| node.columns(&mut see));
                self.order.iter().for_each(|by| by.0.columns(&mut see));
                self.having.iter().for_each(|node| node.columns(&mut see));
                self.windows.iter().for_each(|w| w.columns(&mut see));
            }
        }
        self.from.want(&columns);
    }

    pub(super) fn each(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let mut known = self.distinct.then(Keys::default);
        if self.order.is_empty() {
            return self.based(
                world,
                &mut |base| match self.projected(&base, &mut known)? {
                    (_, rows) if rows.rows == 0 => Ok(true),
                    (_, rows) => sink(rows),
                },
            );
        }
        let directions = self.order.iter().map(|by| by.1).collect();
        let mut sorter = Sorter::new(self.items.len(), directions, self.end);
        self.based(world, &mut |base| {
            let (base, rows) = self.projected(&base, &mut known)?;
            let keys = made(&base, self.order.iter().map(|by| Some(&by.0)))?;
            sorter.add(&rows, &keys).map(|()| true)
        })?;
        sorter.finish(sink)
    }

    /// The items' values, and the rows that they were made of: fewer with DISTINCT.
    fn projected(&self, base: &Batch, known: &mut Option<Keys>) -> Result<(Batch, Batch), Error> {
        let nodes = self.items.iter().zip(&self.wanted);
        let rows = made(
            base,
            nodes.map(|((_, node), wanted)| wanted.then_some(node)),
        )?;
        let Some(known) = known else {
            return Ok((base.clone(), rows));
        };
        let (mut key, mut places) = (Vec::new(), Vec::new());
        for row in rows.rows() {
            row.key(0..row.width(), &mut key);
            if known.place(&key)?.1 {
                places.push(row.row as u32);
            }
        }
        Ok((base.gather(&places), rows.gather(&places)))
    }

    /// The rows that items are made of: of FROM, or one for each group, with windows.
    fn based(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        if self.windows.is_empty() {
            return self.grouped(world, sink);
        }
        let width = match &self.groups {
            Some(_) => self.width,
            None => self.from.seen.len(),
        };
        let mut table = Table::new(width);
        self.grouped(world, &mut |batch| table.append(&batch).map(|()| true))?;
        let table = table.done()?;
        let mut windows = Vec::new();
        for window in &self.windows {
            windows.push(window.compute(world, &table)?);
        }
        for (i, batch) in table.batches.iter().enumerate() {
            let mut batch = batch.clone();
            let more = windows.iter().map(|w| w.batches[i].columns[0].clone());
            batch.columns.extend(more);
            if !sink(batch)? {
                break;
            }
        }
        Ok(())
    }

    fn grouped(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let mut having = |batch: Batch| match &self.having {
            None => sink(batch),
            Some(condition) => {
                let batch = batch.kept(|row| condition.holds(row))?;
                sink(batch)
            }
        };
        let Some(keys) = &self.groups else {
            return self.from.each(world, &mut having);
        };
        let mut groups = Groups::new(keys, &self.aggregates)?;
        self.from
            .each(world, &mut |batch| groups.add(&batch).map(|()| true))?;
        groups.finish(&mut having)
    }
}

/// A batch of what expressions make of the rows of another; None makes nulls.
fn made<'n>(base: &Batch, nodes: impl Iterator<Item = Option<&'n Node>>) -> Result<Batch, Error> {
    let mut columns = Vec::new();
    for node in nodes {
        columns.push(match node {
            None => Rc::new(Cells::nulls(base.rows)),
            Some(Node::Column(place)) if *place < base.columns.len() => {
                base.columns[*place].clone()
            }
            Some(node) => {
                let mut cells = Cells::default();
                for row in base.rows() {
                    cells.push(node.eval(row)?);
                }
                Rc::new(cells)
            }
        });
    }
    Ok(Batch {
        rows: base.rows,
        columns,
    })
}

fn check(select: &Select) -> Result<(), Error> {
    if select.having.is_some() && select.from.is_empty() {
        return refuse("HAVING without FROM");
    }
    if select.qualify.is_some() || !select.named_window.is_empty() || select.top.is_some() {
        return refuse("QUALIFY, WINDOW and TOP");
    }
    Ok(())
}

fn source<'q>(runner: Runner, select: &'q Select, tables: &[Named<'q>]) -> Result<Relation, Error> {
    let mut whole: Option<Relation> = None;
    for item in &select.from {
        let mut relation = runner.factor(&item.relation, tables)?;
        for join in &item.joins {
            let right = runner.factor(&join.relation, tables)?;
            relation = join::join(relation, right, &join.join_operator)?;
        }
        whole = Some(match whole {
            None => relation,
            Some(left) => join::cross(left, relation),
        });
    }
    Ok(whole.unwrap_or_else(|| Relation::new(Vec::new(), From::One)))
}
