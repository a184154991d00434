//! Direct conversations, and the views that friends have of them.

use std::sync::Arc;

use tertulia_model::{AgentNo, ConversationId, ConversationNo, MessageNo, Seq, Timestamp, random_uuid};

use super::fixtures::{AppendOnly, befriend, entry, join, message_id, minute, open, open_room, said_at, view};
use crate::{
    Append, Commit, Content, DirectChange, LogEnd, NewEnvelope, Slice, Store, StoreError, UnreadQuery, ViewRecord,
    WholeDirect,
};

async fn pair(store: &dyn Store) -> Result<[AgentNo; 2], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?])
}

fn nobody() -> ConversationId {
    ConversationId::from_uuid(random_uuid([0xee; 16]))
}

/// Through friendships that come and go, and whoever asks.
pub async fn a_pair_has_one_direct_conversation(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let eve = join(store, "eve").await?;
    let first = befriend(store, 1, bob, ada).await?;
    assert_eq!(first.direct.pair, [ada, bob]);
    assert_eq!((first.direct.id, first.direct.created_at), (view(1, minute(1)).direct, minute(1)));
    store.end_friendship(ada, bob, minute(2)).await?;
    let second = befriend(store, 2, ada, bob).await?;
    assert_eq!(second.direct, first.direct);
    assert_ne!(second.view.map(|view| view.id), first.view.map(|view| view.id));
    assert_eq!(store.direct(view(2, minute(1)).direct).await?, None);
    let other = befriend(store, 3, ada, eve).await?;
    assert!(other.direct.number > first.direct.number);
    Ok(())
}

/// From the beginning on.
pub async fn the_first_view_shows_all(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let direct = befriend(store, 1, ada, bob).await?;
    let expected = ViewRecord { id: view(1, minute(1)).view, begins_after: Seq::START, opened_at: minute(1) };
    assert_eq!(direct.view, Some(expected));
    assert_eq!(direct.end, LogEnd::default());
    Ok(())
}

/// And not where the conversation was when it opened.
pub async fn a_view_begins_where_the_last_one_has_ended(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let number = befriend(store, 1, ada, bob).await?.direct.number;
    store.append(&[said_at(number, ada, 1, 1), said_at(number, bob, 2, 2)]).await?;
    store.end_friendship(ada, bob, minute(2)).await?;
    store.append(&[said_at(number, bob, 3, 3)]).await?;
    let second = befriend(store, 2, ada, bob).await?;
    assert_eq!(second.view.map(|view| view.begins_after), Some(Seq(2)));
    assert_eq!(second.end.last_seq, Seq(3));
    store.block(ada, bob, minute(3)).await?;
    store.unblock(ada, bob).await?;
    let third = befriend(store, 3, bob, ada).await?;
    assert_eq!(third.view.map(|view| view.begins_after), Some(Seq(3)));
    Ok(())
}

/// The conversation is there without it.
pub async fn an_ended_view_is_nowhere(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let direct = befriend(store, 1, ada, bob).await?;
    assert_eq!(store.direct_by_view(view(1, minute(1)).view).await?, Some(direct));
    assert_eq!(store.direct(direct.direct.id).await?, Some(direct));
    store.end_friendship(ada, bob, minute(2)).await?;
    assert_eq!(store.direct_by_view(view(1, minute(1)).view).await?, None);
    assert_eq!(store.direct(direct.direct.id).await?, Some(WholeDirect { view: None, ..direct }));
    let again = befriend(store, 2, bob, ada).await?;
    assert_eq!(store.direct_by_view(view(1, minute(1)).view).await?, None);
    assert_eq!(store.direct_by_view(view(2, minute(1)).view).await?, Some(again));
    Ok(())
}

/// With its end, and with the block between the two, whoever of them blocks.
pub async fn a_direct_conversation_is_whole(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let eve = join(store, "eve").await?;
    let direct = befriend(store, 1, ada, bob).await?;
    let (number, id) = (direct.direct.number, direct.direct.id);
    store.append(&[said_at(number, ada, 1, 1), said_at(number, bob, 2, 2)]).await?;
    assert!(store.remove_message(message_id(1), minute(1), &entry("message.removed", None)).await?);
    let end = LogEnd { last_seq: Seq(2), last_at: said_at(number, bob, 2, 2).created_at, removed: 1 };
    let direct = WholeDirect { end, ..direct };
    assert_eq!(store.direct(id).await?, Some(direct));
    assert_eq!(store.direct_by_view(view(1, minute(1)).view).await?, Some(direct));
    store.block(eve, ada, minute(2)).await?;
    assert_eq!(store.direct(id).await?, Some(direct));
    for (by, other) in [(ada, bob), (bob, ada)] {
        store.block(by, other, minute(3)).await?;
        assert_eq!(store.direct(id).await?, Some(WholeDirect { view: None, is_blocked: true, ..direct }));
        store.unblock(by, other).await?;
    }
    assert_eq!(store.direct(id).await?, Some(WholeDirect { view: None, ..direct }));
    Ok(())
}

/// With a number and a log like others; and no other is one.
pub async fn a_direct_conversation_is_a_conversation(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let lobby = open(store).await?.lobby;
    let before = open_room(store, "den", ada).await?;
    let number = befriend(store, 1, ada, bob).await?.direct.number;
    let after = open_room(store, "attic", ada).await?;
    assert!(before < number && number < after && lobby < number);
    store.append(&[said_at(number, ada, 1, 1), said_at(before, ada, 2, 1)]).await?;
    assert_eq!(store.locate(message_id(1)).await?, Some((number, Seq(1))));
    assert_eq!(store.read(number, Slice::Newest, 10).await?.len(), 1);
    assert_eq!(store.direct(nobody()).await?, None);
    Ok(())
}

async fn unread(store: &dyn Store, agent: AgentNo) -> Result<usize, StoreError> {
    let (since, most) = (Timestamp::from_micros(0), 100);
    let query = UnreadQuery { agent, since, most_views: most, most_messages: most, most_characters: most };
    Ok(store.unread(&query).await?.len())
}

/// What continues nothing is not received either; who is not of the pair is passed over.
pub async fn messages_and_when_they_were_received_are_one_commit(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let number = befriend(store, 1, ada, bob).await?.direct.number;
    let commit = |place, seq| Commit {
        messages: vec![said_at(number, ada, place, seq)],
        received: vec![
            (bob, number, said_at(number, ada, place, seq).created_at),
            (AgentNo(999), number, minute(1)),
            (bob, ConversationNo(999), minute(1)),
        ],
        ..Commit::default()
    };
    store.append(&[said_at(number, ada, 1, 1)]).await?;
    assert_eq!(unread(store, bob).await?, 0);
    assert!(matches!(store.write(&commit(2, 3)).await, Err(StoreError::Database(_))));
    assert_eq!((unread(store, bob).await?, store.log_end(number).await?.last_seq), (0, Seq(1)));
    store.write(&commit(2, 2)).await?;
    assert_eq!((unread(store, bob).await?, unread(store, ada).await?), (1, 0));
    assert_eq!(store.log_end(number).await?.last_seq, Seq(2));
    Ok(())
}

/// By each agent, whatever else is in the commit: nothing of it is written where a key was used before.
pub async fn a_key_is_used_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = pair(store).await?;
    let number = befriend(store, 1, ada, bob).await?.direct.number;
    let letter = |from, place, key: &str| {
        let sent_key = Some(Arc::from(key));
        let content = Some(Arc::new(Content { sent_key, ..Content::default() }));
        Append { content, ..said_at(number, from, place, place) }
    };
    let keys = [(ada, "one".into()), (ada, "two".into()), (bob, "one".into())];
    store.append(&[letter(ada, 1, "one")]).await?;
    store.append(&[letter(bob, 2, "one")]).await?;
    let known = [Some(MessageNo(1)), None, Some(MessageNo(2))];
    assert_eq!(store.sent_before(&keys).await?, known);

    let messages = vec![letter(ada, 3, "two"), letter(ada, 4, "one")];
    let envelopes = vec![NewEnvelope { agent: bob, message: MessageNo(3), conversation: number, seq: Seq(3) }];
    let received = vec![(bob, number, minute(9))];
    let plain = Commit { messages, received, envelopes, ..Commit::default() };
    let opened = DirectChange::Opened { conversation: number, initiator: ada, at: minute(9) };
    let changing = Commit { directs: vec![opened], ..plain.clone() };
    for commit in [plain, changing] {
        assert!(!store.commit(&commit).await?);
        assert_eq!(store.log_end(number).await?.last_seq, Seq(2));
        assert_eq!((store.sent_before(&keys).await?.as_slice(), unread(store, bob).await?), (known.as_slice(), 0));
    }
    store.append(&[letter(ada, 3, "two")]).await?;
    assert_eq!(store.sent_before(&keys).await?[1], Some(MessageNo(3)));
    Ok(())
}
