//! Expressions of named variables, as in `sin(x)^2 + 1`. Written by hand, since the crates for it
//! take `-x^2` for `(-x)^2`, are abandoned, or carry a licence that is not ours (README.md).
//!
//! `^` binds tighter than a sign and to the right; comparisons give 1 or 0; `if(c, a, b)` is a where
//! c is not 0. Angles are in radians.

use inos_sdk::Error;

/// How deep parentheses, signs and powers may lie within each other.
const MAX_DEPTH: usize = 100;

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

const UNARY: [(&str, Unary); 27] = [
    ("sin", f64::sin),
    ("cos", f64::cos),
    ("tan", f64::tan),
    ("asin", f64::asin),
    ("acos", f64::acos),
    ("atan", f64::atan),
    ("sinh", f64::sinh),
    ("cosh", f64::cosh),
    ("tanh", f64::tanh),
    ("asinh", f64::asinh),
    ("acosh", f64::acosh),
    ("atanh", f64::atanh),
    ("exp", f64::exp),
    ("expm1", f64::exp_m1),
    ("ln", f64::ln),
    ("log", f64::ln),
    ("log1p", f64::ln_1p),
    ("log2", f64::log2),
    ("log10", f64::log10),
    ("sqrt", f64::sqrt),
    ("cbrt", f64::cbrt),
    ("abs", f64::abs),
    ("floor", f64::floor),
    ("ceil", f64::ceil),
    ("round", f64::round_ties_even),
    ("trunc", f64::trunc),
    ("sign", sign),
];

const BINARY: [(&str, Binary); 5] = [
    ("atan2", f64::atan2),
    ("hypot", f64::hypot),
    ("min", f64::min),
    ("max", f64::max),
    ("pow", f64::powf),
];

/// Operators from loose to tight, each with what it does; the longer of two spellings first.
const INFIX: [(&str, u8, Binary); 13] = [
    ("||", 1, |a, b| truth(a != 0.0 || b != 0.0)),
    ("&&", 2, |a, b| truth(a != 0.0 && b != 0.0)),
    ("==", 3, |a, b| truth(a == b)),
    ("!=", 3, |a, b| truth(a != b)),
    ("<=", 3, |a, b| truth(a <= b)),
    (">=", 3, |a, b| truth(a >= b)),
    ("<", 3, |a, b| truth(a < b)),
    (">", 3, |a, b| truth(a > b)),
    ("+", 4, |a, b| a + b),
    ("-", 4, |a, b| a - b),
    ("*", 5, |a, b| a * b),
    ("/", 5, |a, b| a / b),
    ("%", 5, |a, b| a % b),
];

/// How tight a sign binds: tighter than a product, looser than a power.
const SIGN: u8 = 6;

fn truth(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn sign(v: f64) -> f64 {
    if v == 0.0 || v.is_nan() {
        v
    } else {
        v.signum()
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Number(f64),
    Variable(usize),
    Unary(Unary),
    Binary(Binary),
    Choose,
}

/// An expression, ready to be computed.
#[derive(Debug)]
pub(crate) struct Expression {
    steps: Vec<Step>,
}

impl Expression {
    /// Parses a text whose variables have these names.
    pub(crate) fn parse(text: &str, names: &[String]) -> Result<Self, Error> {
        let mut parser = Parser {
            text,
            at: 0,
            names,
            steps: Vec::new(),
            depth: 0,
        };
        parser.level(0)?;
        if parser.peek().is_some() {
            return Err(parser.wanted("an operator"));
        }
        Ok(Self {
            steps: parser.steps,
        })
    }

    /// The value for values of the variables, of which there must be as many as names.
    pub(crate) fn value(&self, variables: &[f64], stack: &mut Vec<f64>) -> f64 {
        stack.clear();
        for step in &self.steps {
            let value = match *step {
                Step::Number(v) => v,
                Step::Variable(i) => variables[i],
                Step::Unary(f) => f(pop(stack)),
                Step::Binary(f) => {
                    let b = pop(stack);
                    f(pop(stack), b)
                }
                Step::Choose => {
                    let (b, a) = (pop(stack), pop(stack));
                    if pop(stack) != 0.0 { a } else { b }
                }
            };
            stack.push(value);
        }
        pop(stack)
    }
}

/// The parser leaves no step without what it takes.
fn pop(stack: &mut Vec<f64>) -> f64 {
    stack.pop().unwrap_or(f64::NAN)
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    names: &'t [String],
    steps: Vec<Step>,
    depth: usize,
}

impl Parser<'_> {
    /// Parses operators that bind at least as tight as `least`.
    fn level(&mut self, least: u8) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(&format!("it is nested deeper than {MAX_DEPTH}")));
        }
        self.operand()?;
        while let Some((spelling, tight, apply)) = self.infix().filter(|o| o.1 >= least) {
            self.at += spelling.len();
            self.level(tight + 1)?;
            self.steps.push(Step::Binary(apply));
        }
        self.depth -= 1;
        Ok(())
    }

    fn infix(&mut self) -> Option<(&'static str, u8, Binary)> {
        self.peek()?;
        let rest = &self.text[self.at..];
        INFIX.iter().find(|o| rest.starts_with(o.0)).copied()
    }

    /// Parses signs, an atom and its power.
    fn operand(&mut self) -> Result<(), Error> {
        if self.take('-') {
            self.level(SIGN)?;
            self.steps.push(Step::Unary(|v| -v));
            return Ok(());
        }
        if self.take('!') && self.peek() != Some('=') {
            self.level(SIGN)?;
            self.steps.push(Step::Unary(|v| truth(v == 0.0)));
            return Ok(());
        }
        if self.take('+') {
            return self.level(SIGN);
        }
        self.atom()?;
        if self.take('^') {
            self.level(SIGN)?;
            self.steps.push(Step::Binary(f64::powf));
        }
        Ok(())
    }

    fn atom(&mut self) -> Result<(), Error> {
        match self.peek() {
            Some('(') => {
                self.at += 1;
                self.level(0)?;
                self.close()
            }
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            _ => Err(self.wanted("a number, a name or a parenthesis")),
        }
    }

    fn number(&mut self) -> Result<(), Error> {
        let bytes = self.text.as_bytes();
        let digits = |mut i: usize| {
            while bytes
                .get(i)
                .is_some_and(|b| b.is_ascii_digit() || *b == b'.')
            {
                i += 1;
            }
            i
        };
        let mut end = digits(self.at);
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if bytes.get(signed).is_some_and(u8::is_ascii_digit) {
                end = digits(signed);
            }
        }
        let value = self.text[self.at..end]
            .parse()
            .map_err(|_| self.wanted("a number"))?;
        self.at = end;
        self.steps.push(Step::Number(value));
        Ok(())
    }

    fn word(&mut self) -> Result<(), Error> {
        let start = self.at;
        let rest = &self.text[start..];
        let len = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        let word = &rest[..len];
        self.at += len;
        if self.peek() == Some('(') {
            self.at += 1;
            return self.function(word, start);
        }
        let constant = match word {
            "pi" => Some(std::f64::consts::PI),
            "e" => Some(std::f64::consts::E),
            _ => None,
        };
        let step = match (self.names.iter().position(|n| n == word), constant) {
            (Some(i), _) => Step::Variable(i),
            (None, Some(v)) => Step::Number(v),
            (None, None) => {
                self.at = start;
                let known: Vec<&str> = self.names.iter().take(20).map(String::as_str).collect();
                return Err(self.error(&format!(
                    "{word} is not known; there are {}, pi and e",
                    known.join(", ")
                )));
            }
        };
        self.steps.push(step);
        Ok(())
    }

    fn function(&mut self, word: &str, start: usize) -> Result<(), Error> {
        let (step, count) = if let Some(f) = UNARY.iter().find(|f| f.0 == word) {
            (Step::Unary(f.1), 1)
        } else if let Some(f) = BINARY.iter().find(|f| f.0 == word) {
            (Step::Binary(f.1), 2)
        } else if word == "if" {
            (Step::Choose, 3)
        } else {
            self.at = start;
            return Err(self.error(&format!("there is no function {word}")));
        };
        for i in 0..count {
            if i > 0 && !self.take(',') {
                return Err(self.wanted("a comma"));
            }
            self.level(0)?;
        }
        self.close()?;
        self.steps.push(step);
        Ok(())
    }

    fn close(&mut self) -> Result<(), Error> {
        if self.take(')') {
            Ok(())
        } else {
            Err(self.wanted("a closing parenthesis"))
        }
    }

    fn take(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.at += c.len_utf8();
        }
        there
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
        self.text[self.at..].chars().next()
    }

    fn wanted(&self, what: &str) -> Error {
        self.error(&format!("{what} is missing"))
    }

    fn error(&self, what: &str) -> Error {
        let at = self.text[..self.at].chars().count() + 1;
        Error::invalid(format!("expression, character {at}: {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<f64, Error> {
        let names = ["x".to_string(), "y".to_string()];
        Ok(Expression::parse(text, &names)?.value(&[3.0, 4.0], &mut Vec::new()))
    }

    #[test]
    fn precedence_is_that_of_mathematics() {
        for (text, want) in [
            ("-x^2", -9.0),
            ("2^3^2", 512.0),
            ("2^-1", 0.5),
            ("1-2-3", -4.0),
            ("2*x+y/2", 8.0),
            ("-2^2*3", -12.0),
            ("if(x<y, 1, 2)", 1.0),
            ("x<y && y<x || 1==1", 1.0),
            ("hypot(x,y)", 5.0),
            ("!x", 0.0),
            ("7%4", 3.0),
            ("1e3+.5", 1000.5),
            ("- -x", 3.0),
            ("2e", f64::NAN),
            ("(1+2)*3", 9.0),
            ("!x != 1", 1.0),
            ("6/3*2", 4.0),
        ] {
            if want.is_nan() {
                assert!(value(text).is_err(), "{text}");
            } else {
                assert_eq!(value(text), Ok(want), "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_expression_is_refused_by_place() {
        for (text, place) in [
            ("", 1),
            ("1+", 3),
            ("(1", 3),
            ("z", 1),
            ("sin 1", 1),
            ("f(1)", 1),
            ("1 2", 3),
            ("1.2.3", 1),
            ("x)", 2),
            ("atan2(1)", 8),
        ] {
            let text_of = value(text).unwrap_err().to_string();
            assert!(
                text_of.starts_with(&format!("expression, character {place}:")),
                "{text}: {text_of}"
            );
        }
    }

    #[test]
    fn depth_is_bounded() {
        for piece in ["(", "-", "!", "2^", "sin(", "if(1,", "+"] {
            assert!(value(&piece.repeat(5000)).is_err(), "{piece}");
            assert!(
                value(&format!("{}x", piece.repeat(5000))).is_err(),
                "{piece}"
            );
        }
        assert_eq!(
            value(&format!("{}1{}", "(".repeat(90), ")".repeat(90))),
            Ok(1.0)
        );
        assert_eq!(value(&vec!["1"; 8000].join("+")), Ok(8000.0));
    }
}
