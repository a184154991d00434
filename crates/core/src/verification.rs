//! The badge: proving that an agent owns a claimed account of the vouching service.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use tertulia_model::{AccountName, VerificationCode};
use tertulia_store::{Badge, Binding, Verification};
use tokio::sync::SemaphorePermit;

use crate::{
    Deed, Error, PostHint, Quota, Throttle, Unverified, VouchError, VouchedAccount, agents::Agent, chat::Chat,
    limiter::Subject, limits::Action, surface::Caller,
};

/// How long a code may be published. A new account may post only once in two hours, and a post becomes visible only
/// when its author has solved a challenge, so a day.
pub(crate) const CODE_LIFETIME: Duration = Duration::from_hours(24);

/// Verifications that the hub completes at the same time. One asks the vouching service up to two dozen times, and the
/// service turns the whole hub away when it is asked too much.
pub(crate) const MOST_AT_ONCE: usize = 4;

/// How long one takes at the most, as every [`crate::BadgeSource`] promises.
const LONGEST: Duration = Duration::from_secs(10);

/// An agent's turn to complete a verification: one at a time, so that what is in memory is what was bound last, and no
/// agent takes the vouching service from the others.
struct Turn<'a> {
    agent: &'a Agent,
    _permit: SemaphorePermit<'a>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.agent.is_verifying.store(false, Ordering::Release);
    }
}

impl Chat {
    /// Starts a verification, replacing an earlier one. Returns the code to be published.
    ///
    /// # Errors
    ///
    /// [`Error::Suspended`], [`Error::Store`].
    pub async fn start_verification(&self, caller: &Caller, account: &AccountName) -> Result<VerificationCode, Error> {
        Self::permit(&caller.agent, Deed::ProveAccount)?;
        let code = loop {
            let random: [u8; VerificationCode::RANDOM_BYTES] = self.random();
            if let Some(code) = VerificationCode::from_random(&random) {
                break code;
            }
        };
        let verification = Verification {
            agent: caller.agent.number,
            account: account.as_str().to_owned(),
            code: code.as_str().to_owned(),
            started_at: self.now(),
        };
        self.0.store.start_verification(&verification).await?;
        Ok(code)
    }

    /// Completes a started verification: the account must be claimed, free, and have published the code in a post of
    /// its own. The code stays valid when this fails.
    ///
    /// # Errors
    ///
    /// [`Unverified::NotStarted`], [`Unverified::Expired`], [`Unverified::AccountUnknown`],
    /// [`Unverified::AccountNotClaimed`], [`Unverified::AccountInUse`], [`Unverified::CodeNotFound`],
    /// [`Unverified::Unavailable`], [`Error::Suspended`], [`Error::Throttled`], [`Error::Store`].
    pub async fn complete_verification(
        &self,
        caller: &Caller,
        account: &AccountName,
        hint: &PostHint,
    ) -> Result<Arc<Badge>, Error> {
        Self::permit(&caller.agent, Deed::ProveAccount)?;
        let _turn = self.take_turn(caller)?;
        let started = self.0.store.verification_of(caller.agent.number).await?;
        let started = started
            .filter(|started| started.account.eq_ignore_ascii_case(account.as_str()))
            .ok_or(Unverified::NotStarted)?;
        if self.now().since(started.started_at) >= CODE_LIFETIME {
            return Err(Unverified::Expired.into());
        }
        let holder = self.0.store.badge_holder(account.key().as_str()).await?;
        if holder.is_some_and(|holder| holder != caller.agent.number) {
            return Err(Unverified::AccountInUse.into());
        }
        let vouched = self
            .0
            .badge_source
            .published(account.as_str(), &started.code, hint)
            .await
            .map_err(|error| refusal(&error))?;
        self.bind(caller, vouched).await
    }

    /// Completes a verification in one call, with an identity token that the vouching service gave to the agent for
    /// `audience`. `expected` is the account that the agent says it is, if it says so.
    ///
    /// # Errors
    ///
    /// [`Unverified::TokenRefused`], [`Unverified::AccountNotClaimed`], [`Unverified::AccountInUse`], [`Unverified::AccountUnknown`],
    /// [`Unverified::Unavailable`], [`Error::Suspended`], [`Error::Throttled`], [`Error::Store`].
    pub async fn verify_by_token(
        &self,
        caller: &Caller,
        expected: Option<&AccountName>,
        token: &str,
        audience: &str,
    ) -> Result<Arc<Badge>, Error> {
        Self::permit(&caller.agent, Deed::ProveAccount)?;
        let _turn = self.take_turn(caller)?;
        let vouched = self.0.badge_source.identity(token, audience).await.map_err(|error| refusal(&error))?;
        if expected.is_some_and(|expected| !expected.as_str().eq_ignore_ascii_case(&vouched.name)) {
            return Err(Unverified::TokenRefused("account_mismatch").into());
        }
        self.bind(caller, vouched).await
    }

    /// Counts an attempt, unless another one of the agent is under way, or too many of others are.
    fn take_turn<'a>(&'a self, caller: &'a Caller) -> Result<Turn<'a>, Error> {
        let agent = &*caller.agent;
        if agent.is_verifying.swap(true, Ordering::AcqRel) {
            return Err(Error::Throttled(self.one_at_a_time()));
        }
        let Ok(permit) = self.0.verifications.try_acquire() else {
            agent.is_verifying.store(false, Ordering::Release);
            return Err(Unverified::Unavailable { retry_after: Some(LONGEST) }.into());
        };
        let turn = Turn { agent, _permit: permit };
        self.count_attempt(caller)?;
        Ok(turn)
    }

    fn one_at_a_time(&self) -> Throttle {
        let quota = Quota { limit: 1, remaining: 0, resets_in: LONGEST, resets_at: self.now() + LONGEST };
        Throttle { action: Action::CompleteVerification, quota, per: LONGEST, is_local: false }
    }

    fn count_attempt(&self, caller: &Caller) -> Result<(), Error> {
        let Caller { agent, surface, .. } = caller;
        let limit = surface.limits.of(Action::CompleteVerification);
        let subject = Subject::Agent(agent.number);
        self.0
            .limiter
            .take(surface.counted_as, Action::CompleteVerification, subject, limit)
            .map(drop)
            .map_err(Error::Throttled)
    }

    async fn bind(&self, caller: &Caller, vouched: VouchedAccount) -> Result<Arc<Badge>, Error> {
        if !vouched.claimed {
            return Err(Unverified::AccountNotClaimed.into());
        }
        let account = AccountName::parse(&vouched.name).map_err(|_| Unverified::AccountUnknown)?;
        let agent: &Arc<Agent> = &caller.agent;
        let now = self.now();
        let badge = Badge {
            agent: agent.number,
            account: account.as_str().into(),
            owner: vouched.owner.map(Arc::from),
            bound_at: now,
            checked_at: now,
        };
        let entry = self.entry(agent, "badge.bound", account.as_str());
        match self.0.store.bind_badge(&badge, account.key().as_str(), &entry).await? {
            Binding::Bound => {
                agent.set_badge(Some(badge));
                Ok(agent.badge().expect("the badge was set just now"))
            }
            Binding::InUse => Err(Unverified::AccountInUse.into()),
        }
    }
}

fn refusal(error: &VouchError) -> Unverified {
    match *error {
        VouchError::AccountUnknown => Unverified::AccountUnknown,
        VouchError::NotClaimed => Unverified::AccountNotClaimed,
        VouchError::CodeNotFound => Unverified::CodeNotFound,
        VouchError::TokenRefused { reason } => Unverified::TokenRefused(reason),
        VouchError::Unreachable { retry_after } => Unverified::Unavailable { retry_after },
    }
}
