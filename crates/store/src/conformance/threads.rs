//! Conversations as one agent reads them.

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, ConversationKind, ConversationNo, MessageNo, Seq, random_uuid};

use super::fixtures::{AppendOnly, befriend, entry, join, message_id, minute, open, open_room, room, said_at};
use crate::{
    Commit, Content, ListedThread, Move, NewEnvelope, Part, Receipt, Slice, Store, StoreError, ThreadMarksQuery,
    ThreadQuery, ThreadRecord, UnreadRecord,
};

/// Two who talk, and their conversation.
struct Pair {
    ada: AgentNo,
    bob: AgentNo,
    direct: ConversationNo,
}

async fn pair(store: &dyn Store) -> Result<Pair, StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    Ok(Pair { ada, bob, direct: between(store, 1, ada, bob).await? })
}

async fn between(store: &dyn Store, number: u8, one: AgentNo, other: AgentNo) -> Result<ConversationNo, StoreError> {
    let id = ConversationId::from_uuid(random_uuid([number; 16]));
    Ok(store.direct_between([one, other], id, minute(0)).await?.direct.number)
}

/// One writes to the other, like the hub commits it.
async fn write(
    store: &dyn Store,
    direct: ConversationNo,
    [author, reader]: [AgentNo; 2],
    number: u64,
    seq: u64,
) -> Result<(), StoreError> {
    let message = said_at(direct, author, number, seq);
    let envelope = NewEnvelope { agent: reader, message: message.number, conversation: direct, seq: message.seq };
    let received = vec![(reader, direct, message.created_at)];
    let commit = Commit { messages: vec![message], received, envelopes: vec![envelope], ..Commit::default() };
    store.write(&commit).await
}

/// Ada writes with odd numbers, Bob with even ones: `count` in all.
async fn talk(store: &dyn Store, pair: &Pair, count: u64) -> Result<(), StoreError> {
    for number in 1..=count {
        let authors = if number % 2 == 1 { [pair.ada, pair.bob] } else { [pair.bob, pair.ada] };
        write(store, pair.direct, authors, number, number).await?;
    }
    Ok(())
}

impl Pair {
    fn ada_reads(&self, slice: Slice, limit: u32) -> ThreadQuery {
        let (agent, other) = (self.ada, Some(self.bob));
        ThreadQuery { agent, other, conversation: self.direct, after: Seq::START, slice, limit }
    }

    async fn hide(&self, store: &dyn Store, agent: AgentNo, number: u64) -> Result<u32, StoreError> {
        let message = MessageNo(i64::try_from(number).expect("cases are short"));
        let step = Move::Hidden { agent, message, conversation: self.direct, seq: Seq(number) };
        Ok(store.settle(&[step], minute(5)).await?[0].delivered)
    }

    async fn hide_through(
        &self,
        store: &dyn Store,
        agent: AgentNo,
        through: u64,
        limit: u32,
    ) -> Result<u32, StoreError> {
        let step = Move::HiddenThrough { agent, conversation: self.direct, through: Seq(through), limit };
        Ok(store.settle(&[step], minute(5)).await?[0].delivered)
    }
}

fn seqs(records: &[ThreadRecord]) -> Vec<u64> {
    records.iter().map(|record| record.message.seq.0).collect()
}

async fn waiting(store: &dyn Store, agent: AgentNo) -> Result<Vec<u64>, StoreError> {
    Ok(store.waiting(agent, MessageNo(0), 100).await?.iter().map(|record| record.message.seq.0).collect())
}

/// In either direction, and full as long as there is something.
pub async fn a_page_is_cut_after_what_is_hidden(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 12).await?;
    for number in [3, 6, 11, 12] {
        pair.hide(store, pair.ada, number).await?;
    }
    for (slice, limit, expected) in [
        (Slice::Newest, 3, vec![8, 9, 10]),
        (Slice::Before(Seq(8)), 3, vec![4, 5, 7]),
        (Slice::After(Seq(0)), 3, vec![1, 2, 4]),
        (Slice::After(Seq(2)), 4, vec![4, 5, 7, 8]),
        (Slice::After(Seq(9)), 4, vec![10]),
        (Slice::Before(Seq(u64::MAX)), 100, vec![1, 2, 4, 5, 7, 8, 9, 10]),
        (Slice::After(Seq(u64::MAX)), 100, vec![]),
    ] {
        assert_eq!(seqs(&store.read_thread(&pair.ada_reads(slice, limit)).await?), expected, "{slice:?}");
    }
    pair.hide_through(store, pair.ada, 5, 100).await?;
    assert_eq!(seqs(&store.read_thread(&pair.ada_reads(Slice::Newest, 100)).await?), [7, 8, 9, 10]);
    assert_eq!(seqs(&store.read_thread(&pair.ada_reads(Slice::After(Seq(0)), 2)).await?), [7, 8]);
    let later = ThreadQuery { after: Seq(8), ..pair.ada_reads(Slice::Newest, 100) };
    assert_eq!(seqs(&store.read_thread(&later).await?), [9, 10]);
    let bobs = ThreadQuery { agent: pair.bob, other: Some(pair.ada), ..pair.ada_reads(Slice::Newest, 100) };
    assert_eq!(store.read_thread(&bobs).await?.len(), 12);
    Ok(())
}

/// The reader's own envelope, or of its own messages the other's; with contents, and removed ones among them.
pub async fn a_page_says_how_far_its_messages_have_come(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 3).await?;
    let content = Content { data: Some("{}".into()), ..Content::default() };
    let mut without = said_at(pair.direct, pair.bob, 4, 4);
    without.content = Some(Arc::new(content.clone()));
    store.write(&Commit { messages: vec![without], ..Commit::default() }).await?;
    store.remove_message(message_id(3), minute(1), &entry("message.removed", None)).await?;
    let delivered = Move::Delivered { agent: pair.bob, message: message_id(1) };
    let read = Move::Read { agent: pair.ada, message: MessageNo(2) };
    store.settle(&[delivered, read], minute(3)).await?;
    let page = store.read_thread(&pair.ada_reads(Slice::Newest, 10)).await?;
    let receipts: Vec<_> = page.iter().map(|record| record.receipt).collect();
    let (then, never) = (Some(minute(3)), None);
    assert_eq!(
        receipts,
        [
            Some(Receipt { delivered_at: then, read_at: never }),
            Some(Receipt { delivered_at: then, read_at: then }),
            Some(Receipt::default()),
            None,
        ]
    );
    assert_eq!((page[3].content.as_ref(), page[2].content.as_ref()), (Some(&content), None));
    assert!(page[2].message.removed && page[2].message.text.is_none());
    let alone = ThreadQuery { other: None, ..pair.ada_reads(Slice::Newest, 10) };
    assert_eq!(store.read_thread(&alone).await?[0].receipt, None);
    Ok(())
}

/// As a page of them would be.
pub async fn marks_are_those_of_a_page(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 6).await?;
    for number in [2, 4, 6] {
        pair.hide(store, pair.ada, number).await?;
    }
    pair.hide_through(store, pair.ada, 1, 100).await?;
    let query = ThreadMarksQuery {
        agent: pair.ada,
        conversation: pair.direct,
        range: [Seq(3), Seq(5)],
        receipts: vec![(pair.bob, MessageNo(3)), (pair.bob, MessageNo(4)), (pair.ada, MessageNo(4))],
    };
    let marks = store.thread_marks(&query).await?;
    assert_eq!((marks.hidden_through, marks.hidden), (Seq(1), vec![Seq(4)]));
    let delivered = Receipt { delivered_at: Some(minute(5)), read_at: None };
    assert_eq!(marks.receipts, [Some(Receipt::default()), None, Some(delivered)]);
    let nothing = ThreadMarksQuery { agent: pair.bob, receipts: Vec::new(), ..query };
    assert_eq!(store.thread_marks(&nothing).await?, crate::ThreadMarks::default());
    Ok(())
}

/// Once, and unread no more.
pub async fn a_hidden_message_waits_no_longer(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 4).await?;
    assert_eq!((pair.hide(store, pair.ada, 2).await?, pair.hide(store, pair.ada, 2).await?), (1, 0));
    assert_eq!((waiting(store, pair.ada).await?, waiting(store, pair.bob).await?), (vec![4], vec![1, 3]));
    let left = UnreadRecord { count: 1, oldest: Some(Seq(4)), newest: Some(Seq(4)) };
    assert_eq!(store.unread_in(pair.ada, pair.direct, Seq::START).await?, left);
    // What one has said oneself waits for nobody.
    assert_eq!(pair.hide(store, pair.ada, 1).await?, 0);
    assert_eq!(waiting(store, pair.bob).await?, [1, 3]);
    // When it was delivered first holds.
    let first = store.receipts(&[(pair.ada, MessageNo(4))]).await?;
    assert_eq!(first, [Some(Receipt::default())]);
    store.settle(&[Move::Delivered { agent: pair.ada, message: message_id(4) }], minute(4)).await?;
    assert_eq!(pair.hide(store, pair.ada, 4).await?, 0);
    let receipt = Receipt { delivered_at: Some(minute(4)), read_at: None };
    assert_eq!(store.receipts(&[(pair.ada, MessageNo(4))]).await?, [Some(receipt)]);
    assert_eq!(store.unread_in(pair.ada, pair.direct, Seq::START).await?, UnreadRecord::default());
    Ok(())
}

/// At or before the cut, in slices, and nowhere else.
pub async fn what_waits_in_a_hidden_conversation_is_delivered(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    let eve = join(store, "eve").await?;
    let other = between(store, 2, pair.ada, eve).await?;
    talk(store, &pair, 8).await?;
    write(store, other, [eve, pair.ada], 9, 1).await?;
    assert_eq!(pair.hide_through(store, pair.ada, 7, 2).await?, 2);
    assert_eq!(waiting(store, pair.ada).await?, [6, 8, 1]);
    assert_eq!(pair.hide_through(store, pair.ada, 7, 2).await?, 1);
    assert_eq!(pair.hide_through(store, pair.ada, 7, 2).await?, 0);
    assert_eq!((waiting(store, pair.ada).await?, waiting(store, pair.bob).await?), (vec![8, 1], vec![1, 3, 5, 7]));
    // A cut never goes back.
    pair.hide_through(store, pair.ada, 3, 100).await?;
    assert_eq!(seqs(&store.read_thread(&pair.ada_reads(Slice::Newest, 100)).await?), [8]);
    let left = UnreadRecord { count: 1, oldest: Some(Seq(8)), newest: Some(Seq(8)) };
    assert_eq!(store.unread_in(pair.ada, pair.direct, Seq::START).await?, left);
    assert_eq!(store.unread_in(pair.ada, pair.direct, Seq(8)).await?, UnreadRecord::default());
    Ok(())
}

/// Nobody else's, and not what one has said oneself.
pub async fn a_message_is_found_in_its_own_inbox(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 2).await?;
    let own = store.own_message(pair.ada, message_id(2)).await?.expect("Bob wrote to Ada");
    assert_eq!((own.conversation, own.message.author, own.receipt), (pair.direct, pair.bob, Receipt::default()));
    for (agent, message) in [(pair.bob, 2), (pair.ada, 1), (pair.ada, 3)] {
        assert_eq!(store.own_message(agent, message_id(message)).await?, None);
    }
    Ok(())
}

/// And in no room, for nobody.
pub async fn both_of_a_pair_see_its_messages(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    let eve = join(store, "eve").await?;
    let room = open_room(store, "den", pair.ada).await?;
    talk(store, &pair, 2).await?;
    let said = vec![said_at(room, pair.ada, 3, 1)];
    store.write(&Commit { messages: said, ..Commit::default() }).await?;
    for agent in [pair.ada, pair.bob] {
        let place = store.visible_place(agent, message_id(2)).await?.expect("one of the two");
        assert_eq!((place.message, place.conversation, place.seq), (MessageNo(2), pair.direct, Seq(2)));
    }
    assert_eq!(store.visible_place(eve, message_id(2)).await?, None);
    assert_eq!(store.visible_place(pair.ada, message_id(3)).await?, None);
    assert_eq!(store.visible_place(pair.ada, message_id(9)).await?, None);
    Ok(())
}

/// Rooms are nobody's here.
pub async fn both_of_a_pair_have_part_in_it(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    let eve = join(store, "eve").await?;
    let room = store.create_room(&room("den", pair.ada)).await?.id;
    let direct = ConversationId::from_uuid(random_uuid([1; 16]));
    let part = Some(Part { kind: ConversationKind::Direct, has_ended: false });
    for agent in [pair.ada, pair.bob] {
        assert_eq!(store.part_in(agent, direct).await?, part);
    }
    let nowhere = ConversationId::from_uuid(random_uuid([9; 16]));
    for (agent, id) in [(eve, direct), (pair.ada, room), (pair.ada, nowhere)] {
        assert_eq!(store.part_in(agent, id).await?, None);
    }
    Ok(())
}

/// Of each author one.
pub async fn the_last_that_was_read_is_told(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    talk(store, &pair, 6).await?;
    let through = Move::ReadThrough { agent: pair.ada, conversation: pair.direct, through: Seq(4), limit: 10 };
    let read = store.settle(&[through], minute(2)).await?[0].read.clone();
    assert_eq!(read, [(MessageNo(2), Seq(2)), (MessageNo(4), Seq(4))]);
    let marks = store.last_read(pair.ada, &[MessageNo(2), MessageNo(4), MessageNo(6), MessageNo(3)]).await?;
    let [mark] = marks[..] else { panic!("{marks:?}") };
    assert_eq!((mark.author, mark.message, mark.seq), (pair.bob, message_id(4), Seq(4)));
    assert_eq!(mark.read_at, minute(2));
    assert!(store.last_read(pair.bob, &[MessageNo(1)]).await?.is_empty());
    Ok(())
}

fn numbers(listed: &[ListedThread]) -> Vec<ConversationNo> {
    listed.iter().map(|thread| thread.number).collect()
}

/// Those in which something was said, with what the agent has not read.
pub async fn the_list_is_last_written_first(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    let (eve, zed) = (join(store, "eve").await?, join(store, "zed").await?);
    let with_eve = between(store, 2, pair.ada, eve).await?;
    befriend(store, 3, pair.ada, zed).await?;
    assert!(store.threads_of(pair.ada, 10, 0).await?.is_empty());
    talk(store, &pair, 3).await?;
    write(store, with_eve, [eve, pair.ada], 4, 1).await?;
    let listed = store.threads_of(pair.ada, 10, 0).await?;
    assert_eq!(numbers(&listed), [with_eve, pair.direct]);
    assert_eq!((listed[0].other, listed[1].other), (Some(eve), Some(pair.bob)));
    let last = |thread: &ListedThread| thread.last.as_ref().map(|(message, _)| message.number);
    assert_eq!((last(&listed[0]), last(&listed[1])), (Some(MessageNo(4)), Some(MessageNo(3))));
    assert_eq!(listed[1].unread, UnreadRecord { count: 1, oldest: Some(Seq(2)), newest: Some(Seq(2)) });
    assert_eq!(numbers(&store.threads_of(pair.ada, 1, 0).await?), [with_eve]);
    assert_eq!(numbers(&store.threads_of(pair.ada, 1, 1).await?), [pair.direct]);
    assert!(store.threads_of(pair.ada, 10, 2).await?.is_empty());
    assert!(store.threads_of(pair.ada, 10, u64::MAX).await?.is_empty());
    assert_eq!(numbers(&store.threads_of(pair.bob, 10, 0).await?), [pair.direct]);
    Ok(())
}

/// It comes back with the next message; single ones that are hidden are not its last.
pub async fn the_list_leaves_out_what_is_hidden(store: &dyn Store) -> Result<(), StoreError> {
    let pair = pair(store).await?;
    let eve = join(store, "eve").await?;
    let with_eve = between(store, 2, pair.ada, eve).await?;
    talk(store, &pair, 2).await?;
    write(store, with_eve, [eve, pair.ada], 3, 1).await?;
    write(store, pair.direct, [pair.bob, pair.ada], 4, 3).await?;
    let last = |thread: &ListedThread| thread.last.as_ref().map(|(message, _)| message.seq);
    // Without the third, Eve was last.
    let hidden = Move::Hidden { agent: pair.ada, message: MessageNo(4), conversation: pair.direct, seq: Seq(3) };
    store.settle(&[hidden], minute(5)).await?;
    let listed = store.threads_of(pair.ada, 10, 0).await?;
    assert_eq!(numbers(&listed), [with_eve, pair.direct]);
    assert_eq!((last(&listed[1]), listed[1].unread.newest), (Some(Seq(2)), Some(Seq(2))));
    pair.hide_through(store, pair.ada, 3, 100).await?;
    assert_eq!(numbers(&store.threads_of(pair.ada, 10, 0).await?), [with_eve]);
    assert_eq!(numbers(&store.threads_of(pair.bob, 10, 0).await?), [pair.direct]);
    write(store, pair.direct, [pair.bob, pair.ada], 5, 4).await?;
    let listed = store.threads_of(pair.ada, 10, 0).await?;
    assert_eq!(numbers(&listed), [pair.direct, with_eve]);
    assert_eq!(listed[0].unread, UnreadRecord { count: 1, oldest: Some(Seq(4)), newest: Some(Seq(4)) });
    // Nothing of it is to be seen, though something was said since: it comes last.
    let hidden = Move::Hidden { agent: pair.ada, message: MessageNo(5), conversation: pair.direct, seq: Seq(4) };
    store.settle(&[hidden], minute(5)).await?;
    let listed = store.threads_of(pair.ada, 10, 0).await?;
    assert_eq!(numbers(&listed), [with_eve, pair.direct]);
    assert_eq!((last(&listed[1]), listed[1].unread), (None, UnreadRecord::default()));
    Ok(())
}
