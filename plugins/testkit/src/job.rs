use std::cell::RefCell;
use std::rc::Rc;

use inos_sdk::host::with_host;
use inos_sdk::{Call, Error};

use crate::host::{Room, TestHost};
use crate::json::Json;
use crate::manifest::{Settings, list};
use crate::memory::Memory;
use crate::{Failure, Manifest, Value, World};

/// Bytes of all outputs when the manifest names no limit: the arena's default budget.
const DEFAULT_OUTPUT_BYTES: u64 = 16 << 20;

/// One call of an op, being prepared. Parameters begin as the manifest's defaults.
pub struct Job {
    op: String,
    number: u32,
    params: Settings,
    settings: Settings,
    outputs: Vec<String>,
    results: Vec<String>,
    permissions: Vec<String>,
    host: TestHost,
}

impl Job {
    /// A call of the op `op`.
    pub fn new(manifest: &Manifest, op: &str) -> Self {
        let limit = manifest.limit("outputBytes");
        let output_limit = if limit == 0 {
            DEFAULT_OUTPUT_BYTES
        } else {
            limit
        };
        Self {
            op: op.into(),
            number: manifest.number_of(op),
            params: manifest.op_settings(op),
            settings: manifest.settings(),
            outputs: manifest.op_outputs(op),
            results: manifest.op_results(op),
            permissions: manifest.permissions(),
            host: TestHost {
                outputs: manifest.op_media(op).into_iter().map(Room::new).collect(),
                output_limit,
                ..TestHost::default()
            },
        }
    }

    /// Sets a parameter; panics where the host would refuse the value.
    pub fn set(mut self, param: &str, value: impl Into<Value>) -> Self {
        self.params.set(param, value.into());
        self
    }

    /// Sets a setting of the plugin, as its user does; panics where the host would refuse the value.
    pub fn setting(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.settings.set(name, value.into());
        self
    }

    /// Adds the next input, which has no name.
    pub fn input(self, bytes: &[u8]) -> Self {
        self.named_input("", bytes)
    }

    /// Adds the next input as a file of that name.
    pub fn named_input(mut self, name: &str, bytes: &[u8]) -> Self {
        self.host.inputs.push(Memory::of(bytes));
        self.host.names.push(name.into());
        self
    }

    /// Allows all outputs together no more than `bytes`.
    pub fn output_limit(mut self, bytes: u64) -> Self {
        self.host.output_limit = bytes;
        self
    }

    /// Puts the op into a world outside; panics where that allows more than the manifest asks for.
    pub fn world(mut self, world: World) -> Self {
        for key in world.allows() {
            let asked = &self.permissions;
            assert!(
                asked.contains(&key),
                "the manifest asks for {asked:?}, not for {key}"
            );
        }
        self.host.world = world;
        self
    }

    /// Asks the op to stop at its `calls`-th report of progress, and at all that follow.
    pub fn cancel_after(mut self, calls: usize) -> Self {
        self.host.cancel_after = Some(calls);
        self
    }

    /// Runs it. `dispatch` is what `inos_sdk::plugin!` made.
    pub fn run(mut self, dispatch: fn(u32, &mut Call) -> Result<(), Error>) -> Done {
        self.host.params = self.params.values();
        self.host.settings = self.settings.known();
        self.host.results = vec![f64::NAN; self.results.len()];
        let host = self.host.shared_ref();
        let code = with_host(host.clone(), || {
            inos_sdk::__entry::call(self.number as i32, dispatch)
        });
        Done {
            op: self.op,
            code,
            host,
            outputs: self.outputs,
            results: self.results,
        }
    }
}

/// A call that has returned.
pub struct Done {
    op: String,
    code: i32,
    host: Rc<RefCell<TestHost>>,
    outputs: Vec<String>,
    results: Vec<String>,
}

/// One output of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Produced {
    /// The valid bytes.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media: String,
}

impl Done {
    /// Panics with the plugin's text if the op failed.
    pub fn ok(self) -> Self {
        if let Some(failure) = self.failure() {
            panic!("{} failed with {}: {}", self.op, failure.code, failure.text);
        }
        self
    }

    /// How the op failed; None when it did not.
    pub fn failure(&self) -> Option<Failure> {
        let text = || self.host.borrow().failure.clone();
        (self.code != 0).then(|| Failure {
            code: self.code,
            text: text(),
        })
    }

    /// A result by name; NaN where the op reported none.
    pub fn result(&self, name: &str) -> f64 {
        self.host.borrow().results[position(&self.results, name)]
    }

    /// An output by name.
    pub fn output(&self, name: &str) -> Produced {
        let host = self.host.borrow();
        let room = &host.outputs[position(&self.outputs, name)];
        let bytes = room.memory.bytes()[..room.len as usize].to_vec();
        Produced {
            bytes,
            media: room.media.clone(),
        }
    }

    /// The world outside, as the op left it.
    pub fn world(&self) -> World {
        self.host.borrow().world.clone()
    }

    /// The reports of progress: done and total.
    pub fn progress(&self) -> Vec<(u64, u64)> {
        self.host.borrow().progress.clone()
    }

    /// The log lines with their level.
    pub fn log(&self) -> Vec<(i32, String)> {
        self.host.borrow().log.clone()
    }
}

fn position(names: &[String], name: &str) -> usize {
    match names.iter().position(|known| known == name) {
        Some(index) => index,
        None => panic!("no {name} among {names:?}"),
    }
}

impl Manifest {
    /// The first media type of each output.
    fn op_media(&self, op: &str) -> Vec<String> {
        let first = |port: &Json| {
            list(&port["media"])
                .first()
                .and_then(Json::as_str)
                .map(String::from)
        };
        self.op_ports(op)
            .iter()
            .map(|port| first(port).unwrap_or_default())
            .collect()
    }
}
