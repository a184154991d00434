//! Deleting what is left of rooms that are over.

use tertulia_model::{ConversationNo, MessageNo, Seq, Standing};

use super::fixtures::{AppendOnly, START, join, message_id, minute, open, open_room, room, said_at};
use crate::{Append, Commit, LogEnd, NewRoom, Participant, ParticipantChange, Slice, Store, StoreError, Swept};

/// Sweeps as long as the measure is full; what each slice deleted.
async fn sweep_all(store: &dyn Store, most_rows: u32) -> Result<Vec<Swept>, StoreError> {
    let mut slices = Vec::new();
    loop {
        let swept = store.sweep_rooms(minute(10), most_rows).await?;
        let is_full = swept.rows >= most_rows;
        slices.push(swept);
        assert!(slices.len() < 1_000, "a sweep comes to an end");
        if !is_full {
            return Ok(slices);
        }
    }
}

/// So many agents join the room.
async fn fill(store: &dyn Store, conversation: ConversationNo, agents: u32) -> Result<(), StoreError> {
    let mut participants = Vec::new();
    for number in 0..agents {
        let agent = join(store, &format!("agent-{number}")).await?;
        let participant = Participant { conversation, agent, standing: Standing::Joined, since: minute(1) };
        participants.push(ParticipantChange::Stands(participant));
    }
    store.write(&Commit { participants, ..Commit::default() }).await
}

/// Neither by its id nor by its number nor by those of its messages; a second sweep finds nothing.
pub async fn nothing_is_left_of_a_swept_room(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = store.create_room(&NewRoom { invited: vec![bob], ..room("den", ada) }).await?;
    store.append(&[said_at(den.number, ada, 1, 1), said_at(lobby, ada, 2, 1), said_at(den.number, bob, 3, 2)]).await?;
    let swept = store.sweep_rooms(minute(10), 500).await?;
    assert_eq!(swept.rooms, [den.number]);
    assert!((1..500).contains(&swept.rows), "{swept:?}");
    assert_eq!(store.room(den.id).await?, None);
    assert!(store.participants(den.number).await?.is_empty());
    assert!(store.read(den.number, Slice::Newest, 10).await?.is_empty());
    assert!(store.read_by_author(den.number, ada, 10, 10).await?.is_empty());
    assert_eq!(store.log_end(den.number).await?, LogEnd::default());
    assert_eq!(store.locate(message_id(1)).await?, None);
    assert!(store.list_rooms(None, None, START, 10, 0).await?.is_empty());
    assert_eq!(store.count_rooms(None, START).await?, 0);
    assert_eq!(store.sweep_rooms(minute(10), 500).await?, Swept::default());
    assert_eq!(store.locate(message_id(2)).await?, Some((lobby, Seq(1))));
    Ok(())
}

/// Not even a microsecond early.
pub async fn what_is_not_over_is_left_alone(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    let over = open_room(store, "over", ada).await?;
    let expires_at = tertulia_model::Timestamp::from_micros(minute(10).as_micros() + 1);
    let alive = store.create_room(&NewRoom { expires_at, ..room("alive", ada) }).await?;
    store.append(&[said_at(alive.number, ada, 1, 1), said_at(over, ada, 2, 1), said_at(lobby, ada, 3, 1)]).await?;
    let before = store.list_rooms(None, Some(ada), minute(10), 10, 0).await?;
    assert_eq!(store.sweep_rooms(minute(9), 500).await?, Swept::default());
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms, [over]);
    assert_eq!(store.list_rooms(None, Some(ada), minute(10), 10, 0).await?, before);
    assert_eq!(store.participants(alive.number).await?.len(), 1);
    for conversation in [alive.number, lobby] {
        assert_eq!(store.read(conversation, Slice::Newest, 10).await?.len(), 1);
    }
    store.append(&[said_at(alive.number, ada, 4, 2)]).await
}

/// For every measure: no slice is much larger, and none but the last is smaller.
pub async fn a_sweep_keeps_its_measure(store: &dyn Store) -> Result<(), StoreError> {
    let mut number = 0;
    open(store).await?;
    let ada = join(store, "ada").await?;
    for most_rows in 1..=9 {
        for name in ["a", "b", "c", "d"] {
            let opened = open_room(store, name, ada).await?;
            let messages: Vec<_> = (1..=3).map(|seq| said_at(opened, ada, number + seq, seq)).collect();
            number += 3;
            store.append(&messages).await?;
        }
        let slices = sweep_all(store, most_rows).await?;
        assert!(slices.iter().all(|slice| slice.rows <= most_rows + 1), "{most_rows}: {slices:?}");
        assert_eq!(slices.iter().map(|slice| slice.rooms.len()).sum::<usize>(), 4);
        assert_eq!(store.sweep_rooms(minute(10), most_rows).await?, Swept::default());
    }
    assert_eq!(store.sweep_rooms(minute(10), 0).await?, Swept::default());
    Ok(())
}

/// What is left has no hole, and the room stays until the end.
pub async fn a_large_room_goes_from_its_newest_message_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = store.create_room(&room("den", ada)).await?;
    let messages: Vec<Append> = (1..=100).map(|place| said_at(den.number, ada, place, place)).collect();
    store.append(&messages).await?;
    for left in [70, 40, 10] {
        assert_eq!(store.sweep_rooms(minute(10), 30).await?, Swept { rows: 30, rooms: vec![] });
        let read = store.read(den.number, Slice::After(Seq::START), 200).await?;
        assert_eq!(read.iter().map(|message| message.seq.0).collect::<Vec<_>>(), (1..=left).collect::<Vec<_>>());
        assert!(store.room(den.id).await?.is_some());
        assert_eq!(store.participants(den.number).await?.len(), 1);
    }
    assert_eq!(store.sweep_rooms(minute(10), 30).await?.rooms, [den.number]);
    Ok(())
}

/// The room stays as long as one is left.
pub async fn participants_go_in_slices_too(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = store.create_room(&room("den", ada)).await?;
    fill(store, den.number, 24).await?;
    for left in [15, 5] {
        assert_eq!(store.sweep_rooms(minute(10), 10).await?, Swept { rows: 10, rooms: vec![] });
        assert_eq!(store.participants(den.number).await?.len(), left);
        assert!(store.room(den.id).await?.is_some());
    }
    assert_eq!(store.sweep_rooms(minute(10), 10).await?.rooms, [den.number]);
    Ok(())
}

/// A slice is bounded by rows, not by rooms.
pub async fn small_rooms_share_a_slice(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    for name in 0..60 {
        let opened = open_room(store, &format!("room {name}"), ada).await?;
        store.append(&[said_at(opened, ada, name + 1, 1)]).await?;
    }
    let slices = sweep_all(store, 100).await?;
    assert!(slices.len() <= 4, "{slices:?}");
    assert_eq!(store.count_rooms(None, START).await?, 0);
    Ok(())
}

/// Neither a message's nor a conversation's, though nothing of them is left.
pub async fn numbers_are_never_given_twice(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    store.append(&[said_at(lobby, ada, 1, 1), said_at(den, ada, 7, 1)]).await?;
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms, [den]);
    assert_eq!(store.last_number().await?, MessageNo(7));
    let again = open_room(store, "den", ada).await?;
    assert!(again > den, "{again} after {den}");
    store.append(&[said_at(lobby, ada, 8, 2)]).await?;
    assert_eq!(store.last_number().await?, MessageNo(8));
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms, [again]);
    assert!(open_room(store, "den", ada).await? > again);
    assert_eq!(store.last_number().await?, MessageNo(8));
    Ok(())
}

/// Neither a message nor a participant.
pub async fn a_swept_room_takes_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms, [den]);
    let joins = Participant { conversation: den, agent: ada, standing: Standing::Joined, since: minute(1) };
    let refused = [
        store.append(&[said_at(den, ada, 1, 1)]).await,
        store.write(&Commit { participants: vec![ParticipantChange::Stands(joins)], ..Commit::default() }).await,
    ];
    for answer in refused {
        assert!(matches!(answer, Err(StoreError::Database(_))), "{answer:?}");
    }
    assert!(store.participants(den).await?.is_empty());
    Ok(())
}
