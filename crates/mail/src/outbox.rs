//! For a hub without a mail server: codes are kept for its operator, who sits in front of it.

use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use tertulia_model::{Email, OneTimeCode, Timestamp};

use crate::{CodeMail, CodeMailer, Deadline, MailError, Purpose};

/// A code that was kept instead of being sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptCode {
    /// To whom it would have gone.
    pub to: Email,
    /// What it is for.
    pub purpose: Purpose,
    /// The code.
    pub code: OneTimeCode,
    /// When it is no longer good.
    pub expires_at: Timestamp,
}

/// Keeps the newest codes in memory. Cheap to clone; clones share them.
#[derive(Clone)]
pub struct Outbox(Arc<Shared>);

struct Shared {
    kept: Mutex<VecDeque<KeptCode>>,
    tell: Box<dyn Fn(&KeptCode) + Send + Sync>,
}

impl Outbox {
    /// Most codes that are kept; the oldest make room.
    pub const MOST: usize = 100;

    /// An empty outbox, which tells of each code as it is kept: on a terminal, say, and never in a log.
    #[must_use]
    pub fn new(tell: impl Fn(&KeptCode) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Shared { kept: Mutex::default(), tell: Box::new(tell) }))
    }

    /// The codes that are still good, oldest first. Those that are not are forgotten.
    #[must_use]
    pub fn codes(&self, now: Timestamp) -> Vec<KeptCode> {
        let mut kept = self.kept();
        kept.retain(|code| now < code.expires_at);
        kept.iter().cloned().collect()
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<KeptCode>> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, code: KeptCode) {
        let mut kept = self.kept();
        if kept.len() == Self::MOST {
            kept.pop_front();
        }
        kept.push_back(code);
    }
}

#[async_trait]
impl CodeMailer for Outbox {
    async fn send(&self, mail: &CodeMail, _: Deadline<'_>) -> Result<(), MailError> {
        let CodeMail { to, purpose, code, .. } = mail;
        let kept = KeptCode { to: to.clone(), purpose: *purpose, code: *code, expires_at: mail.expires_at() };
        self.keep(kept.clone());
        (self.0.tell)(&kept);
        Ok(())
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Outbox")
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use uuid::Uuid;

    use super::*;

    fn mail(number: u32) -> CodeMail {
        CodeMail {
            to: Email::parse("kim@example.org").unwrap(),
            purpose: Purpose::Recovery,
            code: OneTimeCode::of(number).unwrap(),
            made_at: Timestamp::from_micros(i64::from(number)),
            lifetime: Duration::from_millis(1),
            id: Uuid::nil(),
        }
    }

    async fn send(outbox: &Outbox, number: u32) {
        outbox.send(&mail(number), Box::pin(std::future::pending())).await.unwrap();
    }

    #[tokio::test]
    async fn a_code_is_told_and_kept_until_it_expires() {
        let (told, tells) = mpsc::channel();
        let outbox = Outbox::new(move |code| told.send(code.clone()).unwrap());

        send(&outbox, 7).await;

        let kept = tells.recv().unwrap();
        assert_eq!((kept.code.to_string(), kept.purpose), ("000007".to_owned(), Purpose::Recovery));
        assert_eq!(outbox.codes(Timestamp::from_micros(1_006)), [kept]);
        assert_eq!(outbox.codes(Timestamp::from_micros(1_007)), []);
        assert_eq!(outbox.codes(Timestamp::from_micros(0)), []);
    }

    #[tokio::test]
    async fn the_oldest_codes_make_room() {
        let outbox = Outbox::new(|_| ());
        for number in 0..105 {
            send(&outbox, number).await;
        }

        let codes = outbox.codes(Timestamp::default());

        assert_eq!(codes.len(), Outbox::MOST);
        assert_eq!(codes[0].code.to_string(), "000005");
    }
}
