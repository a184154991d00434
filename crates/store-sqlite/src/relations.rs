//! Friend requests, friendships and blocks.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{AgentNo, ConversationId, FriendRequestId, Timestamp, ViewId};
use tertulia_store::{
    Acceptance, BlockRecord, Blocking, EndedView, FriendRecord, FriendRequest, NewFriendRequest, NewView, Relations,
    RequestOutcome, StoreError, UnreadQuery, UnreadView, WholeDirect,
};
use uuid::Uuid;

use crate::{
    SqliteStore,
    directs::{self, Key},
    envelopes,
    failure::{failed, refused},
    outbox,
    rows::{get, get_time, get_uuid, number_list},
    unread,
};

#[async_trait]
impl Relations for SqliteStore {
    async fn request_friendship(&self, request: &NewFriendRequest) -> Result<RequestOutcome, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if let Some(obstacle) = obstacle(&mut transaction, request.from, request.to).await? {
            return Ok(obstacle);
        }
        sqlx::query(
            "insert into friend_requests (request_id, from_no, to_no, requested_at)
             values (?1, ?2, ?3, ?4)",
        )
        .bind(request.id.as_uuid().as_bytes().as_slice())
        .bind(request.from.0)
        .bind(request.to.0)
        .bind(request.now.as_micros())
        .execute(&mut *transaction)
        .await
        .map_err(refused)?;
        if let Some(told) = &request.told {
            outbox::insert(&mut transaction, std::slice::from_ref(told)).await?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(RequestOutcome::Requested)
    }

    async fn accept_request(
        &self,
        request: FriendRequestId,
        by: AgentNo,
        new: &NewView,
    ) -> Result<Acceptance, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let Some(friend) = take_request(&mut transaction, request, by).await? else {
            return Ok(Acceptance::NotFound);
        };
        let number = directs::between(&mut transaction, [friend, by], new.direct, new.now).await?;
        let view_no = directs::open_view(&mut transaction, number, new).await?;
        envelopes::establish(number, new.now).execute(&mut *transaction).await.map_err(refused)?;
        sqlx::query("insert into friendships (agent_no, friend_no, view_no) values (?1, ?2, ?3), (?2, ?1, ?3)")
            .bind(friend.0)
            .bind(by.0)
            .bind(view_no)
            .execute(&mut *transaction)
            .await
            .map_err(refused)?;
        let row = directs::select(Key::Number(number)).fetch_optional(&mut *transaction).await.map_err(refused)?;
        let direct = directs::from_row(&row.ok_or_else(|| failed("a direct conversation is not there"))?)?;
        transaction.commit().await.map_err(refused)?;
        Ok(Acceptance::Accepted { friend, direct })
    }

    async fn reject_request(&self, request: FriendRequestId, by: AgentNo) -> Result<bool, StoreError> {
        let reject = sqlx::query("delete from friend_requests where request_id = ?1 and to_no = ?2")
            .bind(request.as_uuid().as_bytes().as_slice())
            .bind(by.0);
        Ok(self.write(reject).await? > 0)
    }

    async fn incoming_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError> {
        let incoming = sqlx::query(
            "select request_id, from_no, to_no, requested_at
             from friend_requests
             where to_no = ?1
             order by request_no desc
             limit ?2",
        )
        .bind(agent.0)
        .bind(limit);
        self.readers.all(incoming).await?.iter().map(request_from_row).collect()
    }

    async fn outgoing_requests(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRequest>, StoreError> {
        let outgoing = sqlx::query(
            "select request_id, from_no, to_no, requested_at
             from friend_requests
             where from_no = ?1
             order by request_no desc
             limit ?2",
        )
        .bind(agent.0)
        .bind(limit);
        self.readers.all(outgoing).await?.iter().map(request_from_row).collect()
    }

    async fn friends_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<FriendRecord>, StoreError> {
        // One text: a value for each of thousands would cost more than to read them.
        let friends = sqlx::query(
            "select json_group_array(json_array(friend_no, hex(view_id), opened_at)) as friends
             from (
                 select f.friend_no, v.view_id, v.opened_at
                 from friendships f indexed by friendships_newest
                 join views v on v.view_no = f.view_no
                 where f.agent_no = ?1
                 order by f.view_no desc
                 limit ?2
             )",
        )
        .bind(agent.0)
        .bind(limit);
        let Some(row) = self.readers.first(friends).await? else { return Ok(Vec::new()) };
        decode_friends(get(&row, "friends")?)
    }

    async fn end_friendship(
        &self,
        agent: AgentNo,
        friend: AgentNo,
        now: Timestamp,
    ) -> Result<Option<EndedView>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let ended = unfriend(&mut transaction, agent, friend, now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(ended)
    }

    async fn block(&self, agent: AgentNo, blocked: AgentNo, now: Timestamp) -> Result<Blocking, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let blocking = block(&mut transaction, agent, blocked, now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(blocking)
    }

    async fn unblock(&self, agent: AgentNo, blocked: AgentNo) -> Result<bool, StoreError> {
        let unblock =
            sqlx::query("delete from blocks where agent_no = ?1 and blocked_no = ?2").bind(agent.0).bind(blocked.0);
        Ok(self.write(unblock).await? > 0)
    }

    async fn blocks_of(&self, agent: AgentNo, limit: u32) -> Result<Vec<BlockRecord>, StoreError> {
        let blocks = sqlx::query(
            "select blocked_no, blocked_at
             from blocks indexed by blocks_newest
             where agent_no = ?1
             order by blocked_at desc, blocked_no desc
             limit ?2",
        )
        .bind(agent.0)
        .bind(limit);
        self.readers.all(blocks).await?.iter().map(block_from_row).collect()
    }

    async fn blocked_among(&self, agent: AgentNo, others: &[AgentNo]) -> Result<Vec<AgentNo>, StoreError> {
        let blocked = sqlx::query(
            "select distinct o.value as agent_no
             from json_each(?2) o
             where exists (select 1 from blocks b where b.agent_no = ?1 and b.blocked_no = o.value)
             or exists (select 1 from blocks b where b.agent_no = o.value and b.blocked_no = ?1)",
        )
        .bind(agent.0)
        .bind(number_list(others.iter().map(|other| other.0)));
        self.readers.all(blocked).await?.iter().map(|row| Ok(AgentNo(get(row, "agent_no")?))).collect()
    }

    async fn direct(&self, id: ConversationId) -> Result<Option<WholeDirect>, StoreError> {
        self.readers.first(directs::select(Key::Id(id))).await?.as_ref().map(directs::from_row).transpose()
    }

    async fn direct_by_view(&self, view: ViewId) -> Result<Option<WholeDirect>, StoreError> {
        self.readers.first(directs::select(Key::View(view))).await?.as_ref().map(directs::from_row).transpose()
    }

    #[tracing::instrument(name = "db.relations.unread", level = "debug", skip_all)]
    async fn unread(&self, query: &UnreadQuery) -> Result<Vec<UnreadView>, StoreError> {
        unread::list(self, query).await
    }
}

/// Blocks an agent for another within a transaction.
pub(crate) async fn block(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    blocked: AgentNo,
    now: Timestamp,
) -> Result<Blocking, StoreError> {
    let new = sqlx::query(
        "insert into blocks (agent_no, blocked_no, blocked_at, counts)
         values (?1, ?2, ?3, exists (
             select 1
             from directs
             where low_no = min(?1, ?2) and high_no = max(?1, ?2) and initiator_no = ?2
         ))
         on conflict (agent_no, blocked_no) do nothing
         returning counts",
    )
    .bind(agent.0)
    .bind(blocked.0)
    .bind(now.as_micros())
    .fetch_optional(&mut *connection)
    .await
    .map_err(refused)?;
    sqlx::query(
        "delete from friend_requests
         where min(from_no, to_no) = min(?1, ?2)
         and max(from_no, to_no) = max(?1, ?2)",
    )
    .bind(agent.0)
    .bind(blocked.0)
    .execute(&mut *connection)
    .await
    .map_err(refused)?;
    let ended = unfriend(connection, agent, blocked, now).await?;
    let counts = new.as_ref().map_or(Ok(false), |row| get(row, "counts"))?;
    Ok(Blocking { is_new: new.is_some(), counts, ended })
}

/// Why one agent cannot ask the other, if it cannot.
async fn obstacle(
    connection: &mut SqliteConnection,
    from: AgentNo,
    to: AgentNo,
) -> Result<Option<RequestOutcome>, StoreError> {
    let row = sqlx::query(
        "select exists (select 1 from blocks where agent_no = ?1 and blocked_no = ?2)
                or exists (select 1 from blocks where agent_no = ?2 and blocked_no = ?1) as is_blocked,
                exists (select 1 from friendships where agent_no = ?1 and friend_no = ?2) as is_friend,
                exists (
                    select 1
                    from friend_requests
                    where min(from_no, to_no) = min(?1, ?2)
                    and max(from_no, to_no) = max(?1, ?2)
                ) as is_requested",
    )
    .bind(from.0)
    .bind(to.0)
    .fetch_one(connection)
    .await
    .map_err(refused)?;
    let obstacles = [
        ("is_blocked", RequestOutcome::Blocked),
        ("is_friend", RequestOutcome::AlreadyFriends),
        ("is_requested", RequestOutcome::RequestExists),
    ];
    for (column, obstacle) in obstacles {
        if get(&row, column)? {
            return Ok(Some(obstacle));
        }
    }
    Ok(None)
}

/// Takes a request away that waits for the answer of `by`; who had made it.
async fn take_request(
    connection: &mut SqliteConnection,
    request: FriendRequestId,
    by: AgentNo,
) -> Result<Option<AgentNo>, StoreError> {
    let row = sqlx::query("delete from friend_requests where request_id = ?1 and to_no = ?2 returning from_no")
        .bind(request.as_uuid().as_bytes().as_slice())
        .bind(by.0)
        .fetch_optional(connection)
        .await
        .map_err(refused)?;
    row.map(|row| Ok(AgentNo(get(&row, "from_no")?))).transpose()
}

/// Ends the friendship of two agents and its view, if they are friends.
pub(crate) async fn unfriend(
    connection: &mut SqliteConnection,
    agent: AgentNo,
    friend: AgentNo,
    now: Timestamp,
) -> Result<Option<EndedView>, StoreError> {
    let rows = sqlx::query(
        "delete from friendships
         where (agent_no = ?1 and friend_no = ?2)
         or (agent_no = ?2 and friend_no = ?1)
         returning view_no",
    )
    .bind(agent.0)
    .bind(friend.0)
    .fetch_all(&mut *connection)
    .await
    .map_err(refused)?;
    match rows.first() {
        Some(row) => directs::end_view(connection, get(row, "view_no")?, now).await.map(Some),
        None => Ok(None),
    }
}

fn request_from_row(row: &SqliteRow) -> Result<FriendRequest, StoreError> {
    Ok(FriendRequest {
        id: FriendRequestId::from_uuid(get_uuid(row, "request_id")?),
        from: AgentNo(get(row, "from_no")?),
        to: AgentNo(get(row, "to_no")?),
        requested_at: get_time(row, "requested_at")?,
    })
}

fn block_from_row(row: &SqliteRow) -> Result<BlockRecord, StoreError> {
    Ok(BlockRecord { agent: AgentNo(get(row, "blocked_no")?), since: get_time(row, "blocked_at")? })
}

/// The friends in `[[agent, view, since], …]`.
fn decode_friends(list: &str) -> Result<Vec<FriendRecord>, StoreError> {
    const UNREADABLE: StoreError = StoreError::Unreadable("friends of an agent");
    let rows: Vec<(i64, String, i64)> = serde_json::from_str(list).map_err(|_| UNREADABLE)?;
    rows.into_iter()
        .map(|(agent, view, since)| {
            Ok(FriendRecord {
                agent: AgentNo(agent),
                view: ViewId::from_uuid(Uuid::try_parse(&view).map_err(|_| UNREADABLE)?),
                since: Timestamp::from_micros(since),
            })
        })
        .collect()
}
