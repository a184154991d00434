//! Readers of `/api/stream`: many raw sockets behind one `epoll`, drained by one thread as fast as it can.
//!
//! Every reader counts its messages; a few spread over all of them also check the order and measure latency. One buffer
//! serves all sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::clock::Clock;
use crate::events::{Counter, Needles, Sample};
use crate::exchange::wait;
use crate::faults::Faults;
use crate::figures::Latencies;
use crate::framing::Framing;
use crate::http::{Head, request};
use crate::stage::Stage;

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// Readers connected before their histories are awaited, so that the hub's backlog never overflows.
const CONNECTED_AT_ONCE: usize = 100;

/// Readers that come from one source address: below every usual cap per address.
const READERS_PER_ADDRESS: usize = 50;

/// Readers that check order and measure latency.
const SAMPLED: usize = 16;

/// How long opening a batch of readers may take.
const PATIENCE_NS: u64 = 30_000_000_000;

/// How long the readers look at their sockets before they look at the stage again.
const NAP: Duration = Duration::from_millis(10);

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

    /// Readers whose stream the hub has ended.
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
    /// Messages out of order on sampled readers.
    pub(crate) disorder: u64,
    /// Streams that were refused, broken or ended.
    pub(crate) faults: Faults,
}

/// Open streams.
#[derive(Debug)]
pub(crate) struct Readers {
    poll: Poll,
    streams: Vec<Reader>,
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
    counter: Counter,
    sample: Option<Box<Sample>>,
    messages: u64,
}

/// Which part of its reply a reader is in.
#[derive(Debug)]
enum Part {
    /// Before the history has begun, with what has come so far.
    Opening(Vec<u8>),
    /// Behind it.
    Live(Framing),
    /// The hub has ended the stream.
    CutOff,
}

impl Readers {
    /// Opens `count` streams and waits until each has its history.
    pub(crate) fn open(hub: SocketAddr, count: usize, clock: Clock) -> Result<Self> {
        let mut readers = Self {
            poll: Poll::new()?,
            streams: Vec::with_capacity(count),
            ready: 0,
            scratch: vec![0; READ_BYTES],
            needles: Needles::new(),
            clock,
            latencies: Latencies::new(),
            faults: Faults::default(),
        };
        let sample_every = (count / SAMPLED).max(1);
        let (tally, stage) = (Tally::default(), Stage::new());
        while readers.streams.len() < count {
            for index in readers.streams.len()..count.min(readers.streams.len() + CONNECTED_AT_ONCE) {
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
        stream.write_all(&request(hub, "GET", "/api/stream", None, None))?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        self.poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        let sample = sampled.then(Box::default);
        self.streams.push(Reader {
            stream,
            part: Part::Opening(Vec::new()),
            counter: Counter::default(),
            sample,
            messages: 0,
        });
        Ok(())
    }

    fn await_histories(&mut self, tally: &Tally, stage: &Stage) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let began = self.clock.now();
        while self.ready < self.streams.len() {
            self.turn(&mut events, tally, stage)?;
            ensure!(self.faults.count() == 0, "cannot open a stream: {}", self.faults.sentence().unwrap_or_default());
            let late = self.streams.len() - self.ready;
            ensure!(self.clock.since(began) < PATIENCE_NS, "{late} streams have sent no history within 30 s");
        }
        Ok(())
    }

    /// Waits for sockets and drains those that have something.
    fn turn(&mut self, events: &mut Events, tally: &Tally, stage: &Stage) -> Result<()> {
        wait(&mut self.poll, events, NAP)?;
        let (mut messages, mut bytes) = (0, 0);
        for event in &*events {
            let before = self.streams[event.token().0].messages;
            bytes += self.drain(event.token().0, event.is_read_closed(), tally, stage);
            messages += self.streams[event.token().0].messages - before;
        }
        tally.messages.fetch_add(messages, Ordering::Relaxed);
        tally.bytes.fetch_add(bytes, Ordering::Relaxed);
        Ok(())
    }

    /// Reads all that one socket has, and gives its number of bytes.
    fn drain(&mut self, index: usize, ends: bool, tally: &Tally, stage: &Stage) -> u64 {
        let mut bytes = 0;
        loop {
            let reader = &mut self.streams[index];
            if matches!(reader.part, Part::CutOff) {
                return bytes;
            }
            let result = match reader.stream.read(&mut self.scratch) {
                Ok(0) => Err(anyhow::anyhow!("the hub ended a stream")),
                Ok(count) => {
                    bytes += u64::try_from(count).unwrap_or(u64::MAX);
                    self.take(index, count, stage).map(|()| count)
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return bytes,
                Err(error) => Err(error.into()),
            };
            match result {
                // A short read means that the socket is empty, unless the stream's end stands behind it.
                Ok(count) if count < READ_BYTES && !ends => return bytes,
                Ok(_) => {}
                Err(error) => {
                    self.streams[index].part = Part::CutOff;
                    self.faults.add(|| format!("{error:#}"));
                    tally.cut_off.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
    }

    /// Takes the first `count` bytes of the buffer as the next ones of one stream.
    fn take(&mut self, index: usize, count: usize, stage: &Stage) -> Result<()> {
        let reader = &mut self.streams[index];
        if let Part::Opening(opening) = &mut reader.part {
            opening.extend_from_slice(&self.scratch[..count]);
            let Some((framing, body)) = behind_head(opening, &self.needles)? else { return Ok(()) };
            reader.part = Part::Live(framing);
            self.ready += 1;
            return reader.read(&body, &self.needles, |_| ());
        }
        let (clock, latencies) = (self.clock, &mut self.latencies);
        reader.read(&self.scratch[..count], &self.needles, |due| {
            if stage.measuring() {
                latencies.record(clock.since(due));
            }
        })
    }

    fn has_all(&self, tally: &Tally, expected: u64) -> bool {
        let here = u64::try_from(self.streams.len()).unwrap_or(u64::MAX);
        tally.messages() >= here * expected && tally.cut_off() == 0
    }

    fn seen(self, expected: u64) -> Seen {
        let connected = self.streams.iter().filter(|reader| matches!(reader.part, Part::Live(_)));
        let samples = self.streams.iter().filter_map(|reader| reader.sample.as_deref());
        Seen {
            lost: connected.map(|reader| expected.saturating_sub(reader.messages)).sum(),
            doubled: self.streams.iter().map(|reader| reader.messages.saturating_sub(expected)).sum(),
            disorder: samples.map(Sample::disorder).sum(),
            latencies: self.latencies,
            faults: self.faults,
        }
    }
}

/// The number of expected messages while it is not known yet.
pub(crate) const UNKNOWN: u64 = u64::MAX;

impl Reader {
    /// Counts the messages in the next bytes of a body, and gives their stamps when this reader is sampled.
    fn read(&mut self, mut bytes: &[u8], needles: &Needles, mut stamped: impl FnMut(u64)) -> Result<()> {
        let Part::Live(framing) = &mut self.part else { return Ok(()) };
        while let Some(piece) = framing.next(&mut bytes)? {
            self.messages += self.counter.count(needles, piece);
            if let Some(sample) = &mut self.sample {
                sample.feed(piece, &mut stamped);
            }
        }
        Ok(())
    }
}

/// Framing and first bytes of the body, once the history has begun; `None` before.
fn behind_head(opening: &[u8], needles: &Needles) -> Result<Option<(Framing, Vec<u8>)>> {
    let Some(head) = Head::parse(opening)? else { return Ok(None) };
    let body = &opening[head.length..];
    ensure!(head.status == 200, "{} {}", head.status, String::from_utf8_lossy(body));
    let begun = needles.history(body).is_some();
    Ok(begun.then(|| (Framing::new(head.chunked), body.to_vec())))
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

    #[test]
    fn a_refused_stream_is_an_error_with_its_words() {
        let refusal = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 2\r\n\r\nno";
        let error = behind_head(refusal, &Needles::new()).unwrap_err();
        assert_eq!(error.to_string(), "429 no");
    }
}
