//! The ops. None is inlined into the function that calls them all: the larger a function is, the longer
//! a worker takes to compile each part of it.

pub(crate) mod columns;
pub(crate) mod compare;
pub(crate) mod keep;
pub(crate) mod measure;
pub(crate) mod relate;
pub(crate) mod shape;

use inos_sdk::{Call, Error};

use crate::cells::Batch;
use crate::expr::{Node, compile};
use crate::reading::{READ_PARAMS, Reading};
use crate::source::Source;
use crate::sql::{Plain, QueryPlan, World, expression, seen};
use crate::table::Column;
use crate::write::Writer;

/// The parameter that says how to write, and the first of an op's own.
const WRITES: u32 = READ_PARAMS;
const OWN: u32 = WRITES + 1;

fn source(call: &Call, index: u32) -> Result<Source<'_>, Error> {
    Source::open(call, index, &Reading::of(call)?)
}

fn text(call: &Call, index: u32) -> Result<String, Error> {
    Ok(call.params().text(OWN + index)?.trim().to_string())
}

/// Writes the columns at `wanted` as `columns`, after `each` has made another batch of each, or
/// nothing to stop.
fn written(
    call: &Call,
    mut source: Source,
    wanted: &[bool],
    columns: &[Column],
    mut each: impl FnMut(Batch) -> Result<Option<Batch>, Error>,
) -> Result<(), Error> {
    let mut writer = Writer::open(call, WRITES, columns)?;
    source.each(call, wanted, &mut |batch| match each(batch)? {
        Some(batch) => writer.batch(&batch).map(|()| true),
        None => Ok(false),
    })?;
    call.result(0, writer.end()?)
}

/// Writes the rows of a plan.
fn answered(call: &Call, world: &World, plan: &QueryPlan) -> Result<(), Error> {
    let columns: Vec<_> = plan.names.iter().map(Column::new).collect();
    let mut writer = Writer::open(call, WRITES, &columns)?;
    plan.each(world, &mut |batch| writer.batch(&batch).map(|()| true))?;
    call.result(0, writer.end()?)
}

fn all(columns: &[Column]) -> Vec<bool> {
    vec![true; columns.len()]
}

fn over(columns: &[Column], param: &str, text: &str) -> Result<Node, Error> {
    let expr = expression(param, text)?;
    compile(&expr, &mut Plain(seen(columns, None)))
        .map_err(|e| Error::invalid(format!("{param}: {e}")))
}

fn at_row(param: &str, number: u64, error: Error) -> Error {
    Error::invalid(format!("{param}, row {number} of the data: {error}"))
}
