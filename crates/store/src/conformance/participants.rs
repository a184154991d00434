//! Who takes part in a conversation, and commits that change it.

use tertulia_model::{AgentNo, ConversationNo, Seq, Standing, Timestamp};

use super::fixtures::{AppendOnly, START, join, live_rooms, minute, open, open_room, room, room_names, said_at};
use crate::{Commit, NewRoom, Participant, ParticipantChange, Slice, Store, StoreError};

fn stands(conversation: ConversationNo, agent: AgentNo, standing: Standing, since: Timestamp) -> ParticipantChange {
    ParticipantChange::Stands(Participant { conversation, agent, standing, since })
}

async fn change(store: &dyn Store, participants: &[ParticipantChange]) -> Result<(), StoreError> {
    store.write(&Commit { participants: participants.to_vec(), ..Commit::default() }).await
}

/// Who takes part, and how.
async fn standings(store: &dyn Store, room: ConversationNo) -> Result<Vec<(AgentNo, Standing)>, StoreError> {
    Ok(store.participants(room).await?.iter().map(|one| (one.agent, one.standing)).collect())
}

/// Who is invited twice is invited, and whoever creates a room is there.
pub async fn the_creator_has_joined_and_the_others_are_invited(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = store.create_room(&NewRoom { invited: vec![eve, bob, ada, bob], ..room("den", bob) }).await?.number;
    let standing = |agent, standing| Participant { conversation: den, agent, standing, since: START };
    assert_eq!(
        store.participants(den).await?,
        [standing(ada, Standing::Invited), standing(bob, Standing::Joined), standing(eve, Standing::Invited)]
    );
    assert_eq!(live_rooms(store).await?[0].members, 1);
    Ok(())
}

/// By the moment since when they stand as they do, then by number.
pub async fn participants_come_in_the_order_in_which_they_came(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = open_room(store, "den", eve).await?;
    let later = [stands(den, ada, Standing::Joined, minute(2)), stands(den, bob, Standing::Invited, minute(1))];
    change(store, &later).await?;
    let (joined, invited) = (Standing::Joined, Standing::Invited);
    assert_eq!(standings(store, den).await?, [(eve, joined), (bob, invited), (ada, joined)]);
    change(store, &[stands(den, bob, joined, minute(2)), stands(den, eve, joined, minute(3))]).await?;
    assert_eq!(standings(store, den).await?, [(ada, joined), (bob, joined), (eve, joined)]);
    assert_eq!(store.participants(den).await?[2].since, minute(3));
    Ok(())
}

/// Whoever is only invited is no member; those first who joined first, of each conversation as many as asked for.
pub async fn members_are_those_who_have_joined(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let (den, attic) = (open_room(store, "den", eve).await?, open_room(store, "attic", ada).await?);
    let elsewhere = open_room(store, "elsewhere", bob).await?;
    let joined = |agent, since| stands(den, agent, Standing::Joined, since);
    change(store, &[joined(bob, minute(2)), stands(den, ada, Standing::Invited, minute(1))]).await?;
    let members = async |conversations: &[ConversationNo], limit| -> Result<Vec<_>, StoreError> {
        let members = store.members(conversations, limit).await?;
        assert!(members.iter().all(|one| one.standing == Standing::Joined), "{members:?}");
        Ok(members.iter().map(|one| (one.conversation, one.agent)).collect())
    };
    assert_eq!(members(&[attic, den], 9).await?, [(den, eve), (den, bob), (attic, ada)]);
    assert_eq!(members(&[den], 1).await?, [(den, eve)]);
    change(store, &[joined(ada, minute(3)), joined(eve, minute(4))]).await?;
    assert_eq!(members(&[den, elsewhere], 2).await?, [(den, bob), (den, ada), (elsewhere, bob)]);
    assert_eq!(store.members(&[den], 1).await?[0].since, minute(2));
    change(store, &[ParticipantChange::Gone { conversation: den, agent: bob }]).await?;
    assert_eq!(members(&[den], 9).await?, [(den, ada), (den, eve)]);
    assert!(members(&[den], 0).await?.is_empty() && members(&[], 9).await?.is_empty());
    Ok(())
}

/// Whatever it was before, in the store or in the same commit.
pub async fn the_last_change_of_a_participant_holds(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let (den, attic) = (open_room(store, "den", ada).await?, open_room(store, "attic", ada).await?);
    let gone = |agent| ParticipantChange::Gone { conversation: den, agent };
    let (joined, invited) = (Standing::Joined, Standing::Invited);
    change(store, &[stands(den, bob, invited, minute(1)), stands(attic, bob, invited, minute(1)), gone(bob)]).await?;
    assert_eq!(standings(store, den).await?, [(ada, joined)]);
    assert_eq!(standings(store, attic).await?, [(ada, joined), (bob, invited)]);
    change(store, &[gone(ada), stands(den, bob, invited, minute(2)), stands(den, ada, invited, minute(2))]).await?;
    assert_eq!(standings(store, den).await?, [(ada, invited), (bob, invited)]);
    change(store, &[gone(ada), gone(bob), gone(AgentNo(999))]).await?;
    assert!(store.participants(den).await?.is_empty());
    Ok(())
}

/// The store asks of what kind it is as little as the log does.
pub async fn any_conversation_may_have_participants(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    change(store, &[stands(lobby, ada, Standing::Joined, minute(1))]).await?;
    let ada = Participant { conversation: lobby, agent: ada, standing: Standing::Joined, since: minute(1) };
    assert_eq!(store.participants(lobby).await?, [ada]);
    Ok(())
}

/// A message, who comes and goes with it, and an end elsewhere.
pub async fn a_commit_of_everything_is_whole(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let (den, attic) = (open_room(store, "den", ada).await?, open_room(store, "attic", ada).await?);
    let everything = Commit {
        messages: vec![said_at(den, bob, 1, 1), said_at(den, bob, 2, 2)],
        participants: vec![
            stands(den, bob, Standing::Joined, minute(1)),
            ParticipantChange::Gone { conversation: den, agent: ada },
        ],
        endings: vec![(attic, minute(1))],
        ..Commit::default()
    };
    store.write(&everything).await?;
    assert_eq!(store.log_end(den).await?.last_seq, Seq(2));
    assert_eq!(standings(store, den).await?, [(bob, Standing::Joined)]);
    assert_eq!(room_names(&store.list_rooms(None, None, minute(1), 10, 0).await?), ["den"]);
    Ok(())
}

/// Refused with `wrong`: nothing has changed.
async fn refuses_whole(
    store: &dyn Store,
    wrong: impl FnOnce(ConversationNo, AgentNo) -> Commit,
) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = open_room(store, "den", ada).await?;
    store.append(&[said_at(den, ada, 1, 1)]).await?;
    let before = live_rooms(store).await?;
    let answer = store.write(&wrong(den, bob)).await;
    assert!(matches!(answer, Err(StoreError::Database(_))), "{answer:?}");
    assert_eq!(live_rooms(store).await?, before);
    assert_eq!(standings(store, den).await?, [(ada, Standing::Joined)]);
    assert_eq!(store.read(den, Slice::Newest, 10).await?.len(), 1);
    store.append(&[said_at(den, bob, 2, 2)]).await
}

/// Nobody joins and nothing ends.
pub async fn a_hole_refuses_the_changes_with_it(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |den, bob| Commit {
        messages: vec![said_at(den, bob, 2, 3)],
        participants: vec![stands(den, bob, Standing::Joined, minute(1))],
        endings: vec![(den, minute(1))],
        ..Commit::default()
    })
    .await
}

/// Nor is anything said.
pub async fn an_unknown_participant_refuses_the_messages_with_it(store: &dyn Store) -> Result<(), StoreError> {
    refuses_whole(store, |den, bob| Commit {
        messages: vec![said_at(den, bob, 2, 2)],
        participants: vec![
            stands(den, bob, Standing::Joined, minute(1)),
            stands(den, AgentNo(999), Standing::Joined, minute(1)),
        ],
        endings: vec![(den, minute(1))],
        ..Commit::default()
    })
    .await
}

/// Only who has joined is a member, and once.
pub async fn members_are_counted_through_every_change(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let (den, attic) = (open_room(store, "den", ada).await?, open_room(store, "attic", ada).await?);
    let (joined, invited) = (Standing::Joined, Standing::Invited);
    let gone = |agent| ParticipantChange::Gone { conversation: den, agent };
    for (changes, members) in [
        (vec![stands(den, bob, invited, minute(1))], 1),
        (vec![stands(den, bob, joined, minute(2)), stands(den, eve, joined, minute(2))], 3),
        (vec![stands(den, bob, joined, minute(3))], 3),
        (vec![stands(den, bob, invited, minute(4))], 2),
        (vec![gone(bob), gone(bob)], 2),
        (vec![gone(ada), stands(den, ada, joined, minute(5))], 2),
        (vec![gone(ada), gone(eve), stands(attic, bob, joined, minute(6))], 0),
        (vec![gone(ada)], 0),
        (vec![stands(den, bob, joined, minute(7))], 1),
    ] {
        change(store, &changes).await?;
        let listed = live_rooms(store).await?;
        assert_eq!(listed[1].members, members, "{changes:?}");
        let there = standings(store, den).await?.iter().filter(|(_, standing)| *standing == joined).count();
        assert_eq!(there as u64, members);
    }
    assert_eq!(live_rooms(store).await?[0].members, 2);
    Ok(())
}
