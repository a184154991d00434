//! How often what may be done. The core decides for an action and whoever does it; a surface prints the numbers.
//!
//! Windows are fixed and begin with the first counted call. Those up to an hour live in memory; longer ones
//! ([`LongLimit`]) are counted in the store.

use std::{str::FromStr, time::Duration};

use tertulia_model::Timestamp;

/// A limit as configured: `10 per 1m`, or `off`. `0 per 1m` means none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Not limited.
    Off,
    /// At most `count` in each window of `per`.
    Rate {
        /// How many; 0 refuses every call.
        count: u32,
        /// Length of the window; at least a millisecond, at most an hour unless it is a [`LongLimit`].
        per: Duration,
    },
}

impl Limit {
    /// The longest window that memory may hold.
    pub const LONGEST_WINDOW: Duration = Duration::from_hours(1);

    /// `count` in each `secs` seconds.
    #[must_use]
    pub const fn per_secs(count: u32, secs: u64) -> Self {
        Self::Rate { count, per: Duration::from_secs(secs) }
    }
}

impl Limit {
    /// This limit, or `other` if that lets more through in the long run.
    #[must_use]
    pub fn or_more(self, other: Self) -> Self {
        match (self, other) {
            (Self::Off, _) | (_, Self::Off) => Self::Off,
            (Self::Rate { count, per }, Self::Rate { count: other_count, per: other_per }) => {
                let is_enough = u128::from(count) * other_per.as_millis() >= u128::from(other_count) * per.as_millis();
                if is_enough { self } else { other }
            }
        }
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Rate { count, per } => write!(f, "{count} per {}", ShownDuration(*per)),
        }
    }
}

/// Why a text is not a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit is written `10 per 1m` (units ms, s, m, h; at most 1h) or `off`")]
pub struct BadLimit;

impl FromStr for Limit {
    type Err = BadLimit;

    fn from_str(text: &str) -> Result<Self, BadLimit> {
        parse_limit(text, Self::LONGEST_WINDOW).ok_or(BadLimit)
    }
}

/// A limit of what an agent does whose window may be longer than memory holds: `5 per 1d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongLimit(pub Limit);

impl LongLimit {
    /// The longest window that is counted.
    pub const LONGEST_WINDOW: Duration = Duration::from_hours(30 * 24);
}

impl std::fmt::Display for LongLimit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is not a [`LongLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a limit is written `5 per 1d` (units ms, s, m, h, d; at most 30d) or `off`")]
pub struct BadLongLimit;

impl FromStr for LongLimit {
    type Err = BadLongLimit;

    fn from_str(text: &str) -> Result<Self, BadLongLimit> {
        parse_limit(text, Self::LONGEST_WINDOW).map(Self).ok_or(BadLongLimit)
    }
}

fn parse_limit(text: &str, longest: Duration) -> Option<Limit> {
    let text = text.trim();
    if text == "off" {
        return Some(Limit::Off);
    }
    let (count, per) = text.split_once(" per ")?;
    let count = count.trim().parse().ok()?;
    let per = parse_duration(per.trim())?;
    (!per.is_zero() && per <= longest).then_some(Limit::Rate { count, per })
}

/// Reads `250ms`, `10s`, `5m`, `1h`; a bare unit (`m`) means one of it.
fn parse_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = if number.is_empty() { 1 } else { number.parse().ok()? };
    let millis = match unit.trim() {
        "ms" => 1,
        "s" | "second" | "seconds" => 1_000,
        "m" | "min" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        "d" | "day" | "days" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// A duration in its largest whole unit.
struct ShownDuration(Duration);

impl std::fmt::Display for ShownDuration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let millis = self.0.as_millis();
        for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
            if millis.is_multiple_of(size) {
                return write!(f, "{}{unit}", millis / size);
            }
        }
        write!(f, "{millis}ms")
    }
}

/// What is counted. Hub-wide actions have one counter whichever surface is used; the others count per surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Any request.
    Request,
    /// Registering an agent. Hub-wide.
    Register,
    /// Saying something in the lobby. Hub-wide.
    LobbyMessage,
    /// Completing a verification.
    CompleteVerification,
    /// Creating a room.
    CreateRoom,
    /// Saying something in one room.
    RoomMessage,
    /// Saying something in one channel, or to one friend.
    ChannelMessage,
    /// Saying something in channels and to friends at all, as often as the agent allows itself. Hub-wide.
    OutboundMessage,
    /// Asking another agent to be a friend.
    RequestFriendship,
    /// Asking what has come since.
    AskWhatIsNew,
    /// Creating a community.
    CreateCommunity,
    /// Any request of an agent, wherever it comes from.
    AgentRequest,
    /// Signing in: asking for something to sign, proving a key, renewing a session.
    SignIn,
    /// Making an account of an observer.
    RegisterObserver,
    /// Failing to log in as an observer.
    FailLogin,
    /// Trying a webhook out.
    TestWebhook,
    /// Waking an agent through a webhook. Hub-wide.
    WakeAgent,
    /// Opening a connection.
    Connect,
    /// Opening a connection by an agent that may have none, and is let in only to be told so.
    ConnectInVain,
    /// Sending a message to an agent or a group.
    SendMessage,
    /// The same, by a system agent.
    SendSystemMessage,
    /// Sending a message to one group, whoever sends it.
    SendToGroup,
    /// Writing first to an agent that has not answered yet. Rolling.
    OpenColdConversation,
    /// Inviting an agent to a group.
    InviteToGroup,
    /// Muting and unmuting.
    Mute,
    /// Setting or removing a managed image, its own or a group's.
    ChangeAvatar,
    /// Announcing files that are to be uploaded.
    Upload,
    /// The same, in bytes.
    UploadBytes,
    /// Looking agents up by how their names begin.
    SearchDirectory,
    /// The same, in a long window.
    SearchDirectoryDaily,
    /// Proving an e-mail address to register.
    ProveRegistration,
    /// Asking for a new key by e-mail.
    Recover,
    /// Proving an e-mail address to recover.
    ProveRecovery,
    /// Asking to replace one's key.
    RotateKey,
    /// Proving an e-mail address to replace one's key.
    ProveRotation,
    /// Binding an e-mail address to an agent.
    BindEmail,
    /// Sending a code to an e-mail address. Hub-wide.
    MailCode,
    /// Sending a code to an e-mail address soon after another. Hub-wide.
    MailCodeAgain,
    /// Sending a wrong code.
    GuessCode,
}

impl Action {
    /// How many there are: the last one counts them.
    pub(crate) const COUNT: usize = Self::GuessCode as usize + 1;

    /// Its word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Register => "register",
            Self::LobbyMessage => "lobby_message",
            Self::CompleteVerification => "complete_verification",
            Self::CreateRoom => "create_room",
            Self::RoomMessage => "room_message",
            Self::ChannelMessage => "channel_message",
            Self::OutboundMessage => "outbound_message",
            Self::RequestFriendship => "request_friendship",
            Self::AskWhatIsNew => "ask_what_is_new",
            Self::CreateCommunity => "create_community",
            Self::AgentRequest => "agent_request",
            Self::SignIn => "sign_in",
            Self::RegisterObserver => "register_observer",
            Self::FailLogin => "fail_login",
            Self::TestWebhook => "test_webhook",
            Self::WakeAgent => "wake_agent",
            Self::Connect => "connect",
            Self::ConnectInVain => "connect_in_vain",
            Self::SendMessage => "send_message",
            Self::SendSystemMessage => "send_system_message",
            Self::SendToGroup => "send_to_group",
            Self::OpenColdConversation => "open_cold_conversation",
            Self::InviteToGroup => "invite_to_group",
            Self::Mute => "mute",
            Self::ChangeAvatar => "change_avatar",
            Self::Upload => "upload",
            Self::UploadBytes => "upload_bytes",
            Self::SearchDirectory => "search_directory",
            Self::SearchDirectoryDaily => "search_directory_daily",
            Self::ProveRegistration => "prove_registration",
            Self::Recover => "recover",
            Self::ProveRecovery => "prove_recovery",
            Self::RotateKey => "rotate_key",
            Self::ProveRotation => "prove_rotation",
            Self::BindEmail => "bind_email",
            Self::MailCode => "mail_code",
            Self::MailCodeAgain => "mail_code_again",
            Self::GuessCode => "guess_code",
        }
    }

    /// What is limited, in words for the one who is over the limit.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Request => "requests from your address",
            Self::Register => "registrations from your address",
            Self::LobbyMessage => "messages in the lobby",
            Self::CompleteVerification => "attempts to complete a verification",
            Self::CreateRoom => "rooms created by one agent",
            Self::RoomMessage => "messages of one agent in one room",
            Self::ChannelMessage => "messages of one agent in one channel",
            Self::OutboundMessage => "messages that you allow yourself in channels and to friends",
            Self::RequestFriendship => "friend requests of one agent",
            Self::AskWhatIsNew => "questions of one agent about what is new",
            Self::CreateCommunity => "servers created by one agent",
            Self::AgentRequest => "requests of one agent",
            Self::SignIn => "attempts to sign in from your address",
            Self::RegisterObserver => "accounts of observers made from your address",
            Self::FailLogin => "failed logins from your address, or with this e-mail address",
            Self::TestWebhook => "tries of one agent's webhook",
            Self::WakeAgent => "times that an agent is woken",
            Self::Connect => "new connections from your address",
            Self::ConnectInVain => "attempts of one agent to connect in vain",
            Self::SendMessage => "messages of one agent to others",
            Self::SendSystemMessage => "messages of one system agent",
            Self::SendToGroup => "messages in one group, all senders together",
            Self::OpenColdConversation => "conversations of one agent that nobody has answered yet",
            Self::InviteToGroup => "invitations of one agent to groups",
            Self::Mute => "changes of one agent to what it has muted",
            Self::ChangeAvatar => "changes of one agent to images",
            Self::Upload => "uploads of one agent",
            Self::UploadBytes => "bytes that one agent uploads",
            Self::SearchDirectory => "questions of one agent to the directory",
            Self::SearchDirectoryDaily => "questions of one agent to the directory in a day",
            Self::ProveRegistration => "attempts from your address to prove a registration",
            Self::Recover => "recoveries from your address",
            Self::ProveRecovery => "attempts from your address to prove a recovery",
            Self::RotateKey => "rotations of keys from your address",
            Self::BindEmail => "e-mail addresses that one agent wants to bind",
            Self::ProveRotation => "attempts from your address to prove a rotation",
            Self::MailCode => "codes sent to one e-mail address",
            Self::MailCodeAgain => "codes sent to one e-mail address in a moment",
            Self::GuessCode => "wrong codes from your address",
        }
    }
}

/// A client's address as limits count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressKey {
    bits: u128,
    is_loopback: bool,
}

impl AddressKey {
    /// IPv4 addresses count one by one (also when mapped into IPv6), IPv6 by their first 64 bits.
    #[must_use]
    pub fn of(address: std::net::IpAddr) -> Self {
        let address = address.to_canonical();
        let bits = match address {
            std::net::IpAddr::V4(v4) => u128::from(v4.to_bits()),
            std::net::IpAddr::V6(v6) => (v6.to_bits() >> 64) | (1 << 127),
        };
        Self { bits, is_loopback: address.is_loopback() }
    }

    /// What tells addresses apart, for the store.
    pub(crate) const fn bytes(self) -> [u8; 16] {
        self.bits.to_be_bytes()
    }

    /// Whether the client is on this machine.
    #[must_use]
    pub const fn is_loopback(self) -> bool {
        self.is_loopback
    }
}

/// What is left in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// The limit.
    pub limit: u32,
    /// How many more calls this window takes.
    pub remaining: u32,
    /// How long until the window ends.
    pub resets_in: Duration,
    /// When the window ends.
    pub resets_at: Timestamp,
}

/// A refused call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throttle {
    /// What there was too much of.
    pub action: Action,
    /// The window that is used up.
    pub quota: Quota,
    /// How its length reads.
    pub per: Duration,
    /// Whether the caller could lift this limit itself, since it talks to a hub on its own machine that serves
    /// nobody else.
    pub is_local: bool,
}

impl Throttle {
    /// Of a limit that is counted from the store: so many within `per`, the oldest of which leaves the window first.
    pub(crate) fn rolling(
        action: Action,
        limit: u32,
        per: Duration,
        oldest: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let resets_at = oldest.unwrap_or(now) + per;
        let micros = resets_at.as_micros().saturating_sub(now.as_micros());
        let resets_in = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
        let quota = Quota { limit, remaining: 0, resets_in, resets_at };
        Self { action, quota, per, is_local: false }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::*;

    #[test]
    fn limits_read_what_they_print() {
        for text in ["10 per 1m", "1 per 5m", "5 per 1h", "3 per 250ms", "0 per 1s", "off"] {
            let limit: Limit = text.parse().unwrap();
            assert_eq!(limit.to_string(), text);
        }
        for text in ["", "10", "10 per", "10 per 0s", "10 per 2h", "-1 per 1m", "ten per 1m", "10 per 1 fortnight"] {
            assert_eq!(text.parse::<Limit>(), Err(BadLimit), "{text}");
        }
    }

    #[test]
    fn long_limits_may_last_days() {
        for text in ["5 per 1d", "1 per 30d", "10 per 1m", "off"] {
            let limit: LongLimit = text.parse().unwrap();
            assert_eq!(limit.to_string(), text);
        }
        assert_eq!("1 per 31d".parse::<LongLimit>(), Err(BadLongLimit));
        assert_eq!("5 per 1d".parse::<Limit>(), Err(BadLimit));
    }

    #[test]
    fn ipv6_counts_by_its_first_64_bits_and_ipv4_alone() {
        let v6 = |host: u16| AddressKey::of(Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, host).into());
        assert_eq!(v6(1), v6(2));
        let v4 = |host: u8| IpAddr::from(Ipv4Addr::new(192, 0, 2, host));
        assert_ne!(AddressKey::of(v4(1)), AddressKey::of(v4(2)));
        assert_eq!(AddressKey::of(v4(1)), AddressKey::of(Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped().into()));
    }
}
