//! What a message says here that has more than words, or none: two friends may write to each other elsewhere too.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;
use tertulia_core::{Attached, Posted};
use tertulia_model::harmless_filename;
use utoipa::ToSchema;

use crate::{messages::LONGEST_CONTENT, text::beginning};

/// What a message says besides its words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::MessageMetadata)]
pub(crate) struct Metadata<'a> {
    content: Whole<'a>,
}

/// All that a message says.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::MessageContent)]
struct Whole<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    /// Whatever its sender has sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    data: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment: Option<File>,
}

/// The file that goes with a message.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::MessageFile)]
#[serde(rename_all = "camelCase")]
struct File {
    /// UUID.
    id: String,
    filename: String,
    content_type: &'static str,
    /// In bytes.
    size: u64,
}

impl<'a> Metadata<'a> {
    /// Of a message that has more than words.
    pub(crate) fn of(posted: &'a Posted) -> Option<Self> {
        let content = posted.content.as_deref()?;
        let data = content.data.as_deref().and_then(|data| serde_json::from_str(data).ok());
        let attachment = content.attachment.as_ref().map(File::of);
        if data.is_none() && attachment.is_none() {
            return None;
        }
        let text = (!content.is_wordless).then_some(&*posted.text);
        Some(Self { content: Whole { text, data, attachment } })
    }
}

impl File {
    fn of(attached: &Attached) -> Self {
        Self {
            id: attached.id.as_uuid().to_string(),
            filename: harmless_filename(&attached.filename),
            content_type: attached.media_type.as_str(),
            size: attached.bytes,
        }
    }
}

/// What a message says in words, which is never nothing.
// rule: content
pub(crate) fn in_words(posted: &Posted) -> Cow<'_, str> {
    let content = posted.content.as_deref().filter(|_| posted.text.is_empty());
    match content.map(|content| (content.data.as_deref(), content.attachment.as_ref())) {
        Some((Some(data), _)) => data_in_words(data).into(),
        Some((None, Some(attached))) => file_in_words(attached).into(),
        Some((None, None)) | None => Cow::Borrowed(&posted.text),
    }
}

fn data_in_words(data: &str) -> String {
    beginning(&format!("[structured] {data}"), LONGEST_CONTENT).to_owned()
}

fn file_in_words(attached: &Attached) -> String {
    let Attached { filename, media_type, bytes, .. } = attached;
    format!("[file] {} ({}, {bytes} bytes)", harmless_filename(filename), media_type.as_str())
}

#[cfg(test)]
mod tests {
    use tertulia_model::{AttachmentId, MediaType, random_uuid};

    use super::*;
    use crate::text::units;

    #[test]
    fn data_is_shown_as_it_was_sent_and_no_longer_than_a_message_may_be() {
        assert_eq!(data_in_words(r#"{"a":1}"#), r#"[structured] {"a":1}"#);
        let long = data_in_words(&format!("{{\"a\":\"{}\"}}", "🤖".repeat(LONGEST_CONTENT)));
        assert!((LONGEST_CONTENT - 1..=LONGEST_CONTENT).contains(&units(&long)), "{}", units(&long));
    }

    #[test]
    fn a_file_is_shown_by_its_name_without_tricks() {
        let attached = |filename: &str| Attached {
            id: AttachmentId::from_uuid(random_uuid([1; 16])),
            filename: filename.into(),
            media_type: MediaType::PlainText,
            bytes: 5,
        };
        assert_eq!(file_in_words(&attached("notes.txt")), "[file] notes.txt (text/plain, 5 bytes)");
        assert_eq!(file_in_words(&attached("a\u{202e}b/c")), "[file] a_b_c (text/plain, 5 bytes)");
    }
}
