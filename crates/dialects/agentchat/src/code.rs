//! The stable codes of refusals, each with its status.

use http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident;)+) => {
        /// What a refusal is called for a program.
        // wire: agentchat.md#16-error-envelope
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// As it goes over the wire.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }

            /// The status that it usually comes with.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)+
                }
            }
        }
    };
}

codes! {
    /// Malformed input.
    ValidationError = "VALIDATION_ERROR", BAD_REQUEST;
    /// The handle breaks the grammar, or is reserved.
    InvalidHandle = "INVALID_HANDLE", BAD_REQUEST;
    /// Another code was sent by e-mail.
    InvalidCode = "INVALID_CODE", BAD_REQUEST;
    /// Nothing waits for a code, or not any more.
    Expired = "EXPIRED", BAD_REQUEST;
    /// An image of no bytes.
    EmptyBody = "EMPTY_BODY", BAD_REQUEST;
    /// The image is of no format that is taken.
    UnsupportedFormat = "UNSUPPORTED_FORMAT", BAD_REQUEST;
    /// The image cannot be read.
    DecodeFailed = "DECODE_FAILED", BAD_REQUEST;
    /// The image has too few pixels.
    ImageTooSmall = "IMAGE_TOO_SMALL", BAD_REQUEST;
    /// The image could not be made anew.
    ProcessingFailed = "PROCESSING_FAILED", BAD_REQUEST;
    /// The attachment was uploaded for another conversation.
    AttachmentWrongScope = "ATTACHMENT_WRONG_SCOPE", BAD_REQUEST;
    /// Nobody mutes itself.
    SelfMute = "SELF_MUTE", BAD_REQUEST;
    /// The other is no admin.
    NotAdmin = "NOT_ADMIN", BAD_REQUEST;
    /// The other is the only admin.
    LastAdmin = "LAST_ADMIN", BAD_REQUEST;
    /// As many webhooks as there may be.
    LimitReached = "LIMIT_REACHED", BAD_REQUEST;
    /// The idempotency key breaks its grammar.
    IdempotencyKeyInvalid = "IDEMPOTENCY_KEY_INVALID", BAD_REQUEST;
    /// No key, or none that opens anything.
    Unauthorized = "UNAUTHORIZED", UNAUTHORIZED;
    /// The caller may not do this.
    Forbidden = "FORBIDDEN", FORBIDDEN;
    /// The acting agent is suspended.
    Suspended = "SUSPENDED", FORBIDDEN;
    /// The acting agent opens no new conversations.
    Restricted = "RESTRICTED", FORBIDDEN;
    /// The acting agent is paused by its owner.
    AgentPausedByOwner = "AGENT_PAUSED_BY_OWNER", FORBIDDEN;
    /// One of them blocks the other.
    Blocked = "BLOCKED", FORBIDDEN;
    /// The other hears its contacts only.
    InboxRestricted = "INBOX_RESTRICTED", FORBIDDEN;
    /// The other has not answered the first message yet.
    AwaitingReply = "AWAITING_REPLY", FORBIDDEN;
    /// A conversation of others.
    NotParticipant = "NOT_PARTICIPANT", FORBIDDEN;
    /// No such agent, or none that is shown.
    AgentNotFound = "AGENT_NOT_FOUND", NOT_FOUND;
    /// No such conversation that the caller is in.
    ConversationNotFound = "CONVERSATION_NOT_FOUND", NOT_FOUND;
    /// No such message that the caller is a party to.
    MessageNotFound = "MESSAGE_NOT_FOUND", NOT_FOUND;
    /// No such group that the caller is in.
    GroupNotFound = "GROUP_NOT_FOUND", NOT_FOUND;
    /// No such invitation of the caller.
    InviteNotFound = "INVITE_NOT_FOUND", NOT_FOUND;
    /// The other is no member.
    NotMember = "NOT_MEMBER", NOT_FOUND;
    /// No such attachment of the sender.
    AttachmentNotFound = "ATTACHMENT_NOT_FOUND", NOT_FOUND;
    /// Anything else that is not there.
    NotFound = "NOT_FOUND", NOT_FOUND;
    /// The handle is in use, or was once.
    HandleTaken = "HANDLE_TAKEN", CONFLICT;
    /// As many agents live with this e-mail address as may.
    EmailLimitReached = "EMAIL_LIMIT_REACHED", CONFLICT;
    /// As many agents have registered with this e-mail address as may.
    EmailExhausted = "EMAIL_EXHAUSTED", CONFLICT;
    /// Several agents live with this e-mail address.
    HandleRequired = "HANDLE_REQUIRED", CONFLICT;
    /// Nobody does this to a system agent.
    SystemAgentProtected = "SYSTEM_AGENT_PROTECTED", CONFLICT;
    /// Reported before.
    AlreadyReported = "ALREADY_REPORTED", CONFLICT;
    /// The same request is at work.
    IdempotentInProgress = "IDEMPOTENT_IN_PROGRESS", CONFLICT;
    /// As many members as there may be.
    GroupFull = "GROUP_FULL", CONFLICT;
    /// The group that the caller was in is deleted.
    GroupDeleted = "GROUP_DELETED", GONE;
    /// The message is too large.
    ContentTooLarge = "CONTENT_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// The body is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// The idempotency key belongs to another request.
    IdempotencyKeyConflict = "IDEMPOTENCY_KEY_CONFLICT", UNPROCESSABLE_ENTITY;
    /// A limit is used up.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS;
    /// As many messages wait for the other as may.
    RecipientBacklogged = "RECIPIENT_BACKLOGGED", TOO_MANY_REQUESTS;
    /// A code was sent to this e-mail address a moment ago.
    OtpCooldown = "OTP_COOLDOWN", TOO_MANY_REQUESTS;
    /// As many codes were sent to this e-mail address as may be in an hour.
    OtpHourlyCap = "OTP_HOURLY_CAP", TOO_MANY_REQUESTS;
    /// Too many codes were tried.
    OtpAttemptsExhausted = "OTP_ATTEMPTS_EXHAUSTED", TOO_MANY_REQUESTS;
    /// Something is wrong with the hub.
    InternalError = "INTERNAL_ERROR", INTERNAL_SERVER_ERROR;
    /// The code could not be sent.
    OtpFailed = "OTP_FAILED", INTERNAL_SERVER_ERROR;
    /// Where files lie cannot be reached.
    StorageUnavailable = "STORAGE_UNAVAILABLE", SERVICE_UNAVAILABLE;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of the contract that this hub has no use for: an alias, e-mail addresses kept apart from those of owners,
    /// the owners' pages, and what goes over no wire.
    const UNUSED: [&str; 9] = [
        "AGENT_SUSPENDED",
        "EMAIL_IS_OWNER",
        "EMAIL_IS_AGENT",
        "OWNER_NOT_FOUND",
        "CLAIM_NOT_FOUND",
        "INVALID_API_KEY",
        "ALREADY_CLAIMED",
        "TOO_MANY_CLAIMS",
        "WEBHOOK_DELIVERY_FAILED",
    ];

    /// Codes and statuses of a row's first two cells: as many statuses as codes, or one for all.
    fn of_row(row: &str) -> Vec<(String, u16)> {
        let mut cells = row.split(" | ");
        let (Some(codes), Some(status)) = (cells.next(), cells.next()) else { return Vec::new() };
        let Some(status) = status.get(..3).and_then(|status| status.parse().ok()) else { return Vec::new() };
        codes.split('`').skip(1).step_by(2).map(|code| (code.to_owned(), status)).collect()
    }

    /// The table of the contract is the measure: code and status of each line of it, and nothing besides.
    #[test]
    fn codes_and_statuses_are_those_of_the_contract() {
        let contract = include_str!("../../../../docs/wire/agentchat.md");
        let section = contract.split("### 1.6 Error envelope").nth(1).unwrap().split("### 1.7").next().unwrap();
        let rows = section.lines().filter(|line| line.starts_with("| `")).flat_map(of_row);
        let mut rows: Vec<_> = rows.filter(|(code, _)| !UNUSED.contains(&code.as_str())).collect();
        let mut ours: Vec<_> =
            Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.status().as_u16())).collect();
        rows.sort();
        ours.sort();
        assert_eq!(ours, rows);
    }
}
