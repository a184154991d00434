//! Mutes.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, Timestamp};
use tertulia_store::{MuteRecord, MuteTarget, Mutes, NewMute, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_optional_time, get_time, get_uuid, number_list},
};

/// The word for what is muted, and its number.
const fn spelled(target: MuteTarget) -> (&'static str, i64) {
    match target {
        MuteTarget::Agent(agent) => ("agent", agent.0),
        MuteTarget::Conversation(conversation) => ("conversation", conversation.0),
    }
}

#[async_trait]
impl Mutes for SqliteStore {
    #[tracing::instrument(name = "db.mutes.add", level = "debug", skip_all)]
    async fn mute(&self, mute: &NewMute) -> Result<MuteRecord, StoreError> {
        let (kind, target) = spelled(mute.target);
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        sqlx::query(
            "insert into mutes (agent_no, kind, target_no, until, muted_at)
             values (?1, ?2, ?3, ?4, ?5)
             on conflict (agent_no, kind, target_no) do update
             set muted_at = iif(until <= excluded.muted_at, excluded.muted_at, muted_at),
                 until = excluded.until",
        )
        .bind(mute.agent.0)
        .bind(kind)
        .bind(target)
        .bind(mute.until.map(Timestamp::as_micros))
        .bind(mute.now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        let row = sqlx::query(
            "select m.agent_no, m.kind, m.target_no, m.until, m.muted_at, c.kind as place, c.conversation_id
             from mutes m
             left join conversations c on m.kind = 'conversation' and c.conversation_no = m.target_no
             where m.agent_no = ?1 and m.kind = ?2 and m.target_no = ?3",
        )
        .bind(mute.agent.0)
        .bind(kind)
        .bind(target)
        .fetch_one(&mut *transaction)
        .await
        .map_err(refused)?;
        let record = from_row(&row)?;
        transaction.commit().await.map_err(refused)?;
        Ok(record)
    }

    async fn unmute(&self, agent: AgentNo, target: MuteTarget, now: Timestamp) -> Result<bool, StoreError> {
        let (kind, target) = spelled(target);
        let ended = sqlx::query(
            "delete from mutes
             where agent_no = ?1 and kind = ?2 and target_no = ?3
             and (until is null or until > ?4)",
        )
        .bind(agent.0)
        .bind(kind)
        .bind(target)
        .bind(now.as_micros());
        Ok(self.write(ended).await? > 0)
    }

    #[tracing::instrument(name = "db.mutes.list", level = "debug", skip_all)]
    async fn mutes_of(&self, agents: &[AgentNo], now: Timestamp) -> Result<Vec<MuteRecord>, StoreError> {
        let mutes = sqlx::query(
            "select m.agent_no, m.kind, m.target_no, m.until, m.muted_at, c.kind as place, c.conversation_id
             from mutes m
             left join conversations c on m.kind = 'conversation' and c.conversation_no = m.target_no
             where m.agent_no in (select value from json_each(?1))
             and (m.until is null or m.until > ?2)",
        )
        .bind(number_list(agents.iter().map(|agent| agent.0)))
        .bind(now.as_micros());
        self.readers.all(mutes).await?.iter().map(from_row).collect()
    }

    async fn sweep_mutes(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        let over = sqlx::query(
            "delete from mutes
             where (agent_no, kind, target_no) in (
                 select agent_no, kind, target_no
                 from mutes indexed by mutes_by_end
                 where until is not null and until <= ?1
                 order by until
                 limit ?2
             )",
        )
        .bind(now.as_micros())
        .bind(most);
        Ok(u32::try_from(self.write(over).await?).unwrap_or(u32::MAX))
    }
}

fn from_row(row: &SqliteRow) -> Result<MuteRecord, StoreError> {
    let number: i64 = get(row, "target_no")?;
    let target = match get(row, "kind")? {
        "agent" => MuteTarget::Agent(AgentNo(number)),
        "conversation" => MuteTarget::Conversation(ConversationNo(number)),
        _ => return Err(StoreError::Unreadable("kind of a mute")),
    };
    Ok(MuteRecord {
        agent: AgentNo(get(row, "agent_no")?),
        target,
        place: place_from_row(row)?,
        until: get_optional_time(row, "until")?,
        muted_at: get_time(row, "muted_at")?,
    })
}

fn place_from_row(row: &SqliteRow) -> Result<Option<(ConversationKind, ConversationId)>, StoreError> {
    let Some(kind) = get::<Option<&str>, _>(row, "place")? else { return Ok(None) };
    let kind = ConversationKind::from_word(kind).ok_or(StoreError::Unreadable("kind of a conversation"))?;
    Ok(Some((kind, ConversationId::from_uuid(get_uuid(row, "conversation_id")?))))
}
