use std::collections::BTreeMap;
use std::fmt::Write;

use inos_sdk::{Call, Error};

use crate::measure::each_colour;
use crate::write_out;

/// Bits of a channel by which colours are first gathered.
const BIN_BITS: usize = 5;
/// Rounds of moving the centres; they settle long before.
const ROUNDS: usize = 16;

/// Pixels of similar colour: how many, and the sums of their channels.
#[derive(Clone, Copy, Default)]
pub(crate) struct Bin {
    count: f64,
    sums: [f64; 3],
}

impl Bin {
    fn add(&mut self, other: &Bin) {
        self.count += other.count;
        (0..3).for_each(|c| self.sums[c] += other.sums[c]);
    }

    pub(crate) fn mean(&self) -> [f64; 3] {
        self.sums.map(|s| s / self.count)
    }
}

pub(crate) fn colours(call: &mut Call) -> Result<(), Error> {
    let wanted = call.params().count(0)?;
    let mut bins = Bins::new();
    each_colour(call, |colour| bins.add(colour, 128))?;
    let bins = bins.filled();
    if bins.is_empty() {
        return Err(Error::invalid(
            "the picture is transparent everywhere: it shows no colour",
        ));
    }
    let mut groups = gathered(&bins, wanted);
    groups.sort_by(|a, b| b.count.total_cmp(&a.count));
    let total: f64 = groups.iter().map(|g| g.count).sum();
    let mut table = String::from("colour,share\n");
    for group in &groups {
        let [r, g, b] = group.mean().map(|v| v.round() as u8);
        let _ = writeln!(table, "#{r:02x}{g:02x}{b:02x},{:.6}", group.count / total);
    }
    call.result(0, groups.len() as f64)?;
    write_out(call, table.as_bytes())
}

/// Pixels gathered by the upper bits of their colours.
struct Bins(Vec<Bin>);

impl Bins {
    fn new() -> Self {
        Self(vec![Bin::default(); 1 << (3 * BIN_BITS)])
    }

    /// Counts a pixel of at least this opacity.
    fn add(&mut self, [r, g, b, a]: [u8; 4], opacity: u8) {
        if a < opacity {
            return;
        }
        let part = |v: u8| usize::from(v) >> (8 - BIN_BITS);
        let bin = &mut self.0[(part(r) << BIN_BITS | part(g)) << BIN_BITS | part(b)];
        bin.add(&Bin {
            count: 1.0,
            sums: [r, g, b].map(f64::from),
        });
    }

    fn filled(mut self) -> Vec<Bin> {
        self.0.retain(|bin| bin.count > 0.0);
        self.0
    }
}

/// The colours of some pixels, each with its count; only where they are very many, similar ones
/// are gathered first.
pub(crate) fn binned<I: Iterator<Item = [u8; 4]>>(pixels: impl Fn() -> I) -> Vec<Bin> {
    let mut exact: BTreeMap<[u8; 3], f64> = BTreeMap::new();
    for [r, g, b, _] in pixels() {
        *exact.entry([r, g, b]).or_default() += 1.0;
        if exact.len() > 1 << (3 * BIN_BITS) {
            let mut bins = Bins::new();
            pixels().for_each(|colour| bins.add(colour, 0));
            return bins.filled();
        }
    }
    let bin = |(colour, count): (&[u8; 3], &f64)| Bin {
        count: *count,
        sums: colour.map(|v| f64::from(v) * count),
    };
    exact.iter().map(bin).collect()
}

/// Groups of similar colours by k-means. It begins with the most frequent colour, then takes the
/// one that is both frequent and far from all before: no chance is in it.
pub(crate) fn gathered(bins: &[Bin], wanted: usize) -> Vec<Bin> {
    let means: Vec<[f64; 3]> = bins.iter().map(Bin::mean).collect();
    let mut centres: Vec<[f64; 3]> = Vec::new();
    let mut nearest = vec![1.0; bins.len()];
    while centres.len() < wanted {
        let weight = |i: &usize| bins[*i].count * nearest[*i];
        let next = (0..bins.len()).max_by(|a, b| weight(a).total_cmp(&weight(b)));
        let Some(next) = next.filter(|i| weight(i) > 0.0) else {
            break;
        };
        let first = centres.is_empty();
        centres.push(means[next]);
        for (near, mean) in nearest.iter_mut().zip(&means) {
            let apart = distance(mean, &means[next]);
            *near = if first { apart } else { apart.min(*near) };
        }
    }
    let mut groups = Vec::new();
    for _ in 0..ROUNDS {
        groups = vec![Bin::default(); centres.len()];
        for (bin, mean) in bins.iter().zip(&means) {
            let apart = |i: &usize| distance(mean, &centres[*i]);
            let own = (0..centres.len()).min_by(|a, b| apart(a).total_cmp(&apart(b)));
            groups[own.unwrap_or(0)].add(bin);
        }
        for (centre, group) in centres.iter_mut().zip(&groups) {
            if group.count > 0.0 {
                *centre = group.mean();
            }
        }
    }
    groups.retain(|group| group.count > 0.0);
    groups
}

fn distance(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    (0..3).map(|c| (a[c] - b[c]) * (a[c] - b[c])).sum()
}
