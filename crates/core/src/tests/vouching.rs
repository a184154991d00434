//! A vouching service that says what a test wants.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use crate::{BadgeSource, PostHint, VouchError, VouchedAccount};

/// Every account is claimed unless told otherwise, and an identity token is the account's name.
#[derive(Debug, Default)]
pub(super) struct Vouching {
    answers: Mutex<HashMap<String, Result<VouchedAccount, VouchError>>>,
    pauses: Mutex<Vec<Pause>>,
    asked: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct Pause {
    reached: oneshot::Sender<()>,
    go_on: oneshot::Receiver<()>,
}

pub(super) fn claimed(name: &str, owner: &str) -> VouchedAccount {
    VouchedAccount { name: name.to_owned(), claimed: true, owner: Some(owner.to_owned()) }
}

impl Vouching {
    /// What is answered about an account from now on.
    pub(super) fn answer(&self, name: &str, answer: Result<VouchedAccount, VouchError>) {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), answer);
    }

    /// The next question waits: the first half tells when it has come, the second lets it be answered.
    pub(super) fn pause(&self) -> (oneshot::Receiver<()>, oneshot::Sender<()>) {
        let ((reached, has_come), (answer, go_on)) = (oneshot::channel(), oneshot::channel());
        self.pauses.lock().unwrap_or_else(PoisonError::into_inner).push(Pause { reached, go_on });
        (has_come, answer)
    }

    /// The accounts that were asked about since the last call.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn about(&self, name: &str) -> Result<VouchedAccount, VouchError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(name.to_owned());
        let pause = self.pauses.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(Pause { reached, go_on }) = pause {
            let _ = reached.send(());
            let _ = go_on.await;
        }
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(name).cloned().unwrap_or_else(|| Ok(claimed(name, "owner")))
    }
}

#[async_trait]
impl BadgeSource for Vouching {
    async fn account(&self, name: &str) -> Result<VouchedAccount, VouchError> {
        self.about(name).await
    }

    async fn published(&self, name: &str, _code: &str, _hint: &PostHint) -> Result<VouchedAccount, VouchError> {
        self.about(name).await
    }

    async fn identity(&self, token: &str, _audience: &str) -> Result<VouchedAccount, VouchError> {
        self.about(token).await
    }
}
