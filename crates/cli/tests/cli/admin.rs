//! The operator's commands, with and without a running hub.

use crate::hub::{Hub, run, tertulia};

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
    assert_eq!(admin(&["outbox", "--json"]).well(), "{\"answer\":\"outbox\",\"entries\":[]}\n");

    hub.signal("KILL");
    hub.wait();
    assert_eq!(admin(&["unsuspend", "mallory"]).well(), "done\n");
    let audit = admin(&["audit"]).well();
    let actions: Vec<_> = audit.lines().map(|line| line.split_whitespace().nth(2).unwrap()).collect();
    assert_eq!(actions, ["agent.unsuspended", "message.removed", "agent.suspended"]);
    assert_eq!(admin(&["suspend", "nobody"]).code(), 5);
}
