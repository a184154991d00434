//! Codes that were sent by e-mail, and wait to be told.

use std::sync::Arc;

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, CodeId, CodePurpose, Email};
use tertulia_store::{EmailCode, NewCode, Newcomer, StoreError, Telling, Told};

use crate::{
    SqliteStore, address_windows,
    failure::refused,
    readers::Statement,
    rows::{get, get_count},
};

/// The statement that lets a code wait.
pub(crate) fn insert(new: &NewCode) -> Statement<'_> {
    let NewCode { id, code, digest, expires_at } = new;
    let newcomer = code.newcomer.as_ref();
    sqlx::query(
        "insert into email_codes
             (code_id, purpose, email_key, email, agent_no, name, display_name, about, digest, expires_at)
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )
    .bind(id.as_uuid().as_bytes().as_slice())
    .bind(code.purpose.as_str())
    .bind(&**code.email.key())
    .bind(&**code.email.spelling())
    .bind(code.agent.map(|agent| agent.0))
    .bind(newcomer.map(|newcomer| &*newcomer.name))
    .bind(newcomer.and_then(|newcomer| newcomer.display_name.as_deref()))
    .bind(newcomer.and_then(|newcomer| newcomer.about.as_deref()))
    .bind(digest.0.as_slice())
    .bind(expires_at.as_micros())
}

/// Tells a code. The attempt is counted in the transaction that looks at it, so attempts at once are no more than
/// attempts one by one.
pub(crate) async fn tell(store: &SqliteStore, telling: &Telling) -> Result<Told, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let window = match &telling.guessing {
        Some(guessing) => Some(address_windows::read(&mut transaction, guessing, telling.now).await?),
        None => None,
    };
    if let Some(window) = window.filter(|window| !window.is_counted) {
        return Ok(Told::GuessedTooOften(window));
    }
    let Some(waiting) = waiting(&mut transaction, telling).await? else { return Ok(Told::Expired) };
    if telling.by.is_some() && telling.by != waiting.code.agent {
        return Ok(Told::Foreign);
    }
    let is_right = waiting.digest == telling.digest.0;
    if let (Some(guessing), Some(window), false) = (&telling.guessing, window, is_right) {
        address_windows::count(&mut transaction, guessing, window).await?;
    }
    let told = if waiting.attempts >= telling.most_attempts {
        delete(telling.id).execute(&mut *transaction).await.map_err(refused)?;
        Told::Exhausted
    } else if is_right {
        delete(telling.id).execute(&mut *transaction).await.map_err(refused)?;
        Told::Right(waiting.code)
    } else {
        count_attempt(telling.id).execute(&mut *transaction).await.map_err(refused)?;
        Told::Wrong
    };
    transaction.commit().await.map_err(refused)?;
    Ok(told)
}

/// A code that waits, and how often it was told.
struct Waiting {
    code: EmailCode,
    digest: Vec<u8>,
    attempts: u32,
}

async fn waiting(connection: &mut SqliteConnection, telling: &Telling) -> Result<Option<Waiting>, StoreError> {
    let row = sqlx::query(
        "select purpose, email, agent_no, name, display_name, about, digest, attempts
         from email_codes
         where code_id = ?1 and purpose = ?2 and expires_at > ?3",
    )
    .bind(telling.id.as_uuid().as_bytes().as_slice())
    .bind(telling.purpose.as_str())
    .bind(telling.now.as_micros())
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.as_ref().map(waiting_from_row).transpose()
}

fn waiting_from_row(row: &SqliteRow) -> Result<Waiting, StoreError> {
    let text = |column| Ok::<_, StoreError>(get::<Option<&str>, _>(row, column)?.map(Arc::from));
    let newcomer = match text("name")? {
        Some(name) => Some(Newcomer { name, display_name: text("display_name")?, about: text("about")? }),
        None => None,
    };
    let code = EmailCode {
        purpose: purpose_of(get(row, "purpose")?)?,
        email: Email::parse(get(row, "email")?).map_err(|_| StoreError::Unreadable("e-mail address"))?,
        agent: get::<Option<i64>, _>(row, "agent_no")?.map(AgentNo),
        newcomer,
    };
    Ok(Waiting { code, digest: get(row, "digest")?, attempts: get_count(row, "attempts")? })
}

pub(crate) fn purpose_of(word: &str) -> Result<CodePurpose, StoreError> {
    CodePurpose::from_word(word).ok_or(StoreError::Unreadable("purpose of a code"))
}

/// The statement that takes a code away.
pub(crate) fn delete(id: CodeId) -> Statement<'static> {
    sqlx::query("delete from email_codes where code_id = ?1").bind(id.as_uuid().as_bytes().to_vec())
}

fn count_attempt(id: CodeId) -> Statement<'static> {
    sqlx::query("update email_codes set attempts = attempts + 1 where code_id = ?1")
        .bind(id.as_uuid().as_bytes().to_vec())
}
