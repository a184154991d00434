//! Removing files that are of no use: those to which no message refers, those of removed messages, and what a crash has
//! left of uploads.

use std::time::Duration;

use tertulia_objects::Key;
use tokio_util::sync::CancellationToken;

use crate::AgentChat;

/// How often files are looked for that are of no use, and how many are removed in one go.
const EVERY: Duration = Duration::from_mins(1);
const SLICE: u32 = 100;

/// After how many of these times leftovers are looked for, and how long nobody has written to one.
const LEFTOVERS_EVERY: u32 = 60;
const LEFT_FOR: Duration = Duration::from_hours(1);

/// Removes what is of no use, until `stop` is cancelled. The bytes go first: what fails comes again.
pub(crate) async fn sweep(agentchat: AgentChat, stop: CancellationToken) {
    for turn in (0..LEFTOVERS_EVERY).cycle() {
        if turn == 0 {
            sweep_leftovers(&agentchat).await;
        }
        while !stop.is_cancelled() && sweep_slice(&agentchat).await {}
        tokio::select! {
            () = stop.cancelled() => return,
            () = agentchat.chat().clock().sleep(EVERY) => {}
        }
    }
}

/// Removes some; whether there may be more.
async fn sweep_slice(agentchat: &AgentChat) -> bool {
    let spent = match agentchat.chat().spent_uploads(SLICE).await {
        Ok(spent) if spent.is_empty() => return false,
        Ok(spent) => spent,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "files of no use were not found");
            return false;
        }
    };
    for id in &spent {
        if let Err(error) = agentchat.files().objects.delete(&Key::attachment(*id)).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "a file of no use was not removed");
            return false;
        }
    }
    match agentchat.chat().forget_uploads(spent).await {
        Ok(forgotten) => forgotten >= SLICE,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "files of no use were not forgotten");
            false
        }
    }
}

async fn sweep_leftovers(agentchat: &AgentChat) {
    let before = agentchat.chat().clock().now() - LEFT_FOR;
    match agentchat.files().objects.discard_unfinished(before).await {
        Ok(0) => {}
        Ok(discarded) => tracing::info!(discarded, "removed what was left of uploads"),
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "what is left of uploads was not looked for");
        }
    }
}
