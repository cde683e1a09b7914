//! Ops that say something about the numbers of a table.

use inos_sdk::{Call, Error};

use super::{OWN, WRITES, source, text, written};
use crate::aggregate::{Aggregate, AggregateCall, State, quantile};
use crate::budget::Held;
use crate::cells::Row;
use crate::expr::Node;
use crate::keys::Keys;
use crate::source::Source;
use crate::table::{Column, find, picked};
use crate::value::{Kind, Owned, Value};
use crate::write::Writer;

fn numeric(kind: Kind) -> bool {
    matches!(kind, Kind::Int | Kind::Float)
}

/// The columns of a list that hold numbers; all that do when it is empty.
fn numbers(source: &Source, list: &str) -> Result<Vec<usize>, Error> {
    let places = picked(&source.columns, list)?;
    let columns = &source.columns;
    if list.is_empty() {
        return Ok(places
            .into_iter()
            .filter(|p| numeric(columns[*p].kind))
            .collect());
    }
    match places.iter().find(|p| !numeric(columns[**p].kind)) {
        None => Ok(places),
        Some(place) => Err(Error::invalid(format!(
            "columns: {} holds {}, not numbers",
            columns[*place].name,
            columns[*place].kind.name()
        ))),
    }
}

fn only(source: &Source, places: &[usize]) -> Vec<bool> {
    (0..source.columns.len())
        .map(|p| places.contains(&p))
        .collect()
}

/// The numbers of some columns, without nulls.
fn lists(
    call: &Call,
    source: &mut Source,
    places: &[usize],
) -> Result<(Vec<Vec<f64>>, Held), Error> {
    let mut lists = vec![Vec::new(); places.len()];
    let mut held = Held::default();
    let wanted = only(source, places);
    source.each(call, &wanted, &mut |batch| {
        for (list, place) in lists.iter_mut().zip(places) {
            let before = list.capacity();
            list.extend((0..batch.rows).filter_map(|row| batch.columns[*place].get(row).number()));
            held.grow((list.capacity() - before) * size_of::<f64>())?;
        }
        Ok(true)
    })?;
    Ok((lists, held))
}

/// Quantiles of columns: a row for each, a column for each share.
pub(crate) fn quantiles(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    source.learn_all(call)?;
    let places = numbers(&source, &text(call, 0)?)?;
    let mut shares = Vec::new();
    let mut columns = vec![Column::new("column")];
    for share in text(call, 1)?.split(',').map(str::trim) {
        match share.parse::<f64>() {
            Ok(q) if (0.0..=1.0).contains(&q) => shares.push(q),
            _ => {
                return Err(Error::invalid(format!(
                    "shares: {share:?} is not from 0 to 1"
                )));
            }
        }
        columns.push(Column::new(format!("q{share}")));
    }
    let (mut lists, _held) = lists(call, &mut source, &places)?;
    let mut writer = Writer::open(call, WRITES, &columns)?;
    for (place, list) in places.iter().zip(&mut lists) {
        let name = Value::Text(source.columns[*place].name.as_str().into());
        let value = |q: &f64| quantile(list, *q).map_or(Value::Null, Value::float);
        let values: Vec<Value> = shares.iter().map(value).collect();
        writer.values([name].into_iter().chain(values))?;
    }
    call.result(0, writer.end()?)
}

/// The rows in which a number lies further from the quartiles than so many times what is between them.
pub(crate) fn outliers(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let place = numeric_column(call, &mut source)?;
    let factor = call.params().number(OWN + 1)?;
    let (mut lists, held) = lists(call, &mut source, &[place])?;
    let list = lists.first_mut().map(std::mem::take).unwrap_or_default();
    let (low, high) = fences(list, factor);
    drop(held);
    call.result(1, low)?;
    call.result(2, high)?;
    let columns = source.columns.clone();
    written(
        call,
        source,
        &vec![true; columns.len()],
        &columns,
        |batch| {
            let outside = |value: f64| value < low || value > high;
            let kept =
                batch.kept(|row| Ok::<_, Error>(row.get(place).number().is_some_and(outside)));
            kept.map(Some)
        },
    )
}

fn fences(mut list: Vec<f64>, factor: f64) -> (f64, f64) {
    let mut share = |q| quantile(&mut list, q).unwrap_or(f64::NAN);
    let (low, high) = (share(0.25), share(0.75));
    (low - factor * (high - low), high + factor * (high - low))
}

/// The column that the first parameter names; it holds numbers.
fn numeric_column(call: &Call, source: &mut Source) -> Result<usize, Error> {
    let place = find(&source.columns, &text(call, 0)?)?;
    let wanted = only(source, &[place]);
    source.learn(call, &wanted)?;
    let column = &source.columns[place];
    if !numeric(column.kind) && column.kind != Kind::Null {
        return Err(Error::invalid(format!(
            "column: {} holds no numbers",
            column.name
        )));
    }
    Ok(place)
}

/// Ranges of the same width between two numbers.
#[derive(Clone, Copy)]
struct Bins {
    low: f64,
    high: f64,
    count: usize,
}

impl Bins {
    fn edge(self, bin: usize) -> f64 {
        self.low + (self.high - self.low) * (bin as f64 / self.count as f64)
    }

    /// The range that a value lies in; the last one has its end.
    fn place(self, value: f64) -> usize {
        let share = (value - self.low) / (self.high - self.low);
        let mut bin = ((share * self.count as f64) as usize).min(self.count - 1);
        // Rounding may have put it beside its range.
        while bin > 0 && value < self.edge(bin) {
            bin -= 1;
        }
        while bin + 1 < self.count && value >= self.edge(bin + 1) {
            bin += 1;
        }
        bin
    }
}

/// How many values of a column lie in each of some ranges.
pub(crate) fn histogram(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    let place = numeric_column(call, &mut source)?;
    let count = call.params().count(OWN + 1)?.max(1);
    let wanted = only(&source, &[place]);
    let each = |source: &mut Source, see: &mut dyn FnMut(f64)| {
        source.each(call, &wanted, &mut |batch| {
            let cells = &batch.columns[place];
            (0..batch.rows)
                .filter_map(|row| cells.get(row).number())
                .for_each(&mut *see);
            Ok(true)
        })
    };
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    each(&mut source, &mut |value| {
        (low, high) = (low.min(value), high.max(value))
    })?;
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    // Without a number there is no range.
    let count = if low < high { count } else { 0 };
    let bins = Bins { low, high, count };
    let mut counts = vec![0u64; count];
    each(&mut source, &mut |value| counts[bins.place(value)] += 1)?;
    let columns = ["from", "to", "count"].map(Column::new);
    let mut writer = Writer::open(call, WRITES, &columns)?;
    for (bin, count) in counts.iter().enumerate() {
        let ends = [bins.edge(bin), bins.edge(bin + 1)].map(Value::float);
        writer.values(ends.into_iter().chain([Value::Int(*count as i64)]))?;
    }
    call.result(0, writer.end()?)
}

/// The moments of two columns together, over the rows in which neither is null.
#[derive(Clone, Copy, Default)]
struct Together {
    count: f64,
    means: (f64, f64),
    squares: (f64, f64),
    product: f64,
}

impl Together {
    fn add(&mut self, x: f64, y: f64) {
        self.count += 1.0;
        let (dx, dy) = (x - self.means.0, y - self.means.1);
        self.means.0 += dx / self.count;
        self.means.1 += dy / self.count;
        self.squares.0 += dx * (x - self.means.0);
        self.squares.1 += dy * (y - self.means.1);
        self.product += dx * (y - self.means.1);
    }

    /// Pearson's coefficient; NaN, which becomes null, where a column is constant.
    fn correlation(self) -> f64 {
        let square = self.squares.0.sqrt() * self.squares.1.sqrt();
        (self.product / square).clamp(-1.0, 1.0)
    }
}

/// Columns of a correlation: the pairs grow with the square.
const MAX_CORRELATED: usize = 64;

pub(crate) fn correlation(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    source.learn_all(call)?;
    let places = numbers(&source, &text(call, 0)?)?;
    if places.len() > MAX_CORRELATED {
        return Err(Error::invalid(format!(
            "columns: no more than {MAX_CORRELATED}"
        )));
    }
    let width = places.len();
    let mut pairs = vec![Together::default(); width * width];
    let wanted = only(&source, &places);
    source.each(call, &wanted, &mut |batch| {
        for row in batch.rows() {
            for (i, a) in places.iter().enumerate() {
                let Some(x) = row.get(*a).number() else {
                    continue;
                };
                for (j, b) in places.iter().enumerate().skip(i) {
                    if let Some(y) = row.get(*b).number() {
                        pairs[i * width + j].add(x, y);
                    }
                }
            }
        }
        Ok(true)
    })?;
    let mut columns = vec![Column::new("column")];
    columns.extend(places.iter().map(|p| source.columns[*p].clone()));
    let mut writer = Writer::open(call, WRITES, &columns)?;
    for (i, place) in places.iter().enumerate() {
        let name = Value::Text(source.columns[*place].name.as_str().into());
        let pair = |j: usize| pairs[i.min(j) * width + i.max(j)].correlation();
        let row = (0..width).map(|j| Value::float(pair(j)));
        writer.values([name].into_iter().chain(row))?;
    }
    call.result(0, writer.end()?)
}

/// What is told of a column.
const REPORT: [&str; 13] = [
    "column",
    "kind",
    "rows",
    "nulls",
    "distinct",
    "min",
    "max",
    "mean",
    "stddev",
    "median",
    "q25",
    "q75",
    "most_common",
];

/// What has been seen of one column.
struct Report {
    calls: Vec<(AggregateCall, State)>,
    keys: Keys,
    /// How often each different value comes, and where it came first.
    counts: Vec<u64>,
    firsts: Vec<Owned>,
    numbers: Vec<f64>,
    nulls: u64,
    held: Held,
}

impl Report {
    fn new(place: usize, kind: Kind) -> Self {
        let mut functions = vec![Aggregate::Min, Aggregate::Max];
        if numeric(kind) {
            functions.extend([Aggregate::Avg, Aggregate::Stddev]);
        }
        let call = |function| {
            let call = AggregateCall {
                function,
                arg: Some(Node::Column(place)),
                separator: String::new(),
                distinct: false,
                filter: None,
            };
            let state = call.state();
            (call, state)
        };
        Self {
            calls: functions.into_iter().map(call).collect(),
            keys: Keys::default(),
            counts: Vec::new(),
            firsts: Vec::new(),
            numbers: Vec::new(),
            nulls: 0,
            held: Held::default(),
        }
    }

    fn add(&mut self, place: usize, row: Row, key: &mut Vec<u8>) -> Result<(), Error> {
        let value = row.get(place);
        if !row.key([place].into_iter(), key) {
            self.nulls += 1;
            return Ok(());
        }
        for (call, state) in &mut self.calls {
            call.add(state, row)?;
        }
        let (number, new) = self.keys.place(key)?;
        if new {
            self.held.grow(value.cost() + size_of::<u64>())?;
            self.counts.push(0);
            self.firsts.push(value.clone().into_owned());
        }
        self.counts[number] += 1;
        if self.calls.len() > 2
            && let Some(number) = value.number()
        {
            self.held.grow(size_of::<f64>())?;
            self.numbers.push(number);
        }
        Ok(())
    }

    /// The first of the values that come most often.
    fn most_common(&self) -> Value<'_> {
        let best = (0..self.counts.len()).rev().max_by_key(|i| self.counts[*i]);
        best.map_or(Value::Null, |best| self.firsts[best].clone())
    }
}

/// A report of a table: a row for each column.
pub(crate) fn profile(call: &mut Call) -> Result<(), Error> {
    let mut source = source(call, 0)?;
    source.learn_all(call)?;
    let places = picked(&source.columns, &text(call, 0)?)?;
    let mut reports: Vec<Report> = places
        .iter()
        .map(|place| Report::new(*place, source.columns[*place].kind))
        .collect();
    let (mut rows, mut key) = (0, Vec::new());
    let wanted = only(&source, &places);
    source.each(call, &wanted, &mut |batch| {
        rows += batch.rows as i64;
        for row in batch.rows() {
            for (report, place) in reports.iter_mut().zip(&places) {
                report.add(*place, row, &mut key)?;
            }
        }
        Ok(true)
    })?;
    let columns: Vec<_> = REPORT.into_iter().map(Column::new).collect();
    let mut writer = Writer::open(call, WRITES, &columns)?;
    for (mut report, place) in reports.into_iter().zip(&places) {
        let column = &source.columns[*place];
        let mut numbers = std::mem::take(&mut report.numbers);
        let mut share = |q| quantile(&mut numbers, q).map_or(Value::Null, Value::float);
        let shares = [share(0.5), share(0.25), share(0.75)];
        let result = |i: usize| match report.calls.get(i) {
            Some((call, state)) => call.result(state),
            None => Value::Null,
        };
        let counted = [rows, report.nulls as i64, report.keys.len() as i64];
        let row = [
            Value::Text(column.name.as_str().into()),
            Value::Text(column.kind.name().into()),
        ];
        let row = row.into_iter().chain(counted.map(Value::Int));
        let row = row.chain((0..4).map(result)).chain(shares);
        writer.values(row.chain([report.most_common()]))?;
    }
    call.result(0, writer.end()?)
}
