//! The ops against the manifest that ships with them.

use adder::dispatch;
use inos_testkit::{Failure, Job, Manifest};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../manifest.json"))
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

fn invalid(text: &str) -> Option<Failure> {
    Some(Failure {
        code: 2,
        text: text.into(),
    })
}

#[test]
fn adds_two_numbers() {
    let done = Job::new(&manifest(), "add")
        .set("a", 1.5)
        .set("b", -4.0)
        .run(dispatch)
        .ok();
    assert_eq!(done.result("sum"), -2.5);
}

#[test]
fn adds_two_values_of_a_file() {
    let file = bytes(&[1.0, 2.0, 4.0]);
    let job = |i: i64, j: i64| {
        Job::new(&manifest(), "add_at")
            .set("i", i)
            .set("j", j)
            .input(&file)
            .run(dispatch)
    };
    assert_eq!(job(0, 2).ok().result("sum"), 5.0);
    assert_eq!(job(1, 1).ok().result("sum"), 4.0);
    assert_eq!(
        job(0, 3).failure(),
        invalid("j is 3, the file has 3 values")
    );
}

#[test]
fn sums_a_file() {
    let done = Job::new(&manifest(), "sum")
        .input(&bytes(&[3.0, -1.0, 4.0]))
        .run(dispatch)
        .ok();
    let results = ["count", "sum", "min", "max", "mean"].map(|name| done.result(name));
    assert_eq!(results, [3.0, 6.0, -1.0, 4.0, 2.0]);
    assert_eq!(done.progress(), [(0, 3), (3, 3)]);
}

#[test]
fn sums_a_file_that_takes_several_windows() {
    let count = (4 << 20) + 3;
    let done = Job::new(&manifest(), "sum")
        .input(&bytes(&vec![0.5; count]))
        .run(dispatch)
        .ok();
    assert_eq!(done.result("sum"), count as f64 / 2.0);
    assert_eq!(done.progress().len(), 3);
}

#[test]
fn refuses_what_is_no_list_of_floats() {
    let run = |file: &[u8]| {
        Job::new(&manifest(), "sum")
            .input(file)
            .run(dispatch)
            .failure()
    };
    assert_eq!(
        run(&[]),
        invalid("values has 0 bytes, not a multiple of 4 above 0")
    );
    assert_eq!(
        run(&[1, 2, 3, 4, 5]),
        invalid("values has 5 bytes, not a multiple of 4 above 0")
    );
    assert_eq!(
        run(&bytes(&[1.0, f32::NAN])),
        invalid("value 1 is not a number")
    );
}

#[test]
fn an_absent_input_is_named() {
    let failure = Job::new(&manifest(), "sum").run(dispatch).failure();
    assert_eq!(
        failure,
        Some(Failure {
            code: 5,
            text: "there is no input 0".into()
        })
    );
}

#[test]
fn stops_when_it_is_asked_to() {
    let job = Job::new(&manifest(), "sum")
        .input(&bytes(&[1.0]))
        .cancel_after(1);
    assert_eq!(
        job.run(dispatch).failure(),
        Some(Failure {
            code: 3,
            text: "cancelled".into()
        })
    );
}
