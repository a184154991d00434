//! What the double holds.

use super::{Fault, Shape};

/// Ids begin here, so that they do not look like counts.
const FIRST_ID: u64 = 1_000;

#[derive(Debug)]
pub(super) struct State {
    pub(super) accounts: Vec<Account>,
    /// Oldest first.
    pub(super) posts: Vec<Post>,
    pub(super) tokens: Vec<Token>,
    pub(super) api_key: Option<String>,
    pub(super) app_key: Option<String>,
    pub(super) lists_recent: bool,
    pub(super) searches: bool,
    pub(super) shape: Shape,
    /// Which paths misbehave (by their beginning), and how.
    pub(super) fault: (String, Fault),
    pub(super) calls: Vec<Call>,
    ids_given: u64,
}

/// One request that came.
#[derive(Debug)]
pub(super) struct Call {
    /// Below the base, without the query.
    pub(super) path: String,
    /// Path and query.
    pub(super) shown: String,
}

#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) name: String,
    pub(super) claimed: bool,
    pub(super) deactivated: bool,
    pub(super) owner: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) struct Post {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) title: String,
    pub(super) content: String,
    pub(super) pending: bool,
    pub(super) comments: Vec<Comment>,
}

#[derive(Clone, Debug)]
pub(super) struct Comment {
    pub(super) id: String,
    pub(super) author: String,
    pub(super) content: String,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) agent: String,
    pub(super) audience: Option<String>,
    pub(super) expired: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            posts: Vec::new(),
            tokens: Vec::new(),
            api_key: None,
            app_key: None,
            lists_recent: true,
            searches: true,
            shape: Shape::default(),
            fault: Default::default(),
            calls: Vec::new(),
            ids_given: FIRST_ID,
        }
    }
}

impl State {
    pub(super) fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.is(name))
    }

    pub(super) fn account_mut(&mut self, name: &str) -> Option<&mut Account> {
        self.accounts.iter_mut().find(|account| account.is(name))
    }

    pub(super) fn fault(&self, path: &str) -> Fault {
        if path.starts_with(&self.fault.0) { self.fault.1 } else { Fault::None }
    }

    /// A post that everybody can see.
    pub(super) fn visible_post(&self, id: &str) -> Option<&Post> {
        self.posts.iter().find(|post| post.id == id && !post.pending)
    }

    pub(super) fn post_mut(&mut self, id: &str) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.id == id)
    }

    pub(super) fn add_post(&mut self, post: Post) -> String {
        let id = self.next_id();
        self.posts.push(Post { id: id.clone(), ..post });
        id
    }

    pub(super) fn add_comment(&mut self, post: &str, author: &str, content: &str) -> Option<String> {
        let id = self.next_id();
        let comment = Comment { id: id.clone(), author: author.into(), content: content.into() };
        self.post_mut(post)?.comments.push(comment);
        Some(id)
    }

    fn next_id(&mut self) -> String {
        self.ids_given += 1;
        self.ids_given.to_string()
    }
}

impl Account {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.into(), claimed: false, deactivated: false, owner: None }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

impl Post {
    /// Without an id: [`State::add_post`] gives it.
    pub(super) fn new(author: &str, title: &str, content: &str) -> Self {
        let (id, comments) = (String::new(), Vec::new());
        Self { id, author: author.into(), title: title.into(), content: content.into(), pending: false, comments }
    }

    /// When it was made, as far as that can be told from its id.
    pub(super) fn created_at(&self) -> String {
        let made = self.id.parse::<u64>().unwrap_or(FIRST_ID) - FIRST_ID;
        format!("2026-09-01T{:02}:{:02}:{:02}.000Z", made / 3_600 % 24, made / 60 % 60, made % 60)
    }
}
