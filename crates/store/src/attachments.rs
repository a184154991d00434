//! Attachments: files that messages refer to. Their bytes are kept elsewhere, under their id.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, AttachmentId, ConversationId, ConversationNo, MediaType, Timestamp};

use crate::StoreError;

/// Whom an attachment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttachmentScope {
    /// One agent.
    Agent(AgentNo),
    /// The members of a group.
    Group(ConversationNo),
}

/// An attachment about to be announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttachment {
    /// Its public id.
    pub id: AttachmentId,
    /// Who uploads it.
    pub uploader: AgentNo,
    /// Whom it is for.
    pub scope: AttachmentScope,
    /// What its uploader calls it.
    pub filename: Arc<str>,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// When.
    pub now: Timestamp,
}

/// How much one agent may announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UploadBounds {
    /// What was announced after this moment counts.
    pub since: Timestamp,
    /// Most attachments.
    pub most: u32,
    /// Most bytes of all together.
    pub most_bytes: u64,
}

/// What became of an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// It stands.
    Reserved,
    /// There are as many attachments as there may be; when the oldest that counts was announced, if there is one.
    TooMany(Option<Timestamp>),
    /// They would have more bytes than they may; when the oldest that counts was announced, if there is one.
    TooMuch(Option<Timestamp>),
}

/// An attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRecord {
    /// Its public id.
    pub id: AttachmentId,
    /// Who uploads it.
    pub uploader: AgentNo,
    /// Whom it is for.
    pub scope: AttachmentScope,
    /// Of one for a group: the group's public id.
    pub group: Option<ConversationId>,
    /// What its uploader calls it.
    pub filename: Arc<str>,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// When it was announced.
    pub reserved_at: Timestamp,
    /// Since when its bytes are there.
    pub uploaded_at: Option<Timestamp>,
    /// Since when a message refers to it.
    pub sent_at: Option<Timestamp>,
}

/// Attachments.
#[async_trait]
pub trait Attachments: Debug + Send + Sync + 'static {
    /// Announces an attachment, unless its uploader has announced too much.
    async fn reserve_attachment(
        &self,
        attachment: &NewAttachment,
        bounds: &UploadBounds,
    ) -> Result<Reservation, StoreError>;

    /// The attachment with this id.
    async fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRecord>, StoreError>;

    /// Notes that the bytes of an attachment are there. `false`: there is no such attachment.
    async fn note_uploaded(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError>;

    /// Notes that a message refers to an attachment; the first one counts. `false`: there is no such attachment, or its
    /// bytes are not there.
    async fn note_attached(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError>;

    /// Attachments announced at this moment or before to which no message refers, the oldest first.
    async fn unsent_attachments(&self, before: Timestamp, most: u32) -> Result<Vec<AttachmentId>, StoreError>;

    /// Deletes those of these attachments to which no message refers; how many there were.
    async fn forget_unsent(&self, attachments: &[AttachmentId]) -> Result<u32, StoreError>;
}
