//! Tables: read and write CSV, TSV, JSON and NDJSON, take them apart, and ask them in SQL.

#![forbid(unsafe_code)]

mod aggregate;
mod call;
mod csv;
mod encoding;
mod expr;
mod join;
mod json;
mod ops;
mod source;
mod sql;
mod table;
mod value;
mod window;
mod write;

inos_sdk::plugin! {
    ops: {
        0 => ops::stream::convert,
        1 => ops::stream::schema,
        2 => ops::stream::head,
        3 => ops::stream::slice,
        4 => ops::stream::filter,
        5 => ops::stream::select,
        6 => ops::stream::rename,
        7 => ops::stream::cast,
        8 => ops::stream::derive,
        9 => ops::stream::sample,
        10 => ops::whole::tail,
        11 => ops::whole::sort,
        12 => ops::whole::distinct,
        13 => ops::whole::group_by,
        14 => ops::whole::sql,
        15 => ops::whole::join,
        16 => ops::whole::union,
    },
}
