//! The in-memory host and the sdk against each other: calls.

use inos_sdk::{Call, Error};
use inos_testkit::{Failure, Job, Manifest, Produced};

const MANIFEST: &str = r#"{
  "units": [{ "name": "t", "ops": [{
    "number": 3,
    "name": "all",
    "params": [
      { "name": "n", "kind": "number", "default": 1.5, "min": -10, "max": 10 },
      { "name": "i", "kind": "integer", "default": 3, "min": 0, "max": 100 },
      { "name": "f", "kind": "flag", "default": true },
      { "name": "c", "kind": "choice", "default": "two", "options": ["one", "two"] },
      { "name": "s", "kind": "text", "default": "grüß", "maxBytes": 1000 }
    ],
    "outputs": [{ "name": "o", "media": ["text/plain"] }, { "name": "p" }],
    "results": [{ "name": "r" }]
  }] }],
  "limits": { "outputBytes": 100000 }
}"#;

fn job() -> Job {
    Job::new(&Manifest::parse(MANIFEST), "all")
}

/// Runs `op` as op 3, whatever the number.
fn run(job: Job, op: fn(u32, &mut Call) -> Result<(), Error>) -> Option<Failure> {
    job.run(op).failure()
}

#[test]
fn ops_are_called_by_the_number_of_the_manifest() {
    let failure = run(job(), |op, _| Err(Error::UnknownOp(op)));
    let text = "the plugin has no op 3".into();
    assert_eq!(failure, Some(Failure { code: 4, text }));
}

#[test]
fn parameters_have_their_kinds() {
    let failure = run(job().set("n", -2.5).set("c", "one"), |_, call| {
        let p = call.params();
        assert_eq!((p.number(0)?, p.integer(0)?, p.f32(0)?), (-2.5, -2, -2.5));
        assert_eq!((p.number(1)?, p.integer(1)?, p.count(1)?), (3.0, 3, 3));
        assert!(p.flag(2)?);
        assert_eq!(p.choice(3)?, 0);
        assert_eq!(p.text(4)?, "grüß");
        assert_eq!(p.number(4), Err(Error::NoParam(4)));
        assert_eq!(p.text(0), Err(Error::NoParam(0)));
        assert_eq!(p.number(5), Err(Error::NoParam(5)));
        assert!(matches!(p.count(0), Err(Error::Invalid(_))));
        Ok(())
    });
    assert_eq!(failure, None);
}

#[test]
fn a_text_longer_than_the_first_try_is_whole() {
    let long = "ab".repeat(300);
    let failure = run(job().set("s", long.as_str()), |_, call| {
        assert_eq!(call.params().text(4)?, "ab".repeat(300));
        Ok(())
    });
    assert_eq!(failure, None);
}

#[test]
#[should_panic(expected = "n: 11 not in -10 to 10")]
fn a_value_out_of_range_is_the_tests_mistake() {
    job().set("n", 11.0);
}

#[test]
fn inputs_are_read_whole_and_by_ranges() {
    let bytes: Vec<u8> = (0..10_000u32).flat_map(u32::to_le_bytes).collect();
    let failure = run(
        job().input(&[]).input(&bytes).input(&[1, 2, 3]),
        |_, call| {
            assert_eq!(call.input_count(), 3);
            assert!(call.input(0)?.bytes()?.is_empty());
            let mut words = call.input(1)?;
            assert_eq!(words.slice::<u32>()?[9_999], 9_999);
            assert_eq!(words.elements::<u32>(5_000, 2)?, [5_000, 5_001]);
            assert_eq!(words.range(39_999, 1)?.len(), 1);
            assert!(words.range(40_000, 0)?.is_empty());
            assert!(matches!(
                words.range(39_999, 2),
                Err(Error::OutOfRange { .. })
            ));
            assert!(matches!(
                words.range(u64::MAX, 2),
                Err(Error::OutOfRange { .. })
            ));
            assert!(matches!(
                words.elements::<u32>(u64::MAX, 2),
                Err(Error::OutOfRange { .. })
            ));
            let odd = call.input(2)?.slice::<u16>().err();
            assert_eq!(odd, Some(Error::Misaligned { len: 3, element: 2 }));
            assert_eq!(call.input(3).err(), Some(Error::NoInput(3)));
            Ok(())
        },
    );
    assert_eq!(failure, None);
}

#[test]
fn a_port_has_one_handle_at_a_time() {
    let failure = run(job().input(&[1]), |_, call| {
        let first = call.input(0)?;
        assert_eq!(call.input(0).err(), Some(Error::Busy(0)));
        drop(first);
        call.input(0)?;
        let output = call.output(1)?;
        assert_eq!(call.output(1).err(), Some(Error::Busy(1)));
        drop(output);
        Ok(())
    });
    assert_eq!(failure, None);
}

#[test]
fn an_output_grows_and_keeps_what_was_written() {
    let done = job().run(|_, call| {
        let mut output = call.output(0)?;
        output.map(3)?.copy_from_slice(b"abc");
        let bigger = output.map(10_000)?;
        assert_eq!(&bigger[..5], b"abc\0\0");
        bigger[3] = b'd';
        output.media("text/csv")?;
        output.finish(4)?;
        call.output(1)?
            .slice::<f32>(2)?
            .copy_from_slice(&[1.0, -2.0]);
        call.result(0, 7.0)
    });
    let done = done.ok();
    assert_eq!(
        done.output("o"),
        Produced {
            bytes: b"abcd".into(),
            media: "text/csv".into()
        }
    );
    let floats: Vec<u8> = [1.0f32, -2.0]
        .iter()
        .flat_map(|v| v.to_le_bytes())
        .collect();
    assert_eq!(done.output("p").bytes, floats);
    assert_eq!(done.result("r"), 7.0);
}

#[test]
fn an_empty_output_is_there() {
    let done = job().run(|_, call| call.output(0)?.finish(0)).ok();
    assert_eq!(
        done.output("o"),
        Produced {
            bytes: vec![],
            media: "text/plain".into()
        }
    );
}

#[test]
fn what_is_over_the_limit_or_not_there_is_refused() {
    let failure = run(job(), |_, call| {
        let mut output = call.output(0)?;
        let refused = Error::Refused {
            what: "an output",
            bytes: 100_001,
        };
        assert_eq!(output.map(100_001).err(), Some(refused));
        output.map(60_000)?;
        assert!(
            call.output(1)?.map(40_001).is_err(),
            "the limit counts all outputs"
        );
        assert!(matches!(
            output.finish(60_001),
            Err(Error::OutOfRange { .. })
        ));
        assert_eq!(call.result(1, 0.0), Err(Error::NoPort(1)));
        assert!(call.output(2)?.map(1).is_err());
        Ok(())
    });
    assert_eq!(failure, None);
}

#[test]
fn log_lines_and_progress_reach_the_host() {
    let done = job().cancel_after(2).run(|_, call| {
        inos_sdk::warn!("{} left", 3);
        call.progress(1, 2)?;
        call.progress(2, 2)
    });
    assert_eq!(done.log(), [(2, "3 left".to_string())]);
    assert_eq!(done.progress(), [(1, 2), (2, 2)]);
    assert_eq!(
        done.failure(),
        Some(Failure {
            code: 3,
            text: "cancelled".into()
        })
    );
}

#[test]
fn without_a_host_there_is_nothing_of_anything() {
    assert_eq!(
        inos_sdk::__entry::call(0, |_, call| {
            assert!(call.params().number(0).is_err());
            assert_eq!(call.input_count(), 0);
            assert!(call.input(0).is_err());
            assert!(call.output(0)?.map(1).is_err());
            Ok(())
        }),
        0
    );
}
