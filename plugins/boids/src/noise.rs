//! Random numbers without state: each depends only on the seed, what it is for, and an index, so
//! that bird 7 is the same bird in a flock of ten and of ten thousand.

/// What a stream of numbers is for.
#[derive(Clone, Copy, Debug)]
#[repr(u64)]
pub enum Purpose {
    /// Place and velocity of a bird.
    Bird = 1,
    /// The heading that all birds begin with.
    Heading = 2,
    /// Place of an obstacle.
    Obstacle = 3,
    /// Place of a predator.
    Predator = 4,
    /// Height of a bird that comes back from two dimensions.
    Rise = 5,
}

/// A stream of numbers (splitmix64).
#[derive(Clone, Debug)]
pub struct Stream(u64);

/// The stream of thing number `index`.
pub fn stream(seed: u32, purpose: Purpose, index: u32) -> Stream {
    let mut s =
        Stream((u64::from(seed) << 32) ^ (purpose as u64).wrapping_mul(0xa076_1d64_78bd_642f));
    let mixed = s.next_u64() ^ u64::from(index).wrapping_mul(0xe703_7ed1_a0b4_28db);
    Stream(mixed)
}

impl Stream {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 to below 1, in steps of 2^-24.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / 16_777_216.0
    }

    /// -1 to below 1.
    pub fn signed(&mut self) -> f32 {
        self.unit() * 2.0 - 1.0
    }

    /// A point in the ball of radius 1. By rejection: sines differ between machines.
    pub fn in_ball(&mut self) -> [f32; 3] {
        const TRIES: usize = 32;
        for _ in 0..TRIES {
            let p = [self.signed(), self.signed(), self.signed()];
            if p[0] * p[0] + p[1] * p[1] + p[2] * p[2] < 1.0 {
                return p;
            }
        }
        [0.0; 3]
    }

    /// A point in the disc of radius 1.
    pub fn in_disc(&mut self) -> [f32; 2] {
        const TRIES: usize = 32;
        for _ in 0..TRIES {
            let p = [self.signed(), self.signed()];
            if p[0] * p[0] + p[1] * p[1] < 1.0 {
                return p;
            }
        }
        [0.0; 2]
    }
}

/// The constant phase of a bird, 0 to below 1, spread evenly over neighbouring numbers.
pub fn phase(id: u32) -> f32 {
    (id.wrapping_mul(0x9e37_79b9) >> 8) as f32 / 16_777_216.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_depend_on_seed_purpose_and_index_alone() {
        let first = |seed, purpose, index| stream(seed, purpose, index).unit();
        assert_eq!(first(1, Purpose::Bird, 5), first(1, Purpose::Bird, 5));
        assert_ne!(first(1, Purpose::Bird, 5), first(2, Purpose::Bird, 5));
        assert_ne!(first(1, Purpose::Bird, 5), first(1, Purpose::Obstacle, 5));
        assert_ne!(first(1, Purpose::Bird, 5), first(1, Purpose::Bird, 6));
    }

    #[test]
    fn numbers_spread_over_their_range() {
        let mean: f32 = (0..1000)
            .map(|i| stream(3, Purpose::Bird, i).unit())
            .sum::<f32>()
            / 1e3;
        assert!((mean - 0.5).abs() < 0.05, "{mean}");
    }
}
