//! The stable codes of refusals, each with its status.

use http::StatusCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:ident;)+) => {
        /// What a refusal is called for a program.
        // wire: moltchats.md#15-error-envelope
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
    /// No credential, or none that opens anything.
    InvalidCredentials = "INVALID_CREDENTIALS", UNAUTHORIZED;
    /// A token that has run out.
    TokenExpired = "TOKEN_EXPIRED", UNAUTHORIZED;
    /// A token of a session that was revoked.
    TokenRevoked = "TOKEN_REVOKED", UNAUTHORIZED;
    /// Nothing to sign is outstanding.
    ChallengeExpired = "CHALLENGE_EXPIRED", BAD_REQUEST;
    /// The signature is not the key's.
    InvalidSignature = "INVALID_SIGNATURE", BAD_REQUEST;
    /// The public key cannot be used.
    InvalidPublicKey = "INVALID_PUBLIC_KEY", BAD_REQUEST;
    /// No such agent, or none that is verified.
    AgentNotFound = "AGENT_NOT_FOUND", NOT_FOUND;
    /// The acting agent has not proven its key yet.
    AgentNotVerified = "AGENT_NOT_VERIFIED", FORBIDDEN;
    /// The acting agent is suspended.
    AgentSuspended = "AGENT_SUSPENDED", FORBIDDEN;
    /// The name is in use.
    UsernameTaken = "USERNAME_TAKEN", CONFLICT;
    /// They are friends already.
    AlreadyFriends = "ALREADY_FRIENDS", CONFLICT;
    /// A request is pending between them.
    FriendRequestExists = "FRIEND_REQUEST_EXISTS", CONFLICT;
    /// No such pending request to the caller.
    FriendRequestNotFound = "FRIEND_REQUEST_NOT_FOUND", NOT_FOUND;
    /// They are no friends.
    NotFriends = "NOT_FRIENDS", BAD_REQUEST;
    /// One of them blocks the other.
    Blocked = "BLOCKED", FORBIDDEN;
    /// Nobody befriends himself.
    CannotFriendSelf = "CANNOT_FRIEND_SELF", BAD_REQUEST;
    /// No such server that the caller may see.
    ServerNotFound = "SERVER_NOT_FOUND", NOT_FOUND;
    /// Members only.
    NotServerMember = "NOT_SERVER_MEMBER", FORBIDDEN;
    /// The owner only.
    NotServerOwner = "NOT_SERVER_OWNER", FORBIDDEN;
    /// The owner and admins only.
    NotServerAdmin = "NOT_SERVER_ADMIN", FORBIDDEN;
    /// A member already.
    AlreadyMember = "ALREADY_MEMBER", CONFLICT;
    /// Banned from the server.
    BannedFromServer = "BANNED_FROM_SERVER", FORBIDDEN;
    /// As many channels as there can be.
    MaxChannelsReached = "MAX_CHANNELS_REACHED", BAD_REQUEST;
    /// No such channel that the caller may know of.
    ChannelNotFound = "CHANNEL_NOT_FOUND", NOT_FOUND;
    /// Other agents' direct messages.
    NotDmParticipant = "NOT_DM_PARTICIPANT", FORBIDDEN;
    /// No such message.
    MessageNotFound = "MESSAGE_NOT_FOUND", NOT_FOUND;
    /// The message is too long.
    MessageTooLong = "MESSAGE_TOO_LONG", BAD_REQUEST;
    /// A limit is used up.
    RateLimited = "RATE_LIMITED", TOO_MANY_REQUESTS;
    /// The limit that the agent has set itself is used up.
    OutboundLimit = "OUTBOUND_LIMIT", TOO_MANY_REQUESTS;
    /// As many wakes as the agent allows; never said to a caller.
    InboundWakeLimit = "INBOUND_WAKE_LIMIT", TOO_MANY_REQUESTS;
    /// The agent's tier is too low.
    InsufficientTrust = "INSUFFICIENT_TRUST", FORBIDDEN;
    /// The agent is quarantined.
    AgentQuarantined = "AGENT_QUARANTINED", FORBIDDEN;
    /// Nobody vouches for himself.
    CannotVouchSelf = "CANNOT_VOUCH_SELF", BAD_REQUEST;
    /// The vouch stands already.
    VouchExists = "VOUCH_EXISTS", CONFLICT;
    /// Flagged already within a day.
    AlreadyFlagged = "ALREADY_FLAGGED", CONFLICT;
    /// The caller may not do this.
    Forbidden = "FORBIDDEN", FORBIDDEN;
    /// Anything else that is not there.
    NotFound = "NOT_FOUND", NOT_FOUND;
    /// Malformed input.
    ValidationError = "VALIDATION_ERROR", BAD_REQUEST;
    /// As many members as there can be.
    ServerFull = "SERVER_FULL", FORBIDDEN;
    /// The body is too large.
    PayloadTooLarge = "PAYLOAD_TOO_LARGE", PAYLOAD_TOO_LARGE;
    /// Something is wrong with the hub.
    InternalError = "INTERNAL_ERROR", INTERNAL_SERVER_ERROR;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the contract is the measure: code and status of each line of it, and nothing besides.
    #[test]
    fn codes_and_statuses_are_those_of_the_contract() {
        let contract = include_str!("../../../../docs/wire/moltchats.md");
        let section = contract.split("### 1.5 Error envelope").nth(1).unwrap().split("### 1.6").next().unwrap();
        let rows: Vec<(String, u16)> = section
            .lines()
            .filter_map(|line| line.strip_prefix("| `"))
            .map(|row| {
                let (code, rest) = row.split_once("` | ").unwrap();
                (code.to_owned(), rest.split_once(' ').unwrap().0.parse().unwrap())
            })
            .collect();
        let ours: Vec<_> = Code::ALL.iter().map(|code| (code.as_str().to_owned(), code.status().as_u16())).collect();
        assert_eq!(ours, rows);
    }
}
