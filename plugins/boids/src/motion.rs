//! From sums over neighbours to the next position: four birds at a time.
//!
//! Weights enter here, once per bird, and not in the loop over pairs. Most birds are within the
//! limits and far from everything: a test for four at once saves most roots and divisions.

use crate::around::{NUMBER, OFFSET, PUSH, VELOCITY};
use crate::bodies::{Bodies, Body};
use crate::f4::{
    V, add, and, any, div, ge, iadd, lane_bits, load, lt, max, min, mul, or, select, set,
    shift_left, shift_right, sign_bit, splat, splat_bits, sqrt, store, sub, transpose, xor,
};
use crate::geometry::Geometry;
use crate::memory::{Header, ID, STRIDE, VX, VY, VZ, X, Y, Z};
use crate::noise::phase;
use crate::params::{Bounds, Mode, Params};

/// Acceleration per radius beyond the sphere, back to the centre.
pub const TURN_BACK: f32 = 12.0;

/// How much of the alignment counts in fast mode. Blended cells reach farther than a bird sees;
/// with all of it flocks would be of one mind more than in exact mode, by 3 % (5,000 birds, 600
/// steps, 150 seeds), and with this much by less than 1 %.
const BLEND_TURN: f32 = 0.9;

/// What all birds of a tick share.
pub struct Motion {
    /// Seconds of the step along each axis: 0 along z in two dimensions.
    dt_axis: [f32; 3],
    cohesion: f32,
    alignment: f32,
    separation: f32,
    /// 1 / number of neighbours at which cohesion turns into its opposite.
    per_crowd: f32,
    agility: f32,
    min_speed: f32,
    max_speed: f32,
    wind: [f32; 3],
    wander: f32,
    /// Makes this tick's noise differ from the last one's.
    salt: u32,
    size: [f32; 3],
    centre: [f32; 3],
    sphere: f32,
    wraps: bool,
    bodies: Bodies,
}

/// Share of the alignment that counts.
pub fn turn(mode: Mode) -> f32 {
    match mode {
        Mode::Exact => 1.0,
        Mode::Fast => BLEND_TURN,
    }
}

/// Three coordinates of four birds.
#[derive(Clone, Copy)]
struct V3 {
    x: V,
    y: V,
    z: V,
}

impl Motion {
    /// For one tick of `dt` seconds.
    pub fn new(params: &Params, g: &Geometry, header: &Header, dt: f32) -> Self {
        Self {
            dt_axis: [dt, dt, if g.is_flat() { 0.0 } else { dt }],
            cohesion: params.cohesion,
            alignment: params.alignment * turn(params.mode),
            separation: params.separation,
            per_crowd: 1.0 / params.crowding,
            agility: params.agility,
            min_speed: params.min_speed,
            max_speed: params.max_speed,
            wind: params.wind,
            wander: params.wander,
            salt: header.tick.wrapping_mul(0x9e37_79b9) ^ header.seed,
            size: g.size(),
            centre: g.centre(),
            sphere: g.sphere,
            wraps: params.bounds == Bounds::Wrap,
            bodies: Bodies::new(params, g, header),
        }
    }

    /// What else is in the air.
    pub fn bodies(&self) -> &Bodies {
        &self.bodies
    }
}

/// Where four birds go.
#[derive(Clone, Copy)]
pub struct Target {
    /// Their state.
    pub state: *mut f32,
    /// Their instances; null: nobody wants them.
    pub instances: *mut f32,
    /// Their numbers.
    pub ids: *mut f32,
}

/// Moves the four birds from slot `q` on, whose company is in `lanes`, as far as `bodies` let them.
///
/// # Safety
/// Four slots can be read at `q`, and four states written, in each array, four instances and
/// numbers.
#[inline(never)]
pub unsafe fn advance(
    motion: &Motion,
    bodies: &Bodies,
    lanes: *const f32,
    q: *const f32,
    target: &Target,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let id = load(q.add(ID * STRIDE));
        let at = V3 {
            z: load(q.add(Z * STRIDE)),
            y: load(q.add(Y * STRIDE)),
            x: load(q.add(X * STRIDE)),
        };
        let velocity = V3 {
            z: load(q.add(VZ * STRIDE)),
            y: load(q.add(VY * STRIDE)),
            x: load(q.add(VX * STRIDE)),
        };
        let wish = flocking(motion, lanes, velocity);
        let wish = if motion.wander > 0.0 {
            wander(motion, id, wish)
        } else {
            wish
        };
        let wish = avoid(bodies.as_slice(), at, wish);
        let wish = bounded(wish, motion.agility);
        let wish = turn_back(motion, at, wish);
        let velocity = sped(motion, along(velocity, wish, motion.dt_axis));
        let at = along(at, velocity, motion.dt_axis);
        let at = outside(bodies.as_slice(), at);
        let (at, velocity) = kept(motion, at, velocity);
        let to = target.state;
        store(to.add(ID * STRIDE), id);
        store(to.add(Z * STRIDE), at.z);
        store(to.add(Y * STRIDE), at.y);
        store(to.add(X * STRIDE), at.x);
        store(to.add(VZ * STRIDE), velocity.z);
        store(to.add(VY * STRIDE), velocity.y);
        store(to.add(VX * STRIDE), velocity.x);
        if !target.instances.is_null() {
            let neighbours = load(lanes.add(NUMBER));
            store(target.ids, id);
            write_instances(motion, target.instances, id, at, velocity, neighbours);
        }
    }
}

/// # Safety
/// `out` has room for four instances.
#[inline(always)]
unsafe fn write_instances(motion: &Motion, out: *mut f32, id: V, at: V3, velocity: V3, company: V) {
    let ids = [
        lane_bits::<0>(id),
        lane_bits::<1>(id),
        lane_bits::<2>(id),
        lane_bits::<3>(id),
    ];
    let [p0, p1, p2, p3] = ids.map(phase);
    let phases = set(p0, p1, p2, p3);
    let velocity = transpose([velocity.x, velocity.y, velocity.z, phases]);
    let c = motion.centre;
    let place = transpose([
        sub(at.x, splat(c[0])),
        sub(at.y, splat(c[1])),
        sub(at.z, splat(c[2])),
        company,
    ]);
    // SAFETY: promised by the caller.
    unsafe {
        store(out.add(28), velocity[3]);
        store(out.add(24), place[3]);
        store(out.add(20), velocity[2]);
        store(out.add(16), place[2]);
        store(out.add(12), velocity[1]);
        store(out.add(8), place[1]);
        store(out.add(4), velocity[0]);
        store(out, place[0]);
    }
}

/// `a + b * t`
#[inline(always)]
fn along(a: V3, b: V3, t: [f32; 3]) -> V3 {
    V3 {
        x: add(a.x, mul(b.x, splat(t[0]))),
        y: add(a.y, mul(b.y, splat(t[1]))),
        z: add(a.z, mul(b.z, splat(t[2]))),
    }
}

#[inline(always)]
fn scaled(a: V3, k: V) -> V3 {
    V3 {
        x: mul(a.x, k),
        y: mul(a.y, k),
        z: mul(a.z, k),
    }
}

#[inline(always)]
fn sum(a: V3, b: V3) -> V3 {
    V3 {
        x: add(a.x, b.x),
        y: add(a.y, b.y),
        z: add(a.z, b.z),
    }
}

#[inline(always)]
fn length2(a: V3) -> V {
    add(add(mul(a.x, a.x), mul(a.y, a.y)), mul(a.z, a.z))
}

/// Cohesion, alignment, separation, wind.
///
/// # Safety
/// `lanes` has room for [`crate::around::LANES`].
#[inline(always)]
unsafe fn flocking(motion: &Motion, lanes: *const f32, velocity: V3) -> V3 {
    // SAFETY: promised by the caller.
    let lane = |k: usize| unsafe { load(lanes.add(k)) };
    let (zero, one) = (splat(0.0), splat(1.0));
    let n = lane(NUMBER);
    let company = lt(zero, n);
    let share = and(company, div(one, n));
    let room = max(sub(one, mul(n, splat(motion.per_crowd))), splat(-1.0));
    let pull = mul(mul(splat(motion.cohesion), room), share);
    let align = and(company, splat(motion.alignment));
    let push = splat(motion.separation);
    let axis = |k: usize, v: V, wind: f32| {
        let offset = mul(lane(OFFSET + 4 * k), pull);
        let turn = mul(align, sub(mul(lane(VELOCITY + 4 * k), share), v));
        add(
            add(add(offset, turn), mul(lane(PUSH + 4 * k), push)),
            splat(wind),
        )
    };
    V3 {
        x: axis(0, velocity.x, motion.wind[0]),
        y: axis(1, velocity.y, motion.wind[1]),
        z: axis(2, velocity.z, motion.wind[2]),
    }
}

/// Adds this tick's noise of each bird.
#[inline(never)]
fn wander(motion: &Motion, id: V, wish: V3) -> V3 {
    let h = scrambled(iadd(id, splat_bits(motion.salt)));
    let part = |bits: V| {
        let unit = or(shift_right::<9>(bits), splat(1.0));
        mul(sub(unit, splat(1.5)), splat(2.0 * motion.wander))
    };
    let other = scrambled(h);
    V3 {
        x: add(wish.x, part(h)),
        y: add(wish.y, part(shift_left::<11>(h))),
        z: add(wish.z, part(other)),
    }
}

/// Bob Jenkins' integer hash: only additions, shifts and xor, which SSE2 has.
#[inline(always)]
fn scrambled(a: V) -> V {
    let a = iadd(iadd(a, splat_bits(0x7ed5_5d16)), shift_left::<12>(a));
    let a = xor(xor(a, splat_bits(0xc761_c23c)), shift_right::<19>(a));
    let a = iadd(iadd(a, splat_bits(0x1656_67b1)), shift_left::<5>(a));
    let a = xor(iadd(a, splat_bits(0xd3a2_646c)), shift_left::<9>(a));
    let a = iadd(iadd(a, splat_bits(0xfd70_46c5)), shift_left::<3>(a));
    xor(xor(a, splat_bits(0xb55a_4f09)), shift_right::<16>(a))
}

/// Adds what the bodies in the air do.
#[inline(always)]
fn avoid(bodies: &[Body], at: V3, wish: V3) -> V3 {
    if bodies.is_empty() {
        wish
    } else {
        pushed(bodies, at, wish)
    }
}

#[inline(never)]
fn pushed(bodies: &[Body], at: V3, mut wish: V3) -> V3 {
    for body in bodies {
        let (way, d2) = from(body, at);
        if !any(lt(d2, splat(body.reach * body.reach))) {
            continue;
        }
        let d = sqrt(add(d2, splat(1e-12)));
        let near = max(sub(splat(1.0), div(d, splat(body.reach))), splat(0.0));
        let k = div(mul(splat(body.gain), near), d);
        wish = sum(wish, scaled(way, k));
    }
    wish
}

/// The way from a body, and its length squared.
#[inline(always)]
fn from(body: &Body, at: V3) -> (V3, V) {
    let way = V3 {
        x: sub(at.x, splat(body.at[0])),
        y: sub(at.y, splat(body.at[1])),
        z: sub(at.z, splat(body.at[2])),
    };
    (way, length2(way))
}

/// `a`, but no longer than `limit`.
#[inline(always)]
fn bounded(a: V3, limit: f32) -> V3 {
    let d2 = length2(a);
    let long = lt(splat(limit * limit), d2);
    if !any(long) {
        return a;
    }
    let k = select(div(splat(limit), sqrt(d2)), splat(1.0), long);
    scaled(a, k)
}

/// Beyond the sphere, a pull to the centre that grows with the distance.
#[inline(always)]
fn turn_back(motion: &Motion, at: V3, wish: V3) -> V3 {
    if motion.sphere == 0.0 {
        return wish;
    }
    let c = motion.centre;
    let way = V3 {
        x: sub(at.x, splat(c[0])),
        y: sub(at.y, splat(c[1])),
        z: sub(at.z, splat(c[2])),
    };
    let d2 = length2(way);
    if !any(lt(splat(motion.sphere * motion.sphere), d2)) {
        return wish;
    }
    let d = sqrt(max(d2, splat(1e-12)));
    let beyond = max(sub(splat(1.0), div(splat(motion.sphere), d)), splat(0.0));
    sum(wish, scaled(way, mul(beyond, splat(-TURN_BACK))))
}

/// The velocity with its length between the speed limits; a bird at rest stays at rest.
#[inline(always)]
fn sped(motion: &Motion, v: V3) -> V3 {
    let (low, high) = (motion.min_speed, motion.max_speed);
    let s2 = length2(v);
    let fast = lt(splat(high * high), s2);
    let slow = and(lt(s2, splat(low * low)), lt(splat(0.0), s2));
    let either = or(fast, slow);
    if !any(either) {
        return v;
    }
    let k = div(select(splat(high), splat(low), fast), sqrt(s2));
    scaled(v, select(k, splat(1.0), either))
}

/// Puts birds that got into an obstacle onto its surface.
#[inline(always)]
fn outside(bodies: &[Body], mut at: V3) -> V3 {
    for body in bodies {
        if body.solid > 0.0 {
            at = lifted(body, at);
        }
    }
    at
}

#[inline(never)]
fn lifted(body: &Body, at: V3) -> V3 {
    let (way, d2) = from(body, at);
    let inside = lt(d2, splat(body.solid * body.solid));
    let k = div(splat(body.solid), sqrt(max(d2, splat(1e-12))));
    let out = |c: f32, w: V, p: V| select(add(splat(c), mul(w, k)), p, inside);
    V3 {
        x: out(body.at[0], way.x, at.x),
        y: out(body.at[1], way.y, at.y),
        z: out(body.at[2], way.z, at.z),
    }
}

/// Keeps birds in the box: on the other side, or bounced.
#[inline(always)]
fn kept(motion: &Motion, at: V3, velocity: V3) -> (V3, V3) {
    let s = motion.size;
    let beyond = |p: V, size: f32| or(lt(p, splat(0.0)), ge(p, splat(size)));
    let out = or(
        or(beyond(at.x, s[0]), beyond(at.y, s[1])),
        beyond(at.z, s[2]),
    );
    if !any(out) {
        return (at, velocity);
    }
    if motion.wraps {
        let at = V3 {
            x: wrapped(at.x, s[0]),
            y: wrapped(at.y, s[1]),
            z: wrapped(at.z, s[2]),
        };
        return (at, velocity);
    }
    let (x, vx) = bounced(at.x, velocity.x, s[0]);
    let (y, vy) = bounced(at.y, velocity.y, s[1]);
    let (z, vz) = bounced(at.z, velocity.z, s[2]);
    (
        V3 { x, y, z },
        V3 {
            x: vx,
            y: vy,
            z: vz,
        },
    )
}

#[inline(always)]
fn wrapped(p: V, size: f32) -> V {
    let (zero, size) = (splat(0.0), splat(size));
    let p = add(p, and(lt(p, zero), size));
    let p = sub(p, and(ge(p, size), size));
    confined(p, size)
}

#[inline(always)]
fn bounced(p: V, v: V, size: f32) -> (V, V) {
    let (zero, edge) = (splat(0.0), splat(size));
    let (under, over) = (lt(p, zero), ge(p, edge));
    let p = xor(p, and(under, sign_bit()));
    let p = select(sub(splat(2.0 * size), p), p, over);
    (confined(p, edge), xor(v, and(or(under, over), sign_bit())))
}

/// Whatever pushed a bird how far ever: cells are looked up by position, so it must be in the box.
#[inline(always)]
fn confined(p: V, size: V) -> V {
    min(max(p, splat(0.0)), size)
}
