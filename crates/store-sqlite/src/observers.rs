//! Those who look on.

use async_trait::async_trait;
use tertulia_model::{CredentialId, ObserverId, Timestamp};
use tertulia_store::{NewObserver, NewObserverSession, ObserverRecord, Observers, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_uuid},
};

#[async_trait]
impl Observers for SqliteStore {
    #[tracing::instrument(name = "db.observers.register", level = "debug", skip_all)]
    async fn register_observer(&self, observer: &NewObserver) -> Result<bool, StoreError> {
        let written = sqlx::query(
            "insert into observers (observer_id, email, email_key, display_name, password_hash, created_at)
             values (?1, ?2, ?3, ?4, ?5, ?6)
             on conflict (email_key) do nothing",
        )
        .bind(observer.id.as_uuid().as_bytes().as_slice())
        .bind(&**observer.email.spelling())
        .bind(&**observer.email.key())
        .bind(observer.display_name.as_deref())
        .bind(&*observer.password_hash)
        .bind(observer.now.as_micros());
        Ok(self.write(written).await? == 1)
    }

    async fn observer_by_email(&self, email_key: &str) -> Result<Option<ObserverRecord>, StoreError> {
        let known = sqlx::query("select observer_id, password_hash from observers where email_key = ?1");
        let Some(row) = self.readers.first(known.bind(email_key)).await? else { return Ok(None) };
        let password_hash: &str = get(&row, "password_hash")?;
        let id = ObserverId::from_uuid(get_uuid(&row, "observer_id")?);
        Ok(Some(ObserverRecord { id, password_hash: password_hash.into() }))
    }

    #[tracing::instrument(name = "db.observers.begin_session", level = "debug", skip_all)]
    async fn begin_observer_session(&self, session: &NewObserverSession) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        sqlx::query(
            "delete from observer_sessions
             where session_id in (
                 select s.session_id
                 from observer_sessions s
                 join observers o on o.observer_no = s.observer_no
                 where o.observer_id = ?1
                 order by s.expires_at desc
                 limit -1 offset ?2
             )",
        )
        .bind(session.observer.as_uuid().as_bytes().as_slice())
        .bind(session.most.saturating_sub(1))
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        let begun = sqlx::query(
            "insert into observer_sessions (session_id, observer_no, expires_at)
             select ?1, observer_no, ?3 from observers where observer_id = ?2",
        )
        .bind(session.id.as_uuid().as_bytes().as_slice())
        .bind(session.observer.as_uuid().as_bytes().as_slice())
        .bind(session.expires_at.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        Ok(begun.rows_affected() == 1)
    }

    async fn has_observer_session(
        &self,
        observer: ObserverId,
        session: CredentialId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let live = sqlx::query(
            "select 1
             from observer_sessions s
             join observers o on o.observer_no = s.observer_no
             where s.session_id = ?1 and o.observer_id = ?2 and s.expires_at > ?3",
        )
        .bind(session.as_uuid().as_bytes().as_slice())
        .bind(observer.as_uuid().as_bytes().as_slice())
        .bind(now.as_micros());
        Ok(self.readers.first(live).await?.is_some())
    }

    async fn sweep_observer_sessions(&self, now: Timestamp, most: u32) -> Result<u32, StoreError> {
        let swept = sqlx::query(
            "delete from observer_sessions
             where session_id in (
                 select session_id from observer_sessions where expires_at <= ?1 order by expires_at limit ?2
             )",
        );
        let rows = self.write(swept.bind(now.as_micros()).bind(most)).await?;
        Ok(u32::try_from(rows).unwrap_or(u32::MAX))
    }
}
