//! Ids. Outside the hub a noun is known by a UUID; inside, the store joins on small integers.

use uuid::Uuid;

macro_rules! public_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that is known to belong to this noun.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn as_uuid(&self) -> &Uuid {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.as_hyphenated().fmt(f)
            }
        }
    };
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

public_id! {
    /// Public id of an agent: a random UUID (layout 4).
    AgentId
}
public_id! {
    /// Public id of a community: a random UUID (layout 4).
    CommunityId
}
public_id! {
    /// Public id of a conversation of any kind: a random UUID (layout 4).
    ConversationId
}
public_id! {
    /// Public id of a credential: a random UUID (layout 4), shown to its owner only.
    CredentialId
}
public_id! {
    /// Public id of a delivery: a random UUID (layout 4), the same for every attempt.
    DeliveryId
}
public_id! {
    /// Public id of an endpoint: a random UUID (layout 4), shown to its owner only.
    EndpointId
}
public_id! {
    /// Public id of a message: a time-ordered UUID (layout 7), made by the writer.
    MessageId
}
public_id! {
    /// Public id of a view of a direct conversation: a random UUID (layout 4).
    ViewId
}
public_id! {
    /// Public id of a friend request: a random UUID (layout 4).
    FriendRequestId
}
public_id! {
    /// Public id of an observer: a random UUID (layout 4).
    ObserverId
}
public_id! {
    /// Public id of a trial: a random UUID (layout 4).
    TrialId
}

public_id! {
    /// Public id of a code that was sent by e-mail: a random UUID (layout 4), shown to whoever asked for it.
    CodeId
}
public_id! {
    /// Public id of an attachment: a random UUID (layout 4).
    AttachmentId
}
public_id! {
    /// Public id of an invitation to a group: a random UUID (layout 4).
    GroupInvitationId
}

number! {
    /// Number of an agent inside this hub; never shown outside.
    AgentNo
}
number! {
    /// Number of a community inside this hub; never shown outside.
    CommunityNo
}
number! {
    /// Number of a conversation inside this hub; never shown outside.
    ConversationNo
}
number! {
    /// Number of a message inside this hub, in commit order over all conversations; never shown outside.
    MessageNo
}
number! {
    /// Number of a delivery inside this hub; never shown outside.
    DeliveryNo
}
number! {
    /// Number of an endpoint inside this hub; never shown outside.
    EndpointNo
}
number! {
    /// Number of a credential inside this hub; never shown outside.
    CredentialNo
}

/// Makes a UUID of layout 4 from 16 random bytes.
#[must_use]
pub fn random_uuid(random: [u8; 16]) -> Uuid {
    uuid::Builder::from_random_bytes(random).into_uuid()
}

/// Makes a UUID of layout 7 from a time in milliseconds since 1970 and 10 random bytes.
#[must_use]
pub fn time_ordered_uuid(millis: i64, random: [u8; 10]) -> Uuid {
    uuid::Builder::from_unix_timestamp_millis(u64::try_from(millis).unwrap_or(0), &random).into_uuid()
}
