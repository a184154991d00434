//! Agents that are given what comes into their inboxes over AgentChat's WebSocket, and acknowledge every message.
//!
//! As in [`crate::exchange`], one thread drives all connections. Each agent is written to in one conversation, so the
//! places of its messages follow each other: one that is lost, doubled or out of order is a fault.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::agentchat::Agent;
use crate::clock::Clock;
use crate::exchange::wait;
use crate::faults::Faults;
use crate::figures::Latencies;
use crate::frames::{self, Frames};
use crate::framing::Said;
use crate::http::Head;
use crate::senders::stamp;
use crate::stage::Stage;

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// How long the thread sleeps at most before it looks whether it is done.
const NAP: std::time::Duration = std::time::Duration::from_millis(10);

/// A hub that delivers nothing of what it has accepted for so long has lost it.
const PATIENCE_NS: u64 = 10_000_000_000;

/// How many messages come in all, once that is known.
#[derive(Debug)]
pub(crate) struct Total(AtomicU64);

impl Total {
    /// Nobody knows yet.
    pub(crate) fn unknown() -> Self {
        Self(AtomicU64::new(u64::MAX))
    }

    /// So many.
    pub(crate) fn is(&self, count: u64) {
        self.0.store(count, Ordering::Release);
    }

    fn known(&self) -> Option<u64> {
        Some(self.0.load(Ordering::Acquire)).filter(|count| *count != u64::MAX)
    }
}

/// What was delivered.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// From the moment when a message became due to that when it was heard, of those in the measured window.
    pub(crate) latencies: Latencies,
    /// Whatever should not have come, or not so.
    pub(crate) faults: Faults,
}

/// Open inboxes.
pub(crate) struct Inboxes {
    poll: Poll,
    connections: Vec<Connection>,
}

struct Connection {
    stream: TcpStream,
    frames: Frames,
    /// The place of the last message.
    last: Option<u64>,
}

impl Inboxes {
    /// Connects all of them, and waits until each is greeted.
    pub(crate) fn open(hub: SocketAddr, agents: &[Agent]) -> Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(agents.len());
        for (index, agent) in agents.iter().enumerate() {
            let mut connection = Connection::open(hub, agent)?;
            poll.registry().register(&mut connection.stream, Token(index), Interest::READABLE)?;
            connections.push(connection);
        }
        Ok(Self { poll, connections })
    }

    /// Hears and acknowledges until `total` messages have come.
    ///
    /// # Errors
    ///
    /// The hub hangs up, or delivers nothing more though not all has come.
    pub(crate) fn run(mut self, total: &Total, stage: &Stage, clock: Clock) -> Result<Delivered> {
        let mut delivered = Delivered { latencies: Latencies::new(), faults: Faults::default() };
        let (mut events, mut scratch) = (Events::with_capacity(1024), vec![0; READ_BYTES]);
        let (mut heard, mut last_heard) = (0, clock.now());
        loop {
            match total.known() {
                Some(total) if heard >= total => return Ok(delivered),
                Some(total) => {
                    let silence = clock.since(last_heard);
                    ensure!(silence < PATIENCE_NS, "{} of {total} messages were not delivered", total - heard);
                }
                None => {}
            }
            wait(&mut self.poll, &mut events, NAP)?;
            for event in &events {
                let count = self.connections[event.token().0].serve(&mut scratch, stage, clock, &mut delivered)?;
                if count > 0 {
                    (heard, last_heard) = (heard + count, clock.now());
                }
            }
        }
    }
}

impl Connection {
    fn open(hub: SocketAddr, agent: &Agent) -> Result<Self> {
        let mut stream = std::net::TcpStream::connect(hub).context("cannot connect an inbox")?;
        stream.set_nodelay(true)?;
        let question = format!(
            "GET /v1/ws HTTP/1.1\r\nHost: {hub}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             Authorization: Bearer {}\r\nX-AgentChat-Capabilities: ack\r\n\r\n",
            agent.key
        );
        stream.write_all(question.as_bytes())?;
        let (mut answer, mut buffer, mut frames, mut is_greeted) = (Vec::new(), [0; 4096], Frames::default(), false);
        while !is_greeted {
            let count = stream.read(&mut buffer).context("an inbox has no answer")?;
            ensure!(count > 0, "the hub closed an inbox: {}", String::from_utf8_lossy(&answer));
            answer.extend_from_slice(&buffer[..count]);
            let Some(head) = Head::parse(&answer)? else { continue };
            ensure!(head.status == 101, "an inbox is answered {}", String::from_utf8_lossy(&answer));
            // Nothing waits for it, so that nothing comes behind the greeting.
            frames = Frames::default();
            frames.read(&answer[head.length..], &mut |said| {
                is_greeted |= matches!(said, Said::Event(event) if event.starts_with(br#"{"type":"hello.ok""#));
                Ok(())
            })?;
        }
        stream.set_nonblocking(true)?;
        Ok(Self { stream: TcpStream::from_std(stream), frames, last: None })
    }

    /// Reads what has come, and acknowledges it; how many messages it was.
    fn serve(&mut self, scratch: &mut [u8], stage: &Stage, clock: Clock, delivered: &mut Delivered) -> Result<u64> {
        let mut heard = 0;
        loop {
            let count = match self.stream.read(scratch) {
                Ok(0) => bail!("the hub closed an inbox"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(heard),
                Err(error) => return Err(error).context("cannot read from an inbox"),
            };
            heard += self.take(&scratch[..count], stage, clock, delivered)?;
            // A short read means that the socket is empty.
            if count < scratch.len() {
                return Ok(heard);
            }
        }
    }

    fn take(&mut self, bytes: &[u8], stage: &Stage, clock: Clock, delivered: &mut Delivered) -> Result<u64> {
        let (mut heard, mut answer) = (0, Vec::new());
        let last = &mut self.last;
        self.frames.read(bytes, &mut |said| {
            match said {
                Said::Event(event) => {
                    let message = Message::read(event).with_context(|| String::from_utf8_lossy(event).into_owned())?;
                    heard += 1;
                    if let Some(last) = last.filter(|last| message.seq != last + 1) {
                        delivered.faults.add(|| format!("place {} came after {last}", message.seq));
                    }
                    *last = Some(message.seq);
                    if stage.measuring() {
                        delivered.latencies.record(clock.now().saturating_sub(message.due));
                    }
                    answer.extend(frames::asked(&format!(r#"{{"type":"ack","message_id":"{}"}}"#, message.id)));
                }
                Said::Ping(payload) => answer.extend(frames::pong(payload)),
                Said::Farewell(code, reason) => {
                    bail!("the hub closes with {}: {}", code.unwrap_or(0), String::from_utf8_lossy(reason))
                }
            }
            Ok(())
        })?;
        // Acknowledgements of what was read at once always fit into the socket's buffer.
        let written = if answer.is_empty() { 0 } else { self.stream.write(&answer).context("cannot acknowledge")? };
        ensure!(written == answer.len(), "{} bytes of acknowledgements do not fit into their socket", answer.len());
        Ok(heard)
    }
}

/// What is looked at of a message.
#[derive(Debug, PartialEq, Eq)]
struct Message<'a> {
    id: &'a str,
    seq: u64,
    due: u64,
}

impl<'a> Message<'a> {
    fn read(event: &'a [u8]) -> Option<Self> {
        let behind = |name: &[u8]| Some(&event[memmem::find(event, name)? + name.len()..]);
        let until = |bytes: &'a [u8], is_end: fn(u8) -> bool| {
            let end = bytes.iter().position(|byte| is_end(*byte))?;
            std::str::from_utf8(&bytes[..end]).ok()
        };
        Some(Self {
            id: until(behind(br#""payload":{"id":""#)?, |byte| byte == b'"')?,
            seq: until(behind(br#""seq":"#)?, |byte| !byte.is_ascii_digit())?.parse().ok()?,
            due: stamp(behind(br#""text":""#)?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_known_by_its_id_its_place_and_its_moment() {
        let event =
            br#"{"type":"message.new","payload":{"id":"msg_a","seq":17,"content":{"text":"0000000000000abc x"}}}"#;
        assert_eq!(Message::read(event), Some(Message { id: "msg_a", seq: 17, due: 0xabc }));
        assert_eq!(Message::read(br#"{"type":"typing.start","payload":{}}"#), None);
    }
}
