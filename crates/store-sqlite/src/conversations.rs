//! What every kind of conversation begins with.

use sqlx::SqliteConnection;
use tertulia_model::{ConversationId, ConversationKind, ConversationNo, Timestamp};
use tertulia_store::StoreError;

use crate::{
    failure::{failed, refused},
    rows::get,
};

/// Adds a conversation. Its number is greater than every one before, also than those of which nothing is left.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    id: ConversationId,
    kind: ConversationKind,
    created_at: Timestamp,
) -> Result<ConversationNo, StoreError> {
    let row = sqlx::query(
        "insert into conversations (conversation_no, conversation_id, kind, created_at)
         select 1 + max(last_conversation_no, (select max(conversation_no) from conversations)), ?1, ?2, ?3
         from hub
         returning conversation_no",
    )
    .bind(id.as_uuid().as_bytes().as_slice())
    .bind(kind.as_str())
    .bind(created_at.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    let row = row.ok_or_else(|| failed("the hub was never opened"))?;
    Ok(ConversationNo(get(&row, "conversation_no")?))
}
