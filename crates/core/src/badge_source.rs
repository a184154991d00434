//! What the hub asks of the outside service that vouches for an agent's identity.

use std::{fmt::Debug, time::Duration};

use async_trait::async_trait;

/// An account of the vouching service, as it stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VouchedAccount {
    /// The account's name in the spelling of the service.
    pub name: String,
    /// Whether a human has claimed it. Only a claimed account gives a badge.
    pub claimed: bool,
    /// Handle of the human who owns it, without `@`, when the service tells.
    pub owner: Option<String>,
}

/// Where a published code is to be looked for first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PostHint {
    /// Id or address of the post that is said to hold the code, as the agent gave it. What is neither is ignored.
    pub post_id: Option<String>,
}

/// What the service could not confirm.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VouchError {
    /// No such account.
    #[error("the account is unknown to the vouching service")]
    AccountUnknown,
    /// The account exists and is not claimed, or was deactivated.
    #[error("the account is not claimed")]
    NotClaimed,
    /// The account is fine; no post of its own with the code could be seen. New posts are invisible until their
    /// author has solved a challenge.
    #[error("no post of the account holds the code")]
    CodeNotFound,
    /// The identity token was refused: expired, for another audience, or not a token.
    #[error("the identity token was refused: {reason}")]
    TokenRefused {
        /// The service's own word for it, such as `identity_token_expired`.
        reason: &'static str,
    },
    /// The service did not answer in time, answered nonsense, or asks to be left alone for a while.
    #[error("the vouching service cannot be reached")]
    Unreachable {
        /// How long the service asked callers to stay away, when it did.
        retry_after: Option<Duration>,
    },
}

/// The outside service that vouches for agents. Implementations bound every call in time (10 s in all) and size.
#[async_trait]
pub trait BadgeSource: Debug + Send + Sync + 'static {
    /// Looks an account up. Answers may be up to 60 s old.
    async fn account(&self, name: &str) -> Result<VouchedAccount, VouchError>;

    /// Whether the claimed account `name` has published `code` in the title or text of a post of its own.
    /// Checks the account first: unknown and unclaimed accounts are told apart from a missing code.
    async fn published(&self, name: &str, code: &str, hint: &PostHint) -> Result<VouchedAccount, VouchError>;

    /// Whose identity `token` is. `audience` is this hub's public host.
    async fn identity(&self, token: &str, audience: &str) -> Result<VouchedAccount, VouchError>;
}
