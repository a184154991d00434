//! Credentials.

use futures_util::future::join_all;
use tertulia_model::{AgentNo, CredentialNo};

use super::fixtures::{agent, digest, entry, join, key, minute, open, register};
use crate::{NewAgent, NewCredential, Store, StoreError};

async fn holder(store: &dyn Store, number: u8) -> Result<Option<AgentNo>, StoreError> {
    Ok(store.agent_by_key(&digest(number)).await?.map(|(agent, _)| agent.number))
}

/// Rotation: the old key opens nothing from then on, and its number is told.
pub async fn a_new_key_ends_the_old_one_of_its_kind(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?.number;
    let before = store.credentials_of(ada).await?;
    let note = entry("credential.issued", Some(ada));
    let (new, ended) = store.issue_credential(ada, &key("one_", 2), minute(1), &note).await?;
    assert_eq!(ended, Some(before[0].number));
    assert_eq!((new.kind.as_str(), new.created_at), ("one_", minute(1)));
    assert_eq!(store.credentials_of(ada).await?, [new]);
    assert_eq!((holder(store, 1).await?, holder(store, 2).await?), (None, Some(ada)));
    assert_eq!(store.audit_log(10).await?, [note]);
    Ok(())
}

/// Kinds and agents do not disturb each other.
pub async fn keys_of_other_kinds_live_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    let note = entry("credential.issued", None);
    for (agent, kind, number) in [(ada, "one_", 1), (ada, "two_", 2), (bob, "one_", 3)] {
        let (_, ended) = store.issue_credential(agent, &key(kind, number), minute(1), &note).await?;
        assert_eq!(ended, None);
    }
    let kinds: Vec<String> = store.credentials_of(ada).await?.into_iter().map(|one| one.kind).collect();
    assert_eq!(kinds, ["one_", "two_"]);
    assert_eq!(store.credentials_of(bob).await?.len(), 1);
    Ok(())
}

/// And a new one of its kind can be issued.
pub async fn a_revoked_key_opens_nothing(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?.number;
    let number = store.credentials_of(ada).await?[0].number;
    let note = entry("credential.revoked", Some(ada));
    assert!(store.revoke_credential(ada, number, minute(1), &note).await?);
    assert!(!store.revoke_credential(ada, number, minute(1), &note).await?, "it is not live any more");
    assert_eq!(holder(store, 1).await?, None);
    assert!(store.credentials_of(ada).await?.is_empty());
    assert_eq!(store.audit_log(10).await?, std::slice::from_ref(&note));

    let (_, ended) = store.issue_credential(ada, &key("one_", 2), minute(2), &note).await?;
    assert_eq!(ended, None);
    assert_eq!(holder(store, 2).await?, Some(ada));
    Ok(())
}

/// Another agent's credential, or none at all, is not there.
pub async fn only_the_holder_revokes(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?.number;
    let bob = join(store, "bob").await?;
    let number = store.credentials_of(ada).await?[0].number;
    let note = entry("credential.revoked", None);
    assert!(!store.revoke_credential(bob, number, minute(1), &note).await?);
    assert!(!store.revoke_credential(ada, CredentialNo(999), minute(1), &note).await?);
    assert_eq!(holder(store, 1).await?, Some(ada));
    assert!(store.audit_log(10).await?.is_empty());
    Ok(())
}

/// A digest that is known already is an error, and the live key stays.
pub async fn a_digest_is_used_once(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = register(store, &NewAgent { credential: Some(key("one_", 1)), ..agent("ada") }).await?.number;
    let bob = register(store, &NewAgent { credential: Some(key("one_", 2)), ..agent("bob") }).await?.number;
    let note = entry("credential.issued", None);
    let answer = store.issue_credential(bob, &key("one_", 1), minute(1), &note).await;
    assert!(matches!(answer, Err(StoreError::Database(_))));
    assert_eq!((holder(store, 1).await?, holder(store, 2).await?), (Some(ada), Some(bob)));
    assert!(store.audit_log(10).await?.is_empty());
    Ok(())
}

/// Rotations at the same time.
pub async fn rotations_at_once_leave_one_live_key(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let note = entry("credential.issued", Some(ada));
    let keys: Vec<NewCredential> = (0..10).map(|number| key("one_", number)).collect();
    let answers = join_all(keys.iter().map(|key| store.issue_credential(ada, key, minute(1), &note))).await;
    let mut ended = 0;
    for answer in answers {
        ended += usize::from(answer?.1.is_some());
    }
    assert_eq!(ended, 9);
    assert_eq!(store.credentials_of(ada).await?.len(), 1);
    Ok(())
}
