//! The plugin as a native program, in a host that is made for tests, against its manifest.

use inos_sdk::Instance;
use inos_testkit::{Job, Live, Manifest};
use plugin::{Ring, dispatch};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../manifest.json"))
}

#[test]
fn counts_lines_and_words() {
    let text = b"one two\nthree\n";
    let done = Job::new(&manifest(), "count").input(text).run(dispatch).ok();
    assert_eq!((done.result("lines"), done.result("words")), (2.0, 3.0));
}

#[test]
fn without_a_text_the_error_says_so() {
    let failure = Job::new(&manifest(), "count").run(dispatch).failure().unwrap();
    assert_eq!(failure.text, "there is no input 0");
}

#[test]
fn a_ring_has_as_many_points_as_were_asked_for() {
    let mut live = Live::<Ring>::new(&manifest());
    live.set("count", 5i64);
    live.tick().unwrap();
    let points = live.frame::<Instance>(0).unwrap();
    assert_eq!(points.len(), 5);
    assert!(points.iter().all(|p| (p.x.hypot(p.y) - 1.0).abs() < 1e-6));
}
