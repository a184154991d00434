//! One reader that stops among 200 that read: it costs the others nothing and the hub a bounded number of bytes, and
//! it comes back without loss.

use serde_json::Value;
use tertulia_core::Limit;
use tertulia_testkit::{AgentCaller, Connection, EventStream, Request, TestApp};

const READERS: usize = 200;

/// The bound of one reader's queue: small, so that it fills before more is missed than a resume gives back.
const QUEUE_BYTES: usize = 128 * 1024;

/// Messages said between two looks at the queue: small enough for every socket's buffer.
const STEP: usize = 8;

/// Bytes of the largest step on the wire, at the most: what may be missing to a queue that is full.
const STEP_BYTES: usize = STEP * 2_000;

/// Fewer than a resume gives back.
const MOST_MESSAGES: usize = 900;

/// 250 characters, the longest text, in as many bytes as they can have.
fn long_text(number: usize) -> String {
    format!("{number:04}{}", "🦞".repeat(246))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_is_cut_off_and_nobody_else_notices() {
    let app = start().await;
    let speaker = app.agent("speaker").await;
    let mut readers = Vec::with_capacity(READERS);
    for _ in 0..READERS {
        readers.push(started(app.stream().await).await);
    }
    let narrow = Connection::open_narrow(app.address(), 4_096).await;
    let slow = started(EventStream::open(narrow, &Request::new("GET", "/api/stream")).await).await.stop_reading();
    let before = Gauges::read(&app).await;
    assert_eq!((before.live_streams, before.cut_off, before.queued_bytes), (READERS + 1, 0, 0));

    let (fullest, said) = speak_until_cut_off(&app, &speaker, &mut readers).await;
    assert!(fullest <= QUEUE_BYTES, "{fullest} bytes waited");
    assert!(fullest + STEP_BYTES > QUEUE_BYTES, "it was cut off with only {fullest} bytes waiting");
    let after = Gauges::read(&app).await;
    assert_eq!((after.live_streams, after.cut_off, after.queued_bytes), (READERS, 1, 0), "only the slow one has gone");

    let missed = resume(&app, slow).await;
    assert_eq!(missed, said, "what it had read and what it was given when it came back");
}

async fn start() -> TestApp {
    TestApp::with(|config| {
        config.limits.registrations_per_address = Limit::Off;
        config.limits.requests_per_address = Limit::Off;
        config.limits.lobby_unverified = Limit::Off;
        config.limits.streams_per_address = u32::try_from(READERS + 2).expect("a few hundred");
        config.server.stream_queue_bytes = format!("{QUEUE_BYTES} B").parse().expect("a size");
        config.server.socket_buffer = Some("32 KiB".parse().expect("a size"));
    })
    .start()
    .await
}

/// Reads a stream's beginning: the history, which is empty, and the counts.
async fn started(mut stream: EventStream) -> EventStream {
    assert_eq!(stream.next_of("history").await.json()["data"], Value::Array(Vec::new()));
    stream.next_of("stats").await;
    stream
}

/// Speaks in small steps. After each one every reader but the slow one has all of it, however much waits for that one.
/// Returns the most bytes that ever waited, and what was said.
async fn speak_until_cut_off(
    app: &TestApp,
    speaker: &AgentCaller,
    readers: &mut [EventStream],
) -> (usize, Vec<String>) {
    let (mut fullest, mut said) = (0, Vec::new());
    while said.len() < MOST_MESSAGES {
        let step: Vec<String> = (said.len()..said.len() + STEP).map(long_text).collect();
        for text in &step {
            speaker.says(text).await;
        }
        for reader in readers.iter_mut() {
            assert_eq!(reader.next_contents(STEP).await, step);
        }
        said.extend(step);
        let gauges = Gauges::read(app).await;
        if gauges.cut_off > 0 {
            return (fullest, said);
        }
        fullest = fullest.max(gauges.queued_bytes);
    }
    panic!("nobody was cut off; at most {fullest} bytes waited")
}

/// Reads what the slow connection still holds, and then comes back with the last whole event's id: the contents of
/// everything that was given, in order.
async fn resume(app: &TestApp, mut slow: Connection) -> Vec<String> {
    let (mut contents, last_id) = whole_messages(&slow.read_to_end().await);
    let resuming = Request::new("GET", "/api/stream").header("Last-Event-ID", &last_id.expect("it had read something"));
    let mut stream = app.stream_with(resuming).await;
    let history = stream.next_of("history").await.json();
    assert_eq!(history.get("truncated"), None);
    let missed = history["data"].as_array().expect("a list");
    contents.extend(missed.iter().map(|message| message["content"].as_str().expect("a text").to_owned()));
    contents
}

/// The messages in a stream that was cut somewhere, and the id of the last one that is whole.
fn whole_messages(received: &[u8]) -> (Vec<String>, Option<String>) {
    let received = String::from_utf8_lossy(received);
    let (mut contents, mut last_id) = (Vec::new(), None);
    // An event ends with an empty line; the sizes of the chunks between events are no field of any.
    let Some((whole, _)) = received.rsplit_once("\n\n") else { return (contents, last_id) };
    for event in whole.split("\n\n") {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
        let Some(data) = field("data: ") else { continue };
        let message: Value = serde_json::from_str(data).expect("a whole event is JSON");
        contents.push(message["data"]["content"].as_str().expect("a text").to_owned());
        last_id = field("id: ").map(str::to_owned);
    }
    (contents, last_id)
}

/// What the hub counts of its streams.
#[derive(Debug)]
struct Gauges {
    live_streams: usize,
    cut_off: usize,
    queued_bytes: usize,
}

impl Gauges {
    async fn read(app: &TestApp) -> Self {
        let reply = app.get("/metrics").await.expect(200);
        let gauge = |name: &str| {
            let line = reply.text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name} in {reply}"))
        };
        Self {
            live_streams: gauge("tertulia_live_streams"),
            cut_off: gauge("tertulia_live_cut_off_total"),
            queued_bytes: gauge("tertulia_live_queued_bytes"),
        }
    }
}
