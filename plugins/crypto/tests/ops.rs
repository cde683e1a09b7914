//! The ops against the manifest that ships with them; what they compute is proved by other programs in
//! `backend/oracle`.

use inos_crypto::dispatch;
use inos_testkit::{Job, Manifest, World};

fn manifest() -> Manifest {
    Manifest::parse(include_str!("../manifest.json"))
}

fn text(job: Job) -> String {
    let bytes = job.run(dispatch).ok().output("digest").bytes;
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn hashes_the_published_vectors() {
    // FIPS 180-4 and the test vectors of BLAKE3.
    let m = manifest();
    let hash = |algorithm: &str, data: &[u8]| {
        text(Job::new(&m, "hash").set("algorithm", algorithm).input(data))
    };
    assert_eq!(
        hash("sha256", b"abc"),
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"
    );
    assert_eq!(
        hash("blake3", b""),
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262\n"
    );
}

#[test]
fn every_op_of_the_manifest_is_there() {
    let m = manifest();
    for (op, _) in m.ops() {
        if let Some(failure) = Job::new(&m, &op)
            .world(World::new().random(1))
            .run(dispatch)
            .failure()
        {
            assert_ne!(failure.code, 4, "{op}: {}", failure.text);
        }
    }
}

#[test]
fn what_takes_long_can_be_stopped() {
    let m = manifest();
    let jobs = [
        Job::new(&m, "scrypt").set("password", "x"),
        Job::new(&m, "pbkdf2").set("password", "x"),
        Job::new(&m, "hash").input(&vec![0; 3 << 20]),
    ];
    for job in jobs {
        let failure = job.cancel_after(2).run(dispatch).failure();
        assert_eq!(failure.map(|f| f.code), Some(3));
    }
}

#[test]
fn without_randomness_no_key_is_made() {
    let m = manifest();
    for op in ["keygen", "age_keygen", "random"] {
        let failure = Job::new(&m, op).run(dispatch).failure();
        assert_eq!(failure.map(|f| f.code), Some(10), "{op}");
    }
}

#[test]
fn no_failure_repeats_a_password() {
    let m = manifest();
    for op in ["scrypt", "pbkdf2", "argon2id", "password_hash"] {
        let job = Job::new(&m, op)
            .set("password", "hunter2-planted")
            .set("salt", "0g");
        let done = job.run(dispatch);
        assert!(!done.failure().unwrap().text.contains("planted"), "{op}");
        assert!(done.log().is_empty());
    }
}
