//! Plain HTTP/1.1, bytes out and bytes in.

use std::{collections::VecDeque, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::{reply::Reply, within};

/// A request, as it will be sent.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (method, target) = (method.to_owned(), target.to_owned());
        Self { method, target, version: "HTTP/1.1", headers: Vec::new(), body: Vec::new() }
    }

    /// As an old client asks: HTTP/1.0.
    #[must_use]
    pub fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body as it is.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// With this body, as JSON.
    #[must_use]
    pub fn json(self, body: &str) -> Self {
        self.header("Content-Type", "application/json").body(body)
    }

    fn bytes(&self, host: SocketAddr) -> Vec<u8> {
        let has = |name: &str| self.headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        let mut lines = vec![format!("{} {} {}", self.method, self.target, self.version)];
        if !has("host") {
            lines.push(format!("Host: {host}"));
        }
        if !has("content-length") && !has("transfer-encoding") && (!self.body.is_empty() || self.method == "POST") {
            lines.push(format!("Content-Length: {}", self.body.len()));
        }
        lines.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        let mut bytes = format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// One connection to the hub.
#[derive(Debug)]
pub struct Connection {
    socket: TcpStream,
    host: SocketAddr,
    received: VecDeque<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Panics
    ///
    /// If nobody listens there.
    pub async fn open(host: SocketAddr) -> Self {
        let socket = within("a connection", TcpStream::connect(host)).await.expect("the hub listens");
        Self { socket, host, received: VecDeque::new() }
    }

    /// Connects with a receive buffer of about `bytes`, so that a reader who stops is noticed soon.
    ///
    /// # Panics
    ///
    /// If nobody listens there.
    pub async fn open_narrow(host: SocketAddr, bytes: u32) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_recv_buffer_size(bytes).expect("a smaller buffer");
        let socket = within("a connection", socket.connect(host)).await.expect("the hub listens");
        Self { socket, host, received: VecDeque::new() }
    }

    /// Sends bytes as they are.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        within("the hub to read", self.socket.write_all(bytes)).await.expect("the connection is open");
    }

    /// Sends bytes as they are, if the connection is still there.
    pub async fn try_send_bytes(&mut self, bytes: &[u8]) {
        // The hub may have gone; whoever reads notices.
        let _ = within("the hub to read", self.socket.write_all(bytes)).await;
    }

    /// Sends a request, and bytes behind it in the same write.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub async fn send_with(&mut self, request: &Request, behind: &[u8]) {
        let mut bytes = request.bytes(self.host);
        bytes.extend_from_slice(behind);
        self.send_bytes(&bytes).await;
    }

    /// Sends a request.
    ///
    /// # Panics
    ///
    /// If the connection is gone.
    pub async fn send(&mut self, request: &Request) {
        let bytes = request.bytes(self.host);
        self.send_bytes(&bytes).await;
    }

    /// Sends a request and reads the whole answer.
    ///
    /// # Panics
    ///
    /// If there is no answer, or it is not HTTP.
    pub async fn exchange(&mut self, request: &Request) -> Reply {
        self.send(request).await;
        self.read_reply(request.method == "HEAD").await
    }

    /// Reads a whole answer.
    ///
    /// # Panics
    ///
    /// If there is none, or it is not HTTP.
    pub async fn read_reply(&mut self, is_head: bool) -> Reply {
        let (status, headers) = self.read_head().await;
        if is_head || status == 204 || status == 304 {
            return Reply::new(status, headers, Vec::new());
        }
        self.read_body(status, headers).await
    }

    /// Reads the rest of an answer whose head was read.
    ///
    /// # Panics
    ///
    /// If it is not HTTP.
    pub async fn read_body(&mut self, status: u16, headers: Vec<(String, String)>) -> Reply {
        let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let body = if value("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            let mut body = Vec::new();
            while let Some(chunk) = self.read_chunk().await {
                body.extend_from_slice(&chunk);
            }
            body
        } else {
            let length = value("content-length").map_or(0, |length| length.parse().expect("a length"));
            self.read_exactly(length).await
        };
        Reply::new(status, headers, body)
    }

    /// Reads an answer's status and headers; names in lower case.
    ///
    /// # Panics
    ///
    /// If the connection ends before.
    pub async fn read_head(&mut self) -> (u16, Vec<(String, String)>) {
        let status_line = self.read_line().await.expect("an answer");
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let mut headers = Vec::new();
        while let Some(line) = self.read_line().await.filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(':').expect("a header");
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        (status, headers)
    }

    /// Reads one chunk of a chunked body; nothing after the last one, or when the connection ends.
    ///
    /// # Panics
    ///
    /// If what comes is no chunk.
    pub async fn read_chunk(&mut self) -> Option<Vec<u8>> {
        let size = self.read_line().await?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).expect("a chunk size");
        let chunk = self.read_exactly(size).await;
        self.read_line().await;
        (size > 0).then_some(chunk)
    }

    /// Reads whatever comes next; nothing when the connection ends.
    pub async fn read_some(&mut self) -> Option<Vec<u8>> {
        if self.received.is_empty() && !self.fill().await {
            return None;
        }
        Some(self.received.drain(..).collect())
    }

    /// Reads what is there until the connection ends.
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        while self.fill().await {}
        self.received.drain(..).collect()
    }

    async fn read_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.received.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.received.drain(..=end).collect();
                return Some(String::from_utf8(line).expect("UTF-8").trim_end_matches(['\r', '\n']).to_owned());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    async fn read_exactly(&mut self, length: usize) -> Vec<u8> {
        while self.received.len() < length {
            assert!(self.fill().await, "the connection ended {} bytes too soon", length - self.received.len());
        }
        self.received.drain(..length).collect()
    }

    async fn fill(&mut self) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        match within("bytes from the hub", self.socket.read(&mut buffer)).await {
            Ok(0) | Err(_) => false,
            Ok(count) => {
                self.received.extend(&buffer[..count]);
                true
            }
        }
    }
}
