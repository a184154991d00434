//! The client itself: three questions, each within one deadline.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use http::StatusCode;
use serde_json::Value;
use tertulia_core::{BadgeSource, Clock, PostHint, Sleep, VouchError, VouchedAccount};
use tertulia_outgoing::{Outgoing, TargetError};

use crate::{
    Config, answers,
    api::{Answer, Api, UNREACHABLE},
    identity,
    notices::Cause,
    post_id::post_id,
    posts::Posts,
    profiles::Profiles,
};

/// How long one question may take in all, however many requests it needs.
// wire: chatr.md#4-moltbook-verification
const DEADLINE: Duration = Duration::from_secs(10);

/// Moltbook as a source of badges.
///
/// A claimed account is believed for 60 s without a request. Whether it has published a code is always asked anew.
/// After a 429 nothing is asked until its `Retry-After` is over.
#[derive(Debug)]
pub struct Moltbook {
    api: Api,
    profiles: Profiles,
    deadline: Duration,
}

/// Why Moltbook cannot be asked as it is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// The base URL is not one that may be called.
    #[error("moltbook.base_url cannot be used")]
    BaseUrl(#[from] TargetError),
    /// A key holds characters that no header can carry.
    #[error("a Moltbook key holds characters that cannot be sent")]
    Key,
}

/// What a profile says.
struct Profile {
    account: VouchedAccount,
    recent: Vec<String>,
}

impl Moltbook {
    /// A client of the service at `config`, over `outgoing`, whose policy must allow the base URL.
    ///
    /// # Errors
    ///
    /// A [`SetupError`] when the base URL or a key cannot be used.
    pub fn new(config: &Config, outgoing: Outgoing, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        if config.lacks_www() {
            tracing::warn!("moltbook.base_url lacks its www.: Moltbook redirects there and will not be reached");
        }
        let api = Api::new(config, outgoing, clock)?;
        Ok(Self { api, profiles: Profiles::default(), deadline: DEADLINE })
    }

    /// Changes how long one question may take in all; 10 s otherwise.
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    fn deadline(&self) -> Sleep {
        self.api.clock.sleep(self.deadline)
    }

    /// Reads the profile of `name` and keeps what it says for a minute if it is claimed.
    // wire: moltbook.md#a-did-this-verified-account-post-my-code
    async fn read_profile(&self, name: &str, deadline: &mut Sleep) -> Result<Profile, VouchError> {
        let answer = self.api.get(&["agents", "profile"], &[("name", name)], deadline).await?;
        match self.profile_in(name, &answer) {
            Err(VouchError::AccountUnknown) => {
                self.profiles.forget(name);
                Err(VouchError::AccountUnknown)
            }
            Ok(profile) => {
                self.profiles.note(&profile.account, self.api.clock.elapsed());
                Ok(profile)
            }
            Err(other) => Err(other),
        }
    }

    fn profile_in(&self, name: &str, answer: &Answer) -> Result<Profile, VouchError> {
        let json = answer.json.as_ref().ok_or(UNREACHABLE)?;
        match answer.status {
            StatusCode::OK if !answers::is_refusal(json) => profile_of(name, json).ok_or(UNREACHABLE),
            StatusCode::OK if says_not_found(json) => Err(VouchError::AccountUnknown),
            // Only Moltbook's own words cost a badge, not the 404 of a proxy before a broken service.
            StatusCode::NOT_FOUND | StatusCode::GONE if answers::is_refusal(json) => Err(VouchError::AccountUnknown),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                self.api.notices.tell(Cause::ApiKeyRefused);
                Err(UNREACHABLE)
            }
            _ => Err(UNREACHABLE),
        }
    }
}

/// The profile in `json`, if it is that of `name`.
fn profile_of(name: &str, json: &Value) -> Option<Profile> {
    let account = answers::account(json).filter(|account| account.name.eq_ignore_ascii_case(name))?;
    Some(Profile { account, recent: answers::recent_posts(json) })
}

fn says_not_found(json: &Value) -> bool {
    answers::refusal_words(json).any(|word| word.to_ascii_lowercase().replace('_', " ").contains("not found"))
}

#[async_trait]
impl BadgeSource for Moltbook {
    async fn account(&self, name: &str) -> Result<VouchedAccount, VouchError> {
        if let Some(account) = self.profiles.lookup(name, self.api.clock.elapsed()) {
            return Ok(account);
        }
        Ok(self.read_profile(name, &mut self.deadline()).await?.account)
    }

    async fn published(&self, name: &str, code: &str, hint: &PostHint) -> Result<VouchedAccount, VouchError> {
        let deadline = &mut self.deadline();
        let hinted = hint.post_id.as_deref().and_then(|said| post_id(said, self.api.base()));
        let mut posts = Posts::new(&self.api, name, code);

        // The list of recent posts must be fresh, the account need not be: a hint saves the profile.
        if let (Some(id), Some(account)) = (&hinted, self.profiles.lookup(name, self.api.clock.elapsed()))
            && posts.proves(id, deadline).await?
        {
            return Ok(account);
        }
        let Profile { account, recent } = self.read_profile(name, deadline).await?;
        if !account.claimed {
            return Err(VouchError::NotClaimed);
        }
        let listed = hinted.as_ref().into_iter().chain(&recent);
        if posts.any_proves(listed, deadline).await? || posts.search(deadline).await? {
            return Ok(account);
        }
        Err(posts.not_found())
    }

    async fn identity(&self, token: &str, audience: &str) -> Result<VouchedAccount, VouchError> {
        let account = identity::verify(&self.api, token, audience, &mut self.deadline()).await?;
        self.profiles.note(&account, self.api.clock.elapsed());
        if account.claimed { Ok(account) } else { Err(VouchError::NotClaimed) }
    }
}
