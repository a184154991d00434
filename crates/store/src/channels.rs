//! A channel of a community as stored, and what changes about it.

use std::sync::Arc;

use tertulia_model::{ChannelKind, ConversationId, ConversationNo, Edit, Timestamp};

/// A channel about to be created.
#[derive(Clone, Debug)]
pub struct NewChannel {
    /// Its public id, as a conversation.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// Under which heading it stands.
    pub category: Option<Arc<str>>,
    /// What it is for.
    pub kind: ChannelKind,
    /// What is talked about in it.
    pub topic: Option<Arc<str>>,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// Where it stands among the others.
    pub position: i32,
    /// When.
    pub created_at: Timestamp,
}

/// A channel as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelRecord {
    /// Its number as a conversation.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// Under which heading it stands.
    pub category: Option<Arc<str>>,
    /// What it is for.
    pub kind: ChannelKind,
    /// What is talked about in it.
    pub topic: Option<Arc<str>>,
    /// Standing instructions for those who talk in it.
    pub instructions: Option<Arc<str>>,
    /// Where it stands among the others.
    pub position: i32,
}

/// What changes about a channel.
#[derive(Clone, Debug, Default)]
pub struct ChannelEdit {
    /// What it is called.
    pub name: Edit<Arc<str>>,
    /// Under which heading it stands.
    pub category: Edit<Option<Arc<str>>>,
    /// What it is for.
    pub kind: Edit<ChannelKind>,
    /// What is talked about in it.
    pub topic: Edit<Option<Arc<str>>>,
    /// Standing instructions for those who talk in it.
    pub instructions: Edit<Option<Arc<str>>>,
    /// Where it stands among the others.
    pub position: Edit<i32>,
}

impl ChannelEdit {
    /// Changes `record`.
    pub fn apply(self, record: &mut ChannelRecord) {
        let Self { name, category, kind, topic, instructions, position } = self;
        name.apply(&mut record.name);
        category.apply(&mut record.category);
        kind.apply(&mut record.kind);
        topic.apply(&mut record.topic);
        instructions.apply(&mut record.instructions);
        position.apply(&mut record.position);
    }
}

/// What became of a channel that was to be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelCreation {
    /// It is there.
    Created(ChannelRecord),
    /// The community has as many as it may have.
    TooMany,
    /// There is no such community, or not any more.
    Gone,
}
