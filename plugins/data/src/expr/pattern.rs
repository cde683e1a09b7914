//! Regular expressions, compiled once: their pattern is a text that stands in the expression.

use std::rc::Rc;

use inos_sdk::Error;
use regex_lite::{Regex, RegexBuilder};

use super::Node;
use crate::cells::Row;
use crate::value::{Owned, Value};

/// What a compiled pattern may take.
const MAX_BYTES: usize = 1 << 20;
const MAX_TEXT: usize = 16 << 20;

#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    regex: Rc<Regex>,
    action: Action,
    pub(super) text: Box<Node>,
    pub(super) by: Option<Box<Node>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Action {
    Like,
    Replace,
    Extract,
}

impl Pattern {
    /// A call of regexp_like, regexp_replace or regexp_extract; None for another function.
    pub(super) fn call(name: &str, args: &[Node]) -> Result<Option<Self>, Error> {
        let (action, most) = match name.to_ascii_lowercase().as_str() {
            "regexp_like" | "regexp" => (Action::Like, 2),
            "regexp_replace" => (Action::Replace, 3),
            "regexp_extract" => (Action::Extract, 3),
            _ => return Ok(None),
        };
        let fewest = if action == Action::Replace { 3 } else { 2 };
        let [text, Node::Fixed(Value::Text(pattern)), rest @ ..] = args else {
            return Err(Error::invalid(format!(
                "{name} takes a value and a pattern in quotes"
            )));
        };
        if args.len() < fewest || args.len() > most {
            return Err(Error::invalid(format!(
                "{name} takes {fewest} to {most} arguments, not {}",
                args.len()
            )));
        }
        Self::new(action, text.clone(), pattern, rest.first().cloned()).map(Some)
    }

    /// `text REGEXP pattern`.
    pub(super) fn like(text: Node, pattern: &Node) -> Result<Self, Error> {
        let Node::Fixed(Value::Text(pattern)) = pattern else {
            return Err(Error::invalid("REGEXP takes a pattern in quotes"));
        };
        Self::new(Action::Like, text, pattern, None)
    }

    fn new(action: Action, text: Node, pattern: &str, by: Option<Node>) -> Result<Self, Error> {
        let regex = RegexBuilder::new(pattern).size_limit(MAX_BYTES).build();
        let wrong = |e| Error::invalid(format!("the pattern {pattern:.60?}: {e}"));
        Ok(Self {
            regex: Rc::new(regex.map_err(wrong)?),
            action,
            text: Box::new(text),
            by: by.map(Box::new),
        })
    }

    pub(super) fn eval(&self, row: Row) -> Result<Owned, Error> {
        let value = self.text.eval(row)?;
        let by = self.by.as_ref().map(|by| by.eval(row)).transpose()?;
        if value.is_null() || by.as_ref().is_some_and(Value::is_null) {
            return Ok(Value::Null);
        }
        let text = value.written();
        Ok(match self.action {
            Action::Like => Value::Bool(self.regex.is_match(&text)),
            Action::Extract => self.extract(&text, by.as_ref()),
            Action::Replace => {
                let by = by.map(|by| by.written().into_owned()).unwrap_or_default();
                let matches = self.regex.find_iter(&text).count();
                // A group that $1 stands for is no longer than the text.
                let most = by
                    .len()
                    .saturating_add(by.matches('$').count() * text.len());
                if matches.saturating_mul(most).saturating_add(text.len()) > MAX_TEXT {
                    return Err(Error::invalid(
                        "regexp_replace might make a text of more than 16 MiB",
                    ));
                }
                Value::text(self.regex.replace_all(&text, by.as_str()))
            }
        })
    }

    /// What a group of the first match holds; group 0, or none named, is the whole match.
    fn extract(&self, text: &str, group: Option<&Value>) -> Owned {
        let group = match group {
            None => 0,
            Some(Value::Int(group)) => usize::try_from(*group).unwrap_or(usize::MAX),
            Some(_) => return Value::Null,
        };
        let found = self.regex.captures(text);
        match found.as_ref().and_then(|found| found.get(group)) {
            Some(part) => Value::text(part.as_str()),
            None => Value::Null,
        }
    }
}
