//! Codes by e-mail with the real binary: carried by a mail server, shown to whoever runs the hub, or refused.

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
};

use serde_json::{Value, json};
use tertulia_doubles::smtp::{Security, SmtpServer};

use crate::hub::{Hub, run, tertulia};

const APPLICANT: &str = r#"{"email":"kim@example.org","handle":"grace"}"#;

/// Begins to register; the id of what waits for a code.
fn begin(hub: &Hub) -> Value {
    hub.send("POST /v1/register", "none", APPLICANT)["pending_id"].clone()
}

/// Registers with the code, and uses the key.
fn finish(hub: &Hub, pending: &Value, code: &str) {
    let body = json!({ "pending_id": pending, "code": code }).to_string();
    let registered = hub.send("POST /v1/register/verify", "none", &body);
    let me = hub.send("GET /v1/agents/me", registered["api_key"].as_str().unwrap(), "");
    assert_eq!((&me["handle"], &me["email"]), (&"grace".into(), &"kim@example.org".into()));
}

#[test]
fn a_mail_server_carries_the_code() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(SmtpServer::start(Security::None));
    server.require_login("hub", "a password");
    let place = tempfile::tempdir().unwrap();
    let port = format!("mail.port={}", server.address().port());
    let args = ["--port", "0", "--set", "mail.host=127.0.0.1", "--set", &port, "--set", "mail.tls=none"];
    let login = ["--set", "mail.from=hub@example.org", "--set", "mail.user=hub", "--set", "mail.password=a password"];
    let hub = Hub::start(&place.path().join("data"), &[&args[..], &login[..]].concat());

    let pending = begin(&hub);
    let letter = runtime.block_on(server.letters(1)).remove(0);
    assert_eq!((letter.from.as_str(), letter.to.as_slice()), ("hub@example.org", &["kim@example.org".to_owned()][..]));
    assert_eq!(run(&mut hub.command(&["admin", "outbox"])).well(), "nothing waits\n", "it was carried");
    finish(&hub, &pending, letter.code().unwrap());
    hub.stop();
    runtime.block_on(server.stop());
}

#[test]
fn without_one_the_operator_is_shown_the_code() {
    let (_place, mut hub) = Hub::fresh();
    let pending = begin(&hub);
    hub.wait_for_log("code for kim@example.org (register): ");
    let outbox: Value = serde_json::from_str(&run(&mut hub.command(&["admin", "outbox", "--json"])).well()).unwrap();
    let code = outbox["codes"][0]["code"].as_str().unwrap();
    assert_eq!((&outbox["codes"][0]["email"], code.len()), (&"kim@example.org".into(), 6));
    assert!(run(&mut hub.command(&["admin", "outbox"])).well().contains(&format!("{code} kim@example.org")));
    finish(&hub, &pending, code);
    hub.stop();
}

#[test]
fn without_one_strangers_are_refused_and_the_doctor_says_why() {
    let place = tempfile::tempdir().unwrap();
    let args = ["--listen", "0.0.0.0:0", "--public-url", "https://chat.example"];
    let hub = Hub::start(&place.path().join("data"), &args);
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, hub.port())).unwrap();
    let length = APPLICANT.len();
    let head =
        format!("POST /v1/register HTTP/1.1\r\nHost: chat.example\r\nConnection: close\r\nContent-Length: {length}");
    write!(stream, "{head}\r\n\r\n{APPLICANT}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"code\":\"OTP_FAILED\""), "{answer}");
    assert_eq!(run(&mut hub.command(&["admin", "outbox"])).well(), "nothing waits\n");

    let open = ["--set", "listen=0.0.0.0:0", "--set", "public_url=https://chat.example", "--data-dir"];
    let examined = run(tertulia().arg("doctor").args(open).arg(place.path().join("other"))).said();
    assert!(examined.contains("no mail server is configured, so nobody can register"), "{examined}");
    hub.stop();
}
