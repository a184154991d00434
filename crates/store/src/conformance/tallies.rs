//! How much agents have said in public.

use tertulia_model::{AgentNo, AgentState, MessageNo, Visibility};

use super::fixtures::{
    AppendOnly, agent, batch, digest, entry, join, key, message_id, minute, open, open_room, register, room, said_at,
};
use crate::{NewAgent, NewRoom, Store, StoreError};

/// The count of an agent as it is written down.
async fn said(store: &dyn Store, agent: AgentNo) -> Result<u64, StoreError> {
    Ok(store.agents(&[agent]).await?[0].said)
}

/// By who has just registered.
pub async fn nothing_is_said_at_first(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    assert_eq!(register(store, &agent("ada")).await?.said, 0);
    assert_eq!(said(store, hub.system_agent).await?, 0);
    store.catch_up_tallies().await?;
    assert_eq!(said(store, hub.system_agent).await?, 0);
    Ok(())
}

/// And replaces what was.
pub async fn what_is_saved_is_found_every_way(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("test_", 1)), ..agent("ada") }).await?.number;
    let bob = join(store, "bob").await?;
    store.save_tallies(&[(ada, 3), (bob, 1)], MessageNo(4)).await?;
    store.save_tallies(&[(ada, 5)], MessageNo(6)).await?;
    assert_eq!((said(store, ada).await?, said(store, bob).await?), (5, 1));
    assert_eq!(store.agent_by_name("ada").await?.map(|ada| ada.said), Some(5));
    assert_eq!(store.agent_by_key(&digest(1)).await?.map(|(ada, _)| ada.said), Some(5));
    let listed = store.list_agents(&[], 10, 0).await?;
    let active = store.agents_in_state(Some(AgentState::Active), None, 10).await?;
    let all = store.agents_in_state(None, None, 10).await?;
    for list in [listed, active, all] {
        assert_eq!(list.iter().map(|agent| agent.said).collect::<Vec<_>>(), [5, 1]);
    }
    Ok(())
}

/// The others are saved.
pub async fn an_agent_nobody_knows_is_passed_over(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    store.save_tallies(&[], MessageNo(0)).await?;
    store.save_tallies(&[(AgentNo(999), 7), (ada, 2)], MessageNo(2)).await?;
    assert_eq!(said(store, ada).await?, 2);
    Ok(())
}

/// The lobby and public rooms, over or not; a message counts though it was removed since.
pub async fn catching_up_counts_what_everybody_could_read(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let den = open_room(store, "den", ada).await?;
    let past = store.create_room(&NewRoom { expires_at: minute(-1), ..room("past", ada) }).await?.number;
    let secret = store.create_room(&NewRoom { visibility: Visibility::Private, ..room("secret", ada) }).await?.number;
    let log = [
        (lobby, ada, 1),
        (den, ada, 1),
        (secret, ada, 1),
        (past, bob, 1),
        (secret, bob, 2),
        (den, bob, 2),
        (lobby, ada, 2),
    ];
    let log: Vec<_> = (1..).zip(log).map(|(number, (place, who, seq))| said_at(place, who, number, seq)).collect();
    store.append(&log).await?;
    assert!(store.remove_message(message_id(1), minute(1), &entry("message.removed", None)).await?);
    assert_eq!((said(store, ada).await?, said(store, bob).await?), (0, 0));
    store.catch_up_tallies().await?;
    assert_eq!((said(store, ada).await?, said(store, bob).await?), (3, 2));
    Ok(())
}

/// However often it is done.
pub async fn catching_up_counts_once(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    store.append(&batch(lobby, ada, 1, 5)).await?;
    store.catch_up_tallies().await?;
    store.catch_up_tallies().await?;
    assert_eq!(said(store, ada).await?, 5);
    store.append(&batch(lobby, ada, 6, 2)).await?;
    store.catch_up_tallies().await?;
    assert_eq!(said(store, ada).await?, 7);
    Ok(())
}

/// Only what came after it is added to what was saved, also for those whose counts were not.
pub async fn what_is_covered_is_not_counted_again(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.append(&batch(lobby, ada, 1, 5)).await?;
    store.save_tallies(&[(ada, 40)], MessageNo(3)).await?;
    store.append(&batch(lobby, bob, 6, 2)).await?;
    store.catch_up_tallies().await?;
    assert_eq!((said(store, ada).await?, said(store, bob).await?), (42, 2));
    Ok(())
}

/// A late save covers no less than an earlier one.
pub async fn coverage_never_goes_back(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.append(&batch(lobby, ada, 1, 5)).await?;
    store.save_tallies(&[(ada, 5)], MessageNo(5)).await?;
    store.save_tallies(&[(bob, 0)], MessageNo(2)).await?;
    store.catch_up_tallies().await?;
    assert_eq!((said(store, ada).await?, said(store, bob).await?), (5, 0));
    Ok(())
}

/// If everybody could read it.
pub async fn what_was_swept_counts_all_the_same(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    let secret = store.create_room(&NewRoom { visibility: Visibility::Private, ..room("secret", ada) }).await?.number;
    store.append(&[said_at(den, ada, 1, 1), said_at(secret, ada, 2, 1), said_at(lobby, ada, 3, 1)]).await?;
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms.len(), 2);
    assert_eq!(said(store, ada).await?, 0);
    store.catch_up_tallies().await?;
    assert_eq!(said(store, ada).await?, 2);
    store.catch_up_tallies().await?;
    assert_eq!(said(store, ada).await?, 2);
    Ok(())
}

/// Whether the save comes before the sweep or after it.
pub async fn what_was_covered_and_swept_is_not_counted_again(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = open_room(store, "den", ada).await?;
    let messages: Vec<_> = (1..=4).map(|place| said_at(den, ada, place, place)).collect();
    store.append(&messages).await?;
    store.save_tallies(&[(ada, 2)], MessageNo(2)).await?;
    assert_eq!(store.sweep_rooms(minute(10), 500).await?.rooms, [den]);
    store.save_tallies(&[(ada, 3)], MessageNo(3)).await?;
    store.catch_up_tallies().await?;
    assert_eq!(said(store, ada).await?, 4);
    Ok(())
}
