//! The benchmarks as a whole, run against a small hub that is this test program itself, started with `serve`.

#![expect(
    clippy::unwrap_used,
    reason = "all of this program is test code, which the lint cannot see without its harness"
)]

mod hub;

use std::env;
use std::process::{Command, Output};

use serde_json::Value;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if arguments.get(1).is_some_and(|argument| argument == "serve") {
        return hub::serve(&arguments);
    }
    let tests: [(&str, fn()); 9] = [
        ("every_row_has_figures", every_row_has_figures),
        ("the_table_shows_goals_beside_figures", the_table_shows_goals_beside_figures),
        ("a_lost_message_fails_the_run", a_lost_message_fails_the_run),
        ("a_doubled_message_fails_the_run", a_doubled_message_fails_the_run),
        ("a_lost_message_on_websockets_fails_the_run", a_lost_message_on_websockets_fails_the_run),
        ("a_websocket_closed_without_need_fails_the_run", a_websocket_closed_without_need_fails_the_run),
        ("an_unexpected_answer_fails_the_run", an_unexpected_answer_fails_the_run),
        ("rooms_expire_while_posting_goes_on", rooms_expire_while_posting_goes_on),
        ("a_room_that_outlives_its_end_fails_the_run", a_room_that_outlives_its_end_fails_the_run),
    ];
    for (name, test) in tests {
        // The name comes first, so that it stands above the panic of a test that fails.
        progress(name);
        test();
    }
}

fn progress(name: &str) {
    use std::io::Write as _;
    writeln!(std::io::stderr().lock(), "test {name}").unwrap();
}

/// Runs the benchmarks for an instant, with few senders and readers.
fn run(fault: &str, arguments: &[&str]) -> Output {
    let hub = env::current_exe().unwrap();
    Command::new(env!("CARGO_BIN_EXE_tertulia-benches"))
        .env(hub::FAULT, fault)
        .arg("--hub")
        .arg(hub)
        .args(["--seconds", "0.4", "--senders", "1,4", "--readers", "8", "--idle", "8", "--rooms", "1,3"])
        .args(["--expiring", "20", "--lifetime", "3"])
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What the small hub has the surfaces for: it does not speak MoltChats.
const ROWS: &[&str] = &[
    "start",
    "sends",
    "rooms",
    "paced",
    "paced-websocket",
    "burst",
    "burst-websocket",
    "idle",
    "idle-websocket",
    "history",
];

fn every_row_has_figures() {
    let output = run("", &[&["--json", "--only"], ROWS].concat());
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let figures = report["figures"].as_array().unwrap();
    let value = |row: &str, figure: &str| {
        let found = figures.iter().find(|entry| entry["row"] == row && entry["figure"] == figure);
        found.and_then(|entry| entry["value"].as_f64()).unwrap_or_else(|| panic!("no {figure} of {row} in {report}"))
    };
    for (row, figure) in [
        ("start", "cold start"),
        ("start", "idle memory"),
        ("start", "binary"),
        ("sends.1", "rate"),
        ("sends.4", "p99"),
        ("rooms.1", "p99"),
        ("rooms.3", "rate"),
        ("paced.8", "deliveries"),
        ("paced.8", "p99 from post to reader"),
        ("paced.8", "CPU per bare send(2)"),
        ("paced-websocket.8", "deliveries"),
        ("paced-websocket.8", "p99 from post to reader"),
        ("paced-websocket.8", "CPU per bare send(2)"),
        ("burst.8", "deliveries"),
        ("burst-websocket.8", "deliveries"),
        ("history.newest", "p99"),
        ("history.older", "p99"),
    ] {
        assert!(value(row, figure) > 0.0, "{figure} of {row} in {report}");
    }
    assert!(value("idle.8", "memory per stream") >= 0.0);
    assert!(value("paced.0", "CPU per post") >= 0.0);
    assert!(value("idle-websocket.8", "memory per socket") >= 0.0);
    assert!(value("paced.8", "bytes per delivery") > 100.0);
    assert!(value("paced-websocket.8", "bytes per delivery") > 100.0);
    assert!(!figures.iter().any(|entry| entry["row"].as_str().unwrap().starts_with("expiry")), "{report}");
}

fn the_table_shows_goals_beside_figures() {
    let output = run("", &["--only", "start"]);
    let table = stdout(&output);
    assert!(output.status.success(), "{table}");
    assert!(table.contains("≤ 100 ms") && table.contains("≤ 30 MB"), "{table}");
    assert!(!table.contains("sends"), "{table}");
}

fn a_lost_message_fails_the_run() {
    let output = run("lose", &["--only", "burst"]);
    assert!(!output.status.success());
    assert!(stdout(&output).contains("FAULT burst.8: 8 deliveries lost"), "{}", stdout(&output));
}

fn a_doubled_message_fails_the_run() {
    let table = stdout(&run("double", &["--only", "burst"]));
    assert!(table.contains("FAULT burst.8: 8 deliveries doubled"), "{table}");
    assert!(table.contains("FAULT burst.8: 8 deliveries out of sequence"), "{table}");
}

fn a_lost_message_on_websockets_fails_the_run() {
    let output = run("lose", &["--only", "burst-websocket"]);
    assert!(!output.status.success());
    let table = stdout(&output);
    assert!(table.contains("FAULT burst-websocket.8: 8 deliveries lost"), "{table}");
    assert!(table.contains("FAULT burst-websocket.8: 8 deliveries out of sequence"), "{table}");
}

fn a_websocket_closed_without_need_fails_the_run() {
    let table = stdout(&run("close", &["--only", "burst-websocket"]));
    assert!(table.contains("FAULT burst-websocket.8: 8 faults, the first: the hub closes with 1001: away"), "{table}");
}

fn rooms_expire_while_posting_goes_on() {
    let output = run("", &["--only", "expiry"]);
    let table = stdout(&output);
    assert!(output.status.success(), "{table}");
    let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("expiry rooms expired 20 "), "{table}");
    for row in ["expiry.before lobby posts", "expiry.during lobby posts"] {
        assert!(words.contains(row), "{table}");
    }
}

fn a_room_that_outlives_its_end_fails_the_run() {
    let table = stdout(&run("linger", &["--only", "expiry"]));
    assert!(table.contains("FAULT expiry: 21 rooms are there after the minute instead of 1"), "{table}");
}

fn an_unexpected_answer_fails_the_run() {
    let output = run("refuse", &["--only", "sends"]);
    assert!(!output.status.success());
    assert!(stdout(&output).contains(r#"the first: 429 {"error":"a rate limit"}"#), "{}", stdout(&output));
}
