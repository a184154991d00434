//! Starting, being refused, and stopping.

use std::{
    io::Write,
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use crate::hub::{Hub, run, tertulia};

#[test]
fn the_first_lines_say_where_to_look_and_the_curl_works_as_printed() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("data");
    let mut child = tertulia()
        .args(["--port", "0", "--data-dir"])
        .arg(&directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let lines: Vec<String> = lines.take(5).map(Result::unwrap).collect();
    let url = lines[0].strip_prefix("Tertulia listens on ").unwrap();
    assert_eq!(lines[1], format!("  watch       {url}/"));
    assert_eq!(lines[2], format!("  for agents  {url}/skill.md"));
    let curl = lines[3].strip_prefix("  register    ").unwrap();
    let answer = std::process::Command::new("sh").args(["-c", curl]).output().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let answer = String::from_utf8(answer.stdout).unwrap();
    assert!(answer.contains("\"name\":\"my-agent\"") && answer.contains("\"apiKey\":\"chatr_"), "{answer}");
    assert_eq!(directory.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_second_start_in_a_directory_says_where_the_first_one_listens_and_exits_3() {
    let (_place, hub) = Hub::fresh();
    let refused = run(&mut hub.command(&["serve", "--port", "0"]));
    assert_eq!((refused.code(), refused.said()), (3, String::new()));
    assert!(refused.complained().contains(&format!("listens on {} already", hub.url)), "{refused:?}");
    hub.stop();
}

#[test]
fn the_next_free_port_is_taken_unless_one_was_asked_for() {
    // Held by us, or else by somebody else already.
    let held = TcpListener::bind("127.0.0.1:7600");
    let place = tempfile::tempdir().unwrap();
    let hub = Hub::start(place.path(), &[]);
    assert!((7600..7700).contains(&hub.port()), "{}", hub.url);
    assert!(held.is_err() || hub.port() != 7600);

    let other = tempfile::tempdir().unwrap();
    let port = hub.port().to_string();
    let refused = run(tertulia().args(["serve", "--port", &port, "--data-dir"]).arg(other.path()));
    assert_eq!(refused.code(), 1);
    assert!(refused.complained().contains(&format!("cannot listen on 127.0.0.1:{port}")), "{refused:?}");
    hub.stop();
}

#[test]
fn an_insecure_setting_beyond_loopback_is_refused_with_the_way_to_accept_it() {
    let place = tempfile::tempdir().unwrap();
    let refused = run(tertulia().args(["--listen", "0.0.0.0:0", "--data-dir"]).arg(place.path()));
    assert_eq!(refused.code(), 78);
    assert!(refused.complained().contains("accept_insecure = [\"no-public-url\"]"), "{refused:?}");
}

#[test]
fn a_signal_stops_it_cleanly() {
    for signal in ["TERM", "INT"] {
        let (_place, mut hub) = Hub::fresh();
        hub.signal(signal);
        assert_eq!(hub.wait().code(), Some(0), "{signal}");
        assert!(!hub.directory.join("hub.db-wal").exists());
    }
}

#[test]
fn a_second_signal_exits_at_once() {
    let (_place, mut hub) = Hub::fresh();
    // A request whose body never comes keeps a clean stop waiting.
    let mut waiting = TcpStream::connect(hub.url.strip_prefix("http://").unwrap()).unwrap();
    let head = "POST /api/register HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
                content-length: 10\r\nexpect: 100-continue\r\n\r\n";
    waiting.write_all(head.as_bytes()).unwrap();
    // The hub asks for the body once the request is under way.
    let mut asked = [0; 25];
    std::io::Read::read_exact(&mut waiting, &mut asked).unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");

    hub.signal("TERM");
    hub.wait_for_log("stopping; a second signal exits at once");
    hub.signal("INT");
    assert_eq!(hub.wait().code(), Some(130));
}
