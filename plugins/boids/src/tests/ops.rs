//! The ops on the test host.

use crate::dispatch;
use inos_testkit::{Job, Manifest};

const BIRD: usize = 32;

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../../manifest.json"))
}

fn flock(count: i64) -> Vec<u8> {
    Job::new(&manifest(), "init")
        .set("count", count)
        .run(dispatch)
        .ok()
        .output("birds")
        .bytes
}

fn step(birds: &[u8], steps: i64) -> Vec<u8> {
    let job = Job::new(&manifest(), "step")
        .set("steps", steps)
        .input(birds);
    job.run(dispatch).ok().output("birds").bytes
}

#[test]
fn init_makes_the_birds_of_the_seed() {
    let job = |seed: i64| {
        let job = Job::new(&manifest(), "init")
            .set("count", 200i64)
            .set("seed", seed);
        job.run(dispatch).ok().output("birds")
    };
    assert_eq!(job(4).bytes.len(), 200 * BIRD);
    assert_eq!(job(4), job(4));
    assert_ne!(job(4), job(5));
    assert_eq!(job(4).media, "application/vnd.inos.instances");
}

#[test]
fn stepping_twice_is_deterministic_and_moves_every_bird() {
    let birds = flock(300);
    let later = step(&birds, 5);
    assert_eq!(later, step(&birds, 5));
    assert_eq!(later.len(), birds.len());
    for (a, b) in birds.chunks(BIRD).zip(later.chunks(BIRD)) {
        assert_ne!(a[..12], b[..12]);
        assert_eq!(a[28..], b[28..], "the phase stays");
    }
}

#[test]
fn step_reports_progress_and_stops_when_asked() {
    let birds = flock(100);
    let done = Job::new(&manifest(), "step")
        .set("steps", 10i64)
        .input(&birds)
        .run(dispatch)
        .ok();
    assert_eq!(done.progress().last().map(|p| p.1), Some(10));
    let stopped = Job::new(&manifest(), "step")
        .set("steps", 100_000i64)
        .input(&birds)
        .cancel_after(3)
        .run(dispatch);
    assert_eq!(stopped.failure().map(|f| f.text), Some("cancelled".into()));
}

#[test]
fn stats_measures_what_init_made() {
    let done = Job::new(&manifest(), "stats")
        .input(&flock(5000))
        .run(dispatch)
        .ok();
    let neighbours = done.result("neighbours");
    assert!((14.0..22.0).contains(&neighbours), "{neighbours}");
    assert!(done.result("polarisation") > 0.5);
    assert!((0.25..0.4).contains(&done.result("nearest_neighbour")));
    for name in ["milling", "mean_speed", "spread"] {
        assert!(done.result(name).is_finite(), "{name}");
    }
}

#[test]
fn no_birds_are_no_error() {
    assert!(step(&[], 3).is_empty());
    let done = Job::new(&manifest(), "stats").input(&[]).run(dispatch).ok();
    assert_eq!(done.result("neighbours"), 0.0);
}

#[test]
fn a_broken_input_is_refused_with_the_byte_that_is_wrong() {
    let fail = |op: &str, birds: &[u8]| {
        Job::new(&manifest(), op)
            .input(birds)
            .run(dispatch)
            .failure()
            .unwrap()
            .text
    };
    let mut birds = flock(100);
    for op in ["step", "stats"] {
        let text = fail(op, &birds[..100]);
        assert!(text.contains("100 bytes"), "{text}");
    }
    birds[2 * BIRD + 4..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    for op in ["step", "stats"] {
        let text = fail(op, &birds);
        assert!(
            text.contains("byte 68") && text.contains("y of bird 2"),
            "{text}"
        );
    }
    birds[2 * BIRD + 4..][..4].copy_from_slice(&9e5f32.to_le_bytes());
    let text = fail("step", &birds);
    assert!(text.contains("too far apart"), "{text}");
}
