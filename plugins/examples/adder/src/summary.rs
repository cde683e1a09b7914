/// Values added side by side: wide enough for 128-bit vectors to overlap, and the same in every
/// build, so that sums are bit-exact.
const LANES: usize = 16;

/// Sum, smallest and largest of values that come in pieces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f32,
    pub(crate) max: f32,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0.0,
            min: f32::INFINITY,
            max: f32::NEG_INFINITY,
        }
    }
}

impl Summary {
    /// Adds a piece. The error is the position, among all values, of the first NaN in it.
    pub(crate) fn add(&mut self, values: &[f32]) -> Result<(), u64> {
        let mut lanes = Lanes::default();
        let (rows, rest) = values.as_chunks::<LANES>();
        for row in rows {
            lanes.add(row);
        }
        let mut piece = lanes.fold();
        rest.iter().for_each(|value| piece.add_one(*value));
        // Only a NaN, or infinities of both signs, make the sum one: look for it only then.
        if piece.sum.is_nan()
            && let Some(position) = values.iter().position(|value| value.is_nan())
        {
            return Err(self.count + position as u64);
        }
        self.count += values.len() as u64;
        self.sum += piece.sum;
        self.min = self.min.min(piece.min);
        self.max = self.max.max(piece.max);
        Ok(())
    }

    fn add_one(&mut self, value: f32) {
        self.sum += f64::from(value);
        self.min = smaller(self.min, value);
        self.max = larger(self.max, value);
    }
}

struct Lanes {
    sum: [f64; LANES],
    min: [f32; LANES],
    max: [f32; LANES],
}

impl Default for Lanes {
    fn default() -> Self {
        Self {
            sum: [0.0; LANES],
            min: [f32::INFINITY; LANES],
            max: [f32::NEG_INFINITY; LANES],
        }
    }
}

impl Lanes {
    fn add(&mut self, row: &[f32; LANES]) {
        for (i, value) in row.iter().enumerate() {
            self.sum[i] += f64::from(*value);
            self.min[i] = smaller(self.min[i], *value);
            self.max[i] = larger(self.max[i], *value);
        }
    }

    fn fold(&self) -> Summary {
        Summary {
            count: 0,
            sum: self.sum.iter().sum(),
            min: self.min.iter().copied().fold(f32::INFINITY, smaller),
            max: self.max.iter().copied().fold(f32::NEG_INFINITY, larger),
        }
    }
}

// A bare comparison is one vector instruction; f32::min also handles NaN, which is refused here.
fn smaller(a: f32, b: f32) -> f32 {
    if b < a { b } else { a }
}

fn larger(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The obvious way, for comparison.
    fn reference(values: &[f32]) -> (f64, f32, f32) {
        let sum = values.iter().map(|v| f64::from(*v)).sum();
        let min = values.iter().copied().fold(f32::INFINITY, f32::min);
        (
            sum,
            min,
            values.iter().copied().fold(f32::NEG_INFINITY, f32::max),
        )
    }

    #[test]
    fn awkward_lengths_agree_with_the_reference() {
        for len in [1, 2, LANES - 1, LANES, LANES + 1, 3 * LANES, 1000, 4097] {
            // Sums of quarters are exact in any order.
            let values: Vec<f32> = (0..len)
                .map(|i| ((i * 7919) % 1013) as f32 * 0.25 - 99.0)
                .collect();
            let mut summary = Summary::default();
            summary.add(&values).unwrap();
            let (sum, min, max) = reference(&values);
            assert_eq!(
                summary,
                Summary {
                    count: len as u64,
                    sum,
                    min,
                    max
                }
            );
        }
    }

    #[test]
    fn pieces_add_up() {
        let values: Vec<f32> = (0..100).map(|i| i as f32).collect();
        let mut summary = Summary::default();
        for piece in values.chunks(33) {
            summary.add(piece).unwrap();
        }
        assert_eq!(
            summary,
            Summary {
                count: 100,
                sum: 4950.0,
                min: 0.0,
                max: 99.0
            }
        );
    }

    #[test]
    fn a_nan_is_named_by_its_position() {
        let mut summary = Summary::default();
        summary.add(&[1.0; 40]).unwrap();
        let mut values = [2.0; 40];
        values[33] = f32::NAN;
        assert_eq!(summary.add(&values), Err(73));
    }

    #[test]
    fn infinities_are_values() {
        let mut summary = Summary::default();
        summary
            .add(&[f32::INFINITY, f32::NEG_INFINITY, 1.0])
            .unwrap();
        assert!(summary.sum.is_nan());
        assert_eq!(
            (summary.min, summary.max),
            (f32::NEG_INFINITY, f32::INFINITY)
        );
    }
}
