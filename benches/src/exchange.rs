//! Requests and their answers on many kept-alive connections, driven by one thread.
//!
//! Non-blocking sockets behind one `epoll`, one request outstanding on each connection, prepared bytes out, a minimal
//! parse in: the generator shares two cores with the hub and must cost little beside it.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::figures::Latencies;
use crate::http::Reply;
use crate::pace::{Pace, Schedule};
use crate::stage::Stage;

/// Bytes read at once; the longest replies are pages of history.
const READ_BYTES: usize = 64 * 1024;

/// After so many faults a load stops: what follows would say nothing new.
const MOST_FAULTS: u64 = 100;

/// A hub that answers nothing for so long has failed.
const PATIENCE_NS: u64 = 10_000_000_000;

/// What a load asks the hub.
pub(crate) trait Requests {
    /// The status that counts; any other is a fault.
    fn expected(&self) -> u16;

    /// The bytes of the next request on `connection`, which became due at `due` (nanoseconds of the clock).
    fn next(&mut self, connection: usize, due: u64) -> &[u8];

    /// Takes note of the body of an answer with the expected status, on `connection`.
    fn answered(&mut self, connection: usize, body: &[u8]) -> Result<()> {
        let _ = (connection, body);
        Ok(())
    }
}

/// What a load brought.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Answers with the expected status, from beginning to end.
    pub(crate) accepted: u64,
    /// Latencies of those that came in the measured window.
    pub(crate) latencies: Latencies,
    /// All other answers.
    pub(crate) faults: Faults,
}

/// Sends `requests` over `connections` connections at `pace`, until the stage is over or the pace exhausted, and waits
/// for all answers.
///
/// # Errors
///
/// The hub cannot be reached, hangs up, stops answering or does not keep the pace. An unexpected status is no error but
/// a fault in the outcome.
pub(crate) fn run(
    hub: SocketAddr,
    connections: usize,
    requests: &mut dyn Requests,
    pace: Pace,
    stage: &Stage,
    clock: Clock,
) -> Result<Outcome> {
    let mut exchange = Exchange::connect(hub, connections, requests, pace, stage, clock)?;
    let outcome = exchange.run();
    outcome.map(|()| exchange.outcome)
}

struct Connection {
    stream: TcpStream,
    /// What has come of a reply that is not whole yet.
    inbound: Vec<u8>,
    /// When the outstanding request became due.
    due: u64,
}

struct Exchange<'a> {
    poll: Poll,
    connections: Vec<Connection>,
    free: VecDeque<usize>,
    scratch: Vec<u8>,
    requests: &'a mut dyn Requests,
    schedule: Schedule,
    stage: &'a Stage,
    clock: Clock,
    last_answer: u64,
    outcome: Outcome,
}

impl<'a> Exchange<'a> {
    fn connect(
        hub: SocketAddr,
        count: usize,
        requests: &'a mut dyn Requests,
        pace: Pace,
        stage: &'a Stage,
        clock: Clock,
    ) -> Result<Self> {
        let poll = Poll::new()?;
        let mut connections = Vec::with_capacity(count);
        for index in 0..count {
            let stream = std::net::TcpStream::connect(hub).context("cannot connect a sender")?;
            stream.set_nodelay(true)?;
            stream.set_nonblocking(true)?;
            let mut stream = TcpStream::from_std(stream);
            poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
            connections.push(Connection { stream, inbound: Vec::new(), due: 0 });
        }
        Ok(Self {
            poll,
            connections,
            free: (0..count).collect(),
            scratch: vec![0; READ_BYTES],
            requests,
            schedule: Schedule::new(pace, clock.now()),
            stage,
            clock,
            last_answer: clock.now(),
            outcome: Outcome { accepted: 0, latencies: Latencies::new(), faults: Faults::default() },
        })
    }

    fn run(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let now = self.clock.now();
            let ending = self.stage.over() || self.schedule.exhausted() || self.outcome.faults.count() >= MOST_FAULTS;
            if !ending {
                self.schedule.advance(now)?;
                self.send_what_is_due(now)?;
            } else if self.free.len() == self.connections.len() {
                return Ok(());
            }
            wait(&mut self.poll, &mut events, self.schedule.nap(now))?;
            for event in &events {
                self.read(event, !ending)?;
            }
            let silence = self.clock.since(self.last_answer);
            let outstanding = self.connections.len() - self.free.len();
            ensure!(outstanding == 0 || silence < PATIENCE_NS, "the hub leaves {outstanding} requests unanswered");
        }
    }

    /// Sends as many requests as are due and have a free connection.
    fn send_what_is_due(&mut self, now: u64) -> Result<()> {
        while let Some(index) = self.free.pop_front() {
            let Some(due) = self.schedule.take(now) else {
                self.free.push_front(index);
                return Ok(());
            };
            let connection = &mut self.connections[index];
            let bytes = self.requests.next(index, due);
            connection.due = due;
            // One small request at a time always fits into the socket's buffer, so a short write is no case to handle.
            let written = connection.stream.write(bytes).context("cannot send a request")?;
            ensure!(written == bytes.len(), "a request of {} bytes does not fit into its socket", bytes.len());
        }
        Ok(())
    }

    fn read(&mut self, event: &Event, send_on: bool) -> Result<()> {
        let index = event.token().0;
        let connection = &mut self.connections[index];
        loop {
            let count = match connection.stream.read(&mut self.scratch) {
                Ok(0) => anyhow::bail!("the hub closed a sender's connection"),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("cannot read a reply"),
            };
            connection.inbound.extend_from_slice(&self.scratch[..count]);
            // A short read means that the socket is empty: the next bytes are a new event.
            if count < self.scratch.len() {
                break;
            }
        }
        if self.settle(index)? && send_on {
            let now = self.clock.now();
            self.schedule.advance(now)?;
            self.send_what_is_due(now)?;
        }
        Ok(())
    }

    /// Takes a whole reply off the connection, if there is one, and counts it.
    fn settle(&mut self, index: usize) -> Result<bool> {
        let connection = &mut self.connections[index];
        let Some(reply) = Reply::parse(&connection.inbound)? else { return Ok(false) };
        ensure!(reply.length == connection.inbound.len(), "the hub sent more than one reply to one request");
        let now = self.clock.now();
        self.last_answer = now;
        if reply.status == self.requests.expected() {
            self.outcome.accepted += 1;
            self.requests.answered(index, reply.body)?;
            if self.stage.measuring() {
                self.outcome.latencies.record(now.saturating_sub(connection.due));
            }
        } else {
            self.outcome.faults.add(|| format!("{} {}", reply.status, String::from_utf8_lossy(reply.body)));
        }
        connection.inbound.clear();
        self.free.push_back(index);
        Ok(true)
    }
}

/// Waits for events; a signal that interrupts the waiting counts as none.
pub(crate) fn wait(poll: &mut Poll, events: &mut Events, nap: std::time::Duration) -> Result<()> {
    match poll.poll(events, Some(nap)) {
        Err(error) if error.kind() == ErrorKind::Interrupted => events.clear(),
        other => other.context("cannot wait for sockets")?,
    }
    Ok(())
}
