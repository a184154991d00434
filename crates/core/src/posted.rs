//! A committed message, and its bytes in every wire form that was asked for.

use std::{
    fmt::Debug,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use tertulia_model::{ConversationId, MessageId, Seq, Timestamp};
use tertulia_store::Profile;

use crate::agents::Agent;

/// A committed message with what every surface shows of its author.
#[derive(Debug)]
pub struct Posted {
    /// Its public id.
    pub id: MessageId,
    /// Where it was said.
    pub conversation: ConversationId,
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
    removed: AtomicBool,
    encoded: Mutex<Vec<Encoded>>,
}

/// Bytes of a message in one form, good for one state of its author.
#[derive(Debug)]
struct Encoded {
    form: usize,
    author_version: u32,
    bytes: Bytes,
}

/// How one surface spells a message. Make one with [`Form::new`] and keep it: encoded bytes are remembered per form.
#[derive(Clone)]
pub struct Form(Arc<Encode>);

type Encode = dyn Fn(&Posted, &mut Vec<u8>) + Send + Sync;

impl Form {
    /// A form that appends its spelling of a message to a buffer.
    pub fn new(encode: impl Fn(&Posted, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(encode))
    }

    /// Tells this form from every other one that is alive.
    fn id(&self) -> usize {
        Arc::as_ptr(&self.0).cast::<()>().addr()
    }
}

impl Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Form").field(&self.id()).finish()
    }
}

impl PartialEq for Form {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

/// A message as the log holds it.
#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) conversation: ConversationId,
    pub(crate) seq: Seq,
    pub(crate) created_at: Timestamp,
    pub(crate) text: Option<Arc<str>>,
    pub(crate) removed: bool,
}

impl Posted {
    pub(crate) fn new(message: Message, author: Arc<Agent>, profile: Arc<Profile>) -> Self {
        let Message { id, conversation, seq, created_at, text, removed } = message;
        let removed = AtomicBool::new(removed);
        let text = text.unwrap_or_default();
        Self { id, conversation, seq, created_at, author, profile, text, removed, encoded: Mutex::default() }
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
        let author_version = self.author.author_version();
        if let Some(known) = self.remembered(form, author_version) {
            return known;
        }
        let mut bytes = Vec::with_capacity(384 + self.text.len());
        (form.0)(self, &mut bytes);
        let bytes = Bytes::from(bytes);
        let mut encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        encoded.retain(|known| known.form != form.id());
        encoded.push(Encoded { form: form.id(), author_version, bytes: bytes.clone() });
        bytes
    }

    fn remembered(&self, form: &Form, author_version: u32) -> Option<Bytes> {
        let encoded = self.encoded.lock().unwrap_or_else(PoisonError::into_inner);
        let known = encoded.iter().find(|known| known.form == form.id() && known.author_version == author_version)?;
        Some(known.bytes.clone())
    }
}
