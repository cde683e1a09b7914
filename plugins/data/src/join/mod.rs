//! Joins: the smaller side is kept with a table of its keys, the rows of the larger one go by.

mod matching;
mod plan;

pub(crate) use plan::{JoinPlan, Sort, cross, join, on_columns};
