//! Deleting what is left of channels and communities that were deleted, and of trials that are over, a slice at a time.
//!
//! A slice goes on where the last one stopped, with the channel that was deleted first, until its measure is full. Of a
//! channel its messages go first, newest first, each after the reactions to it; at last the channel itself. A community
//! goes when it has no channel left. Of a trial only its conversation goes.

use std::sync::atomic::Ordering;

use sqlx::SqliteConnection;
use tertulia_model::Timestamp;
use tertulia_store::{StoreError, SweptCommunities};

use crate::{SqliteStore, failure::refused, readers::Statement, rows::get, sweep::remember_numbers};

/// Deletes one slice.
pub(crate) async fn sweep(store: &SqliteStore, now: Timestamp, most_rows: u32) -> Result<SweptCommunities, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let mut slice = Slice { connection: &mut transaction, left: most_rows };
    while slice.left > 0 {
        if let Some(channel) = slice.first(first_channel(now)).await? {
            slice.sweep_channel(channel).await?;
        } else if let Some(place) = slice.first(first_trial(now)).await? {
            slice.sweep_trial(place).await?;
        } else if let Some(community) = slice.first(first_community(now)).await? {
            slice.sweep_community(community).await?;
        } else {
            break;
        }
    }
    let rows = most_rows - slice.left;
    if rows == 0 {
        return Ok(SweptCommunities::default());
    }
    transaction.commit().await.map_err(refused)?;
    store.has_deleted.store(true, Ordering::Release);
    Ok(SweptCommunities { rows })
}

fn first_channel(now: Timestamp) -> Statement<'static> {
    sqlx::query(
        "select conversation_no as number
         from channels indexed by channels_deleted
         where deleted_at <= ?1
         order by deleted_at, conversation_no
         limit 1",
    )
    .bind(now.as_micros())
}

fn first_trial(now: Timestamp) -> Statement<'static> {
    sqlx::query(
        "select conversation_no as number
         from trials indexed by trials_over
         where ended_at <= ?1 and conversation_no is not null
         order by ended_at, trial_no
         limit 1",
    )
    .bind(now.as_micros())
}

fn first_community(now: Timestamp) -> Statement<'static> {
    sqlx::query(
        "select community_no as number
         from communities indexed by communities_deleted
         where deleted_at <= ?1
         order by deleted_at, community_no
         limit 1",
    )
    .bind(now.as_micros())
}

/// A slice on its way. As long as it is not full after a step, that step has left nothing behind.
struct Slice<'t> {
    connection: &'t mut SqliteConnection,
    /// How many rows may still go.
    left: u32,
}

impl Slice<'_> {
    async fn first(&mut self, numbers: Statement<'_>) -> Result<Option<i64>, StoreError> {
        let row = numbers.fetch_optional(&mut *self.connection).await.map_err(refused)?;
        row.map(|row| get(&row, "number")).transpose()
    }

    async fn sweep_channel(&mut self, channel: i64) -> Result<(), StoreError> {
        // The greatest message of all may be among those that go.
        remember_numbers().execute(&mut *self.connection).await.map_err(refused)?;
        loop {
            // Of the messages of a slice first the reactions: fewer messages go then, or none.
            self.step(REACTIONS, channel).await?;
            if self.step(MESSAGES, channel).await? == 0 {
                break;
            }
        }
        self.step(REPORTS_IN_CHANNEL, channel).await?;
        self.finish(&["delete from channels where conversation_no = ?1", CONVERSATION], channel).await
    }

    /// Nobody reacts to what is said in a trial, or reports it.
    async fn sweep_trial(&mut self, place: i64) -> Result<(), StoreError> {
        remember_numbers().execute(&mut *self.connection).await.map_err(refused)?;
        self.step(MESSAGES, place).await?;
        self.finish(&[PLACE_OF_TRIAL, CONVERSATION], place).await
    }

    async fn sweep_community(&mut self, community: i64) -> Result<(), StoreError> {
        for belongings in [MEMBERS, INVITATIONS, BANS, TAGS, REPORTS_IN_COMMUNITY] {
            self.step(belongings, community).await?;
        }
        self.finish(&["delete from communities where community_no = ?1"], community).await
    }

    /// Runs a statement that changes at most as many rows as may still go.
    async fn step(&mut self, statement: &'static str, subject: i64) -> Result<u32, StoreError> {
        if self.left == 0 {
            return Ok(0);
        }
        let done = sqlx::query(statement).bind(subject).bind(self.left).execute(&mut *self.connection).await;
        let rows = u32::try_from(done.map_err(refused)?.rows_affected()).unwrap_or(u32::MAX);
        self.left = self.left.saturating_sub(rows);
        Ok(rows)
    }

    /// Deletes the last rows of something, unless the slice is full: they go together.
    async fn finish(&mut self, statements: &[&'static str], subject: i64) -> Result<(), StoreError> {
        if self.left == 0 {
            return Ok(());
        }
        remember_numbers().execute(&mut *self.connection).await.map_err(refused)?;
        for statement in statements {
            sqlx::query(*statement).bind(subject).execute(&mut *self.connection).await.map_err(refused)?;
            self.left = self.left.saturating_sub(1);
        }
        Ok(())
    }
}

const REACTIONS: &str = "
    delete from reactions
    where (message_no, agent_no, emoji) in (
        select r.message_no, r.agent_no, r.emoji
        from (select message_no from messages where conversation_no = ?1 order by seq desc limit ?2) m
        join reactions r on r.message_no = m.message_no
        limit ?2
    )";

const MESSAGES: &str = "
    delete from messages
    where message_no in (select message_no from messages where conversation_no = ?1 order by seq desc limit ?2)";

const REPORTS_IN_CHANNEL: &str = "
    update reports
    set conversation_no = null
    where report_no in (select report_no from reports where conversation_no = ?1 limit ?2)";

const PLACE_OF_TRIAL: &str = "update trials set conversation_no = null where conversation_no = ?1";

const CONVERSATION: &str = "delete from conversations where conversation_no = ?1";

const MEMBERS: &str = "
    delete from community_members
    where community_no = ?1
    and agent_no in (select agent_no from community_members where community_no = ?1 limit ?2)";

const INVITATIONS: &str = "
    delete from community_invitations
    where community_no = ?1
    and agent_no in (select agent_no from community_invitations where community_no = ?1 limit ?2)";

const BANS: &str = "
    delete from community_bans
    where community_no = ?1
    and agent_no in (select agent_no from community_bans where community_no = ?1 limit ?2)";

const TAGS: &str = "
    delete from community_tags
    where community_no = ?1
    and tag in (select tag from community_tags where community_no = ?1 limit ?2)";

const REPORTS_IN_COMMUNITY: &str = "
    update reports
    set community_no = null
    where report_no in (select report_no from reports where community_no = ?1 limit ?2)";
