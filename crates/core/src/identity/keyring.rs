//! Credentials that were shown lately, and whose they are. Bounded: half of it is forgotten when it is full.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use tertulia_model::{CredentialId, CredentialNo, ObserverId, Timestamp};
use tertulia_store::KeyDigest;

use super::access_token::{BadToken, Claims, Role};
use crate::{
    Error,
    agents::Agent,
    chat::{Chat, digest_of},
    identity::is_access_token,
};

/// Credentials that are remembered at the most.
const MOST: usize = 65_536;

/// Credentials that were looked up, and how often any has ended: what was read from the store before an end must not be
/// remembered after it.
#[derive(Debug, Default)]
pub(crate) struct Keyring(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    by_digest: HashMap<KeyDigest, Entry>,
    /// A credential has one text, so one digest.
    digests: HashMap<CredentialNo, KeyDigest>,
    ended: u64,
}

/// A live credential.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) agent: Arc<Agent>,
    pub(crate) credential: CredentialNo,
    /// Its text opens nothing from then on.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Keyring {
    /// What is remembered of a text.
    fn lookup(&self, digest: &KeyDigest) -> Option<Entry> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).by_digest.get(digest).cloned()
    }

    /// How many credentials have ended so far; to be read before the store is asked about one.
    pub(crate) fn ended(&self) -> u64 {
        self.0.read().unwrap_or_else(PoisonError::into_inner).ended
    }

    /// Remembers what the store said about a credential, unless one has ended since.
    pub(crate) fn remember(&self, digest: KeyDigest, entry: Entry, ended_before: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.ended != ended_before {
            return;
        }
        if known.by_digest.len() >= MOST {
            known.forget_half();
        }
        known.digests.insert(entry.credential, digest);
        known.by_digest.insert(digest, entry);
    }

    /// Forgets a credential that has ended.
    pub(crate) fn forget(&self, credential: CredentialNo) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.ended += 1;
        if let Some(digest) = known.digests.remove(&credential) {
            known.by_digest.remove(&digest);
        }
    }
}

impl Known {
    fn forget_half(&mut self) {
        let Self { by_digest, digests, .. } = self;
        let mut keep = false;
        by_digest.retain(|_, entry| {
            keep = !keep;
            if !keep {
                digests.remove(&entry.credential);
            }
            keep
        });
    }
}

impl Chat {
    /// Whose live credential a text is.
    pub(crate) async fn holder(&self, text: &str) -> Result<Entry, Error> {
        let digest = digest_of(text);
        if let Some(entry) = self.0.directory.keyring.lookup(&digest) {
            return match entry.expires_at {
                Some(expires_at) if expires_at <= self.now() => Err(Error::TokenExpired),
                Some(_) | None => Ok(entry),
            };
        }
        let ended_before = self.0.directory.keyring.ended();
        let entry = if is_access_token(text) { self.by_token(text).await? } else { self.by_key(&digest).await? };
        self.0.directory.keyring.remember(digest, entry.clone(), ended_before);
        Ok(entry)
    }

    /// Whether a text is an access token of this hub that has not run out, whatever has become of its session.
    #[must_use]
    pub fn has_signed(&self, text: &str) -> bool {
        self.0.token_secret.read(text, self.now()).is_ok()
    }

    async fn by_key(&self, digest: &KeyDigest) -> Result<Entry, Error> {
        let found = self.0.store.agent_by_key(digest).await?;
        let (record, credential) = found.ok_or(Error::Unauthenticated)?;
        let agent = self.0.directory.adopt(record).await?;
        Ok(Entry { agent, credential: credential.number, expires_at: None })
    }

    /// Why an observer's token opens nothing that is an agent's: that it is one, as long as its session lasts.
    async fn refuse_observer(&self, claims: &Claims) -> Error {
        let (observer, session) = (ObserverId::from_uuid(claims.subject), CredentialId::from_uuid(claims.session));
        match self.0.store.has_observer_session(observer, session, self.now()).await {
            Ok(true) => Error::ObserverToken,
            Ok(false) => Error::Unauthenticated,
            Err(problem) => problem.into(),
        }
    }

    async fn by_token(&self, token: &str) -> Result<Entry, Error> {
        let claims = self.0.token_secret.read(token, self.now()).map_err(|problem| match problem {
            BadToken::Foreign => Error::Unauthenticated,
            BadToken::Expired => Error::TokenExpired,
        })?;
        match claims.role {
            Role::Agent => {}
            Role::Observer => return Err(self.refuse_observer(&claims).await),
        }
        let session = self.0.store.session(CredentialId::from_uuid(claims.session)).await?;
        let session = session.ok_or(Error::Unauthenticated)?;
        if session.is_revoked {
            return Err(Error::TokenRevoked);
        }
        let agent = self.0.directory.adopt(session.agent).await?;
        Ok(Entry { agent, credential: session.number, expires_at: Some(claims.expires_at) })
    }
}
