//! Everybody's mailbox: codes that the hub sends, for the test to open.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use tertulia_core::{CodeMail, CodeMailer, MailFailure};
use tokio::sync::{Notify, OwnedMutexGuard};

use crate::within;

/// The mailboxes of all addresses.
#[derive(Debug, Default)]
pub struct Mailbox {
    letters: Mutex<Vec<Letter>>,
    arrived: Notify,
    failing: AtomicU32,
    slot: Arc<tokio::sync::Mutex<()>>,
    waits: Notify,
}

#[derive(Debug)]
struct Letter {
    to: String,
    purpose: &'static str,
    code: String,
}

impl Mailbox {
    /// Waits for a code at an address, and takes it out.
    pub async fn code(&self, email: &str) -> String {
        self.letter(email).await.1
    }

    /// As [`Mailbox::code`], with what the code is for.
    pub async fn letter(&self, email: &str) -> (&'static str, String) {
        let arrival = async {
            loop {
                let arrived = self.arrived.notified();
                if let Some(letter) = self.take(email) {
                    return letter;
                }
                arrived.await;
            }
        };
        within(&format!("a code at {email}"), arrival).await
    }

    /// How many codes lie unopened, at all addresses.
    #[must_use]
    pub fn unopened(&self) -> usize {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Lets so many codes fail that are sent from now on.
    pub fn fail(&self, times: u32) {
        self.failing.store(times, Ordering::Release);
    }

    /// Lets the codes that are sent from now on wait until what comes back is dropped.
    pub async fn hold(&self) -> OwnedMutexGuard<()> {
        self.slot.clone().lock_owned().await
    }

    /// Waits until a code waits because of [`Mailbox::hold`].
    pub async fn somebody_waits(&self) {
        within("a code that waits", self.waits.notified()).await;
    }

    fn take(&self, email: &str) -> Option<(&'static str, String)> {
        let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
        let place = letters.iter().position(|letter| letter.to == email)?;
        let letter = letters.remove(place);
        Some((letter.purpose, letter.code))
    }
}

#[async_trait]
impl CodeMailer for Mailbox {
    async fn send(&self, mail: &CodeMail) -> Result<(), MailFailure> {
        if self.slot.try_lock().is_err() {
            self.waits.notify_one();
        }
        let _open = self.slot.lock().await;
        let less = |left: u32| left.checked_sub(1);
        if self.failing.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).is_ok() {
            return Err(MailFailure("the mailbox is shut".into()));
        }
        let letter = Letter {
            to: mail.to.key().to_string(),
            purpose: mail.purpose.as_str(),
            code: mail.code.reveal().to_owned(),
        };
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
        self.arrived.notify_waiters();
        Ok(())
    }
}
