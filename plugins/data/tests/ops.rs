//! The ops against the manifest that ships with them: what needs no other program.

use inos_data::dispatch;
use inos_testkit::{Done, Job, Manifest};

fn job(op: &str) -> Job {
    Job::new(&Manifest::parse(include_str!("../manifest.json")), op)
}

fn text(done: Done) -> String {
    String::from_utf8_lossy(&done.ok().output("result").bytes).into_owned()
}

fn refused(done: Done) -> String {
    let Some(failure) = done.failure() else {
        panic!("it went well");
    };
    assert_eq!(failure.code, 2, "{}", failure.text);
    failure.text
}

#[test]
fn an_empty_field_is_null_unless_it_is_quoted() {
    let file = b"a,b\n\"\",\nx,\"1\"\n";
    let done = job("convert").input(file).set("format", "json");
    assert_eq!(
        text(done.run(dispatch)),
        "[\n{\"a\": \"\", \"b\": null},\n{\"a\": \"x\", \"b\": 1}\n]\n"
    );
    let back = job("convert").input(file).run(dispatch);
    assert_eq!(text(back), "a,b\n\"\",\nx,1\n");
}

#[test]
fn digits_that_a_number_would_lose_stay_text() {
    let file = b"zip,long,big,float\n007,12345678901234567890,9223372036854775807,1.50\n";
    let done = job("convert").input(file).run(dispatch);
    assert_eq!(
        text(done),
        "zip,long,big,float\n007,12345678901234567890,9223372036854775807,1.5\n"
    );
    let plain = job("convert").input(file).set("typed", false).run(dispatch);
    assert_eq!(text(plain).as_bytes(), file);
}

#[test]
fn a_file_of_several_pieces_is_read_at_their_seams() {
    let mut file = String::from("n,text\n");
    let mut sum = 0u64;
    let mut n = 0;
    while file.len() < (33 << 20) {
        file.push_str(&format!("{n},\"a \"\"quoted\"\"\r\ntext, {n}\"\r\n"));
        sum += n;
        n += 1;
    }
    let done = job("filter")
        .input(file.as_bytes())
        .set("where", "n % 100000 = 7")
        .run(dispatch);
    let lines = (0..n).filter(|i| i % 100_000 == 7);
    let want: String = lines
        .map(|i| format!("{i},\"a \"\"quoted\"\"\r\ntext, {i}\"\n"))
        .collect();
    assert_eq!(text(done), format!("n,text\n{want}"));
    let done = job("group_by")
        .input(file.as_bytes())
        .set("aggregates", "sum(n) AS s, count(*) AS c")
        .run(dispatch);
    assert_eq!(text(done), format!("s,c\n{sum},{n}\n"));
}

#[test]
fn lines_of_json_are_read_by_pieces() {
    let mut file = String::from("\u{feff}");
    let (mut n, mut want) = (0u64, String::from("n,t,late\n"));
    while file.len() < (20 << 20) {
        let text = "x".repeat(n as usize % 300);
        file.push_str(&format!("{{\"n\": {n}, \"t\": \"{text}\"}}\r\n\n"));
        n += 1;
    }
    file.push_str("{\"late\": 0.5, \"n\": 7}");
    for i in (0..n).filter(|i| i % 10_000 == 7) {
        want.push_str(&format!("{i},{},\n", "x".repeat(i as usize % 300)));
    }
    want.push_str("7,,0.5\n");
    let done = job("filter")
        .input(file.as_bytes())
        .set("where", "n % 10000 = 7")
        .run(dispatch);
    assert_eq!(text(done), want);
}

#[test]
fn stops_when_it_is_asked_to() {
    let done = job("convert")
        .input(b"a\n1\n")
        .cancel_after(1)
        .run(dispatch);
    assert_eq!(done.failure().unwrap().code, 3);
}

#[test]
fn a_join_that_explodes_is_refused() {
    let mut file = String::from("a\n");
    (0..5000).for_each(|i| file.push_str(&format!("{i}\n")));
    let done = job("sql")
        .input(file.as_bytes())
        .set("query", "SELECT * FROM t1, t1 AS b, t1 AS c ORDER BY 1")
        .run(dispatch);
    assert!(refused(done).contains("160 MiB"));
}

#[test]
fn broken_text_is_refused_with_its_place() {
    let failure = |file: &[u8]| refused(job("convert").input(file).run(dispatch));
    assert_eq!(
        failure(b"a,b\n1,2\n3\n"),
        "input 1: row 3 has 1 fields, the first one has 2"
    );
    assert_eq!(
        failure(b"a,b\n1,\"2\n"),
        "input 1: row 2: the quote of column 2 is not closed"
    );
    assert!(
        failure(b"[{\"a\":1},\n{\"a\":}]").starts_with("input 1: the JSON in line 2, column 6:")
    );
}
