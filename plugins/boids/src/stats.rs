//! Figures of a flock, from its instances alone.

use inos_sdk::Instance;

/// Birds that the figures about neighbours are taken from, at most.
const SAMPLE: usize = 2000;

/// What [`measure`] finds. All 0 for no birds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Length of the mean heading, 0 to 1.
    pub polarisation: f64,
    /// Length of the mean rotation about the centre of the flock, 0 to 1.
    pub milling: f64,
    /// Mean distance to the nearest other bird.
    pub nearest_neighbour: f64,
    /// Mean speed.
    pub mean_speed: f64,
    /// Mean number of birds within one radius.
    pub neighbours: f64,
    /// Root mean square distance from the centre of the flock.
    pub spread: f64,
}

/// Measures a flock. Neighbours are found by comparing a sample with everybody.
pub fn measure(birds: &[Instance]) -> Stats {
    if birds.is_empty() {
        return Stats::default();
    }
    let n = birds.len() as f64;
    let centre = mean(birds.iter().map(at));
    let (near, neighbours) = around(birds);
    let spread = birds
        .iter()
        .map(|b| dot(minus(at(b), centre), minus(at(b), centre)))
        .sum::<f64>();
    Stats {
        polarisation: length(mean(birds.iter().map(|b| unit(velocity(b))))),
        milling: length(mean(
            birds
                .iter()
                .map(|b| unit(cross(minus(at(b), centre), velocity(b)))),
        )),
        nearest_neighbour: near,
        mean_speed: birds.iter().map(|b| length(velocity(b))).sum::<f64>() / n,
        neighbours,
        spread: (spread / n).sqrt(),
    }
}

/// Mean distance to the nearest bird and mean number of neighbours, of the sample.
fn around(birds: &[Instance]) -> (f64, f64) {
    let every = birds.len().div_ceil(SAMPLE);
    let (mut near, mut neighbours, mut sample) = (0.0f64, 0usize, 0usize);
    for (i, bird) in birds.iter().enumerate().step_by(every) {
        let mut nearest = f32::INFINITY;
        for (_, other) in birds.iter().enumerate().filter(|(j, _)| *j != i) {
            let d = [other.x - bird.x, other.y - bird.y, other.z - bird.z];
            let d2 = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
            nearest = nearest.min(d2);
            neighbours += usize::from(d2 < 1.0);
        }
        near += if nearest.is_finite() {
            f64::from(nearest).sqrt()
        } else {
            0.0
        };
        sample += 1;
    }
    (near / sample as f64, neighbours as f64 / sample as f64)
}

type V3 = [f64; 3];

fn at(b: &Instance) -> V3 {
    [b.x, b.y, b.z].map(f64::from)
}

fn velocity(b: &Instance) -> V3 {
    [b.vx, b.vy, b.vz].map(f64::from)
}

fn mean(all: impl Iterator<Item = V3>) -> V3 {
    let (mut sum, mut n) = ([0.0; 3], 0.0);
    for v in all {
        sum = std::array::from_fn(|k| sum[k] + v[k]);
        n += 1.0;
    }
    sum.map(|s| s / n)
}

fn minus(a: V3, b: V3) -> V3 {
    std::array::from_fn(|k| a[k] - b[k])
}

fn dot(a: V3, b: V3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: V3, b: V3) -> V3 {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

fn length(a: V3) -> f64 {
    dot(a, a).sqrt()
}

/// `a` with length 1; 0 when it has none.
fn unit(a: V3) -> V3 {
    let l = length(a);
    if l > 0.0 { a.map(|c| c / l) } else { [0.0; 3] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bird(at: [f32; 3], v: [f32; 3]) -> Instance {
        let ([x, y, z], [vx, vy, vz]) = (at, v);
        Instance {
            x,
            y,
            z,
            vx,
            vy,
            vz,
            ..Instance::default()
        }
    }

    #[test]
    fn a_line_of_birds_flying_one_way_is_polarised_and_does_not_mill() {
        let birds: Vec<_> = (0..5)
            .map(|i| bird([i as f32 * 0.5, 0.0, 0.0], [2.0, 0.0, 0.0]))
            .collect();
        let s = measure(&birds);
        assert_eq!((s.polarisation, s.milling, s.mean_speed), (1.0, 0.0, 2.0));
        assert_eq!((s.nearest_neighbour, s.neighbours), (0.5, 8.0 / 5.0));
    }

    #[test]
    fn birds_on_a_circle_mill_and_are_not_polarised() {
        let birds = [
            bird([1.0, 0.0, 0.0], [0.0, 1.0, 0.0]),
            bird([0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]),
            bird([-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]),
            bird([0.0, -1.0, 0.0], [1.0, 0.0, 0.0]),
        ];
        let s = measure(&birds);
        assert!(s.polarisation < 1e-12 && s.milling > 1.0 - 1e-12, "{s:?}");
        assert_eq!(s.spread, 1.0);
    }

    #[test]
    fn no_bird_and_one_bird_have_figures_too() {
        assert_eq!(measure(&[]), Stats::default());
        let s = measure(&[bird([1.0, 2.0, 3.0], [0.0; 3])]);
        assert_eq!(
            (s.nearest_neighbour, s.neighbours, s.spread),
            (0.0, 0.0, 0.0)
        );
    }
}
