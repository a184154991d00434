//! Those who read: each resumes with the id of the last event that it has seen whole, as a browser does, and keeps
//! everything that it was ever shown.

use std::{io, net::SocketAddr, sync::Arc};

use serde_json::Value;
use tertulia_testkit::Exchange;

use crate::{
    ledger::{Known, Ledger},
    load::text,
};

/// What one reader was shown, in the order in which it was.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) messages: Vec<Known>,
    last_id: Option<String>,
    has_history: bool,
}

/// Reads through all kills until a message says `last_words`.
pub(crate) async fn read(ledger: Arc<Ledger>, hub: SocketAddr, after_start: u64, last_words: &str) -> View {
    let mut view = View::default();
    let mut last = after_start;
    while let Some(start) = ledger.next_start(last).await {
        last = start;
        match view.follow(hub, last_words).await {
            Ok(()) => return view,
            Err(_lost) => {}
        }
    }
    panic!("the hub is over and {last_words:?} was never shown")
}

impl View {
    /// Reads until `last_words` are there. `Err`: the connection broke.
    async fn follow(&mut self, hub: SocketAddr, last_words: &str) -> io::Result<()> {
        let mut exchange = Exchange::open(hub).await?;
        exchange.open_stream(self.last_id.as_deref()).await?;
        let mut waiting = Vec::new();
        loop {
            let chunk = exchange.chunk().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            waiting.extend_from_slice(&chunk);
            // What follows the last empty line is not whole yet.
            while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
                let event: Vec<u8> = waiting.drain(..end + 2).collect();
                self.take(std::str::from_utf8(&event).expect("UTF-8"));
            }
            if self.messages.last().is_some_and(|message| message.content == last_words) {
                return Ok(());
            }
        }
    }

    fn take(&mut self, event: &str) {
        let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
        let Some(data) = field("data:") else { return };
        let Value::Object(event) = serde_json::from_str(data).expect("data is JSON") else { panic!("{data}") };
        match event["type"].as_str() {
            Some("history") => {
                let messages = event["data"].as_array().expect("a history is a list");
                assert_eq!(event.get("truncated"), None, "a reader that resumes at once has not missed too much");
                self.messages.extend(messages.iter().map(known));
                self.has_history = true;
            }
            Some("message") => {
                assert!(self.has_history, "the history comes first");
                let message = known(&event["data"]);
                assert_eq!(field("id:"), Some(message.id.as_str()), "an event has its message's id");
                self.messages.push(message);
            }
            Some("stats") => {}
            other => panic!("an event of type {other:?}"),
        }
        if let Some(id) = field("id:") {
            self.last_id = Some(id.to_owned());
        }
    }
}

/// A message of a history, a stream or a page.
pub(crate) fn known(message: &Value) -> Known {
    Known { id: text(&message["id"]), content: text(&message["content"]) }
}
