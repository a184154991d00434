//! The log.

use futures_util::future::join;
use tertulia_model::{AgentNo, ConversationKind, ConversationNo, MessageNo, Seq, TextKind};

use super::fixtures::{self, AppendOnly, batch, entry, message_id, minute, open, open_room, said, said_at};
use crate::{Append, LogEnd, MessageRecord, Slice, Store, StoreError};

fn record(append: &Append) -> MessageRecord {
    MessageRecord {
        number: append.number,
        id: append.id,
        seq: append.seq,
        author: append.author,
        author_revision: append.author_revision,
        created_at: append.created_at,
        text: Some(append.text.clone()),
        text_kind: append.text_kind,
        removed: false,
    }
}

fn places(messages: &[MessageRecord]) -> Vec<u64> {
    messages.iter().map(|message| message.seq.0).collect()
}

/// A refused batch must leave the log as it was: three messages long, and open to the fourth.
async fn refuses_whole(store: &dyn Store, change: impl FnOnce(&mut Vec<Append>)) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 3)).await?;
    let mut wrong = batch(lobby, ada, 4, 3);
    change(&mut wrong);
    assert!(matches!(store.append(&wrong).await, Err(StoreError::Database(_))));
    assert_eq!(places(&store.read(lobby, Slice::Newest, 100).await?), [1, 2, 3]);
    assert_eq!(store.last_number().await?, MessageNo(3));
    store.append(&batch(lobby, ada, 4, 3)).await?;
    assert_eq!(places(&store.read(lobby, Slice::Newest, 100).await?), [1, 2, 3, 4, 5, 6]);
    Ok(())
}

/// So does one that does not exist.
pub async fn an_empty_log_ends_at_zero(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    assert_eq!(store.log_end(lobby).await?, LogEnd::default());
    assert_eq!(store.log_end(ConversationNo(999)).await?, LogEnd::default());
    assert_eq!(store.last_number().await?, MessageNo(0));
    for slice in [Slice::Newest, Slice::After(Seq::START), Slice::Before(Seq(9))] {
        assert!(store.read(lobby, slice, 10).await?.is_empty());
    }
    Ok(())
}

/// Also of what is not there: nothing was said before.
pub async fn a_place_is_found_by_time(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    assert_eq!(store.last_before(lobby, fixtures::START).await?, Seq::START);
    for count in 1..=9 {
        let message = said(lobby, ada, count, "a word");
        store.append(std::slice::from_ref(&message)).await?;
        for place in 1..=count {
            let at = said(lobby, ada, place, "").created_at;
            assert_eq!(store.last_before(lobby, at).await?, Seq(place - 1), "{place} of {count}");
        }
        assert_eq!(store.last_before(lobby, minute(60)).await?, Seq(count));
    }
    assert_eq!(store.last_before(ConversationNo(999), minute(60)).await?, Seq::START);
    Ok(())
}

/// With its kind.
pub async fn a_conversation_is_found_by_its_number(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    let found = store.conversation(hub.lobby).await?;
    assert_eq!(found, Some((ConversationKind::Lobby, hub.lobby_id)));
    assert_eq!(store.conversation(ConversationNo(999)).await?, None);
    Ok(())
}

/// And other text as words.
pub async fn code_is_read_as_code(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let mut messages = batch(lobby, ada, 1, 3);
    messages[1].text_kind = TextKind::Code;
    store.append(&messages).await?;
    let records: Vec<_> = messages.iter().map(record).collect();
    assert_eq!(store.read(lobby, Slice::Newest, 10).await?, records);
    assert_eq!(store.read(lobby, Slice::After(Seq(1)), 10).await?, records[1..]);
    assert_eq!(store.read_by_author(lobby, ada, 10, 10).await?[1], records[1]);
    Ok(())
}

/// Every field.
pub async fn what_was_appended_is_read_back(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let mut first = batch(lobby, ada, 1, 2);
    first[1].author_revision = 7;
    first[1].number = MessageNo(i64::MAX - 1);
    store.append(&first).await?;
    let records: Vec<_> = first.iter().map(record).collect();
    assert_eq!(store.read(lobby, Slice::Newest, 10).await?, records);
    assert_eq!(store.read(lobby, Slice::After(Seq::START), 10).await?, records);
    let end = store.log_end(lobby).await?;
    assert_eq!(end, LogEnd { last_seq: Seq(2), last_at: first[1].created_at, removed: 0 });
    assert_eq!(store.last_number().await?, MessageNo(i64::MAX - 1));
    Ok(())
}

/// Whatever a text may hold: control characters, quotes, every plane, nothing that looks like syntax or a number.
pub async fn every_text_comes_back_exactly(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let controls: String = ('\u{1}'..'\u{a0}').collect();
    let long = "\u{1F99E}\"\\".repeat(4_000);
    let texts = [
        "plain",
        "'; drop table messages; --",
        "\"quoted\"",
        "back\\slash \\u0041 \\n",
        "line\nline\r\nline\ttab",
        "null",
        "true",
        "42",
        "1e400",
        "-0",
        "[]",
        "{\"a\":[1]}",
        "\"",
        "\\",
        " ",
        "",
        "é",
        "e\u{301}",
        "漢字",
        "🦞👩‍👩‍👧‍👦",
        "\u{202e}rtl\u{202c}",
        "\u{2028}\u{2029}",
        "\u{feff}bom",
        "\u{fffd}\u{fffe}\u{ffff}",
        "\u{10ffff}",
        "?1 :a @b $c",
        "x'41'",
        controls.as_str(),
        long.as_str(),
    ];
    let appends: Vec<_> = (1..).zip(texts).map(|(place, text)| said(lobby, ada, place, text)).collect();
    store.append(&appends).await?;
    for (message, text) in store.read(lobby, Slice::Newest, 100).await?.iter().zip(texts) {
        assert_eq!(message.text.as_deref(), Some(text));
    }
    assert_eq!(store.log_end(lobby).await?.last_seq, Seq(texts.len() as u64));
    Ok(())
}

/// It is `Ok`.
pub async fn an_empty_batch_is_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    store.append(&[]).await?;
    assert_eq!(store.last_number().await?, MessageNo(0));
    Ok(())
}

/// 500 messages, twice.
pub async fn a_large_batch_is_one_append(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 500)).await?;
    store.append(&batch(lobby, ada, 501, 500)).await?;
    let all = store.read(lobby, Slice::After(Seq::START), 2_000).await?;
    assert_eq!(places(&all), (1..=1_000).collect::<Vec<_>>());
    assert_eq!(all[999], record(&batch(lobby, ada, 1_000, 1)[0]));
    Ok(())
}

/// Each message keeps its own.
pub async fn one_batch_may_serve_several_authors(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (fixtures::join(store, "ada").await?, fixtures::join(store, "bob").await?);
    let mixed = [said(lobby, ada, 1, "a"), said(lobby, bob, 2, "b"), said(lobby, ada, 3, "c")];
    store.append(&mixed).await?;
    let authors: Vec<_> = store.read(lobby, Slice::Newest, 9).await?.iter().map(|message| message.author).collect();
    assert_eq!(authors, [ada, bob, ada]);
    Ok(())
}

/// Between the log and the batch.
pub async fn a_hole_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| {
        batch.remove(0);
    })
    .await
}

/// A place that is taken.
pub async fn a_repeated_place_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| {
        for message in batch {
            message.seq = Seq(message.seq.0 - 1);
        }
    })
    .await
}

/// An id that was given before.
pub async fn a_repeated_id_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| batch[2].id = message_id(2)).await
}

/// Within the batch.
pub async fn a_hole_within_a_batch_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| {
        batch.remove(1);
    })
    .await
}

/// A batch that refers to nobody.
pub async fn an_unknown_author_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| batch[1].author = AgentNo(999)).await
}

/// After, before, newest; their edges.
pub async fn slices_are_oldest_first_and_bounded(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 9)).await?;
    for (slice, limit, expected) in [
        (Slice::After(Seq(3)), 3, vec![4, 5, 6]),
        (Slice::After(Seq(8)), 3, vec![9]),
        (Slice::After(Seq(9)), 3, vec![]),
        (Slice::After(Seq(u64::MAX)), 3, vec![]),
        (Slice::Before(Seq(5)), 3, vec![2, 3, 4]),
        (Slice::Before(Seq(2)), 3, vec![1]),
        (Slice::Before(Seq(1)), 3, vec![]),
        (Slice::Before(Seq(u64::MAX)), 2, vec![8, 9]),
        (Slice::Newest, 2, vec![8, 9]),
        (Slice::Newest, 100, (1..=9).collect()),
        (Slice::Newest, 0, vec![]),
    ] {
        assert_eq!(places(&store.read(lobby, slice, limit).await?), expected, "{slice:?} {limit}");
    }
    Ok(())
}

/// Also after its removal.
pub async fn a_message_is_located_by_its_id(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 3)).await?;
    assert_eq!(store.locate(message_id(2)).await?, Some((lobby, Seq(2))));
    assert_eq!(store.locate(message_id(4)).await?, None);
    assert!(store.remove_message(message_id(2), minute(1), &entry("message.removed", None)).await?);
    assert_eq!(store.locate(message_id(2)).await?, Some((lobby, Seq(2))));
    Ok(())
}

/// Its text is gone, everything else stays.
pub async fn a_removed_message_keeps_its_place(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let three = batch(lobby, ada, 1, 3);
    store.append(&three).await?;
    assert!(store.remove_message(message_id(3), minute(1), &entry("message.removed", Some(ada))).await?);
    let read = store.read(lobby, Slice::Newest, 10).await?;
    assert_eq!(read[..2], [record(&three[0]), record(&three[1])]);
    assert_eq!(read[2], MessageRecord { text: None, removed: true, ..record(&three[2]) });
    let end = store.log_end(lobby).await?;
    assert_eq!(end, LogEnd { last_seq: Seq(3), last_at: three[2].created_at, removed: 1 });
    store.append(&batch(lobby, ada, 4, 1)).await?;
    Ok(())
}

/// The second removal, and that of an unknown message, says that there was nothing and notes nothing.
pub async fn a_message_is_removed_once(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 2)).await?;
    let note = entry("message.removed", Some(ada));
    assert!(!store.remove_message(message_id(9), minute(1), &note).await?);
    assert!(store.remove_message(message_id(1), minute(1), &note).await?);
    assert!(!store.remove_message(message_id(1), minute(2), &note).await?);
    assert_eq!(store.log_end(lobby).await?.removed, 1);
    assert_eq!(store.audit_log(10).await?, [note]);
    Ok(())
}

/// Within the window, without removed ones.
pub async fn an_authors_messages_are_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (fixtures::join(store, "ada").await?, fixtures::join(store, "bob").await?);
    let log: Vec<_> = (1..=20).map(|place| said(lobby, if place % 2 == 0 { ada } else { bob }, place, "x")).collect();
    store.append(&log).await?;
    assert!(store.remove_message(message_id(18), minute(1), &entry("x", None)).await?);
    assert_eq!(places(&store.read_by_author(lobby, ada, 100, 3).await?), [20, 16, 14]);
    assert_eq!(places(&store.read_by_author(lobby, ada, 6, 10).await?), [20, 16]);
    assert_eq!(places(&store.read_by_author(lobby, bob, 1, 10).await?), [0; 0]);
    assert_eq!(store.read_by_author(lobby, bob, 2, 10).await?, [record(&log[18])]);
    assert!(store.read_by_author(lobby, AgentNo(999), 100, 10).await?.is_empty());
    Ok(())
}

/// A reader beside a writer sees no part of a batch.
pub async fn readers_see_whole_batches(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let write = async {
        for round in 0..50 {
            store.append(&batch(lobby, ada, 1 + round * 10, 10)).await?;
        }
        Ok::<_, StoreError>(())
    };
    let read = async {
        for _ in 0..50 {
            let page = store.read(lobby, Slice::After(Seq::START), 1_000).await?;
            assert_eq!(page.len() % 10, 0);
            assert_eq!(places(&page), (1..=page.len() as u64).collect::<Vec<_>>());
        }
        Ok(())
    };
    let (written, read) = join(write, read).await;
    written.and(read)
}

/// Each keeps its own places; the numbers are the hub's.
pub async fn one_batch_may_serve_several_conversations(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let (den, attic) = (open_room(store, "den", ada).await?, open_room(store, "attic", ada).await?);
    store.append(&[said_at(den, ada, 1, 1), said_at(lobby, ada, 2, 1), said_at(den, ada, 3, 2)]).await?;
    store.append(&[said_at(attic, ada, 4, 1), said_at(lobby, ada, 5, 2)]).await?;
    for (conversation, numbers) in [(lobby, vec![2, 5]), (den, vec![1, 3]), (attic, vec![4])] {
        let read = store.read(conversation, Slice::Newest, 10).await?;
        assert_eq!(read.iter().map(|message| message.number.0).collect::<Vec<_>>(), numbers);
        assert_eq!(places(&read), (1..=read.len() as u64).collect::<Vec<_>>());
    }
    assert_eq!(store.last_number().await?, MessageNo(5));
    Ok(())
}

/// Also what would continue the others.
pub async fn a_hole_in_one_conversation_refuses_all(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = fixtures::join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    store.append(&[said_at(lobby, ada, 1, 1), said_at(den, ada, 2, 1)]).await?;
    let refused = store.append(&[said_at(lobby, ada, 3, 2), said_at(den, ada, 4, 3)]).await;
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    assert_eq!(store.last_number().await?, MessageNo(2));
    store.append(&[said_at(lobby, ada, 3, 2), said_at(den, ada, 4, 2)]).await?;
    assert_eq!(store.last_number().await?, MessageNo(4));
    Ok(())
}

/// Nothing is said nowhere.
pub async fn an_unknown_conversation_is_refused_whole(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |batch| {
        let nowhere = said_at(ConversationNo(999), batch[0].author, 7, 1);
        batch.push(nowhere);
    })
    .await
}
