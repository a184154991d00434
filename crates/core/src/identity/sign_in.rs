//! Signing in with a key of one's own: asking for something to sign, proving the key, renewing the session.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tertulia_model::{AgentId, AgentState, CredentialId, CredentialNo, Name, Timestamp, random_uuid};
use tertulia_store::{
    Challenge, ChallengeRoom, CredentialRecord, NewPendingAgent, NewSession, PendingRegistration, Proof, Proven,
    Renewal,
};

use super::{
    access_token::{Claims, Role},
    public_key::{PublicKey, read_signature},
};
use crate::{
    Error, Key, Noun,
    agents::Agent,
    chat::{Chat, digest_of},
    hex::hex,
    surface::Surface,
};

/// How long what a surface hands out holds.
#[derive(Clone, Copy, Debug)]
pub struct SignInTerms {
    /// How long a challenge can be signed.
    pub challenge_for: Duration,
    /// Challenges that an agent may have at once.
    pub most_challenges: u32,
    /// How long an access token opens anything.
    pub access_for: Duration,
    /// How long a session can be renewed; every renewal begins anew.
    pub refresh_for: Duration,
    /// What the text of a refresh token begins with.
    pub refresh_prefix: &'static str,
}

/// How long nobody can make a challenge give way to another one, so that whoever was given it has time to sign.
const SIGNING_TIME: Duration = Duration::from_mins(1);

/// Live sessions of one agent. Beyond them the oldest one ends.
const MOST_SESSIONS: u32 = 100;

/// Signatures that are checked at the same time.
pub(crate) const MOST_CHECKS_AT_ONCE: usize = 4;

/// Random bytes in a refresh token.
const REFRESH_BYTES: usize = 48;

/// An agent that has signed in, and what it goes on with.
#[derive(Debug)]
pub struct SignedIn {
    /// The agent.
    pub agent: Arc<Agent>,
    /// Opens everything, for a while.
    pub access: Key,
    /// Renews the session, once.
    pub refresh: Key,
}

impl Chat {
    /// Registers an agent that is to prove `key` before it is anybody; its id, and what it has to sign.
    ///
    /// # Errors
    ///
    /// [`Error::NameReserved`], [`Error::NameTaken`], [`Error::Store`].
    pub async fn register_with_key(
        &self,
        surface: &Surface,
        name: &Name,
        key: &PublicKey,
        capabilities: Vec<String>,
        terms: &SignInTerms,
    ) -> Result<(AgentId, String), Error> {
        if self.is_reserved(name) {
            return Err(Error::NameReserved);
        }
        let challenge = self.new_challenge(terms);
        let new = NewPendingAgent {
            id: AgentId::from_uuid(random_uuid(self.random())),
            name: name.as_str().into(),
            name_key: name.key().as_str().into(),
            capabilities,
            is_listed: surface.lists_agents,
            key_id: CredentialId::from_uuid(random_uuid(self.random())),
            key: key.as_der().to_vec(),
            challenge,
            now: self.now(),
        };
        match self.0.store.register_pending(&new).await? {
            PendingRegistration::Pending(record) => {
                tracing::info!(agent.id = %record.id, surface = surface.name, "{} is to prove its key", record.name);
                self.0.directory.welcome(record);
                Ok((new.id, text_of(&challenge)))
            }
            PendingRegistration::NameTaken => Err(Error::NameTaken),
        }
    }

    /// Something to sign for an agent in good standing.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] for any other, [`Error::Store`].
    pub async fn challenge(&self, agent: AgentId, terms: &SignInTerms) -> Result<String, Error> {
        let agent = self.agent_with_id(agent).await?.filter(|agent| agent.state() == AgentState::Active);
        let agent = agent.ok_or(Error::NotFound(Noun::Agent))?;
        let challenge = self.new_challenge(terms);
        let gives_way_by = challenge.expires_at - SIGNING_TIME;
        let room = ChallengeRoom { most: terms.most_challenges, gives_way_by };
        let challenge = self.0.store.add_challenge(agent.number, &challenge, room, self.now()).await?;
        Ok(text_of(&challenge))
    }

    /// Exchanges a signature over one of the agent's challenges for a session. A pending agent is active from then on.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is no such agent, [`Error::Suspended`], [`Error::ChallengeExpired`] if it has
    /// nothing to sign, [`Error::BadSignature`], [`Error::Store`].
    pub async fn prove(&self, agent: AgentId, signature: &str, terms: &SignInTerms) -> Result<SignedIn, Error> {
        let agent = self.agent_with_id(agent).await?.ok_or(Error::NotFound(Noun::Agent))?;
        if agent.state() == AgentState::Suspended {
            return Err(Error::Suspended);
        }
        let challenges = self.0.store.challenges(agent.number, self.now()).await?;
        if challenges.is_empty() {
            return Err(Error::ChallengeExpired);
        }
        let keys = self.0.store.public_keys(agent.number).await?;
        let signed = self.signed_one(challenges, keys, signature).await?;
        let (key, challenge) = signed.ok_or(Error::BadSignature)?;
        let (refresh, session) = self.new_session(terms);
        let proof = Proof {
            agent: agent.number,
            key,
            challenge: challenge.bytes,
            session,
            most_sessions: MOST_SESSIONS,
            now: self.now(),
        };
        match self.0.store.prove(&proof).await? {
            Proven::Begun { session, was_pending, ended } => {
                self.began(&agent, was_pending, ended);
                Ok(self.signed_in(agent, &session, refresh, terms))
            }
            Proven::TooLate => Err(Error::ChallengeExpired),
            Proven::NotAllowed => Err(Error::Suspended),
        }
    }

    /// Exchanges a refresh token for a new session. The old one ends at once, and its connections belong to the new
    /// one.
    ///
    /// # Errors
    ///
    /// [`Error::Unauthenticated`] if nothing is renewed with it, [`Error::TokenRevoked`] if it was used before,
    /// [`Error::TokenExpired`], [`Error::Suspended`], [`Error::Store`].
    pub async fn renew(&self, refresh: &str, terms: &SignInTerms) -> Result<SignedIn, Error> {
        let digest = digest_of(refresh);
        // The agent is looked up first: once the old session has ended, nothing may fail any more.
        let holder = self.0.store.session_holder(&digest).await?.ok_or(Error::Unauthenticated)?;
        let agent = self.0.directory.by_numbers(&[holder]).await?.remove(&holder).ok_or(Error::Unauthenticated)?;
        let (refresh, session) = self.new_session(terms);
        match self.0.store.renew_session(&digest, &session, self.now()).await? {
            Renewal::Renewed { session, ended } => {
                self.0.directory.keyring.forget(ended);
                agent.connections.hand_over(ended, session.number);
                Ok(self.signed_in(agent, &session, refresh, terms))
            }
            Renewal::Unknown => Err(Error::Unauthenticated),
            Renewal::Revoked => Err(Error::TokenRevoked),
            Renewal::Expired => Err(Error::TokenExpired),
            Renewal::NotAllowed => match agent.state() {
                AgentState::Deleted | AgentState::Pending => Err(Error::Unauthenticated),
                AgentState::Suspended | AgentState::Active => Err(Error::Suspended),
            },
        }
    }

    /// Which of the challenges was signed, and with which of the keys.
    async fn signed_one(
        &self,
        challenges: Vec<Challenge>,
        keys: Vec<(CredentialNo, Vec<u8>)>,
        signature: &str,
    ) -> Result<Option<(CredentialNo, Challenge)>, Error> {
        let Some(signature) = read_signature(signature) else { return Ok(None) };
        // A large key takes about a millisecond, and anybody may bring one.
        let _place = self.0.signature_checks.acquire().await.map_err(|_| Error::Stopping)?;
        let search = move || {
            keys.into_iter().find_map(|(number, der)| {
                let key = PublicKey::stored(der);
                let signed = challenges.iter().find(|challenge| key.has_signed(&text_of(challenge), &signature));
                signed.map(|challenge| (number, *challenge))
            })
        };
        // It fails when the runtime ends.
        tokio::task::spawn_blocking(search).await.map_err(|_| Error::Stopping)
    }

    fn began(&self, agent: &Arc<Agent>, was_pending: bool, ended: Option<CredentialNo>) {
        if was_pending && agent.activate() && agent.is_listed() {
            self.0.listed.fetch_add(1, Ordering::AcqRel);
        }
        if let Some(ended) = ended {
            self.end_credential(agent, ended);
        }
    }

    fn new_challenge(&self, terms: &SignInTerms) -> Challenge {
        Challenge { bytes: self.random(), expires_at: self.now() + terms.challenge_for }
    }

    fn new_session(&self, terms: &SignInTerms) -> (Key, NewSession) {
        let random: [u8; REFRESH_BYTES] = self.random();
        let refresh = format!("{}{}", terms.refresh_prefix, hex(&random));
        let session = NewSession {
            id: CredentialId::from_uuid(random_uuid(self.random())),
            refresh: digest_of(&refresh),
            expires_at: self.now() + terms.refresh_for,
        };
        (Key::new(refresh), session)
    }

    fn signed_in(&self, agent: Arc<Agent>, session: &CredentialRecord, refresh: Key, terms: &SignInTerms) -> SignedIn {
        let claims = Claims {
            subject: *agent.id.as_uuid(),
            name: agent.name.to_ascii_lowercase(),
            role: Role::Agent,
            session: *session.id.as_uuid(),
            issued_at: self.now(),
            expires_at: whole_seconds(self.now() + terms.access_for),
        };
        tracing::info!(agent.id = %agent.id, credential.id = %session.id, "{} signed in", agent.name);
        let access = Key::new(self.0.token_secret.sign(&claims));
        SignedIn { agent, access, refresh }
    }
}

/// What is signed: the text, not the bytes.
fn text_of(challenge: &Challenge) -> String {
    hex(&challenge.bytes)
}

/// As a token says it.
pub(crate) fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_micros(moment.as_secs() * 1_000_000)
}
