//! Expressions over a row: SQL's, with three-valued logic, compiled from their syntax.

use std::cmp::Ordering;

use inos_sdk::Error;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, Ident, InTarget, UnaryOperator, Value as Literal,
};

use crate::call::{Scalar, convert};
use crate::value::{Kind, Value};

/// How deep an expression may nest: each level costs stack.
const MAX_DEPTH: usize = 200;

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
    fn query(&mut self, query: &sqlparser::ast::Query) -> Result<Vec<Vec<Value>>, Error>;
}

/// A compiled expression.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Column(usize),
    Fixed(Value),
    Not(Box<Node>),
    Minus(Box<Node>),
    Binary(Box<Node>, BinaryOperator, Box<Node>),
    IsNull(Box<Node>),
    Same(Box<Node>, Box<Node>),
    Truth(Box<Node>, bool),
    In(Box<Node>, Vec<Node>),
    Like(Box<Node>, Box<Node>, Option<char>),
    Case(Vec<(Node, Node)>, Box<Node>),
    Convert(Box<Node>, Kind),
    Call(Scalar, Vec<Node>),
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

pub(crate) fn compile(expr: &Expr, scope: &mut dyn Scope) -> Result<Node, Error> {
    Compiler { scope }.node(expr, 0)
}

struct Compiler<'s> {
    scope: &'s mut dyn Scope,
}

fn unsupported(what: impl std::fmt::Display) -> Error {
    Error::invalid(format!("{what} is not supported"))
}

impl Compiler<'_> {
    fn boxed(&mut self, expr: &Expr, depth: usize) -> Result<Box<Node>, Error> {
        self.node(expr, depth + 1).map(Box::new)
    }

    fn node(&mut self, expr: &Expr, depth: usize) -> Result<Node, Error> {
        if depth > MAX_DEPTH {
            return Err(Error::invalid("an expression is nested more than 200 deep"));
        }
        if let Some(node) = self.scope.whole(expr)? {
            return Ok(node);
        }
        Ok(match expr {
            Expr::Identifier(name) => {
                Node::Column(column(self.scope.columns(), std::slice::from_ref(name))?)
            }
            Expr::CompoundIdentifier(parts) => Node::Column(column(self.scope.columns(), parts)?),
            Expr::Nested(inner) => self.node(inner, depth + 1)?,
            Expr::Value(value) => Node::Fixed(literal(&value.value)?),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, depth)?,
            Expr::BinaryOp { left, op, right } => {
                check(op)?;
                Node::Binary(
                    self.boxed(left, depth)?,
                    op.clone(),
                    self.boxed(right, depth)?,
                )
            }
            Expr::IsNull(inner) => Node::IsNull(self.boxed(inner, depth)?),
            Expr::IsNotNull(inner) => not(Node::IsNull(self.boxed(inner, depth)?), true),
            Expr::IsTrue(inner) => Node::Truth(self.boxed(inner, depth)?, true),
            Expr::IsFalse(inner) => Node::Truth(self.boxed(inner, depth)?, false),
            Expr::IsNotTrue(inner) => not(Node::Truth(self.boxed(inner, depth)?, true), true),
            Expr::IsNotFalse(inner) => not(Node::Truth(self.boxed(inner, depth)?, false), true),
            Expr::IsNotDistinctFrom(a, b) => {
                Node::Same(self.boxed(a, depth)?, self.boxed(b, depth)?)
            }
            Expr::IsDistinctFrom(a, b) => not(
                Node::Same(self.boxed(a, depth)?, self.boxed(b, depth)?),
                true,
            ),
            Expr::In {
                expr,
                target,
                negated,
                ..
            } => {
                let value = self.boxed(expr, depth)?;
                let list = match target {
                    InTarget::List(list) => list
                        .iter()
                        .map(|e| self.node(e, depth + 1))
                        .collect::<Result<_, _>>()?,
                    InTarget::Subquery(query) => {
                        let rows = self.scope.query(query)?;
                        rows.into_iter()
                            .filter_map(|r| r.into_iter().next())
                            .map(Node::Fixed)
                            .collect()
                    }
                    _ => return Err(unsupported("this kind of IN")),
                };
                not(Node::In(value, list), *negated)
            }
            Expr::Between {
                expr,
                negated,
                low,
                high,
            } => {
                let value = self.boxed(expr, depth)?;
                let low =
                    Node::Binary(value.clone(), BinaryOperator::GtEq, self.boxed(low, depth)?);
                let high = Node::Binary(value, BinaryOperator::LtEq, self.boxed(high, depth)?);
                not(
                    Node::Binary(Box::new(low), BinaryOperator::And, Box::new(high)),
                    *negated,
                )
            }
            Expr::Like {
                negated,
                expr,
                pattern,
                escape_char,
                ..
            }
            | Expr::ILike {
                negated,
                expr,
                pattern,
                escape_char,
                ..
            } => {
                let escape = match escape_char.as_deref() {
                    None => None,
                    Some(Expr::Value(v)) => literal(&v.value)?.to_string().chars().next(),
                    Some(_) => return Err(unsupported("an escape that is no text")),
                };
                let like = Node::Like(
                    self.boxed(expr, depth)?,
                    self.boxed(pattern, depth)?,
                    escape,
                );
                not(like, *negated)
            }
            Expr::Case {
                operand,
                conditions,
                else_result,
                ..
            } => self.case(
                operand.as_deref(),
                conditions,
                else_result.as_deref(),
                depth,
            )?,
            Expr::Cast {
                expr, data_type, ..
            } => Node::Convert(self.boxed(expr, depth)?, kind_of(data_type)?),
            Expr::Substring {
                expr,
                substring_from,
                substring_for,
                ..
            } => {
                let mut args = vec![self.node(expr, depth + 1)?];
                let one = Node::Fixed(Value::Int(1));
                args.push(
                    substring_from
                        .as_deref()
                        .map_or(Ok(one), |e| self.node(e, depth + 1))?,
                );
                if let Some(length) = substring_for {
                    args.push(self.node(length, depth + 1)?);
                }
                Node::Call(Scalar::Substring, args)
            }
            Expr::Trim {
                expr,
                trim_where: None,
                trim_what: None,
                trim_characters: None,
            } => Node::Call(Scalar::Trim, vec![self.node(expr, depth + 1)?]),
            Expr::Ceil { expr, .. } => Node::Call(Scalar::Ceil, vec![self.node(expr, depth + 1)?]),
            Expr::Floor { expr, .. } => {
                Node::Call(Scalar::Floor, vec![self.node(expr, depth + 1)?])
            }
            Expr::Subquery(query) => {
                let first = self.scope.query(query)?.into_iter().next();
                Node::Fixed(
                    first
                        .and_then(|r| r.into_iter().next())
                        .unwrap_or(Value::Null),
                )
            }
            Expr::Exists { subquery, negated } => {
                let any = !self.scope.query(subquery)?.is_empty();
                Node::Fixed(Value::Bool(any != *negated))
            }
            Expr::Function(function) => self.function(function, depth)?,
            other => return Err(unsupported(other)),
        })
    }

    fn unary(&mut self, op: UnaryOperator, expr: &Expr, depth: usize) -> Result<Node, Error> {
        if op == UnaryOperator::Minus
            && let Expr::Value(value) = expr
            && let Literal::Number(digits, _) = &value.value
        {
            return number(&format!("-{digits}")).map(Node::Fixed);
        }
        let inner = self.boxed(expr, depth)?;
        match op {
            UnaryOperator::Minus => Ok(Node::Minus(inner)),
            UnaryOperator::Plus => Ok(*inner),
            UnaryOperator::Not => Ok(Node::Not(inner)),
            other => Err(unsupported(format!("the operator {other}"))),
        }
    }

    fn case(
        &mut self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        depth: usize,
    ) -> Result<Node, Error> {
        let operand = operand.map(|o| self.boxed(o, depth)).transpose()?;
        let mut arms = Vec::new();
        for arm in conditions {
            let mut condition = self.node(&arm.condition, depth + 1)?;
            if let Some(operand) = &operand {
                condition = Node::Binary(operand.clone(), BinaryOperator::Eq, Box::new(condition));
            }
            arms.push((condition, self.node(&arm.result, depth + 1)?));
        }
        let otherwise = match otherwise {
            Some(expr) => self.node(expr, depth + 1)?,
            None => Node::Fixed(Value::Null),
        };
        Ok(Node::Case(arms, Box::new(otherwise)))
    }

    fn function(&mut self, function: &Function, depth: usize) -> Result<Node, Error> {
        if let Some(node) = self.scope.call(function)? {
            return Ok(node);
        }
        let name = function.name.to_string();
        let args = arguments(function)?;
        let scalar = Scalar::named(&name, args.len())?;
        let args = args
            .iter()
            .map(|e| self.node(e, depth + 1))
            .collect::<Result<_, _>>()?;
        Ok(Node::Call(scalar, args))
    }
}

fn not(node: Node, negated: bool) -> Node {
    if negated {
        Node::Not(Box::new(node))
    } else {
        node
    }
}

fn check(op: &BinaryOperator) -> Result<(), Error> {
    use BinaryOperator as B;
    match op {
        B::Plus
        | B::Minus
        | B::Multiply
        | B::Divide
        | B::Modulo
        | B::StringConcat
        | B::And
        | B::Or
        | B::Eq
        | B::NotEq
        | B::Lt
        | B::LtEq
        | B::Gt
        | B::GtEq => Ok(()),
        other => Err(unsupported(format!("the operator {other}"))),
    }
}

/// The arguments of a call that has only plain ones.
pub(crate) fn arguments(function: &Function) -> Result<Vec<&Expr>, Error> {
    let FunctionArguments::List(list) = &function.args else {
        return Ok(Vec::new());
    };
    let plain = |arg| match arg {
        &FunctionArg::Unnamed(FunctionArgExpr::Expr(ref expr)) => Ok(expr),
        _ => Err(unsupported(format!("an argument of {}", function.name))),
    };
    list.args.iter().map(plain).collect()
}

pub(crate) fn literal(value: &Literal) -> Result<Value, Error> {
    match value {
        Literal::Number(digits, _) => number(digits),
        Literal::SingleQuotedString(text) => Ok(Value::text(text)),
        Literal::Boolean(value) => Ok(Value::Bool(*value)),
        Literal::Null => Ok(Value::Null),
        other => Err(unsupported(format!("the value {other}"))),
    }
}

fn number(digits: &str) -> Result<Value, Error> {
    let whole = digits.parse().ok().map(Value::Int);
    let float = || {
        digits
            .parse()
            .ok()
            .filter(|f: &f64| f.is_finite())
            .map(Value::Float)
    };
    whole
        .or_else(float)
        .ok_or_else(|| Error::invalid(format!("{digits:.40} is not a number")))
}

pub(crate) fn kind_of(data_type: &DataType) -> Result<Kind, Error> {
    let name = data_type.to_string().to_uppercase();
    let name = name.split(['(', ' ']).next().unwrap_or_default();
    match name {
        "INT" | "INTEGER" | "BIGINT" | "SMALLINT" => Ok(Kind::Int),
        "REAL" | "DOUBLE" | "FLOAT" | "NUMBER" => Ok(Kind::Float),
        "TEXT" | "VARCHAR" | "CHAR" | "STRING" => Ok(Kind::Text),
        "BOOL" | "BOOLEAN" => Ok(Kind::Bool),
        _ => Err(unsupported(format!("the type {data_type}"))),
    }
}

impl Node {
    pub(crate) fn eval(&self, row: &[Value]) -> Result<Value, Error> {
        Ok(match self {
            Self::Column(position) => row.get(*position).cloned().unwrap_or(Value::Null),
            Self::Fixed(value) => value.clone(),
            Self::Not(inner) => match truth(&inner.eval(row)?)? {
                Some(value) => Value::Bool(!value),
                None => Value::Null,
            },
            Self::Minus(inner) => match inner.eval(row)? {
                Value::Int(value) => match value.checked_neg() {
                    Some(value) => Value::Int(value),
                    None => Value::Float(-(value as f64)),
                },
                other => arithmetic(&Value::Int(0), &BinaryOperator::Minus, &other)?,
            },
            Self::Binary(left, op, right) => binary(left, op, right, row)?,
            Self::IsNull(inner) => Value::Bool(inner.eval(row)?.is_null()),
            Self::Same(a, b) => Value::Bool(a.eval(row)?.order(&b.eval(row)?) == Ordering::Equal),
            Self::Truth(inner, wanted) => Value::Bool(truth(&inner.eval(row)?)? == Some(*wanted)),
            Self::In(value, list) => within(&value.eval(row)?, list, row)?,
            Self::Like(value, pattern, escape) => match (value.eval(row)?, pattern.eval(row)?) {
                (Value::Null, _) | (_, Value::Null) => Value::Null,
                (value, pattern) => {
                    Value::Bool(like(&value.to_string(), &pattern.to_string(), *escape))
                }
            },
            Self::Case(arms, otherwise) => {
                for (condition, result) in arms {
                    if truth(&condition.eval(row)?)? == Some(true) {
                        return result.eval(row);
                    }
                }
                otherwise.eval(row)?
            }
            Self::Convert(inner, kind) => convert(&inner.eval(row)?, *kind)?,
            Self::Call(scalar, args) => {
                let args = args
                    .iter()
                    .map(|a| a.eval(row))
                    .collect::<Result<Vec<_>, _>>()?;
                scalar.call(&args)?
            }
        })
    }

    /// Whether a row fulfils the condition; unknown does not.
    pub(crate) fn holds(&self, row: &[Value]) -> Result<bool, Error> {
        Ok(truth(&self.eval(row)?)? == Some(true))
    }
}

/// A number is true unless it is 0.
pub(crate) fn truth(value: &Value) -> Result<Option<bool>, Error> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Err(Error::invalid(format!(
            "the text {:?} is not a condition",
            short(text)
        ))),
        other => Ok(other.number().map(|n| n != 0.0)),
    }
}

/// The start of a text, for a message.
pub(crate) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

fn within(value: &Value, list: &[Node], row: &[Value]) -> Result<Value, Error> {
    let mut unknown = value.is_null() && !list.is_empty();
    for node in list {
        match compare(value, &node.eval(row)?)? {
            Some(Ordering::Equal) => return Ok(Value::Bool(true)),
            None => unknown = true,
            _ => {}
        }
    }
    Ok(if unknown {
        Value::Null
    } else {
        Value::Bool(false)
    })
}

/// None when one is null; an error for a number and a text, which is a slip more often than not.
fn compare(a: &Value, b: &Value) -> Result<Option<Ordering>, Error> {
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Bool(flag), other) if other.kind() != Kind::Bool && other.number().is_some() => {
            Ok(Some(Value::Int(i64::from(*flag)).order(other)))
        }
        (other, Value::Bool(flag)) if other.kind() != Kind::Bool && other.number().is_some() => {
            Ok(Some(other.order(&Value::Int(i64::from(*flag)))))
        }
        _ if (a.kind() == Kind::Text) != (b.kind() == Kind::Text) => Err(Error::invalid(format!(
            "cannot compare the {} {:?} with the {} {:?}; cast one of them",
            a.kind().name(),
            short(&a.to_string()),
            b.kind().name(),
            short(&b.to_string())
        ))),
        _ => Ok(Some(a.order(b))),
    }
}

fn binary(left: &Node, op: &BinaryOperator, right: &Node, row: &[Value]) -> Result<Value, Error> {
    use BinaryOperator as B;
    let a = left.eval(row)?;
    if matches!(op, B::And | B::Or) {
        let decided = *op == B::Or;
        let a = truth(&a)?;
        if a == Some(decided) {
            return Ok(Value::Bool(decided));
        }
        let b = truth(&right.eval(row)?)?;
        return Ok(match (a, b) {
            (_, Some(b)) if b == decided => Value::Bool(decided),
            (Some(_), Some(b)) => Value::Bool(b),
            _ => Value::Null,
        });
    }
    let b = right.eval(row)?;
    let ordered = |fits: fn(Ordering) -> bool| {
        Ok(compare(&a, &b)?.map_or(Value::Null, |order| Value::Bool(fits(order))))
    };
    match op {
        B::Eq => ordered(Ordering::is_eq),
        B::NotEq => ordered(Ordering::is_ne),
        B::Lt => ordered(Ordering::is_lt),
        B::LtEq => ordered(Ordering::is_le),
        B::Gt => ordered(Ordering::is_gt),
        B::GtEq => ordered(Ordering::is_ge),
        B::StringConcat if a.is_null() || b.is_null() => Ok(Value::Null),
        B::StringConcat => Ok(Value::text(format!("{a}{b}"))),
        _ => arithmetic(&a, op, &b),
    }
}

/// As SQLite: integers stay integers, also in a division, which by 0 is null; what overflows is a
/// number.
fn arithmetic(a: &Value, op: &BinaryOperator, b: &Value) -> Result<Value, Error> {
    use BinaryOperator as B;
    if a.is_null() || b.is_null() {
        return Ok(Value::Null);
    }
    if let (Value::Int(x), Value::Int(y)) = (a, b) {
        let whole = match op {
            B::Plus => x.checked_add(*y),
            B::Minus => x.checked_sub(*y),
            B::Multiply => x.checked_mul(*y),
            B::Divide | B::Modulo if *y == 0 => return Ok(Value::Null),
            B::Divide => x.checked_div(*y),
            _ => Some(x.checked_rem(*y).unwrap_or(0)),
        };
        if let Some(whole) = whole {
            return Ok(Value::Int(whole));
        }
    }
    let (Some(x), Some(y)) = (a.number(), b.number()) else {
        let text = if a.number().is_none() { a } else { b };
        let text = short(&text.to_string());
        return Err(Error::invalid(format!(
            "the text {text:?} is not a number; cast it"
        )));
    };
    Ok(Value::float(match op {
        B::Plus => x + y,
        B::Minus => x - y,
        B::Multiply => x * y,
        B::Divide | B::Modulo if y == 0.0 => return Ok(Value::Null),
        B::Divide => x / y,
        _ => x % y,
    }))
}

/// SQLite's LIKE: ASCII letters without case. Linear: only the last % is taken back.
fn like(text: &str, pattern: &str, escape: Option<char>) -> bool {
    enum Part {
        Any,
        One,
        Just(char),
    }
    let mut parts = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        parts.push(match c {
            c if Some(c) == escape => Part::Just(chars.next().unwrap_or(c)),
            '%' => Part::Any,
            '_' => Part::One,
            c => Part::Just(c.to_ascii_lowercase()),
        });
    }
    let text: Vec<char> = text.chars().map(|c| c.to_ascii_lowercase()).collect();
    let (mut t, mut p, mut back) = (0, 0, None);
    while t < text.len() {
        match parts.get(p) {
            Some(Part::Any) => {
                back = Some((t, p));
                p += 1;
            }
            Some(Part::One) => (t, p) = (t + 1, p + 1),
            Some(Part::Just(c)) if c.to_ascii_lowercase() == text[t] => (t, p) = (t + 1, p + 1),
            _ => match back {
                Some((from, any)) => {
                    back = Some((from + 1, any));
                    (t, p) = (from + 1, any + 1);
                }
                None => return false,
            },
        }
    }
    parts[p..].iter().all(|part| matches!(part, Part::Any))
}
