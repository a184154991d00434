//! What friends have said since.

use tertulia_model::{AgentNo, ConversationNo, Timestamp};

use super::fixtures::{AppendOnly, START, befriend, entry, join, message_id, minute, open, said, said_at, view};
use crate::{Commit, Store, StoreError, UnreadQuery, UnreadView};

/// A message of `author`, received by `reader`, like the hub commits it.
async fn write(
    store: &dyn Store,
    direct: ConversationNo,
    [author, reader]: [AgentNo; 2],
    number: u64,
    seq: u64,
) -> Result<(), StoreError> {
    let message = said_at(direct, author, number, seq);
    let received = vec![(reader, direct, message.created_at)];
    store.write(&Commit { messages: vec![message], received, ..Commit::default() }).await
}

fn after(agent: AgentNo, since: Timestamp) -> UnreadQuery {
    UnreadQuery { agent, since, most_views: 100, most_messages: 100, most_characters: 100 }
}

/// When the message with this number was said.
fn time(number: u64) -> Timestamp {
    said(ConversationNo(0), AgentNo(0), number, "").created_at
}

/// Friend and count of each.
fn counts(unread: &[UnreadView]) -> Vec<(AgentNo, u64)> {
    unread.iter().map(|view| (view.friend, view.messages)).collect()
}

/// Strictly after the moment, with the last one's text and time.
pub async fn what_friends_have_said_since_is_counted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    assert!(store.unread(&after(ada, START)).await?.is_empty());
    for number in 1..=4 {
        write(store, direct, [bob, ada], number, number).await?;
    }
    let all = UnreadView {
        friend: bob,
        view: view(1, START).view,
        messages: 4,
        last_text: Some("message 4".into()),
        last_at: time(4),
    };
    for (since, messages) in [(START, 4), (time(2), 2), (time(3), 1)] {
        assert_eq!(store.unread(&after(ada, since)).await?, [UnreadView { messages, ..all.clone() }]);
    }
    assert!(store.unread(&after(ada, time(4))).await?.is_empty());
    Ok(())
}

/// Nor does it stand in the way of what is.
pub async fn what_one_has_said_oneself_is_not_unread(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    write(store, direct, [ada, bob], 1, 1).await?;
    assert!(store.unread(&after(ada, START)).await?.is_empty());
    write(store, direct, [bob, ada], 2, 2).await?;
    write(store, direct, [ada, bob], 3, 3).await?;
    let unread = store.unread(&after(ada, START)).await?;
    assert_eq!((unread[0].messages, unread[0].last_text.as_deref()), (1, Some("message 2")));
    assert_eq!(unread[0].last_at, time(2));
    assert_eq!(counts(&store.unread(&after(bob, START)).await?), [(ada, 2)]);
    Ok(())
}

/// Neither after the friendship's end, nor before the view's beginning.
pub async fn what_no_open_view_shows_is_not_unread(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    write(store, direct, [bob, ada], 1, 1).await?;
    write(store, direct, [bob, ada], 2, 2).await?;
    store.end_friendship(ada, bob, minute(1)).await?;
    assert!(store.unread(&after(ada, START)).await?.is_empty());
    befriend(store, 2, ada, bob).await?;
    assert!(store.unread(&after(ada, START)).await?.is_empty());
    write(store, direct, [bob, ada], 3, 3).await?;
    let unread = store.unread(&after(ada, START)).await?;
    assert_eq!((unread[0].messages, unread[0].view), (1, view(2, START).view));
    Ok(())
}

/// The last that is left is the last.
pub async fn what_was_removed_is_not_unread(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    for number in 1..=3 {
        write(store, direct, [bob, ada], number, number).await?;
    }
    let removed = entry("message.removed", None);
    store.remove_message(message_id(3), minute(1), &removed).await?;
    let unread = store.unread(&after(ada, START)).await?;
    assert_eq!((unread[0].messages, unread[0].last_text.as_deref()), (2, Some("message 2")));
    for number in [1, 2] {
        store.remove_message(message_id(number), minute(1), &removed).await?;
    }
    assert!(store.unread(&after(ada, START)).await?.is_empty());
    Ok(())
}

/// At most as many as asked for.
pub async fn views_last_written_to_come_first(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let mut friends = Vec::new();
    for (number, name) in [(1, "bob"), (2, "eve"), (3, "zed")] {
        let friend = join(store, name).await?;
        friends.push((friend, befriend(store, number, ada, friend).await?.direct.number));
    }
    for (number, friend, seq) in [(1, 0, 1), (2, 1, 1), (3, 2, 1), (4, 0, 2)] {
        let (friend, direct) = friends[friend];
        write(store, direct, [friend, ada], number, seq).await?;
    }
    let [(bob, _), (eve, _), (zed, _)] = friends[..] else { unreachable!("there are three") };
    assert_eq!(counts(&store.unread(&after(ada, START)).await?), [(bob, 2), (zed, 1), (eve, 1)]);
    let two = UnreadQuery { most_views: 2, ..after(ada, START) };
    assert_eq!(counts(&store.unread(&two).await?), [(bob, 2), (zed, 1)]);
    assert_eq!(counts(&store.unread(&after(ada, time(2))).await?), [(bob, 1), (zed, 1)]);
    Ok(())
}

/// From the end backwards.
pub async fn a_query_looks_through_no_more_than_asked_for(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    store.append(&(1..=20).map(|number| said_at(direct, bob, number, number)).collect::<Vec<_>>()).await?;
    write(store, direct, [bob, ada], 21, 21).await?;
    for (most_messages, expected) in [(7, 7), (21, 21), (100, 21)] {
        let query = UnreadQuery { most_messages, ..after(ada, START) };
        assert_eq!(counts(&store.unread(&query).await?), [(bob, expected)]);
    }
    Ok(())
}

/// Characters, not bytes.
pub async fn the_last_text_is_cut_between_characters(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let direct = befriend(store, 1, ada, bob).await?.direct.number;
    let message = said(direct, bob, 1, "\u{1F99E}ño \"said\"");
    let received = vec![(ada, direct, message.created_at)];
    store.write(&Commit { messages: vec![message], received, ..Commit::default() }).await?;
    for (most_characters, expected) in
        [(1, "\u{1F99E}"), (2, "\u{1F99E}ñ"), (5, "\u{1F99E}ño \""), (100, "\u{1F99E}ño \"said\"")]
    {
        let query = UnreadQuery { most_characters, ..after(ada, START) };
        assert_eq!(store.unread(&query).await?[0].last_text.as_deref(), Some(expected));
    }
    Ok(())
}
