//! Text with separators. By hand, since the csv crate does not tell an empty field from a quoted one,
//! which here is the difference between null and an empty text.

mod sniff;
mod special;
mod split;

pub(crate) use sniff::sniff;
pub(crate) use split::{Record, Split, Splitter};
