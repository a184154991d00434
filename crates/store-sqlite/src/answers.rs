//! Answers to requests that carried a key.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{AnswerRecord, Answers, NewAnswer, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_count},
};

#[async_trait]
impl Answers for SqliteStore {
    #[tracing::instrument(name = "db.answers.find", level = "debug", skip_all)]
    async fn answer(
        &self,
        agent: AgentNo,
        key: &str,
        expired_by: Timestamp,
    ) -> Result<Option<AnswerRecord>, StoreError> {
        let answer = sqlx::query(
            "select fingerprint, status, headers, body
             from answers
             where agent_no = ?1 and answer_key = ?2 and answered_at > ?3",
        )
        .bind(agent.0)
        .bind(key)
        .bind(expired_by.as_micros());
        self.readers.first(answer).await?.as_ref().map(from_row).transpose()
    }

    #[tracing::instrument(name = "db.answers.keep", level = "debug", skip_all)]
    async fn keep_answer(&self, answer: &NewAnswer) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let is_kept = insert(&mut transaction, answer).await?;
        if is_kept {
            delete_oldest(&mut transaction, answer).await?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(is_kept)
    }

    async fn sweep_answers(&self, expired_by: Timestamp, most: u32) -> Result<u32, StoreError> {
        let over = sqlx::query(
            "delete from answers
             where (agent_no, answer_key) in (
                 select agent_no, answer_key
                 from answers indexed by answers_by_time
                 where answered_at <= ?1
                 order by answered_at
                 limit ?2
             )",
        )
        .bind(expired_by.as_micros())
        .bind(most);
        Ok(u32::try_from(self.write(over).await?).unwrap_or(u32::MAX))
    }
}

async fn insert(connection: &mut SqliteConnection, answer: &NewAnswer) -> Result<bool, StoreError> {
    let AnswerRecord { fingerprint, status, headers, body } = &answer.record;
    let headers = serde_json::to_string(headers).expect("texts are JSON");
    let done = sqlx::query(
        "insert into answers (agent_no, answer_key, fingerprint, status, headers, body, answered_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         on conflict (agent_no, answer_key) do update
         set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
             body = excluded.body, answered_at = excluded.answered_at
         where answers.answered_at <= ?8",
    )
    .bind(answer.agent.0)
    .bind(&answer.key)
    .bind(fingerprint.as_slice())
    .bind(status)
    .bind(headers)
    .bind(body)
    .bind(answer.now.as_micros())
    .bind(answer.expired_by.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(done.rows_affected() > 0)
}

/// Deletes what the agent has too many of; never the answer itself.
async fn delete_oldest(connection: &mut SqliteConnection, answer: &NewAnswer) -> Result<(), StoreError> {
    sqlx::query(
        "delete from answers
         where agent_no = ?1
         and answer_key in (
             select answer_key
             from answers indexed by answers_of_agent
             where agent_no = ?1 and answer_key <> ?2
             order by answered_at desc, answer_key desc
             limit -1 offset ?3
         )",
    )
    .bind(answer.agent.0)
    .bind(&answer.key)
    .bind(answer.most.saturating_sub(1))
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

fn from_row(row: &SqliteRow) -> Result<AnswerRecord, StoreError> {
    let fingerprint: &[u8] = get(row, "fingerprint")?;
    let headers: &str = get(row, "headers")?;
    Ok(AnswerRecord {
        fingerprint: fingerprint.try_into().map_err(|_| StoreError::Unreadable("fingerprint of a request"))?,
        status: get_count(row, "status")?,
        headers: serde_json::from_str(headers).map_err(|_| StoreError::Unreadable("headers of an answer"))?,
        body: get(row, "body")?,
    })
}
