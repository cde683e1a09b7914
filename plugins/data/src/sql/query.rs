//! A query: SELECT or a set operation of several, with WITH, ORDER BY and LIMIT around.

use std::cell::Cell;

use inos_sdk::Error;
use sqlparser::ast::{
    Cte, Expr, LimitClause, OrderByExpr, OrderByKind, Query, SetExpr, SetQuantifier, TableFactor,
};

use super::items::{Item, output};
use super::select::SelectPlan;
use super::set::SetPlan;
use super::{Direction, From, Plain, Relation, Sorter, World, direction, parse, refuse};
use crate::cells::Batch;
use crate::expr::{Seen, compile};
use crate::source::Sink;
use crate::table::{Rows, Table};
use crate::value::Value;

const MAX_SUBQUERY_DEPTH: usize = 16;
/// SELECTs of a query; a table of WITH counts where it is used.
const MAX_SELECTS: usize = 100;

/// What a name of a table stands for.
#[derive(Clone, Debug)]
pub(crate) enum Meaning<'q> {
    Source(usize),
    /// A query of WITH, which sees the tables before it.
    With(&'q Cte, usize),
}

pub(crate) type Named<'q> = (String, Meaning<'q>);

#[derive(Clone, Copy)]
pub(super) struct Runner<'r, 'c> {
    pub(super) world: &'r World<'c>,
    depth: usize,
    selects: &'r Cell<usize>,
}

#[derive(Debug)]
pub(crate) struct QueryPlan {
    pub(crate) names: Vec<String>,
    body: Body,
    /// Of a set operation; a SELECT sorts by itself.
    order: Vec<(usize, Direction)>,
    limit: usize,
    offset: usize,
}

#[derive(Debug)]
enum Body {
    Select(Box<SelectPlan>),
    Set(Box<SetPlan>),
}

/// Plans one query over the sources, which are called by the names.
pub(crate) fn prepare(
    world: &World,
    text: &str,
    names: &[(String, usize)],
) -> Result<QueryPlan, Error> {
    let query = parse(text)?;
    let tables: Vec<Named> = names
        .iter()
        .map(|(name, source)| (name.clone(), Meaning::Source(*source)))
        .collect();
    let runner = Runner {
        world,
        depth: 0,
        selects: &Cell::new(0),
    };
    let mut plan = runner.query(&query, &tables)?;
    plan.want_all();
    Ok(plan)
}

impl<'r> Runner<'r, '_> {
    pub(super) fn query<'q>(
        self,
        query: &'q Query,
        tables: &[Named<'q>],
    ) -> Result<QueryPlan, Error> {
        if self.depth > MAX_SUBQUERY_DEPTH {
            return Err(Error::invalid(
                "query: subqueries are nested more than 16 deep",
            ));
        }
        let deeper = Self {
            depth: self.depth + 1,
            ..self
        };
        let mut tables = tables.to_vec();
        if let Some(with) = &query.with {
            if with.recursive {
                return refuse("WITH RECURSIVE");
            }
            for cte in &with.cte_tables {
                let name = cte.alias.name.value.clone();
                tables.push((name, Meaning::With(cte, tables.len())));
            }
        }
        let order = match &query.order_by {
            None => &[][..],
            Some(by) => match &by.kind {
                OrderByKind::Expressions(list) => list,
                OrderByKind::All(_) => return refuse("ORDER BY ALL"),
            },
        };
        let (limit, offset) = limits(query)?;
        let end = limit.saturating_add(offset);
        let mut plan = match query.body.as_ref() {
            SetExpr::Select(select) => deeper.select(select, order, end, &tables)?,
            body => {
                let mut plan = deeper.body(body, &tables, 0)?;
                plan.order = set_order(&plan.names, order)?;
                plan
            }
        };
        (plan.limit, plan.offset) = (limit, offset);
        Ok(plan)
    }

    fn select<'q>(
        self,
        select: &'q sqlparser::ast::Select,
        order: &[OrderByExpr],
        end: usize,
        tables: &[Named<'q>],
    ) -> Result<QueryPlan, Error> {
        self.selects.set(self.selects.get() + 1);
        if self.selects.get() > MAX_SELECTS {
            return Err(Error::invalid(format!(
                "query: more than {MAX_SELECTS} SELECTs, those of WITH counted where they are used"
            )));
        }
        let plan = SelectPlan::compile(self, select, order, end, tables)?;
        Ok(QueryPlan::of(plan.names(), Body::Select(plan.into())))
    }

    fn body<'q>(
        self,
        body: &'q SetExpr,
        tables: &[Named<'q>],
        depth: usize,
    ) -> Result<QueryPlan, Error> {
        if depth > MAX_SUBQUERY_DEPTH * 4 {
            return Err(Error::invalid("query: more than 64 set operations"));
        }
        match body {
            SetExpr::Select(select) => self.select(select, &[], usize::MAX, tables),
            SetExpr::Query(query) => self.query(query, tables),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let all = *set_quantifier == SetQuantifier::All;
                let left = self.body(left, tables, depth + 1)?;
                let right = self.body(right, tables, depth + 1)?;
                let names = left.names.clone();
                let set = SetPlan::new(left, *op, all, right)?;
                Ok(QueryPlan::of(names, Body::Set(set.into())))
            }
            _ => refuse("this statement"),
        }
    }

    pub(super) fn factor<'q>(
        self,
        factor: &'q TableFactor,
        tables: &[Named<'q>],
    ) -> Result<Relation, Error> {
        let (plan, name, alias) = match factor {
            TableFactor::Table {
                name,
                alias,
                args: None,
                ..
            } => {
                let full = name.to_string();
                let plain = full.trim_matches('"');
                let known = tables
                    .iter()
                    .rev()
                    .find(|t| t.0.eq_ignore_ascii_case(plain));
                let Some((known, meaning)) = known else {
                    let all: Vec<_> = tables.iter().map(|t| t.0.as_str()).collect();
                    return Err(Error::invalid(format!(
                        "query: there is no table {plain:?} among {}",
                        all.join(", ")
                    )));
                };
                let called = alias.as_ref().map_or(known, |a| &a.name.value);
                match meaning {
                    Meaning::Source(index) => {
                        return Ok(Relation::source(self.world, *index, Some(called)));
                    }
                    Meaning::With(cte, before) => {
                        (self.with(cte, &tables[..*before])?, Some(known), alias)
                    }
                }
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => (self.query(subquery, tables)?, None, alias),
            _ => return refuse("this kind of table"),
        };
        let name = alias.as_ref().map(|a| &a.name.value).or(name);
        let see = |column: &String| Seen {
            table: name.cloned(),
            name: column.clone(),
        };
        let seen = plan.names.iter().map(see).collect();
        Ok(Relation::new(seen, From::Query(plan.into())))
    }

    fn with<'q>(self, cte: &'q Cte, tables: &[Named<'q>]) -> Result<QueryPlan, Error> {
        let mut plan = self.query(&cte.query, tables)?;
        let names = &cte.alias.columns;
        if !names.is_empty() && names.len() != plan.names.len() {
            return Err(Error::invalid(
                "query: a table of WITH has another number of columns",
            ));
        }
        for (column, name) in plan.names.iter_mut().zip(names) {
            column.clone_from(&name.name.value);
        }
        Ok(plan)
    }
}

impl QueryPlan {
    fn of(names: Vec<String>, body: Body) -> Self {
        Self {
            names,
            body,
            order: Vec::new(),
            limit: usize::MAX,
            offset: 0,
        }
    }

    pub(crate) fn want_all(&mut self) {
        self.want(&vec![true; self.names.len()]);
    }

    pub(crate) fn want(&mut self, wanted: &[bool]) {
        let mut wanted = wanted.to_vec();
        self.order
            .iter()
            .for_each(|(place, _)| wanted[*place] = true);
        match &mut self.body {
            Body::Select(select) => select.want(&wanted),
            Body::Set(set) => set.want(&wanted),
        }
    }

    pub(crate) fn size(&self, world: &World) -> u64 {
        match &self.body {
            Body::Select(select) => select.size(world),
            Body::Set(set) => set.size(world),
        }
    }

    pub(crate) fn rows(&self, world: &World) -> Result<Rows, Error> {
        let mut table = Table::new(self.names.len());
        self.each(world, &mut |batch| table.append(&batch).map(|()| true))?;
        table.done()
    }

    pub(crate) fn each(&self, world: &World, sink: &mut Sink) -> Result<(), Error> {
        let (mut skip, mut left) = (self.offset, self.limit);
        if left == 0 {
            return Ok(());
        }
        let mut limited = |batch: Batch| {
            let skipped = skip.min(batch.rows);
            skip -= skipped;
            let part = batch.part(skipped, left);
            left -= part.rows;
            let more = part.rows == 0 || sink(part)?;
            Ok(more && left > 0)
        };
        match &self.body {
            Body::Select(select) => select.each(world, &mut limited),
            Body::Set(set) if self.order.is_empty() => set.each(world, &mut limited),
            Body::Set(set) => {
                let directions = self.order.iter().map(|by| by.1).collect();
                let end = self.limit.saturating_add(self.offset);
                let mut sorter = Sorter::new(self.names.len(), directions, end);
                set.each(world, &mut |batch| {
                    let key = |by: &(usize, Direction)| batch.columns[by.0].clone();
                    let keys = Batch {
                        rows: batch.rows,
                        columns: self.order.iter().map(key).collect(),
                    };
                    sorter.add(&batch, &keys).map(|()| true)
                })?;
                sorter.finish(&mut limited)
            }
        }
    }
}

/// ORDER BY over the columns of a set operation.
fn set_order(names: &[String], order: &[OrderByExpr]) -> Result<Vec<(usize, Direction)>, Error> {
    let items: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(i, name)| (name.clone(), Item::Column(i)))
        .collect();
    let key = |by: &OrderByExpr| match output(&by.expr, &items)? {
        Some(place) => Ok((place, direction(by))),
        None => refuse("ORDER BY of an expression after UNION, INTERSECT or EXCEPT"),
    };
    order.iter().map(key).collect()
}

/// LIMIT and OFFSET.
fn limits(query: &Query) -> Result<(usize, usize), Error> {
    if query.fetch.is_some() {
        return refuse("FETCH");
    }
    let (limit, offset) = match &query.limit_clause {
        None => return Ok((usize::MAX, 0)),
        Some(LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        }) if limit_by.is_empty() => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        Some(_) => return refuse("LIMIT BY"),
    };
    let one = Batch {
        rows: 1,
        columns: Vec::new(),
    };
    let count = |expr: Option<&Expr>, otherwise: usize| -> Result<usize, Error> {
        let Some(expr) = expr else {
            return Ok(otherwise);
        };
        match compile(expr, &mut Plain(Vec::new()))?.eval(one.row(0))? {
            Value::Int(n) => Ok(usize::try_from(n).unwrap_or(otherwise)),
            _ => Err(Error::invalid("query: LIMIT and OFFSET take an integer")),
        }
    };
    Ok((count(limit, usize::MAX)?, count(offset, 0)?))
}
