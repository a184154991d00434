//! A mail server: it keeps the letters that it takes, and answers as it was told.
//!
//! It speaks what a sender needs of RFC 5321 (EHLO, MAIL, RCPT, DATA, RSET, NOOP, QUIT), with STARTTLS or TLS from the
//! first byte, and AUTH PLAIN where a login is set.

mod session;
mod tls;

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
};

use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{session::Session, tls::Identity};

/// How connections are secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// Not at all.
    None,
    /// When the client asks for it; before that it says nothing of value.
    StartTls,
    /// From the first byte.
    Implicit,
}

/// What a client has said when an answer is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing: it has connected.
    Connected,
    /// Who it is.
    Hello,
    /// Who the letter is from.
    From,
    /// Who the letter is for.
    To,
    /// That the letter follows.
    Data,
    /// The letter.
    Content,
}

/// An answer out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// This code.
    Code(u16),
    /// None, until the double ends.
    Never,
    /// None, and the connection is closed.
    HangUp,
}

/// A letter that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Address of the sender, as the envelope has it.
    pub from: String,
    /// Addresses that it is for, as the envelope has them.
    pub to: Vec<String>,
    /// Head and body, with `\n` at the end of a line.
    pub content: String,
    /// Whether the connection was secured.
    pub secured: bool,
    /// Who had logged in.
    pub user: Option<String>,
}

impl Letter {
    /// The first line of the body that is six digits.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        let (_, body) = self.content.split_once("\n\n")?;
        let is_code = |line: &&str| line.len() == 6 && line.bytes().all(|byte| byte.is_ascii_digit());
        body.lines().map(str::trim).find(is_code)
    }
}

/// A running double. Dropping it cuts every connection and gives the port back.
#[derive(Debug)]
pub struct SmtpServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    ended: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug)]
struct Shared {
    security: Security,
    identity: Identity,
    kept: Mutex<Kept>,
    /// How many letters were taken.
    taken: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Kept {
    login: Option<(String, String)>,
    answers: HashMap<Stage, Answer>,
    letters: Vec<Letter>,
    connections: usize,
}

impl Shared {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no test panics while it holds the double's state")
    }
}

impl SmtpServer {
    /// Starts listening, with a certificate of its own.
    ///
    /// # Panics
    ///
    /// When 127.0.0.1 has no free port.
    pub async fn start(security: Security) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let (ended, tasks) = (CancellationToken::new(), TaskTracker::new());
        let kept = Mutex::default();
        let shared = Arc::new(Shared { security, identity: Identity::new(), kept, taken: watch::Sender::new(0) });
        tasks.spawn(accept(listener, Arc::clone(&shared), ended.clone(), tasks.clone()));
        Self { address, shared, ended, tasks }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its certificate as PEM, for `localhost` and `127.0.0.1`.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.shared.identity.certificate.clone()
    }

    /// From now on letters are taken from this user only.
    pub fn require_login(&self, user: &str, password: &str) {
        self.shared.kept().login = Some((user.to_owned(), password.to_owned()));
    }

    /// From now on this is the answer there; `None` is the ordinary one.
    pub fn answer(&self, stage: Stage, answer: impl Into<Option<Answer>>) {
        let mut kept = self.shared.kept();
        match answer.into() {
            Some(answer) => kept.answers.insert(stage, answer),
            None => kept.answers.remove(&stage),
        };
    }

    /// How many connections there have been.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.kept().connections
    }

    /// How many letters were taken.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.kept().letters.len()
    }

    /// Waits until this many letters have been taken in all; all of them.
    ///
    /// # Panics
    ///
    /// Never: the double tells as long as it is there.
    pub async fn letters(&self, count: usize) -> Vec<Letter> {
        let mut taken = self.shared.taken.subscribe();
        let _ = taken.wait_for(|taken| *taken >= count).await.expect("the double is there");
        self.shared.kept().letters.clone()
    }

    /// Ends the double and waits until its port is free, so that connections are refused.
    pub async fn stop(self) {
        self.ended.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, ended: CancellationToken, tasks: TaskTracker) {
    loop {
        let accepted = tokio::select! {
            () = ended.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        if let Ok((socket, _)) = accepted {
            shared.kept().connections += 1;
            let (shared, ended) = (Arc::clone(&shared), ended.clone());
            tasks.spawn(async move { ended.run_until_cancelled(Box::pin(serve(socket, shared))).await });
        }
    }
}

/// Serves one connection. A client that hangs up, or does not trust the certificate, is none of our business.
async fn serve(socket: TcpStream, shared: Arc<Shared>) {
    if shared.security == Security::Implicit {
        if let Ok(secured) = shared.identity.acceptor.accept(socket).await {
            let _ = Session::new(secured, shared, true).greet().await;
        }
        return;
    }
    let Ok(Some(socket)) = Session::new(socket, Arc::clone(&shared), false).greet().await else { return };
    if let Ok(secured) = shared.identity.acceptor.accept(socket).await {
        let _ = Session::new(secured, shared, true).go_on().await;
    }
}
