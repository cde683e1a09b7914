//! Joins: by a table of keys where the condition has equalities, else row by row.

use std::collections::HashMap;
use std::rc::Rc;

use inos_sdk::{Call, Error};
use sqlparser::ast::{BinaryOperator, JoinConstraint, JoinOperator};

use crate::expr::{Node, Seen, column, compile};
use crate::sql::{Plain, Relation, key_of, look};
use crate::table::{Column, Table};
use crate::value::{Kind, Value};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sort {
    Inner,
    Left,
    Right,
    Full,
    Semi,
    Anti,
}

/// What two rows must have to be joined.
struct Condition {
    /// Columns of the left and the right table that are equal.
    equal: Vec<(usize, usize)>,
    /// The whole condition over both rows.
    whole: Option<Node>,
    /// Equal columns of which only one is kept.
    merged: bool,
}

pub(crate) fn cross(call: &Call, left: Relation, right: Relation) -> Result<Relation, Error> {
    let condition = Condition {
        equal: Vec::new(),
        whole: None,
        merged: false,
    };
    matched(call, &left, &right, Sort::Inner, &condition)
}

pub(crate) fn join(
    call: &Call,
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
    let mut condition = Condition {
        equal: Vec::new(),
        whole: None,
        merged: false,
    };
    match constraint {
        JoinConstraint::None => {}
        JoinConstraint::On(on) => {
            let both = left.seen.iter().chain(&right.seen).cloned().collect();
            let node = compile(on, &mut Plain(both))?;
            equalities(&node, left.seen.len(), &mut condition.equal);
            condition.whole = Some(node);
        }
        JoinConstraint::Using(names) => {
            for name in names {
                let text = name.to_string();
                let ident = [sqlparser::ast::Ident::new(text.trim_matches('"'))];
                condition
                    .equal
                    .push((column(&left.seen, &ident)?, column(&right.seen, &ident)?));
            }
            condition.merged = true;
        }
        _ => {
            return Err(Error::invalid(
                "query: NATURAL JOIN is not supported; name the columns",
            ));
        }
    }
    matched(call, &left, &right, sort, &condition)
}

/// Joins on columns of the same place in two lists; the right ones are left out.
pub(crate) fn on_columns(
    call: &Call,
    left: Relation,
    right: Relation,
    sort: Sort,
    equal: Vec<(usize, usize)>,
) -> Result<Relation, Error> {
    matched(
        call,
        &left,
        &right,
        sort,
        &Condition {
            equal,
            whole: None,
            merged: true,
        },
    )
}

fn equalities(node: &Node, width: usize, into: &mut Vec<(usize, usize)>) {
    if let Node::Binary(a, op, b) = node {
        match (op, a.as_ref(), b.as_ref()) {
            (BinaryOperator::And, a, b) => {
                equalities(a, width, into);
                equalities(b, width, into);
            }
            (BinaryOperator::Eq, Node::Column(a), Node::Column(b)) => {
                let (low, high) = (*a.min(b), *a.max(b));
                if low < width && high >= width {
                    into.push((low, high - width));
                }
            }
            _ => {}
        }
    }
}

fn same_kinds(left: &Relation, right: &Relation, equal: &[(usize, usize)]) -> Result<(), Error> {
    for (l, r) in equal {
        let (a, b) = (&left.table.columns[*l], &right.table.columns[*r]);
        let nothing = a.kind == Kind::Null || b.kind == Kind::Null;
        if !nothing && (a.kind == Kind::Text) != (b.kind == Kind::Text) {
            return Err(Error::invalid(format!(
                "the column {} holds {}, {} holds {}: cast one of them to join",
                a.name,
                a.kind.name(),
                b.name,
                b.kind.name()
            )));
        }
    }
    Ok(())
}

fn matched(
    call: &Call,
    left: &Relation,
    right: &Relation,
    sort: Sort,
    condition: &Condition,
) -> Result<Relation, Error> {
    same_kinds(left, right, &condition.equal)?;
    let (l, r) = (&left.table, &right.table);
    let key = |row: &[Value], columns: &mut dyn Iterator<Item = usize>| -> Option<Vec<u8>> {
        let values: Vec<Value> = columns.map(|c| row[c].clone()).collect();
        (!values.iter().any(Value::is_null)).then(|| key_of(&values))
    };
    let mut places: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (i, row) in r.rows().enumerate() {
        if let Some(key) = key(row, &mut condition.equal.iter().map(|e| e.1)) {
            places.entry(key).or_default().push(i);
        }
    }
    let narrow = matches!(sort, Sort::Semi | Sort::Anti);
    let mut build = Build::new(left, right, narrow, condition);
    let mut used = vec![false; r.len()];
    let mut looked = 0;
    for (i, row) in l.rows().enumerate() {
        look(call, i, l.len())?;
        let key = key(row, &mut condition.equal.iter().map(|e| e.0));
        let candidates = key
            .and_then(|k| places.get(&k))
            .map_or(&[][..], Vec::as_slice);
        let mut found = false;
        for &other in candidates {
            looked += 1;
            look(call, looked, 0)?;
            if let Some(whole) = &condition.whole {
                let both: Vec<Value> = row.iter().chain(r.row(other)).cloned().collect();
                if !whole.holds(&both)? {
                    continue;
                }
            }
            found = true;
            used[other] = true;
            if narrow {
                break;
            }
            build.add(Some(row), Some(r.row(other)))?;
        }
        match sort {
            Sort::Left | Sort::Full if !found => build.add(Some(row), None)?,
            Sort::Semi if found => build.add(Some(row), None)?,
            Sort::Anti if !found => build.add(Some(row), None)?,
            _ => {}
        }
    }
    if matches!(sort, Sort::Right | Sort::Full) {
        for (i, row) in r.rows().enumerate() {
            if !used[i] {
                build.add(None, Some(row))?;
            }
        }
    }
    Ok(Relation {
        seen: build.seen,
        table: Rc::new(build.table),
    })
}

/// The joined table while it grows.
struct Build<'t> {
    seen: Vec<Seen>,
    table: Table,
    left: usize,
    /// The right columns that are kept.
    right: Vec<usize>,
    /// For a left column the right one that stands for it in a row without a left.
    merged: &'t [(usize, usize)],
}

impl<'t> Build<'t> {
    fn new(left: &Relation, right: &Relation, narrow: bool, condition: &'t Condition) -> Self {
        let merged = if condition.merged {
            &condition.equal[..]
        } else {
            &[]
        };
        let kept: Vec<usize> = (0..right.seen.len())
            .filter(|c| !narrow && !merged.iter().any(|m| m.1 == *c))
            .collect();
        let mut seen = left.seen.clone();
        let mut columns: Vec<Column> = left.table.columns.clone();
        for place in &kept {
            seen.push(right.seen[*place].clone());
            columns.push(right.table.columns[*place].clone());
        }
        let left = left.seen.len();
        Self {
            seen,
            table: Table::new(columns),
            left,
            right: kept,
            merged,
        }
    }

    fn add(&mut self, left: Option<&[Value]>, right: Option<&[Value]>) -> Result<(), Error> {
        let first = |c: usize| match (left, right) {
            (Some(left), _) => left[c].clone(),
            (None, Some(right)) => {
                let merged = self.merged.iter().find(|m| m.0 == c);
                merged.map_or(Value::Null, |m| right[m.1].clone())
            }
            _ => Value::Null,
        };
        let mut row: Vec<Value> = (0..self.left).map(first).collect();
        row.extend(
            self.right
                .iter()
                .map(|c| right.map_or(Value::Null, |r| r[*c].clone())),
        );
        self.table.push(row)
    }
}
