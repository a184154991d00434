//! Agents that prove a key of their own, the sessions in which they then speak, and how they want to be treated.
//!
//! A *public key* and a *session* are credentials. What is signed with the key is a *challenge*: it is given out in the
//! open and opens nothing by itself. A session is known by its public id; what renews it, by its digest.

use std::{
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tertulia_model::{AgentId, AgentNo, CredentialId, CredentialNo, Openness, Timestamp};

use crate::{AgentRecord, CredentialRecord, KeyDigest, Profile, StoreError};

/// What an agent has to sign, once, until it runs out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The bytes; what is signed is their text.
    pub bytes: [u8; 32],
    /// It is worth nothing from then on.
    pub expires_at: Timestamp,
}

/// An agent that is to prove its key before it is anybody.
#[derive(Clone, Debug)]
pub struct NewPendingAgent {
    /// Its public id.
    pub id: AgentId,
    /// The name as given.
    pub name: Arc<str>,
    /// The name as compared.
    pub name_key: Arc<str>,
    /// What it says that it can do.
    pub capabilities: Vec<String>,
    /// Whether it will appear in lists.
    pub is_listed: bool,
    /// Id of its public key as a credential.
    pub key_id: CredentialId,
    /// Its public key, as PKCS#1 DER.
    pub key: Vec<u8>,
    /// The first thing that it may sign.
    pub challenge: Challenge,
    /// When.
    pub now: Timestamp,
}

/// The word for public keys among the credentials.
pub const PUBLIC_KEY: &str = "public_key";

/// The word for sessions among the credentials.
pub const SESSION: &str = "session";

/// What came of a wish to prove a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PendingRegistration {
    /// The agent is pending.
    Pending(AgentRecord),
    /// The name is in use, was once, or is held by an agent that may still prove its key. Nothing was written.
    NameTaken,
}

/// How many challenges there may be of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChallengeRoom {
    /// So many that have not run out.
    pub most: u32,
    /// When there are, one that runs out by then gives way to a new one.
    pub gives_way_by: Timestamp,
}

/// A session about to begin.
#[derive(Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its public id.
    pub id: CredentialId,
    /// What it is renewed with.
    pub refresh: KeyDigest,
    /// It can be renewed until then.
    pub expires_at: Timestamp,
}

impl Debug for NewSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSession").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A signature that was checked, about to be exchanged for a session.
#[derive(Clone, Debug)]
pub struct Proof {
    /// Whose.
    pub agent: AgentNo,
    /// The public key that made it.
    pub key: CredentialNo,
    /// What was signed.
    pub challenge: [u8; 32],
    /// What it is exchanged for.
    pub session: NewSession,
    /// Live sessions that an agent may have; beyond them its oldest one ends.
    pub most_sessions: u32,
    /// When.
    pub now: Timestamp,
}

/// What came of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proven {
    /// The session has begun.
    Begun {
        /// The session.
        session: CredentialRecord,
        /// Whether the agent was pending until now.
        was_pending: bool,
        /// The agent's oldest session, where it has ended to make room.
        ended: Option<CredentialNo>,
    },
    /// The challenge has run out, or was used meanwhile, or the key has ended. Nothing was written.
    TooLate,
    /// The agent is neither pending nor active. Nothing was written.
    NotAllowed,
}

/// What came of a wish to renew a session. Of two that present one refresh token at once, one renews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The old session has ended and the new one has begun, in one step.
    Renewed {
        /// The new one.
        session: CredentialRecord,
        /// The old one.
        ended: CredentialNo,
    },
    /// No session is renewed with this.
    Unknown,
    /// The session was renewed before, or revoked.
    Revoked,
    /// It was not renewed in time.
    Expired,
    /// The agent is not active.
    NotAllowed,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Whose.
    pub agent: AgentRecord,
    /// Its number.
    pub number: CredentialNo,
    /// Whether it was revoked or renewed.
    pub is_revoked: bool,
}

/// How an agent wants to be treated; nothing where it has not said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Seconds without a word after which it counts as gone.
    pub idle_timeout_secs: Option<u32>,
    /// Messages an hour that it allows itself.
    pub outbound_per_hour: Option<u32>,
    /// How often an hour it may be woken.
    pub wakes_per_hour: Option<u32>,
    /// Who may write to it.
    pub inbox_mode: Option<Openness>,
    /// Who may invite it to groups.
    pub invite_policy: Option<Openness>,
}

/// What changes of a profile; outer `None`: it stays, inner `None`: it is cleared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Its name for display.
    pub display_name: Option<Option<Arc<str>>>,
    /// What it is about.
    pub about: Option<Option<Arc<str>>>,
    /// Its picture.
    pub avatar: Option<Option<Arc<str>>>,
}

/// A window that a restart must not forgive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// When it began: with the first counted action.
    pub started_at: Timestamp,
    /// How much of it is used.
    pub used: u32,
    /// Whether this action was counted, or there was no more room for it.
    pub is_counted: bool,
}

/// An action to be counted in a window.
#[derive(Clone, Copy, Debug)]
pub struct Counting {
    /// Whose.
    pub agent: AgentNo,
    /// Its word.
    pub action: &'static str,
    /// Length of the window.
    pub per: Duration,
    /// Actions that it takes.
    pub most: u32,
    /// When.
    pub now: Timestamp,
}

/// Agents with keys of their own.
#[async_trait]
pub trait Identities: Debug + Send + Sync + 'static {
    /// Takes the name and writes agent, profile, key and challenge. Of two that ask for one name at once, one gets it.
    ///
    /// A name is free, here and for [`Agents::register_agent`](crate::Agents::register_agent), when a pending agent
    /// holds it that has no challenge which it could still sign. The new agent takes its number over; of the old one
    /// nothing is left.
    async fn register_pending(&self, agent: &NewPendingAgent) -> Result<PendingRegistration, StoreError>;

    /// The challenge that the agent is to sign: the new one, or, when there is no room for it and no other gives way,
    /// the one that lasts longest. So nobody who asks in an agent's place can keep it from signing.
    async fn add_challenge(
        &self,
        agent: AgentNo,
        challenge: &Challenge,
        room: ChallengeRoom,
        now: Timestamp,
    ) -> Result<Challenge, StoreError>;

    /// The agent's challenges that have not run out, the one that lasts longest first.
    async fn challenges(&self, agent: AgentNo, now: Timestamp) -> Result<Vec<Challenge>, StoreError>;

    /// The agent's live public keys, as PKCS#1 DER.
    async fn public_keys(&self, agent: AgentNo) -> Result<Vec<(CredentialNo, Vec<u8>)>, StoreError>;

    /// Uses up the challenge and begins a session; a pending agent becomes active. No other state changes.
    async fn prove(&self, proof: &Proof) -> Result<Proven, StoreError>;

    /// Whose session is renewed with `refresh`, revoked or not, until it is swept.
    async fn session_holder(&self, refresh: &KeyDigest) -> Result<Option<AgentNo>, StoreError>;

    /// Ends the session that is renewed with `refresh` and begins another one.
    async fn renew_session(
        &self,
        refresh: &KeyDigest,
        session: &NewSession,
        now: Timestamp,
    ) -> Result<Renewal, StoreError>;

    /// The session with this public id, revoked or not, until it is swept.
    async fn session(&self, id: CredentialId) -> Result<Option<SessionRecord>, StoreError>;

    /// Whether this credential is live.
    async fn is_live(&self, credential: CredentialNo) -> Result<bool, StoreError>;

    /// Deletes challenges and sessions that have run out, at most `most` of each. How many went of those that are more.
    async fn sweep_identities(&self, now: Timestamp, most: u32) -> Result<u32, StoreError>;

    /// What the agent said at its registration that it can do.
    async fn capabilities(&self, agent: AgentNo) -> Result<Vec<String>, StoreError>;

    /// Makes a new revision of the agent's profile.
    async fn change_profile(
        &self,
        agent: AgentNo,
        change: &ProfileChange,
        now: Timestamp,
    ) -> Result<Profile, StoreError>;

    /// How the agent wants to be treated.
    async fn settings(&self, agent: AgentNo) -> Result<Settings, StoreError>;

    /// Replaces those settings that `change` has; what came of it.
    async fn change_settings(&self, agent: AgentNo, change: &Settings) -> Result<Settings, StoreError>;

    /// Counts an action in its window. What is not counted changes nothing.
    async fn count_in_window(&self, counting: &Counting) -> Result<Window, StoreError>;
}
