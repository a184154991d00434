//! What messages are besides their texts: written with them, and read beside them.

use tertulia_model::{AgentNo, AttachmentId, GroupEvent, MessageNo};
use tertulia_store::{Append, Attached, Content, EventRecord, StoreError};
use uuid::Uuid;

use crate::{readers::Statement, rows::number_list};

/// What is aggregated of each: whether it has no text, the sender's key, data, attachment, extension; then the event, to
/// whom, by whom, and the new name.
pub(crate) type Row = (
    u8,
    Option<String>,
    Option<String>,
    Option<AttachedRow>,
    Option<String>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    Option<String>,
);

/// Of an attachment: its id in hexadecimal, its name, its type and its length.
type AttachedRow = (String, String, String, u64);

/// The aggregate of one content `c` of a message `m`, to stand in a statement.
macro_rules! content_row {
    () => {
        "json_array(
             m.text is null, c.sent_key, c.data,
             json((
                 select json_array(hex(a.attachment_id), a.filename, a.content_type, a.size)
                 from attachments a
                 where a.attachment_id = c.attachment_id
             )),
             c.extension, c.event, c.event_agent_no, c.event_actor_no, c.event_text
         )"
    };
}
pub(crate) use content_row;

pub(crate) fn content_from(
    (is_wordless, sent_key, data, attachment, extension, event, agent, actor, name): Row,
) -> Result<Content, StoreError> {
    let event = match event {
        None => None,
        Some(word) => Some(EventRecord {
            what: GroupEvent::from_word(&word).ok_or(StoreError::Unreadable("event of a group"))?,
            agent: agent.map(AgentNo),
            actor: actor.map(AgentNo),
            name: name.map(Into::into),
        }),
    };
    Ok(Content {
        is_wordless: is_wordless == 1,
        sent_key: sent_key.map(Into::into),
        data: data.map(Into::into),
        attachment: attachment.map(attached_from).transpose()?,
        extension: extension.map(Into::into),
        event,
    })
}

fn attached_from((id, filename, media_type, bytes): AttachedRow) -> Result<Attached, StoreError> {
    let id = Uuid::try_parse(&id).map_err(|_| StoreError::Unreadable("id of an attachment"))?;
    let media_type = media_type.parse().map_err(|_| StoreError::Unreadable("type of an attachment"))?;
    Ok(Attached { id: AttachmentId::from_uuid(id), filename: filename.into(), media_type, bytes })
}

/// As one content is bound: number, key, data, attachment in hexadecimal, extension; the event, to whom, by whom, and the
/// new name; then the sender.
type NewRow<'a> = (
    i64,
    Option<&'a str>,
    Option<&'a str>,
    Option<String>,
    Option<&'a str>,
    Option<&'a str>,
    Option<i64>,
    Option<i64>,
    Option<&'a str>,
    i64,
);

fn row_of<'a>(message: &'a Append, content: &'a Content) -> NewRow<'a> {
    let event = content.event.as_ref();
    (
        message.number.0,
        content.sent_key.as_deref(),
        content.data.as_deref(),
        content.attachment.as_ref().map(|attached| attached.id.as_uuid().as_simple().to_string()),
        content.extension.as_deref(),
        event.map(|event| event.what.as_str()),
        event.and_then(|event| event.agent).map(|agent| agent.0),
        event.and_then(|event| event.actor).map(|agent| agent.0),
        event.and_then(|event| event.name.as_deref()),
        message.author.0,
    )
}

/// The contents of a batch as one JSON text; nothing if all of it is words alone.
pub(crate) fn encode(messages: &[Append]) -> Option<String> {
    let with_content = messages.iter().filter_map(|message| Some(row_of(message, message.content.as_deref()?)));
    let rows: Vec<_> = with_content.collect();
    (!rows.is_empty()).then(|| serde_json::to_string(&rows).expect("numbers and strings are JSON"))
}

/// Writes what [`encode`] gives.
macro_rules! insert {
    ($contents:literal) => {
        concat!(
            "insert into contents
                 (message_no, sent_key, data, attachment_id, extension, event, event_agent_no, event_actor_no,
                  event_text)
             select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
                    unhex(json_extract(value, '$[3]')), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
                    json_extract(value, '$[6]'), json_extract(value, '$[7]'), json_extract(value, '$[8]')
             from jsonb_each(",
            $contents,
            ")"
        )
    };
}
pub(crate) use insert;

/// Remembers the keys in what [`encode`] gives.
macro_rules! insert_keys {
    ($contents:literal) => {
        concat!(
            "insert into sent_keys (agent_no, sent_key, message_no)
             select json_extract(value, '$[9]'), json_extract(value, '$[1]'), json_extract(value, '$[0]')
             from jsonb_each(",
            $contents,
            ")
             where json_extract(value, '$[1]') is not null"
        )
    };
}
pub(crate) use insert_keys;

/// Number and content of each of these messages that has one, as one JSON text.
pub(crate) fn select(messages: &[MessageNo]) -> Statement<'static> {
    sqlx::query(concat!(
        "select json_group_array(json_array(c.message_no, ",
        content_row!(),
        ")) as contents
         from json_each(?1) wanted
         cross join contents c on c.message_no = wanted.value
         cross join messages m on m.message_no = c.message_no"
    ))
    .bind(number_list(messages.iter().map(|message| message.0)))
}

/// What [`select`] has found.
pub(crate) fn decode(contents: &str) -> Result<Vec<(MessageNo, Content)>, StoreError> {
    let rows: Vec<(i64, Row)> = serde_json::from_str(contents).map_err(|_| StoreError::Unreadable("content"))?;
    rows.into_iter().map(|(number, row)| Ok((MessageNo(number), content_from(row)?))).collect()
}
