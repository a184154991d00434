//! Reading a stream of server-sent events from its bytes.

/// Most bytes of one event; a longer one ends the stream.
pub(crate) const LONGEST_EVENT: usize = 8 << 20;

/// One event that carries data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// The id in force, if there ever was one.
    pub(crate) id: Option<String>,
    /// Its data, lines joined.
    pub(crate) data: String,
}

/// Reads events from pieces of any size. Names, comments and waits are ignored.
#[derive(Debug, Default)]
pub(crate) struct EventReader {
    waiting: Vec<u8>,
    data: Vec<String>,
    id: Option<String>,
}

/// An event that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is longer than {LONGEST_EVENT} bytes")]
pub(crate) struct TooLong;

impl EventReader {
    /// The events that `piece` completes.
    pub(crate) fn read(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut events = Vec::new();
        for byte_line in piece.split_inclusive(|byte| *byte == b'\n') {
            self.waiting.extend_from_slice(byte_line);
            if self.waiting.len() > LONGEST_EVENT {
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
            let mut reader = EventReader::default();
            let pieces = stream.as_bytes().chunks(size).map(|piece| reader.read(piece).unwrap());
            assert_eq!(pieces.flatten().collect::<Vec<_>>(), [event("one\ntwo"), event("three")], "{size}");
        }
    }

    #[test]
    fn an_endless_line_is_refused() {
        let mut reader = EventReader::default();
        assert_eq!(reader.read(&vec![b'x'; LONGEST_EVENT]), Ok(vec![]));
        assert_eq!(reader.read(b"x"), Err(TooLong));
    }
}
