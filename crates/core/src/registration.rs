//! Becoming an agent, and holding keys.

use std::sync::{Arc, atomic::Ordering};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tertulia_model::{AgentId, AgentState, CredentialId, CredentialKind, CredentialNo, Name, random_uuid};
use tertulia_store::{
    AgentRecord, AuditEntry, CredentialRecord, Issuance, KeyDigest, NewAgent, NewCredential, Profile, Registration,
    Revocation,
};

use crate::{
    Deed, Ended, Error, Noun,
    agents::Agent,
    chat::{Chat, digest_of},
    identity::Entry,
    limiter::Subject,
    limits::{Action, AddressKey, Quota},
    surface::{Caller, Surface},
};

/// Random bytes in a key.
const KEY_BYTES: usize = 32;

/// The text of a key. It is handed out once, never stored, and never shown by `Debug`.
pub struct Key(String);

impl Key {
    /// A secret with this text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// The key itself, for the one response that gives it away.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A new agent and its key.
#[derive(Debug)]
pub struct Registered {
    /// The agent.
    pub agent: Arc<Agent>,
    /// Its key.
    pub key: Key,
    /// Its e-mail address, if it registered with one.
    pub email: Option<Arc<str>>,
    /// What is left of the address's registrations, where they are limited.
    pub quota: Option<Quota>,
}

impl Chat {
    /// Counts an attempt to register from an address. Every attempt counts, valid or not; repeating one with the same
    /// name does not, for those who count by name.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`].
    pub fn admit_registration(&self, address: AddressKey, name: Option<&str>) -> Result<Option<Quota>, Error> {
        let limit = self.0.rules.registrations_per_address;
        let subject = Subject::Address(address);
        let counted = match name {
            Some(name) => self.0.limiter.take_attempt(Action::Register, subject, limit, &name.to_ascii_lowercase()),
            None => self.0.limiter.take("", Action::Register, subject, limit),
        };
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// Registers an agent whose key proves it at once.
    ///
    /// # Errors
    ///
    /// [`Error::NameReserved`], [`Error::NameTaken`], [`Error::UnknownKeyKind`] if the surface issues no keys,
    /// [`Error::Store`].
    pub async fn register(
        &self,
        surface: &Surface,
        name: &Name,
        profile: Profile,
        quota: Option<Quota>,
    ) -> Result<Registered, Error> {
        if self.is_reserved(name) {
            return Err(Error::NameReserved);
        }
        let kind = surface.key_kind.as_ref().ok_or(Error::UnknownKeyKind)?;
        let (key, credential) = self.make_key(kind);
        let digest = credential.digest;
        let new = NewAgent {
            id: AgentId::from_uuid(random_uuid(self.random())),
            name: name.as_str().into(),
            name_key: name.key().as_str().into(),
            state: AgentState::Active,
            is_listed: surface.lists_agents,
            profile,
            credential: Some(credential),
            now: self.now(),
        };
        let ended_before = self.0.directory.keyring.ended();
        let (record, credential) = match self.0.store.register_agent(&new).await? {
            Registration::Registered { agent, credential } => (agent, credential),
            Registration::NameTaken => return Err(Error::NameTaken),
        };
        let agent = self.welcome(surface, record, credential.map(|credential| (credential, digest, ended_before)));
        Ok(Registered { agent, key, email: None, quota })
    }

    /// Takes an agent into memory that has registered just now, with its key, what that is known by, and how many
    /// credentials had ended before. Nothing may fail here: the name is taken, and there is one copy of the key.
    pub(crate) fn welcome(
        &self,
        surface: &Surface,
        record: AgentRecord,
        key: Option<(CredentialRecord, KeyDigest, u64)>,
    ) -> Arc<Agent> {
        let agent = self.0.directory.welcome(record);
        if let Some((credential, digest, ended_before)) = key {
            let entry = Entry { agent: agent.clone(), credential: credential.number, expires_at: None };
            self.0.directory.keyring.remember(digest, entry, ended_before);
            tracing::info!(agent.id = %agent.id, credential.id = %credential.id, surface = surface.name, "registered {}", agent.name);
        }
        if surface.lists_agents {
            self.0.listed.fetch_add(1, Ordering::AcqRel);
        }
        self.0.attendance.touch(&agent);
        agent
    }

    /// Lets an agent appear in lists from now on that has spoken through a surface whose agents do. What could not be
    /// written is written when it speaks again.
    // rule: listed
    pub(crate) async fn list_for_speaking(&self, caller: &Caller) {
        if !caller.surface.lists_agents || caller.agent.appears() {
            return;
        }
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let listing = async move {
            chat.0.store.list_agent(agent.number).await?;
            if agent.appear() && agent.is_listed() {
                chat.0.listed.fetch_add(1, Ordering::AcqRel);
            }
            Ok(())
        };
        if let Err(error) = self.0.journal.exclusively(listing).await {
            tracing::warn!(error = &error as &dyn std::error::Error, "an agent that has spoken could not be listed");
        }
    }

    /// The caller's live credentials, oldest first.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn credentials(&self, caller: &Caller) -> Result<Vec<CredentialRecord>, Error> {
        Self::permit(&caller.agent, Deed::HoldCredentials)?;
        Ok(self.0.store.credentials_of(caller.agent.number).await?)
    }

    /// Issues a key of `kind` to the caller. A live key of the same kind ends, and with it the connections that it
    /// opened.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownKeyKind`] if no surface of this hub issues such keys; [`Error::Unauthenticated`] if the
    /// caller's own credential has ended meanwhile; [`Error::Suspended`], [`Error::Store`].
    pub async fn issue_key(&self, caller: &Caller, kind: &str) -> Result<(CredentialRecord, Key), Error> {
        Self::permit(&caller.agent, Deed::HoldCredentials)?;
        let kind = self.0.key_kinds.iter().find(|known| known.label() == kind.trim_end_matches('_'));
        let kind = kind.ok_or(Error::UnknownKeyKind)?;
        self.keep_queue_for(kind, &caller.agent).await;
        let (key, credential) = self.make_key(kind);
        let entry = self.entry(&caller.agent, "credential.issued", kind.prefix());
        let (agent, by) = (caller.agent.number, caller.credential);
        let (record, ended) = match self.0.store.issue_credential(agent, by, &credential, self.now(), &entry).await? {
            Issuance::Issued { credential, ended } => (credential, ended),
            Issuance::ActorEnded => return Err(Error::Unauthenticated),
        };
        if let Some(ended) = ended {
            self.end_credential(&caller.agent, ended);
        }
        Ok((record, key))
    }

    /// Ends one of the caller's credentials, and the connections that it opened.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the caller has no such live credential; [`Error::Unauthenticated`] if the one it came with
    /// has ended meanwhile; [`Error::Suspended`], [`Error::Store`].
    pub async fn revoke_credential(&self, caller: &Caller, credential: CredentialId) -> Result<(), Error> {
        Self::permit(&caller.agent, Deed::HoldCredentials)?;
        let entry = self.entry(&caller.agent, "credential.revoked", &credential.to_string());
        let (agent, by) = (caller.agent.number, caller.credential);
        match self.0.store.revoke_credential(agent, by, credential, self.now(), &entry).await? {
            Revocation::Revoked(ended) => self.end_credential(&caller.agent, ended),
            Revocation::NotThere => return Err(Error::NotFound(Noun::Credential)),
            Revocation::ActorEnded => return Err(Error::Unauthenticated),
        }
        Ok(())
    }

    pub(crate) fn end_credential(&self, agent: &Agent, credential: CredentialNo) {
        self.0.directory.keyring.forget(credential);
        agent.connections.close(Some(credential), Ended::CredentialEnded);
    }

    pub(crate) fn make_key(&self, kind: &CredentialKind) -> (Key, NewCredential) {
        let random: [u8; KEY_BYTES] = self.random();
        let key = format!("{}{}", kind.prefix(), URL_SAFE_NO_PAD.encode(random));
        let credential = NewCredential {
            id: CredentialId::from_uuid(random_uuid(self.random())),
            kind: kind.prefix(),
            digest: digest_of(&key),
        };
        (Key(key), credential)
    }

    pub(crate) fn random<const N: usize>(&self) -> [u8; N] {
        let mut random = [0; N];
        self.0.ids.fill(&mut random);
        random
    }

    pub(crate) fn entry(&self, agent: &Agent, action: &str, detail: &str) -> AuditEntry {
        AuditEntry {
            at: self.now(),
            actor: agent.name.to_string(),
            action: action.to_owned(),
            agent: Some(agent.number),
            detail: Some(detail.to_owned()),
        }
    }
}
