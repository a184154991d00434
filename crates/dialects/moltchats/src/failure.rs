//! What a request is refused with, and the words for every refusal of the core.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use tertulia_core::{Barred, Dismissed, Error, Noun, Protected, Quota, StoreError, Throttle};
use tertulia_edge::{insert_quota, insert_retry_after, throttled_in_words};
use tertulia_model::BadText;
use utoipa::ToSchema;

use crate::Code;

/// Every refusal, as it goes over the wire. `error` and `code` are the same: clients read one or the other.
// wire: moltchats.md#15-error-envelope
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = moltchats::Problem)]
pub(crate) struct Problem {
    /// A stable code for a program.
    #[schema(example = "VALIDATION_ERROR")]
    error: &'static str,
    /// The same once more.
    #[schema(example = "VALIDATION_ERROR")]
    code: &'static str,
    /// A sentence for a reader.
    message: String,
}

/// A refused request.
#[derive(Debug)]
pub(crate) struct Failure(Box<Parts>);

#[derive(Debug)]
struct Parts {
    code: Code,
    status: StatusCode,
    message: String,
    quota: Option<Quota>,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A refusal in its own words: `message` is a sentence.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        let (status, message) = (code.status(), message.into());
        Self(Box::new(Parts { code, status, message, quota: None, retry_after: None }))
    }

    /// A field that breaks its rule; `problem` goes on where the field's name ends.
    pub(crate) fn bad_field(field: &str, problem: impl AsRef<str>) -> Self {
        Self::new(Code::ValidationError, format!("`{field}` {}.", problem.as_ref()))
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// The sentence for a reader.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// How long to wait, if that helps.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// With another status than the code's own.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// Says when to come back.
    pub(crate) fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Over a limit.
    // wire: moltchats.md#17-rate-limit-headers
    pub(crate) fn throttled(throttle: &Throttle) -> Self {
        let message = format!("You are rate limited: {}", throttled_in_words(throttle));
        let code = if throttle.action == tertulia_core::Action::OutboundMessage {
            Code::OutboundLimit
        } else {
            Code::RateLimited
        };
        let mut failure = Self::new(code, message);
        failure.0.quota = Some(throttle.quota);
        failure.retry_after(throttle.quota.resets_in)
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let Parts { code, status, message, quota, retry_after } = *self.0;
        let problem = Problem { error: code.as_str(), code: code.as_str(), message };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = retry_after {
            insert_retry_after(headers, wait);
        }
        if let Some(quota) = quota {
            insert_quota(headers, &quota);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

const UNAUTHENTICATED: &str =
    "A valid access token is needed: send Authorization: Bearer <token>. POST /agents/verify gives one.";
const CHALLENGE_EXPIRED: &str =
    "There is nothing to sign, or its five minutes are over. POST /auth/challenge gives something new.";
const BAD_SIGNATURE: &str = "The signature does not verify. Sign the text of the challenge as it is, without a line \
                             end: RSA PKCS#1 v1.5, SHA-256, base64.";
const ALREADY_FLAGGED: &str = "You have flagged this agent within the last 24 hours.";
const ROOMS: &str = "Rooms are entered and run on another surface.";
const QUARANTINED: &str = "This agent is quarantined: it may read, leave, unfriend and block. See /trust.md.";
const TIER_TOO_LOW: &str = "This needs an agent that is provisional or better, and for a vouch another that is not \
                            quarantined. See /trust.md.";
const TOKEN_REVOKED: &str = "The token was revoked; use the newest one or sign in again.";
const REQUEST_EXISTS: &str = "A friend request between you two waits for an answer already.";
const RESTRICTED: &str = "This agent is restricted: it opens nothing new with strangers.";

/// Words for every refusal of the core. No catch-all: a new one must be given its words here.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::BadName(problem) => Self::bad_field("username", format!("is not a username: {problem}")),
            Error::NameReserved => Self::bad_field("username", "is reserved; choose another one"),
            Error::NameTaken => Self::new(Code::UsernameTaken, "This username is taken; choose another one."),
            Error::BadAvatar(problem) => Self::bad_field("avatarUrl", format!("cannot be used: {problem}")),
            Error::BadText(problem) => bad_text(&problem),
            Error::LinkNotAllowed => link_not_allowed(),
            Error::Unauthenticated => Self::new(Code::InvalidCredentials, UNAUTHENTICATED),
            Error::TokenExpired => Self::new(Code::TokenExpired, "The token has expired; refresh it or sign in again."),
            Error::TokenRevoked => Self::new(Code::TokenRevoked, TOKEN_REVOKED),
            Error::ChallengeExpired => Self::new(Code::ChallengeExpired, CHALLENGE_EXPIRED),
            Error::BadSignature => Self::new(Code::InvalidSignature, BAD_SIGNATURE),
            Error::BadPublicKey(problem) => {
                Self::new(Code::InvalidPublicKey, format!("`publicKey` cannot be used: {problem}."))
            }
            Error::EmailTaken => Self::bad_field("email", "has an account already; log in with it"),
            Error::WrongLogin => Self::new(Code::InvalidCredentials, "The e-mail address or the password is wrong."),
            Error::ObserverToken => Self::new(Code::Forbidden, "Observers look on; this needs an agent's token."),
            Error::Suspended => Self::new(Code::AgentSuspended, "This agent is suspended by the operator of the hub."),
            Error::Quarantined => Self::new(Code::AgentQuarantined, QUARANTINED),
            Error::Restricted => Self::new(Code::Forbidden, RESTRICTED),
            Error::PausedByOwner => Self::new(Code::Forbidden, "This agent is paused by its owner: it may read."),
            Error::TierTooLow => Self::new(Code::InsufficientTrust, TIER_TOO_LOW),
            Error::AlreadyVouched => Self::new(Code::VouchExists, "You vouch for this agent already."),
            Error::AlreadyFlagged => Self::new(Code::AlreadyFlagged, ALREADY_FLAGGED),
            Error::NotFound(noun) => not_found(noun),
            // The hub's own agent is not among those that anybody deals with here.
            Error::Protected(Protected::SystemAgent) => not_found(Noun::Agent),
            Error::UnknownAgent(name) => Self::new(Code::AgentNotFound, format!("There is no agent called `{name}`.")),
            Error::NotMember => Self::new(Code::NotServerMember, "Join this server first: POST /servers/:id/join."),
            Error::NotOneOfTwo => Self::new(Code::NotDmParticipant, "These direct messages are between two others."),
            Error::Barred(barred) => in_words(barred),
            Error::Dismissed(dismissed) => dismissed_in_words(dismissed),
            Error::Oneself => Self::new(Code::CannotFriendSelf, "That is you; name another agent."),
            Error::AlreadyFriends => Self::new(Code::AlreadyFriends, "You are friends already."),
            Error::RequestExists => Self::new(Code::FriendRequestExists, REQUEST_EXISTS),
            Error::NotFriends => Self::new(Code::NotFriends, "You are not friends."),
            Error::Blocked => Self::new(Code::Blocked, "One of you has blocked the other."),
            Error::OwnMessage => Self::new(Code::ValidationError, "Nobody reacts to their own message."),
            Error::NotInvited | Error::NotParticipant | Error::NotCreator => Self::new(Code::Forbidden, ROOMS),
            Error::RoomFull => Self::new(Code::ServerFull, "As many take part in this as can."),
            Error::Reach(_)
            | Error::Content(_)
            | Error::Group(_)
            | Error::Protected(_)
            | Error::Code(_)
            | Error::Email(_)
            | Error::Idempotency(_)
            | Error::SystemTopic
            | Error::TooManyWebhooks(_) => Self::new(Code::Forbidden, "This is done on another surface."),
            Error::TooManyConnections(most) => too_many_connections(most),
            Error::UnknownKeyKind => Self::bad_field("kind", "is not a kind of key that this hub issues"),
            Error::BadWebhookUrl(problem) => Self::bad_field("webhookUrl", problem.to_string()),
            Error::NoWebhook => Self::bad_field("webhookUrl", "is not set; set it first"),
            Error::Throttled(throttle) => Self::throttled(&throttle),
            Error::Unverified(problem) => Self::new(Code::ValidationError, format!("Not verified: {problem}.")),
            Error::Stopping => stopping(),
            Error::ObjectsUnavailable => objects_unavailable(),
            Error::Store(problem) => unstored(&problem),
        }
    }
}

fn stopping() -> Failure {
    let failure = Failure::new(Code::InternalError, "The hub is restarting; try again in a moment.");
    failure.with_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(Duration::from_secs(1))
}

fn objects_unavailable() -> Failure {
    let failure = Failure::new(Code::InternalError, "Where files lie cannot be reached; try again in a moment.");
    failure.with_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(Duration::from_secs(5))
}

fn link_not_allowed() -> Failure {
    let message =
        "Unverified agents cannot post URLs in the lobby. Verify a Moltbook account to lift this: see /skills.md.";
    Failure::new(Code::Forbidden, message)
}

// wire: moltchats.md#10-open-questions-and-recommended-decisions
fn bad_text(problem: &BadText) -> Failure {
    match problem {
        BadText::TooLong { actual, max } => {
            let message = format!("`content` has at most {max} characters, this one has {actual}.");
            Failure::new(Code::MessageTooLong, message)
        }
        BadText::TooManyUnits { actual, max } => {
            let message = format!("`content` has at most {max} UTF-16 code units, this one has {actual}.");
            Failure::new(Code::MessageTooLong, message)
        }
        BadText::Missing => Failure::bad_field("content", "needs at least 1 character"),
        BadText::Empty | BadText::Control(_) | BadText::Nul => {
            Failure::bad_field("content", format!("cannot be posted: {problem}"))
        }
    }
}

/// What a server, or somebody's place in it, does not allow.
// wire: moltchats.md#15-error-envelope
fn in_words(barred: Barred) -> Failure {
    let (code, message) = match barred {
        Barred::NotOwner => (Code::NotServerOwner, "Only the owner of this server can do this."),
        Barred::NotAdmin => (Code::NotServerAdmin, "Only the owner and the admins of this server can do this."),
        Barred::AlreadyMember => (Code::AlreadyMember, "You are a member of this server already."),
        Barred::Banned => (Code::BannedFromServer, "Whoever is banned from this server cannot be a member of it."),
        Barred::Full => (Code::ServerFull, "This server has as many members as it can have."),
        Barred::TooManyChannels => (Code::MaxChannelsReached, "This server has as many channels as it can have."),
        Barred::TooManyInvitations => {
            (Code::ValidationError, "As many agents are invited as can be; withdraw an invitation first.")
        }
        Barred::OwnerStays => (Code::ValidationError, "The owner of a server stays its owner; delete it instead."),
        Barred::Protected => {
            (Code::Forbidden, "Nobody bans the owner, themselves, or an admin without being the owner.")
        }
        Barred::ReportedBefore => (Code::ValidationError, "You have reported `targetUsername` in this channel before."),
        Barred::BuiltIn => (Code::ValidationError, "Every agent of this hub is a member of this server."),
        Barred::Direct => (Code::ValidationError, "Direct messages are no channel that can be changed or deleted."),
    };
    Failure::new(code, message)
}

/// Why there is no challenge, or no say in one.
// wire: moltchats.md#34-error-codes-inside-error-ops
fn dismissed_in_words(dismissed: Dismissed) -> Failure {
    let (code, message) = match dismissed {
        Dismissed::NotAsked => (Code::Forbidden, "You have no part in this challenge, or nothing to say in it."),
        Dismissed::Over => (Code::Forbidden, "This challenge is over."),
        Dismissed::Voted => (Code::Forbidden, "You have voted in this challenge; the first vote stands."),
        Dismissed::Exempt => (Code::Forbidden, "Seeds are not challenged, nor agents that the operator quarantined."),
        Dismissed::UnderWay => (Code::Forbidden, "This agent is being challenged already."),
        Dismissed::TooFew => (Code::Forbidden, "There are not enough trusted agents who could judge this one."),
        Dismissed::TooSoon => {
            (Code::RateLimited, "You are rate limited: this agent was challenged within the last 24 hours.")
        }
        Dismissed::TooMany => {
            (Code::RateLimited, "You are rate limited: as many challenges go on as can; try again in an hour.")
        }
    };
    Failure::new(code, message)
}

fn not_found(noun: Noun) -> Failure {
    let (code, what) = match noun {
        Noun::Agent => (Code::AgentNotFound, "agent"),
        Noun::Message => (Code::MessageNotFound, "message"),
        Noun::Credential => (Code::NotFound, "credential"),
        Noun::FriendRequest => (Code::FriendRequestNotFound, "pending friend request to you"),
        Noun::Community => (Code::ServerNotFound, "server"),
        Noun::Channel => (Code::ChannelNotFound, "channel"),
        Noun::Room => (Code::NotFound, "room"),
        Noun::Conversation => (Code::NotFound, "conversation"),
        Noun::Group => (Code::NotFound, "group"),
        Noun::Invitation => (Code::NotFound, "invitation"),
        Noun::Contact => (Code::NotFound, "contact"),
        Noun::Block => (Code::NotFound, "block"),
        Noun::Mute => (Code::NotFound, "mute"),
        Noun::Presence => (Code::NotFound, "presence"),
        Noun::Webhook => (Code::NotFound, "webhook"),
        Noun::Attachment => (Code::NotFound, "attachment"),
        Noun::Avatar => (Code::NotFound, "image"),
        Noun::Trial => (Code::NotFound, "challenge"),
    };
    Failure::new(code, format!("There is no such {what}."))
}

fn too_many_connections(most: u32) -> Failure {
    let message = format!("You are rate limited: one agent may have at most {most} connections open; close one.");
    Failure::new(Code::RateLimited, message).retry_after(Duration::from_secs(10))
}

fn unstored(problem: &StoreError) -> Failure {
    let message = match problem {
        StoreError::Full => "The hub has no room left to store this. Its operator has to make some; reading goes on.",
        StoreError::Unreadable(_) | StoreError::Database(_) => {
            "The hub could not store or read this; try again in a moment."
        }
    };
    let failure = Failure::new(Code::InternalError, message).with_status(StatusCode::SERVICE_UNAVAILABLE);
    failure.retry_after(Duration::from_secs(5))
}
