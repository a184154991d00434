//! A hub from its start to its end, in this process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::{FileTypeExt, PermissionsExt},
    os::unix::net::UnixStream,
    path::Path,
};

use tertulia_host::{
    Config, DataDir, DataDirError, Durability, Host, Running, StartError, Surroundings,
    config::{Exposure, Listen},
    control::{Answer, AskError, Command, SOCKET_FILE, ask},
};

fn config(data_dir: &Path) -> Config {
    let listen = "127.0.0.1:0".parse().unwrap();
    Config { listen, data_dir: data_dir.to_owned(), ..Config::default() }
}

async fn start(config: Config) -> Result<Running, StartError> {
    Host::start(config, Surroundings { durability: Durability::Off, ..Surroundings::real() }).await
}

/// Asks off the runtime: the client blocks.
async fn ask_hub(data_dir: &Path, command: Command) -> Result<Answer, AskError> {
    let data_dir = data_dir.to_owned();
    tokio::task::spawn_blocking(move || ask(&data_dir, &command)).await.unwrap()
}

/// Status line, headers and body of one request.
async fn get(hub: &Running, path: &str, headers: &str) -> String {
    let address = hub.address();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{headers}\r\n");
    let answer = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    });
    answer.await.unwrap()
}

#[tokio::test]
async fn it_answers_and_when_it_has_stopped_nothing_is_left() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    assert!(get(&hub, "/health", "").await.starts_with("HTTP/1.1 200 OK"));
    assert_eq!(DataDir::holder(place.path()).unwrap().url, hub.url());
    let address = hub.address();

    hub.stop().await.unwrap();
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(DataDir::holder(place.path()), None);
    assert!(!place.path().join(SOCKET_FILE).exists());
    assert!(!place.path().join("hub.db-wal").exists());
    start(config(place.path())).await.unwrap().stop().await.unwrap();
}

#[tokio::test]
async fn numbers_and_reasons_are_for_this_machine_alone() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    let metrics = get(&hub, "/metrics", "").await;
    assert!(metrics.contains("\ntertulia_messages_appended_total 0\n"), "{metrics}");
    for header in ["forwarded: for=192.0.2.1\r\n", "x-forwarded-for: 192.0.2.1\r\n"] {
        assert!(get(&hub, "/metrics", header).await.starts_with("HTTP/1.1 404"), "{header}");
        assert!(get(&hub, "/health", header).await.starts_with("HTTP/1.1 200"), "{header}");
    }
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn its_description_is_of_version_3_1_and_names_its_own_paths() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    let answer = get(&hub, "/openapi.json", "").await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let description: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(description["openapi"], "3.1.0");
    assert_eq!(description["info"]["title"], "tertulia");
    assert_eq!(description["servers"][0]["url"], hub.url());
    for path in ["/health", "/metrics", "/openapi.json", "/api/register"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn a_directory_has_one_hub_and_a_second_one_learns_where() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    let refused = start(config(place.path())).await.unwrap_err();
    let StartError::DataDir(DataDirError::InUse { holder, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(holder.unwrap().url, hub.url());
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn a_taken_port_that_was_asked_for_is_an_error() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let hub = start(config(one.path())).await.unwrap();
    let listen = hub.address().to_string().parse().unwrap();
    let refused = start(Config { listen, ..config(other.path()) }).await.unwrap_err();
    assert!(matches!(refused, StartError::Listen(_)), "{refused:?}");
    hub.stop().await.unwrap();
    // A start that failed holds nothing.
    assert_eq!(DataDir::holder(other.path()), None);
}

#[tokio::test]
async fn all_of_it_is_at_a_second_address_if_there_is_one() {
    let place = tempfile::tempdir().unwrap();
    let mut config = config(place.path());
    config.moltchats.gateway_listen = Some("127.0.0.1:0".parse().unwrap());
    let hub = start(config).await.unwrap();
    let second = hub.second_address().unwrap();
    assert_ne!(second, hub.address());
    let gateway = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let request = format!("GET /ws HTTP/1.1\r\nhost: {second}\r\n{gateway}\r\n");
    let held = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(second).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 101");
        stream
    });
    let held = held.await.unwrap();
    assert!(get(&hub, "/health", "").await.starts_with("HTTP/1.1 200"));
    drop(held);
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn it_does_not_listen_where_its_settings_are_insecure() {
    let place = tempfile::tempdir().unwrap();
    let listen: Listen = "0.0.0.0:0".parse().unwrap();
    let refused = start(Config { listen, ..config(place.path()) }).await.unwrap_err();
    assert!(matches!(&refused, StartError::Insecure { refusals, .. } if refusals[0].0 == Exposure::NoPublicUrl));
    let said = refused.to_string();
    assert!(
        said.contains("`public_url` is not set") && said.contains("accept_insecure = [\"no-public-url\"]"),
        "{said}"
    );
    let mut second = config(place.path());
    second.moltchats.gateway_listen = Some(listen.address());
    let refused = start(second).await.unwrap_err();
    assert!(matches!(&refused, StartError::Insecure { address, .. } if *address == listen.address()));
}

#[tokio::test]
async fn the_operator_is_answered_over_the_control_socket() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    let socket = place.path().join(SOCKET_FILE).metadata().unwrap();
    assert!(socket.file_type().is_socket());
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);

    let Answer::Status(status) = ask_hub(place.path(), Command::Status).await.unwrap() else { panic!() };
    assert_eq!((status.url.as_str(), status.pid, status.agents), (hub.url(), std::process::id(), 0));

    for (command, reason) in [
        (Command::Suspend { name: "nobody".to_owned() }, "there is no agent `nobody`"),
        (Command::Unsuspend { name: "tertulia".to_owned() }, "`tertulia` is the hub itself, which nothing is done to"),
        (
            Command::DeleteMessage { id: "0001-000000000001-89abcdef".to_owned() },
            "there is no message `0001-000000000001-89abcdef`",
        ),
        (
            Command::List { state: Some("asleep".to_owned()), after: None },
            "`asleep` is not a state: pending, active, suspended, deleted",
        ),
        (Command::Backup { file: "hub.db".into() }, "the path of a backup is absolute"),
    ] {
        let expected = Answer::Refused { reason: reason.to_owned() };
        assert_eq!(ask_hub(place.path(), command).await.unwrap(), expected);
    }
    assert_eq!(
        ask_hub(place.path(), Command::Outbox).await.unwrap(),
        Answer::Outbox { entries: vec![], codes: vec![] }
    );
    assert_eq!(ask_hub(place.path(), Command::Audit { limit: 9 }).await.unwrap(), Answer::Audit { entries: vec![] });

    hub.stop().await.unwrap();
    assert!(matches!(ask_hub(place.path(), Command::Status).await, Err(AskError::NoHub { .. })));
}

#[tokio::test]
async fn what_is_not_a_command_is_refused_and_what_has_no_end_is_hung_up_on() {
    let place = tempfile::tempdir().unwrap();
    let hub = start(config(place.path())).await.unwrap();
    let path = place.path().join(SOCKET_FILE);
    let spoken = tokio::task::spawn_blocking(move || {
        let mut stream = UnixStream::connect(&path).unwrap();
        stream.write_all(b"{\"command\":\"explode\"}\n").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();

        let mut endless = UnixStream::connect(&path).unwrap();
        // The hub may hang up while this is still being written.
        let _ = endless.write_all(&vec![b'x'; 64 * 1024 + 1]);
        let mut nothing = Vec::new();
        let hung_up = endless.read_to_end(&mut nothing).is_err() || nothing.is_empty();
        (answer, hung_up)
    });
    let (answer, hung_up) = spoken.await.unwrap();
    let Answer::Refused { reason } = serde_json::from_str(&answer).unwrap() else { panic!("{answer}") };
    assert!(reason.starts_with("the command was not understood: unknown variant `explode`"), "{reason}");
    assert!(hung_up);
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn a_directory_with_a_long_path_has_a_control_socket_too() {
    let place = tempfile::tempdir().unwrap();
    let long = place.path().join("d".repeat(120));
    let hub = start(config(&long)).await.unwrap();
    assert!(matches!(ask_hub(&long, Command::Status).await, Ok(Answer::Status(_))));
    hub.stop().await.unwrap();
}

#[tokio::test]
async fn without_a_running_hub_the_operator_opens_its_database() {
    let place = tempfile::tempdir().unwrap();
    start(config(place.path())).await.unwrap().stop().await.unwrap();
    let offline = Host::open(&config(place.path()), &Surroundings::real()).await.unwrap();
    let Answer::Status(status) = offline.operator().carry_out(Command::Status).await else { panic!() };
    assert_eq!(status.url, "");
    assert!(matches!(start(config(place.path())).await, Err(StartError::DataDir(_))));
    offline.close().await.unwrap();
}
