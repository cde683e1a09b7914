use inos_sdk::Error;
use sqlparser::ast::{Expr, Function, GroupByExpr, Ident, OrderByExpr, Query, Select};

use super::items::{Item, output};
use super::query::{Named, Runner};
use super::{MAX_CALLS, aggregate_call, is_aggregate, refuse};
use crate::aggregate::AggregateCall;
use crate::expr::{Node, Scope, Seen, column, compile};
use crate::table::Rows;
use crate::value::Value;
use crate::window::{self, WindowCall};

/// What names and calls mean in the items of one SELECT.
pub(super) struct Selecting<'r, 'c> {
    runner: Runner<'r, 'c>,
    seen: Vec<Seen>,
    tables: &'r [Named<'r>],
    /// Whether aggregates and windows may stand here.
    pub(super) calls: bool,
    detecting: bool,
    detected: bool,
    /// The keys of GROUP BY as written and compiled; None without aggregates.
    pub(super) groups: Option<Vec<(Expr, Node)>>,
    pub(super) aggregates: Vec<AggregateCall>,
    pub(super) windows: Vec<WindowCall>,
}

impl<'r, 'c> Selecting<'r, 'c> {
    pub(super) fn new(runner: Runner<'r, 'c>, seen: Vec<Seen>, tables: &'r [Named<'r>]) -> Self {
        Self {
            runner,
            seen,
            tables,
            calls: true,
            detecting: false,
            detected: false,
            groups: None,
            aggregates: Vec::new(),
            windows: Vec::new(),
        }
    }

    /// Finds out whether rows are grouped, and compiles the keys.
    pub(super) fn grouped(
        &mut self,
        select: &Select,
        order: &[OrderByExpr],
        items: &[(String, Item)],
    ) -> Result<(), Error> {
        let GroupByExpr::Expressions(by, modifiers) = &select.group_by else {
            return refuse("GROUP BY ALL");
        };
        if !modifiers.is_empty() {
            return refuse("ROLLUP");
        }
        let mut keys = Vec::new();
        self.calls = false;
        for expr in by {
            let position = match expr {
                // A column of the tables comes before an item of the same name.
                Expr::Identifier(name)
                    if column(&self.seen, std::slice::from_ref(name)).is_ok() =>
                {
                    None
                }
                _ => output(expr, items)?,
            };
            match position.map(|p| &items[p].1) {
                Some(Item::Column(position)) => {
                    let name = Expr::Identifier(Ident::new(&self.seen[*position].name));
                    keys.push((name, Node::Column(*position)));
                }
                Some(Item::Expr(item)) => {
                    let node = compile(item, self)?;
                    keys.push(((*item).clone(), node));
                }
                None => keys.push((expr.clone(), compile(expr, self)?)),
            }
        }
        self.calls = true;
        self.detecting = true;
        for (_, item) in items {
            if let Item::Expr(expr) = item {
                compile(expr, self)?;
            }
        }
        for by in order {
            if output(&by.expr, items)?.is_none() {
                compile(&by.expr, self)?;
            }
        }
        self.detecting = false;
        if !by.is_empty() || self.detected || select.having.is_some() {
            self.groups = Some(keys);
        }
        Ok(())
    }

    pub(super) fn plain(&self, position: usize) -> Result<Node, Error> {
        let Some(groups) = &self.groups else {
            return Ok(Node::Column(position));
        };
        let same = |key: &(Expr, Node)| matches!(key.1, Node::Column(at) if at == position);
        match groups.iter().position(same) {
            Some(key) => Ok(Node::Column(key)),
            None => Err(Error::invalid(format!(
                "query: the column {} is neither grouped by nor aggregated",
                self.seen[position].name
            ))),
        }
    }

    /// Compiles what stands within an aggregate: it sees the rows before grouping.
    fn inside(&mut self, expr: &Expr) -> Result<Node, Error> {
        let groups = self.groups.take();
        let calls = std::mem::replace(&mut self.calls, false);
        let node = compile(expr, self);
        self.groups = groups;
        self.calls = calls;
        node
    }

    /// Where the values of windows begin in a row.
    pub(super) fn width(&self) -> usize {
        self.groups
            .as_ref()
            .map_or(self.seen.len(), |keys| keys.len() + MAX_CALLS)
    }
}

impl Scope for Selecting<'_, '_> {
    fn columns(&self) -> &[Seen] {
        &self.seen
    }

    fn whole(&mut self, expr: &Expr) -> Result<Option<Node>, Error> {
        let Some(groups) = &self.groups else {
            return Ok(None);
        };
        if let Some(key) = groups.iter().position(|key| key.0 == *expr) {
            return Ok(Some(Node::Column(key)));
        }
        match expr {
            Expr::Identifier(name) => self
                .plain(column(&self.seen, std::slice::from_ref(name))?)
                .map(Some),
            Expr::CompoundIdentifier(parts) => self.plain(column(&self.seen, parts)?).map(Some),
            _ => Ok(None),
        }
    }

    fn call(&mut self, function: &Function) -> Result<Option<Node>, Error> {
        let aggregate = is_aggregate(function);
        if function.over.is_none() && !aggregate {
            return Ok(None);
        }
        if !self.calls {
            return Err(Error::invalid(format!(
                "query: {function} has no place here"
            )));
        }
        if self.detecting {
            self.detected |= function.over.is_none();
            if function.over.is_none() {
                return Ok(Some(Node::Fixed(Value::Null)));
            }
        }
        if function.over.is_some() {
            let call = window::call(function, self)?;
            if self.detecting {
                return Ok(Some(Node::Fixed(Value::Null)));
            }
            self.windows.push(call);
            return Ok(Some(Node::Column(self.width() + self.windows.len() - 1)));
        }
        let filter = function
            .filter
            .as_deref()
            .map(|f| self.inside(f))
            .transpose()?;
        let mut call = aggregate_call(function, &mut |expr| self.inside(expr))?;
        call.filter = filter;
        if self.aggregates.len() >= MAX_CALLS {
            return Err(Error::invalid(format!(
                "query: more than {MAX_CALLS} aggregates"
            )));
        }
        self.aggregates.push(call);
        let keys = self.groups.as_ref().map_or(0, Vec::len);
        Ok(Some(Node::Column(keys + self.aggregates.len() - 1)))
    }

    fn query(&mut self, query: &Query) -> Result<Rows, Error> {
        if self.detecting {
            return Ok(Rows::default());
        }
        let mut plan = self.runner.query(query, self.tables)?;
        plan.want_all();
        plan.rows(self.runner.world)
    }
}
