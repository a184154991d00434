//! What the command line asks about a database file.

use std::path::Path;

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteRow};
use tertulia_model::Epoch;
use tertulia_store::StoreError;
use uuid::Uuid;

use crate::{
    OpenError,
    failure::refused,
    open::version_of,
    options::base,
    rows::{get, get_count, get_uuid},
};

/// What a database file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// Version of its schema; at most [`crate::SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Id of the hub.
    pub hub_id: Uuid,
    /// Which history it is.
    pub epoch: Epoch,
    /// How many agents it knows, the system agent not counted.
    pub agents: u64,
    /// How many messages it holds.
    pub messages: u64,
    /// Place of the last message in the lobby; 0 if there is none.
    pub lobby_last_seq: u64,
    /// What is wrong with it, at most a few sentences; nothing in a sound database.
    pub findings: Vec<String>,
}

/// Reads the whole file and says what is in it and whether it is sound. Changes nothing; the hub may be running.
///
/// # Errors
///
/// [`OpenError::NotOurs`] also when the file is empty or was never used by a hub.
pub async fn inspect(file: &Path) -> Result<Inspection, OpenError> {
    let schema_version = version_of(file).await?;
    if schema_version == 0 {
        return Err(OpenError::NotOurs { file: file.to_owned() });
    }
    let looked = async {
        let mut connection = base(file).read_only(true).connect().await.map_err(refused)?;
        let inspection = look(&mut connection, schema_version).await?;
        connection.close().await.map_err(refused)?;
        Ok(inspection)
    };
    let inspection = looked.await.map_err(|source| OpenError::Store { file: file.to_owned(), source })?;
    inspection.ok_or_else(|| OpenError::NotOurs { file: file.to_owned() })
}

/// Gives the history in `file` another epoch, so that readers notice that it is not the one they knew. The hub must
/// not be running.
///
/// # Errors
///
/// [`OpenError`]; nothing has changed then.
pub async fn set_epoch(file: &Path, epoch: Epoch) -> Result<(), OpenError> {
    if version_of(file).await? == 0 {
        return Err(OpenError::NotOurs { file: file.to_owned() });
    }
    let changed = async {
        let mut connection = base(file).connect().await.map_err(refused)?;
        sqlx::query("update hub set epoch = ?1").bind(epoch.0).execute(&mut connection).await.map_err(refused)?;
        connection.close().await.map_err(refused)
    };
    changed.await.map_err(|source| OpenError::Store { file: file.to_owned(), source })
}

/// What a quick check finds wrong with a file.
pub(crate) async fn quick_findings(file: &Path) -> Result<Vec<String>, StoreError> {
    let mut connection = base(file).read_only(true).connect().await.map_err(refused)?;
    let rows = sqlx::query("pragma quick_check(10)").fetch_all(&mut connection).await.map_err(refused)?;
    connection.close().await.map_err(refused)?;
    let said: Vec<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_, _>>()?;
    Ok(said.into_iter().filter(|line| line != "ok").collect())
}

async fn look(connection: &mut SqliteConnection, schema_version: u32) -> Result<Option<Inspection>, StoreError> {
    let row = sqlx::query(
        "select hub_id, epoch,
                (select count(*) from agents where is_system = 0) as agents,
                (select count(*) from messages) as messages,
                (select coalesce(max(m.seq), 0) from messages m
                 where m.conversation_no = (select conversation_no from conversations where kind = 'lobby')) as last_seq
         from hub",
    )
    .fetch_optional(&mut *connection)
    .await
    .map_err(refused)?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Inspection {
        schema_version,
        hub_id: get_uuid(&row, "hub_id")?,
        epoch: Epoch(get_count(&row, "epoch")?),
        agents: get_count(&row, "agents")?,
        messages: get_count(&row, "messages")?,
        lobby_last_seq: get_count(&row, "last_seq")?,
        findings: findings(connection, schema_version).await?,
    }))
}

/// Everything that is wrong with a database: damage, dangling references, holes in a log, halves of rooms.
async fn findings(connection: &mut SqliteConnection, schema_version: u32) -> Result<Vec<String>, StoreError> {
    let mut findings = Vec::new();
    for row in sqlx::query("pragma integrity_check(10)").fetch_all(&mut *connection).await.map_err(refused)? {
        let line: String = get(&row, 0)?;
        if line != "ok" {
            findings.push(line);
        }
    }
    let dangling = sqlx::query("select \"table\" as name, count(*) as rows from pragma_foreign_key_check group by 1");
    for row in dangling.fetch_all(&mut *connection).await.map_err(refused)? {
        let (name, rows): (String, i64) = (get(&row, "name")?, get(&row, "rows")?);
        findings.push(format!("{rows} rows of {name} refer to nothing"));
    }
    let holes = sqlx::query(
        "select conversation_no, max(seq) - count(*) as missing
         from messages
         group by conversation_no
         having missing <> 0
         limit 10",
    );
    for row in holes.fetch_all(&mut *connection).await.map_err(refused)? {
        let (conversation, missing): (i64, i64) = (get(&row, "conversation_no")?, get(&row, "missing")?);
        findings.push(format!("conversation {conversation} lacks {missing} messages"));
    }
    if schema_version >= WITH_ROOMS {
        findings.append(&mut halves(connection).await?);
    }
    Ok(findings)
}

/// The version from which there are rooms.
const WITH_ROOMS: u32 = 2;

/// Rooms of which only the conversation is there.
async fn halves(connection: &mut SqliteConnection) -> Result<Vec<String>, StoreError> {
    let halves = sqlx::query(
        "select conversation_no
         from conversations
         where kind = 'room' and conversation_no not in (select conversation_no from rooms)
         limit 10",
    );
    let sentence = |row: &SqliteRow| {
        let conversation: i64 = get(row, "conversation_no")?;
        Ok(format!("conversation {conversation} is a room of which nothing else is known"))
    };
    halves.fetch_all(connection).await.map_err(refused)?.iter().map(sentence).collect()
}
