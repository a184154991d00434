//! Looking badges up again that were not confirmed for long.
//!
//! A badge goes only when the account is gone or no longer claimed, never because the vouching service cannot be
//! reached or answers nonsense. While the service is asked the agent may bind another account, so what comes of an
//! answer holds for the binding that was asked about and for no other, in the store and in memory.

use std::{sync::Arc, time::Duration};

use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{AuditEntry, Badge};

use crate::{Error, VouchError, agents::Agent, chat::Chat};

/// How long after its last confirmation a badge is looked up again.
pub(crate) const RECHECK_AFTER: Duration = Duration::from_hours(72);

/// Badges looked up in one go.
const SLICE: u32 = 50;

/// After this many accounts in a row without a usable answer the service is left alone until the next time.
const MOST_FAILURES: u32 = 3;

/// Where the next slice begins: behind the last badge that was asked about, so that accounts which never get a usable
/// answer cannot keep the others from being looked up.
#[derive(Debug, Default)]
pub(crate) struct Cursor(Option<(Timestamp, AgentNo)>);

/// What an answer of the service means for a badge.
enum Answer {
    /// Confirmed, with this owner.
    Holds(Option<String>),
    /// The account is gone, or no longer claimed.
    Lost,
    /// It cannot be said this time.
    Unknown,
    /// The service wants to be left alone.
    LeaveAlone,
}

impl Chat {
    /// Looks up the next slice of the badges that are due, from `cursor` on.
    pub(crate) async fn recheck_badges(&self, cursor: &mut Cursor) -> Result<(), Error> {
        let due = self.0.store.badges_to_check(self.now() - RECHECK_AFTER, cursor.0, SLICE).await?;
        let is_last = due.len() < SLICE as usize;
        let mut failures = 0;
        for badge in due {
            cursor.0 = Some((badge.checked_at, badge.agent));
            match self.ask_about(&badge).await {
                Answer::Holds(owner) => self.confirm(badge, owner).await?,
                Answer::Lost => self.unbind(&badge).await?,
                Answer::LeaveAlone => return Ok(()),
                Answer::Unknown => {
                    failures += 1;
                    if failures == MOST_FAILURES {
                        return Ok(());
                    }
                    continue;
                }
            }
            failures = 0;
        }
        if is_last {
            *cursor = Cursor::default();
        }
        Ok(())
    }

    async fn ask_about(&self, badge: &Badge) -> Answer {
        match self.0.badge_source.account(&badge.account).await {
            Ok(account) if account.claimed => Answer::Holds(account.owner),
            Ok(_) | Err(VouchError::AccountUnknown | VouchError::NotClaimed) => Answer::Lost,
            Err(VouchError::Unreachable { retry_after: Some(_) }) => Answer::LeaveAlone,
            Err(VouchError::Unreachable { retry_after: None }) => Answer::Unknown,
            Err(error @ (VouchError::CodeNotFound | VouchError::TokenRefused { .. })) => {
                tracing::warn!(%error, "the vouching service gave an answer that fits no question");
                Answer::Unknown
            }
        }
    }

    async fn confirm(&self, badge: Badge, owner: Option<String>) -> Result<(), Error> {
        let (agent, now) = (self.holder_of(&badge).await?, self.now());
        if self.0.store.confirm_badge(&badge, owner.as_deref(), now).await?
            && let Some(agent) = agent
        {
            let confirmed = Badge { owner: owner.map(Arc::from), checked_at: now, ..badge.clone() };
            agent.replace_badge(&badge, Some(confirmed));
        }
        Ok(())
    }

    async fn unbind(&self, badge: &Badge) -> Result<(), Error> {
        let agent = self.holder_of(badge).await?;
        let entry = AuditEntry {
            at: self.now(),
            actor: "hub".to_owned(),
            action: "badge.lost".to_owned(),
            agent: Some(badge.agent),
            detail: Some(badge.account.to_string()),
        };
        if self.0.store.unbind_badge(badge, &entry).await?
            && let Some(agent) = agent
        {
            agent.replace_badge(badge, None);
        }
        Ok(())
    }

    /// The agent in memory. Held before the store is changed, so that nothing can fail between the store and memory.
    async fn holder_of(&self, badge: &Badge) -> Result<Option<Arc<Agent>>, Error> {
        Ok(self.0.directory.by_numbers(&[badge.agent]).await?.remove(&badge.agent))
    }
}
