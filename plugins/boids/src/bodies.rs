//! What else is in the air: predators, obstacles, an attractor, the pointer.

use crate::geometry::Geometry;
use crate::memory::{Header, MAX_PREDATORS, Memory, Predator};
use crate::noise::{self, Purpose};
use crate::params::{Params, Pointer};

/// Obstacles, at most.
const MAX_OBSTACLES: usize = 8;
/// Predators, obstacles, the attractor, the pointer.
pub const MAX_BODIES: usize = MAX_PREDATORS + MAX_OBSTACLES + 2;

/// How far before an obstacle's surface birds begin to turn away, in radii.
const OBSTACLE_MARGIN: f32 = 1.5;
/// Acceleration at the middle of an obstacle.
const OBSTACLE_GAIN: f32 = 60.0;
/// Acceleration at the pointer.
const POINTER_GAIN: f32 = 30.0;
/// An attractor pulls alike everywhere.
const EVERYWHERE: f32 = 1e6;
/// Cells that a predator looks around in, in each direction.
const HUNT_CELLS: i32 = 4;
/// How quickly a predator turns to its prey, per second.
const HUNT_TURN: f32 = 3.0;

/// Farther than a bird gets in a step.
const LONGEST_STEP: f32 = 1.01;

/// A point that accelerates birds away from it: by `gain` at the point itself, and linearly less
/// up to `reach`. Negative gain draws them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Body {
    /// Position in the box.
    pub at: [f32; 3],
    /// Distance at which it ends.
    pub reach: f32,
    /// Radii per second squared.
    pub gain: f32,
    /// Radius that no bird may enter; 0: none.
    pub solid: f32,
}

/// All bodies of one tick.
#[derive(Clone, Copy, Debug)]
pub struct Bodies {
    list: [Body; MAX_BODIES],
    len: usize,
}

impl Bodies {
    /// The bodies that the parameters and the flock's predators make.
    pub fn new(params: &Params, g: &Geometry, header: &Header) -> Self {
        let mut bodies = Self::none();
        for predator in &header.predators[..params.predators as usize] {
            let (reach, gain) = (params.predator_radius, params.predator_fear);
            bodies.push(
                g,
                Body {
                    at: predator.at,
                    reach,
                    gain,
                    solid: 0.0,
                },
            );
        }
        for at in (0..params.obstacles).map(|k| obstacle(k, header.seed, g)) {
            let solid = params.obstacle_radius;
            let reach = solid + OBSTACLE_MARGIN;
            bodies.push(
                g,
                Body {
                    at,
                    reach,
                    gain: OBSTACLE_GAIN,
                    solid,
                },
            );
        }
        if params.attract != 0.0 {
            let at = in_box(g, params.attract_at);
            bodies.push(
                g,
                Body {
                    at,
                    reach: EVERYWHERE,
                    gain: -params.attract,
                    solid: 0.0,
                },
            );
        }
        let gain = match params.pointer {
            Pointer::None => return bodies,
            Pointer::Attract => -POINTER_GAIN,
            Pointer::Scare => POINTER_GAIN,
        };
        let at = in_box(g, params.pointer_at);
        bodies.push(
            g,
            Body {
                at,
                reach: params.pointer_radius,
                gain,
                solid: 0.0,
            },
        );
        bodies
    }

    fn push(&mut self, g: &Geometry, mut body: Body) {
        if g.is_flat() {
            body.at[2] = g.centre()[2];
        }
        self.list[self.len] = body;
        self.len += 1;
    }

    /// None at all.
    pub fn none() -> Self {
        Self {
            list: [Body::default(); MAX_BODIES],
            len: 0,
        }
    }

    /// Becomes those of `all` that may touch a bird which begins or ends its step in the row that
    /// begins at `edge` along y and z.
    pub fn select(&mut self, all: &Self, edge: [f32; 2]) {
        self.len = 0;
        for body in all.as_slice() {
            let gap = |low: f32, at: f32| {
                if at < low {
                    low - at
                } else if at > low + 1.0 {
                    at - low - 1.0
                } else {
                    0.0
                }
            };
            let (y, z) = (gap(edge[0], body.at[1]), gap(edge[1], body.at[2]));
            let reach = body.reach + LONGEST_STEP;
            if y * y + z * z <= reach * reach {
                self.list[self.len] = *body;
                self.len += 1;
            }
        }
    }

    /// The bodies.
    pub fn as_slice(&self) -> &[Body] {
        &self.list[..self.len]
    }
}

/// A position relative to the centre, in the box's coordinates.
fn in_box(g: &Geometry, at: [f32; 3]) -> [f32; 3] {
    let centre = g.centre();
    std::array::from_fn(|k| at[k] + centre[k])
}

/// Place of obstacle `k`: anywhere within 0.6 of the way from the centre to the border.
pub fn obstacle(k: u32, seed: u32, g: &Geometry) -> [f32; 3] {
    let mut numbers = noise::stream(seed, Purpose::Obstacle, k);
    let (centre, spread) = (g.centre(), g.side() * 0.3);
    let ball = numbers.in_ball();
    std::array::from_fn(|axis| centre[axis] + ball[axis] * spread)
}

/// Predators at the start: at the border, flying to the centre.
pub fn first_predators(seed: u32, g: &Geometry) -> [Predator; MAX_PREDATORS] {
    std::array::from_fn(|k| {
        let way = noise::stream(seed, Purpose::Predator, k as u32).in_ball();
        let (centre, spread) = (g.centre(), g.side() * 0.45);
        Predator {
            at: std::array::from_fn(|axis| centre[axis] + way[axis] * spread),
            velocity: way.map(|v| -v),
        }
    })
}

/// One step of the predators: each turns to the middle of the birds that it sees.
///
/// # Safety
/// `m` is laid out for `g` and sorted; one shard alone calls it in a phase.
pub unsafe fn hunt(m: Memory, g: &Geometry, params: &Params, dt: f32) {
    for k in 0..params.predators as usize {
        // SAFETY: nobody else uses the predators in this phase.
        let predator = unsafe { &mut (*m.header()).predators[k] };
        // SAFETY: as promised.
        let prey = unsafe { prey(m, g, predator.at) };
        chase(
            predator,
            prey.unwrap_or(g.centre()),
            params.predator_speed,
            g,
            dt,
        );
    }
}

/// Middle of the birds in the cells around; None when there are none.
///
/// # Safety
/// As for [`hunt`].
unsafe fn prey(m: Memory, g: &Geometry, at: [f32; 3]) -> Option<[f32; 3]> {
    let cells = [g.cells as i32, g.cells as i32, g.layers as i32];
    let low: [i32; 3] = std::array::from_fn(|k| (at[k] as i32 - HUNT_CELLS).clamp(0, cells[k] - 1));
    let high: [i32; 3] =
        std::array::from_fn(|k| (at[k] as i32 + HUNT_CELLS).clamp(0, cells[k] - 1));
    let (mut sum, mut birds) = ([0.0f32; 3], 0.0f32);
    for z in low[2]..=high[2] {
        for y in low[1]..=high[1] {
            for x in low[0]..=high[0] {
                // SAFETY: the cell lies in the grid.
                let n = unsafe { birds_in(m, g, [x, y, z]) } as f32;
                let middle = [x as f32 + 0.5, y as f32 + 0.5, z as f32 + 0.5];
                sum = std::array::from_fn(|k| sum[k] + n * middle[k]);
                birds += n;
            }
        }
    }
    (birds > 0.0).then(|| sum.map(|s| s / birds))
}

/// Birds in one cell.
///
/// # Safety
/// As for [`hunt`]; the cell lies in the grid.
unsafe fn birds_in(m: Memory, g: &Geometry, cell: [i32; 3]) -> u32 {
    let row = (cell[2] as usize + 1) * g.layer_rows() + cell[1] as usize + 1;
    let first = row * g.row_len as usize + cell[0] as usize * crate::geometry::FINE + g.x_offset();
    // SAFETY: the cell's entries lie in the start table.
    unsafe { (*m.start().add(first + crate::geometry::FINE) - *m.start().add(first)) >> 2 }
}

/// Turns to `prey`, flies on at `speed`, stays in the box.
fn chase(predator: &mut Predator, prey: [f32; 3], speed: f32, g: &Geometry, dt: f32) {
    let Predator { at, velocity } = predator;
    let way: [f32; 3] = std::array::from_fn(|k| prey[k] - at[k]);
    let turn = (HUNT_TURN * dt).min(1.0);
    let wanted = scaled(way, speed);
    for k in 0..3 {
        velocity[k] += turn * (wanted[k] - velocity[k]);
    }
    *velocity = scaled(*velocity, speed);
    for (k, edge) in g.size().into_iter().enumerate() {
        let (low, high) = (0.0, edge);
        at[k] = (at[k] + dt * velocity[k]).clamp(low, high);
        if at[k] == low || at[k] == high {
            velocity[k] = -velocity[k];
        }
    }
    if g.is_flat() {
        (at[2], velocity[2]) = (g.centre()[2], 0.0);
    }
}

/// `v` with length `length`; along x when it has none.
fn scaled(v: [f32; 3], length: f32) -> [f32; 3] {
    let now = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    if now > 1e-6 {
        v.map(|c| c * (length / now))
    } else {
        [length, 0.0, 0.0]
    }
}
