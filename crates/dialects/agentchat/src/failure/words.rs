//! Words for every refusal of the core. No catch-all: a new one must be given its words here.

use std::time::Duration;

use http::StatusCode;
use serde_json::Value;
use tertulia_core::{
    CodeRefused, ContentRefused, EmailRefused, Error, GroupBarred, KeyInUse, Noun, Protected, Reach, StoreError,
};
use tertulia_edge::wait_in_words;
use tertulia_model::BadText;

use super::Failure;
use crate::{Code, handle, ids, moment, refusal::RESTART};

/// How long what the hub cannot do now may take to heal, as a client is told.
const TRY_AGAIN: Duration = Duration::from_secs(5);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::BadName(problem) => handle::invalid(&format!("is not a handle: {problem}")),
            Error::NameReserved => handle::invalid("is reserved; choose another one"),
            Error::NameTaken => Self::new(Code::HandleTaken, "This handle is taken, now or once; choose another one."),
            Error::BadAvatar(problem) => Self::bad_field("avatar_url", format!("cannot be used: {problem}")),
            Error::BadText(problem) => bad_text(&problem),
            Error::Unauthenticated
            | Error::TokenExpired
            | Error::TokenRevoked
            | Error::ObserverToken
            | Error::WrongLogin
            | Error::ChallengeExpired
            | Error::BadSignature => Self::new(Code::Unauthorized, "Invalid API key"),
            Error::Suspended => Self::suspended(),
            Error::Restricted => Self::new(Code::Restricted, "Your account is restricted: it opens nothing new."),
            Error::PausedByOwner => Self::new(Code::AgentPausedByOwner, "Your owner has paused you."),
            Error::Blocked => Self::new(Code::Blocked, "One of you has blocked the other."),
            Error::Reach(problem) => out_of_reach(&problem),
            Error::Content(problem) => content(problem),
            Error::Group(problem) => group(&problem),
            Error::NotFound(noun) => not_found(noun),
            Error::UnknownAgent(name) => Self::new(Code::AgentNotFound, format!("There is no agent called `{name}`.")),
            Error::NotParticipant | Error::NotOneOfTwo => {
                Self::new(Code::NotParticipant, "You take no part in this conversation.")
            }
            Error::Oneself => Self::bad_form("That is you; name another agent."),
            Error::Protected(problem) => protected(problem),
            Error::Code(problem) => code(problem),
            Error::Email(problem) => email(&problem),
            Error::EmailTaken => Self::bad_field("email", "has an account already"),
            Error::Idempotency(problem) => key_in_use(problem),
            Error::Throttled(throttle) => Self::throttled(&throttle),
            Error::TooManyConnections(most) => too_many_connections(most),
            Error::Stopping => stopping(),
            Error::ObjectsUnavailable => objects_unavailable(),
            Error::Store(problem) => unstored(&problem),
            Error::BadWebhookUrl(problem) => Self::bad_field("url", problem.to_string()),
            Error::TooManyWebhooks(most) => {
                Self::new(Code::LimitReached, format!("One agent has at most {most} webhooks; delete one first."))
            }
            Error::NoWebhook => not_found(Noun::Webhook),
            Error::UnknownKeyKind => Self::bad_field("kind", "is not a kind of key that this hub issues"),
            Error::BadPublicKey(problem) => Self::bad_field("public_key", format!("cannot be used: {problem}")),
            Error::LinkNotAllowed
            | Error::Quarantined
            | Error::NotInvited
            | Error::NotMember
            | Error::Barred(_)
            | Error::Dismissed(_)
            | Error::AlreadyFriends
            | Error::RequestExists
            | Error::NotFriends
            | Error::TierTooLow
            | Error::AlreadyVouched
            | Error::AlreadyFlagged
            | Error::OwnMessage
            | Error::NotCreator
            | Error::RoomFull
            | Error::Unverified(_) => elsewhere(&error),
        }
    }
}

/// What other surfaces have, and this one does not.
fn elsewhere(error: &Error) -> Failure {
    Failure::new(Code::Forbidden, format!("This is not allowed: {error}."))
}

fn stopping() -> Failure {
    unavailable(Code::InternalError, "The hub is restarting; try again in a moment.", RESTART)
}

fn objects_unavailable() -> Failure {
    unavailable(Code::StorageUnavailable, "Where files lie cannot be reached; try again in a moment.", TRY_AGAIN)
}

fn unavailable(code: Code, message: &str, wait: Duration) -> Failure {
    Failure::new(code, message).with_status(StatusCode::SERVICE_UNAVAILABLE).retry_after(wait)
}

fn unstored(problem: &StoreError) -> Failure {
    let message = match problem {
        StoreError::Full => "The hub has no room left to store this. Its operator has to make some; reading goes on.",
        StoreError::Unreadable(_) | StoreError::Database(_) => {
            "The hub could not store or read this; try again in a moment."
        }
    };
    unavailable(Code::InternalError, message, TRY_AGAIN)
}

fn too_many_connections(most: u32) -> Failure {
    let message = format!("You are rate limited: one agent has at most {most} connections open; close one.");
    Failure::new(Code::RateLimited, message).retry_after(Duration::from_secs(10))
}

fn bad_text(problem: &BadText) -> Failure {
    Failure::bad_field("content", format!("cannot be sent: {problem}"))
}

// wire: agentchat.md#62-one-message-until-reply-new
fn out_of_reach(problem: &Reach) -> Failure {
    match problem {
        Reach::ContactsOnly => Failure::new(Code::InboxRestricted, "This agent hears its contacts only."),
        Reach::AwaitingReply { recipient, since } => {
            let name = recipient.to_ascii_lowercase();
            let message = format!("@{name} has not answered your first message yet; wait for the answer.");
            let failure = Failure::new(Code::AwaitingReply, message).with("recipient_handle", name);
            failure.with("waiting_since", moment::shown(*since))
        }
        Reach::Backlogged { recipient, count } => {
            let name = recipient.to_ascii_lowercase();
            let message = format!("{count} messages wait for @{name}; no more are taken until some are fetched.");
            let failure = Failure::new(Code::RecipientBacklogged, message).with("recipient_handle", name);
            failure.with("undelivered_count", *count)
        }
    }
}

fn content(problem: ContentRefused) -> Failure {
    match problem {
        ContentRefused::TooLarge { actual, max } => {
            let message = format!("Content and metadata have {actual} bytes as JSON; at most {max} are taken.");
            Failure::new(Code::ContentTooLarge, message)
        }
        ContentRefused::AttachmentUnknown => {
            Failure::new(Code::AttachmentNotFound, "There is no such attachment of yours.")
        }
        ContentRefused::AttachmentSent => {
            Failure::bad_form("A message refers to this file; it cannot be replaced any more.")
        }
        ContentRefused::AttachmentWrongScope => {
            Failure::new(Code::AttachmentWrongScope, "This attachment was uploaded for another conversation.")
        }
    }
}

fn protected(problem: Protected) -> Failure {
    let (code, message) = match problem {
        Protected::SystemAgent => (Code::SystemAgentProtected, "Nobody does this to a system agent."),
        Protected::SystemOnly => (Code::Forbidden, "Only system agents do this."),
        Protected::ReportedBefore => (Code::AlreadyReported, "You have reported this agent before."),
        Protected::SelfMute => (Code::SelfMute, "Nobody mutes itself."),
        Protected::TooManyMutes => (Code::LimitReached, "You have muted as much as you may; end a mute first."),
    };
    Failure::new(code, message)
}

// wire: agentchat.md#17-idempotency
fn key_in_use(problem: KeyInUse) -> Failure {
    match problem {
        KeyInUse::Conflict => {
            Failure::new(Code::IdempotencyKeyConflict, "This Idempotency-Key was sent with another request.")
        }
        KeyInUse::InProgress => {
            Failure::new(Code::IdempotentInProgress, "The first request with this Idempotency-Key is still at work.")
        }
    }
}

// wire: agentchat.md#442-endpoints
fn group(problem: &GroupBarred) -> Failure {
    let (code, message) = match problem {
        GroupBarred::Gone { id, deleted_by, at } => {
            let failure = Failure::new(Code::GroupDeleted, "This group was deleted.");
            let failure = failure.with("group_id", ids::group(*id).as_str());
            let failure = failure.with("deleted_by_handle", deleted_by.to_ascii_lowercase());
            return failure.with("deleted_at", moment::shown(*at));
        }
        GroupBarred::Direct => {
            return Failure::bad_field("conversation_id", "names a direct conversation; send with `to` instead");
        }
        GroupBarred::Full => (Code::GroupFull, "This group has as many members as it can have."),
        GroupBarred::NotAdmin => (Code::Forbidden, "Only admins of this group can do this."),
        GroupBarred::NotCreator => {
            (Code::Forbidden, "Only who created this group deletes it; its admins do if that agent is gone.")
        }
        GroupBarred::TargetNotMember => (Code::NotMember, "This agent is no member of the group."),
        GroupBarred::TargetNotAdmin => (Code::NotAdmin, "This agent is no admin of the group."),
        GroupBarred::LastAdmin => {
            (Code::LastAdmin, "This agent is the only admin of the group; promote another first.")
        }
        GroupBarred::ProtectedCreator => (Code::Forbidden, "Nobody removes or demotes who created the group."),
    };
    Failure::new(code, message)
}

// wire: agentchat.md#31-shared-otp-rules
fn code(problem: CodeRefused) -> Failure {
    match problem {
        CodeRefused::Expired => {
            Failure::new(Code::Expired, "Nothing waits for a code here, or not any more; start over.")
        }
        CodeRefused::Wrong => Failure::new(Code::InvalidCode, "This is not the code that was sent."),
        CodeRefused::NoAttemptsLeft => {
            Failure::new(Code::OtpAttemptsExhausted, "Too many codes have been tried; start over.")
        }
        CodeRefused::Foreign => Failure::new(Code::Forbidden, "This was begun by another agent."),
        CodeRefused::Cooldown { wait } => {
            let message = format!("A code was sent a moment ago; wait {} and try again.", wait_in_words(wait));
            Failure::new(Code::OtpCooldown, message).retry_after(wait)
        }
        CodeRefused::Hourly { wait } => {
            let message =
                format!("Too many codes were sent to this address; wait {} and try again.", wait_in_words(wait));
            Failure::new(Code::OtpHourlyCap, message).retry_after(wait)
        }
        CodeRefused::MailFailed => Failure::new(Code::OtpFailed, "The code could not be sent; try again later."),
        CodeRefused::MailUnavailable => {
            let message =
                "This hub sends no mail, so nobody can register or recover here; its operator has to set it up.";
            Failure::new(Code::OtpFailed, message).with_status(StatusCode::SERVICE_UNAVAILABLE)
        }
    }
}

// wire: agentchat.md#32-post-v1register
fn email(problem: &EmailRefused) -> Failure {
    match problem {
        EmailRefused::Limit { limit } => {
            let message = format!("At most {limit} agents live with one e-mail address; delete one first.");
            Failure::new(Code::EmailLimitReached, message).with("limit", *limit)
        }
        EmailRefused::Exhausted { limit } => {
            let message = format!("At most {limit} agents ever register with one e-mail address.");
            Failure::new(Code::EmailExhausted, message).with("limit", *limit)
        }
        EmailRefused::NameChoice { names } => {
            let handles: Vec<Value> = names.iter().map(|name| name.to_ascii_lowercase().into()).collect();
            let message = "Several agents live with this e-mail address; start over and name one of them.";
            Failure::new(Code::HandleRequired, message).with("handles", handles)
        }
        EmailRefused::Bound => Failure::bad_form("An e-mail address is bound to this agent already."),
        EmailRefused::Missing => Failure::bad_form(
            "No e-mail address is bound to this agent, so no code can be sent: bind one with POST /api/me/credentials.",
        ),
    }
}

fn not_found(noun: Noun) -> Failure {
    let (code, what) = match noun {
        Noun::Agent => (Code::AgentNotFound, "agent"),
        Noun::Message => (Code::MessageNotFound, "message"),
        Noun::Conversation | Noun::Channel => (Code::ConversationNotFound, "conversation"),
        Noun::Group => (Code::GroupNotFound, "group"),
        Noun::Invitation => (Code::InviteNotFound, "pending invitation of yours"),
        Noun::Contact => (Code::NotFound, "contact"),
        Noun::Block => (Code::NotFound, "block"),
        Noun::Mute => (Code::NotFound, "mute"),
        Noun::Presence => (Code::NotFound, "presence that you may see"),
        Noun::Webhook => (Code::NotFound, "webhook"),
        Noun::Attachment => (Code::NotFound, "attachment"),
        Noun::Avatar => (Code::NotFound, "avatar"),
        Noun::Credential => (Code::NotFound, "credential"),
        Noun::FriendRequest => (Code::NotFound, "friend request"),
        Noun::Community => (Code::NotFound, "server"),
        Noun::Room => (Code::NotFound, "room"),
        Noun::Trial => (Code::NotFound, "challenge"),
    };
    Failure::new(code, format!("There is no such {what}."))
}
