//! SELECT over tables: parsed by sqlparser, planned so that only what is needed is read and kept, run
//! by batches of rows.

mod group;
mod items;
mod order;
mod plan;
mod query;
mod scope;
mod select;
mod set;
mod world;

use inos_sdk::Error;
use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Query};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

pub(crate) use order::{Direction, Sorter, by_keys, direction, sorted};
pub(crate) use plan::{From, Relation, conjuncts};
pub(crate) use query::{QueryPlan, prepare};
pub(crate) use world::World;

use crate::aggregate::{Aggregate, AggregateCall};
use crate::expr::{Node, Scope, Seen};
use crate::table::{Column, Rows};

/// Tokens of a statement: a chain of operators becomes a tree that is walked by recursion.
const MAX_TOKENS: usize = 1500;
/// Aggregate calls of one SELECT.
pub(crate) const MAX_CALLS: usize = 64;

fn refuse<T>(what: &str) -> Result<T, Error> {
    Err(Error::invalid(format!("query: {what} is not supported")))
}

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

    fn query(&mut self, _: &Query) -> Result<Rows, Error> {
        Err(Error::invalid("a subquery has no place here"))
    }
}

/// Parses one query, and nothing else: the parser of all other statements would be most of the
/// plugin's code.
fn parse(text: &str) -> Result<Box<Query>, Error> {
    let wrong = |e: &dyn std::fmt::Display| Error::invalid(format!("query: {e}"));
    let mut parser = parser(text).map_err(|e| wrong(&e))?;
    let begins = [Keyword::SELECT, Keyword::WITH];
    if !begins.iter().any(|word| parser.peek_keyword(*word))
        && parser.peek_token_ref().token != Token::LParen
    {
        return Err(Error::invalid("query: only SELECT is there"));
    }
    let query = parser.parse_query().map_err(|e| wrong(&e))?;
    while parser.consume_token(&Token::SemiColon) {}
    parser.expect_token(&Token::EOF).map_err(|e| wrong(&e))?;
    Ok(query)
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
