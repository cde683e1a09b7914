use inos_sdk::Error;
use sqlparser::ast::{
    BinaryOperator, CaseWhen, DataType, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, InTarget, UnaryOperator, Value as Literal,
};

use super::{Node, Pattern, Scope, Set, column};
use crate::call::Scalar;
use crate::value::{Kind, Owned, Value};

/// How deep an expression may nest: each level costs stack.
const MAX_DEPTH: usize = 200;

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
            Expr::BinaryOp {
                left,
                op: BinaryOperator::Regexp,
                right,
            } => {
                let text = self.node(left, depth + 1)?;
                Node::Match(Pattern::like(text, &self.node(right, depth + 1)?)?)
            }
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
                        let set = Set::of(&self.scope.query(query)?)?;
                        return Ok(not(Node::InSet(value, set.into()), *negated));
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
                    Some(Expr::Value(v)) => literal(&v.value)?.written().chars().next(),
                    Some(_) => return Err(unsupported("an escape that is no text")),
                };
                let like = Node::Like(
                    self.boxed(expr, depth)?,
                    self.boxed(pattern, depth)?,
                    escape,
                );
                not(like, *negated)
            }
            Expr::RLike {
                negated,
                expr,
                pattern,
                ..
            } => {
                let text = self.node(expr, depth + 1)?;
                let pattern = Pattern::like(text, &self.node(pattern, depth + 1)?)?;
                not(Node::Match(pattern), *negated)
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
            Expr::Subquery(query) => Node::Fixed(self.scope.query(query)?.get(0, 0).into_owned()),
            Expr::Exists { subquery, negated } => {
                let any = self.scope.query(subquery)?.len() > 0;
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
        let args = args
            .iter()
            .map(|e| self.node(e, depth + 1))
            .collect::<Result<Vec<_>, _>>()?;
        if let Some(pattern) = Pattern::call(&name, &args)? {
            return Ok(Node::Match(pattern));
        }
        let scalar = Scalar::named(&name, args.len())?;
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

pub(crate) fn literal(value: &Literal) -> Result<Owned, Error> {
    match value {
        Literal::Number(digits, _) => number(digits),
        Literal::SingleQuotedString(text) => Ok(Value::text(text.as_str())),
        Literal::Boolean(value) => Ok(Value::Bool(*value)),
        Literal::Null => Ok(Value::Null),
        other => Err(unsupported(format!("the value {other}"))),
    }
}

fn number(digits: &str) -> Result<Owned, Error> {
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
