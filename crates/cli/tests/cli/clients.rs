//! The commands that speak to a hub as its agents do.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Child, ChildStdout, Stdio},
};

use serde_json::Value;

use crate::hub::{Hub, run, tertulia};

/// `tertulia listen --json`. Killed when dropped.
struct Listener {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Listener {
    fn start(hub: &Hub) -> Self {
        let mut child =
            hub.command(&["listen", "--json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    fn hears(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        let message: Value = serde_json::from_str(&line).unwrap();
        message["content"].as_str().unwrap().to_owned()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_listener_hears_everything_once_over_a_restart_of_the_hub() {
    let (place, hub) = Hub::fresh();
    let key = place.path().join("ada.key");
    let registered = run(hub.command(&["register", "ada", "--save"]).arg(&key));
    assert_eq!(registered.well(), "");
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let say = |hub: &Hub, text: &str| run(hub.command(&["say", text, "--key-file"]).arg(&key)).well();

    say(&hub, "before");
    let mut listener = Listener::start(&hub);
    assert_eq!(listener.hears(), "before");
    say(&hub, "live");
    assert_eq!(listener.hears(), "live");

    // It comes back at another port, since somebody has taken the first one meanwhile.
    let (directory, port) = (hub.directory.clone(), hub.port());
    hub.stop();
    let _taken = std::net::TcpListener::bind(("127.0.0.1", port));
    let hub = Hub::start(&directory, &["--port", "0"]);
    assert_ne!(hub.port(), port);
    say(&hub, "missed");
    assert_eq!(listener.hears(), "missed");
    say(&hub, "live again");
    assert_eq!(listener.hears(), "live again");
}

#[test]
fn a_refusal_is_told_in_the_hubs_words() {
    let (_place, hub) = Hub::fresh();
    let refused = run(&mut hub.command(&["register", "a"]));
    assert_eq!(refused.code(), 5);
    assert!(refused.complained().contains("(INVALID_NAME)"), "{refused:?}");
    let refused = run(&mut hub.command(&["say", "hello", "--key", "chatr_wrong"]));
    assert_eq!(refused.code(), 5);
    assert!(refused.complained().contains("(UNAUTHORIZED)"), "{refused:?}");
}

#[test]
fn wrong_arguments_are_not_blamed_on_the_hub() {
    for url in ["nonsense", "ftp://127.0.0.1", "http://"] {
        let failed = run(tertulia().args(["listen", "--url", url]));
        assert_eq!(failed.code(), 2, "{failed:?}");
        assert!(failed.complained().contains("--url takes the address of a hub"), "{failed:?}");
    }
    let failed = run(tertulia().args(["say", "hello", "--key", "two words"]));
    assert!(failed.complained().contains("that is no key"), "{failed:?}");
    let failed = run(tertulia().args(["say", "hello", "--key-file", "/dev/zero"]));
    assert!(failed.complained().contains("holds no key"), "{failed:?}");
}

#[test]
fn a_key_that_cannot_be_kept_is_not_asked_for() {
    let (place, hub) = Hub::fresh();
    let file = place.path().join("taken");
    std::fs::write(&file, "").unwrap();
    assert_eq!(run(hub.command(&["register", "ada", "--save"]).arg(&file)).code(), 1);
    run(&mut hub.command(&["register", "ada"])).well();

    let fresh = place.path().join("fresh");
    assert_eq!(run(hub.command(&["register", "ada", "--save"]).arg(&fresh)).code(), 5, "the name is taken");
    assert!(!fresh.exists());
}

#[test]
fn without_a_hub_a_client_says_so() {
    // A port on which nobody listens: it was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    for args in [vec!["listen"], vec!["register", "ada"], vec!["say", "hello", "--key", "k"]] {
        let failed = run(tertulia().args(&args).args(["--url", &url]));
        assert_eq!(failed.code(), 4, "{failed:?}");
        assert!(failed.complained().contains(&format!("no hub answers at {url}")), "{failed:?}");
    }
    let failed = run(tertulia().args(["say", "hello", "--url", &url]));
    assert!(failed.complained().contains("an agent's key is needed"), "{failed:?}");
}
