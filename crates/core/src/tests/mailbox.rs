//! E-mail addresses that the tests can look into.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::{CodeMail, CodeMailer, MailFailure};

/// Every address there is.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    sent: Mutex<VecDeque<(String, String)>>,
    arrived: Notify,
    failures: Mutex<u32>,
}

impl Mailbox {
    /// The next mail cannot be sent.
    pub(super) fn fail_once(&self) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    /// The oldest code that was not taken out yet, and where it went; waits for it.
    pub(super) async fn next(&self) -> (String, String) {
        loop {
            let arrived = self.arrived.notified();
            if let Some(letter) = self.sent.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
                return letter;
            }
            arrived.await;
        }
    }

    /// How many wait to be taken out.
    pub(super) fn waiting(&self) -> usize {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

#[async_trait]
impl CodeMailer for Mailbox {
    async fn send(&self, mail: &CodeMail) -> Result<(), MailFailure> {
        {
            let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
            if *failures > 0 {
                *failures -= 1;
                return Err(MailFailure("nobody opens".into()));
            }
        }
        let letter = (mail.to.key().to_string(), mail.code.reveal().to_owned());
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push_back(letter);
        self.arrived.notify_waiters();
        Ok(())
    }
}
