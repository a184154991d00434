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

/// What a message says of the file that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its public id.
    pub id: AttachmentId,
    /// What its uploader calls it.
    pub filename: Arc<str>,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
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
    /// Since when nobody may have it, since such a message was removed.
    pub removed_at: Option<Timestamp>,
}

impl AttachmentRecord {
    /// What a message says of it.
    #[must_use]
    pub fn attached(&self) -> Attached {
        let Self { id, filename, media_type, bytes, .. } = self;
        Attached { id: *id, filename: filename.clone(), media_type: *media_type, bytes: *bytes }
    }
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

    /// Notes that the bytes of an attachment are there. `false`: there is no such attachment, or it is removed.
    async fn note_uploaded(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError>;

    /// Notes that a message refers to an attachment; the first one counts. `false`: there is no such attachment, its
    /// bytes are not there, or it is removed.
    async fn note_attached(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError>;

    /// Attachments whose bytes are of no use: those that are removed, then those announced at this moment or before to
    /// which no message refers, the oldest first.
    async fn spent_attachments(&self, before: Timestamp, most: u32) -> Result<Vec<AttachmentId>, StoreError>;

    /// Notes that the bytes of these attachments are gone. Of one to which no message refers nothing is left; one that
    /// is used after all is left alone. How many there were.
    async fn forget_bytes(&self, attachments: &[AttachmentId]) -> Result<u32, StoreError>;
}
