//! The ops: make a flock, fly it on, measure it.

use inos_sdk::{Call, Error, INSTANCES_MEDIA, Instance};

use crate::flock::Flock;
use crate::memory::MAX_BIRDS;
use crate::params::{MODEL, Params, SPECS};
use crate::stats::measure;

/// Seconds of one step.
const STEP: f32 = 1.0 / 60.0;
/// Coordinates and velocities beyond this are refused: their squares must stay finite.
const LARGEST: f32 = 1e6;
/// Live parameter of each parameter of `init`.
const INIT_PARAMS: [&str; 5] = ["count", "seed", "dimensions", "bounds", "density"];

/// `init`: a flock from the seed.
pub fn init(call: &mut Call) -> Result<(), Error> {
    let params = Params::from_values(|live| {
        let op = INIT_PARAMS
            .iter()
            .position(|name| *name == SPECS[live].name);
        op.map_or(f64::NAN, |i| number(call, i))
    });
    let flock = Flock::new(params.count, &params);
    let mut output = call.output(0)?;
    flock.write(output.slice::<Instance>(flock.birds())?);
    output.media(INSTANCES_MEDIA)
}

/// `step`: the birds of the input, some steps later.
pub fn step(call: &mut Call) -> Result<(), Error> {
    let steps = call.params().count(0)?;
    let params = Params::from_values(|live| {
        if MODEL.contains(&live) {
            number(call, live)
        } else {
            f64::NAN
        }
    });
    let input = call.input(0)?;
    let birds = checked(input.slice::<Instance>(), input.len())?;
    let mut flock = Flock::from_instances(birds, &params).ok_or_else(|| {
        Error::invalid("the birds lie too far apart for one grid: move them nearer to the centre")
    })?;
    let mut output = call.output(0)?;
    let instances = output.slice::<Instance>(birds.len())?;
    instances.copy_from_slice(birds);
    if !birds.is_empty() {
        for done in 0..steps {
            call.progress(done as u64, steps as u64)?;
            flock.step(STEP, 1, instances);
        }
    }
    for (to, from) in instances.iter_mut().zip(birds) {
        to.b = from.b;
    }
    output.media(INSTANCES_MEDIA)
}

/// `stats`: figures of the birds of the input.
pub fn stats(call: &mut Call) -> Result<(), Error> {
    let input = call.input(0)?;
    let birds = checked(input.slice::<Instance>(), input.len())?;
    let s = measure(birds);
    let all = [
        s.polarisation,
        s.milling,
        s.nearest_neighbour,
        s.mean_speed,
        s.neighbours,
        s.spread,
    ];
    all.into_iter()
        .enumerate()
        .try_for_each(|(i, value)| call.result(i as u32, value))
}

fn number(call: &Call, index: usize) -> f64 {
    call.params().number(index as u32).unwrap_or(f64::NAN)
}

/// The input as birds; an error that says what does not fit, and where.
fn checked(birds: Result<&[Instance], Error>, len: u64) -> Result<&[Instance], Error> {
    let size = size_of::<Instance>() as u64;
    if !len.is_multiple_of(size) {
        return Err(Error::invalid(format!(
            "input birds has {len} bytes: not a whole number of birds of {size}"
        )));
    }
    if len / size > MAX_BIRDS as u64 {
        return Err(Error::invalid(format!(
            "input birds has {} birds, more than {MAX_BIRDS}",
            len / size
        )));
    }
    let birds = birds?;
    for (k, bird) in birds.iter().enumerate() {
        let values = [
            bird.x, bird.y, bird.z, bird.a, bird.vx, bird.vy, bird.vz, bird.b,
        ];
        for (field, value) in values.into_iter().enumerate() {
            let free = field == 3 || field == 7;
            if !(value.is_finite() && (free || value.abs() <= LARGEST)) {
                let name = ["x", "y", "z", "a", "vx", "vy", "vz", "b"][field];
                let byte = k * size_of::<Instance>() + 4 * field;
                return Err(Error::invalid(format!(
                    "input birds, byte {byte}: {name} of bird {k} is {value}, not a usable number"
                )));
            }
        }
    }
    Ok(birds)
}
