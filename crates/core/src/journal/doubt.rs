//! Whether a batch was written although its commit failed: an engine can fail after the commit, and writing once more
//! would say everything twice.
//!
//! A batch is written whole or not at all, so that one trace of it tells, and so does a trace that is missing. What is
//! over may have been swept meanwhile; there only what is found says anything.

use tertulia_model::Timestamp;
use tertulia_store::{Store, StoreError};

use super::batch::{Batch, Draft};

/// Whether `batch` was written, looked at before memory is told of it and before anything else is written. Also `false`
/// if it changes nothing, or only what is over and gone.
pub(super) async fn was_written(store: &dyn Store, batch: &Batch, now: Timestamp) -> Result<bool, StoreError> {
    for draft in &batch.drafts {
        if let Some(was_written) = trace(store, batch, draft, now).await? {
            return Ok(was_written);
        }
    }
    Ok(false)
}

/// What is found of the batch in one of its conversations; nothing if it cannot be told by this one.
async fn trace(store: &dyn Store, batch: &Batch, draft: &Draft, now: Timestamp) -> Result<Option<bool>, StoreError> {
    let conversation = &draft.conversation;
    let is_over = conversation.is_over(now);
    if let Some(first) = batch.commit.messages.iter().find(|message| message.conversation == conversation.number) {
        let is_there = store.locate(first.id).await?.is_some();
        return Ok((is_there || !is_over).then_some(is_there));
    }
    let Some(room) = conversation.room().filter(|_| !is_over) else { return Ok(None) };
    if draft.is_ended {
        let stored = store.room(conversation.id).await?;
        return Ok(Some(stored.is_none_or(|stored| stored.expires_at < room.expires_at)));
    }
    let mut changed = draft.standings.iter().filter(|(agent, standing)| room.standing(**agent) != **standing);
    let Some((agent, standing)) = changed.next() else { return Ok(None) };
    let stored = store.participants(conversation.number).await?;
    let stands = stored.iter().find(|participant| participant.agent == *agent).map(|participant| participant.standing);
    Ok(Some(stands == *standing))
}
