//! One call of Moltbook's API: keys, bounds, staying away. What its answer means is the caller's to say.

use std::{sync::Arc, time::Duration};

use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{ACCEPT, AUTHORIZATION, RETRY_AFTER},
};
use serde_json::Value;
use tertulia_core::{Clock, Sleep, VouchError};
use tertulia_outgoing::{Error, Outgoing, Request, Response, Target};
use url::Url;

use crate::{
    Config, SetupError,
    backoff::Backoff,
    notices::{Cause, Notices},
};

/// Longest answer that is read, in bytes: a page of search results holds whole posts.
const LONGEST_ANSWER: usize = 2 * 1024 * 1024;

/// Header of the hub's key as an application.
// wire: moltbook.md#moltbook-as-we-call-it
const APP_KEY: HeaderName = HeaderName::from_static("x-moltbook-app-key");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// Moltbook's API, as it is configured.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) notices: Notices,
    outgoing: Outgoing,
    base: Url,
    bearer: Option<HeaderValue>,
    app_key: Option<HeaderValue>,
    backoff: Backoff,
}

/// An answer that came in time and in bounds: neither a redirect nor a 429.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// `None` when it is not JSON.
    pub(crate) json: Option<Value>,
}

impl Api {
    pub(crate) fn new(config: &Config, outgoing: Outgoing, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        Target::from_url(config.base_url.clone(), outgoing.policy())?;
        let key = |key: &Option<crate::Secret>, scheme| {
            key.as_ref().map(|key| key.header(scheme)).transpose().map_err(|_| SetupError::Key)
        };
        let (bearer, app_key) = (key(&config.api_key, "Bearer ")?, key(&config.app_key, "")?);
        let (base, notices, backoff) = (config.base_url.clone(), Notices::default(), Backoff::default());
        Ok(Self { clock, notices, outgoing, base, bearer, app_key, backoff })
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn has_key(&self) -> bool {
        self.bearer.is_some()
    }

    /// `GET`s a path below the base; segments and values are encoded here.
    pub(crate) async fn get(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
        deadline: &mut Sleep,
    ) -> Result<Answer, VouchError> {
        let request = Request::get(self.target(path, query)?);
        self.send(request, deadline).await
    }

    /// `POST`s JSON to a path below the base, with the hub's key as an application.
    pub(crate) async fn post(&self, path: &[&str], body: &Value, deadline: &mut Sleep) -> Result<Answer, VouchError> {
        let mut request = Request::post(self.target(path, &[])?).body(JSON, body.to_string());
        if let Some(key) = &self.app_key {
            request = request.header(APP_KEY, key.clone());
        }
        self.send(request, deadline).await
    }

    fn target(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Target, VouchError> {
        let mut url = self.base.clone();
        url.path_segments_mut().map_err(|()| UNREACHABLE)?.pop_if_empty().extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Target::from_url(url, self.outgoing.policy()).map_err(|_| UNREACHABLE)
    }

    async fn send(&self, request: Request, deadline: &mut Sleep) -> Result<Answer, VouchError> {
        if let Some(left) = self.backoff.remaining(self.clock.elapsed()) {
            return Err(VouchError::Unreachable { retry_after: Some(left) });
        }
        let mut request = request.limit(LONGEST_ANSWER).header(ACCEPT, JSON);
        if let Some(bearer) = &self.bearer {
            request = request.header(AUTHORIZATION, bearer.clone());
        }
        let response = self.outgoing.send(request, deadline).await.map_err(|error| unreachable(&error))?;
        self.judge(&response)
    }

    fn judge(&self, response: &Response) -> Result<Answer, VouchError> {
        let status = response.status;
        if status.is_redirection() {
            self.notices.tell(Cause::Redirected);
            return Err(UNREACHABLE);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let away = self.backoff.begin(self.clock.elapsed(), retry_after(&response.headers));
            tracing::info!(seconds = away.as_secs(), "Moltbook asks us to stay away");
            return Err(VouchError::Unreachable { retry_after: Some(away) });
        }
        let json = serde_json::from_slice(&response.body).ok();
        tracing::debug!(status = status.as_u16(), is_json = json.is_some(), "Moltbook answered");
        Ok(Answer { status, json })
    }
}

/// No answer that says anything.
pub(crate) const UNREACHABLE: VouchError = VouchError::Unreachable { retry_after: None };

fn unreachable(error: &Error) -> VouchError {
    tracing::info!(%error, "Moltbook cannot be reached");
    UNREACHABLE
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
