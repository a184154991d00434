//! Attachments: who may announce a file, put it there, and fetch it. Where its bytes lie is not the core's business.
//!
//! A file is announced with its length and its digest, for one agent or one group, before its bytes come. What no
//! message refers to after a while is gone by rule at once; its bytes and its row go later.

use std::{sync::Arc, time::Duration};

use tertulia_model::{AgentState, AttachmentId, ConversationId, MediaType, Timestamp, random_uuid};
use tertulia_store::{AttachmentRecord, AttachmentScope, NewAttachment, Reservation, UploadBounds};

use crate::{
    ContentRefused, Deed, Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::Conversation,
    limits::{Action, Quota, Throttle},
    surface::Caller,
};

/// Over which time announcements are counted.
const DAY: Duration = Duration::from_hours(24);

/// How much longer what is gone by rule is left where it is: a message that was let through in the last moment has its
/// file marked by then.
const GRACE: Duration = Duration::from_hours(1);

/// Whom a file is for, as its uploader names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadTarget {
    /// The agent of this name.
    Agent(String),
    /// The group with this id.
    Group(ConversationId),
}

/// A file that is announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadPlan {
    /// Whom it is for.
    pub to: UploadTarget,
    /// What its uploader calls it.
    pub filename: Arc<str>,
    /// What kind of file it is.
    pub media_type: MediaType,
    /// How many bytes it has.
    pub bytes: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
}

impl Chat {
    /// Announces a file. Whether a message with it would be let through is not asked, but for a block.
    ///
    /// # Errors
    ///
    /// In this order: [`Error::Suspended`]; [`Error::UnknownAgent`], [`Error::Oneself`], [`Error::Blocked`], or
    /// [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`Error::Throttled`]; [`Error::Store`].
    // wire: agentchat.md#101-upload
    pub async fn announce_upload(&self, caller: &Caller, plan: &UploadPlan) -> Result<AttachmentId, Error> {
        Self::permit(&caller.agent, Deed::Attend)?;
        let scope = self.scope_of(&caller.agent, &plan.to).await?;
        let (id, now) = (AttachmentId::from_uuid(random_uuid(self.random())), self.now());
        let attachment = NewAttachment {
            id,
            uploader: caller.agent.number,
            scope,
            filename: plan.filename.clone(),
            media_type: plan.media_type,
            bytes: plan.bytes,
            digest: plan.digest,
            now,
        };
        let rules = self.0.rules.files;
        let bounds = UploadBounds { since: now - DAY, most: rules.uploads_per_day, most_bytes: rules.bytes_per_day };
        let most_bytes = u32::try_from(rules.bytes_per_day).unwrap_or(u32::MAX);
        let (action, limit, oldest) = match self.0.store.reserve_attachment(&attachment, &bounds).await? {
            Reservation::Reserved => return Ok(id),
            Reservation::TooMany(oldest) => (Action::Upload, rules.uploads_per_day, oldest),
            Reservation::TooMuch(oldest) => (Action::UploadBytes, most_bytes, oldest),
        };
        Err(Error::Throttled(too_much(action, limit, oldest.unwrap_or(now), now)))
    }

    /// What was announced of a file whose bytes are to come now, from whoever was given its address.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if there is none, not any more, or its uploader is not; [`ContentRefused::AttachmentSent`];
    /// [`Error::Store`].
    // wire: agentchat.md#101-upload
    pub async fn expected_upload(&self, id: AttachmentId) -> Result<AttachmentRecord, Error> {
        let expected = self.kept_attachment(id).await?.ok_or(Error::NotFound(Noun::Attachment))?;
        if expected.sent_at.is_some() {
            return Err(ContentRefused::AttachmentSent.into());
        }
        let uploader = self.0.directory.by_numbers(&[expected.uploader]).await?.remove(&expected.uploader);
        let is_active = uploader.is_some_and(|uploader| uploader.state() == AgentState::Active);
        if is_active { Ok(expected) } else { Err(Error::NotFound(Noun::Attachment)) }
    }

    /// Notes that the bytes of a file are there.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if nobody expects them any more; [`Error::Store`].
    pub async fn note_uploaded(&self, id: AttachmentId) -> Result<(), Error> {
        let is_expected = self.0.store.note_uploaded(id, self.now()).await?;
        if is_expected { Ok(()) } else { Err(Error::NotFound(Noun::Attachment)) }
    }

    /// A file that the caller may fetch: its own, one for it, one for a group of which it is a member.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`crate::GroupBarred::Gone`]; [`Error::Suspended`], [`Error::Store`].
    // wire: agentchat.md#102-download
    pub async fn attachment_for(&self, caller: &Caller, id: AttachmentId) -> Result<AttachmentRecord, Error> {
        Self::permit(&caller.agent, Deed::Attend)?;
        let found = self.kept_attachment(id).await?.filter(|found| found.uploaded_at.is_some());
        let number = caller.agent.number;
        let is_own =
            |found: &AttachmentRecord| found.uploader == number || found.scope == AttachmentScope::Agent(number);
        if let Some(own) = found.clone().filter(is_own) {
            return Ok(own);
        }
        // Also about what is not there, so that the store is asked the same.
        let group = found.as_ref().and_then(|found| found.group);
        let group = group.unwrap_or(ConversationId::from_uuid(random_uuid(self.random())));
        match self.group_to_write_in(&caller.agent, group).await {
            Ok(_) => found.ok_or(Error::NotFound(Noun::Attachment)),
            Err(Error::NotFound(_)) => Err(Error::NotFound(Noun::Attachment)),
            Err(barred) => Err(barred),
        }
    }

    /// A file whose bytes are there, for whoever was given its address.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn uploaded(&self, id: AttachmentId) -> Result<AttachmentRecord, Error> {
        let found = self.kept_attachment(id).await?.filter(|found| found.uploaded_at.is_some());
        found.ok_or(Error::NotFound(Noun::Attachment))
    }

    /// Files that are gone by rule, or removed by the operator, whose bytes may be removed; at most so many. They come
    /// again until they are forgotten.
    ///
    /// # Errors
    ///
    /// [`Error::Store`].
    pub async fn spent_uploads(&self, most: u32) -> Result<Vec<AttachmentId>, Error> {
        let before = self.now() - self.0.rules.files.unsent_kept - GRACE;
        Ok(self.0.store.spent_attachments(before, most).await?)
    }

    /// Forgets files whose bytes are removed.
    ///
    /// # Errors
    ///
    /// [`Error::Stopping`], [`Error::Store`].
    pub async fn forget_uploads(&self, uploads: Vec<AttachmentId>) -> Result<u32, Error> {
        let chat = self.clone();
        let forgetting = async move { Ok(chat.0.store.forget_bytes(&uploads).await?) };
        self.0.journal.exclusively(forgetting).await
    }

    /// The attachment with this id, unless its time is over or it is removed.
    pub(crate) async fn kept_attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRecord>, Error> {
        let since = self.now() - self.0.rules.files.unsent_kept;
        let found = self.0.store.attachment(id).await?;
        let is_kept = |found: &AttachmentRecord| found.sent_at.is_some() || found.reserved_at > since;
        Ok(found.filter(|found| found.removed_at.is_none() && is_kept(found)))
    }

    async fn scope_of(&self, uploader: &Agent, to: &UploadTarget) -> Result<AttachmentScope, Error> {
        match to {
            UploadTarget::Agent(name) => {
                let recipient = self.require_reachable(name).await?;
                if recipient.number == uploader.number {
                    return Err(Error::Oneself);
                }
                if self.is_blocked(uploader, &recipient).await? {
                    return Err(Error::Blocked);
                }
                Ok(AttachmentScope::Agent(recipient.number))
            }
            UploadTarget::Group(id) => {
                let group = self.group_to_write_in(uploader, *id).await?;
                Ok(AttachmentScope::Group(group.number))
            }
        }
    }

    /// A group that is there, and of which `agent` is a member.
    async fn group_to_write_in(&self, agent: &Agent, id: ConversationId) -> Result<Arc<Conversation>, Error> {
        let conversation = self.require_group(agent, id).await?;
        conversation.group().ok_or(Error::NotFound(Noun::Group))?.permit_writing(agent.number)?;
        Ok(conversation)
    }
}

/// What an agent is told that has announced as much as it may, until the oldest announcement leaves the window.
fn too_much(action: Action, limit: u32, oldest: Timestamp, now: Timestamp) -> Throttle {
    let resets_at = oldest + DAY;
    let micros = resets_at.as_micros().saturating_sub(now.as_micros());
    let resets_in = Duration::from_micros(u64::try_from(micros).unwrap_or(0));
    let quota = Quota { limit, remaining: 0, resets_in, resets_at };
    Throttle { action, quota, per: DAY, is_local: false }
}
