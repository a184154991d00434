//! Lists of communities: the public one in its orders, and an agent's own.

use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, Timestamp};
use tertulia_store::{Belonging, CommunityListing, CommunityOrder, CommunityQuery, Standpoint, StoreError};

use crate::{
    SqliteStore, communities, community_members,
    readers::Statement,
    rows::{get_count, get_time},
};

/// A text as it is searched: in lower case, letter by letter, so that a part of a text folds to a part of its folding.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Public communities in their order, which for two of the three is that of an index: the list is read up to the end of
/// the page and no further.
pub(crate) async fn list(
    store: &SqliteStore,
    query: CommunityQuery<'_>,
    now: Timestamp,
    limit: u32,
    offset: u64,
) -> Result<Vec<CommunityListing>, StoreError> {
    let page = page(query.order)
        .bind(query.search.map(fold))
        .bind(query.tag)
        .bind(limit)
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .bind(now.as_micros());
    store.readers.all(page).await?.iter().map(listing_from_row).collect()
}

fn page(order: CommunityOrder) -> Statement<'static> {
    match order {
        CommunityOrder::Popular => sqlx::query(
            "select c.community_no, c.community_id, c.name, c.description, c.icon_url, c.owner_no, c.is_public,
                    c.most_members, c.instructions, c.report_threshold, c.tags, c.created_at, c.members
             from (
                 select p.community_no
                 from communities p indexed by communities_popular
                 where p.is_public = 1 and p.deleted_at is null
                 and (?1 is null or instr(p.folded, ?1) > 0)
                 and (?2 is null or exists (
                     select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
                 ))
                 order by p.members desc, p.created_at desc, p.community_id
                 limit ?3 offset ?4
             ) l
             join communities c on c.community_no = l.community_no
             order by c.members desc, c.created_at desc, c.community_id",
        ),
        CommunityOrder::New => sqlx::query(
            "select c.community_no, c.community_id, c.name, c.description, c.icon_url, c.owner_no, c.is_public,
                    c.most_members, c.instructions, c.report_threshold, c.tags, c.created_at, c.members
             from (
                 select p.community_no
                 from communities p indexed by communities_new
                 where p.is_public = 1 and p.deleted_at is null
                 and (?1 is null or instr(p.folded, ?1) > 0)
                 and (?2 is null or exists (
                     select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
                 ))
                 order by p.created_at desc, p.community_id
                 limit ?3 offset ?4
             ) l
             join communities c on c.community_no = l.community_no
             order by c.created_at desc, c.community_id",
        ),
        CommunityOrder::Hot => sqlx::query(
            "select c.community_no, c.community_id, c.name, c.description, c.icon_url, c.owner_no, c.is_public,
                    c.most_members, c.instructions, c.report_threshold, c.tags, c.created_at, c.members
             from (
                 select p.community_no, p.members / max((?5 - p.created_at) / 3600000000.0, 1.0) as heat
                 from communities p indexed by communities_new
                 where p.is_public = 1 and p.deleted_at is null
                 and (?1 is null or instr(p.folded, ?1) > 0)
                 and (?2 is null or exists (
                     select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
                 ))
                 order by heat desc, p.created_at desc, p.community_id
                 limit ?3 offset ?4
             ) l
             join communities c on c.community_no = l.community_no
             order by l.heat desc, c.created_at desc, c.community_id",
        ),
    }
}

/// How many public communities come before one that stands there.
pub(crate) async fn count_before(
    store: &SqliteStore,
    query: CommunityQuery<'_>,
    standpoint: Standpoint,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let count = before(query.order)
        .bind(query.search.map(fold))
        .bind(query.tag)
        .bind(i64::try_from(standpoint.members).unwrap_or(i64::MAX))
        .bind(standpoint.created_at.as_micros())
        .bind(standpoint.id.as_uuid().as_bytes().to_vec())
        .bind(now.as_micros());
    store.readers.first(count).await?.map_or(Ok(0), |row| get_count(&row, "before"))
}

fn before(order: CommunityOrder) -> Statement<'static> {
    match order {
        CommunityOrder::Popular => sqlx::query(
            "select count(*) as before
             from communities p indexed by communities_popular
             where p.is_public = 1 and p.deleted_at is null
             and p.members >= ?3
             and (
                 p.members > ?3
                 or p.created_at > ?4
                 or (p.created_at = ?4 and p.community_id < ?5)
             )
             and (?1 is null or instr(p.folded, ?1) > 0)
             and (?2 is null or exists (
                 select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
             ))",
        ),
        CommunityOrder::New => sqlx::query(
            "select count(*) as before
             from communities p indexed by communities_new
             where p.is_public = 1 and p.deleted_at is null
             and p.created_at >= ?4
             and (p.created_at > ?4 or p.community_id < ?5)
             and (?1 is null or instr(p.folded, ?1) > 0)
             and (?2 is null or exists (
                 select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
             ))",
        ),
        CommunityOrder::Hot => sqlx::query(
            "select count(*) as before
             from communities p indexed by communities_new
             where p.is_public = 1 and p.deleted_at is null
             and (
                 p.members / max((?6 - p.created_at) / 3600000000.0, 1.0),
                 p.created_at
             ) >= (?3 / max((?6 - ?4) / 3600000000.0, 1.0), ?4)
             and (
                 p.members / max((?6 - p.created_at) / 3600000000.0, 1.0)
                     > ?3 / max((?6 - ?4) / 3600000000.0, 1.0)
                 or p.created_at > ?4
                 or p.community_id < ?5
             )
             and (?1 is null or instr(p.folded, ?1) > 0)
             and (?2 is null or exists (
                 select 1 from community_tags t where t.tag = ?2 and t.community_no = p.community_no
             ))",
        ),
    }
}

/// The communities of which an agent is a member, longest membership first.
pub(crate) async fn of_agent(store: &SqliteStore, agent: AgentNo, limit: u32) -> Result<Vec<Belonging>, StoreError> {
    let own = sqlx::query(
        "select c.community_no, c.community_id, c.name, c.description, c.icon_url, c.owner_no, c.is_public,
                c.most_members, c.instructions, c.report_threshold, c.tags, c.created_at, c.members,
                m.role, m.since
         from community_members m
         join communities c on c.community_no = m.community_no
         where m.agent_no = ?1 and c.deleted_at is null
         order by m.since, m.community_no
         limit ?2",
    )
    .bind(agent.0)
    .bind(limit);
    store.readers.all(own).await?.iter().map(belonging_from_row).collect()
}

fn listing_from_row(row: &SqliteRow) -> Result<CommunityListing, StoreError> {
    Ok(CommunityListing { community: communities::from_row(row)?, members: get_count(row, "members")? })
}

fn belonging_from_row(row: &SqliteRow) -> Result<Belonging, StoreError> {
    Ok(Belonging {
        listing: listing_from_row(row)?,
        role: community_members::role_from_row(row)?,
        since: get_time(row, "since")?,
    })
}
