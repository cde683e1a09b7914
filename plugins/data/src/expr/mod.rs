//! Expressions over a row: SQL's, with three-valued logic, compiled from their syntax.

mod compile;
mod eval;
mod like;
mod pattern;
mod set;

use std::rc::Rc;

use inos_sdk::Error;
use sqlparser::ast::{BinaryOperator, Expr, Function, Ident};

pub(crate) use compile::{arguments, compile, literal};
pub(crate) use eval::{short, truth};
pub(crate) use pattern::Pattern;
pub(crate) use set::Set;

use crate::call::Scalar;
use crate::table::Rows;
use crate::value::{Kind, Owned};

/// A column that expressions see, with the table that it is of.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) table: Option<String>,
    pub(crate) name: String,
}

/// What names and calls mean where an expression stands.
pub(crate) trait Scope {
    fn columns(&self) -> &[Seen];
    /// An expression that is worth something as a whole, like one that was grouped by.
    fn whole(&mut self, expr: &Expr) -> Result<Option<Node>, Error>;
    /// A call of an aggregate or window function.
    fn call(&mut self, function: &Function) -> Result<Option<Node>, Error>;
    /// The rows of a subquery.
    fn query(&mut self, query: &sqlparser::ast::Query) -> Result<Rows, Error>;
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Column(usize),
    Fixed(Owned),
    Not(Box<Node>),
    Minus(Box<Node>),
    Binary(Box<Node>, BinaryOperator, Box<Node>),
    IsNull(Box<Node>),
    Same(Box<Node>, Box<Node>),
    Truth(Box<Node>, bool),
    In(Box<Node>, Vec<Node>),
    InSet(Box<Node>, Rc<Set>),
    Like(Box<Node>, Box<Node>, Option<char>),
    Case(Vec<(Node, Node)>, Box<Node>),
    Convert(Box<Node>, Kind),
    Call(Scalar, Vec<Node>),
    Match(Pattern),
}

/// Finds a column by its name, and by its table's when that is given.
pub(crate) fn column(columns: &[Seen], parts: &[Ident]) -> Result<usize, Error> {
    let (table, name) = match parts {
        [name] => (None, name),
        [table, name] => (Some(table.value.as_str()), name),
        _ => return Err(Error::invalid(format!("{parts:?} is not a column"))),
    };
    let of_table = |seen: &Seen| {
        table.is_none_or(|t| {
            seen.table
                .as_deref()
                .is_some_and(|s| s.eq_ignore_ascii_case(t))
        })
    };
    let full = table.map_or(name.value.clone(), |t| format!("{t}.{}", name.value));
    for exact in [true, false] {
        let fits = |seen: &&(usize, &Seen)| {
            let same = seen.1.name == name.value;
            of_table(seen.1) && (same || (!exact && seen.1.name.eq_ignore_ascii_case(&name.value)))
        };
        let found: Vec<_> = columns.iter().enumerate().collect();
        let found: Vec<_> = found.iter().filter(fits).collect();
        match found[..] {
            [] => {}
            [(position, _)] => return Ok(*position),
            _ => {
                return Err(Error::invalid(format!(
                    "the column {full} is in more than one table"
                )));
            }
        }
    }
    let known: Vec<_> = columns.iter().take(20).map(|c| c.name.as_str()).collect();
    Err(Error::invalid(format!(
        "there is no column {full:?} among {}",
        known.join(", ")
    )))
}

impl Node {
    /// Calls `see` with each column that the value depends on.
    pub(crate) fn columns(&self, see: &mut dyn FnMut(usize)) {
        match self {
            Self::Column(place) => see(*place),
            other => other.parts(&mut |part| part.columns(see)),
        }
    }

    /// Whether evaluating it may be an error that depends on the row.
    pub(crate) fn may_fail(&self) -> bool {
        let mut fails = matches!(self, Self::Convert(..) | Self::Match(_) | Self::Call(..));
        self.parts(&mut |part| fails |= part.may_fail());
        fails
    }

    fn parts<'n>(&'n self, see: &mut dyn FnMut(&'n Node)) {
        match self {
            Self::Column(_) | Self::Fixed(_) => {}
            Self::Not(a) | Self::Minus(a) | Self::IsNull(a) => see(a),
            Self::Truth(a, _) | Self::Convert(a, _) | Self::InSet(a, _) => see(a),
            Self::Binary(a, _, b) | Self::Same(a, b) | Self::Like(a, b, _) => {
                see(a);
                see(b);
            }
            Self::In(a, list) => {
                see(a);
                list.iter().for_each(see);
            }
            Self::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    see(condition);
                    see(result);
                }
                see(otherwise);
            }
            Self::Call(_, args) => args.iter().for_each(see),
            Self::Match(pattern) => {
                see(&pattern.text);
                pattern.by.iter().for_each(|by| see(by));
            }
        }
    }

    /// The same with other columns.
    pub(crate) fn moved(mut self, to: &dyn Fn(usize) -> usize) -> Self {
        self.move_columns(to);
        self
    }

    fn move_columns(&mut self, to: &dyn Fn(usize) -> usize) {
        match self {
            Self::Column(place) => *place = to(*place),
            Self::Fixed(_) => {}
            Self::Not(a) | Self::Minus(a) | Self::IsNull(a) => a.move_columns(to),
            Self::Truth(a, _) | Self::Convert(a, _) | Self::InSet(a, _) => a.move_columns(to),
            Self::Binary(a, _, b) | Self::Same(a, b) | Self::Like(a, b, _) => {
                a.move_columns(to);
                b.move_columns(to);
            }
            Self::In(a, list) => {
                a.move_columns(to);
                list.iter_mut().for_each(|part| part.move_columns(to));
            }
            Self::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    condition.move_columns(to);
                    result.move_columns(to);
                }
                otherwise.move_columns(to);
            }
            Self::Call(_, args) => args.iter_mut().for_each(|part| part.move_columns(to)),
            Self::Match(pattern) => {
                pattern.text.move_columns(to);
                pattern.by.iter_mut().for_each(|by| by.move_columns(to));
            }
        }
    }
}
