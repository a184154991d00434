//! Looking for a code among an account's posts.

use std::collections::HashSet;

use http::StatusCode;
use tertulia_core::{Sleep, VouchError};

use crate::{
    answers::{self, Hit},
    api::{Api, UNREACHABLE},
    notices::Cause,
};

/// How many posts of each list are read, newest first.
// wire: moltbook.md#a-did-this-verified-account-post-my-code
const AT_MOST: usize = 10;

/// One search for one code. No post is read twice.
pub(crate) struct Posts<'a> {
    api: &'a Api,
    account: &'a str,
    code: &'a str,
    seen: HashSet<String>,
    /// Whether something could not be read, so that not having found the code proves nothing.
    in_doubt: bool,
}

impl<'a> Posts<'a> {
    pub(crate) fn new(api: &'a Api, account: &'a str, code: &'a str) -> Self {
        Self { api, account, code, seen: HashSet::new(), in_doubt: false }
    }

    /// Whether one of the first posts of a list proves it.
    pub(crate) async fn any_proves(
        &mut self,
        ids: impl Iterator<Item = &String> + Send,
        deadline: &mut Sleep,
    ) -> Result<bool, VouchError> {
        for id in ids.take(AT_MOST) {
            if self.proves(id, deadline).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether this post is the account's own and holds the code.
    pub(crate) async fn proves(&mut self, id: &str, deadline: &mut Sleep) -> Result<bool, VouchError> {
        if !self.seen.insert(id.to_owned()) {
            return Ok(false);
        }
        let answer = self.api.get(&["posts", id], &[], deadline).await?;
        match answer.status {
            StatusCode::OK => match answer.json.as_ref().and_then(answers::post) {
                Some(post) => return Ok(post.proves(self.account, self.code)),
                None => self.in_doubt = true,
            },
            // Not there, or not visible yet.
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::FORBIDDEN if answer.json.is_some() => {}
            status => self.doubt(status),
        }
        Ok(false)
    }

    /// Whether a search for the code finds such a post. What it finds is read again: results may be comments, cut, or
    /// out of date.
    pub(crate) async fn search(&mut self, deadline: &mut Sleep) -> Result<bool, VouchError> {
        let answer = self.api.get(&["search"], &[("q", self.code), ("type", "posts")], deadline).await?;
        match answer.status {
            StatusCode::OK => match answer.json.as_ref().and_then(answers::hits) {
                Some(hits) => return self.any_proves(self.own(hits).iter(), deadline).await,
                None => self.in_doubt = true,
            },
            // Search is not open to everybody: without a key, that is no trouble.
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::NOT_FOUND
                if answer.json.is_some() && !self.api.has_key() => {}
            status => self.doubt(status),
        }
        Ok(false)
    }

    /// Why nothing was found.
    pub(crate) fn not_found(&self) -> VouchError {
        if self.in_doubt { UNREACHABLE } else { VouchError::CodeNotFound }
    }

    fn own(&self, hits: Vec<Hit>) -> Vec<String> {
        let own = |hit: &Hit| hit.author.as_ref().is_none_or(|author| author.eq_ignore_ascii_case(self.account));
        hits.into_iter().filter(own).map(|hit| hit.id).collect()
    }

    fn doubt(&mut self, status: StatusCode) {
        if status == StatusCode::UNAUTHORIZED {
            self.api.notices.tell(Cause::ApiKeyRefused);
        }
        self.in_doubt = true;
    }
}
