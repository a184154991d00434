//! One connection of a client.

use std::{io, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};

use super::{Answer, Letter, Security, Shared, Stage};

/// Longest line, and longest letter.
const MOST: u64 = 1 << 20;

pub(super) struct Session<S> {
    socket: BufReader<S>,
    shared: Arc<Shared>,
    secured: bool,
    user: Option<String>,
    from: String,
    to: Vec<String>,
}

/// What follows a command.
enum Next {
    Command,
    Secure,
    End,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<S> {
    pub(super) fn new(socket: S, shared: Arc<Shared>, secured: bool) -> Self {
        let socket = BufReader::new(socket);
        Self { socket, shared, secured, user: None, from: String::new(), to: Vec::new() }
    }

    /// Serves a new connection; the socket, when the client wants it secured.
    pub(super) async fn greet(mut self) -> io::Result<Option<S>> {
        if self.reply(Stage::Connected, "220 a double").await? { self.go_on().await } else { Ok(None) }
    }

    /// Serves a connection that has been greeted.
    pub(super) async fn go_on(mut self) -> io::Result<Option<S>> {
        while let Some(line) = self.line().await? {
            match self.command(line.trim_end()).await? {
                Next::Command => {}
                Next::Secure => return Ok(Some(self.socket.into_inner())),
                Next::End => break,
            }
        }
        Ok(None)
    }

    async fn command(&mut self, line: &str) -> io::Result<Next> {
        let (command, argument) = line.split_at_checked(4).unwrap_or((line, ""));
        let goes_on = match command.to_ascii_uppercase().as_str() {
            "EHLO" => self.hello().await?,
            "STAR" if self.offers_tls() => {
                self.say("220 go ahead").await?;
                return Ok(Next::Secure);
            }
            "AUTH" => self.login(argument).await?,
            "MAIL" => self.begin(argument).await?,
            "RCPT" => {
                self.to.push(address(argument));
                self.reply(Stage::To, "250 ok").await?
            }
            "DATA" => self.content().await?,
            "RSET" | "NOOP" => self.say("250 ok").await?,
            "QUIT" => {
                self.say("221 bye").await?;
                false
            }
            _ => self.say("502 not spoken here").await?,
        };
        Ok(if goes_on { Next::Command } else { Next::End })
    }

    fn offers_tls(&self) -> bool {
        self.shared.security == Security::StartTls && !self.secured
    }

    async fn hello(&mut self) -> io::Result<bool> {
        let mut reply = String::from("250-a double\r\n");
        if self.offers_tls() {
            reply.push_str("250-STARTTLS\r\n");
        }
        if self.shared.kept().login.is_some() {
            reply.push_str("250-AUTH PLAIN\r\n");
        }
        reply.push_str("250 8BITMIME");
        self.reply(Stage::Hello, &reply).await
    }

    /// `AUTH PLAIN` with its answer in the same line (RFC 4616).
    async fn login(&mut self, argument: &str) -> io::Result<bool> {
        let answer = argument.trim().strip_prefix("PLAIN ").and_then(|answer| BASE64_STANDARD.decode(answer).ok());
        let login = self.shared.kept().login.clone();
        let Some((user, password)) = login else { return self.say("503 nobody logs in here").await };
        if answer != Some(format!("\0{user}\0{password}").into_bytes()) {
            return self.say("535 who are you?").await;
        }
        self.user = Some(user);
        self.say("235 welcome").await
    }

    async fn begin(&mut self, argument: &str) -> io::Result<bool> {
        if self.shared.kept().login.is_some() && self.user.is_none() {
            return self.say("530 log in first").await;
        }
        self.from = address(argument);
        self.to.clear();
        self.reply(Stage::From, "250 ok").await
    }

    async fn content(&mut self) -> io::Result<bool> {
        if self.shared.kept().answers.contains_key(&Stage::Data) {
            return self.reply(Stage::Data, "").await;
        }
        self.say("354 go ahead").await?;
        let mut content = String::new();
        loop {
            let Some(line) = self.line().await? else { return Ok(false) };
            match line.trim_end_matches("\r\n") {
                "." => break,
                line => content.push_str(line.strip_prefix('.').unwrap_or(line)),
            }
            content.push('\n');
        }
        self.keep(content).await
    }

    async fn keep(&mut self, content: String) -> io::Result<bool> {
        let (from, to) = (std::mem::take(&mut self.from), std::mem::take(&mut self.to));
        if !self.shared.kept().answers.contains_key(&Stage::Content) {
            let letter = Letter { from, to, content, secured: self.secured, user: self.user.clone() };
            self.shared.kept().letters.push(letter);
            self.shared.taken.send_modify(|taken| *taken += 1);
        }
        self.reply(Stage::Content, "250 taken").await
    }

    /// The next line with its end, unless the client has closed the connection.
    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let length = (&mut self.socket).take(MOST).read_line(&mut line).await?;
        Ok((length > 0).then_some(line))
    }

    /// Answers as the test wants it here, or in the ordinary way; whether the conversation goes on.
    async fn reply(&mut self, stage: Stage, ordinary: &str) -> io::Result<bool> {
        let answer = self.shared.kept().answers.get(&stage).copied();
        match answer {
            None => self.say(ordinary).await,
            Some(Answer::Code(code)) => self.say(&format!("{code} the double's own words")).await,
            Some(Answer::Never) => std::future::pending().await,
            Some(Answer::HangUp) => Ok(false),
        }
    }

    async fn say(&mut self, reply: &str) -> io::Result<bool> {
        self.socket.write_all(format!("{reply}\r\n").as_bytes()).await?;
        self.socket.flush().await?;
        Ok(true)
    }
}

/// What stands between `<` and `>`.
fn address(argument: &str) -> String {
    let inside = argument.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or("", |(address, _)| address).to_owned()
}
