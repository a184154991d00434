//! Credentials.

use futures_util::future::join_all;
use tertulia_model::{AgentNo, CredentialNo};

use super::fixtures::{agent, digest, entry, key, minute, open, register};
use crate::{CredentialRecord, Issuance, NewAgent, NewCredential, Revocation, Store, StoreError};

async fn holder(store: &dyn Store, number: u8) -> Result<Option<AgentNo>, StoreError> {
    Ok(store.agent_by_key(&digest(number)).await?.map(|(agent, _)| agent.number))
}

/// An agent with one key, with which it asks for everything.
async fn join_with(
    store: &dyn Store,
    name: &str,
    key: NewCredential,
) -> Result<(AgentNo, CredentialRecord), StoreError> {
    let agent = register(store, &NewAgent { credential: Some(key), ..agent(name) }).await?.number;
    let credential = store.credentials_of(agent).await?.pop().expect("it has one");
    Ok((agent, credential))
}

/// Issues a key that must be issued; it, and the one that ended.
async fn issue(
    store: &dyn Store,
    (agent, by): (AgentNo, CredentialNo),
    key: &NewCredential,
) -> Result<(CredentialRecord, Option<CredentialNo>), StoreError> {
    let note = entry("credential.issued", Some(agent));
    match store.issue_credential(agent, by, key, minute(1), &note).await? {
        Issuance::Issued { credential, ended } => Ok((credential, ended)),
        Issuance::ActorEnded => panic!("the acting credential is live"),
    }
}

/// Rotation: the old key opens nothing from then on, and its number is told.
pub async fn a_new_key_ends_the_old_one_of_its_kind(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, old) = join_with(store, "ada", key("one_", 1)).await?;
    let wanted = key("one_", 2);
    let (new, ended) = issue(store, (ada, old.number), &wanted).await?;
    assert_eq!(ended, Some(old.number));
    assert_eq!((new.id, new.kind.as_str(), new.created_at), (wanted.id, "one_", minute(1)));
    assert_eq!(store.credentials_of(ada).await?, [new]);
    assert_eq!((holder(store, 1).await?, holder(store, 2).await?), (None, Some(ada)));
    assert_eq!(store.audit_log(10).await?, [entry("credential.issued", Some(ada))]);
    Ok(())
}

/// Kinds and agents do not disturb each other.
pub async fn keys_of_other_kinds_live_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, first) = join_with(store, "ada", key("one_", 1)).await?;
    let (bob, other) = join_with(store, "bob", key("two_", 2)).await?;
    for (agent, by, kind, number) in [(ada, first, "two_", 3), (bob, other, "one_", 4)] {
        let (_, ended) = issue(store, (agent, by.number), &key(kind, number)).await?;
        assert_eq!(ended, None);
    }
    let kinds: Vec<String> = store.credentials_of(ada).await?.into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["one_", "two_"]);
    assert_eq!(store.credentials_of(bob).await?.len(), 2);
    Ok(())
}

/// And a new one of its kind can be issued.
pub async fn a_revoked_key_opens_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, one) = join_with(store, "ada", key("one_", 1)).await?;
    let (two, _) = issue(store, (ada, one.number), &key("two_", 2)).await?;
    let note = entry("credential.revoked", Some(ada));
    let revoke = || store.revoke_credential(ada, two.number, one.id, minute(1), &note);
    assert_eq!(revoke().await?, Revocation::Revoked(one.number));
    assert_eq!(revoke().await?, Revocation::NotThere, "it is not live any more");
    assert_eq!(holder(store, 1).await?, None);
    assert_eq!(store.credentials_of(ada).await?, std::slice::from_ref(&two));
    assert_eq!(store.audit_log(1).await?, std::slice::from_ref(&note));

    let (_, ended) = issue(store, (ada, two.number), &key("one_", 3)).await?;
    assert_eq!(ended, None);
    assert_eq!(holder(store, 3).await?, Some(ada));
    Ok(())
}

/// It ends with the request that ends it, and not before.
pub async fn a_key_may_end_itself(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, one) = join_with(store, "ada", key("one_", 1)).await?;
    let note = entry("credential.revoked", Some(ada));
    let answer = store.revoke_credential(ada, one.number, one.id, minute(1), &note).await?;
    assert_eq!(answer, Revocation::Revoked(one.number));
    assert!(store.credentials_of(ada).await?.is_empty());
    Ok(())
}

/// A request that was let in with a key cannot outlive it: a stolen key is not exchanged for a new one once its owner
/// has ended it.
pub async fn a_key_that_has_ended_changes_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, stolen) = join_with(store, "ada", key("one_", 1)).await?;
    let (new, _) = issue(store, (ada, stolen.number), &key("one_", 2)).await?;
    let note = entry("x", Some(ada));
    let issued = store.issue_credential(ada, stolen.number, &key("one_", 3), minute(2), &note).await?;
    assert_eq!(issued, Issuance::ActorEnded);
    let revoked = store.revoke_credential(ada, stolen.number, new.id, minute(2), &note).await?;
    assert_eq!(revoked, Revocation::ActorEnded);
    assert_eq!(store.credentials_of(ada).await?, [new]);
    assert_eq!(store.audit_log(10).await?.len(), 1);
    Ok(())
}

/// Another agent's credential, or none at all, is not there, and is nothing to act with.
pub async fn only_the_holder_revokes(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, hers) = join_with(store, "ada", key("one_", 1)).await?;
    let (bob, his) = join_with(store, "bob", key("one_", 2)).await?;
    let note = entry("credential.revoked", None);
    let revoke = |agent, by, id| store.revoke_credential(agent, by, id, minute(1), &note);
    assert_eq!(revoke(bob, his.number, hers.id).await?, Revocation::NotThere);
    assert_eq!(revoke(ada, hers.number, key("one_", 9).id).await?, Revocation::NotThere);
    assert_eq!(revoke(ada, his.number, hers.id).await?, Revocation::ActorEnded);
    assert_eq!(holder(store, 1).await?, Some(ada));
    assert!(store.audit_log(10).await?.is_empty());
    Ok(())
}

/// A digest that is known already is an error, and the live key stays.
pub async fn a_digest_is_used_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, _) = join_with(store, "ada", key("one_", 1)).await?;
    let (bob, his) = join_with(store, "bob", key("one_", 2)).await?;
    let note = entry("credential.issued", None);
    let again = NewCredential { id: key("one_", 3).id, ..key("one_", 1) };
    let answer = store.issue_credential(bob, his.number, &again, minute(1), &note).await;
    assert!(matches!(answer, Err(StoreError::Database(_))));
    assert_eq!((holder(store, 1).await?, holder(store, 2).await?), (Some(ada), Some(bob)));
    assert!(store.audit_log(10).await?.is_empty());
    Ok(())
}

/// Rotations at the same time.
pub async fn rotations_at_once_leave_one_live_key(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, acting) = join_with(store, "ada", key("two_", 100)).await?;
    let keys: Vec<NewCredential> = (0..10).map(|number| key("one_", number)).collect();
    let answers = join_all(keys.iter().map(|key| issue(store, (ada, acting.number), key))).await;
    let mut ended = 0;
    for answer in answers {
        ended += usize::from(answer?.1.is_some());
    }
    assert_eq!(ended, 9);
    assert_eq!(store.credentials_of(ada).await?.len(), 2);
    Ok(())
}
