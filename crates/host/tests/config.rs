//! What configuration files, variables and flags become.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::{fmt::Write, fs, path::PathBuf};

use tempfile::TempDir;
use tertulia_core::Limit;
use tertulia_host::config::{
    DatabaseSize, Exposure, Flag, Listen, Loaded, LocalClients, Origin, Period, Problem, Sources,
};

/// Sources with a file that holds `text`.
fn with_file(text: &str) -> (TempDir, Sources) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("hub.toml");
    fs::write(&file, text).unwrap();
    (place, Sources { file: Some(file), ..Sources::default() })
}

fn with_variables(variables: &[(&str, &str)]) -> Sources {
    let environment = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // A directory that does not exist, lest a file be read.
    Sources { environment, flags: vec![flag("data_dir", "/nonexistent")], ..Sources::default() }
}

fn flag(key: &str, value: &str) -> Flag {
    Flag { flag: "--set".to_owned(), key: key.to_owned(), value: value.to_owned() }
}

fn problems(sources: &Sources) -> Vec<Problem> {
    sources.load().unwrap_err().0
}

fn origin(loaded: &Loaded, key: &str) -> Origin {
    loaded.settings().into_iter().find(|setting| setting.key == key).unwrap().origin
}

#[test]
fn without_anything_the_defaults_hold() {
    let loaded = with_variables(&[]).load().unwrap();
    assert_eq!(loaded.config.listen, Listen::FirstFree);
    assert_eq!(loaded.config.limits.lobby_unverified, Limit::per_secs(1, 300));
    assert_eq!(origin(&loaded, "listen"), Origin::Default);
}

#[test]
fn flags_win_over_variables_over_the_file_over_defaults() {
    let (_place, mut sources) =
        with_file("name = \"one\"\n[limits]\nstreams_per_address = 1\nlobby_verified = \"off\"\n");
    sources.environment = vec![
        ("TERTULIA_NAME".to_owned(), "two".to_owned()),
        ("TERTULIA_LIMITS__STREAMS_PER_ADDRESS".to_owned(), "2".to_owned()),
        ("HOME".to_owned(), "/".to_owned()),
        ("TERTULIA_KEY".to_owned(), "is not a setting".to_owned()),
    ];
    sources.flags = vec![flag("name", "three"), flag("name", "four")];
    let loaded = sources.load().unwrap();

    assert_eq!(loaded.config.name.as_str(), "four");
    assert_eq!(loaded.config.limits.streams_per_address, 2);
    assert_eq!(loaded.config.limits.lobby_verified, Limit::Off);
    assert_eq!(loaded.config.server.head_timeout, Period::secs(15));

    assert_eq!(origin(&loaded, "name"), Origin::Flag("--set".to_owned()));
    let variable = Origin::Environment("TERTULIA_LIMITS__STREAMS_PER_ADDRESS".to_owned());
    assert_eq!(origin(&loaded, "limits.streams_per_address"), variable);
    let file = sources.file.unwrap();
    assert_eq!(origin(&loaded, "limits.lobby_verified"), Origin::File { file, line: 4 });
    assert_eq!(origin(&loaded, "server.head_timeout"), Origin::Default);
}

#[test]
fn a_port_is_the_same_in_a_file_a_variable_and_a_flag() {
    let (_place, mut sources) = with_file("[mail]\nport = 25\n");
    let port = |sources: &Sources| sources.load().unwrap().config.mail.port;
    assert_eq!(port(&sources), Some(25));
    sources.environment = vec![("TERTULIA_MAIL__PORT".to_owned(), "465".to_owned())];
    assert_eq!(port(&sources), Some(465));
    sources.flags = vec![flag("mail.port", "587")];
    assert_eq!(port(&sources), Some(587));
    for bad in ["70000", "-1", "smtp", ""] {
        sources.flags = vec![flag("mail.port", bad)];
        assert!(matches!(&problems(&sources)[..], [Problem::Wrong { key, .. }] if key == "mail.port"), "{bad}");
    }
}

#[test]
fn the_file_in_the_data_directory_is_read_when_none_is_named() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join("tertulia.toml"), "name = \"agora\"").unwrap();
    let directory = place.path().to_str().unwrap();
    let mut sources = Sources { flags: vec![flag("data_dir", directory)], ..Sources::default() };
    assert_eq!(sources.load().unwrap().config.name.as_str(), "agora");

    sources.flags.clear();
    sources.environment = vec![("TERTULIA_DATA_DIR".to_owned(), directory.to_owned())];
    assert_eq!(sources.load().unwrap().config.name.as_str(), "agora");

    fs::write(place.path().join("tertulia.toml"), "data_dir = \"/elsewhere\"").unwrap();
    assert!(matches!(&problems(&sources)[..], [Problem::Wrong { key, .. }] if key == "data_dir"));
}

#[test]
fn a_named_file_must_be_there() {
    let sources = Sources { file: Some(PathBuf::from("/nonexistent/hub.toml")), ..Sources::default() };
    assert!(matches!(&problems(&sources)[..], [Problem::File { .. }]));
}

#[test]
fn an_unknown_key_is_named_with_its_place_and_the_key_that_was_meant() {
    let (_place, sources) = with_file("name = \"agora\"\n\n[limits]\nlobby_verifed = \"off\"\n\n[nonsense]\nkey = 1\n");
    let file = sources.file.clone().unwrap();
    let unknown = |line, key: &str, nearest: Option<&str>| Problem::Unknown {
        origin: Origin::File { file: file.clone(), line },
        key: key.to_owned(),
        nearest: nearest.map(ToOwned::to_owned),
    };
    let expected = [unknown(4, "limits.lobby_verifed", Some("limits.lobby_verified")), unknown(6, "nonsense", None)];
    assert_eq!(problems(&sources), expected);
    assert_eq!(
        expected[0].to_string(),
        format!("{}:4: unknown key `limits.lobby_verifed`; did you mean `limits.lobby_verified`?", file.display())
    );

    let found = problems(&with_variables(&[("TERTULIA_LIMITS__LOCL", "exempt")]));
    let shown = "environment TERTULIA_LIMITS__LOCL: unknown key `limits.locl`; did you mean `limits.local`?";
    assert_eq!(found[0].to_string(), shown);
}

#[test]
fn a_value_of_the_wrong_kind_is_named_with_its_line() {
    for (text, line, key) in [
        ("insecure_http = \"yes\"", 1, "insecure_http"),
        ("\n[limits]\nlobby_verified = \"ten an hour\"", 3, "limits.lobby_verified"),
        ("[server]\nhead_timeout = \"15 parsecs\"", 2, "server.head_timeout"),
        ("limits = 5", 1, "limits"),
        ("trusted_proxies = [\"10.0.0.0/8\", \"example\"]", 1, "trusted_proxies"),
        ("public_url = \"https://chat.example/hub\"", 1, "public_url"),
        ("name = \"no spaces\"", 1, "name"),
        ("accept_insecure = [\"everything\"]", 1, "accept_insecure"),
        ("[cors]\norigins = \"all\"", 2, "cors.origins"),
    ] {
        let (_place, sources) = with_file(text);
        let found = problems(&sources);
        let [Problem::Wrong { origin: Origin::File { line: at, .. }, key: of, why }] = &found[..] else {
            panic!("{text}: {found:?}")
        };
        assert_eq!((*at, of.as_str()), (line, key), "{text}");
        assert!(!why.is_empty());
    }
}

#[test]
fn what_is_not_toml_is_named_with_its_line() {
    let (_place, sources) = with_file("name = \"agora\"\nlisten = \n");
    assert!(matches!(&problems(&sources)[..], [Problem::Syntax { line: 2, .. }]));
}

#[test]
fn variables_are_read_as_what_the_setting_is() {
    let loaded = with_variables(&[
        ("TERTULIA_INSECURE_HTTP", "true"),
        ("TERTULIA_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128"),
        ("TERTULIA_ACCEPT_INSECURE", "[\"no-public-url\"]"),
        ("TERTULIA_STORE__MAX_BYTES", "64 MiB"),
        ("TERTULIA_SERVER__MAX_CONNECTIONS", "99"),
        ("TERTULIA_LIMITS__LOCAL", "exempt"),
        ("TERTULIA_MOLTBOOK__API_KEY", "12345"),
        ("TERTULIA_LISTEN", "127.0.0.1:7600"),
    ]);
    let config = loaded.load().unwrap().config;
    assert!(config.insecure_http);
    assert_eq!(config.trusted_proxies, ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()]);
    assert_eq!(config.accept_insecure, [Exposure::NoPublicUrl]);
    assert_eq!(config.store.max_bytes, Some("64 MiB".parse::<DatabaseSize>().unwrap()));
    assert_eq!(config.server.max_connections.get(), 99);
    assert_eq!(config.limits.local, LocalClients::Exempt);
    assert!(config.moltbook.api_key.is_some(), "a key of digits is a key");
    assert_eq!(config.listen, Listen::At("127.0.0.1:7600".parse().unwrap()), "said is said, also the default");
}

#[test]
fn a_secret_is_never_shown() {
    let loaded = with_variables(&[("TERTULIA_MOLTBOOK__API_KEY", "k-secret")]).load().unwrap();
    let key = loaded.settings().into_iter().find(|setting| setting.key == "moltbook.api_key").unwrap();
    assert_eq!(key.value.unwrap().as_str(), Some("[redacted]"));
    assert!(!format!("{loaded:?}").contains("k-secret"));
}

#[test]
fn what_is_printed_can_be_read_again() {
    let (_place, sources) = with_file("listen = \"0.0.0.0:80\"\n[limits]\nlobby_verified = \"0 per 10s\"\n");
    let loaded = sources.load().unwrap();
    let mut text = String::new();
    for setting in loaded.settings() {
        if let Some(value) = setting.value {
            writeln!(text, "{} = {value}", setting.key).unwrap();
        }
    }
    let (_place, again) = with_file(&text);
    assert_eq!(again.load().unwrap().config, loaded.config);
}

/// The exposures that keep a hub with these settings from starting.
fn refused(settings: &[(&str, &str)]) -> Vec<Exposure> {
    let mut sources = with_variables(&[]);
    sources.flags.extend(settings.iter().map(|(key, value)| flag(key, value)));
    sources.load().unwrap().config.refusals().into_iter().map(|refusal| refusal.0).collect()
}

#[test]
fn beyond_loopback_every_insecure_setting_is_refused_until_it_is_mended_or_accepted() {
    let everywhere = ("listen", "0.0.0.0:7600");
    let public = ("public_url", "https://chat.example");
    let plain = ("public_url", "http://chat.example");
    let private = ("outgoing.private_addresses", "true");
    let moltbook = ("moltbook.base_url", "http://moltbook.example/api/v1");
    let webhooks = ("webhooks.allow_http", "true");
    let everyone = ("trusted_proxies", "0.0.0.0/0");

    assert_eq!(refused(&[private, moltbook, webhooks, everyone, plain]), [], "on loopback nothing is");
    assert_eq!(refused(&[("listen", "[::1]:80"), private]), []);
    assert_eq!(refused(&[everywhere, public]), []);

    for (settings, exposure) in [
        (vec![everywhere], Exposure::NoPublicUrl),
        (vec![everywhere, plain], Exposure::HttpPublicUrl),
        (vec![everywhere, public, private], Exposure::PrivateOutgoing),
        (vec![everywhere, public, moltbook], Exposure::HttpMoltbook),
        (vec![everywhere, public, webhooks], Exposure::HttpWebhooks),
        (vec![everywhere, public, ("files.s3_allow_http", "true")], Exposure::HttpFiles),
        (vec![everywhere, public, everyone], Exposure::TrustEveryone),
    ] {
        assert_eq!(refused(&settings), [exposure]);
        let accepted = [settings, vec![("accept_insecure", exposure.as_str())]].concat();
        assert_eq!(refused(&accepted), [], "{exposure:?}");
    }
    assert_eq!(refused(&[everywhere, plain, ("insecure_http", "true")]), []);
}
