use std::slice;

use crate::{Call, Error, Input, Instance, Output, Params, Plain, Shared, Slot, raw};

/// The live part of a plugin. Each shard has a value of its own, private to its instance; what
/// the shards have in common lies in [`Shared`] memory.
pub trait Live: Default + 'static {
    /// Called on shard 0 before the first tick and at each reset, after the parameters are set.
    fn init(&mut self, init: &mut Init) -> Result<(), Error> {
        let _ = init;
        Ok(())
    }

    /// Called on shard 0 between two ticks, when new code is to go on in this one's place: hands on
    /// what the next needs in [`Save::state`]. Without that it begins anew. Ticks go on afterwards.
    fn save(&mut self, save: &mut Save) -> Result<(), Error> {
        let _ = save;
        Ok(())
    }

    /// Called on shard 0 instead of [`init`](Live::init) with what another version has handed on.
    /// An error says that it is of no use here: the unit then begins anew. Check every byte of it.
    fn load(&mut self, load: &mut Load) -> Result<(), Error> {
        let _ = load;
        Err(Error::invalid("this version takes no state over"))
    }

    /// One phase of one tick on one shard. The frames must not depend on the number of shards,
    /// which may change from tick to tick.
    fn tick(&mut self, tick: &mut Tick) -> Result<(), Error>;
}

/// What [`Live::init`] works with.
#[derive(Debug)]
pub struct Init(());

impl Init {
    pub(crate) fn new() -> Self {
        Self(())
    }

    /// The live parameters.
    pub fn params(&self) -> Params<'_> {
        Params::new()
    }

    /// Working memory common to all shards; zeroed when the unit starts, not at a reset.
    pub fn shared(&self, len: usize) -> Result<Shared<'_>, Error> {
        Shared::map(len)
    }
}

/// What [`Live::save`] works with.
#[derive(Debug)]
pub struct Save(Call);

impl Save {
    pub(crate) fn new() -> Self {
        Self(Call::new())
    }

    /// The live parameters.
    pub fn params(&self) -> Params<'_> {
        Params::new()
    }

    /// Working memory common to all shards, as the last tick left it.
    pub fn shared(&self, len: usize) -> Result<Shared<'_>, Error> {
        Shared::map(len)
    }

    /// The state to be filled; at most 64 MiB.
    pub fn state(&self) -> Result<Output<'_>, Error> {
        self.0.output(0)
    }
}

/// What [`Live::load`] works with.
#[derive(Debug)]
pub struct Load(Call);

impl Load {
    pub(crate) fn new() -> Self {
        Self(Call::new())
    }

    /// The live parameters: those of the new version, which may differ from those of the old.
    pub fn params(&self) -> Params<'_> {
        Params::new()
    }

    /// Working memory common to all shards; zeroed when the unit started.
    pub fn shared(&self, len: usize) -> Result<Shared<'_>, Error> {
        Shared::map(len)
    }

    /// The state.
    pub fn state(&self) -> Result<Input<'_>, Error> {
        self.0.input(0)
    }
}

/// What [`Live::tick`] works with.
#[derive(Debug)]
pub struct Tick {
    phase: u32,
    shard: u32,
    shards: u32,
    dt_us: u32,
}

impl Tick {
    pub(crate) fn new(phase: u32, shard: u32, shards: u32, dt_us: u32) -> Self {
        Self {
            phase,
            shard,
            shards,
            dt_us,
        }
    }

    /// Phase of this tick, from 0.
    pub fn phase(&self) -> u32 {
        self.phase
    }

    /// Which part of the work is ours, from 0.
    pub fn shard(&self) -> u32 {
        self.shard
    }

    /// How many parts there are in this tick.
    pub fn shards(&self) -> u32 {
        self.shards
    }

    /// Simulated time of one tick in seconds; the same for every tick, whatever the clock says.
    pub fn dt(&self) -> f32 {
        self.dt_us as f32 * 1e-6
    }

    /// The live parameters; they change only between ticks.
    pub fn params(&self) -> Params<'_> {
        Params::new()
    }

    /// Working memory common to all shards, with what the ticks before left there.
    pub fn shared(&self, len: usize) -> Result<Shared<'_>, Error> {
        Shared::map(len)
    }

    /// This tick's slot of channel `index`; None when nothing is attached.
    pub fn channel<T: Plain>(&self, index: u32) -> Result<Option<Slot<'_, T>>, Error> {
        Slot::open(index)
    }

    /// This tick's slot of channel `index` with all the room that it has; only for a unit with one
    /// shard.
    pub fn frame(&mut self, index: u32) -> Result<Option<&mut [Instance]>, Error> {
        if self.shards != 1 {
            return Err(Error::Sharded);
        }
        let Some(slot) = Slot::<Instance>::open(index)? else {
            return Ok(None);
        };
        // SAFETY: the only shard, and the slice borrows the tick mutably, so there is no other.
        let frame = unsafe { slice::from_raw_parts_mut(slot.as_ptr(), slot.capacity()) };
        Ok(Some(frame))
    }

    /// Publishes this tick's slot of channel `index` with `count` elements, once the last phase
    /// has returned on all shards. One shard says it, in any phase.
    pub fn publish(&self, index: u32, count: usize) -> Result<(), Error> {
        let fits = u32::try_from(count).is_ok_and(|n| raw::channel_publish(index, n));
        if fits {
            Ok(())
        } else {
            Err(Error::NoPort(index))
        }
    }
}
