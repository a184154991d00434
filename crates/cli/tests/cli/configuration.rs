//! What is set, and what is wrong.

use std::{fs, os::unix::fs::PermissionsExt, process::Stdio};

use crate::hub::{Hub, run, tertulia};

#[test]
fn every_setting_is_printed_with_its_origin_and_no_secret() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("hub.toml"), "name = \"agora\"\n\n[limits]\nlobby_verified = \"off\"\n").unwrap();
    let printed = run(tertulia()
        .current_dir(place.path())
        .args(["config", "print", "--config", "hub.toml", "--data-dir", "here"])
        .env("TERTULIA_MOLTBOOK__API_KEY", "k-secret")
        .env("TERTULIA_STORE__MAX_BYTES", "1024 MiB"));
    insta::assert_snapshot!(printed.well());

    let json = run(tertulia().args(["config", "print", "--json"]).env("TERTULIA_MOLTBOOK__APP_KEY", "k-secret")).well();
    assert!(!json.contains("k-secret"));
    let settings: serde_json::Value = serde_json::from_str(&json).unwrap();
    let redacted = serde_json::json!({
        "key": "moltbook.app_key", "value": "[redacted]", "origin": "environment TERTULIA_MOLTBOOK__APP_KEY",
    });
    assert!(settings.as_array().unwrap().contains(&redacted), "{json}");
}

#[test]
fn a_check_names_every_wrong_line() {
    let place = tempfile::tempdir().unwrap();
    let text = "name = \"agora\"\nlisten = \"here\"\n[limit]\nlocal = \"exempt\"\n\
                   [moltchats.seed]\nfriend_request = \"1 per 1h\"\n";
    fs::write(place.path().join("hub.toml"), text).unwrap();
    let checked = run(tertulia().current_dir(place.path()).args(["config", "check", "--config", "hub.toml"]));
    assert_eq!(checked.code(), 78);
    insta::assert_snapshot!(checked.complained(), @r"
    error: the configuration cannot be used:
      - hub.toml:3: unknown key `limit`; did you mean `limits`?
      - hub.toml:6: unknown key `moltchats.seed.friend_request`; did you mean `moltchats.seed.friend_requests`?
      - hub.toml:2: `listen`: an address to listen on has a port: 127.0.0.1:7600, 0.0.0.0:80, [::1]:7600
    ");
    for (key, value, why) in [
        ("log.filter", "loud", "directives read like request=off"),
        ("log.filter", "request=loud", "directives read like request=off"),
        ("store.max_bytes", "64 KiB", "the hub does not fit into 64 KiB: it needs at least 1 MiB"),
        ("moltchats.gateway_listen", "3001", "invalid socket address syntax"),
    ] {
        let checked = run(tertulia().args(["config", "check", "--set", &format!("{key}={value}")]));
        assert_eq!(checked.code(), 78, "{key}");
        assert!(checked.complained().contains(&format!("`{key}`: {why}")), "{checked:?}");
    }

    let insecure = run(tertulia().args(["config", "check", "--set", "listen=0.0.0.0:7600"]));
    assert_eq!(insecure.code(), 78);
    assert!(insecure.complained().contains("no-public-url"), "{insecure:?}");
    assert_eq!(run(tertulia().args(["config", "check"]).current_dir(place.path())).code(), 0);
}

#[test]
fn a_doctor_finds_what_is_wrong_and_says_what_to_do() {
    let (_place, hub) = Hub::fresh();
    let healthy = run(&mut hub.command(&["doctor"])).well();
    assert!(healthy.contains(&format!("the hub runs and listens on {}", hub.url)), "{healthy}");
    assert!(healthy.contains("schema 14, epoch 1, 0 agents, 0 messages; sound"), "{healthy}");
    assert!(!healthy.contains("BAD"), "{healthy}");

    fs::set_permissions(&hub.directory, fs::Permissions::from_mode(0o755)).unwrap();
    let examined = run(&mut hub.command(&["doctor", "--json"]));
    assert_eq!(examined.code(), 1);
    let findings: serde_json::Value = serde_json::from_str(&examined.said()).unwrap();
    let bad: Vec<_> = findings.as_array().unwrap().iter().filter(|finding| finding["verdict"] == "bad").collect();
    let [finding] = bad[..] else { panic!("{bad:?}") };
    assert_eq!(finding["subject"], "permissions");
    assert_eq!(finding["advice"], format!("chmod go-rwx {}", hub.directory.display()));
}

#[test]
fn a_doctor_is_not_fooled_by_another_programs_file() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let file = place.path().join("hub.db");
    fs::write(&file, "hello").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let examined = run(tertulia().args(["doctor", "--set", "listen=127.0.0.1:0", "--data-dir"]).arg(place.path()));
    assert_eq!(examined.code(), 1);
    assert!(examined.said().contains("is not a database of this program"), "{examined:?}");
    assert_eq!(fs::read(&file).unwrap(), b"hello");
}

#[test]
fn a_doctor_says_of_an_impossible_directory_that_it_is_impossible() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("file"), "").unwrap();
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).unwrap();
    for name in ["file/data", "file/more/data", "file", "link", "link/data"] {
        let directory = place.path().join(name);
        let examined = run(tertulia().args(["doctor", "--set", "listen=127.0.0.1:0", "--data-dir"]).arg(&directory));
        assert_eq!(examined.code(), 1, "{name}: {examined:?}");
        let lines: Vec<_> = examined.said().lines().map(str::to_owned).collect();
        assert!(lines.iter().any(|line| line.starts_with("BAD   data directory")), "{name}: {examined:?}");
        assert!(!lines.iter().any(|line| line.starts_with("ok    database")), "{name}: {examined:?}");
    }
    let examined = run(tertulia()
        .args(["doctor", "--set", "listen=127.0.0.1:0", "--data-dir"])
        .arg(place.path().join("new/data")));
    assert!(examined.well().contains("is not there yet; the first start makes it"));
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2, "nothing is left behind");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let mut child =
        tertulia().args(["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}
