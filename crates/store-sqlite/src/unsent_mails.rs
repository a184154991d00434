//! Mail that nothing carries.

use sqlx::sqlite::SqliteRow;
use tertulia_model::Timestamp;
use tertulia_store::{MOST_UNSENT, StoreError, UnsentMail};

use crate::{
    SqliteStore, email_codes,
    failure::refused,
    rows::{get, get_time},
};

/// Keeps a mail, and the newest others.
pub(crate) async fn keep(store: &SqliteStore, mail: &UnsentMail) -> Result<(), StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    sqlx::query("insert into unsent_mails (email, purpose, code, made_at, expires_at) values (?1, ?2, ?3, ?4, ?5)")
        .bind(&*mail.email)
        .bind(mail.purpose.as_str())
        .bind(&*mail.code)
        .bind(mail.made_at.as_micros())
        .bind(mail.expires_at.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
    sqlx::query(
        "delete from unsent_mails
         where mail_no <= (select mail_no from unsent_mails order by mail_no desc limit 1 offset ?1)",
    )
    .bind(MOST_UNSENT)
    .execute(&mut *transaction)
    .await
    .map_err(refused)?;
    transaction.commit().await.map_err(refused)
}

/// Those that are still of use, newest first.
pub(crate) async fn list(store: &SqliteStore, now: Timestamp, limit: u32) -> Result<Vec<UnsentMail>, StoreError> {
    let unsent = sqlx::query(
        "select email, purpose, code, made_at, expires_at
         from unsent_mails
         where expires_at > ?1
         order by mail_no desc
         limit ?2",
    )
    .bind(now.as_micros())
    .bind(limit);
    store.readers.all(unsent).await?.iter().map(mail_from_row).collect()
}

fn mail_from_row(row: &SqliteRow) -> Result<UnsentMail, StoreError> {
    Ok(UnsentMail {
        email: get::<&str, _>(row, "email")?.into(),
        purpose: email_codes::purpose_of(get(row, "purpose")?)?,
        code: get::<&str, _>(row, "code")?.into(),
        made_at: get_time(row, "made_at")?,
        expires_at: get_time(row, "expires_at")?,
    })
}
