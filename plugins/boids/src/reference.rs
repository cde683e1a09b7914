//! The rules, slow and obvious: every bird against every other, one number at a time.
//!
//! The oracle of the tests. It shares with the kernels only what is no computation: places of
//! bodies, the box, the parameters. Distances are compared in single precision, as the kernels
//! do, so that both see the same neighbours; everything else is double.

use crate::bodies::{Bodies, Body};
use crate::geometry::Geometry;
use crate::memory::Header;
use crate::motion::{TURN_BACK, turn};
use crate::pairs::SOFTEN;
use crate::params::{Mode, Params};
use crate::population::Bird;

type V3 = [f64; 3];

/// One step of all birds: where they are then, and how many neighbours each one had.
pub fn step(
    g: &Geometry,
    params: &Params,
    header: &Header,
    birds: &[Bird],
    dt: f32,
) -> Vec<(Bird, f64)> {
    let bodies = Bodies::new(params, g, header);
    let world = World {
        g,
        params,
        header,
        bodies: bodies.as_slice(),
        birds,
        dt: f64::from(dt),
    };
    (0..birds.len()).map(|i| world.moved(i)).collect()
}

struct World<'a> {
    g: &'a Geometry,
    params: &'a Params,
    header: &'a Header,
    bodies: &'a [Body],
    birds: &'a [Bird],
    dt: f64,
}

/// Sums over neighbours.
#[derive(Default)]
struct Company {
    n: f64,
    offset: V3,
    velocity: V3,
    push: V3,
}

impl World<'_> {
    fn moved(&self, i: usize) -> (Bird, f64) {
        let bird = self.birds[i];
        let (at, v) = (bird.at.map(f64::from), bird.velocity.map(f64::from));
        let mut company = self.near(i);
        if self.params.mode == Mode::Fast {
            self.blend(i, &mut company);
        }
        let mut wish = self.flocking(&company, v);
        wish = plus(wish, self.noise(i as u32));
        for body in self.bodies {
            wish = plus(wish, push_of(body, at));
        }
        wish = shortened(wish, f64::from(self.params.agility));
        wish = plus(wish, self.turn_back(at));
        let mut v = self.sped(self.flown(v, wish));
        let mut at = self.flown(at, v);
        for body in self.bodies.iter().filter(|b| b.solid > 0.0) {
            at = lifted(body, at);
        }
        self.keep(&mut at, &mut v);
        (
            Bird {
                at: at.map(|c| c as f32),
                velocity: v.map(|c| c as f32),
            },
            company.n,
        )
    }

    /// `a + b * dt`; nothing moves along z in two dimensions.
    fn flown(&self, a: V3, b: V3) -> V3 {
        let z = if self.g.is_flat() { 0.0 } else { self.dt };
        [
            a[0] + b[0] * self.dt,
            a[1] + b[1] * self.dt,
            a[2] + b[2] * z,
        ]
    }

    /// All birds within one radius, across the border too when it wraps.
    fn near(&self, i: usize) -> Company {
        let mut c = Company::default();
        let rs = self.params.separation_radius;
        for image in self.images() {
            let here: [f32; 3] = std::array::from_fn(|k| self.birds[i].at[k] + image[k]);
            for (j, other) in self.birds.iter().enumerate() {
                if i == j && image == [0.0; 3] {
                    continue;
                }
                let d: [f32; 3] = std::array::from_fn(|k| other.at[k] - here[k]);
                let d2 = (d[2] * d[2] + d[1] * d[1]) + d[0] * d[0];
                if d2 < 1.0 {
                    c.n += 1.0;
                    c.offset = plus(c.offset, d.map(f64::from));
                    c.velocity = plus(c.velocity, other.velocity.map(f64::from));
                }
                if d2 < rs * rs {
                    let k = 1.0 / (f64::from(d2) + f64::from(SOFTEN));
                    c.push = plus(c.push, d.map(|x| -f64::from(x) * k));
                }
            }
        }
        c
    }

    fn images(&self) -> Vec<[f32; 3]> {
        if self.g.wraps == 0 {
            return vec![[0.0; 3]];
        }
        let side = self.g.side();
        let z: &[f32] = if self.g.is_flat() {
            &[0.0]
        } else {
            &[0.0, -1.0, 1.0]
        };
        let mut all = Vec::new();
        for x in [0.0, -1.0, 1.0] {
            for y in [0.0, -1.0, 1.0] {
                all.extend(z.iter().map(|z| [x * side, y * side, z * side]));
            }
        }
        all
    }

    /// Replaces all but the push by what eight cells around say.
    fn blend(&self, i: usize, c: &mut Company) {
        let at = self.birds[i].at.map(f64::from);
        let axes = [self.g.cells, self.g.cells, self.g.layers].map(f64::from);
        let own: [f64; 3] = std::array::from_fn(|k| at[k].floor().min(axes[k] - 1.0));
        let tent = |k: usize, cell: f64| (1.0 - (at[k] - (cell + 0.5)).abs()).max(0.0);
        let weight = |cell: V3| tent(0, cell[0]) * tent(1, cell[1]) * tent(2, cell[2]);
        let (mut n, mut offset, mut velocity) = (0.0, [0.0; 3], [0.0; 3]);
        for image in self.images() {
            for other in self.birds {
                let there = other.at.map(f64::from);
                let cell = std::array::from_fn(|k| {
                    there[k].floor().min(axes[k] - 1.0) + f64::from(image[k])
                });
                let w = weight(cell);
                n += w;
                let way = std::array::from_fn(|k| w * (there[k] + f64::from(image[k]) - at[k]));
                offset = plus(offset, way);
                velocity = plus(velocity, other.velocity.map(|v| w * f64::from(v)));
            }
        }
        let mine = weight(own);
        let own_velocity = self.birds[i].velocity.map(|v| -mine * f64::from(v));
        let pi = std::f64::consts::PI;
        let scale = if self.g.is_flat() { pi } else { pi * 4.0 / 3.0 };
        let others = (n - mine) * scale;
        c.n = if others > 1e-4 { others } else { 0.0 };
        c.offset = offset.map(|x| x * scale * f64::from(crate::fields::BLEND_REACH));
        c.velocity = plus(velocity, own_velocity).map(|x| x * scale);
    }

    fn flocking(&self, c: &Company, v: V3) -> V3 {
        let p = self.params;
        let alignment = f64::from(p.alignment * turn(p.mode));
        let room = (1.0 - c.n / f64::from(p.crowding)).max(-1.0);
        std::array::from_fn(|k| {
            let mut wish = f64::from(p.separation) * c.push[k] + f64::from(p.wind[k]);
            if c.n > 0.0 {
                wish += f64::from(p.cohesion) * room * c.offset[k] / c.n;
                wish += alignment * (c.velocity[k] / c.n - v[k]);
            }
            wish
        })
    }

    fn noise(&self, id: u32) -> V3 {
        let salt = self.header.tick.wrapping_mul(0x9e37_79b9) ^ self.header.seed;
        let h = scrambled(id.wrapping_add(salt));
        let part = |bits: u32| f64::from(bits >> 9) / f64::from(1u32 << 23) * 2.0 - 1.0;
        let wander = f64::from(self.params.wander);
        [part(h), part(h << 11), part(scrambled(h))].map(|x| x * wander)
    }

    fn turn_back(&self, at: V3) -> V3 {
        let way = minus(at, self.g.centre().map(f64::from));
        let (d, sphere) = (length(way), f64::from(self.g.sphere));
        if sphere == 0.0 || d <= sphere {
            return [0.0; 3];
        }
        way.map(|x| -f64::from(TURN_BACK) * (d - sphere) * x / d)
    }

    fn sped(&self, v: V3) -> V3 {
        let s = length(v);
        let (low, high) = (
            f64::from(self.params.min_speed),
            f64::from(self.params.max_speed),
        );
        if s == 0.0 {
            v
        } else {
            v.map(|x| x * s.clamp(low, high) / s)
        }
    }

    fn keep(&self, at: &mut V3, v: &mut V3) {
        let size = self.g.size().map(f64::from);
        for k in 0..3 {
            let (low, high) = (at[k] < 0.0, at[k] >= size[k]);
            if self.g.wraps != 0 {
                at[k] += if low {
                    size[k]
                } else if high {
                    -size[k]
                } else {
                    0.0
                };
            } else if low || high {
                at[k] = if low { -at[k] } else { 2.0 * size[k] - at[k] };
                v[k] = -v[k];
            }
            at[k] = at[k].clamp(0.0, size[k]);
        }
    }
}

fn push_of(body: &Body, at: V3) -> V3 {
    let way = minus(at, body.at.map(f64::from));
    let d = length(way);
    let near = (1.0 - d / f64::from(body.reach)).max(0.0);
    if d == 0.0 {
        [0.0; 3]
    } else {
        way.map(|x| f64::from(body.gain) * near * x / d)
    }
}

fn lifted(body: &Body, at: V3) -> V3 {
    let way = minus(at, body.at.map(f64::from));
    let (d, solid) = (length(way), f64::from(body.solid));
    if d >= solid || d == 0.0 {
        return at;
    }
    std::array::from_fn(|k| f64::from(body.at[k]) + way[k] * solid / d)
}

/// Bob Jenkins' integer hash.
fn scrambled(a: u32) -> u32 {
    let a = a.wrapping_add(0x7ed5_5d16).wrapping_add(a << 12);
    let a = (a ^ 0xc761_c23c) ^ (a >> 19);
    let a = a.wrapping_add(0x1656_67b1).wrapping_add(a << 5);
    let a = a.wrapping_add(0xd3a2_646c) ^ (a << 9);
    let a = a.wrapping_add(0xfd70_46c5).wrapping_add(a << 3);
    (a ^ 0xb55a_4f09) ^ (a >> 16)
}

fn plus(a: V3, b: V3) -> V3 {
    std::array::from_fn(|k| a[k] + b[k])
}

fn minus(a: V3, b: V3) -> V3 {
    std::array::from_fn(|k| a[k] - b[k])
}

fn length(a: V3) -> f64 {
    (a[0] * a[0] + a[1] * a[1] + a[2] * a[2]).sqrt()
}

fn shortened(a: V3, limit: f64) -> V3 {
    let l = length(a);
    if l > limit {
        a.map(|x| x * limit / l)
    } else {
        a
    }
}
