//! Ids on the wire: a prefix, and the 16 bytes of the core's UUID in base64url; for places in a delivery queue the same
//! in lower-case hex.
//!
//! Both ways are exact: what parses is what would be shown, so no two texts name one thing.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, Serializer};
use tertulia_model::{
    AgentId, AttachmentId, CodeId, ConversationId, DeliveryId, EndpointId, GroupInvitationId, MessageId,
};
use uuid::Uuid;

/// What an id names.
// wire: agentchat.md#21-identifiers
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Agent,
    Conversation,
    Group,
    Message,
    Invitation,
    Attachment,
    Webhook,
    WebhookDelivery,
    Pending,
    Report,
}

impl Kind {
    const fn prefix(self) -> &'static str {
        match self {
            Self::Agent => "agt_",
            Self::Conversation => "conv_",
            Self::Group => "grp_",
            Self::Message => "msg_",
            Self::Invitation => "gri_",
            Self::Attachment => "att_",
            Self::Webhook => "whk_",
            Self::WebhookDelivery => "whd_",
            Self::Pending => "pnd_",
            Self::Report => "rpt_",
        }
    }

    /// The id of `uuid` as one of these.
    pub(crate) fn show(self, uuid: &Uuid) -> PublicId {
        let (prefix, mut text) = (self.prefix().as_bytes(), [0; LONGEST]);
        text[..prefix.len()].copy_from_slice(prefix);
        let end = prefix.len() + ENCODED;
        let written = URL_SAFE_NO_PAD.encode_slice(uuid.as_bytes(), &mut text[prefix.len()..end]);
        debug_assert_eq!(written, Ok(ENCODED), "16 bytes are 22 characters");
        PublicId { text, length: end }
    }

    /// The UUID that `text` shows as one of these.
    pub(crate) fn parse(self, text: &str) -> Option<Uuid> {
        let encoded = text.strip_prefix(self.prefix()).filter(|encoded| encoded.len() == ENCODED)?;
        let mut bytes = [0; 18];
        let length = URL_SAFE_NO_PAD.decode_slice(encoded, &mut bytes).ok()?;
        Uuid::from_slice(&bytes[..length]).ok()
    }
}

/// Characters of 16 bytes in base64url.
const ENCODED: usize = 22;

/// The longest prefix, and what follows: `conv_` or `del_`.
const LONGEST: usize = 4 + 32;

/// An id as it goes over the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicId {
    text: [u8; LONGEST],
    length: usize,
}

impl PublicId {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl std::fmt::Display for PublicId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

pub(crate) fn agent(id: AgentId) -> PublicId {
    Kind::Agent.show(id.as_uuid())
}

/// A conversation of two.
pub(crate) fn conversation(id: ConversationId) -> PublicId {
    Kind::Conversation.show(id.as_uuid())
}

pub(crate) fn group(id: ConversationId) -> PublicId {
    Kind::Group.show(id.as_uuid())
}

pub(crate) fn message(id: MessageId) -> PublicId {
    Kind::Message.show(id.as_uuid())
}

pub(crate) fn invitation(id: GroupInvitationId) -> PublicId {
    Kind::Invitation.show(id.as_uuid())
}

pub(crate) fn parse_invitation(text: &str) -> Option<GroupInvitationId> {
    Kind::Invitation.parse(text).map(GroupInvitationId::from_uuid)
}

/// Something that waits for a code.
pub(crate) fn pending(id: CodeId) -> PublicId {
    Kind::Pending.show(id.as_uuid())
}

pub(crate) fn attachment(id: AttachmentId) -> PublicId {
    Kind::Attachment.show(id.as_uuid())
}

pub(crate) fn webhook(id: EndpointId) -> PublicId {
    Kind::Webhook.show(id.as_uuid())
}

pub(crate) fn webhook_delivery(id: DeliveryId) -> PublicId {
    Kind::WebhookDelivery.show(id.as_uuid())
}

pub(crate) fn parse_group(text: &str) -> Option<ConversationId> {
    Kind::Group.parse(text).map(ConversationId::from_uuid)
}

pub(crate) fn parse_message(text: &str) -> Option<MessageId> {
    Kind::Message.parse(text).map(MessageId::from_uuid)
}

pub(crate) fn parse_webhook(text: &str) -> Option<EndpointId> {
    Kind::Webhook.parse(text).map(EndpointId::from_uuid)
}

/// A conversation as a client names it: what kind it takes it for is part of the id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NamedConversation {
    Direct(ConversationId),
    Group(ConversationId),
}

impl NamedConversation {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let direct = Kind::Conversation.parse(text).map(ConversationId::from_uuid).map(Self::Direct);
        direct.or_else(|| parse_group(text).map(Self::Group))
    }
}

/// A place in a delivery queue: opaque, and nothing but this maps it to a position.
// wire: agentchat.md#82-set-and-order
pub(crate) fn envelope(uuid: &Uuid) -> PublicId {
    let mut text = [0; LONGEST];
    text[..4].copy_from_slice(b"del_");
    uuid.as_simple().encode_lower(&mut text[4..]);
    PublicId { text, length: LONGEST }
}

pub(crate) fn parse_envelope(text: &str) -> Option<Uuid> {
    let hex = text.strip_prefix("del_").filter(|hex| hex.len() == 32)?;
    let is_lower_hex = hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_lower_hex { Uuid::try_parse(hex).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KINDS: [Kind; 10] = [
        Kind::Agent,
        Kind::Conversation,
        Kind::Group,
        Kind::Message,
        Kind::Invitation,
        Kind::Attachment,
        Kind::Webhook,
        Kind::WebhookDelivery,
        Kind::Pending,
        Kind::Report,
    ];

    #[test]
    fn ids_are_shown_with_their_prefix() {
        assert_eq!(agent(AgentId::from_uuid(Uuid::nil())).as_str(), "agt_AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(conversation(ConversationId::from_uuid(Uuid::max())).to_string(), "conv______________________w");
        assert_eq!(envelope(&Uuid::max()).as_str(), format!("del_{}", "f".repeat(32)));
        let id = DeliveryId::from_uuid(Uuid::nil());
        assert_eq!(serde_json::to_string(&webhook_delivery(id)).unwrap(), r#""whd_AAAAAAAAAAAAAAAAAAAAAA""#);
    }

    #[test]
    fn a_conversation_is_named_with_its_kind() {
        let id = ConversationId::from_uuid(Uuid::from_u128(7));
        assert_eq!(NamedConversation::parse(conversation(id).as_str()), Some(NamedConversation::Direct(id)));
        assert_eq!(NamedConversation::parse(group(id).as_str()), Some(NamedConversation::Group(id)));
        assert_eq!(NamedConversation::parse(message(MessageId::from_uuid(Uuid::nil())).as_str()), None);
        assert_eq!(parse_message(group(id).as_str()), None);
        assert_eq!(
            parse_webhook(webhook(EndpointId::from_uuid(Uuid::nil())).as_str()).map(|id| *id.as_uuid()),
            Some(Uuid::nil())
        );
    }

    #[test]
    fn no_second_text_names_the_same() {
        let text = Kind::Message.show(&Uuid::nil());
        assert!(Kind::Message.parse(text.as_str()).is_some());
        // The last character carries two bits; others there would be ignored.
        for other in ["msg_AAAAAAAAAAAAAAAAAAAAAB", "msg_AAAAAAAAAAAAAAAAAAAAA", "MSG_AAAAAAAAAAAAAAAAAAAAAA", " msg_"]
        {
            assert_eq!(Kind::Message.parse(other), None, "{other}");
        }
        assert_eq!(parse_envelope(&format!("del_{}", "F".repeat(32))), None);
        assert_eq!(parse_envelope(&format!("del_{{{}}}", "f".repeat(30))), None);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_parsed(bytes: [u8; 16]) {
            let uuid = Uuid::from_bytes(bytes);
            for kind in KINDS {
                let shown = kind.show(&uuid);
                prop_assert!(shown.as_str().len() <= 64);
                prop_assert_eq!(kind.parse(shown.as_str()), Some(uuid));
                prop_assert!(KINDS.iter().all(|other| *other == kind || other.parse(shown.as_str()).is_none()));
            }
            prop_assert_eq!(parse_envelope(envelope(&uuid).as_str()), Some(uuid));
        }

        #[test]
        fn what_is_parsed_is_shown(text in "(msg_[A-Za-z0-9_-]{22}|del_[0-9a-f]{32}|.{0,40})") {
            if let Some(uuid) = Kind::Message.parse(&text) {
                let shown = Kind::Message.show(&uuid);
                prop_assert_eq!(shown.as_str(), text.as_str());
            }
            if let Some(uuid) = parse_envelope(&text) {
                let shown = envelope(&uuid);
                prop_assert_eq!(shown.as_str(), text.as_str());
            }
        }
    }
}
