//! HTTP/1.1 as a client of a hub that may be gone at any byte: a lost connection is a value, not a failed test.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

/// A connection that may break.
#[derive(Debug)]
pub struct Exchange {
    socket: BufReader<TcpStream>,
    host: SocketAddr,
}

/// The beginning of an answer.
#[derive(Debug)]
struct Head {
    status: u16,
    length: Option<usize>,
}

impl Exchange {
    /// Connects.
    ///
    /// # Errors
    ///
    /// Nobody listens there.
    pub async fn open(host: SocketAddr) -> io::Result<Self> {
        let socket = TcpStream::connect(host).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket: BufReader::new(socket), host })
    }

    /// Posts JSON and reads the whole answer.
    ///
    /// # Errors
    ///
    /// The connection broke before the answer was whole.
    ///
    /// # Panics
    ///
    /// If a whole answer is no HTTP, or its body no JSON.
    pub async fn post(&mut self, target: &str, key: Option<&str>, body: &str) -> io::Result<(u16, Value)> {
        self.call("POST", target, key, body).await
    }

    /// Sends a request of any method, with JSON unless it is empty, and reads the whole answer.
    ///
    /// # Errors
    ///
    /// As for [`Exchange::post`].
    ///
    /// # Panics
    ///
    /// As for [`Exchange::post`].
    pub async fn call(
        &mut self,
        method: &str,
        target: &str,
        key: Option<&str>,
        body: &str,
    ) -> io::Result<(u16, Value)> {
        let length = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let headers = authorization(key) + if body.is_empty() { "" } else { &length };
        self.send(method, target, &headers, body).await?;
        self.answer().await
    }

    /// Reads a resource.
    ///
    /// # Errors
    ///
    /// As for [`Exchange::post`].
    ///
    /// # Panics
    ///
    /// As for [`Exchange::post`].
    pub async fn get(&mut self, target: &str) -> io::Result<(u16, Value)> {
        self.send("GET", target, "", "").await?;
        self.answer().await
    }

    /// Opens a stream, after `last` if there is one.
    ///
    /// # Errors
    ///
    /// The connection broke.
    ///
    /// # Panics
    ///
    /// If the stream is refused.
    pub async fn open_stream(&mut self, last: Option<&str>) -> io::Result<()> {
        let resume = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
        self.send("GET", "/api/stream", &resume, "").await?;
        let head = self.head().await?;
        assert_eq!(head.status, 200, "the stream was refused");
        Ok(())
    }

    /// The next piece of a stream; nothing when it has ended as it should.
    ///
    /// # Errors
    ///
    /// The connection broke.
    pub async fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let size = usize::from_str_radix(&self.line().await?, 16).map_err(io::Error::other)?;
        let mut chunk = vec![0; size];
        self.socket.read_exact(&mut chunk).await?;
        self.line().await?;
        Ok((size > 0).then_some(chunk))
    }

    async fn send(&mut self, method: &str, target: &str, headers: &str, body: &str) -> io::Result<()> {
        let host = self.host;
        let request = format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n{body}");
        self.socket.write_all(request.as_bytes()).await
    }

    async fn answer(&mut self) -> io::Result<(u16, Value)> {
        let head = self.head().await?;
        let mut body = vec![0; head.length.expect("answers that are not streams say their length")];
        self.socket.read_exact(&mut body).await?;
        Ok((head.status, serde_json::from_slice(&body).expect("a whole body is JSON")))
    }

    async fn head(&mut self) -> io::Result<Head> {
        let status = self.line().await?;
        let status = status.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status line");
        let mut head = Head { status, length: None };
        loop {
            let line = self.line().await?.to_ascii_lowercase();
            if line.is_empty() {
                return Ok(head);
            }
            if let Some(length) = line.strip_prefix("content-length:") {
                head.length = Some(length.trim().parse().expect("a length"));
            }
        }
    }

    /// A whole line without its end.
    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.socket.read_line(&mut line).await?;
        match line.strip_suffix("\r\n") {
            Some(line) => Ok(line.to_owned()),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

fn authorization(key: Option<&str>) -> String {
    key.map(|key| format!("Authorization: Bearer {key}\r\n")).unwrap_or_default()
}
