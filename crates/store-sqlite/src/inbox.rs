//! The inboxes: what waits for whom, and how far it has come.

use std::sync::Arc;

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, MessageNo, Seq, Timestamp};
use tertulia_store::{
    Content, Inboxes, Move, Moved, QueueRecord, Receipt, StoreError, Unanswered, UnreadRecord, WaitingRecord,
    WholeDirect,
};

use crate::{
    SqliteStore, contents,
    contents::content_row,
    directs::{self, Key},
    envelopes,
    failure::{failed, refused},
    page,
    rows::{get, get_count, get_optional_time, number_list},
};

#[async_trait]
impl Inboxes for SqliteStore {
    async fn sent_before(&self, keys: &[(AgentNo, Arc<str>)]) -> Result<Vec<Option<MessageNo>>, StoreError> {
        let wanted: Vec<_> = keys.iter().map(|(agent, key)| (agent.0, &**key)).collect();
        let wanted = serde_json::to_string(&wanted).expect("numbers and strings are JSON");
        let known = sqlx::query(
            "select w.key as place, k.message_no
             from json_each(?1) w
             cross join sent_keys k on k.agent_no = w.value ->> 0 and k.sent_key = w.value ->> 1",
        )
        .bind(wanted);
        let mut found = vec![None; keys.len()];
        for row in self.readers.all(known).await? {
            found[get_count::<usize>(&row, "place")?] = Some(MessageNo(get(&row, "message_no")?));
        }
        Ok(found)
    }

    async fn place_of(&self, message: MessageNo) -> Result<Option<(ConversationNo, Seq)>, StoreError> {
        let place = sqlx::query("select conversation_no, seq from messages where message_no = ?1").bind(message.0);
        let Some(row) = self.readers.first(place).await? else { return Ok(None) };
        Ok(Some((ConversationNo(get(&row, "conversation_no")?), Seq(get_count(&row, "seq")?))))
    }

    async fn contents(&self, messages: &[MessageNo]) -> Result<Vec<(MessageNo, Content)>, StoreError> {
        let Some(row) = self.readers.first(contents::select(messages)).await? else { return Ok(Vec::new()) };
        contents::decode(get(&row, "contents")?)
    }

    async fn queues(&self, agents: &[AgentNo]) -> Result<Vec<QueueRecord>, StoreError> {
        let queues = sqlx::query(
            "select w.key as place, a.keeps_queue,
                    (select count(*) from envelopes where agent_no = a.agent_no and delivered_at is null) as waiting
             from json_each(?1) w
             cross join agents a on a.agent_no = w.value",
        )
        .bind(number_list(agents.iter().map(|agent| agent.0)));
        let mut found = vec![QueueRecord::default(); agents.len()];
        for row in self.readers.all(queues).await? {
            found[get_count::<usize>(&row, "place")?] =
                QueueRecord { is_kept: get(&row, "keeps_queue")?, waiting: get_count(&row, "waiting")? };
        }
        Ok(found)
    }

    async fn keep_queue(&self, agent: AgentNo) -> Result<(), StoreError> {
        let keep = sqlx::query("update agents set keeps_queue = 1 where agent_no = ?1 and keeps_queue = 0");
        self.write(keep.bind(agent.0)).await?;
        Ok(())
    }

    async fn unanswered(&self, initiator: AgentNo, since: Timestamp) -> Result<Unanswered, StoreError> {
        let unanswered = sqlx::query(
            "select count(*) as count, min(initiated_at) as oldest
             from directs
             where initiator_no = ?1
             and initiated_at > ?2
             and established_at is null",
        )
        .bind(initiator.0)
        .bind(since.as_micros());
        let Some(row) = self.readers.first(unanswered).await? else { return Ok(Unanswered::default()) };
        Ok(Unanswered { count: get_count(&row, "count")?, oldest: get_optional_time(&row, "oldest")? })
    }

    async fn waiting(&self, agent: AgentNo, after: MessageNo, limit: u32) -> Result<Vec<WaitingRecord>, StoreError> {
        let waiting = sqlx::query(concat!(
            "select json_group_array(json_array(w.conversation_no, ",
            page::message_row!(),
            ", iif(c.message_no is null, null, ",
            content_row!(),
            "))) as page
             from (
                 select message_no, conversation_no
                 from envelopes indexed by envelopes_waiting
                 where agent_no = ?1
                 and message_no > ?2
                 and delivered_at is null
                 order by message_no
                 limit ?3
             ) w
             cross join messages m on m.message_no = w.message_no
             left join contents c on c.message_no = w.message_no"
        ))
        .bind(agent.0)
        .bind(after.0)
        .bind(limit);
        let Some(row) = self.readers.first(waiting).await? else { return Ok(Vec::new()) };
        let rows: Vec<(i64, page::Row, Option<contents::Row>)> =
            serde_json::from_str(get(&row, "page")?).map_err(|_| StoreError::Unreadable("waiting message"))?;
        rows.into_iter()
            .map(|(conversation, message, content)| {
                Ok(WaitingRecord {
                    conversation: ConversationNo(conversation),
                    message: page::message_from(message)?,
                    content: content.map(contents::content_from).transpose()?,
                })
            })
            .collect()
    }

    async fn receipts(&self, of: &[(AgentNo, MessageNo)]) -> Result<Vec<Option<Receipt>>, StoreError> {
        let wanted: Vec<_> = of.iter().map(|(agent, message)| (agent.0, message.0)).collect();
        let wanted = serde_json::to_string(&wanted).expect("numbers are JSON");
        let receipts = sqlx::query(
            "select json_group_array(json_array(w.key, e.delivered_at, e.read_at)) as receipts
             from json_each(?1) w
             cross join envelopes e on e.agent_no = w.value ->> 0 and e.message_no = w.value ->> 1",
        )
        .bind(wanted);
        let mut found = vec![None; of.len()];
        let Some(row) = self.readers.first(receipts).await? else { return Ok(found) };
        let rows: Vec<(usize, Option<i64>, Option<i64>)> =
            serde_json::from_str(get(&row, "receipts")?).map_err(|_| StoreError::Unreadable("receipt"))?;
        for (place, delivered_at, read_at) in rows {
            let moment = |micros: Option<i64>| micros.map(Timestamp::from_micros);
            found[place] = Some(Receipt { delivered_at: moment(delivered_at), read_at: moment(read_at) });
        }
        Ok(found)
    }

    async fn settle(&self, moves: &[Move], now: Timestamp) -> Result<Vec<Moved>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let done = envelopes::settle(&mut transaction, moves, now).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(done)
    }

    async fn unread_in(
        &self,
        agent: AgentNo,
        conversation: ConversationNo,
        after: Seq,
    ) -> Result<UnreadRecord, StoreError> {
        let unread = sqlx::query(
            "select count(*) as count, min(seq) as oldest, max(seq) as newest
             from envelopes indexed by envelopes_unread
             where agent_no = ?1
             and conversation_no = ?2
             and seq > max(?3, (
                 select coalesce(max(through_seq), 0)
                 from hidden_conversations
                 where agent_no = ?1
                 and conversation_no = ?2
             ))
             and read_at is null
             and is_hidden = 0",
        )
        .bind(agent.0)
        .bind(conversation.0)
        .bind(i64::try_from(after.0).unwrap_or(i64::MAX));
        let Some(row) = self.readers.first(unread).await? else { return Ok(UnreadRecord::default()) };
        let seq = |column| -> Result<Option<Seq>, StoreError> {
            let seq: Option<i64> = get(&row, column)?;
            seq.map(|seq| u64::try_from(seq).map(Seq).map_err(|_| StoreError::Unreadable("seq"))).transpose()
        };
        Ok(UnreadRecord { count: get_count(&row, "count")?, oldest: seq("oldest")?, newest: seq("newest")? })
    }

    async fn direct_between(
        &self,
        pair: [AgentNo; 2],
        id: ConversationId,
        now: Timestamp,
    ) -> Result<WholeDirect, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let number = directs::between(&mut transaction, pair, id, now).await?;
        let row = directs::select(Key::Number(number)).fetch_optional(&mut *transaction).await.map_err(refused)?;
        let direct = directs::from_row(&row.ok_or_else(|| failed("a direct conversation is not there"))?)?;
        transaction.commit().await.map_err(refused)?;
        Ok(direct)
    }

    async fn direct_of(&self, pair: [AgentNo; 2]) -> Result<Option<WholeDirect>, StoreError> {
        let row = self.readers.first(directs::select(Key::Pair(pair))).await?;
        row.map(|row| directs::from_row(&row)).transpose()
    }
}
