//! Readers of the lobby over one transport: many raw sockets behind one `epoll`, drained by one thread as fast as it can.
//!
//! Every reader checks that each message follows on the one before; a few spread over all of them also measure latency.
//! One buffer serves all sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::clock::Clock;
use crate::events::{Kind, Needles, Sequence};
use crate::exchange::wait;
use crate::faults::Faults;
use crate::figures::Latencies;
use crate::frames;
use crate::framing::{Framing, Said};
use crate::stage::Stage;
use crate::transport::Transport;

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// Readers connected before their histories are awaited, so that the hub's backlog never overflows.
const CONNECTED_AT_ONCE: usize = 100;

/// Readers that come from one source address: below every usual cap per address.
const READERS_PER_ADDRESS: usize = 50;

/// Readers that measure latency.
const SAMPLED: usize = 16;

/// How long opening a batch of readers may take.
const PATIENCE_NS: u64 = 30_000_000_000;

/// How long the readers look at their sockets before they look at the stage again.
const NAP: Duration = Duration::from_millis(10);

/// The code with which the hub closes a WebSocket whose reader is too slow.
const TOO_SLOW: u16 = 1013;

/// What all readers together have received, for other threads to look at.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    messages: AtomicU64,
    bytes: AtomicU64,
    cut_off: AtomicU64,
}

impl Tally {
    /// Messages delivered, each counted once a reader.
    pub(crate) fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Bytes delivered, framing included.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Readers that the hub has cut off.
    pub(crate) fn cut_off(&self) -> u64 {
        self.cut_off.load(Ordering::Relaxed)
    }
}

/// What the readers saw, taken when all is delivered.
#[derive(Debug)]
pub(crate) struct Seen {
    /// From the moment a post became due to the moment a sampled reader had read its message, in the measured window.
    pub(crate) latencies: Latencies,
    /// Messages that readers still connected did not receive.
    pub(crate) lost: u64,
    /// Messages that readers received more than once.
    pub(crate) doubled: u64,
    /// Messages that did not follow on the one before, and readers that heard another order than the first.
    pub(crate) disorder: u64,
    /// Connections that broke, or sent what they must not.
    pub(crate) faults: Faults,
}

/// Open connections.
#[derive(Debug)]
pub(crate) struct Readers {
    transport: Transport,
    poll: Poll,
    connections: Vec<Reader>,
    ready: usize,
    scratch: Vec<u8>,
    needles: Needles,
    clock: Clock,
    latencies: Latencies,
    faults: Faults,
}

#[derive(Debug)]
struct Reader {
    stream: TcpStream,
    part: Part,
    has_history: bool,
    sequence: Sequence,
    sampled: bool,
}

/// How far a reader has come.
#[derive(Debug)]
enum Part {
    /// It has asked, and has so much of the answer's head.
    Asked(Vec<u8>),
    /// It hears what is said.
    Open(Framing),
    /// The hub has cut it off, or it hears nothing that could be understood.
    Over,
}

/// Whether a connection goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    GoOn,
    CutOff,
}

impl Readers {
    /// Opens `count` connections and waits until each has its history.
    pub(crate) fn open(hub: SocketAddr, transport: Transport, count: usize, clock: Clock) -> Result<Self> {
        let mut readers = Self {
            transport,
            poll: Poll::new()?,
            connections: Vec::with_capacity(count),
            ready: 0,
            scratch: vec![0; READ_BYTES],
            needles: Needles::of(transport),
            clock,
            latencies: Latencies::new(),
            faults: Faults::default(),
        };
        let sample_every = (count / SAMPLED).max(1);
        let (tally, stage) = (Tally::default(), Stage::new());
        while readers.connections.len() < count {
            for index in readers.connections.len()..count.min(readers.connections.len() + CONNECTED_AT_ONCE) {
                readers.connect(hub, index, index % sample_every == 0)?;
            }
            readers.await_histories(&tally, &stage)?;
        }
        Ok(readers)
    }

    /// Reads until the stage is over and `expected` says how many messages each reader should have, and all of them
    /// have come, or nothing more comes for a second.
    pub(crate) fn run(mut self, stage: &Stage, tally: &Tally, expected: &AtomicU64) -> Result<Seen> {
        let mut events = Events::with_capacity(1024);
        let mut last_news = self.clock.now();
        loop {
            let before = tally.messages();
            self.turn(&mut events, tally, stage)?;
            if tally.messages() != before {
                last_news = self.clock.now();
            }
            let expected = expected.load(Ordering::Acquire);
            let quiet = self.clock.since(last_news) > 1_000_000_000;
            if stage.over() && expected != UNKNOWN && (quiet || self.has_all(tally, expected)) {
                return Ok(self.seen(expected));
            }
        }
    }

    fn connect(&mut self, hub: SocketAddr, index: usize, sampled: bool) -> Result<()> {
        let socket = Socket::new(Domain::for_address(hub), Type::STREAM, None)?;
        if hub.ip() == Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::from((source_address(index), 0)).into())?;
        }
        socket.connect(&hub.into()).context("cannot connect a reader")?;
        let mut stream = std::net::TcpStream::from(socket);
        stream.write_all(&self.transport.question(hub))?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        let (part, sequence) = (Part::Asked(Vec::new()), Sequence::default());
        self.connections.push(Reader { stream, part, has_history: false, sequence, sampled });
        Ok(())
    }

    fn await_histories(&mut self, tally: &Tally, stage: &Stage) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let began = self.clock.now();
        while self.ready < self.connections.len() {
            self.turn(&mut events, tally, stage)?;
            let faults = self.faults.sentence();
            ensure!(faults.is_none(), "cannot open a connection: {}", faults.unwrap_or_default());
            ensure!(tally.cut_off() == 0, "the hub ends a connection that waits for its history");
            let late = self.connections.len() - self.ready;
            ensure!(self.clock.since(began) < PATIENCE_NS, "{late} connections have brought no history within 30 s");
        }
        Ok(())
    }

    /// Waits for sockets and drains those that have something.
    fn turn(&mut self, events: &mut Events, tally: &Tally, stage: &Stage) -> Result<()> {
        wait(&mut self.poll, events, NAP)?;
        let (mut messages, mut bytes) = (0, 0);
        for event in &*events {
            let before = self.connections[event.token().0].sequence.messages();
            bytes += self.drain(event.token().0, event.is_read_closed(), tally, stage);
            messages += self.connections[event.token().0].sequence.messages() - before;
        }
        tally.messages.fetch_add(messages, Ordering::Relaxed);
        tally.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Reads all that one socket has, and gives its number of bytes.
    fn drain(&mut self, index: usize, ends: bool, tally: &Tally, stage: &Stage) -> u64 {
        let mut bytes = 0;
        while !matches!(self.connections[index].part, Part::Over) {
            let mut count = 0;
            let next = match self.connections[index].stream.read(&mut self.scratch) {
                Ok(0) => Ok(Next::CutOff),
                Ok(read) => {
                    count = read;
                    bytes += u64::try_from(read).unwrap_or(u64::MAX);
                    self.take(index, read, stage)
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return bytes,
                Err(error) if error.kind() == ErrorKind::ConnectionReset => Ok(Next::CutOff),
                Err(error) => Err(error.into()),
            };
            match next {
                // A short read means that the socket is empty, unless the connection's end stands behind it.
                Ok(Next::GoOn) if count < READ_BYTES && !ends => return bytes,
                Ok(Next::GoOn) => {}
                Ok(Next::CutOff) => {
                    self.connections[index].part = Part::Over;
                    tally.cut_off.fetch_add(1, Ordering::Relaxed);
                }
                Err(error) => {
                    self.connections[index].part = Part::Over;
                    self.faults.add(|| format!("{error:#}"));
                }
            }
        }
        bytes
    }

    /// Takes the first `count` bytes of the buffer as the next ones of one connection.
    fn take(&mut self, index: usize, count: usize, stage: &Stage) -> Result<Next> {
        let (clock, latencies, reader) = (self.clock, &mut self.latencies, &mut self.connections[index]);
        let had_history = reader.has_history;
        let next = reader.read(&self.scratch[..count], self.transport, &self.needles, |due| {
            if stage.measuring() {
                latencies.record(clock.since(due));
            }
        });
        self.ready += usize::from(reader.has_history && !had_history);
        next
    }

    fn has_all(&self, tally: &Tally, expected: u64) -> bool {
        let here = u64::try_from(self.connections.len()).unwrap_or(u64::MAX);
        tally.messages() >= here * expected && tally.cut_off() == 0
    }

    fn seen(self, expected: u64) -> Seen {
        let connected = self.connections.iter().filter(|reader| matches!(reader.part, Part::Open(_)));
        let received = |reader: &Reader| reader.sequence.messages();
        let order = connected.clone().next().map(|reader| reader.sequence.order());
        let astray = connected.clone().filter(|reader| Some(reader.sequence.order()) != order).count();
        Seen {
            lost: connected.map(|reader| expected.saturating_sub(received(reader))).sum(),
            doubled: self.connections.iter().map(|reader| received(reader).saturating_sub(expected)).sum(),
            disorder: u64::try_from(astray).unwrap_or(u64::MAX)
                + self.connections.iter().map(|reader| reader.sequence.breaks()).sum::<u64>(),
            latencies: self.latencies,
            faults: self.faults,
        }
    }
}

/// The number of expected messages while it is not known yet.
pub(crate) const UNKNOWN: u64 = u64::MAX;

impl Reader {
    /// Hears what the next bytes say, and gives the stamps of messages when this reader is sampled.
    fn read(
        &mut self,
        bytes: &[u8],
        transport: Transport,
        needles: &Needles,
        stamped: impl FnMut(u64),
    ) -> Result<Next> {
        let Part::Asked(answer) = &mut self.part else { return self.hear(bytes, needles, stamped) };
        answer.extend_from_slice(bytes);
        let Some((framing, behind)) = transport.accepted(answer)? else { return Ok(Next::GoOn) };
        let behind = behind.to_vec();
        self.part = Part::Open(framing);
        self.hear(&behind, needles, stamped)
    }

    fn hear(&mut self, bytes: &[u8], needles: &Needles, mut stamped: impl FnMut(u64)) -> Result<Next> {
        let Part::Open(framing) = &mut self.part else { return Ok(Next::GoOn) };
        let mut next = Next::GoOn;
        framing.read(bytes, &mut |said| {
            match said {
                Said::Event(event) => match Kind::of(event) {
                    Kind::Message => {
                        self.sequence.note(needles.mark(event));
                        if self.sampled
                            && let Some(due) = needles.stamp(event)
                        {
                            stamped(due);
                        }
                    }
                    Kind::Beginning => self.has_history = true,
                    Kind::Other => {}
                },
                Said::Ping(payload) => self.stream.write_all(&frames::pong(payload)).context("cannot answer a ping")?,
                Said::Farewell(Some(TOO_SLOW), _) => next = Next::CutOff,
                Said::Farewell(code, reason) => {
                    bail!("the hub closes with {}: {}", code.unwrap_or(0), String::from_utf8_lossy(reason))
                }
            }
            Ok(())
        })?;
        Ok(next)
    }
}

/// The source address of a reader: many addresses of the loopback network, as if readers came from many machines.
fn source_address(index: usize) -> Ipv4Addr {
    let number = u32::try_from(index / READERS_PER_ADDRESS).unwrap_or(0);
    Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + 1 + number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_come_from_many_addresses_but_not_from_the_hubs_own() {
        assert_eq!(source_address(0), Ipv4Addr::new(127, 0, 0, 2));
        assert_eq!(source_address(49), Ipv4Addr::new(127, 0, 0, 2));
        assert_eq!(source_address(4_999), Ipv4Addr::new(127, 0, 0, 101));
    }
}
