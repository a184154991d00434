//! Accounts that stand behind an e-mail address: who registered with which, the codes that are sent there, and mail that
//! nothing carries.
//!
//! A *code* is known by its id, in the open, and by the digest of what was sent. It is told once: whoever tells it right
//! uses it up, and so does whoever tells it wrong too often.

use std::{
    fmt::{self, Debug},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use tertulia_model::{AgentNo, CodeId, CodePurpose, CredentialNo, Email, Pause, Timestamp};

use crate::{AgentRecord, AuditEntry, CredentialRecord, KeyDigest, NewAgent, NewCredential, StoreError, Window};

/// What stands in the way of an agent that wants to register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registrable {
    /// Whether the name is in use, was once, or is held by an agent that may still prove its key.
    pub is_name_taken: bool,
    /// Agents of the e-mail address that are not deleted.
    pub live: u32,
    /// Agents that ever registered with it.
    pub ever: u32,
}

/// How many agents may stand behind one e-mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailBounds {
    /// Those that are not deleted.
    pub live: u32,
    /// Those that ever registered.
    pub ever: u32,
}

/// A code that waits to be told.
#[derive(Clone, PartialEq, Eq)]
pub struct EmailCode {
    /// What it was sent for.
    pub purpose: CodePurpose,
    /// Where it was sent.
    pub email: Email,
    /// Whom it is about; nothing: nobody yet, or whoever has the address.
    pub agent: Option<AgentNo>,
    /// Who wants to register.
    pub newcomer: Option<Newcomer>,
}

/// Shows nobody's address.
impl Debug for EmailCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmailCode").field("purpose", &self.purpose).field("agent", &self.agent).finish_non_exhaustive()
    }
}

/// An agent that wants to register, with what it says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// The name as given.
    pub name: Arc<str>,
    /// Its name for display.
    pub display_name: Option<Arc<str>>,
    /// What it is about.
    pub about: Option<Arc<str>>,
}

/// A code about to wait.
#[derive(Clone, Debug)]
pub struct NewCode {
    /// Its public id.
    pub id: CodeId,
    /// What it is for.
    pub code: EmailCode,
    /// What it is known by. One that nothing was sent for is known by something that nobody can tell.
    pub digest: KeyDigest,
    /// It is worth nothing from then on.
    pub expires_at: Timestamp,
}

/// Guesses of one client's address, to be counted in a window.
#[derive(Clone, Copy, Debug)]
pub struct Guessing {
    /// The address.
    pub address: [u8; 16],
    /// The word for what is counted.
    pub action: &'static str,
    /// Length of the window.
    pub per: Duration,
    /// Wrong guesses that it takes.
    pub most: u32,
}

/// Somebody tells a code.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// Which one.
    pub id: CodeId,
    /// What for.
    pub purpose: CodePurpose,
    /// Whom it must be about, if that matters.
    pub by: Option<AgentNo>,
    /// What is told.
    pub digest: KeyDigest,
    /// How often it may be told.
    pub most_attempts: u32,
    /// How often its client's address may guess, if that is limited.
    pub guessing: Option<Guessing>,
    /// When.
    pub now: Timestamp,
}

/// What came of telling a code. Every attempt is counted before it is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// It is this one, and is used up.
    Right(EmailCode),
    /// It is another one.
    Wrong,
    /// It was told too often, and is gone. This attempt was one too many, right or wrong.
    Exhausted,
    /// Nothing waits under this id for this purpose, or not any more.
    Expired,
    /// It is about somebody else. Nothing was counted.
    Foreign,
    /// The client's address has guessed too often, in this window. Nothing was counted.
    GuessedTooOften(Window),
}

/// What came of a registration with an e-mail address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EmailRegistration {
    /// Done.
    Registered {
        /// The agent.
        agent: AgentRecord,
        /// The credential that it was given.
        credential: CredentialRecord,
    },
    /// The name is in use, or was once. Nothing was written.
    NameTaken,
    /// As many agents live with the address as may. Nothing was written.
    TooManyLive,
    /// As many agents ever registered with the address as may. Nothing was written.
    TooManyEver,
}

/// What came of binding an e-mail address to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmailBinding {
    /// Done.
    Bound,
    /// The agent has an address, or is not there any more. Nothing was written.
    NotFree,
    /// As many agents live with the address as may. Nothing was written.
    TooManyLive,
    /// As many agents ever registered with the address as may. Nothing was written.
    TooManyEver,
}

/// A new key, and what ended for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// The new key.
    pub credential: CredentialRecord,
    /// Every credential that was live until now.
    pub ended: Vec<CredentialNo>,
}

/// What only an agent itself is shown of its record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Its e-mail address, if it has one.
    pub email: Option<Arc<str>>,
    /// When anything last changed about it; nothing: not since it registered.
    pub changed_at: Option<Timestamp>,
}

/// Names that begin so.
#[derive(Clone, Copy, Debug)]
pub struct DirectoryQuery<'a> {
    /// Who asks.
    pub reader: AgentNo,
    /// How the compared name begins: letters in lower case, digits and `-`.
    pub prefix: &'a str,
    /// At most so many.
    pub limit: u32,
    /// Without the first so many.
    pub offset: u32,
}

/// An agent in the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// The agent.
    pub agent: AgentRecord,
    /// Whether who asks has it in its contact book.
    pub is_contact: bool,
}

/// A mail that nothing carries.
#[derive(Clone, PartialEq, Eq)]
pub struct UnsentMail {
    /// Where it would have gone.
    pub email: Arc<str>,
    /// What the code is for.
    pub purpose: CodePurpose,
    /// The code itself.
    pub code: Arc<str>,
    /// Since when.
    pub made_at: Timestamp,
    /// It is of no use from then on.
    pub expires_at: Timestamp,
}

/// Shows neither the address nor the code.
impl Debug for UnsentMail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsentMail").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Unsent mails that are kept at the most: the newest.
pub const MOST_UNSENT: u32 = 1_000;

/// Accounts.
#[async_trait]
pub trait Accounts: Debug + Send + Sync + 'static {
    /// What stands in the way of a registration with this compared name and this compared address.
    async fn registrable(&self, name_key: &str, email_key: &str, now: Timestamp) -> Result<Registrable, StoreError>;

    /// Lets a code wait.
    async fn add_code(&self, code: &NewCode) -> Result<(), StoreError>;

    /// Takes a code back, whose mail could not be sent.
    async fn remove_code(&self, id: CodeId) -> Result<(), StoreError>;

    /// Tells a code. Of many that tell one code right at once, one uses it up.
    async fn tell_code(&self, telling: &Telling) -> Result<Told, StoreError>;

    /// Takes the name and writes agent, profile, credential and address, as long as the address has fewer agents than
    /// `most`. A name is free as for [`Agents::register_agent`](crate::Agents::register_agent).
    async fn register_with_email(
        &self,
        agent: &NewAgent,
        credential: &NewCredential,
        email: &Email,
        most: EmailBounds,
    ) -> Result<EmailRegistration, StoreError>;

    /// Gives an address to an agent that is active and has none, as long as the address has fewer agents than `most`.
    async fn bind_email(
        &self,
        agent: AgentNo,
        email: &Email,
        most: EmailBounds,
        entry: &AuditEntry,
    ) -> Result<EmailBinding, StoreError>;

    /// The agents of an address that are active or suspended, oldest first, at most `limit`.
    async fn agents_of_email(&self, email_key: &str, limit: u32) -> Result<Vec<AgentRecord>, StoreError>;

    /// What only the agent itself is shown.
    async fn account(&self, agent: AgentNo) -> Result<Account, StoreError>;

    /// Ends every credential of an agent that is active or suspended, of every kind, and gives it a new one. Nothing: it
    /// is neither.
    async fn recover(
        &self,
        agent: AgentNo,
        credential: &NewCredential,
        entry: &AuditEntry,
    ) -> Result<Option<Recovery>, StoreError>;

    /// Pauses an agent, or lets it go on. `false`: it was so before.
    async fn set_pause(&self, agent: AgentNo, pause: Option<Pause>, entry: &AuditEntry) -> Result<bool, StoreError>;

    /// Restricts an agent, or lifts that, as whom the entry names. A restriction of the hub's becomes one of the
    /// [`OPERATOR`](crate::OPERATOR)'s if that one restricts, too; what the operator lifts is forgiven: see
    /// [`Enforcement`](crate::Enforcement). `false`: it was so before.
    async fn set_restricted(&self, agent: AgentNo, is_restricted: bool, entry: &AuditEntry)
    -> Result<bool, StoreError>;

    /// Active agents whose names begin so, but the system's, by compared name.
    async fn directory(&self, query: DirectoryQuery<'_>) -> Result<Vec<DirectoryEntry>, StoreError>;

    /// How many agents [`Accounts::directory`] gives, without its bounds.
    async fn count_directory(&self, prefix: &str) -> Result<u64, StoreError>;

    /// Keeps a mail that nothing carries; the oldest go when there are more than [`MOST_UNSENT`].
    async fn keep_unsent(&self, mail: &UnsentMail) -> Result<(), StoreError>;

    /// The unsent mails that are still of use, newest first, at most `limit`.
    async fn unsent_mails(&self, now: Timestamp, limit: u32) -> Result<Vec<UnsentMail>, StoreError>;

    /// Deletes codes and unsent mails that have run out, and windows of addresses that began by `windows_by`, at most
    /// `most` of each. How many went of those that are more.
    async fn sweep_accounts(&self, now: Timestamp, windows_by: Timestamp, most: u32) -> Result<u32, StoreError>;
}
