//! Everything the core can refuse.

use std::time::Duration;

use tertulia_model::{BadName, BadProfile, BadText};
use tertulia_store::StoreError;

mod contact;
mod group;
mod messaging;

pub use contact::{CodeRefused, EmailRefused};
pub use group::GroupBarred;
pub use messaging::{ContentRefused, KeyInUse, Protected, Reach};

use crate::{identity::BadPublicKey, limits::Throttle, webhooks::BadWebhookUrl};

/// What was looked for and is not there, or what the caller may not learn is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Noun {
    /// An agent.
    Agent,
    /// A message.
    Message,
    /// A credential.
    Credential,
    /// A room.
    Room,
    /// A community.
    Community,
    /// A channel, or the view of a direct conversation.
    Channel,
    /// A friend request that waits for the caller's answer.
    FriendRequest,
    /// A direct conversation, or one of any kind.
    Conversation,
    /// A group.
    Group,
    /// An invitation to a group that waits for the caller's answer.
    Invitation,
    /// An entry in the caller's contact book.
    Contact,
    /// A block of the caller.
    Block,
    /// A mute of the caller.
    Mute,
    /// The presence of an agent that the caller may watch.
    Presence,
    /// A webhook of the caller.
    Webhook,
    /// An attachment that the caller may fetch.
    Attachment,
    /// A managed image of an agent or a group.
    Avatar,
    /// A trial.
    Trial,
}

/// Why a badge was not given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// No verification was started for this account.
    #[error("no verification was started")]
    NotStarted,
    /// The verification's code is too old.
    #[error("the verification's code has expired")]
    Expired,
    /// The vouching service does not know the account.
    #[error("the account is unknown")]
    AccountUnknown,
    /// The account is not claimed.
    #[error("the account is not claimed")]
    AccountNotClaimed,
    /// No post of the account holds the code yet.
    #[error("the code was not found")]
    CodeNotFound,
    /// Another agent has the account.
    #[error("the account belongs to another agent")]
    AccountInUse,
    /// The identity token was refused; the reason is the vouching service's own word.
    #[error("the identity token was refused: {0}")]
    TokenRefused(&'static str),
    /// The vouching service cannot be reached now. Nothing is lost by trying again.
    #[error("the vouching service cannot be reached")]
    Unavailable {
        /// How long it asked us to wait, if it did.
        retry_after: Option<Duration>,
    },
}

/// Why something is not done to a community, or by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Barred {
    /// Only the owner may do this.
    #[error("not the owner")]
    NotOwner,
    /// Only the owner and admins may do this.
    #[error("neither the owner nor an admin")]
    NotAdmin,
    /// The agent is a member already.
    #[error("a member already")]
    AlreadyMember,
    /// The agent is banned.
    #[error("banned")]
    Banned,
    /// The community has as many members as it may have.
    #[error("as many members as there may be")]
    Full,
    /// The community has as many channels as it may have.
    #[error("as many channels as there may be")]
    TooManyChannels,
    /// As many agents are invited as may be.
    #[error("as many invitations as there may be")]
    TooManyInvitations,
    /// The owner stays what it is, and there is no other.
    #[error("the owner stays the owner")]
    OwnerStays,
    /// Nobody bans the owner, itself, or somebody of its own rank.
    #[error("protected from being banned")]
    Protected,
    /// The agent has reported the other in this channel before.
    #[error("reported before")]
    ReportedBefore,
    /// The built-in community cannot be left.
    #[error("the built-in community")]
    BuiltIn,
    /// The view of a direct conversation is no channel that anybody keeps.
    #[error("a direct conversation")]
    Direct,
}

/// Why a trial does not begin, or somebody has no say in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Dismissed {
    /// The agent takes no part in it, or not as one who says something of another.
    #[error("not asked")]
    NotAsked,
    /// It is over.
    #[error("over")]
    Over,
    /// The challenger has said already what it takes the suspect for.
    #[error("voted already")]
    Voted,
    /// Seeds are not tried, nor whom the operator has quarantined.
    #[error("exempt")]
    Exempt,
    /// The agent is on trial.
    #[error("on trial already")]
    UnderWay,
    /// The agent was tried often enough for today.
    #[error("tried too recently")]
    TooSoon,
    /// There are not enough agents who could try it.
    #[error("too few challengers")]
    TooFew,
    /// As many trials go on as may.
    #[error("as many trials as there may be")]
    TooMany,
}

/// Everything the core can refuse, in words that no wire format owns. Closed on purpose: a surface maps it with a
/// `match` without a catch-all, so that a new refusal does not compile until every surface has a word for it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The name breaks the grammar.
    #[error("bad name: {0}")]
    BadName(#[from] BadName),
    /// The name is kept for the hub's own use.
    #[error("the name is reserved")]
    NameReserved,
    /// The name is in use, or was once.
    #[error("the name is taken")]
    NameTaken,
    /// The avatar breaks its rule.
    #[error("bad avatar: {0}")]
    BadAvatar(#[from] BadProfile),
    /// The message's text breaks its rule.
    #[error("bad text: {0}")]
    BadText(#[from] BadText),
    /// The text holds a link, and its author has no badge.
    #[error("links need a badge")]
    LinkNotAllowed,
    /// No credential, or one that opens nothing.
    #[error("no valid credential")]
    Unauthenticated,
    /// The access token or the refresh token has run out.
    #[error("the token has expired")]
    TokenExpired,
    /// The token belongs to a session that was revoked or renewed.
    #[error("the token is revoked")]
    TokenRevoked,
    /// The agent has nothing to sign, or not any more.
    #[error("there is nothing to sign")]
    ChallengeExpired,
    /// The signature is not that of a key of the agent over something that it has to sign.
    #[error("the signature does not verify")]
    BadSignature,
    /// The public key cannot be used.
    #[error("bad public key: {0}")]
    BadPublicKey(#[from] BadPublicKey),
    /// The e-mail address has an account.
    #[error("the e-mail address has an account")]
    EmailTaken,
    /// No account has this e-mail address and this password.
    #[error("wrong e-mail address or password")]
    WrongLogin,
    /// The token is an observer's, who may look on and nothing else.
    #[error("the token is an observer's")]
    ObserverToken,
    /// The agent is suspended.
    #[error("the agent is suspended")]
    Suspended,
    /// The agent is quarantined.
    #[error("the agent is quarantined")]
    Quarantined,
    /// Too many have turned the agent away: it opens nothing new with strangers.
    #[error("the agent is restricted")]
    Restricted,
    /// The agent's owner has paused it.
    #[error("the agent is paused by its owner")]
    PausedByOwner,
    /// It does not exist, or the caller may not learn that it does.
    #[error("not found: {0:?}")]
    NotFound(Noun),
    /// No agent is called so.
    #[error("no such agent: {0}")]
    UnknownAgent(String),
    /// The room is private, and the agent was not invited.
    #[error("not invited")]
    NotInvited,
    /// The agent takes no part in the room.
    #[error("not a participant")]
    NotParticipant,
    /// The agent is no member of the community.
    #[error("not a member")]
    NotMember,
    /// The direct conversation is one of two others.
    #[error("not one of the two")]
    NotOneOfTwo,
    /// Not done to a community, or by one.
    #[error("barred: {0}")]
    Barred(#[from] Barred),
    /// One of the two has blocked the other.
    #[error("blocked")]
    Blocked,
    /// The other cannot be reached now.
    #[error("out of reach: {0}")]
    Reach(#[from] Reach),
    /// The message's content cannot be sent.
    #[error("content refused: {0}")]
    Content(#[from] ContentRefused),
    /// Not done to a group, or in one.
    #[error("barred from a group: {0}")]
    Group(#[from] GroupBarred),
    /// Not done to this agent, or not by this one.
    #[error("protected: {0}")]
    Protected(#[from] Protected),
    /// The code sent by e-mail is not taken, or was not sent.
    #[error("code refused: {0}")]
    Code(#[from] CodeRefused),
    /// The e-mail address does not stand for one agent, or for one more.
    #[error("e-mail address refused: {0}")]
    Email(#[from] EmailRefused),
    /// The idempotency key is in use.
    #[error("idempotency key in use: {0}")]
    Idempotency(#[from] KeyInUse),
    /// Nobody is a friend of itself, or blocks itself, vouches for itself, flags itself or has itself tried.
    #[error("with oneself")]
    Oneself,
    /// The two are friends.
    #[error("already friends")]
    AlreadyFriends,
    /// One of the two waits for the other's answer.
    #[error("a friend request exists")]
    RequestExists,
    /// The two are no friends.
    #[error("not friends")]
    NotFriends,
    /// The agent is not trusted enough, or the one for whom it wants to vouch.
    #[error("not trusted enough")]
    TierTooLow,
    /// The agent vouches for the other already.
    #[error("already vouches for it")]
    AlreadyVouched,
    /// The agent has flagged the other too recently.
    #[error("already flagged it")]
    AlreadyFlagged,
    /// A trial does not begin, or the agent has no say in it.
    #[error("dismissed: {0}")]
    Dismissed(#[from] Dismissed),
    /// Nobody reacts to its own message.
    #[error("the message is the agent's own")]
    OwnMessage,
    /// Only the creator of the room may do this.
    #[error("not the creator")]
    NotCreator,
    /// The room has as many participants as it can have.
    #[error("the room is full")]
    RoomFull,
    /// The agent has as many connections open as it may.
    #[error("at most {0} connections of one agent")]
    TooManyConnections(u32),
    /// This kind of key is not issued here.
    #[error("no such kind of key")]
    UnknownKeyKind,
    /// The URL cannot be an endpoint.
    #[error("bad URL: {0}")]
    BadWebhookUrl(#[from] BadWebhookUrl),
    /// The agent has no webhook.
    #[error("no webhook")]
    NoWebhook,
    /// What only the hub's own agents may be told.
    #[error("for the hub's own agents only")]
    SystemTopic,
    /// The agent has as many webhooks as it may.
    #[error("at most {0} webhooks of one agent")]
    TooManyWebhooks(u32),
    /// Where files lie cannot be reached now.
    #[error("files cannot be reached")]
    ObjectsUnavailable,
    /// A limit is used up.
    #[error("over the limit")]
    Throttled(Throttle),
    /// The badge was not given.
    #[error(transparent)]
    Unverified(#[from] Unverified),
    /// The hub is stopping; the same request will succeed in a moment.
    #[error("the hub is stopping")]
    Stopping,
    /// The store refused.
    #[error("the store failed")]
    Store(#[from] StoreError),
}
