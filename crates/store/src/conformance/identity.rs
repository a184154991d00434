//! Agents that prove a key of their own, their sessions, and how they want to be treated.

use std::time::Duration;

use futures_util::future::join_all;
use tertulia_model::{AgentId, AgentNo, AgentState, CredentialId, CredentialNo, Openness, Timestamp, random_uuid};

use super::fixtures::{agent, digest, entry, join, minute, open, register};
use crate::{
    AgentRecord, Challenge, ChallengeRoom, Counting, KeyDigest, NewPendingAgent, NewSession, PUBLIC_KEY,
    PendingRegistration, ProfileChange, Proof, Proven, Registration, Renewal, SESSION, Settings, Store, StoreError,
};

/// How long challenges of the cases last, in minutes, and sessions.
const CHALLENGE: i64 = 5;
const SESSION_MINUTES: i64 = 100;

fn id(number: u8) -> CredentialId {
    CredentialId::from_uuid(random_uuid([number; 16]))
}

/// A challenge that was given at a minute.
fn challenge(number: u8, at: i64) -> Challenge {
    Challenge { bytes: [number; 32], expires_at: minute(at + CHALLENGE) }
}

fn pending(name: &str, number: u8, at: i64) -> NewPendingAgent {
    NewPendingAgent {
        id: AgentId::from_uuid(random_uuid([100 + number; 16])),
        name: name.into(),
        name_key: name.to_lowercase().into(),
        capabilities: vec!["chat".to_owned(), "ünd \"so\"".to_owned()],
        is_listed: true,
        key_id: id(number),
        key: vec![number; 270],
        challenge: challenge(number, at),
        now: minute(at),
    }
}

async fn register_pending(store: &dyn Store, new: &NewPendingAgent) -> Result<AgentRecord, StoreError> {
    match store.register_pending(new).await? {
        PendingRegistration::Pending(record) => Ok(record),
        PendingRegistration::NameTaken => panic!("the name {} was free", new.name),
    }
}

fn session(number: u8, at: i64) -> NewSession {
    NewSession { id: id(number), refresh: digest(number), expires_at: minute(at + SESSION_MINUTES) }
}

async fn proof(store: &dyn Store, agent: AgentNo, challenge: u8, new: u8, at: i64) -> Result<Proof, StoreError> {
    let (key, _) = store.public_keys(agent).await?.into_iter().next().expect("it has a key");
    let session = session(new, at);
    Ok(Proof { agent, key, challenge: [challenge; 32], session, most_sessions: 10, now: minute(at) })
}

/// An agent that has proven its key at minute 1, with session 50; its number and the session's.
async fn signed_in(store: &dyn Store) -> Result<(AgentNo, CredentialNo), StoreError> {
    let ada = register_pending(store, &pending("ada", 1, 0)).await?.number;
    let proven = store.prove(&proof(store, ada, 1, 50, 1).await?).await?;
    let Proven::Begun { session, .. } = proven else { panic!("it was in time") };
    Ok((ada, session.number))
}

/// Nothing of it is an API key, and it is in no list.
pub async fn a_pending_agent_is_written_whole(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let new = pending("Ada", 1, 0);
    let ada = register_pending(store, &new).await?;
    assert_eq!((ada.id, &*ada.name, ada.state, ada.created_at), (new.id, "Ada", AgentState::Pending, minute(0)));
    assert_eq!(store.agent_by_name("ada").await?.as_ref(), Some(&ada));
    assert_eq!(store.capabilities(ada.number).await?, new.capabilities);
    assert_eq!(store.challenges(ada.number, minute(4)).await?, [challenge(1, 0)]);
    assert!(store.challenges(ada.number, minute(5)).await?.is_empty());
    let keys = store.public_keys(ada.number).await?;
    assert_eq!(keys.iter().map(|(_, der)| der.as_slice()).collect::<Vec<_>>(), [&[1; 270][..]]);
    let kinds: Vec<_> = store.credentials_of(ada.number).await?.into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, [PUBLIC_KEY]);
    assert_eq!(store.count_listed().await?, 0);
    let bob = join(store, "bob").await?;
    assert!(store.capabilities(bob).await?.is_empty());
    Ok(())
}

/// Whichever way the second one registers.
pub async fn a_name_is_held_as_long_as_something_can_be_signed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let first = register_pending(store, &pending("ada", 1, 0)).await?;
    assert_eq!(store.register_pending(&pending("ada", 2, 4)).await?, PendingRegistration::NameTaken);
    let plain = crate::NewAgent { now: minute(4), ..agent("ada") };
    assert_eq!(store.register_agent(&plain).await?, Registration::NameTaken);

    let second = register_pending(store, &pending("Ada", 2, 5)).await?;
    assert_ne!(first.id, second.id);
    assert_eq!(store.agent_by_id(first.id).await?, None);
    assert_eq!(store.agent_by_name("ada").await?.as_ref(), Some(&second));
    assert_eq!(store.challenges(second.number, minute(5)).await?, [challenge(2, 5)]);
    assert_eq!(store.public_keys(second.number).await?.len(), 1);
    assert_eq!(store.credentials_of(second.number).await?.len(), 1);

    let plain = crate::NewAgent { now: minute(10), ..agent("ada") };
    let third = register(store, &plain).await?;
    assert_eq!((third.state, third.profile.revision), (AgentState::Active, 1));
    assert!(store.public_keys(third.number).await?.is_empty());
    assert_eq!(store.register_pending(&pending("ada", 3, 90)).await?, PendingRegistration::NameTaken);
    assert!(store.capabilities(third.number).await?.is_empty());
    Ok(())
}

/// Both kinds of registration at once.
pub async fn of_twenty_that_want_one_name_one_is_pending(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let wanting: Vec<_> = (1..=20).map(|number| pending("ada", number, 0)).collect();
    let mut got = 0;
    for answer in join_all(wanting.iter().map(|new| store.register_pending(new))).await {
        got += usize::from(answer? != PendingRegistration::NameTaken);
    }
    assert_eq!(got, 1);
    Ok(())
}

/// Somebody who asks in an agent's place neither takes its challenge away nor keeps it from getting one.
pub async fn challenges_give_way_only_when_they_are_old(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register_pending(store, &pending("ada", 1, 0)).await?.number;
    let add = |number: u8, at: i64| {
        let room = ChallengeRoom { most: 3, gives_way_by: minute(at + CHALLENGE - 1) };
        let new = challenge(number, at);
        async move { store.add_challenge(ada, &new, room, minute(at)).await }
    };
    assert_eq!(add(2, 1).await?, challenge(2, 1));
    assert_eq!(add(3, 1).await?, challenge(3, 1));
    assert_eq!(add(4, 1).await?, challenge(4, 1), "the first one is a minute old and gives way");
    let given = add(5, 1).await?;
    assert_eq!(given.expires_at, minute(6), "none gives way, so one that is there is given once more");
    assert!(store.challenges(ada, minute(1)).await?.contains(&given));
    assert_eq!(store.challenges(ada, minute(1)).await?.len(), 3);
    assert_eq!(add(6, 7).await?, challenge(6, 7));
    assert_eq!(store.challenges(ada, minute(7)).await?, [challenge(6, 7)]);
    Ok(())
}

/// A challenge is used once, in time, by its own agent.
pub async fn a_proof_uses_its_challenge_up(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register_pending(store, &pending("ada", 1, 0)).await?.number;
    let bob = register_pending(store, &pending("bob", 2, 0)).await?.number;
    assert_eq!(store.prove(&proof(store, bob, 1, 50, 1).await?).await?, Proven::TooLate, "another one's");
    assert_eq!(store.prove(&proof(store, bob, 2, 50, 5).await?).await?, Proven::TooLate, "too old");

    let first = proof(store, ada, 1, 50, 1).await?;
    let Proven::Begun { session, was_pending, ended } = store.prove(&first).await? else { panic!("it was in time") };
    assert_eq!((was_pending, ended, session.kind.as_str(), session.id), (true, None, SESSION, id(50)));
    let record = store.session(id(50)).await?.expect("it has begun");
    assert_eq!((record.agent.state, record.number, record.is_revoked), (AgentState::Active, session.number, false));
    assert!(store.is_live(session.number).await?);
    assert_eq!(store.count_listed().await?, 1);

    let again = Proof { session: self::session(51, 1), ..first };
    assert_eq!(store.prove(&again).await?, Proven::TooLate);
    assert_eq!(store.session(id(51)).await?, None);
    Ok(())
}

/// At the same time.
pub async fn of_ten_proofs_of_one_challenge_one_holds(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register_pending(store, &pending("ada", 1, 0)).await?.number;
    let mut proofs = Vec::new();
    for number in 50..60 {
        proofs.push(proof(store, ada, 1, number, 1).await?);
    }
    let mut begun = 0;
    for answer in join_all(proofs.iter().map(|proof| store.prove(proof))).await {
        begun += usize::from(matches!(answer?, Proven::Begun { was_pending: true, .. }));
    }
    assert_eq!(begun, 1);
    Ok(())
}

/// Neither a suspended agent nor an ended key signs in, and the challenge stays.
pub async fn a_proof_lifts_no_suspension(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, _) = signed_in(store).await?;
    let room = ChallengeRoom { most: 5, gives_way_by: minute(0) };
    store.add_challenge(ada, &challenge(2, 2), room, minute(2)).await?;
    let again = proof(store, ada, 2, 51, 2).await?;
    let note = entry("agent.suspended", Some(ada));
    assert!(store.change_state(ada, AgentState::Active, AgentState::Suspended, &note).await?);
    assert_eq!(store.prove(&again).await?, Proven::NotAllowed);
    assert_eq!(store.renew_session(&digest(50), &session(52, 2), minute(2)).await?, Renewal::NotAllowed);
    assert!(store.change_state(ada, AgentState::Suspended, AgentState::Active, &note).await?);
    let foreign = Proof { key: CredentialNo(again.key.0 + 1_000), ..again.clone() };
    assert_eq!(store.prove(&foreign).await?, Proven::TooLate, "no key of it");
    assert!(matches!(store.prove(&again).await?, Proven::Begun { was_pending: false, .. }));
    Ok(())
}

/// The oldest one makes room.
pub async fn an_agent_has_so_many_sessions(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, oldest) = signed_in(store).await?;
    let room = ChallengeRoom { most: 5, gives_way_by: minute(0) };
    for (number, gone) in [(2, None), (3, Some(oldest))] {
        store.add_challenge(ada, &challenge(number, 1), room, minute(1)).await?;
        let proof = Proof { most_sessions: 2, ..proof(store, ada, number, 50 + number, 1).await? };
        let Proven::Begun { ended, .. } = store.prove(&proof).await? else { panic!("it was in time") };
        assert_eq!(ended, gone);
    }
    assert!(store.session(id(50)).await?.is_some_and(|session| session.is_revoked));
    assert!(!store.is_live(oldest).await?);
    Ok(())
}

/// Old and new never live together, and what was renewed is known as such.
pub async fn a_session_is_renewed_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, old) = signed_in(store).await?;
    assert_eq!(store.session_holder(&digest(50)).await?, Some(ada));
    assert_eq!(store.session_holder(&digest(51)).await?, None);
    let renew = |new: u8, at: i64| {
        let new = session(new, at);
        async move { store.renew_session(&digest(50), &new, minute(at)).await }
    };
    let Renewal::Renewed { session, ended } = renew(51, 2).await? else { panic!("it was in time") };
    assert_eq!((ended, session.id), (old, id(51)));
    assert!(store.session(id(50)).await?.is_some_and(|session| session.is_revoked));
    assert!(store.session(id(51)).await?.is_some_and(|session| !session.is_revoked));
    assert_eq!(renew(52, 2).await?, Renewal::Revoked);
    assert_eq!(store.session(id(52)).await?, None);
    assert!(store.is_live(session.number).await?, "the newer one is none of its business");
    let unknown = KeyDigest([9; 32]);
    assert_eq!(store.renew_session(&unknown, &self::session(53, 2), minute(2)).await?, Renewal::Unknown);
    Ok(())
}

/// Every renewal begins anew; what is too late is too late.
pub async fn a_session_runs_out(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    signed_in(store).await?;
    let last = 1 + SESSION_MINUTES - 1;
    let renewed = store.renew_session(&digest(50), &session(51, last), minute(last)).await?;
    assert!(matches!(renewed, Renewal::Renewed { .. }));
    let end = last + SESSION_MINUTES;
    assert_eq!(store.renew_session(&digest(51), &session(52, end), minute(end)).await?, Renewal::Expired);
    Ok(())
}

/// At the same time.
pub async fn of_ten_renewals_of_one_session_one_holds(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, _) = signed_in(store).await?;
    let new: Vec<_> = (51..61).map(|number| session(number, 2)).collect();
    let old = digest(50);
    let mut renewed = 0;
    for answer in join_all(new.iter().map(|new| store.renew_session(&old, new, minute(2)))).await {
        renewed += usize::from(matches!(answer?, Renewal::Renewed { .. }));
    }
    assert_eq!(renewed, 1);
    let live = store.credentials_of(ada).await?.into_iter().filter(|one| one.kind == SESSION).count();
    assert_eq!(live, 1);
    Ok(())
}

/// A session is a credential like others, to whoever may end it.
pub async fn a_revoked_session_is_not_renewed(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, number) = signed_in(store).await?;
    let note = entry("credential.revoked", Some(ada));
    let revoked = store.revoke_credential(ada, number, id(50), minute(2), &note).await?;
    assert_eq!(revoked, crate::Revocation::Revoked(number));
    assert_eq!(store.renew_session(&digest(50), &session(51, 2), minute(2)).await?, Renewal::Revoked);
    Ok(())
}

/// Slice by slice; and no number is given a second time.
pub async fn what_has_run_out_is_swept(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, first) = signed_in(store).await?;
    let room = ChallengeRoom { most: 10, gives_way_by: minute(0) };
    for number in 2..5 {
        store.add_challenge(ada, &challenge(number, 1), room, minute(1)).await?;
    }
    store.renew_session(&digest(50), &session(51, 2), minute(2)).await?;
    assert_eq!(store.sweep_identities(minute(5), 10).await?, 0);
    assert_eq!(store.sweep_identities(minute(6), 2).await?, 2);
    assert_eq!(store.sweep_identities(minute(6), 2).await?, 1);

    let end = 2 + SESSION_MINUTES;
    assert_eq!(store.sweep_identities(minute(end), 10).await?, 1, "the newest credential keeps its number");
    assert_eq!(store.session(id(50)).await?, None);
    assert_eq!(store.session_holder(&digest(50)).await?, None);
    assert!(!store.is_live(first).await?);
    store.add_challenge(ada, &challenge(7, end), room, minute(end)).await?;
    let Proven::Begun { session, .. } = store.prove(&proof(store, ada, 7, 60, end).await?).await? else {
        panic!("it was in time")
    };
    assert!(session.number > first);
    assert_eq!(store.sweep_identities(minute(end), 10).await?, 1);
    Ok(())
}

/// What is not said stays; every change is a revision of its own.
pub async fn a_profile_is_changed_field_by_field(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let name = ProfileChange { display_name: Some(Some("Ada".into())), ..ProfileChange::default() };
    assert_eq!(store.change_profile(ada, &name, minute(1)).await?.revision, 2);
    let rest =
        ProfileChange { about: Some(Some("reads".into())), avatar: Some(Some("🦊".into())), display_name: None };
    let whole = store.change_profile(ada, &rest, minute(2)).await?;
    assert_eq!(
        (whole.revision, whole.display_name.as_deref(), whole.about.as_deref()),
        (3, Some("Ada"), Some("reads"))
    );
    let cleared = ProfileChange { display_name: Some(None), ..ProfileChange::default() };
    let last = store.change_profile(ada, &cleared, minute(3)).await?;
    assert_eq!((last.revision, last.display_name.as_deref(), last.avatar.as_deref()), (4, None, Some("🦊")));
    assert_eq!(*store.agents(&[ada]).await?.pop().expect("it is there").profile, last);
    assert_eq!(store.profiles(&[(ada, 3)]).await?, [(ada, whole)]);
    Ok(())
}

/// What was never said stands at its default.
pub async fn settings_are_changed_one_by_one(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    assert_eq!(store.settings(ada).await?, Settings::default());
    let idle = Settings { idle_timeout_secs: Some(60), ..Settings::default() };
    assert_eq!(store.change_settings(ada, &idle).await?, idle);
    let wakes = Settings { wakes_per_hour: Some(3), ..Settings::default() };
    let both = Settings { idle_timeout_secs: Some(60), wakes_per_hour: Some(3), ..Settings::default() };
    assert_eq!(store.change_settings(ada, &wakes).await?, both);
    assert_eq!(store.settings(ada).await?, both);
    let all = Settings {
        inbox_mode: Some(Openness::ContactsOnly),
        invite_policy: Some(Openness::ContactsOnly),
        outbound_per_hour: Some(9),
        ..both
    };
    assert_eq!(store.change_settings(ada, &all).await?, all);
    let open_again = Settings { inbox_mode: Some(Openness::Open), ..Settings::default() };
    store.change_settings(ada, &open_again).await?;
    assert_eq!(store.settings(ada).await?, Settings { inbox_mode: Some(Openness::Open), ..all });
    let record = store.agents(&[ada]).await?.pop().expect("it is there");
    let said = (record.outbound_per_hour, record.inbox_mode, record.invite_policy);
    assert_eq!(said, (Some(9), Openness::Open, Openness::ContactsOnly));
    Ok(())
}

/// Actions and agents do not disturb each other, and a refused action costs nothing.
pub async fn a_window_takes_so_many_and_begins_anew(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let count = |agent, action, at| {
        let per = Duration::from_hours(1);
        let counting = Counting { agent, action, per, most: 2, now: minute(at) };
        async move {
            let window = store.count_in_window(&counting).await?;
            Ok::<_, StoreError>((window.started_at, window.used, window.is_counted))
        }
    };
    let begun: Timestamp = minute(1);
    assert_eq!(count(ada, "open", 1).await?, (begun, 1, true));
    assert_eq!(count(ada, "open", 30).await?, (begun, 2, true));
    assert_eq!(count(ada, "open", 60).await?, (begun, 2, false));
    assert_eq!(count(ada, "close", 60).await?, (minute(60), 1, true));
    assert_eq!(count(bob, "open", 60).await?, (minute(60), 1, true));
    assert_eq!(count(ada, "open", 61).await?, (minute(61), 1, true));
    Ok(())
}
