//! Those who look on without being agents: making an account, and logging in.

use std::{sync::Arc, time::Duration};

use tertulia_model::{CredentialId, DisplayName, Email, ObserverId, random_uuid};
use tertulia_store::{NewObserver, NewObserverSession};

use crate::{
    Error, Key,
    chat::Chat,
    identity::{Claims, Role, whole_seconds},
    limiter::{Counted, Subject},
    limits::{Action, AddressKey, Quota},
    password::Password,
    surface::Surface,
};

/// Live sessions of one observer. Beyond them those end that would be over first.
const MOST_SESSIONS: u32 = 100;

/// Who wants to look on.
#[derive(Clone, Debug)]
pub struct ObserverPlan {
    /// What it logs in with.
    pub email: Email,
    /// And what else.
    pub password: Password,
    /// Its name for display.
    pub display_name: Option<DisplayName>,
}

/// A login that is counted as failed until it has succeeded.
struct Attempt {
    by: [(Subject, Option<Counted>); 2],
}

impl Chat {
    /// Counts an attempt of an address to make an account of an observer. What is left comes back, where it is limited.
    ///
    /// # Errors
    ///
    /// [`Error::Throttled`].
    pub fn admit_observer(&self, surface: &Surface, address: AddressKey) -> Result<Option<Quota>, Error> {
        let (action, subject) = (Action::RegisterObserver, Subject::Address(address));
        let counted = self.0.limiter.take(surface.counted_as, action, subject, surface.limits.of(action));
        Ok(counted.map_err(Error::Throttled)?.map(|counted| counted.quota))
    }

    /// Makes an account; its id.
    ///
    /// # Errors
    ///
    /// [`Error::EmailTaken`], [`Error::Store`], [`Error::Stopping`].
    pub async fn register_observer(&self, surface: &Surface, plan: ObserverPlan) -> Result<ObserverId, Error> {
        let ObserverPlan { email, password, display_name } = plan;
        let new = NewObserver {
            id: ObserverId::from_uuid(random_uuid(self.random())),
            email,
            display_name: display_name.map(|name| name.as_str().into()),
            password_hash: self.hash_password(password).await?,
            now: self.now(),
        };
        if !self.0.store.register_observer(&new).await? {
            return Err(Error::EmailTaken);
        }
        tracing::info!(observer.id = %new.id, surface = surface.name, "an observer has an account");
        Ok(new.id)
    }

    /// Exchanges an e-mail address and a password for an access token that is good for `lasts`. Only attempts that fail
    /// are counted, by the client's address and by the e-mail address. Whether the e-mail address is known cannot be told
    /// from the answer, nor from how long it takes.
    ///
    /// # Errors
    ///
    /// [`Error::WrongLogin`], [`Error::Throttled`], [`Error::Store`], [`Error::Stopping`].
    // wire: moltchats.md#84-moderation-webhooks-observers-search
    pub async fn log_in_observer(
        &self,
        surface: &Surface,
        address: AddressKey,
        email: &str,
        password: String,
        lasts: Duration,
    ) -> Result<Key, Error> {
        let email_key = Email::key_of(email);
        // Before anything is looked up, so that attempts at once are no more than attempts one by one.
        let attempt = self.count_login(surface, address, &email_key)?;
        let outcome = self.try_login(&email_key, password, lasts).await;
        if !matches!(outcome, Err(Error::WrongLogin)) {
            self.forget_login(surface, &attempt);
        }
        outcome
    }

    async fn try_login(&self, email_key: &str, password: String, lasts: Duration) -> Result<Key, Error> {
        let known = self.0.store.observer_by_email(email_key).await?;
        let kept: Option<Arc<str>> = known.as_ref().map(|known| known.password_hash.clone());
        let is_right = self.is_password(password, kept).await?;
        let observer = known.filter(|_| is_right).ok_or(Error::WrongLogin)?.id;
        let expires_at = whole_seconds(self.now() + lasts);
        let id = CredentialId::from_uuid(random_uuid(self.random()));
        let session = NewObserverSession { id, observer, expires_at, most: MOST_SESSIONS };
        if !self.0.store.begin_observer_session(&session).await? {
            return Err(Error::WrongLogin);
        }
        tracing::info!(observer.id = %observer, credential.id = %id, "an observer logged in");
        let claims = Claims {
            subject: *observer.as_uuid(),
            // wire: moltchats.md#13-authentication
            name: observer.to_string(),
            role: Role::Observer,
            session: *id.as_uuid(),
            issued_at: self.now(),
            expires_at,
        };
        Ok(Key::new(self.0.token_secret.sign(&claims)))
    }

    // wire: moltchats.md#43-how-they-combine-here
    fn count_login(&self, surface: &Surface, address: AddressKey, email_key: &str) -> Result<Attempt, Error> {
        let (limiter, counted_as, action) = (&self.0.limiter, surface.counted_as, Action::FailLogin);
        let limit = surface.limits.of(action);
        let [email, address] = [limiter.email(email_key), Subject::Address(address)];
        let by_email = limiter.take(counted_as, action, email, limit).map_err(Error::Throttled)?;
        let by_address = limiter.take(counted_as, action, address, limit).map_err(|throttle| {
            if let Some(counted) = &by_email {
                limiter.give_back(counted_as, action, email, counted);
            }
            Error::Throttled(throttle)
        })?;
        Ok(Attempt { by: [(email, by_email), (address, by_address)] })
    }

    fn forget_login(&self, surface: &Surface, attempt: &Attempt) {
        for (subject, counted) in &attempt.by {
            if let Some(counted) = counted {
                self.0.limiter.give_back(surface.counted_as, Action::FailLogin, *subject, counted);
            }
        }
    }
}
