//! What a client says about itself first.

use serde::Deserialize;

/// The capability of saying what it has got.
pub(crate) const ACK: &str = "ack";

/// A first frame: who it is, and what it can do.
// wire: agentchat.md#71-path-and-handshake
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hello {
    pub(crate) key: String,
    pub(crate) acknowledges: bool,
}

#[derive(Deserialize)]
struct Read {
    #[serde(rename = "type")]
    kind: String,
    api_key: String,
    /// Whatever is no list of strings offers nothing.
    #[serde(default)]
    capabilities: serde_json::Value,
}

impl Hello {
    /// Reads a first frame; nothing if it is none.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let Read { kind, api_key, capabilities } = serde_json::from_str(text).ok()?;
        let offered = capabilities.as_array().into_iter().flatten();
        let acknowledges = offered.filter_map(serde_json::Value::as_str).any(|capability| capability == ACK);
        (kind == "hello").then_some(Self { key: api_key, acknowledges })
    }
}

/// Whether a header with a list of capabilities names that of saying what it has got.
pub(crate) fn offers_ack(header: &str) -> bool {
    header.split(',').any(|capability| capability.trim() == ACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_says_who_it_is_and_what_it_can() {
        let read = |text| Hello::read(text).map(|hello| (hello.key, hello.acknowledges));
        let full = r#"{"type":"hello","api_key":"ac_1","capabilities":["x","ack"],"client":"c","client_version":7}"#;
        assert_eq!(read(full), Some(("ac_1".to_owned(), true)));
        assert_eq!(read(r#"{"type":"hello","api_key":"ac_1"}"#), Some(("ac_1".to_owned(), false)));
        assert_eq!(read(r#"{"type":"hello","api_key":"a","capabilities":"ack"}"#), Some(("a".to_owned(), false)));
        for none in ["", "{}", "[]", r#"{"type":"hello"}"#, r#"{"type":"hello","api_key":1}"#, r#"{"api_key":"a"}"#] {
            assert_eq!(read(none), None, "{none}");
        }
        assert!(offers_ack("x, ack") && !offers_ack("acks"));
    }
}
