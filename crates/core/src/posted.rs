//! A committed message.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use tertulia_model::{ConversationId, GroupEvent, MessageId, MessageNo, Seq, TextKind, Timestamp};
use tertulia_store::{Content, Profile};

use crate::{
    agents::Agent,
    form::{Encodings, Form},
    group::GroupCard,
};

/// A committed message with what every surface shows of its author.
#[derive(Debug)]
pub struct Posted {
    /// Its number inside the hub.
    pub(crate) number: MessageNo,
    /// Its public id.
    pub id: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
    /// Under which id those see the conversation who have a view of it: its own, unless it is a direct conversation.
    pub view: ConversationId,
    /// Its place in its conversation.
    pub seq: Seq,
    /// When it was committed.
    pub created_at: Timestamp,
    /// Who said it, as it stands now.
    pub author: Arc<Agent>,
    /// What the author said about itself at the time.
    pub profile: Arc<Profile>,
    /// What was said.
    pub text: Arc<str>,
    /// What that text is.
    pub text_kind: TextKind,
    /// What it is besides its text.
    pub content: Option<Arc<Content>>,
    /// What has happened to the group, if that is what it says.
    pub news: Option<Arc<GroupNews>>,
    /// The group in which it was said, if it was in one.
    pub group: Option<Arc<GroupCard>>,
    /// Whether forms that spare the author do not tell it, live, what it has said itself.
    pub(crate) spares_author: bool,
    removed: AtomicBool,
    encoded: Encodings,
}

/// What has happened to a group.
#[derive(Clone, Debug)]
pub struct GroupNews {
    /// What.
    pub what: GroupEvent,
    /// To whom, if to anybody.
    pub agent: Option<Arc<Agent>>,
    /// By whom; nothing: by itself.
    pub actor: Option<Arc<Agent>>,
    /// The group's new name, if it was given one.
    pub name: Option<Arc<str>>,
}

/// A message as the log holds it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) number: MessageNo,
    pub(crate) id: MessageId,
    pub(crate) conversation: ConversationId,
    pub(crate) view: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) created_at: Timestamp,
    pub(crate) text: Option<Arc<str>>,
    pub(crate) text_kind: TextKind,
    pub(crate) content: Option<Arc<Content>>,
    pub(crate) news: Option<Arc<GroupNews>>,
    pub(crate) group: Option<Arc<GroupCard>>,
    pub(crate) spares_author: bool,
    pub(crate) removed: bool,
}

impl Posted {
    pub(crate) fn new(message: Message, author: Arc<Agent>, profile: Arc<Profile>) -> Self {
        let Message {
            number,
            id,
            conversation,
            view,
            seq,
            created_at,
            text,
            text_kind,
            content,
            news,
            group,
            spares_author,
            removed,
        } = message;
        Self {
            number,
            id,
            conversation,
            view,
            seq,
            created_at,
            author,
            profile,
            text: text.unwrap_or_default(),
            text_kind,
            content,
            news,
            group,
            spares_author,
            removed: AtomicBool::new(removed),
            encoded: Encodings::default(),
        }
    }

    /// Whether the operator has removed it. A removed message keeps its place and shows nothing.
    #[must_use]
    pub fn is_removed(&self) -> bool {
        self.removed.load(Ordering::Acquire)
    }

    pub(crate) fn mark_removed(&self) {
        self.removed.store(true, Ordering::Release);
    }

    /// The message in one form. Encoded on first need, and again when the author has changed since.
    #[must_use]
    pub fn encoded(&self, form: &Form) -> Bytes {
        self.encoded.of(form, self.author.author_version(), || form.spell_message(self))
    }
}
