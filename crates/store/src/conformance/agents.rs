//! Agents and their profiles.

use futures_util::future::join_all;
use tertulia_model::{AgentNo, AgentState};

use super::fixtures::{START, agent, digest, entry, join, key, minute, open, register};
use crate::{AgentRecord, LastSeen, NewAgent, Profile, Registration, Store, StoreError};

fn names(agents: &[AgentRecord]) -> Vec<&str> {
    agents.iter().map(|agent| &*agent.name).collect()
}

/// By number, by name, by key; and it is as it was given.
pub async fn a_registered_agent_is_found_every_way(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let profile = Profile {
        revision: 77,
        display_name: Some("Ada \u{1F99E}".into()),
        about: Some("says 'hello'\n\"twice\"".into()),
        avatar: Some("https://example.org/a.png".into()),
    };
    let new = NewAgent { profile: profile.clone(), credential: Some(key("test_", 1)), ..agent("Ada") };
    let ada = register(store, &new).await?;
    assert_eq!(ada.id, new.id);
    assert_eq!((&*ada.name, ada.state, ada.created_at), ("Ada", AgentState::Active, START));
    assert_eq!((ada.is_system, ada.is_listed), (false, true));
    assert_eq!(*ada.profile, Profile { revision: 1, ..profile });

    assert_eq!(store.agents(&[ada.number]).await?, std::slice::from_ref(&ada));
    assert_eq!(store.agent_by_name("ada").await?, Some(ada.clone()));
    assert_eq!(store.agent_by_name("Ada").await?, None);
    assert_eq!(store.agent_by_id(ada.id).await?, Some(ada.clone()));
    assert_eq!(store.agent_by_id(tertulia_model::AgentId::from_uuid(uuid::Uuid::nil())).await?, None);
    let (found, credential) = store.agent_by_key(&digest(1)).await?.expect("the key is live");
    assert_eq!(found, ada);
    assert_eq!((credential.kind.as_str(), credential.created_at), ("test_", START));
    assert_eq!(store.agent_by_key(&digest(2)).await?, None);
    Ok(())
}

/// The second registration under one compared name is refused, and the first agent stays as it is.
pub async fn a_name_is_given_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let first = register(store, &agent("Ada")).await?;
    let second = NewAgent { id: agent("other").id, ..agent("ADA") };
    assert_eq!(store.register_agent(&second).await?, Registration::NameTaken);
    assert_eq!(store.agent_by_name("ada").await?, Some(first.clone()));

    assert!(store.change_state(first.number, AgentState::Active, AgentState::Deleted, &entry("x", None)).await?);
    assert_eq!(store.register_agent(&second).await?, Registration::NameTaken, "not even after deletion");
    Ok(())
}

/// Registrations at the same time.
pub async fn of_twenty_that_want_one_name_one_gets_it(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let wanted: Vec<NewAgent> = (0..20)
        .map(|number| NewAgent {
            id: agent(&format!("a{number}")).id,
            credential: Some(key("test_", number)),
            ..agent("Ada")
        })
        .collect();
    let answers = join_all(wanted.iter().map(|new| store.register_agent(new))).await;
    let mut registered = 0;
    for (answer, new) in answers.into_iter().zip(&wanted) {
        let credential = new.credential.as_ref().expect("each has one");
        let holder = store.agent_by_key(&credential.digest).await?;
        match answer? {
            Registration::Registered { agent, credential } => {
                registered += 1;
                assert_eq!(holder, credential.map(|credential| (agent, credential)));
            }
            Registration::NameTaken => assert_eq!(holder, None),
        }
    }
    assert_eq!(registered, 1);
    assert_eq!(store.count_listed().await?, 1);
    Ok(())
}

/// A registration whose credential cannot be written leaves no agent behind.
pub async fn a_refused_registration_writes_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    register(store, &NewAgent { credential: Some(key("test_", 1)), ..agent("ada") }).await?;
    let clash = NewAgent { credential: Some(key("test_", 1)), ..agent("bob") };
    assert!(matches!(store.register_agent(&clash).await, Err(StoreError::Database(_))));
    assert_eq!(store.agent_by_name("bob").await?, None);
    assert_eq!(store.count_listed().await?, 1);
    register(store, &NewAgent { credential: Some(key("test_", 2)), ..agent("bob") }).await?;
    Ok(())
}

/// Unknown and repeated numbers do no harm.
pub async fn agents_are_looked_up_in_bulk(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let mut found = store.agents(&[bob, AgentNo(999), ada, ada]).await?;
    found.sort_by_key(|agent| agent.number);
    assert_eq!(names(&found), ["ada", "bob"]);
    assert!(store.agents(&[]).await?.is_empty());
    let system = store.agents(&[hub.system_agent]).await?;
    assert_eq!(names(&system), ["hub"]);
    assert!(system[0].is_system && !system[0].is_listed);
    Ok(())
}

/// Known pairs of agent and revision are answered, others left out.
pub async fn profiles_are_found_by_revision(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let profile = Profile { avatar: Some("A".into()), ..Profile::default() };
    let ada = register(store, &NewAgent { profile, ..agent("ada") }).await?;
    let bob = join(store, "bob").await?;
    let mut found = store.profiles(&[(ada.number, 1), (bob, 1), (bob, 2), (AgentNo(999), 1)]).await?;
    found.sort_by_key(|(agent, _)| *agent);
    assert_eq!(found, [(ada.number, (*ada.profile).clone()), (bob, Profile { revision: 1, ..Profile::default() })]);
    assert!(store.profiles(&[]).await?.is_empty());
    Ok(())
}

/// Neither the system agent, nor the unlisted, nor those in another state.
pub async fn only_listed_active_agents_are_listed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    assert_eq!(store.count_listed().await?, 0);
    let ada = join(store, "ada").await?;
    register(store, &NewAgent { is_listed: false, ..agent("unlisted") }).await?;
    register(store, &NewAgent { state: AgentState::Pending, ..agent("pending") }).await?;
    let bob = join(store, "bob").await?;
    assert_eq!(store.count_listed().await?, 2);

    let note = entry("agent.suspended", Some(bob));
    assert!(store.change_state(bob, AgentState::Active, AgentState::Suspended, &note).await?);
    assert_eq!(store.count_listed().await?, 1);
    let listed = store.list_agents(&[], 10, 0).await?;
    assert_eq!(listed.iter().map(|agent| agent.number).collect::<Vec<_>>(), [ada]);
    Ok(())
}

/// Once is enough.
pub async fn an_unlisted_agent_is_listed_from_now_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { is_listed: false, ..agent("ada") }).await?.number;
    assert!(store.list_agent(ada).await? && !store.list_agent(ada).await?);
    assert!(store.agents(&[ada]).await?[0].is_listed);
    assert_eq!((store.count_listed().await?, store.list_agents(&[], 10, 0).await?.len()), (1, 1));
    Ok(())
}

/// Most recent activity first; then those never seen; the older registration first among equals.
pub async fn the_list_is_ordered_by_last_activity(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut numbers = Vec::new();
    for name in ["never", "early", "late", "also-late", "never-either"] {
        numbers.push(join(store, name).await?);
    }
    let seen = |place: usize, at| LastSeen {
        agent: numbers[place],
        active_at: minute(at),
        left_at: None,
        seen_at: None,
        seen_before_at: None,
    };
    store.save_presence(&[seen(3, 9), seen(1, 2), seen(2, 9)]).await?;
    let listed = store.list_agents(&[], 10, 0).await?;
    assert_eq!(names(&listed), ["late", "also-late", "early", "never", "never-either"]);
    Ok(())
}

/// `without`, `limit` and `offset` work together.
pub async fn the_list_leaves_out_and_pages(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let mut numbers = Vec::new();
    for name in ["a0", "a1", "a2", "a3", "a4", "a5"] {
        numbers.push(join(store, name).await?);
    }
    let without = [numbers[0], numbers[3], AgentNo(999)];
    assert_eq!(names(&store.list_agents(&without, 2, 0).await?), ["a1", "a2"]);
    assert_eq!(names(&store.list_agents(&without, 2, 2).await?), ["a4", "a5"]);
    assert!(store.list_agents(&without, 2, 4).await?.is_empty());
    assert!(store.list_agents(&[], 0, 0).await?.is_empty());
    assert!(store.list_agents(&[], 10, u64::MAX).await?.is_empty());
    Ok(())
}

/// Every agent but the system's, by number.
pub async fn agents_are_paged_by_state(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    register(store, &NewAgent { is_listed: false, ..agent("bob") }).await?;
    let eve = join(store, "eve").await?;
    assert!(store.change_state(eve, AgentState::Active, AgentState::Suspended, &entry("x", Some(eve))).await?);

    assert_eq!(names(&store.agents_in_state(None, None, 10).await?), ["ada", "bob", "eve"]);
    assert_eq!(names(&store.agents_in_state(None, None, 2).await?), ["ada", "bob"]);
    assert_eq!(names(&store.agents_in_state(None, Some(ada), 10).await?), ["bob", "eve"]);
    assert_eq!(names(&store.agents_in_state(Some(AgentState::Active), None, 10).await?), ["ada", "bob"]);
    assert_eq!(names(&store.agents_in_state(Some(AgentState::Active), Some(ada), 10).await?), ["bob"]);
    assert_eq!(names(&store.agents_in_state(Some(AgentState::Suspended), None, 10).await?), ["eve"]);
    assert!(store.agents_in_state(Some(AgentState::Deleted), None, 10).await?.is_empty());
    Ok(())
}

/// And only then there is an audit entry.
pub async fn a_state_changes_only_from_the_expected_one(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let note = entry("agent.suspended", Some(ada));
    assert!(!store.change_state(ada, AgentState::Pending, AgentState::Suspended, &note).await?);
    assert!(!store.change_state(AgentNo(999), AgentState::Active, AgentState::Suspended, &note).await?);
    assert!(store.audit_log(10).await?.is_empty());

    assert!(store.change_state(ada, AgentState::Active, AgentState::Suspended, &note).await?);
    assert!(!store.change_state(ada, AgentState::Active, AgentState::Suspended, &note).await?);
    assert_eq!(store.audit_log(10).await?, [note]);
    assert_eq!(store.agents(&[ada]).await?[0].state, AgentState::Suspended);
    Ok(())
}
