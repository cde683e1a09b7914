//! The live parameters: their order, ranges and defaults, and the checked values of one tick.
//!
//! `manifest.json` says the same to the host; a test holds the two together. Values are clamped
//! here once more, since a host may be wrong and a flock must never hold a NaN.

/// Name, default and range of one parameter, in the manifest's order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spec {
    /// Name in the manifest.
    pub name: &'static str,
    /// Value when nothing is set.
    pub default: f64,
    /// Smallest value.
    pub min: f64,
    /// Largest value.
    pub max: f64,
}

const fn spec(name: &'static str, default: f64, min: f64, max: f64) -> Spec {
    Spec {
        name,
        default,
        min,
        max,
    }
}

/// Index of the first parameter that op `step` shares with the live part, and one past the last;
/// they have the same index there.
pub const MODEL: std::ops::Range<usize> = 1..28;

/// Largest value of `seed`: every integer up to it is exact as a float.
const MAX_SEED: f64 = 2_147_483_647.0;
/// Largest coordinate of an attractor or of the pointer.
const FAR: f64 = 200.0;

/// All parameters of the live part.
pub const SPECS: [Spec; 33] = [
    spec("count", 10_000.0, 100.0, 250_000.0),
    spec("mode", 0.0, 0.0, 1.0),
    spec("seed", 1.0, 0.0, MAX_SEED),
    spec("dimensions", 0.0, 0.0, 1.0),
    spec("separation", 4.0, 0.0, 20.0),
    spec("alignment", 2.0, 0.0, 10.0),
    spec("cohesion", 5.0, 0.0, 20.0),
    spec("separation_radius", 0.5, 0.1, 1.0),
    spec("crowding", 20.0, 4.0, 200.0),
    spec("min_speed", 1.2, 0.0, 10.0),
    spec("max_speed", 3.0, 0.1, 10.0),
    spec("agility", 12.0, 0.5, 100.0),
    spec("wander", 0.0, 0.0, 20.0),
    spec("bounds", 2.0, 0.0, 2.0),
    spec("density", 5.0, 1.0, 20.0),
    spec("wind_x", 0.0, -5.0, 5.0),
    spec("wind_y", 0.0, -5.0, 5.0),
    spec("wind_z", 0.0, -5.0, 5.0),
    spec("attract", 0.0, -5.0, 5.0),
    spec("attract_x", 0.0, -FAR, FAR),
    spec("attract_y", 0.0, -FAR, FAR),
    spec("attract_z", 0.0, -FAR, FAR),
    spec("predators", 1.0, 0.0, 4.0),
    spec("predator_speed", 4.0, 0.1, 10.0),
    spec("predator_fear", 20.0, 0.0, 100.0),
    spec("predator_radius", 2.5, 0.5, 10.0),
    spec("obstacles", 0.0, 0.0, 8.0),
    spec("obstacle_radius", 1.0, 0.2, 5.0),
    spec("pointer_mode", 0.0, 0.0, 2.0),
    spec("pointer_x", 0.0, -FAR, FAR),
    spec("pointer_y", 0.0, -FAR, FAR),
    spec("pointer_z", 0.0, -FAR, FAR),
    spec("pointer_radius", 4.0, 0.5, 20.0),
];

/// How a bird knows its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every neighbour within the perception radius.
    Exact,
    /// Averages of the cells around for alignment and cohesion; separation stays exact.
    Fast,
}

/// What happens at the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bounds {
    /// A bird that leaves on one side comes back on the other, and sees across the border.
    Wrap,
    /// A bird bounces off the walls of a box.
    Wall,
    /// Beyond a sphere birds are pulled back, the more the farther.
    Sphere,
}

/// What the pointer does to the birds near it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointer {
    /// Nothing.
    None,
    /// Draws them.
    Attract,
    /// Frightens them.
    Scare,
}

/// The checked values of one tick. Lengths in perception radii, times in seconds; positions are
/// relative to the centre.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Params {
    pub count: u32,
    pub mode: Mode,
    pub seed: u32,
    pub flat: bool,
    pub separation: f32,
    pub alignment: f32,
    pub cohesion: f32,
    pub separation_radius: f32,
    pub crowding: f32,
    pub min_speed: f32,
    pub max_speed: f32,
    pub agility: f32,
    pub wander: f32,
    pub bounds: Bounds,
    pub density: f32,
    pub wind: [f32; 3],
    pub attract: f32,
    pub attract_at: [f32; 3],
    pub predators: u32,
    pub predator_speed: f32,
    pub predator_fear: f32,
    pub predator_radius: f32,
    pub obstacles: u32,
    pub obstacle_radius: f32,
    pub pointer: Pointer,
    pub pointer_at: [f32; 3],
    pub pointer_radius: f32,
}

impl Default for Params {
    fn default() -> Self {
        Self::from_values(|_| f64::NAN)
    }
}

impl Params {
    /// Checked values; `value` gives the parameter of an index, NaN for its default.
    pub fn from_values(value: impl Fn(usize) -> f64) -> Self {
        let number = |i: usize| clean(&SPECS[i], value(i));
        let real = |i: usize| number(i) as f32;
        let whole = |i: usize| number(i) as u32;
        let at = |i: usize| [real(i), real(i + 1), real(i + 2)];
        let max_speed = real(10);
        Self {
            count: whole(0),
            mode: if whole(1) == 0 {
                Mode::Exact
            } else {
                Mode::Fast
            },
            seed: whole(2),
            flat: whole(3) != 0,
            separation: real(4),
            alignment: real(5),
            cohesion: real(6),
            separation_radius: real(7),
            crowding: real(8),
            min_speed: real(9).min(max_speed),
            max_speed,
            agility: real(11),
            wander: real(12),
            bounds: [Bounds::Wrap, Bounds::Wall, Bounds::Sphere][whole(13).min(2) as usize],
            density: real(14),
            wind: at(15),
            attract: real(18),
            attract_at: at(19),
            predators: whole(22),
            predator_speed: real(23),
            predator_fear: real(24),
            predator_radius: real(25),
            obstacles: whole(26),
            obstacle_radius: real(27),
            pointer: [Pointer::None, Pointer::Attract, Pointer::Scare][whole(28).min(2) as usize],
            pointer_at: at(29),
            pointer_radius: real(32),
        }
    }
}

/// A value inside its range; the default for a NaN.
fn clean(spec: &Spec, value: f64) -> f64 {
    if value.is_nan() {
        spec.default
    } else {
        value.clamp(spec.min, spec.max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_values_are_clamped_to_their_ranges() {
        for bad in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            1e300,
            -1e300,
            -0.0,
        ] {
            let p = Params::from_values(|_| bad);
            assert!((100..=250_000).contains(&p.count), "{bad}: {}", p.count);
            assert!(p.min_speed <= p.max_speed, "{bad}");
            assert!(p.agility.is_finite() && p.density >= 1.0, "{bad}");
        }
    }

    #[test]
    fn the_smallest_speed_never_exceeds_the_largest() {
        let p = Params::from_values(|i| match SPECS[i].name {
            "min_speed" => 9.0,
            "max_speed" => 2.0,
            _ => f64::NAN,
        });
        assert_eq!((p.min_speed, p.max_speed), (2.0, 2.0));
    }
}
