//! Who belongs to a community, and who is invited. How many members there are stands beside the community, so that a list
//! counts nobody.

use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, CommunityNo, Role, Timestamp};
use tertulia_store::{Admission, Invitation, Member, StoreError};

use crate::{
    SqliteStore,
    failure::refused,
    rows::{get, get_count},
};

/// How an agent stands to a community that is there.
struct Stand {
    tie: Tie,
    is_public: bool,
    is_full: bool,
    invited: u32,
}

/// What an agent and a community have to do with each other: a member is neither banned nor invited, and whoever is
/// banned is not invited.
enum Tie {
    Member,
    Banned,
    Invited,
    None,
}

async fn stand(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    agent: AgentNo,
) -> Result<Option<Stand>, StoreError> {
    let row = sqlx::query(
        "select case
                    when exists (
                        select 1 from community_members m where m.community_no = c.community_no and m.agent_no = ?2
                    ) then 'member'
                    when exists (
                        select 1 from community_bans b where b.community_no = c.community_no and b.agent_no = ?2
                    ) then 'banned'
                    when exists (
                        select 1 from community_invitations i where i.community_no = c.community_no and i.agent_no = ?2
                    ) then 'invited'
                end as tie,
                c.is_public, c.members >= c.most_members as is_full,
                (select count(*) from community_invitations i where i.community_no = c.community_no) as invited
         from communities c
         where c.community_no = ?1 and c.deleted_at is null",
    )
    .bind(community.0)
    .bind(agent.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.as_ref().map(stand_from_row).transpose()
}

fn stand_from_row(row: &SqliteRow) -> Result<Stand, StoreError> {
    Ok(Stand {
        tie: match get::<Option<&str>, _>(row, "tie")? {
            Some("member") => Tie::Member,
            Some("banned") => Tie::Banned,
            Some("invited") => Tie::Invited,
            Some(_) | None => Tie::None,
        },
        is_public: get(row, "is_public")?,
        is_full: get(row, "is_full")?,
        invited: get_count(row, "invited")?,
    })
}

/// Makes an agent a member, if it may be one.
pub(crate) async fn admit(
    store: &SqliteStore,
    community: CommunityNo,
    agent: AgentNo,
    now: Timestamp,
) -> Result<Admission, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let admission = match stand(&mut transaction, community, agent).await? {
        None => Admission::Gone,
        Some(Stand { tie: Tie::Member, .. }) => Admission::AlreadyMember,
        Some(Stand { tie: Tie::Banned, .. }) => Admission::Banned,
        Some(Stand { is_public: false, tie: Tie::None, .. }) => Admission::NotInvited,
        Some(Stand { is_full: true, .. }) => Admission::Full,
        Some(_) => {
            insert(&mut transaction, community, Member { agent, role: Role::Member, since: now }).await?;
            delete_invitation(&mut transaction, community, agent).await?;
            transaction.commit().await.map_err(refused)?;
            Admission::Admitted
        }
    };
    Ok(admission)
}

/// Inserts a member within a transaction, and counts it.
pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    member: Member,
) -> Result<(), StoreError> {
    sqlx::query("insert into community_members (community_no, agent_no, role, since) values (?1, ?2, ?3, ?4)")
        .bind(community.0)
        .bind(member.agent.0)
        .bind(member.role.as_str())
        .bind(member.since.as_micros())
        .execute(&mut *connection)
        .await
        .map_err(refused)?;
    sqlx::query("update communities set members = members + 1 where community_no = ?1")
        .bind(community.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

/// Ends a membership.
pub(crate) async fn remove(store: &SqliteStore, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let was_member = delete(&mut transaction, community, agent).await?;
    transaction.commit().await.map_err(refused)?;
    Ok(was_member)
}

/// Deletes a member that is not the owner within a transaction, and counts it no more.
pub(crate) async fn delete(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    agent: AgentNo,
) -> Result<bool, StoreError> {
    let deleted =
        sqlx::query("delete from community_members where community_no = ?1 and agent_no = ?2 and role <> 'owner'")
            .bind(community.0)
            .bind(agent.0)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    if deleted.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("update communities set members = members - 1 where community_no = ?1")
        .bind(community.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(true)
}

/// Deletes the owner, whose community passes to `successor`, within a transaction.
pub(crate) async fn pass_on(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    owner: AgentNo,
    successor: AgentNo,
) -> Result<(), StoreError> {
    const STATEMENTS: [&str; 3] = [
        "update communities set owner_no = ?3, members = members - 1 where community_no = ?1 and owner_no = ?2",
        "delete from community_members where community_no = ?1 and agent_no = ?2 and ?3 <> ?2",
        "update community_members set role = 'owner' where community_no = ?1 and agent_no = ?3 and ?3 <> ?2",
    ];
    for statement in STATEMENTS {
        sqlx::query(statement)
            .bind(community.0)
            .bind(owner.0)
            .bind(successor.0)
            .execute(&mut *connection)
            .await
            .map_err(refused)?;
    }
    Ok(())
}

/// Who takes over from an owner, if anybody can.
pub(crate) async fn successor(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    owner: AgentNo,
) -> Result<Option<AgentNo>, StoreError> {
    let row = sqlx::query(
        "select m.agent_no
         from community_members m
         join agents a on a.agent_no = m.agent_no
         where m.community_no = ?1 and m.agent_no <> ?2 and a.state in ('active', 'suspended')
         order by a.state = 'active' desc, m.role = 'admin' desc, m.since, m.agent_no
         limit 1",
    )
    .bind(community.0)
    .bind(owner.0)
    .fetch_optional(connection)
    .await
    .map_err(refused)?;
    row.map(|row| Ok(AgentNo(get(&row, "agent_no")?))).transpose()
}

/// Gives a member a role.
pub(crate) async fn set_role(
    store: &SqliteStore,
    community: CommunityNo,
    agent: AgentNo,
    role: Role,
) -> Result<bool, StoreError> {
    let change = sqlx::query(
        "update community_members
         set role = ?3
         where community_no = ?1 and agent_no = ?2 and role <> 'owner' and ?3 <> 'owner'",
    )
    .bind(community.0)
    .bind(agent.0)
    .bind(role.as_str());
    Ok(store.write(change).await? > 0)
}

/// Invites an agent, if it may be invited.
pub(crate) async fn invite(
    store: &SqliteStore,
    community: CommunityNo,
    agent: AgentNo,
    by: AgentNo,
    now: Timestamp,
    most: u32,
) -> Result<Invitation, StoreError> {
    let mut writer = store.write_lock().await?;
    let mut transaction = writer.begin().await?;
    let invitation = match stand(&mut transaction, community, agent).await? {
        None => Invitation::Gone,
        Some(Stand { tie: Tie::Member, .. }) => Invitation::AlreadyMember,
        Some(Stand { tie: Tie::Banned, .. }) => Invitation::Banned,
        Some(Stand { tie: Tie::Invited, .. }) => Invitation::AlreadyInvited,
        Some(Stand { invited, .. }) if invited >= most => Invitation::TooMany,
        Some(_) => {
            insert_invitation(&mut transaction, community, agent, by, now).await?;
            transaction.commit().await.map_err(refused)?;
            Invitation::Invited
        }
    };
    Ok(invitation)
}

async fn insert_invitation(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    agent: AgentNo,
    by: AgentNo,
    now: Timestamp,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into community_invitations (community_no, agent_no, invited_by, invited_at) values (?1, ?2, ?3, ?4)",
    )
    .bind(community.0)
    .bind(agent.0)
    .bind(by.0)
    .bind(now.as_micros())
    .execute(connection)
    .await
    .map_err(refused)?;
    Ok(())
}

/// Takes an invitation back.
pub(crate) async fn withdraw(store: &SqliteStore, community: CommunityNo, agent: AgentNo) -> Result<bool, StoreError> {
    let deletion = sqlx::query("delete from community_invitations where community_no = ?1 and agent_no = ?2")
        .bind(community.0)
        .bind(agent.0);
    Ok(store.write(deletion).await? > 0)
}

/// Deletes an invitation, if there is one, within a transaction.
pub(crate) async fn delete_invitation(
    connection: &mut SqliteConnection,
    community: CommunityNo,
    agent: AgentNo,
) -> Result<(), StoreError> {
    sqlx::query("delete from community_invitations where community_no = ?1 and agent_no = ?2")
        .bind(community.0)
        .bind(agent.0)
        .execute(connection)
        .await
        .map_err(refused)?;
    Ok(())
}

/// The members in `[[agent, role, since], …]`.
pub(crate) fn decode(list: &str) -> Result<Vec<Member>, StoreError> {
    let rows: Vec<(i64, &str, i64)> =
        serde_json::from_str(list).map_err(|_| StoreError::Unreadable("members of a community"))?;
    rows.into_iter()
        .map(|(agent, role, since)| {
            let role = Role::from_word(role).ok_or(UNKNOWN_ROLE)?;
            Ok(Member { agent: AgentNo(agent), role, since: Timestamp::from_micros(since) })
        })
        .collect()
}

/// A role out of a row.
pub(crate) fn role_from_row(row: &SqliteRow) -> Result<Role, StoreError> {
    Role::from_word(get(row, "role")?).ok_or(UNKNOWN_ROLE)
}

const UNKNOWN_ROLE: StoreError = StoreError::Unreadable("role of a member");
