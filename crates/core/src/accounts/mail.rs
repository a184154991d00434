//! Who carries codes to e-mail addresses.
//!
//! A code is carried while somebody waits for it, so that a failure is told. Only what must not show whether there is
//! anybody to write to goes through [`Post`], which carries it afterwards.

use std::{
    fmt::{self, Debug},
    sync::Arc,
};

use async_trait::async_trait;
use tertulia_model::{CodePurpose, Email, Timestamp};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::Key;

/// A code on its way.
#[derive(Debug)]
pub struct CodeMail {
    /// Where it goes.
    pub to: Email,
    /// What it is for.
    pub purpose: CodePurpose,
    /// The code.
    pub code: Key,
    /// When it was made.
    pub made_at: Timestamp,
    /// It is worth nothing from then on.
    pub expires_at: Timestamp,
}

/// Why a code could not be sent.
#[derive(Debug, thiserror::Error)]
#[error("the mail could not be sent")]
pub struct MailFailure(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Carries codes to e-mail addresses, within a bounded time.
#[async_trait]
pub trait CodeMailer: Debug + Send + Sync + 'static {
    /// Sends a code. `Ok` means that somebody else has taken it.
    async fn send(&self, mail: &CodeMail) -> Result<(), MailFailure>;
}

/// Codes that wait to be carried while nobody waits for them, at the most.
const MOST_WAITING: usize = 64;

/// The way to whoever carries codes.
pub(crate) struct Post {
    mailer: Option<Arc<dyn CodeMailer>>,
    queue: mpsc::Sender<Option<CodeMail>>,
}

impl Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post").field("mailer", &self.mailer).finish_non_exhaustive()
    }
}

impl Post {
    /// Starts to carry what will wait.
    pub(crate) fn open(mailer: Option<Arc<dyn CodeMailer>>, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let (queue, waiting) = mpsc::channel(MOST_WAITING);
        if let Some(mailer) = mailer.clone() {
            tasks.spawn(carry(mailer, waiting, stop.clone()));
        }
        Self { mailer, queue }
    }

    /// Who carries codes, if anybody does.
    pub(crate) fn mailer(&self) -> Option<&Arc<dyn CodeMailer>> {
        self.mailer.as_ref()
    }

    /// Lets a code wait, or nothing in its place. What there is no room for is not sent.
    pub(crate) fn send_later(&self, mail: Option<CodeMail>) {
        if self.queue.try_send(mail).is_err() {
            tracing::warn!("a code was not sent: too many wait, or the hub is stopping");
        }
    }
}

async fn carry(mailer: Arc<dyn CodeMailer>, mut waiting: mpsc::Receiver<Option<CodeMail>>, stop: CancellationToken) {
    let carrying = async {
        while let Some(mail) = waiting.recv().await {
            let Some(mail) = mail else { continue };
            if let Err(failure) = mailer.send(&mail).await {
                tracing::warn!(error = &failure as &dyn std::error::Error, "a code could not be sent");
            }
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = carrying => {}
    }
}
