use std::cell::RefCell;
use std::rc::Rc;

use inos_sdk::host::with_host;
use inos_sdk::{__entry as entry, Plain};

use crate::host::{Room, TestChannel, TestHost};
use crate::json::Json;
use crate::manifest::{Settings, list};
use crate::memory::Memory;
use crate::{Failure, Manifest, Value};

/// Bytes of one element of a frame.
const STRIDE: usize = 32;

/// Bytes that the host lets a unit hand on.
const MAX_STATE: u64 = 64 << 20;

/// A live unit, ticked by the test: phase by phase, shard by shard, on one thread.
pub struct Live<L> {
    host: Rc<RefCell<TestHost>>,
    settings: Settings,
    capacity: Capacity,
    instances: Vec<L>,
    shards: usize,
    phases: i32,
    dt_us: i32,
}

/// How many elements each channel has.
struct Capacity(Vec<(String, usize)>);

impl<L: inos_sdk::Live> Live<L> {
    /// The live unit of the manifest with one shard, parameters as their defaults, not started.
    pub fn new(manifest: &Manifest) -> Self {
        let live = manifest.live();
        let number = |key: &str| live[key].as_i64().unwrap_or(0);
        let settings = manifest.live_settings();
        let capacity = Capacity::of(live);
        let shared = manifest.limit("sharedBytes") as usize;
        let host = TestHost {
            params: settings.values(),
            channels: capacity.channels(&settings),
            shared: (shared > 0).then(|| Memory::new(shared, 0)),
            ..TestHost::default()
        };
        Self {
            host: host.shared_ref(),
            settings,
            capacity,
            instances: (0..number("maxShards").max(1))
                .map(|_| L::default())
                .collect(),
            shards: 1,
            phases: number("phases").max(1) as i32,
            dt_us: (1e6 / number("rateHz").max(1) as f64).round() as i32,
        }
    }

    /// Sets a parameter before the next tick; panics where the host would refuse the value.
    pub fn set(&mut self, param: &str, value: impl Into<Value>) {
        self.settings.set(param, value.into());
        let mut host = self.host.borrow_mut();
        host.params = self.settings.values();
        let wanted = self.capacity.counts(&self.settings);
        if host.channels.iter().map(|c| c.count).ne(wanted) {
            host.channels = self.capacity.channels(&self.settings);
        }
    }

    /// How many shards the next ticks use.
    pub fn set_shards(&mut self, shards: usize) {
        let most = self.instances.len();
        assert!(
            (1..=most).contains(&shards),
            "{shards} shards, but maxShards is {most}"
        );
        self.shards = shards;
    }

    /// Starts the unit, or starts it again.
    pub fn reset(&mut self) -> Result<(), Failure> {
        let first = &mut self.instances[0];
        let code = with_host(self.host.clone(), || entry::init(first));
        self.check(code)
    }

    /// What the unit hands on to another version of itself; None: nothing.
    pub fn save(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let first = &mut self.instances[0];
        {
            let mut host = self.host.borrow_mut();
            host.outputs = vec![Room::new(String::new())];
            host.output_limit = MAX_STATE;
        }
        let code = with_host(self.host.clone(), || entry::save(first));
        let state = self.host.borrow_mut().outputs.pop();
        self.check(code)?;
        let bytes = |room: Room| room.memory.bytes()[..room.len as usize].to_vec();
        Ok(state.filter(|room| room.mapped).map(bytes))
    }

    /// Starts the unit from what another version has handed on.
    pub fn load(&mut self, state: &[u8]) -> Result<(), Failure> {
        self.host.borrow_mut().inputs = vec![Memory::of(state)];
        let first = &mut self.instances[0];
        let code = with_host(self.host.clone(), || entry::load(first));
        self.host.borrow_mut().inputs.clear();
        self.check(code)
    }

    /// One tick: all phases on all shards, then the frames that were announced are published.
    pub fn tick(&mut self) -> Result<(), Failure> {
        self.host
            .borrow_mut()
            .channels
            .iter_mut()
            .for_each(TestChannel::begin);
        for phase in 0..self.phases {
            for shard in 0..self.shards {
                let (instance, shards) = (&mut self.instances[shard], self.shards as i32);
                let code = with_host(self.host.clone(), || {
                    entry::tick(instance, phase, shard as i32, shards, self.dt_us)
                });
                self.check(code)?;
            }
        }
        self.host
            .borrow_mut()
            .channels
            .iter_mut()
            .for_each(TestChannel::end);
        Ok(())
    }

    /// A copy of the frame last published on channel `index`; None before the first.
    pub fn frame<T: Plain>(&self, index: usize) -> Option<Vec<T>> {
        assert_eq!(
            size_of::<T>(),
            STRIDE,
            "an element of a frame has {STRIDE} bytes"
        );
        let host = self.host.borrow();
        let (bytes, count) = host.channels[index].frame()?;
        assert!(bytes.len() >= count * STRIDE);
        // SAFETY: a slot is page-aligned and holds `count` elements; T is valid for any bytes.
        Some(unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast::<T>(), count) }.to_vec())
    }

    /// The log lines with their level.
    pub fn log(&self) -> Vec<(i32, String)> {
        self.host.borrow().log.clone()
    }

    fn check(&self, code: i32) -> Result<(), Failure> {
        if code == 0 {
            return Ok(());
        }
        Err(Failure {
            code,
            text: self.host.borrow().failure.clone(),
        })
    }
}

impl Capacity {
    fn of(live: &Json) -> Self {
        let one = |channel: &Json| {
            let param = channel["capacityParam"]
                .as_str()
                .unwrap_or_default()
                .to_string();
            (param, channel["capacity"].as_u64().unwrap_or(0) as usize)
        };
        Self(list(&live["channels"]).iter().map(one).collect())
    }

    fn counts(&self, settings: &Settings) -> Vec<usize> {
        let count = |(param, fixed): &(String, usize)| match param.as_str() {
            "" => *fixed,
            param => settings.integer(param).max(0) as usize,
        };
        self.0.iter().map(count).collect()
    }

    fn channels(&self, settings: &Settings) -> Vec<TestChannel> {
        let make = |count| TestChannel::new(count, STRIDE);
        self.counts(settings).into_iter().map(make).collect()
    }
}
