//! Tables: read and write CSV, TSV, JSON and NDJSON, take them apart, and ask them in SQL.

#![forbid(unsafe_code)]

mod aggregate;
mod budget;
mod call;
mod cells;
mod csv;
mod dates;
mod encoding;
mod expr;
mod join;
mod json;
mod keys;
mod lines;
mod number;
mod ops;
mod reading;
mod separated;
mod source;
mod sql;
mod table;
mod value;
mod window;
mod write;

inos_sdk::plugin! {
    ops: {
        0 => ops::columns::convert,
        1 => ops::keep::schema,
        2 => ops::keep::head,
        3 => ops::keep::slice,
        4 => ops::keep::filter,
        5 => ops::columns::select,
        6 => ops::columns::rename,
        7 => ops::columns::cast,
        8 => ops::columns::derive,
        9 => ops::keep::sample,
        10 => ops::keep::tail,
        11 => ops::keep::sort,
        12 => ops::keep::distinct,
        13 => ops::relate::group_by,
        14 => ops::relate::sql,
        15 => ops::relate::join,
        16 => ops::relate::union,
        17 => ops::shape::drop_nulls,
        18 => ops::shape::fill_nulls,
        19 => ops::shape::melt,
        20 => ops::shape::pivot,
        21 => ops::shape::validate,
        22 => ops::measure::quantiles,
        23 => ops::measure::histogram,
        24 => ops::measure::correlation,
        25 => ops::measure::profile,
        26 => ops::compare::diff,
        27 => ops::compare::asof_join,
        28 => ops::relate::window,
        29 => ops::measure::outliers,
    },
}
