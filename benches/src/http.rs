//! As much HTTP/1.1 as a load generator needs: whole replies with a `Content-Length`, and a small blocking client for
//! what happens outside the measurements.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;

/// How long the blocking client waits for the hub.
const PATIENCE: Duration = Duration::from_secs(10);

/// The head of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// Status code.
    pub(crate) status: u16,
    /// Bytes up to and including the empty line.
    pub(crate) length: usize,
    /// Bytes of the body, when the head says so.
    pub(crate) content_length: Option<usize>,
    /// Whether the body comes in chunks.
    pub(crate) chunked: bool,
}

impl Head {
    /// The head at the beginning of `bytes`; `None` while it is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = memmem::find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let text = std::str::from_utf8(&bytes[..end]).context("the head of a reply is not UTF-8")?;
        let mut lines = text.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let mut head = Self {
            status: status.context("a reply does not begin with HTTP/1.1 and a status")?,
            length: end + 4,
            content_length: None,
            chunked: false,
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                head.content_length = Some(value.trim().parse().context("a Content-Length is not a number")?);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                head.chunked = value.trim().eq_ignore_ascii_case("chunked");
            }
        }
        Ok(Some(head))
    }
}

/// A whole reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reply<'a> {
    /// Status code.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
    /// Bytes of head and body.
    pub(crate) length: usize,
}

impl<'a> Reply<'a> {
    /// The reply at the beginning of `bytes`; `None` while it is incomplete.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Option<Self>> {
        let Some(head) = Head::parse(bytes)? else { return Ok(None) };
        ensure!(!head.chunked, "a reply comes in chunks where one with a Content-Length was expected");
        let length = head.length + head.content_length.unwrap_or(0);
        let body = bytes.get(head.length..length);
        Ok(body.map(|body| Self { status: head.status, body, length }))
    }
}

/// The bytes of a request on a connection that is kept open.
pub(crate) fn request(hub: SocketAddr, method: &str, target: &str, key: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let authorization = key.map_or_else(String::new, |key| format!("Authorization: Bearer {key}\r\n"));
    let body = body.map_or_else(
        || String::from("\r\n"),
        |body| format!("Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
    );
    format!("{method} {target} HTTP/1.1\r\nHost: {hub}\r\n{authorization}{body}").into_bytes()
}

/// A blocking client with one connection, for what is not measured.
#[derive(Debug)]
pub(crate) struct Client {
    hub: SocketAddr,
    stream: TcpStream,
    inbound: Vec<u8>,
}

impl Client {
    /// Connects to the hub.
    pub(crate) fn connect(hub: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect_timeout(&hub, PATIENCE).context("cannot connect to the hub")?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self { hub, stream, inbound: Vec::new() })
    }

    /// Sends one request and gives status and body.
    pub(crate) fn send(&mut self, method: &str, target: &str, body: Option<&str>) -> Result<(u16, String)> {
        self.send_as(None, method, target, body)
    }

    fn send_as(&mut self, key: Option<&str>, method: &str, target: &str, body: Option<&str>) -> Result<(u16, String)> {
        self.stream.write_all(&request(self.hub, method, target, key, body))?;
        self.inbound.clear();
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = self.stream.read(&mut buffer).with_context(|| format!("no answer to {method} {target}"))?;
            if count == 0 {
                bail!("the hub hung up on {method} {target}");
            }
            self.inbound.extend_from_slice(&buffer[..count]);
            if let Some(reply) = Reply::parse(&self.inbound)? {
                return Ok((reply.status, String::from_utf8_lossy(reply.body).into_owned()));
            }
        }
    }

    /// Sends one request and gives the body as JSON.
    ///
    /// # Errors
    ///
    /// Another status than `expected` is one, with the body in it.
    pub(crate) fn json(
        &mut self,
        method: &str,
        target: &str,
        body: Option<&str>,
        expected: u16,
    ) -> Result<serde_json::Value> {
        self.json_as(None, method, target, body, expected)
    }

    /// As [`Client::json`], with a key.
    pub(crate) fn json_as(
        &mut self,
        key: Option<&str>,
        method: &str,
        target: &str,
        body: Option<&str>,
        expected: u16,
    ) -> Result<serde_json::Value> {
        let (status, text) = self.send_as(key, method, target, body)?;
        ensure!(status == expected, "{method} {target} answered {status} instead of {expected}: {text}");
        serde_json::from_str(&text).with_context(|| format!("{method} {target} did not answer JSON: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-LENGTH: 2\r\n\r\n{}HTTP";

    #[test]
    fn a_reply_ends_where_its_length_says() {
        let reply = Reply::parse(REPLY).unwrap().unwrap();
        assert_eq!((reply.status, reply.body, reply.length), (201, &b"{}"[..], REPLY.len() - 4));
    }

    #[test]
    fn a_part_of_a_reply_is_not_one() {
        for end in 0..REPLY.len() - 4 {
            assert_eq!(Reply::parse(&REPLY[..end]).unwrap(), None);
        }
    }

    #[test]
    fn what_is_not_http_is_an_error() {
        assert!(Head::parse(b"SMTP\r\n\r\n").is_err());
    }
}
