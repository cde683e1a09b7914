//! Just enough JSON for a manifest. An own reader of one page, so that a plugin with a test needs
//! no crate from a registry; its tests compare it with `serde_json`.

use std::ops::Index;

/// Objects and lists within each other.
const MAX_DEPTH: u32 = 32;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a whole document, or says at which byte it is none.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader { text, at: 0 };
        let read = reader.value(MAX_DEPTH).filter(|_| reader.peek().is_none());
        read.ok_or_else(|| format!("byte {} is not as JSON has it", reader.at))
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Flag(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// A whole number. Those of a manifest fit into a double (ABI-85).
    pub(crate) fn as_i64(&self) -> Option<i64> {
        let whole = self.as_f64().filter(|value| value.fract() == 0.0);
        whole.map(|value| value as i64)
    }

    pub(crate) fn as_u64(&self) -> Option<u64> {
        self.as_i64().and_then(|value| value.try_into().ok())
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_list(&self) -> &[Json] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// A field of an object; null where there is none.
impl Index<&str> for Json {
    type Output = Json;

    fn index(&self, name: &str) -> &Json {
        let fields = match self {
            Self::Object(fields) => fields.as_slice(),
            _ => &[],
        };
        let found = fields.iter().find(|(known, _)| known == name);
        found.map_or(&Json::Null, |(_, value)| value)
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn value(&mut self, depth: u32) -> Option<Json> {
        match self.peek()? {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Json::Text),
            b't' => self.word("true", Json::Flag(true)),
            b'f' => self.word("false", Json::Flag(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Json> {
        let mut fields = Vec::new();
        self.items(b'{', b'}', |reader| {
            reader.peek()?;
            let name = reader.string()?;
            reader.take(b':')?;
            fields.push((name, reader.value(depth)?));
            Some(())
        })?;
        Some(Json::Object(fields))
    }

    fn list(&mut self, depth: u32) -> Option<Json> {
        let mut items = Vec::new();
        self.items(b'[', b']', |reader| {
            items.push(reader.value(depth)?);
            Some(())
        })?;
        Some(Json::List(items))
    }

    /// What stands between two brackets, with commas.
    fn items(
        &mut self,
        open: u8,
        close: u8,
        mut item: impl FnMut(&mut Self) -> Option<()>,
    ) -> Option<()> {
        self.take(open)?;
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.take(b',').is_none() {
                return self.take(close);
            }
        }
    }

    fn string(&mut self) -> Option<String> {
        self.take(b'"')?;
        let mut text = String::new();
        loop {
            let c = self.rest().chars().next()?;
            self.at += c.len_utf8();
            match c {
                '"' => return Some(text),
                '\\' => text.push(self.escape()?),
                c if c < ' ' => return None,
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => self.unicode()?,
            _ => return None,
        })
    }

    /// `\uXXXX`, or two of them for what lies beyond.
    fn unicode(&mut self) -> Option<char> {
        let first = self.hex()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        self.at += self.rest().starts_with("\\u").then_some(2)?;
        let second = self.hex()?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
    }

    fn hex(&mut self) -> Option<u32> {
        let digits = self.rest().get(..4)?;
        self.at += digits.bytes().all(|b| b.is_ascii_hexdigit()).then_some(4)?;
        u32::from_str_radix(digits, 16).ok()
    }

    fn number(&mut self) -> Option<Json> {
        let of_number = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let rest = self.rest();
        let digits = &rest[..rest.find(|c| !of_number(c)).unwrap_or(rest.len())];
        // Rust reads some more than JSON has: no zero first, no dot or plus at an end.
        let unsigned = digits.strip_prefix('-').unwrap_or(digits).as_bytes();
        let fits = match unsigned {
            [b'0', next, ..] => !next.is_ascii_digit(),
            [first, ..] => first.is_ascii_digit(),
            [] => false,
        };
        let dotted = digits.split('.').nth(1);
        let whole = dotted.is_none_or(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let value: f64 = digits.parse().ok().filter(|v: &f64| v.is_finite())?;
        self.at += (fits && whole).then_some(digits.len())?;
        Some(Json::Number(value))
    }

    fn word(&mut self, word: &str, value: Json) -> Option<Json> {
        self.at += self.rest().starts_with(word).then_some(word.len())?;
        Some(value)
    }

    /// Takes one byte, behind white space.
    fn take(&mut self, byte: u8) -> Option<()> {
        self.at += (self.peek()? == byte).then_some(1)?;
        Some(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        self.rest().bytes().next()
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &serde_json::Value) -> Json {
        match value {
            serde_json::Value::Null => Json::Null,
            serde_json::Value::Bool(flag) => Json::Flag(*flag),
            serde_json::Value::Number(number) => Json::Number(number.as_f64().unwrap()),
            serde_json::Value::String(text) => Json::Text(text.clone()),
            serde_json::Value::Array(items) => Json::List(items.iter().map(of).collect()),
            serde_json::Value::Object(fields) => {
                Json::Object(fields.iter().map(|(k, v)| (k.clone(), of(v))).collect())
            }
        }
    }

    /// The same value, or an error from both.
    fn compare(text: &str) {
        let other = serde_json::from_str::<serde_json::Value>(text).ok();
        let (ours, other) = (
            Json::parse(text).ok().map(sorted),
            other.map(|v| sorted(of(&v))),
        );
        assert_eq!(ours, other, "{text:?}");
    }

    fn sorted(json: Json) -> Json {
        match json {
            Json::List(items) => Json::List(items.into_iter().map(sorted).collect()),
            Json::Object(fields) => {
                let mut fields: Vec<_> = fields.into_iter().map(|(k, v)| (k, sorted(v))).collect();
                fields.sort_by(|a, b| a.0.cmp(&b.0));
                Json::Object(fields)
            }
            other => other,
        }
    }

    #[test]
    fn reads_manifests_as_serde_does() {
        compare(include_str!("../../boids/manifest.json"));
        compare(include_str!("../../examples/outside/manifest.json"));
    }

    #[test]
    fn reads_and_refuses_what_serde_does() {
        for text in [
            "",
            " ",
            "null",
            "nul",
            "nulll",
            "true ",
            "[false]",
            "{}",
            "[]",
            "[ ]",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\" : [ 1 , {} ] }",
            "{a:1}",
            "{\"a\"}",
            "{1:2}",
            "0",
            "-0",
            "01",
            "-",
            "+1",
            ".5",
            "1.",
            "1.e5",
            "1.5e3",
            "1e",
            "1E+2",
            "1e-2",
            "1e999",
            "--1",
            "1..2",
            "0x1",
            "\"\"",
            "\"a",
            "\"\\n\\t\\\"\\\\\\/\"",
            "\"\\q\"",
            "\"\\u00e4\"",
            "\"\\u12\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud83d\"",
            "\"\\ude00\"",
            "\"\\ud83d\\u0041\"",
            "\"\n\"",
            "\"\\u+123\"",
            "\"gr\u{fc}\u{df}\"",
            "{} {}",
            "[[[[]]]]",
            "\u{feff}1",
            "\u{a0}1",
        ] {
            compare(text);
        }
    }

    #[test]
    fn every_piece_of_a_document_is_read_or_refused_alike() {
        let text = r#"{"a": [1.5e3, "x\u0041\n", {"b": null}], "c": true}"#;
        for end in 0..text.len() {
            compare(&text[..end]);
            compare(&text[end..]);
        }
    }

    #[test]
    fn depth_has_a_limit() {
        let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
        assert!(Json::parse(&nested(MAX_DEPTH as usize)).is_ok());
        assert!(Json::parse(&nested(1_000_000)).is_err());
    }
}
