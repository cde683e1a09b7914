//! The ops, by what they keep in memory.

pub(crate) mod stream;
pub(crate) mod whole;
