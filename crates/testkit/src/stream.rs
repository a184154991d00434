//! Reading a stream of server-sent events as a client does.

use serde_json::Value;

use crate::http::{Connection, Request};

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// The last `id:` seen with or before it.
    pub id: Option<String>,
    /// Its `event:`; nothing for an unnamed one.
    pub name: Option<String>,
    /// Its `data:`.
    pub data: String,
}

impl Event {
    /// The data as JSON.
    ///
    /// # Panics
    ///
    /// If it is not.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).expect("data in JSON")
    }

    /// The contents of the messages that a history holds.
    ///
    /// # Panics
    ///
    /// If it is no history.
    #[must_use]
    pub fn contents(&self) -> Vec<String> {
        assert_eq!(self.kind(), "history", "{self:?}");
        let json = self.json();
        let messages = json["data"].as_array().expect("an array of messages");
        messages.iter().map(|message| message["content"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The type that the data names.
    #[must_use]
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }
}

/// An open stream.
#[derive(Debug)]
pub struct EventStream {
    connection: Connection,
    headers: Vec<(String, String)>,
    received: Vec<u8>,
    comments: Vec<String>,
    retry: Option<String>,
}

impl EventStream {
    /// Asks for the stream.
    ///
    /// # Panics
    ///
    /// If the answer is not 200.
    pub async fn open(mut connection: Connection, request: &Request) -> Self {
        connection.send(request).await;
        let (status, headers) = connection.read_head().await;
        assert_eq!(status, 200, "the stream was refused: {headers:?}");
        Self { connection, headers, received: Vec::new(), comments: Vec::new(), retry: None }
    }

    /// A header of the answer.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Comments seen so far.
    #[must_use]
    pub fn comments(&self) -> &[String] {
        &self.comments
    }

    /// The `retry:` seen so far.
    #[must_use]
    pub fn retry(&self) -> Option<&str> {
        self.retry.as_deref()
    }

    /// The next event; nothing when the stream has ended.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some(block) = self.take_block() {
                if let Some(event) = self.read_block(&block) {
                    return Some(event);
                }
            }
            self.read_more().await?;
        }
    }

    /// The next block of lines as it is, with the empty line at its end.
    ///
    /// # Panics
    ///
    /// If the stream ends before.
    pub async fn next_block(&mut self) -> String {
        loop {
            match self.take_block() {
                Some(block) => return block,
                None => self.read_more().await.expect("the stream goes on"),
            }
        }
    }

    /// Waits for a comment.
    ///
    /// # Panics
    ///
    /// If the stream ends, or an event comes first.
    pub async fn next_comment(&mut self) -> String {
        let before = self.comments.len();
        while self.comments.len() == before {
            while let Some(block) = self.take_block() {
                assert_eq!(self.read_block(&block), None, "an event came first");
            }
            if self.comments.len() == before {
                self.read_more().await.expect("the stream goes on");
            }
        }
        self.comments[before].clone()
    }

    /// The next event whose data has this type; others are passed over.
    ///
    /// # Panics
    ///
    /// If the stream ends before.
    pub async fn next_of(&mut self, kind: &str) -> Event {
        loop {
            let Some(event) = self.next().await else { panic!("the stream ended before a {kind}") };
            if event.kind() == kind {
                return event;
            }
        }
    }

    /// Waits for the stream's end; what still comes is passed over.
    pub async fn ends(mut self) {
        while self.next().await.is_some() {}
    }

    /// The contents of the next `count` messages.
    pub async fn next_contents(&mut self, count: usize) -> Vec<String> {
        let mut contents = Vec::with_capacity(count);
        while contents.len() < count {
            let message = self.next_of("message").await.json();
            contents.push(message["data"]["content"].as_str().unwrap_or_default().to_owned());
        }
        contents
    }

    /// Reads nothing more, and keeps the connection.
    #[must_use]
    pub fn stop_reading(self) -> Connection {
        self.connection
    }

    async fn read_more(&mut self) -> Option<()> {
        let is_chunked = self.header("transfer-encoding") == Some("chunked");
        let bytes = if is_chunked { self.connection.read_chunk().await? } else { self.connection.read_some().await? };
        self.received.extend_from_slice(&bytes);
        Some(())
    }

    fn take_block(&mut self) -> Option<String> {
        let end = self.received.windows(2).position(|two| two == b"\n\n")?;
        let block = self.received.drain(..end + 2).collect();
        Some(String::from_utf8(block).expect("events in UTF-8"))
    }

    fn read_block(&mut self, block: &str) -> Option<Event> {
        let (mut event, mut data) = (Event::default(), Vec::new());
        for line in block.lines() {
            match line.split_once(':').map(|(field, value)| (field, value.strip_prefix(' ').unwrap_or(value))) {
                Some(("", comment)) => self.comments.push(comment.to_owned()),
                Some(("id", id)) => event.id = Some(id.to_owned()),
                Some(("event", name)) => event.name = Some(name.to_owned()),
                Some(("data", line)) => data.push(line),
                Some(("retry", millis)) => self.retry = Some(millis.to_owned()),
                _ => {}
            }
        }
        event.data = data.join("\n");
        (!data.is_empty()).then_some(event)
    }
}
