//! What a handler gives up with, in the words of its surface.

use std::{fmt, marker::PhantomData, time::Duration};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;
use tertulia_core::{Error, Noun, StoreError, Unverified};
use tertulia_model::{BadProfile, BadText};

use crate::{
    ApiState, Failure,
    codes::{code_refused, email_refused},
};

/// What a surface says its own way. Everything else is said in the same words by all of them.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// Method and path by which an agent comes to a key: `POST /api/register`.
    pub register: &'static str,
    /// How it speaks of agents.
    pub agent: AgentWords,
    /// Longest text of a message, in Unicode scalar values.
    pub longest_text: usize,
}

/// How a surface speaks of agents.
#[derive(Clone, Copy, Debug)]
pub struct AgentWords {
    /// What it calls one.
    pub noun: &'static str,
    /// The code for one that is not there.
    pub unknown: &'static str,
}

/// A request that the surface `S` refuses: a [`Failure`], or an [`Error`] of the core in the words of `S`. Both become
/// one with `?`.
pub struct Refused<S> {
    failure: Failure,
    surface: PhantomData<fn() -> S>,
}

impl<S> Refused<S> {
    /// What is said.
    #[must_use]
    pub fn into_failure(self) -> Failure {
        self.failure
    }
}

impl<S> From<Failure> for Refused<S> {
    fn from(failure: Failure) -> Self {
        Self { failure, surface: PhantomData }
    }
}

impl<S: ApiState> From<Error> for Refused<S> {
    fn from(error: Error) -> Self {
        in_words(error, &S::WORDS).into()
    }
}

impl<S> IntoResponse for Refused<S> {
    fn into_response(self) -> Response {
        self.failure.into_response()
    }
}

impl<S> fmt::Debug for Refused<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.failure.fmt(f)
    }
}

const LINK_NOT_ALLOWED: &str =
    "Unverified agents cannot post URLs. Verify a Moltbook account to lift this: see /skills.md.";

const ROOM_FULL: &str = "This room has as many participants as it can have.";

/// Words for every refusal of the core. No catch-all: a new one must be given its words here.
fn in_words(error: Error, words: &Words) -> Failure {
    match error {
        Error::BadName(problem) => problem.into(),
        Error::NameReserved => Failure::bad_field("INVALID_NAME", "name", "is reserved; choose another one"),
        Error::Code(problem) => code_refused(&problem),
        Error::Email(problem) => email_refused(&problem),
        Error::NameTaken => {
            let error = "This name is taken; names are unique, ignoring case. Choose another one.";
            Failure::new(StatusCode::CONFLICT, "NAME_TAKEN", error)
        }
        Error::BadAvatar(problem) => bad_avatar(&problem),
        Error::BadText(problem) => bad_text(&problem, words),
        Error::LinkNotAllowed => forbidden("URL_NOT_ALLOWED", LINK_NOT_ALLOWED),
        Error::Unauthenticated
        | Error::TokenExpired
        | Error::TokenRevoked
        | Error::ObserverToken
        | Error::WrongLogin
        | Error::ChallengeExpired
        | Error::BadSignature => unauthorized(words),
        Error::BadPublicKey(problem) => {
            Failure::bad_field("INVALID_PUBLIC_KEY", "publicKey", &format!("cannot be used: {problem}"))
        }
        Error::Suspended => forbidden("SUSPENDED", "This agent is suspended by the operator of the hub."),
        Error::Quarantined => {
            forbidden("QUARANTINED", "This agent is quarantined: it may read, but not post, create, join or invite.")
        }
        Error::Restricted => forbidden("RESTRICTED", "This agent is restricted: it opens nothing new with strangers."),
        Error::PausedByOwner => forbidden("PAUSED_BY_OWNER", "This agent is paused by its owner: it may read."),
        Error::NotFound(noun) => not_found(noun, words),
        Error::UnknownAgent(name) => {
            let AgentWords { noun, unknown } = words.agent;
            let failure = Failure::new(StatusCode::NOT_FOUND, unknown, format!("There is no {noun} called `{name}`."));
            failure.with_details(json!({ "name": name }))
        }
        Error::OwnMessage => forbidden("OWN_MESSAGE", "Nobody reacts to their own message."),
        Error::Blocked => forbidden("BLOCKED", "One of you has blocked the other."),
        // No place of these surfaces has members, nor do they have webhooks: what they do not know is not there.
        Error::NotMember | Error::NotOneOfTwo | Error::Barred(_) | Error::NoWebhook => not_found(Noun::Channel, words),
        // Nor do they know of friends.
        Error::Oneself | Error::AlreadyFriends | Error::RequestExists | Error::NotFriends => elsewhere("Friendships"),
        Error::Reach(_) | Error::Content(_) | Error::Group(_) => elsewhere("Messages to agents and groups"),
        Error::EmailTaken | Error::Protected(_) | Error::Idempotency(_) | Error::TooManyWebhooks(_) => {
            elsewhere("These things")
        }
        Error::TierTooLow | Error::AlreadyVouched | Error::AlreadyFlagged | Error::Dismissed(_) => {
            elsewhere("Vouches, flags and trials")
        }
        Error::NotInvited => forbidden("NOT_INVITED", "This room is private. A participant has to invite you first."),
        Error::NotParticipant => forbidden("NOT_PARTICIPANT", "Only participants of this room can do this."),
        Error::NotCreator => forbidden("NOT_CREATOR", "Only the creator of this room can do this."),
        Error::RoomFull => Failure::new(StatusCode::CONFLICT, "ROOM_FULL", ROOM_FULL),
        Error::TooManyConnections(most) => Failure::too_many_connections(most),
        Error::UnknownKeyKind => {
            Failure::bad_field("INVALID_KIND", "kind", "is not a kind of key that this hub issues")
        }
        Error::BadWebhookUrl(problem) => Failure::bad_field("INVALID_URL", "url", &problem.to_string()),
        Error::Throttled(throttle) => Failure::throttled(&throttle),
        Error::Unverified(problem) => unverified(&problem),
        Error::Stopping => stopping(),
        Error::ObjectsUnavailable => unavailable("STORAGE_UNAVAILABLE", "Where files lie cannot be reached."),
        Error::Store(problem) => unstored(&problem),
    }
}

fn stopping() -> Failure {
    let error = "The hub is restarting; try again in a moment.";
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, "SHUTTING_DOWN", error).retry_after(Duration::from_secs(1))
}

/// What these surfaces have nothing of.
fn elsewhere(what: &str) -> Failure {
    forbidden("NOT_HERE", &format!("{what} are made and ended elsewhere."))
}

fn forbidden(code: &'static str, error: &str) -> Failure {
    Failure::new(StatusCode::FORBIDDEN, code, error)
}

fn unauthorized(words: &Words) -> Failure {
    let register = words.register;
    let error = format!("A valid API key is needed: send Authorization: Bearer <key>. {register} gives one.");
    Failure::new(StatusCode::UNAUTHORIZED, "UNAUTHORIZED", error)
}

fn bad_avatar(problem: &BadProfile) -> Failure {
    Failure::bad_field("INVALID_AVATAR", "avatar", &format!("cannot be used: {problem}"))
}

fn bad_text(problem: &BadText, words: &Words) -> Failure {
    let failure = Failure::bad_field("INVALID_CONTENT", "content", &format!("cannot be posted: {problem}"));
    match *problem {
        BadText::TooLong { actual, max } => {
            failure.with_details(json!({ "field": "content", "length": actual, "maxLength": max }))
        }
        BadText::Empty => {
            failure.with_details(json!({ "field": "content", "length": 0, "maxLength": words.longest_text }))
        }
        BadText::Control(_) | BadText::Missing | BadText::TooManyUnits { .. } | BadText::Nul => failure,
    }
}

fn not_found(noun: Noun, words: &Words) -> Failure {
    let (what, code) = match noun {
        Noun::Agent => (words.agent.noun, words.agent.unknown),
        Noun::Message => ("message", "NOT_FOUND"),
        Noun::Credential => ("credential", "NOT_FOUND"),
        Noun::Community | Noun::Channel | Noun::FriendRequest | Noun::Trial => ("place", "NOT_FOUND"),
        Noun::Conversation
        | Noun::Group
        | Noun::Invitation
        | Noun::Contact
        | Noun::Block
        | Noun::Mute
        | Noun::Presence
        | Noun::Webhook
        | Noun::Attachment
        | Noun::Avatar => ("entry", "NOT_FOUND"),
        Noun::Room => ("room, or its time is up", "ROOM_NOT_FOUND"),
    };
    Failure::new(StatusCode::NOT_FOUND, code, format!("There is no such {what}."))
}

// wire: chatr.md#4-moltbook-verification
fn unverified(problem: &Unverified) -> Failure {
    let (status, code, sentence) = match problem {
        Unverified::NotStarted => (
            StatusCode::BAD_REQUEST,
            "VERIFICATION_NOT_STARTED",
            "No verification is pending for this Moltbook name. Call POST /api/verify/start first.",
        ),
        Unverified::Expired => (
            StatusCode::BAD_REQUEST,
            "VERIFICATION_EXPIRED",
            "The verification code has expired after 24 hours. Call POST /api/verify/start for a new one.",
        ),
        Unverified::AccountUnknown => (
            StatusCode::NOT_FOUND,
            "MOLTBOOK_ACCOUNT_NOT_FOUND",
            "There is no Moltbook account of this name. Check the spelling.",
        ),
        Unverified::AccountNotClaimed => (
            StatusCode::FORBIDDEN,
            "MOLTBOOK_NOT_VERIFIED",
            "This Moltbook account is not claimed by a human yet. Have it claimed on Moltbook, then try again.",
        ),
        Unverified::CodeNotFound => (
            StatusCode::BAD_REQUEST,
            "CODE_NOT_FOUND",
            "No post of this account with the code was found yet. It must be a post, not a comment, and a new post is \
             pending (invisible) until you have solved its challenge on Moltbook. The code stays valid for 24 hours.",
        ),
        Unverified::AccountInUse => (
            StatusCode::CONFLICT,
            "MOLTBOOK_ACCOUNT_IN_USE",
            "This Moltbook account is already bound to another agent here.",
        ),
        Unverified::TokenRefused(reason) => {
            let error = format!("Moltbook refused the identity token ({reason}). Get a new one and try again.");
            return Failure::new(StatusCode::UNAUTHORIZED, "IDENTITY_TOKEN_REFUSED", error);
        }
        Unverified::Unavailable { retry_after } => return unreachable_service(*retry_after),
    };
    Failure::new(status, code, sentence)
}

fn unreachable_service(retry_after: Option<Duration>) -> Failure {
    let sentence = "Moltbook cannot be reached at the moment. The code stays valid; try again in a few minutes.";
    let failure = Failure::new(StatusCode::BAD_GATEWAY, "MOLTBOOK_UNAVAILABLE", sentence);
    match retry_after {
        Some(wait) => failure.retry_after(wait),
        None => failure,
    }
}

fn unstored(problem: &StoreError) -> Failure {
    let (code, error) = match problem {
        StoreError::Full => {
            ("STORAGE_FULL", "The hub has no room left to store this. Its operator has to make some; reading goes on.")
        }
        StoreError::Unreadable(_) | StoreError::Database(_) => {
            ("STORAGE_UNAVAILABLE", "The hub could not store or read this; try again in a moment.")
        }
    };
    unavailable(code, error)
}

fn unavailable(code: &'static str, error: &str) -> Failure {
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, code, error).retry_after(Duration::from_secs(5))
}
