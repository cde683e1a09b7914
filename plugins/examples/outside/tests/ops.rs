//! Each op with its permission and without it, against the manifest that ships with it.

use std::time::Duration;

use inos_testkit::{Answer, Done, Job, Manifest, World};
use outside::dispatch;

const NEWS: &str = "https://example.org/news";

fn job(op: &str) -> Job {
    Job::new(&Manifest::parse(include_str!("../manifest.json")), op)
}

fn with_path(op: &str, path: &str) -> Job {
    job(op).set("path", path)
}

fn run(job: Job, world: World) -> Done {
    job.world(world).run(dispatch).ok()
}

fn text(done: &Done, output: &str) -> String {
    String::from_utf8_lossy(&done.output(output).bytes).into_owned()
}

#[test]
fn without_permission_each_op_says_which_one_is_missing() {
    let jobs = [
        (
            job("clock"),
            "the time was refused: the permission now is missing",
        ),
        (
            job("dice"),
            "randomness was refused: the permission random is missing",
        ),
        (
            with_path("list", "inbox"),
            "inbox was refused: the permission read is missing, or ",
        ),
        (
            with_path("read", "inbox/a"),
            "inbox/a was refused: the permission read is missing, or ",
        ),
        (
            with_path("write", "outbox/a").input(b"a"),
            "outbox/a was refused: the permission write is missing, or ",
        ),
        (
            with_path("erase", "outbox/a"),
            "outbox/a was refused: the permission write is missing",
        ),
        (
            job("fetch").set("url", NEWS),
            "GET https://example.org/news was refused: the permission http is missing, or ",
        ),
        (
            job("paste"),
            "the clipboard was refused: the permission clipboard is missing, or ",
        ),
        (
            job("copy"),
            "the clipboard was refused: the permission clipboard is missing, or ",
        ),
        (
            job("tell"),
            "a notice was refused: the permission notify is missing, or ",
        ),
    ];
    for (job, want) in jobs {
        let failure = job.run(dispatch).failure().unwrap();
        assert_eq!(failure.code, 10, "{want}");
        assert!(failure.text.starts_with(want), "{}", failure.text);
    }
}

#[test]
fn tells_the_time() {
    let done = run(job("clock"), World::new().now(Duration::from_millis(1500)));
    assert_eq!(done.result("seconds"), 1.5);
}

#[test]
fn rolls_every_number_of_a_die() {
    let roll = |seed| run(job("dice"), World::new().random(seed)).result("roll");
    let rolls: Vec<f64> = (0..200).map(roll).collect();
    assert!((1..=6).all(|n| rolls.contains(&n.into())), "{rolls:?}");
    assert!(rolls.iter().all(|n| (1.0..=6.0).contains(n)));
}

#[test]
fn lists_and_reads_a_folder() {
    let long = "x".repeat(3 << 20);
    let world = World::new().read("inbox", [("b", "B"), ("old/a", &long), ("c", "")]);
    let names = |path| text(&run(with_path("list", path), world.clone()), "names");
    assert_eq!(
        (names("inbox"), names("inbox/old")),
        ("b\nc\nold/\n".into(), "a\n".into())
    );
    let read = |path| text(&run(with_path("read", path), world.clone()), "content");
    assert_eq!(
        (read("inbox/old/a"), read("inbox/c")),
        (long.clone(), String::new())
    );
    let none = with_path("read", "inbox/none")
        .world(world.clone())
        .run(dispatch)
        .failure();
    assert!(none.unwrap().text.ends_with("or there is no such file"));
}

#[test]
fn writes_shortens_and_removes_a_file() {
    let world = World::new().write("outbox", [("a", "a longer text")]);
    let write = |path| with_path("write", path).input(b"short");
    assert_eq!(
        run(write("outbox/a"), world.clone())
            .world()
            .file("outbox/a"),
        Some(&b"short"[..])
    );
    assert_eq!(
        run(write("outbox/n/b"), world.clone())
            .world()
            .file("outbox/n/b")
            .map(<[u8]>::len),
        Some(5)
    );
    let erased = run(with_path("erase", "outbox/a"), world.clone()).world();
    assert_eq!(erased.file("outbox/a"), None);
    for path in [
        "outbox/../a",
        "outbox//a",
        "inbox/a",
        "outbox",
        "/etc/passwd",
    ] {
        assert!(
            write(path)
                .world(world.clone())
                .run(dispatch)
                .failure()
                .is_some(),
            "{path}"
        );
    }
}

#[test]
fn a_folder_to_read_is_not_written() {
    // The manifest asks to read `inbox` only, so its world cannot be one to write.
    let world = World::new().read("inbox", [("a", "a")]);
    let done = with_path("write", "inbox/a")
        .input(b"x")
        .world(world)
        .run(dispatch);
    assert_eq!(
        (done.failure().unwrap().code, done.world().file("inbox/a")),
        (10, Some(&b"a"[..]))
    );
}

#[test]
#[should_panic(expected = "not for write:inbox")]
fn a_world_allows_no_more_than_the_manifest_asks_for() {
    let _ = job("write").world(World::new().write("inbox", []));
}

#[test]
fn fetches_a_page() {
    let long = "m".repeat(300);
    for media in ["text/x-news", &format!("text/{long}")[..200]] {
        let answer = Answer {
            status: 404,
            headers: vec![("content-type".into(), media.into())],
            body: b"gone".to_vec(),
        };
        let done = run(
            job("fetch").set("url", NEWS),
            World::new().answer(NEWS, answer),
        );
        assert_eq!(
            (text(&done, "body"), done.result("status")),
            ("gone".into(), 404.0)
        );
        assert_eq!(done.output("body").media, media);
        assert_eq!(
            done.world().requests(),
            ["GET https://example.org/news\n\n"]
        );
    }
}

#[test]
fn uses_the_clipboard() {
    let world = World::new().clipboard("grüß dich");
    assert_eq!(text(&run(job("paste"), world.clone()), "text"), "grüß dich");
    let copied = run(job("copy").set("text", "new"), world).world();
    assert_eq!(copied.copied(), Some("new"));
}

#[test]
fn shows_a_notice() {
    let done = run(job("tell").set("text", "done"), World::new().notices());
    assert_eq!(done.world().shown(), ["done"]);
}

#[test]
fn knows_what_the_user_has_set() {
    let volume = |job: Job| job.run(dispatch).ok().result("volume");
    assert_eq!(volume(job("volume")), 0.5);
    assert_eq!(volume(job("volume").setting("volume", 1.0)), 1.0);
    let secret = job("token").setting("token", "schlüssel");
    assert_eq!(secret.run(dispatch).ok().result("length"), 10.0);
    let failure = job("token").run(dispatch).failure().unwrap();
    assert_eq!(failure.text, "setting 1 is not set");
}
