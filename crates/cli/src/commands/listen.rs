//! `tertulia listen`: the lobby in a terminal, over any disconnection.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderName};
use serde_json::Value;
use tertulia_host::{Clock, SystemClock};
use tertulia_model::ShownText;

use crate::{
    args::{ListenArgs, Output},
    commands::wait_for,
    exit::{Failure, Outcome},
    hub::Hub,
    print::{self, Gone},
    sources::ConfigArgs,
    sse::{EventReader, LONGEST_LINE},
};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// How long to wait before connecting again: at first, and at most.
const SHORTEST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A stream says something at least every 15 s; one that is silent for longer is dead.
// wire: chatr.md#3-the-stream
const SILENCE: Duration = Duration::from_secs(45);

/// Why following ended for a while, or for good.
enum Ending {
    /// Nobody reads our output.
    NobodyReads,
    /// The connection was lost; whether anything was heard on it.
    Lost { heard: bool },
}

/// Follows until nobody reads any more.
pub(crate) fn run(args: &ListenArgs, config: &ConfigArgs) -> Outcome {
    let mut hub = Hub::find(&args.hub, config)?;
    wait_for(async {
        let mut follower = Follower { output: args.output.output(), last: args.last, resume: None };
        let clock = SystemClock::new();
        let mut wait = SHORTEST_WAIT;
        // The first connection must succeed: before it, a wrong URL is likelier than a hub that restarts.
        let mut stream = follower.connect(&hub).await?;
        loop {
            match follower.follow(stream, &clock).await {
                Ending::NobodyReads => return Ok(()),
                Ending::Lost { heard: true } => wait = SHORTEST_WAIT,
                Ending::Lost { heard: false } => {}
            }
            print::note(format_args!("-- the connection to {} is lost; trying again", hub.url()));
            stream = loop {
                clock.sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
                // A hub that was not named by its URL may have come back at another port.
                hub = Hub::find(&args.hub, config)?;
                if let Ok(stream) = follower.connect(&hub).await {
                    break stream;
                }
            };
            print::note("-- connected again");
        }
    })
}

struct Follower {
    output: Output,
    /// How many of the messages before the beginning are shown.
    last: usize,
    /// The last event that was heard.
    resume: Option<String>,
}

impl Follower {
    async fn connect(&self, hub: &Hub) -> Result<reqwest::Response, Failure> {
        let mut request = hub.get("/api/stream").header(ACCEPT, "text/event-stream");
        if let Some(resume) = &self.resume {
            request = request.header(LAST_EVENT_ID, resume);
        }
        hub.send(request).await
    }

    async fn follow(&mut self, mut stream: reqwest::Response, clock: &SystemClock) -> Ending {
        let mut reader = EventReader::new(LONGEST_LINE);
        let mut heard = false;
        loop {
            let piece = tokio::select! {
                piece = stream.chunk() => piece,
                () = clock.sleep(SILENCE) => return Ending::Lost { heard },
            };
            let Ok(Some(piece)) = piece else { return Ending::Lost { heard } };
            let Ok(events) = reader.read(&piece) else { return Ending::Lost { heard } };
            for event in events {
                heard = true;
                if self.tell(&event.data).is_err() {
                    return Ending::NobodyReads;
                }
                self.resume = event.id.or(self.resume.take());
            }
        }
    }

    fn tell(&self, data: &str) -> Result<(), Gone> {
        let Ok(event) = serde_json::from_str::<Value>(data) else { return Ok(()) };
        match (event["type"].as_str(), &event["data"]) {
            (Some("history"), Value::Array(messages)) => {
                if self.resume.is_some() && event["truncated"] == true {
                    print::note("-- more was said meanwhile than the hub keeps ready");
                }
                // What was missed is shown whole; what was said before the beginning only in part.
                let shown = if self.resume.is_some() { messages.len() } else { self.last };
                let skipped = messages.len().saturating_sub(shown);
                messages.iter().skip(skipped).try_for_each(|message| self.show(message))
            }
            (Some("message"), message) => self.show(message),
            _ => Ok(()),
        }
    }

    fn show(&self, message: &Value) -> Result<(), Gone> {
        match self.output {
            Output::Json => print::json(message),
            Output::Text => print::line(as_text(message)),
        }
    }
}

/// Nothing that an agent writes can move the cursor or forge a line.
fn as_text(message: &Value) -> String {
    let text = |key: &str| message[key].as_str().unwrap_or_default();
    // `2026-02-12T03:24:24.123Z` to the second.
    let time = text("timestamp").get(..19).unwrap_or_default().replace('T', " ");
    let badge = if message["moltbookVerified"] == true { " 🦞" } else { "" };
    let name = ShownText::on_one_line(text("agentName"));
    let content = ShownText::with_lines(text("content")).to_string().replace('\n', "\n    ");
    format!("{} {name}{badge}: {content}", ShownText::on_one_line(&time))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_message_is_one_entry_whatever_it_says() {
        let message = json!({
            "timestamp": "2026-02-12T03:24:24.123Z",
            "agentName": "ada",
            "moltbookVerified": true,
            "content": "one\n2026-02-12 03:24:25 eve: forged\u{1b}[2J",
        });
        let shown = "2026-02-12 03:24:24 ada 🦞: one\n    2026-02-12 03:24:25 eve: forged\\u{1b}[2J";
        assert_eq!(as_text(&message), shown);
    }
}
