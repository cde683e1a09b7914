//! Whole flights: fast mode against exact mode, and the presets against each other.

use inos_sdk::Instance;
use serde_json::Value;

use crate::flock::Flock;
use crate::params::{Mode, Params, SPECS};
use crate::stats::{Stats, measure};

const DT: f32 = 1.0 / 60.0;

/// Figures after `steps` steps of `birds` birds.
fn flown(birds: u32, params: &Params, steps: usize) -> Stats {
    let mut flock = Flock::new(birds, params);
    let mut frame = vec![Instance::default(); birds as usize];
    (0..steps).for_each(|_| flock.step(DT, 1, &mut frame));
    measure(&frame)
}

#[test]
fn after_600_steps_fast_mode_flies_like_exact_mode() {
    let mean = |mode| {
        let runs = (1..=5).map(|seed| {
            flown(
                5000,
                &Params {
                    mode,
                    seed,
                    ..Params::default()
                },
                600,
            )
        });
        let (mut polarisation, mut nearest) = (0.0, 0.0);
        for s in runs {
            polarisation += s.polarisation / 5.0;
            nearest += s.nearest_neighbour / 5.0;
        }
        (polarisation, nearest)
    };
    let (exact, fast) = (mean(Mode::Exact), mean(Mode::Fast));
    let off = [fast.0 / exact.0 - 1.0, fast.1 / exact.1 - 1.0];
    assert!(
        off.iter().all(|d| d.abs() < 0.1),
        "exact {exact:?}, fast {fast:?}: off by {off:?}"
    );
    assert_ne!(exact, fast, "the modes are two things");
}

/// The parameters of a preset of the manifest.
fn preset(name: &str) -> Params {
    let json: Value = serde_json::from_str(include_str!("../../manifest.json")).unwrap();
    let presets = json["units"][0]["live"]["presets"]
        .as_array()
        .unwrap()
        .clone();
    let values = presets.iter().find(|p| p["name"] == name).unwrap()["values"].clone();
    let value = |param: &str| {
        let of = |v: &&Value| v["param"] == param;
        values
            .as_array()
            .unwrap()
            .iter()
            .find(of)
            .and_then(|v| v["value"].as_f64())
    };
    Params::from_values(|i| value(SPECS[i].name).unwrap_or(f64::NAN))
}

#[test]
fn starlings_are_the_defaults() {
    assert_eq!(preset("starlings"), Params::default());
}

#[test]
fn presets_fly_differently() {
    let [starlings, fish, gnats, chaos] =
        ["starlings", "fish", "gnats", "chaos"].map(|name| flown(3000, &preset(name), 400));
    let all = format!("{starlings:?} {fish:?} {gnats:?} {chaos:?}");
    assert!(
        fish.polarisation > starlings.polarisation + 0.1,
        "a school is of one mind: {all}"
    );
    assert!(
        starlings.polarisation > gnats.polarisation + 0.2,
        "gnats are not in step: {all}"
    );
    assert!(
        gnats.polarisation < 0.1 && gnats.neighbours > 10.0,
        "a dense swarm: {all}"
    );
    assert!(
        chaos.neighbours < 0.7 * starlings.neighbours,
        "chaos drives them apart: {all}"
    );
    assert!(
        chaos.mean_speed > 1.3 * starlings.mean_speed,
        "chaos is fast: {all}"
    );
    assert!(
        fish.mean_speed < 0.9 * starlings.mean_speed,
        "fish are slow: {all}"
    );
}

#[test]
fn the_flock_does_not_collapse() {
    let s = flown(5000, &Params::default(), 1500);
    assert!(
        (8.0..35.0).contains(&s.neighbours) && s.nearest_neighbour > 0.3,
        "{s:?}"
    );
}
