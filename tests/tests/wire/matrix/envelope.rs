//! What the surfaces below `/api` have in common: answers, streams, and the words of refusals.

use serde_json::Value;
use tertulia_testkit::{AgentCaller, EventStream, Reply, Request, TestApp};

use super::heard::{Heard, Id, Later, Listening, Refused, Said, Source};

/// What such a surface answers to what was said.
pub(super) fn answered(reply: &Reply) -> Result<Said, Refused> {
    if reply.status == 201 {
        let allowance = reply.header("x-ratelimit-limit").is_some();
        let allowance =
            allowance.then(|| (reply.number_in("x-ratelimit-limit"), reply.number_in("x-ratelimit-remaining")));
        return Ok(Said { id: Id::ending_in_hexadecimal(&reply.str_at("/message/id")), allowance });
    }
    Err(match (reply.status, reply.code().as_str()) {
        (429, "RATE_LIMITED") => Refused::TooOften { wait: reply.number_in("retry-after") },
        (403, "URL_NOT_ALLOWED") => Refused::LinkNotAllowed,
        (403, "SUSPENDED") => Refused::Suspended,
        (400, "INVALID_CONTENT") => Refused::BadText,
        other => panic!("{other:?} is no refusal of a text: {reply}"),
    })
}

/// The agent of an answer to a registration, its id and its key at these places.
pub(super) fn caller(app: &TestApp, name: &str, reply: &Reply, id: &str, key: &str) -> AgentCaller {
    AgentCaller { address: app.address(), id: reply.str_at(id), name: name.to_owned(), key: reply.str_at(key) }
}

/// A message whose author's name is in the member `author`.
pub(super) fn heard(message: &Value, author: &str) -> Heard {
    Heard {
        id: Id::ending_in_hexadecimal(&text(message, "id")),
        author: text(message, author).to_lowercase(),
        text: text(message, "content"),
    }
}

/// A string in an object.
pub(super) fn text(object: &Value, member: &str) -> String {
    object[member].as_str().expect("a string").to_owned()
}

/// A page of messages.
pub(super) async fn page(app: &TestApp, path: &str, heard: fn(&Value) -> Heard) -> Vec<Heard> {
    app.get(path).await.expect(200).json()["messages"].as_array().unwrap().iter().map(heard).collect()
}

/// A stream of events, after a message if one is named.
pub(super) async fn events(app: &TestApp, path: &str, after: Option<&str>, heard: fn(&Value) -> Heard) -> Listening {
    let request = Request::new("GET", path);
    let request = if let Some(after) = after { request.header("Last-Event-ID", after) } else { request };
    let mut stream = app.stream_with(request).await;
    let history = stream.next_of("history").await.json();
    let history = history["data"].as_array().unwrap().iter().map(heard).collect();
    Listening { history, source: Box::new(Events { stream, heard }) }
}

struct Events {
    stream: EventStream,
    heard: fn(&Value) -> Heard,
}

impl Source for Events {
    fn next(&mut self) -> Later<'_, Heard> {
        Box::pin(async { (self.heard)(&self.stream.next_of("message").await.json()["data"]) })
    }
}
