//! Agents by how their names begin. A prefix is a stretch of the index of names, so nothing in it is a wildcard.

use tertulia_store::{DirectoryEntry, DirectoryQuery, StoreError};

use crate::{
    SqliteStore,
    agents::{agent_columns, agent_from_row},
    rows::{get, get_count},
};

/// What comes after everything that begins with `prefix`: compared names have no character above `z`.
fn end_of(prefix: &str) -> String {
    format!("{prefix}{{")
}

/// One page.
pub(crate) async fn list(store: &SqliteStore, query: DirectoryQuery<'_>) -> Result<Vec<DirectoryEntry>, StoreError> {
    // The inner list is read from its index alone; only the rows of the page are looked up.
    let page = sqlx::query(concat!(
        "select ",
        agent_columns!(),
        ",
                exists (select 1 from contacts c where c.agent_no = ?1 and c.contact_no = a.agent_no) as is_contact
         from (
             select agent_no, name_key
             from agents indexed by agents_directory
             where state = 'active' and is_system = 0 and name_key >= ?2 and name_key < ?3
             order by name_key
             limit ?4 offset ?5
         ) l
         join agents a on a.agent_no = l.agent_no
         join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
         order by l.name_key"
    ))
    .bind(query.reader.0)
    .bind(query.prefix)
    .bind(end_of(query.prefix))
    .bind(query.limit)
    .bind(query.offset);
    let rows = store.readers.all(page).await?;
    rows.iter()
        .map(|row| Ok(DirectoryEntry { agent: agent_from_row(row)?, is_contact: get(row, "is_contact")? }))
        .collect()
}

/// How many there are.
pub(crate) async fn count(store: &SqliteStore, prefix: &str) -> Result<u64, StoreError> {
    let count = sqlx::query(
        "select count(*) as found
         from agents indexed by agents_directory
         where state = 'active' and is_system = 0 and name_key >= ?1 and name_key < ?2",
    )
    .bind(prefix)
    .bind(end_of(prefix));
    store.readers.first(count).await?.map_or(Ok(0), |row| get_count(&row, "found"))
}
