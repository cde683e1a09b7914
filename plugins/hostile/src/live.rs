//! A live unit that behaves, until it is told not to.

use std::f32::consts::TAU;

use inos_abi::imports;
use inos_sdk::{Error, Init, Instance, Live, Tick, part};

use crate::reach;

/// Elements of a frame, as the manifest has it.
const POINTS: usize = 64;
const DRAW: u32 = 0;
const PUBLISH: u32 = 1;

/// Values of the parameter `behaviour`, in the manifest's order.
const OK: u32 = 0;
const HANG: u32 = 1;
const TRAP: u32 = 2;
const PANIC: u32 = 3;
const OVER_PUBLISH: u32 = 4;
const LOG_FLOOD: u32 = 5;
const ERROR: u32 = 6;
const WRITE_HOLE: u32 = 7;
const NOWHERE: u32 = 8;

#[derive(Default)]
pub(crate) struct Hostile;

impl Live for Hostile {
    fn init(&mut self, init: &mut Init) -> Result<(), Error> {
        // SAFETY: no shard is running yet.
        unsafe {
            init.shared(size_of::<u64>())?
                .as_ptr()
                .cast::<u64>()
                .write(0)
        };
        Ok(())
    }

    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
        let counter = tick.shared(size_of::<u64>())?.as_ptr().cast::<u64>();
        // SAFETY: only shard 0 writes the counter, in the phase in which nobody else reads it.
        let ticks = unsafe { counter.read() };
        match tick.phase() {
            DRAW => {
                // The last shard is the bad one, so that the others have to be got out as well.
                let mut behaviour = OK;
                if tick.shard() + 1 == tick.shards() && ticks as i64 >= tick.params().integer(1)? {
                    behaviour = tick.params().choice(0)?;
                }
                misbehave(behaviour)?;
                draw(tick, ticks, behaviour == NOWHERE)
            }
            PUBLISH if tick.shard() == 0 => {
                // SAFETY: as above.
                unsafe { counter.write(ticks + 1) };
                tick.publish(0, POINTS)
            }
            _ => Ok(()),
        }
    }
}

fn misbehave(behaviour: u32) -> Result<(), Error> {
    match behaviour {
        HANG => loop {
            core::hint::black_box(());
        },
        TRAP => core::arch::wasm32::unreachable(),
        PANIC => panic!("a tick panics on purpose"),
        OVER_PUBLISH => over_publish(),
        LOG_FLOOD => loop {
            inos_sdk::info!("a tick floods the log");
        },
        ERROR => Err(Error::failed("a tick fails on purpose")),
        WRITE_HOLE => {
            reach::write_to_hole();
            Err(Error::failed("a tick wrote where nothing is"))
        }
        OK | NOWHERE => Ok(()),
        other => Err(Error::invalid(format!("behaviour {other}"))),
    }
}

fn over_publish() -> Result<(), Error> {
    for count in [imports::channel_capacity(0) + 1, i32::MAX, -1, i32::MIN] {
        if imports::channel_publish(0, count) != -1 {
            return Err(Error::failed(format!(
                "the host took a frame of {count} elements"
            )));
        }
    }
    Ok(())
}

/// A ring that turns, or points that are nowhere.
fn draw(tick: &Tick, ticks: u64, nowhere: bool) -> Result<(), Error> {
    let Some(slot) = tick.channel::<Instance>(0)? else {
        return Ok(());
    };
    let mine = part(POINTS.min(slot.capacity()), tick.shard(), tick.shards());
    let first = mine.start;
    // SAFETY: the parts of the shards do not overlap.
    for (i, point) in unsafe { slot.range_mut(mine)? }.iter_mut().enumerate() {
        let turn = (first + i) as f32 / POINTS as f32 + ticks as f32 / 1000.0;
        let (sin, cos) = (turn.fract() * TAU).sin_cos();
        *point = Instance {
            x: if nowhere { f32::NAN } else { cos },
            y: sin,
            vx: -sin,
            vy: cos,
            ..Instance::default()
        };
    }
    Ok(())
}
