use super::bits::Bits;

/// A block is cut into at most 2^6 partitions, each with a parameter of its own.
const MAX_ORDER: u32 = 6;
/// Parameters of the wide form have five bits; the value 31 is an escape.
const MAX_PARAMETER: u32 = 30;

/// How a residual is cut and coded.
pub(super) struct Plan {
    order: u32,
    parameters: Vec<u32>,
    /// Bits of the coded residual, but for rounding.
    pub bits: u64,
}

/// Small numbers of either sign as small numbers: 0, -1, 1, -2, 2.
fn fold(value: i32) -> u32 {
    (value << 1 ^ value >> 31) as u32
}

/// The cheapest plan for the residual of a block of `block` samples, behind `warm` samples of warm-up.
pub(super) fn plan(residual: &[i32], block: usize, warm: usize) -> Plan {
    let mut order = finest(block, warm);
    let mut sums = sums(residual, block >> order, 1 << order, warm);
    let mut best = weigh(&sums, block, order, warm);
    while order > 0 {
        order -= 1;
        sums = sums.chunks(2).map(|pair| pair.iter().sum()).collect();
        let plan = weigh(&sums, block, order, warm);
        if plan.bits < best.bits {
            best = plan;
        }
    }
    best
}

/// Partitions are equal, and the first one is longer than the warm-up.
fn finest(block: usize, warm: usize) -> u32 {
    let fits = |order: &u32| block.is_multiple_of(1 << order) && block >> order > warm.max(16);
    (0..=MAX_ORDER).rev().find(fits).unwrap_or(0)
}

fn sums(residual: &[i32], length: usize, parts: usize, warm: usize) -> Vec<u64> {
    let mut rest = residual;
    (0..parts)
        .map(|part| {
            let n = length - if part == 0 { warm } else { 0 };
            let (these, others) = rest.split_at(n.min(rest.len()));
            rest = others;
            these.iter().map(|v| u64::from(fold(*v))).sum()
        })
        .collect()
}

fn weigh(sums: &[u64], block: usize, order: u32, warm: usize) -> Plan {
    let mut bits = 6;
    let parameters = sums
        .iter()
        .enumerate()
        .map(|(part, &sum)| {
            let n = ((block >> order) - if part == 0 { warm } else { 0 }) as u64;
            let (parameter, cost) = cheapest(sum, n);
            bits += 5 + cost;
            parameter
        })
        .collect();
    Plan {
        order,
        parameters,
        bits,
    }
}

/// The parameter with which `n` numbers of this sum cost least. On average a number loses half a unit
/// when its low bits are cut off.
fn cheapest(sum: u64, n: u64) -> (u32, u64) {
    let cost = |k: u32| n * u64::from(k + 1) + (sum.saturating_sub(n << k >> 1) >> k);
    let near = (sum / n.max(1)).checked_ilog2().unwrap_or(0);
    let tried = near.saturating_sub(1)..=(near + 1).min(MAX_PARAMETER);
    let tried = tried.map(|k| k.min(MAX_PARAMETER));
    tried
        .map(|k| (k, cost(k)))
        .min_by_key(|(_, cost)| *cost)
        .unwrap_or((0, cost(0)))
}

pub(super) fn write(bits: &mut Bits, plan: &Plan, residual: &[i32], block: usize, warm: usize) {
    let wide = plan.parameters.iter().any(|k| *k > 14);
    bits.put(u32::from(wide), 2);
    bits.put(plan.order, 4);
    let mut rest = residual;
    for (part, &k) in plan.parameters.iter().enumerate() {
        bits.put(k, if wide { 5 } else { 4 });
        let n = (block >> plan.order) - if part == 0 { warm } else { 0 };
        let (these, others) = rest.split_at(n.min(rest.len()));
        rest = others;
        for value in these.iter().map(|v| fold(*v)) {
            bits.zeros(value >> k);
            bits.put(1 << k | value & ((1 << k) - 1), k + 1);
        }
    }
}
