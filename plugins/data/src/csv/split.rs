//! Cuts bytes into rows and fields, which stay where they lie.

use std::borrow::Cow;

use inos_sdk::Error;

use super::special::Specials;
use crate::table::MAX_COLUMNS;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Plain,
    /// Between quotes, which are not part of it.
    Quoted,
    /// With two quotes that stand for one, or with more behind the last quote: to be read by itself,
    /// the first quote included.
    Odd,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    start: u32,
    end: u32,
    form: Form,
}

/// One row.
#[derive(Debug)]
pub(crate) struct Record<'b> {
    bytes: &'b [u8],
    fields: &'b [Field],
    /// Counted from 1, the header included.
    pub(crate) number: u64,
}

impl<'b> Record<'b> {
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether it is an empty line, which counts only in a table of one column.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.fields, [Field { start, end, form: Form::Plain }] if start == end)
    }

    /// A field's bytes; None when it is null: empty and without quotes.
    pub(crate) fn bytes(&self, index: usize) -> Option<Cow<'b, [u8]>> {
        let field = self.fields.get(index)?;
        let bytes = &self.bytes[field.start as usize..field.end as usize];
        match field.form {
            Form::Plain if bytes.is_empty() => None,
            Form::Plain | Form::Quoted => Some(Cow::Borrowed(bytes)),
            Form::Odd => Some(Cow::Owned(unquoted(bytes))),
        }
    }

    pub(crate) fn text(&self, index: usize) -> Result<Option<Cow<'b, str>>, Error> {
        let text = match self.bytes(index) {
            None => return Ok(None),
            Some(Cow::Borrowed(bytes)) => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Some(Cow::Owned(bytes)) => String::from_utf8(bytes).ok().map(Cow::Owned),
        };
        text.map(Some).ok_or_else(|| {
            Error::invalid(format!(
                "row {}, column {} is not UTF-8; set encoding if the file has another one",
                self.number,
                index + 1
            ))
        })
    }
}

/// What begins with a quote: two quotes are one until a single one, and then all is as it stands.
fn unquoted(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes.get(1..).unwrap_or_default();
    while let [first, after @ ..] = rest {
        match (first, after) {
            (b'"', [b'"', after @ ..]) => {
                text.push(b'"');
                rest = after;
            }
            (b'"', after) => {
                text.extend_from_slice(after);
                break;
            }
            _ => {
                text.push(*first);
                rest = after;
            }
        }
    }
    text
}

/// How a piece was used up.
#[derive(Debug, PartialEq)]
pub(crate) enum Split {
    /// So many bytes were whole rows; the rest needs more.
    Used(usize),
    Stopped,
}

/// Cuts pieces into rows. What a piece ends in the middle of has to come again.
#[derive(Debug)]
pub(crate) struct Splitter {
    separator: u8,
    fields: Vec<Field>,
    rows: u64,
}

/// Where a field ends, and with what.
enum End {
    Separator(usize),
    Line(usize),
    /// The bytes are not enough to know.
    Open {
        quoted: bool,
    },
}

impl Splitter {
    pub(crate) fn new(separator: u8) -> Self {
        Self {
            separator,
            fields: Vec::new(),
            rows: 0,
        }
    }

    /// Gives the rows of a piece to `each`, which returns false to stop. `last`: nothing follows.
    pub(crate) fn split(
        &mut self,
        bytes: &[u8],
        last: bool,
        each: &mut dyn FnMut(&Record) -> Result<bool, Error>,
    ) -> Result<Split, Error> {
        let mut specials = Specials::new(bytes, self.separator);
        let mut start = 0;
        while start < bytes.len() {
            self.fields.clear();
            let mut at = start;
            start = loop {
                match self.field(bytes, at, last, &mut specials)? {
                    End::Separator(next) => at = next,
                    End::Line(next) => break next,
                    End::Open { quoted: true } if last => {
                        return Err(Error::invalid(format!(
                            "row {}: the quote of column {} is not closed",
                            self.rows + 1,
                            self.fields.len() + 1
                        )));
                    }
                    End::Open { .. } => return Ok(Split::Used(start)),
                }
            };
            self.rows += 1;
            let record = Record {
                bytes,
                fields: &self.fields,
                number: self.rows,
            };
            if !each(&record)? {
                return Ok(Split::Stopped);
            }
        }
        Ok(Split::Used(start))
    }

    /// The row that is being read, for a message.
    pub(crate) fn row(&self) -> u64 {
        self.rows + 1
    }

    #[inline]
    fn field(
        &mut self,
        bytes: &[u8],
        start: usize,
        last: bool,
        specials: &mut Specials,
    ) -> Result<End, Error> {
        let mut place = specials.next();
        let mut field = Field {
            start: start as u32,
            end: 0,
            form: Form::Plain,
        };
        if place == Some(start) && bytes[start] == b'"' {
            let Some((closing, doubled)) = closing(bytes, last, specials) else {
                return Ok(End::Open { quoted: true });
            };
            place = specials.next();
            while place.is_some_and(|p| bytes[p] == b'"') {
                place = specials.next();
            }
            field.form = if doubled || place.unwrap_or(bytes.len()) != closing + 1 {
                Form::Odd
            } else {
                Form::Quoted
            };
            if field.form == Form::Quoted {
                (field.start, field.end) = (start as u32 + 1, closing as u32);
            }
        } else {
            while place.is_some_and(|p| bytes[p] == b'"') {
                place = specials.next();
            }
        }
        let end = match place {
            None if !last => return Ok(End::Open { quoted: false }),
            None => End::Line(bytes.len()),
            Some(p) if bytes[p] == self.separator => End::Separator(p + 1),
            Some(p) if bytes[p] == b'\n' => End::Line(p + 1),
            Some(p) => match bytes.get(p + 1) {
                None if !last => return Ok(End::Open { quoted: false }),
                Some(b'\n') => {
                    specials.next();
                    End::Line(p + 2)
                }
                _ => End::Line(p + 1),
            },
        };
        if field.form != Form::Quoted {
            field.end = place.unwrap_or(bytes.len()) as u32;
        }
        if self.fields.len() >= MAX_COLUMNS {
            return Err(Error::invalid(format!(
                "row {} has more than {MAX_COLUMNS} columns",
                self.rows + 1
            )));
        }
        self.fields.push(field);
        Ok(end)
    }
}

/// The quote that closes a field, and whether there were two for one before it. None without one.
fn closing(bytes: &[u8], last: bool, specials: &mut Specials) -> Option<(usize, bool)> {
    let mut doubled = false;
    loop {
        let place = specials.find(|p| bytes[*p] == b'"')?;
        match bytes.get(place + 1) {
            Some(b'"') => {
                specials.next();
                doubled = true;
            }
            None if !last => return None,
            _ => return Some((place, doubled)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<Vec<Option<String>>>;

    fn split(pieces: &[&[u8]]) -> Result<Rows, Error> {
        let (mut splitter, mut rows, mut rest) = (Splitter::new(b','), Vec::new(), Vec::new());
        for (i, piece) in pieces.iter().enumerate() {
            rest.extend_from_slice(piece);
            let used = splitter.split(&rest, i + 1 == pieces.len(), &mut |record| {
                let field = |f| record.text(f).map(|t| t.map(Cow::into_owned));
                rows.push((0..record.len()).map(field).collect::<Result<_, _>>()?);
                Ok(true)
            })?;
            let Split::Used(used) = used else {
                panic!("it stopped");
            };
            rest.drain(..used);
        }
        Ok(rows)
    }

    /// Byte by byte, as the rules say.
    fn reference(bytes: &[u8]) -> Option<Rows> {
        #[derive(PartialEq)]
        enum State {
            Start,
            Plain,
            Quoted,
            Quote,
        }
        let (mut rows, mut row): (Rows, _) = (Vec::new(), Vec::new());
        let (mut field, mut state, mut quoted, mut i) = (Vec::new(), State::Start, false, 0);
        let take = |row: &mut Vec<_>, field: &mut Vec<u8>, quoted: &mut bool| {
            let text = String::from_utf8(std::mem::take(field)).unwrap();
            row.push((*quoted || !text.is_empty()).then_some(text));
            *quoted = false;
        };
        while i < bytes.len() {
            match (&state, bytes[i]) {
                (State::Start, b'"') => (state, quoted) = (State::Quoted, true),
                (State::Quoted, b'"') => state = State::Quote,
                (State::Quote, b'"') => {
                    field.push(b'"');
                    state = State::Quoted;
                }
                (State::Quoted, byte) => field.push(byte),
                (_, byte @ (b'\n' | b'\r')) => {
                    take(&mut row, &mut field, &mut quoted);
                    rows.push(std::mem::take(&mut row));
                    state = State::Start;
                    i += usize::from(byte == b'\r' && bytes.get(i + 1) == Some(&b'\n'));
                }
                (_, b',') => {
                    take(&mut row, &mut field, &mut quoted);
                    state = State::Start;
                }
                (_, byte) => {
                    field.push(byte);
                    state = State::Plain;
                }
            }
            i += 1;
        }
        if state == State::Quoted {
            return None;
        }
        if state != State::Start || !row.is_empty() {
            take(&mut row, &mut field, &mut quoted);
            rows.push(row);
        }
        Some(rows)
    }

    #[test]
    fn rows_are_those_of_the_reference_at_any_seam() {
        let mut state = 7u64;
        let mut random = |n: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % n
        };
        for round in 0..20_000 {
            let len = random(if round % 10 == 0 { 200 } else { 14 }) as usize;
            let bytes: Vec<u8> = (0..len).map(|_| b"a\",\n\rb"[random(6) as usize]).collect();
            let (a, b) = (
                random(len as u64 + 1) as usize,
                random(len as u64 + 1) as usize,
            );
            let (a, b) = (a.min(b), a.max(b));
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(split(&[&bytes]).ok(), reference(&bytes), "{text:?}");
            let cut = split(&[&bytes[..a], &bytes[a..b], &bytes[b..]]);
            assert_eq!(cut.ok(), reference(&bytes), "{text:?} at {a}, {b}");
        }
    }
}
