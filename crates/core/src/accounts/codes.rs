//! Codes: how they are made, how often they may be sent, and how they are told.
//!
//! A code has six digits, so what keeps it from being guessed is that it is told a few times only, by few wrong guesses
//! of one client's address, and for a short while. It is kept as what the hub's secret makes of it.

use std::time::Duration;

use tertulia_model::{AgentNo, CodeId, CodePurpose, Email, random_uuid};
use tertulia_store::{EmailCode, Guessing, KeyDigest, NewCode, Telling, Told, Window};

use super::mail::CodeMail;
use crate::{
    CodeRefused, Error, Key, Limit, Quota, Throttle,
    chat::Chat,
    limiter::Counted,
    limits::{Action, AddressKey},
};

/// A code has so many digits.
// wire: agentchat.md#31-shared-otp-rules
const DIGITS: usize = 6;
const CODES: u64 = 1_000_000;

/// That a code may be sent to an address now.
pub(super) struct Slot {
    email_key: String,
    cooldown: Option<Counted>,
}

impl Chat {
    /// Takes an address's turn to be sent a code.
    pub(super) fn take_slot(&self, email: &Email) -> Result<Slot, CodeRefused> {
        let (limiter, rules) = (&self.0.limiter, &self.0.rules.codes);
        let subject = limiter.email(email.key());
        let cooldown = match rules.cooldown {
            Duration::ZERO => Limit::Off,
            per => Limit::Rate { count: 1, per },
        };
        let cooldown = limiter
            .take("", Action::MailCodeAgain, subject, cooldown)
            .map_err(|throttle| CodeRefused::Cooldown { wait: throttle.quota.resets_in })?;
        let slot = Slot { email_key: email.key().to_string(), cooldown };
        match limiter.take("", Action::MailCode, subject, rules.per_email) {
            Ok(_) => Ok(slot),
            Err(throttle) => {
                self.give_slot_back(&slot);
                Err(CodeRefused::Hourly { wait: throttle.quota.resets_in })
            }
        }
    }

    /// Lets another code be sent at once, because this one was not.
    pub(super) fn give_slot_back(&self, slot: &Slot) {
        let limiter = &self.0.limiter;
        if let Some(counted) = &slot.cooldown {
            limiter.give_back("", Action::MailCodeAgain, limiter.email(&slot.email_key), counted);
        }
    }

    /// A new code, to be kept and to be sent.
    pub(super) fn new_code(&self, code: EmailCode) -> (NewCode, CodeMail) {
        let id = CodeId::from_uuid(random_uuid(self.random()));
        let text = format!("{:0DIGITS$}", u64::from_be_bytes(self.random()) % CODES);
        let made_at = self.now();
        let expires_at = made_at + self.0.rules.codes.lifetime;
        let (to, purpose, digest) = (code.email.clone(), code.purpose, self.seal(id, &text));
        let mail = CodeMail { to, purpose, code: Key::new(text), made_at, expires_at };
        (NewCode { id, code, digest, expires_at }, mail)
    }

    #[cfg(test)]
    pub(crate) fn new_code_for_tests(&self, purpose: tertulia_model::CodePurpose, email: Email) -> (NewCode, CodeMail) {
        self.new_code(EmailCode { purpose, email, agent: None, newcomer: None })
    }

    /// Makes a code that nobody can tell of one that could be told.
    pub(super) fn make_decoy(&self, code: &mut NewCode) {
        code.digest = KeyDigest(self.random());
    }

    /// Keeps a code and sends it. If it cannot be sent, it is as if nobody had asked for it.
    pub(super) async fn send_code(&self, slot: &Slot, code: EmailCode) -> Result<CodeId, Error> {
        let mailer = self.0.post.mailer().ok_or(CodeRefused::MailUnavailable)?;
        let (new, mail) = self.new_code(code);
        if let Err(error) = self.0.store.add_code(&new).await {
            self.give_slot_back(slot);
            return Err(error.into());
        }
        if let Err(failure) = mailer.send(&mail).await {
            tracing::warn!(error = &failure as &dyn std::error::Error, "a code could not be sent");
            self.give_slot_back(slot);
            self.0.store.remove_code(new.id).await?;
            return Err(CodeRefused::MailFailed.into());
        }
        Ok(new.id)
    }

    /// Refuses whatever begins with a code as long as nobody carries any.
    pub(super) fn require_mailer(&self) -> Result<(), Error> {
        if self.0.post.mailer().is_some() { Ok(()) } else { Err(CodeRefused::MailUnavailable.into()) }
    }

    /// Tells a code, which is used up by that. `by`: whom it must be about.
    pub(super) async fn tell_code(
        &self,
        address: AddressKey,
        (id, purpose): (CodeId, CodePurpose),
        by: Option<AgentNo>,
        code: &str,
    ) -> Result<EmailCode, Error> {
        let guessing = self.guessing(address);
        let telling = Telling {
            id,
            purpose,
            by,
            digest: self.seal(id, code),
            most_attempts: self.0.rules.codes.attempts,
            guessing,
            now: self.now(),
        };
        match self.0.store.tell_code(&telling).await? {
            Told::Right(code) => Ok(code),
            Told::Wrong => Err(CodeRefused::Wrong.into()),
            Told::Exhausted => Err(CodeRefused::NoAttemptsLeft.into()),
            Told::Expired => Err(CodeRefused::Expired.into()),
            Told::Foreign => Err(CodeRefused::Foreign.into()),
            Told::GuessedTooOften(window) => Err(self.guessed_too_often(address, window)),
        }
    }

    fn guessing(&self, address: AddressKey) -> Option<Guessing> {
        let Limit::Rate { count: most, per } = self.0.rules.codes.wrong_per_address else { return None };
        let guessing = Guessing { address: address.bytes(), action: Action::GuessCode.as_str(), per, most };
        (!self.0.limiter.spares(address)).then_some(guessing)
    }

    fn guessed_too_often(&self, address: AddressKey, window: Window) -> Error {
        let (limit, per) = match self.0.rules.codes.wrong_per_address {
            Limit::Off => (0, Duration::ZERO),
            Limit::Rate { count, per } => (count, per),
        };
        let resets_at = window.started_at + per;
        let quota = Quota { limit, remaining: 0, resets_in: resets_at.since(self.now()), resets_at };
        let is_local = self.0.limiter.is_own(address);
        Error::Throttled(Throttle { action: Action::GuessCode, quota, per, is_local })
    }

    /// What a code is known by: who reads the store cannot find the code that fits.
    fn seal(&self, id: CodeId, code: &str) -> KeyDigest {
        KeyDigest(self.0.token_secret.seal("e-mail code", &[id.as_uuid().as_bytes(), code.as_bytes()]))
    }
}
