//! Attachments that fail.

use async_trait::async_trait;
use tertulia_model::{AttachmentId, Timestamp};
use tertulia_store::{AttachmentRecord, Attachments, NewAttachment, Reservation, StoreError, UploadBounds};

use super::FaultyStore;

#[async_trait]
impl Attachments for FaultyStore {
    async fn reserve_attachment(
        &self,
        attachment: &NewAttachment,
        bounds: &UploadBounds,
    ) -> Result<Reservation, StoreError> {
        self.through("reserve_attachment", self.inner.reserve_attachment(attachment, bounds)).await
    }

    async fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRecord>, StoreError> {
        self.through("attachment", self.inner.attachment(id)).await
    }

    async fn note_uploaded(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError> {
        self.through("note_uploaded", self.inner.note_uploaded(id, now)).await
    }

    async fn note_attached(&self, id: AttachmentId, now: Timestamp) -> Result<bool, StoreError> {
        self.through("note_attached", self.inner.note_attached(id, now)).await
    }

    async fn spent_attachments(&self, before: Timestamp, most: u32) -> Result<Vec<AttachmentId>, StoreError> {
        self.through("spent_attachments", self.inner.spent_attachments(before, most)).await
    }

    async fn forget_bytes(&self, attachments: &[AttachmentId]) -> Result<u32, StoreError> {
        self.through("forget_bytes", self.inner.forget_bytes(attachments)).await
    }
}
