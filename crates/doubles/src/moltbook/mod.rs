//! A double of Moltbook, the network that vouches for agents, written from `docs/wire/moltbook.md`.
//!
//! What it holds is set by calls such as [`Moltbook::account`] and [`Moltbook::post`]; how it misbehaves by a
//! [`Fault`]; which of the shapes that were seen in the wild it answers in by a [`Shape`].

#![expect(
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a call changes the double, whatever becomes of what it returns"
)]

mod faults;
mod handlers;
mod state;
mod views;

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;

use crate::server::Server;
use state::{Account, Post, State, Token};

pub use faults::Fault;
pub use views::Shape;

/// A running double.
#[derive(Debug)]
pub struct Moltbook {
    shared: Arc<Shared>,
    server: Server,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    /// How many requests have come, whatever became of them.
    came: watch::Sender<u64>,
    /// Told when the fault changes, for the requests that are held.
    changed: watch::Sender<()>,
}

impl Shared {
    /// How `path` misbehaves, once it does not hold its requests (any more).
    async fn fault(&self, path: &str) -> Fault {
        // Subscribed before the look, so that a change in between is not missed.
        let mut changed = self.changed.subscribe();
        loop {
            let fault = self.state().fault(path);
            if fault != Fault::Slow || changed.changed().await.is_err() {
                return fault;
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds the double's state")
    }
}

impl Moltbook {
    /// Starts an empty, well-behaved double that asks for no keys.
    ///
    /// # Panics
    ///
    /// When 127.0.0.1 has no free port.
    pub async fn start() -> Self {
        let shared =
            Arc::new(Shared { state: Mutex::default(), came: watch::Sender::new(0), changed: watch::Sender::new(()) });
        let server = Server::start(handlers::router(Arc::clone(&shared))).await.expect("127.0.0.1 has a free port");
        Self { shared, server }
    }

    /// What to configure as the base URL.
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.server.address)
    }

    /// Ends the double and waits until its port is free, so that connections are refused.
    pub async fn stop(self) {
        self.server.stop().await;
    }

    /// Opens an account, unclaimed and without an owner; or goes on with the one that exists.
    pub fn account(&self, name: &str) -> AccountSetup<'_> {
        let mut state = self.shared.state();
        if state.account(name).is_none() {
            state.accounts.push(Account::new(name));
        }
        drop(state);
        AccountSetup { shared: &self.shared, name: name.to_owned() }
    }

    /// Publishes a post, visible at once, and returns its id. The newest post is the one made last.
    pub fn post(&self, author: &str, title: &str, content: &str) -> String {
        self.shared.state().add_post(Post::new(author, title, content))
    }

    /// Makes a post whose author has not solved the challenge yet: nobody sees it. Returns its id.
    pub fn pending_post(&self, author: &str, title: &str, content: &str) -> String {
        self.shared.state().add_post(Post { pending: true, ..Post::new(author, title, content) })
    }

    /// Makes a pending post visible.
    ///
    /// # Panics
    ///
    /// When there is no such post.
    pub fn publish(&self, post: &str) {
        self.shared.state().post_mut(post).expect("the test made this post").pending = false;
    }

    /// Comments on a post. Returns the comment's id.
    ///
    /// # Panics
    ///
    /// When there is no such post.
    pub fn comment(&self, post: &str, author: &str, content: &str) -> String {
        self.shared.state().add_comment(post, author, content).expect("the test made this post")
    }

    /// Hands out an identity token of `agent` for `audience`; `None` is a token for everybody.
    pub fn token(&self, token: &str, agent: &str, audience: Option<&str>) {
        let audience = audience.map(str::to_owned);
        self.shared.state().tokens.push(Token { text: token.into(), agent: agent.into(), audience, expired: false });
    }

    /// Hands out an identity token of `agent` whose hour is over.
    pub fn expired_token(&self, token: &str, agent: &str) {
        let (text, agent) = (token.into(), agent.into());
        self.shared.state().tokens.push(Token { text, agent, audience: None, expired: true });
    }

    /// From now on answers 401 to whoever does not send this key as a bearer.
    pub fn require_api_key(&self, key: &str) {
        self.shared.state().api_key = Some(key.into());
    }

    /// From now on verifies no identity for whoever does not send this key as `X-Moltbook-App-Key`.
    pub fn require_app_key(&self, key: &str) {
        self.shared.state().app_key = Some(key.into());
    }

    /// Whether profiles list recent posts and whether search finds them; both at first.
    pub fn lists(&self, recent_posts: bool, search: bool) {
        let mut state = self.shared.state();
        state.lists_recent = recent_posts;
        state.searches = search;
    }

    /// From now on answers in this shape.
    pub fn shape(&self, shape: Shape) {
        self.shared.state().shape = shape;
    }

    /// From now on misbehaves so. Open connections are cut when it goes down.
    pub fn fault(&self, fault: Fault) {
        self.fault_on("", fault);
    }

    /// From now on misbehaves so on paths that begin with `path`, and behaves well on all others. Being down is for the
    /// whole double.
    pub fn fault_on(&self, path: &str, fault: Fault) {
        self.server.set_down(fault == Fault::Down);
        self.shared.state().fault = (path.to_owned(), fault);
        self.shared.changed.send_replace(());
    }

    /// From now on behaves well.
    pub fn well(&self) {
        self.fault(Fault::None);
    }

    /// Holds every request until the fault changes, then goes by the new one.
    pub fn slow(&self) {
        self.fault(Fault::Slow);
    }

    /// Answers JSON that means nothing.
    pub fn nonsense(&self) {
        self.fault(Fault::Nonsense);
    }

    /// Answers a page.
    pub fn html(&self) {
        self.fault(Fault::Html);
    }

    /// Answers 429 with this many seconds of `Retry-After`.
    pub fn too_many(&self, retry_after: u64) {
        self.fault(Fault::TooMany { retry_after });
    }

    /// Takes connections and drops them.
    pub fn down(&self) {
        self.fault(Fault::Down);
    }

    /// Answers 500.
    pub fn failing(&self) {
        self.fault(Fault::Failing);
    }

    /// How often a path has been asked for, without base path and query: `calls("/agents/profile")`.
    pub fn calls(&self, path: &str) -> usize {
        self.shared.state().calls.iter().filter(|called| called.path == path).count()
    }

    /// How often anything has been asked for.
    pub fn calls_in_all(&self) -> usize {
        self.shared.state().calls.len()
    }

    /// The path and query of every request so far, in order.
    pub fn called(&self) -> Vec<String> {
        self.shared.state().calls.iter().map(|called| called.shown.clone()).collect()
    }

    /// Waits until `count` requests have come in all.
    ///
    /// # Panics
    ///
    /// Never: the double outlives its borrower.
    pub async fn calls_reach(&self, count: u64) {
        let mut came = self.shared.came.subscribe();
        came.wait_for(|came| *came >= count).await.expect("the double outlives its borrower");
    }
}

/// An account that is being described. Every call takes effect at once.
#[derive(Debug)]
pub struct AccountSetup<'a> {
    shared: &'a Shared,
    name: String,
}

impl AccountSetup<'_> {
    /// A human has claimed it.
    pub fn claimed(self) -> Self {
        self.change(|account| account.claimed = true)
    }

    /// Nobody has claimed it (any more).
    pub fn unclaimed(self) -> Self {
        self.change(|account| account.claimed = false)
    }

    /// The X handle of the human who owns it.
    pub fn owner(self, handle: &str) -> Self {
        self.change(|account| account.owner = Some(handle.into()))
    }

    /// It was deactivated: its identity tokens are refused.
    pub fn deactivated(self) -> Self {
        self.change(|account| account.deactivated = true)
    }

    /// It no longer exists. Its posts stay.
    pub fn gone(self) {
        self.shared.state().accounts.retain(|account| !account.is(&self.name));
    }

    fn change(self, change: impl FnOnce(&mut Account)) -> Self {
        if let Some(account) = self.shared.state().account_mut(&self.name) {
            change(account);
        }
        self
    }
}
