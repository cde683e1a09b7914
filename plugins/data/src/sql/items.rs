//! What stands behind SELECT.

use inos_sdk::Error;
use sqlparser::ast::{Expr, Select, SelectItem, SelectItemQualifiedWildcardKind, Value as Literal};

use super::refuse;
use crate::expr::Seen;

pub(super) enum Item<'q> {
    Column(usize),
    Expr(&'q Expr),
}

pub(super) fn projected<'q>(
    select: &'q Select,
    seen: &[Seen],
) -> Result<Vec<(String, Item<'q>)>, Error> {
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
pub(super) fn output(expr: &Expr, items: &[(String, Item)]) -> Result<Option<usize>, Error> {
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
