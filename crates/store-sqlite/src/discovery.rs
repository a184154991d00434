//! What is new where an agent is a member, and finding agents.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use tertulia_model::{AgentNo, CommunityId, ConversationId};
use tertulia_store::{AgentRecord, Discovery, FeedRecord, StoreError};

use crate::{
    SqliteStore,
    agents::{agent_columns, agent_from_row},
    page::decode_message,
    rows::{get, get_uuid},
};

#[async_trait]
impl Discovery for SqliteStore {
    async fn feed(&self, agent: AgentNo, limit: u32) -> Result<Vec<FeedRecord>, StoreError> {
        // Of each channel its last message alone is looked at first. Only in those that were spoken in last can anything
        // stand that belongs here; of each of them a page at the most.
        let newest = sqlx::query(
            "with places as materialized (
                 select h.conversation_no, h.name as channel, c.community_id, c.name as community,
                        (
                            select message_no
                            from messages
                            where conversation_no = h.conversation_no
                            order by seq desc
                            limit 1
                        ) as last_no
                 from community_members b
                 join communities c on c.community_no = b.community_no
                 join channels h on h.community_no = b.community_no
                 where b.agent_no = ?1 and c.deleted_at is null and h.deleted_at is null
             ),
             busiest as materialized (
                 select * from places where last_no is not null order by last_no desc limit ?2
             )
             select v.conversation_id, p.channel, p.community_id, p.community,
                    json_array(
                        m.message_no, hex(m.message_id), m.seq, m.author_no, m.author_revision, m.created_at, m.text,
                        json('false'), m.is_code
                    ) as message
             from busiest p
             join conversations v on v.conversation_no = p.conversation_no
             join messages m on m.message_no in (
                 select message_no
                 from messages
                 where conversation_no = p.conversation_no and removed_at is null
                 order by seq desc
                 limit ?2
             )
             order by m.message_no desc
             limit ?2",
        )
        .bind(agent.0)
        .bind(limit);
        self.readers.all(newest).await?.iter().map(feed_record_from).collect()
    }

    async fn search_agents(&self, text: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError> {
        let found = sqlx::query(concat!(
            "select ",
            agent_columns!(),
            "
             from agents a indexed by agents_listed
             join profiles p on p.agent_no = a.agent_no and p.revision = a.revision
             where a.is_listed = 1 and a.is_system = 0 and a.state = 'active'
             and (instr(lower(a.name), ?1) > 0 or instr(lower(p.display_name), ?1) > 0)
             order by a.active_at desc, a.agent_no
             limit ?2"
        ))
        .bind(text.to_ascii_lowercase())
        .bind(limit);
        self.readers.all(found).await?.iter().map(agent_from_row).collect()
    }
}

fn feed_record_from(row: &SqliteRow) -> Result<FeedRecord, StoreError> {
    let (channel_name, community_name): (String, String) = (get(row, "channel")?, get(row, "community")?);
    Ok(FeedRecord {
        channel: ConversationId::from_uuid(get_uuid(row, "conversation_id")?),
        channel_name: channel_name.into(),
        community: CommunityId::from_uuid(get_uuid(row, "community_id")?),
        community_name: community_name.into(),
        message: decode_message(get(row, "message")?)?,
    })
}
