//! What stands between an export and the plugin's own code: results to codes, panics to texts.

use std::sync::Once;

use crate::{Call, Error, Init, Live, Load, Save, Tick, raw};

/// Runs an op for `inos_call`.
pub fn call(op: i32, dispatch: fn(u32, &mut Call) -> Result<(), Error>) -> i32 {
    report_panics();
    code(dispatch(op as u32, &mut Call::new()))
}

/// Runs `Live::init` for `inos_init`.
pub fn init<L: Live>(live: &mut L) -> i32 {
    report_panics();
    code(live.init(&mut Init::new()))
}

/// Runs `Live::save` for `inos_save`.
pub fn save<L: Live>(live: &mut L) -> i32 {
    report_panics();
    code(live.save(&mut Save::new()))
}

/// Runs `Live::load` for `inos_load`.
pub fn load<L: Live>(live: &mut L) -> i32 {
    report_panics();
    code(live.load(&mut Load::new()))
}

/// Runs one phase of one tick for `inos_tick`.
pub fn tick<L: Live>(live: &mut L, phase: i32, shard: i32, shards: i32, dt_us: i32) -> i32 {
    report_panics();
    let mut tick = Tick::new(phase as u32, shard as u32, shards as u32, dt_us as u32);
    code(live.tick(&mut tick))
}

fn code(result: Result<(), Error>) -> i32 {
    let Err(error) = result else { return 0 };
    raw::fail(&error.to_string());
    error.code()
}

/// A panic says where and why before it traps. In a native build the test harness does that.
fn report_panics() {
    static ONCE: Once = Once::new();
    if cfg!(target_arch = "wasm32") {
        ONCE.call_once(|| {
            std::panic::set_hook(Box::new(|info| {
                // "panicked at FILE:LINE:COLUMN:", then the message on a line of its own.
                raw::fail(&info.to_string().replacen(":\n", ": ", 1));
            }));
        });
    }
}
