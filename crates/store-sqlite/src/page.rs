//! Many messages as one value, both ways: a batch goes in, and a page comes out, as one JSON text.
//!
//! Bound or fetched value by value, a row costs the driver several microseconds; as part of one text about one.

use std::{collections::HashMap, io::Write};

use tertulia_model::{AgentNo, ConversationNo, MessageId, MessageNo, Seq, TextKind, Timestamp};
use tertulia_store::{Append, MessageRecord, StoreError};
use uuid::Uuid;

/// A batch as `append` binds it.
pub(crate) struct Batch {
    /// `[[number, conversation, seq, author, revision, created_at, text], …]`.
    pub(crate) rows: String,
    /// The public ids one after the other, 16 bytes each.
    pub(crate) ids: Vec<u8>,
    /// `[[conversation, first seq], …]`.
    pub(crate) starts: String,
    /// A digit for each message, 1 if its text is code; nothing if no text is, as is usual.
    pub(crate) code: Option<String>,
}

impl Batch {
    /// None if a message does not continue its conversation within the batch.
    pub(crate) fn encode(batch: &[Append]) -> Option<Self> {
        let texts: usize = batch.iter().map(|message| message.text.len()).sum();
        let mut rows = Vec::with_capacity(texts + texts / 8 + 96 * batch.len());
        let mut ids = Vec::with_capacity(16 * batch.len());
        let mut starts = Vec::with_capacity(32);
        let mut last = HashMap::new();
        for message in batch {
            match last.insert(message.conversation, message.seq) {
                None => write_start(&mut starts, message),
                Some(before) if before.next() == message.seq => {}
                Some(_) => return None,
            }
            write_row(&mut rows, message);
            ids.extend_from_slice(message.id.as_uuid().as_bytes());
        }
        let code = batch.iter().any(|message| message.text_kind == TextKind::Code).then(|| code_digits(batch));
        Some(Self { rows: close_array(rows), ids, starts: close_array(starts), code })
    }
}

/// What `read` aggregates for each message: number, id in hexadecimal, seq, author, revision, time, text, whether it
/// is removed, and whether it is code.
pub(crate) type Row = (i64, String, u64, i64, u32, i64, Option<String>, bool, Option<u8>);

/// The aggregate of one message `m`, to stand in a statement.
macro_rules! message_row {
    () => {
        "json_array(
             m.message_no, hex(m.message_id), m.seq, m.author_no, m.author_revision, m.created_at, m.text,
             iif(m.removed_at is null, json('false'), json('true')), m.is_code
         )"
    };
}
pub(crate) use message_row;

/// The messages of a page, in its order.
pub(crate) fn decode_page(page: &str) -> Result<Vec<MessageRecord>, StoreError> {
    let rows: Vec<Row> = serde_json::from_str(page).map_err(|_| StoreError::Unreadable("message"))?;
    rows.into_iter().map(message_from).collect()
}

/// One message.
pub(crate) fn decode_message(message: &str) -> Result<MessageRecord, StoreError> {
    message_from(serde_json::from_str(message).map_err(|_| StoreError::Unreadable("message"))?)
}

pub(crate) fn message_from(
    (number, id, seq, author, author_revision, created_at, text, removed, is_code): Row,
) -> Result<MessageRecord, StoreError> {
    Ok(MessageRecord {
        number: MessageNo(number),
        id: MessageId::from_uuid(Uuid::try_parse(&id).map_err(|_| StoreError::Unreadable("id"))?),
        seq: Seq(seq),
        author: AgentNo(author),
        author_revision,
        created_at: Timestamp::from_micros(created_at),
        text: text.map(Into::into),
        text_kind: if is_code == Some(1) { TextKind::Code } else { TextKind::Plain },
        removed,
    })
}

fn write_start(out: &mut Vec<u8>, message: &Append) {
    let Append { conversation: ConversationNo(conversation), seq: Seq(seq), .. } = message;
    write!(out, "{}[{conversation},{seq}]", separator(out)).expect(INFALLIBLE);
}

fn write_row(out: &mut Vec<u8>, message: &Append) {
    let Append { number, conversation, seq, author, author_revision, created_at, text, content, .. } = message;
    let (separator, created_at) = (separator(out), created_at.as_micros());
    write!(out, "{separator}[{number},{conversation},{seq},{author},{author_revision},{created_at},")
        .expect(INFALLIBLE);
    let text = (!content.as_ref().is_some_and(|content| content.is_wordless)).then_some(&**text);
    serde_json::to_writer(&mut *out, &text).expect(INFALLIBLE);
    out.push(b']');
}

fn code_digits(batch: &[Append]) -> String {
    let digit = |message: &Append| if message.text_kind == TextKind::Code { '1' } else { '0' };
    batch.iter().map(digit).collect()
}

const fn separator(out: &[u8]) -> char {
    if out.is_empty() { '[' } else { ',' }
}

fn close_array(mut out: Vec<u8>) -> String {
    out.push(b']');
    String::from_utf8(out).expect("numbers and JSON strings are UTF-8")
}

const INFALLIBLE: &str = "writing to memory cannot fail";
