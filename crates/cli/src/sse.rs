//! Reading a stream of server-sent events from its bytes.

/// Most bytes of one line: a whole history of the longest texts fits in.
pub(crate) const LONGEST_LINE: usize = 32 << 20;

/// One event that carries data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id in force, if there ever was one.
    pub(crate) id: Option<String>,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// Reads events from pieces of any size. Names, comments and waits are ignored.
#[derive(Debug)]
pub(crate) struct EventReader {
    limit: usize,
    waiting: Vec<u8>,
    data: Vec<String>,
    id: Option<String>,
}

/// A line that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line of the stream is too long")]
pub(crate) struct TooLong;

impl EventReader {
    /// Refuses lines of more than `limit` bytes.
    pub(crate) const fn new(limit: usize) -> Self {
        Self { limit, waiting: Vec::new(), data: Vec::new(), id: None }
    }

    /// The events that `piece` completes.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for byte_line in piece.split_inclusive(|byte| *byte == b'\n') {
            self.waiting.extend_from_slice(byte_line);
            if self.waiting.len() > self.limit {
                return Err(TooLong);
            }
            if self.waiting.ends_with(b"\n") {
                let line = std::mem::take(&mut self.waiting);
                events.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r'])));
            }
        }
        Ok(events)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return (!data.is_empty()).then(|| Event { id: self.id.clone(), data: data.join("\n") });
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "data" => self.data.push(value.to_owned()),
            "id" => self.id = Some(value.to_owned()),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_events_whatever_the_pieces() {
        let stream = "retry: 2000\n\n: ping\n\nid: 7\ndata: one\ndata: two\n\ndata:three\r\n\r\n";
        let event = |data: &str| Event { id: Some("7".to_owned()), data: data.to_owned() };
        for size in 1..stream.len() {
            let mut reader = EventReader::new(16);
            let pieces = stream.as_bytes().chunks(size).map(|piece| reader.read(piece).unwrap());
            assert_eq!(pieces.flatten().collect::<Vec<_>>(), [event("one\ntwo"), event("three")], "{size}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut reader = EventReader::new(16);
        assert_eq!(reader.read(&[b'x'; 16]), Ok(vec![]));
        assert_eq!(reader.read(b"x"), Err(TooLong));
    }
}
