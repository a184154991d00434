//! Rooms.

use tertulia_model::{AgentNo, ConversationId, ConversationNo, Seq, Standing, Timestamp, Visibility, random_uuid};

use super::fixtures::{
    AppendOnly, START, batch, entry, join, live_rooms, message_id, minute, open, open_room, room, room_names, said_at,
};
use crate::{Commit, LogEnd, NewRoom, Participant, ParticipantChange, RoomRecord, Slice, Store, StoreError, WholeRoom};

fn record(number: ConversationNo, room: &NewRoom) -> RoomRecord {
    RoomRecord {
        number,
        id: room.id,
        name: room.name.clone(),
        description: room.description.clone(),
        visibility: room.visibility,
        only_creator_invites: room.only_creator_invites,
        creator: room.creator,
        created_at: room.created_at,
        expires_at: room.expires_at,
    }
}

async fn end(store: &dyn Store, endings: &[(ConversationNo, Timestamp)]) -> Result<(), StoreError> {
    store.write(&Commit { endings: endings.to_vec(), ..Commit::default() }).await
}

/// Every field, of a room that says everything and of one that says little.
pub async fn a_created_room_is_found(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let secret = NewRoom {
        description: Some("What \u{1F99E} is \"for\"".into()),
        visibility: Visibility::Private,
        only_creator_invites: true,
        created_at: minute(1),
        expires_at: minute(61),
        ..room("the \u{1F99E}'s den", ada)
    };
    for new in [secret, room("attic", ada)] {
        let created = store.create_room(&new).await?;
        assert_eq!(created, record(created.number, &new));
        assert_eq!(store.room(new.id).await?, Some(created.clone()));
        whole_room_agrees(store, new.id).await?;
        assert_eq!(store.log_end(created.number).await?, LogEnd::default());
        assert!(store.read(created.number, Slice::Newest, 10).await?.is_empty());
    }
    Ok(())
}

/// Of a room where something was said and removed, somebody came and went, and the end came sooner.
pub async fn a_whole_room_is_what_its_parts_are(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = store.create_room(&NewRoom { invited: vec![bob, eve], ..room("den", ada) }).await?;
    store.append(&batch(den.number, bob, 1, 5)).await?;
    store.remove_message(message_id(2), minute(1), &entry("message.removed", None)).await?;
    let (conversation, since) = (den.number, minute(2));
    let joined = Participant { conversation, agent: bob, standing: Standing::Joined, since };
    let participants = vec![ParticipantChange::Stands(joined), ParticipantChange::Gone { conversation, agent: eve }];
    store.write(&Commit { participants, endings: vec![(den.number, minute(3))], ..Commit::default() }).await?;
    let whole = store.whole_room(den.id).await?.expect("the room is there");
    assert_eq!((whole.participants.len(), whole.end.removed, whole.room.expires_at), (2, 1, minute(3)));
    whole_room_agrees(store, den.id).await
}

/// What is read of a room at once is what is read of it piece by piece.
async fn whole_room_agrees(store: &dyn Store, id: ConversationId) -> Result<(), StoreError> {
    let WholeRoom { room, mut participants, end } = store.whole_room(id).await?.expect("the room is there");
    participants.sort_unstable_by_key(|participant| (participant.since, participant.agent));
    assert_eq!(participants, store.participants(room.number).await?);
    assert_eq!(end, store.log_end(room.number).await?);
    assert_eq!(Some(room), store.room(id).await?);
    Ok(())
}

/// An id that was never given, and the lobby's.
pub async fn what_is_no_room_is_not_found(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    assert_eq!(store.room(ConversationId::from_uuid(random_uuid([9; 16]))).await?, None);
    assert_eq!(store.room(hub.lobby_id).await?, None);
    assert_eq!(store.whole_room(hub.lobby_id).await?, None);
    assert!(store.participants(hub.lobby).await?.is_empty());
    assert!(store.participants(ConversationNo(999)).await?.is_empty());
    assert!(live_rooms(store).await?.is_empty());
    assert_eq!(store.count_rooms(None, START).await?, 0);
    Ok(())
}

/// Nothing comes of a room that invites nobody knows whom, nor of one whose id is taken.
pub async fn a_room_is_created_whole_or_not_at_all(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = store.create_room(&room("den", ada)).await?;
    let taken = NewRoom { id: den.id, creator: bob, ..room("attic", bob) };
    let of_nobody = room("cellar", AgentNo(999));
    let invites_nobody = NewRoom { invited: vec![bob, AgentNo(999)], ..room("cellar", ada) };
    for refused in [&taken, &of_nobody, &invites_nobody] {
        let answer = store.create_room(refused).await;
        assert!(matches!(answer, Err(StoreError::Database(_))), "{answer:?}");
    }
    assert_eq!(store.room(invites_nobody.id).await?, None);
    assert_eq!(room_names(&live_rooms(store).await?), ["den"]);
    assert_eq!(store.count_rooms(None, START).await?, 1);
    assert_eq!(store.participants(den.number).await?.len(), 1);
    assert_eq!(store.create_room(&room("cellar", ada)).await?.name, "cellar".into());
    Ok(())
}

/// They are located, looked through by author and removed.
pub async fn messages_of_a_room_are_messages_like_others(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = open_room(store, "den", ada).await?;
    store.append(&[said_at(lobby, ada, 1, 1), said_at(den, ada, 2, 1), said_at(den, bob, 3, 2)]).await?;
    assert_eq!(store.locate(message_id(3)).await?, Some((den, Seq(2))));
    assert_eq!(store.read_by_author(den, ada, 10, 10).await?[0].id, message_id(2));
    assert!(store.remove_message(message_id(2), minute(1), &entry("message.removed", Some(ada))).await?);
    assert!(store.read_by_author(den, ada, 10, 10).await?.is_empty());
    assert!(store.read(den, Slice::Newest, 10).await?[0].removed);
    assert_eq!((store.log_end(den).await?.removed, store.log_end(lobby).await?.removed), (1, 0));
    assert_eq!(store.read_by_author(lobby, ada, 10, 10).await?[0].id, message_id(1));
    Ok(())
}

/// Once over, a room stays over since when it was.
pub async fn an_ending_brings_the_end_forward_only(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = store.create_room(&room("den", ada)).await?;
    for (endings, expected) in [
        (vec![(den.number, minute(11))], minute(10)),
        (vec![(den.number, minute(5))], minute(5)),
        (vec![(den.number, minute(6))], minute(5)),
        (vec![(den.number, minute(4)), (den.number, minute(3)), (den.number, minute(7))], minute(3)),
    ] {
        end(store, &endings).await?;
        let found = store.room(den.id).await?;
        assert_eq!(found, Some(RoomRecord { expires_at: expected, ..den.clone() }), "{endings:?}");
    }
    assert!(store.list_rooms(None, None, minute(3), 10, 0).await?.is_empty());
    Ok(())
}

/// The lobby, and what is not there at all; the rest of the commit is done.
pub async fn an_ending_of_what_is_no_room_is_passed_over(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    end(store, &[(lobby, minute(1)), (ConversationNo(999), minute(1)), (den, minute(1))]).await?;
    assert!(store.list_rooms(None, None, minute(1), 10, 0).await?.is_empty());
    store.append(&batch(lobby, ada, 1, 1)).await
}

/// By the order in which they were created, whatever their times.
pub async fn the_list_is_newest_first_and_pages(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    for (name, created) in [("one", 1), ("two", 1), ("three", 0), ("four", 3)] {
        store.create_room(&NewRoom { created_at: minute(created), ..room(name, ada) }).await?;
    }
    for (limit, offset, expected) in [
        (100, 0, vec!["four", "three", "two", "one"]),
        (2, 0, vec!["four", "three"]),
        (2, 1, vec!["three", "two"]),
        (2, 3, vec!["one"]),
        (2, 4, vec![]),
        (2, u64::MAX, vec![]),
        (0, 0, vec![]),
    ] {
        let page = store.list_rooms(None, None, START, limit, offset).await?;
        assert_eq!(room_names(&page), expected, "{limit} {offset}");
    }
    Ok(())
}

/// From the very moment on, though something of it is left.
pub async fn what_is_over_is_neither_listed_nor_counted(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    for (name, minutes) in [("long", 10), ("short", 2), ("middling", 5)] {
        store.create_room(&NewRoom { expires_at: minute(minutes), ..room(name, ada) }).await?;
    }
    let just_before = Timestamp::from_micros(minute(5).as_micros() - 1);
    for (now, expected) in [
        (START, vec!["middling", "short", "long"]),
        (minute(2), vec!["middling", "long"]),
        (just_before, vec!["middling", "long"]),
        (minute(5), vec!["long"]),
        (minute(10), vec![]),
    ] {
        assert_eq!(room_names(&store.list_rooms(None, None, now, 10, 0).await?), expected, "{now:?}");
        assert_eq!(store.count_rooms(None, now).await?, expected.len() as u64);
        assert_eq!(store.count_rooms(Some(Visibility::Public), now).await?, expected.len() as u64);
        assert_eq!(store.count_rooms(Some(Visibility::Private), now).await?, 0);
    }
    assert!(store.room(room("short", ada).id).await?.is_some());
    Ok(())
}

/// Or of both.
pub async fn lists_and_counts_are_of_one_visibility(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    for (name, visibility) in
        [("a", Visibility::Public), ("b", Visibility::Private), ("c", Visibility::Public), ("d", Visibility::Private)]
    {
        store.create_room(&NewRoom { visibility, ..room(name, ada) }).await?;
    }
    end(store, &[(store.room(room("d", ada).id).await?.expect("it was created").number, minute(1))]).await?;
    for (visibility, expected) in [
        (None, vec!["c", "b", "a"]),
        (Some(Visibility::Public), vec!["c", "a"]),
        (Some(Visibility::Private), vec!["b"]),
    ] {
        assert_eq!(room_names(&store.list_rooms(visibility, None, minute(1), 10, 0).await?), expected);
        assert_eq!(room_names(&store.list_rooms(visibility, None, minute(1), 10, 1).await?), expected[1..]);
        assert_eq!(store.count_rooms(visibility, minute(1)).await?, expected.len() as u64);
    }
    Ok(())
}

/// As the log itself does.
pub async fn a_listing_says_where_its_log_ends(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    let (den, attic) = (open_room(store, "den", ada).await?, open_room(store, "attic", ada).await?);
    store.append(&[said_at(den, ada, 1, 1), said_at(lobby, ada, 2, 1), said_at(den, ada, 3, 2)]).await?;
    assert!(store.remove_message(message_id(3), minute(1), &entry("message.removed", None)).await?);
    let listed = live_rooms(store).await?;
    let last_at = said_at(den, ada, 3, 2).created_at;
    assert_eq!(listed[0].end, LogEnd::default());
    assert_eq!(listed[1].end, LogEnd { last_seq: Seq(2), last_at, removed: 1 });
    assert_eq!((listed[0].end, listed[1].end), (store.log_end(attic).await?, store.log_end(den).await?));
    Ok(())
}

/// Invited or joined; nobody in particular takes part in nothing.
pub async fn a_listing_knows_the_viewer(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    store.create_room(&NewRoom { invited: vec![bob], ..room("den", ada) }).await?;
    store.create_room(&room("attic", eve)).await?;
    for (viewer, expected) in
        [(Some(ada), [false, true]), (Some(bob), [false, true]), (Some(eve), [true, false]), (None, [false, false])]
    {
        for visibility in [None, Some(Visibility::Public)] {
            let listed = store.list_rooms(visibility, viewer, START, 10, 0).await?;
            assert_eq!([listed[0].is_participant, listed[1].is_participant], expected, "{viewer:?}");
        }
    }
    Ok(())
}
