//! Agents that go for good.

use tertulia_model::{AgentNo, AgentState, Role};

use super::fixtures::{
    START, agent, ask, befriend, digest, entry, found, join, key, minute, open, open_room, register, request_id,
};
use crate::{Badge, NewAgent, Parting, RequestOutcome, Store, StoreError};

async fn delete(store: &dyn Store, agent: AgentNo) -> Result<(), StoreError> {
    store.delete_agent(agent, &entry("agent.deleted", Some(agent))).await?.expect("it is there");
    Ok(())
}

/// Its name is nobody else's, and nothing opens anything; once.
pub async fn a_deleted_agent_is_nobody(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?;
    let credential = store.agent_by_key(&digest(1)).await?.expect("it is live").1;
    let noted = entry("agent.deleted", Some(ada.number));
    assert_eq!(store.delete_agent(ada.number, &noted).await?, Some(vec![credential.number]));
    assert_eq!(store.delete_agent(ada.number, &noted).await?, None);
    assert_eq!(store.audit_log(10).await?, [noted]);
    assert!(store.agent_by_key(&digest(1)).await?.is_none());
    assert_eq!(store.agent_by_name("ada").await?.map(|ada| ada.state), Some(AgentState::Deleted));
    assert!(matches!(store.register_agent(&agent("ada")).await?, crate::Registration::NameTaken));
    assert_eq!(store.count_listed().await?, 0);
    Ok(())
}

/// The system's agent is never deleted, nor is one that is pending.
pub async fn not_everybody_can_be_deleted(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    let pending = register(store, &NewAgent { state: AgentState::Pending, ..agent("ada") }).await?;
    for agent in [hub.system_agent, pending.number] {
        assert_eq!(store.delete_agent(agent, &entry("x", Some(agent))).await?, None);
    }
    assert_eq!(store.departing(10).await?, []);
    let bob = join(store, "bob").await?;
    store.change_state(bob, AgentState::Active, AgentState::Suspended, &entry("x", None)).await?;
    delete(store, bob).await?;
    assert_eq!(store.departing(10).await?, [bob]);
    Ok(())
}

/// Somebody else can have it.
pub async fn the_account_of_a_deleted_agent_is_free(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let badge = |agent: AgentNo| Badge {
        agent,
        account: "Kim".to_owned().into(),
        owner: None,
        bound_at: START,
        checked_at: START,
    };
    store.bind_badge(&badge(ada), "kim", &entry("x", None)).await?;
    assert_eq!(store.bind_badge(&badge(bob), "kim", &entry("x", None)).await?, crate::Binding::InUse);
    delete(store, ada).await?;
    assert_eq!(store.bind_badge(&badge(bob), "kim", &entry("x", None)).await?, crate::Binding::Bound);
    Ok(())
}

/// It is departing until it is said that nothing is left.
pub async fn who_departs_is_known_until_it_has(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    delete(store, bob).await?;
    delete(store, ada).await?;
    assert_eq!(store.departing(10).await?.len(), 2);
    assert_eq!(store.departing(1).await?.len(), 1);
    store.finish_departure(bob).await?;
    store.finish_departure(bob).await?;
    assert_eq!(store.departing(10).await?, [ada]);
    Ok(())
}

/// Friendships with their views, requests and vouches, either way; slice by slice, and nobody else's.
pub async fn ties_are_undone_in_slices(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let (bob, eve) = (join(store, "bob").await?, join(store, "eve").await?);
    let views = [befriend(store, 1, ada, bob).await?, befriend(store, 2, eve, ada).await?];
    let kept = befriend(store, 3, bob, eve).await?;
    let (zoe, kim) = (join(store, "zoe").await?, join(store, "kim").await?);
    assert_eq!(ask(store, 4, ada, zoe).await?, RequestOutcome::Requested);
    assert_eq!(ask(store, 5, kim, ada).await?, RequestOutcome::Requested);
    assert_eq!(ask(store, 6, kim, zoe).await?, RequestOutcome::Requested);
    assert!(store.vouch(ada, bob, START).await? && store.vouch(bob, ada, START).await?);
    assert!(store.vouch(bob, eve, START).await?);
    delete(store, ada).await?;

    let mut ended = Vec::new();
    loop {
        let undone = store.undo_ties(ada, minute(5), 1).await?;
        assert!(undone.views.len() <= 1);
        ended.extend(undone.views);
        if undone.is_done {
            break;
        }
    }
    ended.sort_by_key(|view| view.direct);
    let expected: Vec<_> = views.iter().map(|direct| direct.direct.number).collect();
    assert_eq!(ended.iter().map(|view| view.direct).collect::<Vec<_>>(), expected);
    for direct in &views {
        assert_eq!(store.direct(direct.direct.id).await?.expect("it is never deleted").view, None);
    }
    assert!(store.direct(kept.direct.id).await?.expect("it is there").view.is_some());
    assert_eq!(store.friends_of(bob, 10).await?.len(), 1);
    let waiting = store.incoming_requests(zoe, 10).await?;
    assert_eq!(waiting.iter().map(|request| request.id).collect::<Vec<_>>(), [request_id(6)]);
    assert_eq!(store.incoming_requests(ada, 10).await?, []);
    assert_eq!(store.vouches_for(bob, 10).await?, []);
    assert_eq!(store.vouches_for(ada, 10).await?, []);
    assert_eq!(store.vouches_for(eve, 10).await?.len(), 1);
    let again = store.undo_ties(ada, minute(6), 10).await?;
    assert!(again.is_done && again.views.is_empty());
    Ok(())
}

/// To the admin who is longest there, else to the member who is, else it is deleted.
pub async fn a_community_passes_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let home = found(store, "home", ada).await?.community;
    let mut others = Vec::new();
    for (name, minutes) in [("bob", 1), ("eve", 2), ("zoe", 3), ("kim", 4)] {
        let other = join(store, name).await?;
        store.admit_member(home.number, other, minute(minutes)).await?;
        others.push(other);
    }
    let [bob, eve, zoe, kim] = others[..] else { panic!("there are four") };
    for admin in [bob, zoe, kim] {
        assert!(store.set_role(home.number, admin, Role::Admin).await?);
    }
    store.change_state(bob, AgentState::Active, AgentState::Suspended, &entry("x", None)).await?;

    assert_eq!(store.part_with(home.number, kim, minute(5)).await?, Parting::Left);
    assert_eq!(store.part_with(home.number, kim, minute(5)).await?, Parting::NotThere);
    assert_eq!(store.part_with(home.number, ada, minute(5)).await?, Parting::PassedTo(zoe));
    let whole = store.whole_community(home.id).await?.expect("it goes on");
    assert_eq!(whole.community.owner, zoe);
    let role = |agent| whole.members.iter().find(|member| member.agent == agent).map(|member| member.role);
    assert_eq!((role(ada), role(zoe), role(bob)), (None, Some(Role::Owner), Some(Role::Admin)));
    assert_eq!(store.communities_of(bob, 10).await?[0].listing.members, 3);

    assert_eq!(store.part_with(home.number, zoe, minute(6)).await?, Parting::PassedTo(eve));
    assert_eq!(store.part_with(home.number, eve, minute(6)).await?, Parting::PassedTo(bob));
    assert_eq!(store.part_with(home.number, bob, minute(7)).await?, Parting::Deleted);
    assert_eq!(store.whole_community(home.id).await?, None);
    assert_eq!(store.part_with(home.number, bob, minute(7)).await?, Parting::NotThere);
    assert_eq!(store.communities_of(bob, 10).await?, []);
    Ok(())
}

/// As long as they are not over.
pub async fn rooms_of_an_agent_are_found(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    open_room(store, "one", ada).await?;
    open_room(store, "two", ada).await?;
    open_room(store, "other", bob).await?;
    assert_eq!(store.rooms_with(ada, START, 10).await?.len(), 2);
    assert_eq!(store.rooms_with(ada, START, 1).await?.len(), 1);
    assert_eq!(store.rooms_with(ada, minute(10), 10).await?, []);
    Ok(())
}
