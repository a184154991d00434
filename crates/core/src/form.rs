//! How a surface spells what happens, and the bytes that came of it.
//!
//! An event is encoded at most once per form: whoever asks again gets the same bytes.

use std::{
    fmt::{Debug, Display},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use tertulia_model::AgentNo;

use crate::{notice::Notice, posted::Posted};

/// How one surface spells messages and notices. Make one with [`Form::new`] and keep it: encoded bytes are remembered
/// per form.
#[derive(Clone)]
pub struct Form(Arc<Spelling>);

struct Spelling {
    message: Box<Spell<Posted>>,
    notice: Option<Box<Spell<Notice>>>,
    spares_authors: bool,
}

type Spell<T> = dyn Fn(&T, &mut Vec<u8>) + Send + Sync;

impl Form {
    /// A form that appends its spelling of a message to a buffer, and has no words for notices.
    pub fn new(message: impl Fn(&Posted, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Spelling { message: Box::new(message), notice: None, spares_authors: false }))
    }

    /// A form for messages and for notices. A notice for which nothing is appended is passed over.
    pub fn with_notices(
        message: impl Fn(&Posted, &mut Vec<u8>) + Send + Sync + 'static,
        notice: impl Fn(&Notice, &mut Vec<u8>) + Send + Sync + 'static,
    ) -> Self {
        let notice: Option<Box<Spell<Notice>>> = Some(Box::new(notice));
        Self(Arc::new(Spelling { message: Box::new(message), notice, spares_authors: false }))
    }

    /// A form for messages that spares their authors: who listens in it is not told, live, what it has said itself, if
    /// it has said it so ([`crate::Utterance::spares_author`]).
    pub fn sparing_authors(message: impl Fn(&Posted, &mut Vec<u8>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Spelling { message: Box::new(message), notice: None, spares_authors: true }))
    }

    /// Whether a listener is spared this message: it has said it itself, and wants no echo.
    pub(crate) fn spares(&self, posted: &Posted, listener: Option<AgentNo>) -> bool {
        self.0.spares_authors && posted.spares_author && listener == Some(posted.author.number)
    }

    pub(crate) fn spell_message(&self, posted: &Posted) -> Bytes {
        let mut bytes = Vec::with_capacity(384 + posted.text.len());
        (self.0.message)(posted, &mut bytes);
        bytes.into()
    }

    pub(crate) fn spell_notice(&self, notice: &Notice) -> Bytes {
        let mut bytes = Vec::new();
        if let Some(spell) = &self.0.notice {
            spell(notice, &mut bytes);
        }
        bytes.into()
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

/// What a form makes of an event, or nothing if the form fails: its surface's mistake must not silence everybody else who
/// is to be told.
pub(crate) fn shielded(event: &dyn Display, encode: impl FnOnce() -> Bytes) -> Bytes {
    catch_unwind(AssertUnwindSafe(encode)).unwrap_or_else(|_| {
        tracing::error!(%event, "a form failed; its subscribers do not get the event");
        Bytes::new()
    })
}

/// The bytes of one event in every form that was asked for, each good for one version of what it shows.
#[derive(Debug, Default)]
pub(crate) struct Encodings(Mutex<Vec<Encoding>>);

#[derive(Debug)]
struct Encoding {
    form: usize,
    version: u32,
    bytes: Bytes,
}

impl Encodings {
    /// The bytes in `form`, made by `spell` if they are not there, or are of another version.
    pub(crate) fn of(&self, form: &Form, version: u32, spell: impl FnOnce() -> Bytes) -> Bytes {
        if let Some(known) = self.known(form, version) {
            return known;
        }
        let bytes = spell();
        let mut encodings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        encodings.retain(|known| known.form != form.id());
        encodings.push(Encoding { form: form.id(), version, bytes: bytes.clone() });
        bytes
    }

    fn known(&self, form: &Form, version: u32) -> Option<Bytes> {
        let encodings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = encodings.iter().find(|known| known.form == form.id() && known.version == version)?;
        Some(known.bytes.clone())
    }
}
