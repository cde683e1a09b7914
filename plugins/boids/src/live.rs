//! The live part: the flock in the memory that all shards see, a frame per tick.

use inos_sdk::{Error, Init, Instance, Live, Load, Params as HostParams, Save, Tick};

use crate::geometry::Geometry;
use crate::grid::Shard;
use crate::memory::{MAGIC, MAX_SHARDS, Memory};
use crate::params::Params;
use crate::state;
use crate::tick::{PHASES, Plan};

/// Channel of the birds.
const BIRDS: u32 = 0;

/// One shard of the live flock.
#[derive(Debug, Default)]
pub struct LiveFlock {
    /// The running tick, from phase 0 on.
    plan: Option<Plan>,
    /// The grid of the last tick and what it followed from: working it out takes a while.
    grid: Option<(Params, Geometry)>,
}

impl LiveFlock {
    /// The grid for `params`.
    fn geometry(&mut self, params: &Params) -> Geometry {
        match self.grid {
            Some((of, geometry)) if of == *params => geometry,
            _ => {
                let geometry = Geometry::new(params.count, params);
                self.grid = Some((*params, geometry));
                geometry
            }
        }
    }
}

impl Live for LiveFlock {
    /// Forgets the flock: the next tick makes one from the seed.
    fn init(&mut self, init: &mut Init) -> Result<(), Error> {
        let params = read(init.params());
        let geometry = self.geometry(&params);
        let shared = init.shared(Memory::byte_len(&geometry))?;
        // SAFETY: the memory is as long as the grid needs; no tick runs during a reset.
        unsafe { (*Memory::new(shared.as_ptr(), &geometry).header()).magic = 0 };
        Ok(())
    }

    /// Hands the flock on. The grid of the last tick is the header's: parameters that changed since
    /// have not reached the birds.
    fn save(&mut self, save: &mut Save) -> Result<(), Error> {
        let smallest = Geometry::new(0, &read(save.params()));
        let shared = save.shared(Memory::byte_len(&smallest))?;
        // SAFETY: the header lies in the memory of the smallest flock; no tick runs.
        let header = unsafe { &*Memory::new(shared.as_ptr(), &smallest).header() };
        if header.magic != MAGIC {
            return Ok(()); // nobody has flown yet
        }
        let geometry = header.geometry;
        let shared = save.shared(Memory::byte_len(&geometry))?;
        let mut output = save.state()?;
        let words = output.slice::<u32>(state::words(geometry.birds))?;
        // SAFETY: the memory is as long as its grid needs, holds a flock, and no tick runs.
        unsafe { state::write(Memory::new(shared.as_ptr(), &geometry), words) };
        Ok(())
    }

    /// Lets a flock that was handed on fly here; the next tick fits it to other parameters.
    fn load(&mut self, load: &mut Load) -> Result<(), Error> {
        let input = load.state()?;
        let flock = state::read(input.slice::<u32>()?)?;
        let shared = load.shared(Memory::byte_len(flock.geometry()))?;
        // SAFETY: the memory is as long as the grid needs; no tick runs.
        unsafe { flock.put(Memory::new(shared.as_ptr(), flock.geometry())) };
        Ok(())
    }

    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error> {
        if tick.phase() == 0 {
            self.plan = Some(self.begin(tick)?);
        }
        let Some(plan) = self.plan else {
            return Err(Error::failed("a tick began in the middle"));
        };
        let base = tick.shared(plan.byte_len())?.as_ptr();
        let last = tick.phase() + 1 == PHASES;
        let frame = if last {
            tick.channel::<Instance>(BIRDS)?
        } else {
            None
        };
        let instances = frame.map_or(std::ptr::null_mut(), |slot| slot.as_ptr().cast());
        // SAFETY: the host keeps phases and shards in order, gives all shards the same memory, and
        // the plan has no more birds than the slot has room for.
        unsafe { plan.run(base, tick.phase(), tick.dt(), instances) };
        if frame.is_some() && tick.shard() == 0 {
            tick.publish(BIRDS, plan.birds())?;
        }
        Ok(())
    }
}

impl LiveFlock {
    fn begin(&mut self, tick: &Tick) -> Result<Plan, Error> {
        let shard = Shard {
            index: tick.shard() as usize,
            of: tick.shards() as usize,
        };
        if shard.of > MAX_SHARDS || shard.index >= shard.of {
            return Err(Error::failed(format!(
                "shard {} of {}",
                shard.index, shard.of
            )));
        }
        let mut params = read(tick.params());
        if let Some(slot) = tick.channel::<Instance>(BIRDS)? {
            params.count = params
                .count
                .min(u32::try_from(slot.capacity()).unwrap_or(u32::MAX));
        }
        let geometry = self.geometry(&params);
        let shared = tick.shared(Memory::byte_len(&geometry))?;
        // SAFETY: the memory is as long as the grid needs, and starts zeroed.
        Ok(unsafe { Plan::new(shared.as_ptr(), geometry, &params, shard) })
    }
}

fn read(params: HostParams<'_>) -> Params {
    Params::from_values(|i| params.number(i as u32).unwrap_or(f64::NAN))
}
