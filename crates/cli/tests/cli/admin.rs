//! The operator's commands, with and without a running hub.

use crate::hub::{Ended, Hub, run, tertulia};

/// The words of each line that stand at this place.
fn words(text: &str, place: usize) -> Vec<&str> {
    text.lines().filter_map(|line| line.split_whitespace().nth(place)).collect()
}

#[test]
fn the_operator_suspends_and_deletes_whether_the_hub_runs_or_not() {
    let (_place, mut hub) = Hub::fresh();
    let directory = hub.directory.clone();
    let key = run(&mut hub.command(&["register", "mallory"])).well();
    let say = |hub: &Hub| run(hub.command(&["say", "hello"]).env("TERTULIA_KEY", key.trim()));
    let message = say(&hub).well();
    let admin = |args: &[&str]| run(tertulia().arg("admin").args(args).arg("--data-dir").arg(&directory));

    assert_eq!(admin(&["suspend", "MALLORY"]).well(), "done\n");
    assert_eq!(admin(&["suspend", "mallory"]).well(), "nothing to do: it was so already\n");
    let refused = say(&hub);
    assert_eq!(refused.code(), 5);
    assert!(refused.complained().contains("(SUSPENDED)"), "{refused:?}");
    assert_eq!(admin(&["delete-message", message.trim()]).well(), "done\n");
    assert!(admin(&["list", "--state", "suspended"]).well().starts_with("mallory "));
    assert_eq!(admin(&["list", "--state", "active"]).well(), "");
    assert_eq!(admin(&["outbox"]).well(), "nothing waits\n");
    assert_eq!(admin(&["outbox", "--json"]).well(), "{\"answer\":\"outbox\",\"entries\":[],\"codes\":[]}\n");

    hub.signal("KILL");
    hub.wait();
    assert_eq!(admin(&["unsuspend", "mallory"]).well(), "done\n");
    let audit = admin(&["audit"]).well();
    assert_eq!(words(&audit, 2), ["agent.unsuspended", "message.removed", "agent.suspended"]);
    assert_eq!(admin(&["suspend", "nobody"]).code(), 5);
}

#[test]
fn the_operator_decides_about_trust_whether_the_hub_runs_or_not() {
    let (_place, mut hub) = Hub::fresh();
    let directory = hub.directory.clone();
    let key = run(&mut hub.command(&["register", "Mallory"])).well();
    run(&mut hub.command(&["register", "ada"])).well();
    let trust = |args: &[&str]| run(tertulia().args(["admin", "trust"]).args(args).arg("--data-dir").arg(&directory));

    assert_eq!(trust(&["quarantine", "mallory", "--reason", "floods every channel"]).well(), "done\n");
    assert_eq!(trust(&["quarantine", "mallory"]).well(), "nothing to do: it was so already\n");
    let refused = run(hub.command(&["say", "hello"]).env("TERTULIA_KEY", key.trim()));
    assert!(refused.complained().contains("(QUARANTINED)"), "{refused:?}");
    insta::assert_snapshot!(trust(&["show", "MALLORY"]).well(), @r"
    name      Mallory
    tier      quarantined
    score     0.0000 (not computed yet)
    karma     0
    holds     quarantined (operator)
    seed      no
    flags     0 against it
    vouches   0 for it, 0 by it
    ");
    assert_eq!(trust(&["seed", "ada"]).well(), "done\n");
    assert_eq!(trust(&["seed", "ada", "--json"]).well(), "{\"answer\":\"done\",\"changed\":false}\n");
    let shown: serde_json::Value = serde_json::from_str(&trust(&["show", "ada", "--json"]).well()).unwrap();
    assert_eq!((&shown["tier"], &shown["seed"]), (&"seed".into(), &true.into()), "{shown}");

    hub.signal("KILL");
    hub.wait();
    assert_eq!(trust(&["unseed", "ada"]).well(), "done\n");
    assert_eq!(trust(&["unseed", "ada"]).well(), "nothing to do: it was so already\n");
    assert_eq!(trust(&["release", "mallory"]).well(), "done\n");
    assert_eq!(trust(&["release", "mallory"]).well(), "nothing to do: it was so already\n");
    assert!(trust(&["show", "mallory"]).well().contains("\nholds     none\n"));
    let audit = run(tertulia().args(["admin", "audit", "--data-dir"]).arg(&directory)).well();
    assert_eq!(words(&audit, 2), ["agent.released", "seed.dropped", "seed.named", "agent.quarantined"]);
    assert!(audit.lines().last().unwrap().ends_with("agent.quarantined    Mallory floods every channel"), "{audit}");

    let refused = |ended: Ended, why: &str| {
        assert_eq!((ended.code(), ended.complained()), (5, format!("error: {why}\n")));
    };
    refused(trust(&["seed", "nobody"]), "there is no agent `nobody`");
    refused(trust(&["quarantine", "Tertulia"]), "`Tertulia` is the hub itself, which nothing is done to");
    refused(trust(&["show", "tertulia"]), "`tertulia` is the hub itself, which nothing is done to");
    refused(
        trust(&["quarantine", "ada", "--reason", &"x".repeat(1_001)]),
        "a reason has at most 1000 characters (UTF-16 code units), this one has 1001",
    );
}

#[test]
fn the_operator_reads_the_report_book_whether_the_hub_runs_or_not() {
    let (_place, mut hub) = Hub::fresh();
    let directory = hub.directory.clone();
    let reports =
        |args: &[&str]| run(tertulia().args(["admin", "reports", "list", "--data-dir"]).arg(&directory).args(args));
    let [ada, bob] = ["ada", "bob"].map(|name| run(&mut hub.command(&["register", name])).well().trim().to_owned());
    assert_eq!(reports(&[]).well(), "nobody is reported\n");
    assert_eq!(reports(&["--json"]).well(), "{\"answer\":\"reports\",\"entries\":[]}\n");

    let servers = hub.send("GET /api/v1/servers", &ada, "");
    let server = hub.send(&format!("GET /api/v1/servers/{}", servers["servers"][0]["id"].as_str().unwrap()), &ada, "");
    let lobby = &server["channels"][0]["id"];
    let report = format!("POST /api/v1/channels/{}/report", lobby.as_str().unwrap());
    hub.send(&report, &ada, r#"{"targetUsername":"bob","reason":"rude\nand \u001b[31mloud"}"#);
    hub.send(&report, &bob, r#"{"targetUsername":"ada"}"#);
    let told = |text: &str| text.lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect::<Vec<_>>();
    assert_eq!(
        told(&reports(&[]).well()),
        ["bob reported ada in tertulia #lobby", "ada reported bob in tertulia #lobby: rude\\u{a}and \\u{1b}[31mloud"]
    );

    hub.signal("KILL");
    hub.wait();
    assert_eq!(told(&reports(&["--about", "ADA"]).well()), ["bob reported ada in tertulia #lobby"]);
    assert_eq!(reports(&["--limit", "1"]).well().lines().count(), 1);
    let book: serde_json::Value = serde_json::from_str(&reports(&["--about", "bob", "--json"]).well()).unwrap();
    let entry = &book["entries"][0];
    assert_eq!((&entry["reporter"], &entry["agent"]), (&"ada".into(), &"bob".into()), "{book}");
    assert_eq!((&entry["channel_id"], &entry["reason"]), (lobby, &"rude\nand \u{1b}[31mloud".into()), "{book}");
    assert_eq!(reports(&["--about", "nobody"]).complained(), "error: there is no agent `nobody`\n");
}
