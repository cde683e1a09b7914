//! The flock without wasm: what the same source does as native code.
//!
//! `flock_native MODE COUNT SHARDS STEPS SEED [--json]` runs the defaults of the manifest with a
//! thread per shard and prints step times and the checksum of the last frame. `inos bench flock`
//! compares it with the plugin; a test compares the checksums.

use std::hint::spin_loop;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use inos_boids::checksum::checksum;
use inos_boids::flock::Flock;
use inos_boids::grid::Shard;
use inos_boids::memory::{MAX_BIRDS, MAX_SHARDS};
use inos_boids::params::{Mode, Params};
use inos_boids::tick::{PHASES, Plan};
use inos_sdk::Instance;

/// The step of a live unit that ticks 60 times a second, as the host passes it.
const DT: f32 = 16_667.0 * 1e-6;
/// Spins before a waiting thread gives its core away.
const SPINS: usize = 20_000;
const USAGE: &str = "usage: flock_native exact|fast COUNT SHARDS STEPS SEED [--json]";

struct Order {
    params: Params,
    count: usize,
    shards: usize,
    steps: usize,
    json: bool,
}

/// Times of each step in milliseconds.
#[derive(Default)]
struct Times {
    step: Vec<f64>,
    steer: Vec<f64>,
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let Some(order) = order(&args) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut instances = vec![Instance::default(); order.count];
    let times = run(&order, &mut instances);
    report(&order, &times, checksum(&instances));
    ExitCode::SUCCESS
}

fn order(args: &[String]) -> Option<Order> {
    let json = args.get(5).is_some_and(|a| a == "--json");
    if args.len() != 5 + usize::from(json) {
        return None;
    }
    let mode = match args[0].as_str() {
        "exact" => Mode::Exact,
        "fast" => Mode::Fast,
        _ => return None,
    };
    let seed = args[4].parse().ok()?;
    let order = Order {
        params: Params {
            mode,
            seed,
            ..Params::default()
        },
        count: args[1].parse().ok()?,
        shards: args[2].parse().ok()?,
        steps: args[3].parse().ok()?,
        json,
    };
    let fits = (1..=MAX_BIRDS).contains(&order.count)
        && (1..=MAX_SHARDS).contains(&order.shards)
        && order.steps > 0;
    fits.then_some(order)
}

/// All threads wait here until the last one comes.
#[derive(Default)]
struct Barrier {
    here: AtomicUsize,
    round: AtomicUsize,
}

impl Barrier {
    fn wait(&self, of: usize) {
        let round = self.round.load(Ordering::Acquire);
        if self.here.fetch_add(1, Ordering::AcqRel) + 1 == of {
            self.here.store(0, Ordering::Release);
            self.round.store(round + 1, Ordering::Release);
            return;
        }
        let mut spins = 0;
        while self.round.load(Ordering::Acquire) == round {
            spins += 1;
            if spins > SPINS {
                std::thread::yield_now();
            } else {
                spin_loop();
            }
        }
    }
}

/// The memory and the frame, for all threads.
#[derive(Clone, Copy)]
struct Ground {
    base: *mut u8,
    frame: *mut [f32; 8],
}

// SAFETY: the phases of a tick keep the shards apart, and the barrier keeps the phases apart.
unsafe impl Send for Ground {}
// SAFETY: likewise.
unsafe impl Sync for Ground {}

fn run(order: &Order, instances: &mut [Instance]) -> Times {
    let flock = Flock::new(order.count as u32, &order.params);
    let ground = Ground {
        base: flock.base(),
        frame: instances.as_mut_ptr().cast(),
    };
    let barrier = Barrier::default();
    let shard = |index| {
        let (ground, barrier, flock) = (&ground, &barrier, flock.geometry());
        work(
            ground,
            barrier,
            flock,
            order,
            Shard {
                index,
                of: order.shards,
            },
        )
    };
    std::thread::scope(|scope| {
        for index in 1..order.shards {
            let geometry = *flock.geometry();
            let (ground, barrier) = (&ground, &barrier);
            scope.spawn(move || {
                work(
                    ground,
                    barrier,
                    &geometry,
                    order,
                    Shard {
                        index,
                        of: order.shards,
                    },
                )
            });
        }
        shard(0)
    })
}

fn work(
    ground: &Ground,
    barrier: &Barrier,
    geometry: &inos_boids::geometry::Geometry,
    order: &Order,
    shard: Shard,
) -> Times {
    let mut times = Times::default();
    for _ in 0..order.steps {
        barrier.wait(shard.of);
        let start = Instant::now();
        let mut steer = start;
        // SAFETY: the memory belongs to the flock, which outlives the threads; the barrier
        // separates the phases; the frame has room for all birds.
        unsafe {
            let plan = Plan::new(ground.base, *geometry, &order.params, shard);
            for phase in 0..PHASES {
                if phase + 1 == PHASES {
                    steer = Instant::now();
                }
                plan.run(ground.base, phase, DT, ground.frame);
                barrier.wait(shard.of);
            }
        }
        times.step.push(start.elapsed().as_secs_f64() * 1e3);
        times.steer.push(steer.elapsed().as_secs_f64() * 1e3);
    }
    times
}

/// The value below which `share` of them lie.
fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((last as f64 * share).round() as usize)
        .copied()
        .unwrap_or(0.0)
}

fn report(order: &Order, times: &Times, sum: u64) {
    let mode = if order.params.mode == Mode::Fast {
        "fast"
    } else {
        "exact"
    };
    let figures = |v: &[f64]| (quantile(v, 0.0), quantile(v, 0.5), quantile(v, 0.95));
    let (step, steer) = (figures(&times.step), figures(&times.steer));
    let (count, shards, steps) = (order.count, order.shards, order.steps);
    if order.json {
        println!(
            "{{\"mode\":\"{mode}\",\"count\":{count},\"shards\":{shards},\"steps\":{steps},\
             \"seed\":{},\"step_ms\":{{\"best\":{:.4},\"p50\":{:.4},\"p95\":{:.4}}},\
             \"steer_ms\":{{\"best\":{:.4},\"p50\":{:.4},\"p95\":{:.4}}},\
             \"checksum\":\"{sum:016x}\"}}",
            order.params.seed, step.0, step.1, step.2, steer.0, steer.1, steer.2
        );
    } else {
        println!(
            "{mode} {count} birds, {shards} shards, {steps} steps: step {:.3}/{:.3}/{:.3} ms, \
             steer {:.3}/{:.3}/{:.3} ms (best/p50/p95), checksum {sum:016x}",
            step.0, step.1, step.2, steer.0, steer.1, steer.2
        );
    }
}
