//! SELECT over tables in memory: parsed by sqlparser, run by loops over rows.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use inos_sdk::{Call, Error};
use sqlparser::ast::{
    Distinct, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, GroupByExpr, Ident,
    LimitClause, OrderByExpr, OrderByKind, OrderBySort, Query, Select, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetOperator, SetQuantifier, TableFactor,
    Value as Literal,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::aggregate::{Aggregate, AggregateCall, State};
use crate::expr::{Node, Scope, Seen, column, compile};
use crate::join;
use crate::table::{Column, Table};
use crate::value::{Kind, Value};
use crate::window::{self, WindowCall};

/// Tokens of a statement: a chain of operators becomes a tree that is walked by recursion.
const MAX_TOKENS: usize = 1500;
/// Aggregate calls of one SELECT.
pub(crate) const MAX_CALLS: usize = 64;
const MAX_SUBQUERY_DEPTH: usize = 16;
/// Rows between two looks at whether the job was cancelled.
const ROWS_A_LOOK: usize = 4096;

pub(crate) type Named = Vec<(String, Rc<Table>)>;

fn parser(text: &str) -> Result<Parser<'static>, Error> {
    let dialect: &'static SQLiteDialect = &SQLiteDialect {};
    let tokens = Tokenizer::new(dialect, text).tokenize_with_location();
    let tokens = tokens.map_err(|e| Error::invalid(format!("{text:.80}: {e}")))?;
    if tokens.len() > MAX_TOKENS {
        return Err(Error::invalid(format!(
            "the text has more than {MAX_TOKENS} words and signs"
        )));
    }
    Ok(Parser::new(dialect).with_tokens_with_locations(tokens))
}

/// An expression by itself, as a parameter has it.
pub(crate) fn expression(param: &str, text: &str) -> Result<Expr, Error> {
    let mut parser = parser(text).map_err(|e| Error::invalid(format!("{param}: {e}")))?;
    let wrong = |e| Error::invalid(format!("{param}: {e}"));
    let expr = parser.parse_expr().map_err(wrong)?;
    parser.expect_token(&Token::EOF).map_err(wrong)?;
    Ok(expr)
}

/// The columns of one table, without a name for it.
pub(crate) fn seen(columns: &[Column], table: Option<&str>) -> Vec<Seen> {
    let see = |c: &Column| Seen {
        table: table.map(String::from),
        name: c.name.clone(),
    };
    columns.iter().map(see).collect()
}

/// Expressions over the columns of one table: no aggregates, no subqueries.
pub(crate) struct Plain(pub(crate) Vec<Seen>);

impl Scope for Plain {
    fn columns(&self) -> &[Seen] {
        &self.0
    }

    fn whole(&mut self, _: &Expr) -> Result<Option<Node>, Error> {
        Ok(None)
    }

    fn call(&mut self, function: &Function) -> Result<Option<Node>, Error> {
        if function.over.is_some() || is_aggregate(function) {
            return Err(Error::invalid(format!("{function} has no place here")));
        }
        Ok(None)
    }

    fn query(&mut self, _: &Query) -> Result<Vec<Vec<Value>>, Error> {
        Err(Error::invalid("a subquery has no place here"))
    }
}

/// Runs one SELECT over the tables.
pub(crate) fn run(call: &Call, text: &str, tables: &Named) -> Result<Table, Error> {
    let mut parser = parser(text).map_err(|e| Error::invalid(format!("query: {e}")))?;
    let wrong = |e| Error::invalid(format!("query: {e}"));
    // Only a query: the parser of all other statements would be most of the plugin's code.
    if !parser.peek_keyword(Keyword::SELECT)
        && !parser.peek_keyword(Keyword::WITH)
        && parser.peek_token_ref().token != Token::LParen
    {
        return Err(Error::invalid("query: only SELECT is there"));
    }
    let query = parser.parse_query().map_err(wrong)?;
    while parser.consume_token(&Token::SemiColon) {}
    parser.expect_token(&Token::EOF).map_err(wrong)?;
    let mut table = Runner { call, depth: 0 }.query(&query, tables)?;
    table.settle();
    Ok(table)
}

#[derive(Clone, Copy)]
struct Runner<'c> {
    call: &'c Call,
    depth: usize,
}

/// Rows with names for their columns, before a SELECT has chosen among them.
#[derive(Clone)]
pub(crate) struct Relation {
    pub(crate) seen: Vec<Seen>,
    pub(crate) table: Rc<Table>,
}

fn refuse<T>(what: &str) -> Result<T, Error> {
    Err(Error::invalid(format!("query: {what} is not supported")))
}

impl Runner<'_> {
    fn query(self, query: &Query, tables: &Named) -> Result<Table, Error> {
        if self.depth > MAX_SUBQUERY_DEPTH {
            return Err(Error::invalid(
                "query: subqueries are nested more than 16 deep",
            ));
        }
        let deeper = Self {
            depth: self.depth + 1,
            ..self
        };
        let mut tables = tables.clone();
        if let Some(with) = &query.with {
            if with.recursive {
                return refuse("WITH RECURSIVE");
            }
            for cte in &with.cte_tables {
                let mut table = deeper.query(&cte.query, &tables)?;
                rename(
                    &mut table,
                    &cte.alias
                        .columns
                        .iter()
                        .map(|c| &c.name)
                        .collect::<Vec<_>>(),
                )?;
                tables.push((cte.alias.name.value.clone(), Rc::new(table)));
            }
        }
        let order = match &query.order_by {
            None => &[][..],
            Some(by) => match &by.kind {
                OrderByKind::Expressions(list) => list,
                OrderByKind::All(_) => return refuse("ORDER BY ALL"),
            },
        };
        let table = match query.body.as_ref() {
            SetExpr::Select(select) => deeper.select(select, order, &tables)?,
            body => sorted(deeper.set(body, &tables, 0)?, order)?,
        };
        limited(table, query)
    }

    fn set(self, body: &SetExpr, tables: &Named, depth: usize) -> Result<Table, Error> {
        if depth > MAX_SUBQUERY_DEPTH * 4 {
            return Err(Error::invalid("query: more than 64 set operations"));
        }
        match body {
            SetExpr::Select(select) => self.select(select, &[], tables),
            SetExpr::Query(query) => self.query(query, tables),
            SetExpr::SetOperation {
                left,
                op,
                set_quantifier,
                right,
            } => {
                let left = self.set(left, tables, depth + 1)?;
                let right = self.set(right, tables, depth + 1)?;
                if left.width() != right.width() {
                    return Err(Error::invalid(format!(
                        "query: {op} of {} columns with {}",
                        left.width(),
                        right.width()
                    )));
                }
                let all = *set_quantifier == SetQuantifier::All;
                combined(&left, *op, all, &right)
            }
            _ => refuse("this statement"),
        }
    }

    fn from(self, select: &Select, tables: &Named) -> Result<Relation, Error> {
        let mut whole: Option<Relation> = None;
        for item in &select.from {
            let mut relation = self.factor(&item.relation, tables)?;
            for join in &item.joins {
                let right = self.factor(&join.relation, tables)?;
                relation = join::join(self.call, relation, right, &join.join_operator)?;
            }
            whole = Some(match whole {
                None => relation,
                Some(left) => join::cross(self.call, left, relation)?,
            });
        }
        if let Some(relation) = whole {
            return Ok(relation);
        }
        let mut one = Table::new(Vec::new());
        one.push([])?;
        Ok(Relation {
            seen: Vec::new(),
            table: Rc::new(one),
        })
    }

    fn factor(self, factor: &TableFactor, tables: &Named) -> Result<Relation, Error> {
        let (table, name, alias) = match factor {
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
                let Some((known, table)) = known else {
                    let all: Vec<_> = tables.iter().map(|t| t.0.as_str()).collect();
                    return Err(Error::invalid(format!(
                        "query: there is no table {plain:?} among {}",
                        all.join(", ")
                    )));
                };
                (table.clone(), Some(known.clone()), alias)
            }
            TableFactor::Derived {
                lateral: false,
                subquery,
                alias,
                ..
            } => (Rc::new(self.query(subquery, tables)?), None, alias),
            _ => return refuse("this kind of table"),
        };
        let name = alias.as_ref().map(|a| a.name.value.clone()).or(name);
        Ok(Relation {
            seen: seen(&table.columns, name.as_deref()),
            table,
        })
    }

    fn select(
        self,
        select: &Select,
        order: &[OrderByExpr],
        tables: &Named,
    ) -> Result<Table, Error> {
        if select.having.is_some() && select.from.is_empty() {
            return refuse("HAVING without FROM");
        }
        if select.qualify.is_some() || !select.named_window.is_empty() || select.top.is_some() {
            return refuse("QUALIFY, WINDOW and TOP");
        }
        let mut from = self.from(select, tables)?;
        let mut scope = Selecting::new(self, from.seen.clone(), tables);
        if let Some(condition) = &select.selection {
            scope.calls = false;
            let condition = compile(condition, &mut scope)?;
            scope.calls = true;
            from.table = Rc::new(kept(self.call, &from.table, |row| condition.holds(row))?);
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
        let having = select
            .having
            .as_ref()
            .map(|h| compile(h, &mut scope))
            .transpose()?;
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
        let mut base = match &scope.groups {
            Some(groups) => grouped(self.call, &from.table, groups, &scope.aggregates)?,
            None => from.table,
        };
        if let Some(having) = &having {
            base = Rc::new(kept(self.call, &base, |row| having.holds(row))?);
        }
        let windows = window::compute(self.call, &base, &scope.windows)?;
        let columns = items.iter().map(|(name, _)| Column {
            name: name.clone(),
            kind: Kind::Null,
        });
        let mut table = Table::new(columns.collect());
        let mut ranks: Vec<Vec<Value>> = Vec::new();
        let mut known = HashSet::new();
        for (i, row) in base.rows().enumerate() {
            look(self.call, i, base.len())?;
            let row = with_windows(row, i, &windows);
            let values = nodes
                .iter()
                .map(|n| n.eval(&row))
                .collect::<Result<Vec<_>, _>>()?;
            if distinct && !known.insert(key_of(&values)) {
                continue;
            }
            table.push(values)?;
            if !keys.is_empty() {
                ranks.push(
                    keys.iter()
                        .map(|k| k.0.eval(&row))
                        .collect::<Result<_, _>>()?,
                );
            }
        }
        if keys.is_empty() {
            return Ok(table);
        }
        let directions: Vec<_> = keys.iter().map(|k| k.1).collect();
        let mut places: Vec<usize> = (0..table.len()).collect();
        places.sort_by(|a, b| by_keys(&ranks[*a], &ranks[*b], &directions));
        reordered(&table, &places)
    }
}

/// Which way a key is sorted, and where its nulls go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direction {
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

pub(crate) fn direction(by: &OrderByExpr) -> Direction {
    let descending = matches!(by.options.sort, Some(OrderBySort::Desc));
    Direction {
        descending,
        nulls_first: by.options.nulls_first.unwrap_or(!descending),
    }
}

pub(crate) fn by_keys(a: &[Value], b: &[Value], directions: &[Direction]) -> Ordering {
    for ((a, b), by) in a.iter().zip(b).zip(directions) {
        let order = match (a.is_null(), b.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) if by.nulls_first => Ordering::Less,
            (true, false) => Ordering::Greater,
            (false, true) if by.nulls_first => Ordering::Greater,
            (false, true) => Ordering::Less,
            _ if by.descending => b.order(a),
            _ => a.order(b),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

pub(crate) fn key_of(row: &[Value]) -> Vec<u8> {
    let mut key = Vec::new();
    row.iter().for_each(|value| value.key(&mut key));
    key
}

pub(crate) fn reordered(table: &Table, places: &[usize]) -> Result<Table, Error> {
    let mut sorted = Table::new(table.columns.clone());
    for place in places {
        sorted.push(table.row(*place).iter().cloned())?;
    }
    Ok(sorted)
}

/// Reports progress now and then, and stops a cancelled job.
pub(crate) fn look(call: &Call, row: usize, rows: usize) -> Result<(), Error> {
    if row.is_multiple_of(ROWS_A_LOOK) {
        call.progress(row as u64, rows as u64)
    } else {
        Ok(())
    }
}

fn kept(
    call: &Call,
    table: &Table,
    keep: impl Fn(&[Value]) -> Result<bool, Error>,
) -> Result<Table, Error> {
    let mut rest = Table::new(table.columns.clone());
    for (i, row) in table.rows().enumerate() {
        look(call, i, table.len())?;
        if keep(row)? {
            rest.push(row.iter().cloned())?;
        }
    }
    Ok(rest)
}

fn with_windows(row: &[Value], i: usize, windows: &[Vec<Value>]) -> Vec<Value> {
    let mut row = row.to_vec();
    row.extend(
        windows
            .iter()
            .map(|w| w.get(i).cloned().unwrap_or(Value::Null)),
    );
    row
}

fn rename(table: &mut Table, names: &[&Ident]) -> Result<(), Error> {
    if !names.is_empty() && names.len() != table.width() {
        return Err(Error::invalid(
            "query: a table of WITH has another number of columns",
        ));
    }
    for (column, name) in table.columns.iter_mut().zip(names) {
        column.name.clone_from(&name.value);
    }
    Ok(())
}

enum Item<'q> {
    Column(usize),
    Expr(&'q Expr),
}

fn projected<'q>(select: &'q Select, seen: &[Seen]) -> Result<Vec<(String, Item<'q>)>, Error> {
    let mut items = Vec::new();
    let all = |table: Option<&str>, items: &mut Vec<(String, Item<'q>)>| {
        let of = |s: &Seen| {
            table.is_none_or(|t| {
                s.table
                    .as_deref()
                    .is_some_and(|n| n.eq_ignore_ascii_case(t))
            })
        };
        let before = items.len();
        let fits = seen.iter().enumerate().filter(|(_, s)| of(s));
        items.extend(fits.map(|(i, s)| (s.name.clone(), Item::Column(i))));
        if items.len() == before {
            return Err(Error::invalid("query: * stands for no column"));
        }
        Ok(())
    };
    for item in &select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) => {
                let name = match expr {
                    Expr::Identifier(name) => name.value.clone(),
                    Expr::CompoundIdentifier(parts) => {
                        parts.last().map(|p| p.value.clone()).unwrap_or_default()
                    }
                    other => other.to_string(),
                };
                items.push((name, Item::Expr(expr)));
            }
            SelectItem::ExprWithAlias { expr, alias } => {
                items.push((alias.value.clone(), Item::Expr(expr)));
            }
            SelectItem::Wildcard(_) => all(None, &mut items)?,
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), _) => {
                all(Some(name.to_string().trim_matches('"')), &mut items)?;
            }
            _ => return refuse("this item of SELECT"),
        }
    }
    Ok(items)
}

/// The item of SELECT that an expression of ORDER BY or GROUP BY names: by its place or its name.
fn output(expr: &Expr, items: &[(String, Item)]) -> Result<Option<usize>, Error> {
    match expr {
        Expr::Value(value) => match &value.value {
            Literal::Number(digits, _) => match digits.parse::<usize>() {
                Ok(place) if (1..=items.len()).contains(&place) => Ok(Some(place - 1)),
                _ => Err(Error::invalid(format!(
                    "query: SELECT has no item {digits}"
                ))),
            },
            _ => Ok(None),
        },
        Expr::Identifier(name) => Ok(items
            .iter()
            .position(|item| item.0.eq_ignore_ascii_case(&name.value))),
        _ => Ok(None),
    }
}

pub(crate) fn is_aggregate(function: &Function) -> bool {
    let arguments = match &function.args {
        FunctionArguments::List(list) => list.args.len(),
        _ => 0,
    };
    let name = function.name.to_string();
    match Aggregate::named(&name) {
        Some(Aggregate::Min | Aggregate::Max) => arguments == 1,
        found => found.is_some(),
    }
}

/// What names and calls mean in the items of one SELECT.
struct Selecting<'r> {
    runner: Runner<'r>,
    seen: Vec<Seen>,
    tables: &'r Named,
    /// Whether aggregates and windows may stand here.
    calls: bool,
    detecting: bool,
    detected: bool,
    /// The keys of GROUP BY as written and compiled; None without aggregates.
    groups: Option<Vec<(Expr, Node)>>,
    aggregates: Vec<AggregateCall>,
    windows: Vec<WindowCall>,
}

impl<'r> Selecting<'r> {
    fn new(runner: Runner<'r>, seen: Vec<Seen>, tables: &'r Named) -> Self {
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
    fn grouped(
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

    fn plain(&self, position: usize) -> Result<Node, Error> {
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
    fn width(&self) -> usize {
        self.groups
            .as_ref()
            .map_or(self.seen.len(), |keys| keys.len() + MAX_CALLS)
    }
}

impl Scope for Selecting<'_> {
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

    fn query(&mut self, query: &Query) -> Result<Vec<Vec<Value>>, Error> {
        if self.detecting {
            return Ok(Vec::new());
        }
        let table = self.runner.query(query, self.tables)?;
        Ok(table.rows().map(<[Value]>::to_vec).collect())
    }
}

/// A call of an aggregate, its argument compiled by `inside`.
pub(crate) fn aggregate_call(
    function: &Function,
    inside: &mut dyn FnMut(&Expr) -> Result<Node, Error>,
) -> Result<AggregateCall, Error> {
    let name = function.name.to_string();
    let wrong = || Error::invalid(format!("{function}: {name} takes one value"));
    let kind = Aggregate::named(&name).ok_or_else(wrong)?;
    let FunctionArguments::List(list) = &function.args else {
        return Err(wrong());
    };
    if !list.clauses.is_empty() || !function.within_group.is_empty() {
        return Err(Error::invalid(format!(
            "{function}: only plain arguments are supported"
        )));
    }
    let distinct = list.duplicate_treatment == Some(sqlparser::ast::DuplicateTreatment::Distinct);
    let mut call = AggregateCall {
        function: kind,
        arg: None,
        separator: ",".into(),
        distinct,
        filter: None,
    };
    match (&list.args[..], kind) {
        ([FunctionArg::Unnamed(FunctionArgExpr::Wildcard)], Aggregate::Count) if !distinct => {}
        ([FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))], _) => call.arg = Some(inside(arg)?),
        (
            [
                FunctionArg::Unnamed(FunctionArgExpr::Expr(arg)),
                FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(separator))),
            ],
            Aggregate::Join,
        ) => {
            call.arg = Some(inside(arg)?);
            call.separator = crate::expr::literal(&separator.value)?.to_string();
        }
        _ => return Err(wrong()),
    }
    Ok(call)
}

/// A row for each group: its keys, then what its calls gave, in room for as many as there may be.
fn grouped(
    call: &Call,
    table: &Table,
    keys: &[(Expr, Node)],
    calls: &[AggregateCall],
) -> Result<Rc<Table>, Error> {
    let mut places: HashMap<Vec<u8>, usize> = HashMap::new();
    let mut groups: Vec<(Vec<Value>, Vec<State>)> = Vec::new();
    if keys.is_empty() {
        places.insert(Vec::new(), 0);
        groups.push((Vec::new(), vec![State::default(); calls.len()]));
    }
    for (i, row) in table.rows().enumerate() {
        look(call, i, table.len())?;
        let values = keys
            .iter()
            .map(|k| k.1.eval(row))
            .collect::<Result<Vec<_>, _>>()?;
        let place = *places.entry(key_of(&values)).or_insert(groups.len());
        if place == groups.len() {
            groups.push((values, vec![State::default(); calls.len()]));
        }
        for (call, state) in calls.iter().zip(&mut groups[place].1) {
            call.add(state, row)?;
        }
    }
    let column = |_| Column {
        name: String::new(),
        kind: Kind::Null,
    };
    let mut result = Table::new((0..keys.len() + MAX_CALLS).map(column).collect());
    for (values, states) in groups {
        let made = calls
            .iter()
            .zip(&states)
            .map(|(call, state)| call.result(state));
        let mut row: Vec<Value> = values.into_iter().chain(made).collect();
        row.resize(keys.len() + MAX_CALLS, Value::Null);
        result.push(row)?;
    }
    Ok(Rc::new(result))
}

fn combined(left: &Table, op: SetOperator, all: bool, right: &Table) -> Result<Table, Error> {
    let mut table = Table::new(left.columns.clone());
    if op == SetOperator::Union && all {
        table.append(left)?;
        right
            .rows()
            .try_for_each(|row| table.push(row.iter().cloned()))?;
        return Ok(table);
    }
    if all {
        return refuse("INTERSECT ALL and EXCEPT ALL");
    }
    let other: HashSet<Vec<u8>> = right.rows().map(key_of).collect();
    let mut known = HashSet::new();
    for row in left.rows() {
        let key = key_of(row);
        let fits = match op {
            SetOperator::Union => true,
            SetOperator::Intersect => other.contains(&key),
            _ => !other.contains(&key),
        };
        if fits && known.insert(key) {
            table.push(row.iter().cloned())?;
        }
    }
    if op == SetOperator::Union {
        for row in right.rows() {
            if known.insert(key_of(row)) {
                table.push(row.iter().cloned())?;
            }
        }
    }
    Ok(table)
}

/// ORDER BY over the columns of a set operation.
fn sorted(table: Table, order: &[OrderByExpr]) -> Result<Table, Error> {
    if order.is_empty() {
        return Ok(table);
    }
    let items: Vec<_> = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, c)| (c.name.clone(), Item::Column(i)))
        .collect();
    let mut keys = Vec::new();
    for by in order {
        let Some(position) = output(&by.expr, &items)? else {
            return refuse("ORDER BY of an expression after UNION, INTERSECT or EXCEPT");
        };
        keys.push((position, direction(by)));
    }
    let directions: Vec<_> = keys.iter().map(|k| k.1).collect();
    let rank =
        |row: usize| -> Vec<Value> { keys.iter().map(|k| table.row(row)[k.0].clone()).collect() };
    let mut places: Vec<usize> = (0..table.len()).collect();
    places.sort_by(|a, b| by_keys(&rank(*a), &rank(*b), &directions));
    reordered(&table, &places)
}

fn limited(table: Table, query: &Query) -> Result<Table, Error> {
    if query.fetch.is_some() {
        return refuse("FETCH");
    }
    let (limit, offset) = match &query.limit_clause {
        None => return Ok(table),
        Some(LimitClause::LimitOffset {
            limit,
            offset,
            limit_by,
        }) if limit_by.is_empty() => (limit.as_ref(), offset.as_ref().map(|o| &o.value)),
        Some(LimitClause::OffsetCommaLimit { offset, limit }) => (Some(limit), Some(offset)),
        Some(_) => return refuse("LIMIT BY"),
    };
    let count = |expr: Option<&Expr>, otherwise: usize| -> Result<usize, Error> {
        let Some(expr) = expr else {
            return Ok(otherwise);
        };
        match compile(expr, &mut Plain(Vec::new()))?.eval(&[])? {
            Value::Int(n) => Ok(usize::try_from(n).unwrap_or(otherwise)),
            _ => Err(Error::invalid("query: LIMIT and OFFSET take an integer")),
        }
    };
    let (limit, offset) = (count(limit, usize::MAX)?, count(offset, 0)?);
    let end = offset.saturating_add(limit).min(table.len());
    reordered(&table, &(offset.min(end)..end).collect::<Vec<_>>())
}
