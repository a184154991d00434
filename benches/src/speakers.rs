//! Agents that speak over MoltChats' gateway, one a connection: each says something, waits for its acknowledgement and
//! speaks again, and hears meanwhile what others say in its channel.
//!
//! As in [`crate::exchange`], one thread drives all connections.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use memchr::memmem;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::clock::Clock;
use crate::exchange::wait;
use crate::faults::Faults;
use crate::figures::Latencies;
use crate::frames::{self, Frames};
use crate::framing::Said;
use crate::http::Head;
use crate::senders::{CONTENT, STAMP_DIGITS, write_hexadecimal};
use crate::stage::Stage;
use crate::transport::{subscribe, upgrade};

/// Bytes read at once.
const READ_BYTES: usize = 256 * 1024;

/// How long a thread sleeps at most before it looks at the stage again.
const NAP: std::time::Duration = std::time::Duration::from_millis(10);

/// A hub that acknowledges nothing for so long has failed.
const PATIENCE_NS: u64 = 10_000_000_000;

/// After so many faults a load stops.
const MOST_FAULTS: u64 = 100;

/// Who speaks where.
#[derive(Clone, Debug)]
pub(crate) struct Speaker {
    /// Its access token.
    pub(crate) token: String,
    /// Its channel.
    pub(crate) channel: String,
}

/// What a load brought.
#[derive(Debug)]
pub(crate) struct Spoken {
    /// Latencies of acknowledgements that came in the measured window.
    pub(crate) latencies: Latencies,
    /// Messages of others that came in it.
    pub(crate) heard: u64,
    /// Whatever else came.
    pub(crate) faults: Faults,
}

/// Lets all speak as fast as they are acknowledged, until the stage is over, and waits for what is outstanding.
///
/// # Errors
///
/// The hub cannot be reached, hangs up or stops answering. A refused message is no error but a fault.
pub(crate) fn run(hub: SocketAddr, speakers: &[Speaker], stage: &Stage, clock: Clock) -> Result<Spoken> {
    let mut talk = Talk {
        poll: Poll::new()?,
        connections: Vec::with_capacity(speakers.len()),
        spoken: Spoken { latencies: Latencies::new(), heard: 0, faults: Faults::default() },
        stage,
        clock,
        last_answer: clock.now(),
    };
    for (index, speaker) in speakers.iter().enumerate() {
        let connection = Connection::open(hub, speaker, index, &talk.poll)?;
        talk.connections.push(connection);
    }
    talk.run().map(|()| talk.spoken)
}

struct Talk<'a> {
    poll: Poll,
    connections: Vec<Connection>,
    spoken: Spoken,
    stage: &'a Stage,
    clock: Clock,
    last_answer: u64,
}

struct Connection {
    stream: TcpStream,
    part: Part,
    /// A message as it goes over the wire, and where its text begins.
    frame: Vec<u8>,
    content_at: usize,
    number: u64,
    /// When the message became due that is not acknowledged yet.
    due: Option<u64>,
}

/// How far a connection has come.
enum Part {
    /// It has asked, and has so much of the answer's head.
    Asked(Vec<u8>),
    Open(Frames),
}

/// What came over a connection at once.
#[derive(Default)]
struct Came {
    /// It may speak: it has subscribed, or was acknowledged.
    free: bool,
    acknowledged: bool,
    heard: u64,
    refused: Option<String>,
}

impl Talk<'_> {
    fn run(&mut self) -> Result<()> {
        let mut events = Events::with_capacity(1024);
        let mut scratch = vec![0; READ_BYTES];
        loop {
            let ending = self.stage.over() || self.spoken.faults.count() >= MOST_FAULTS;
            let outstanding = self.connections.iter().filter(|connection| connection.due.is_some()).count();
            if ending && outstanding == 0 {
                return Ok(());
            }
            wait(&mut self.poll, &mut events, NAP)?;
            for event in &events {
                self.serve(event.token().0, &mut scratch, !ending)?;
            }
            let silence = self.clock.since(self.last_answer);
            ensure!(silence < PATIENCE_NS, "the hub leaves {outstanding} messages without an acknowledgement");
        }
    }

    /// Reads what one connection has, and lets it speak again.
    fn serve(&mut self, index: usize, scratch: &mut [u8], speak_on: bool) -> Result<()> {
        let connection = &mut self.connections[index];
        let came = connection.read(scratch)?;
        let now = self.clock.now();
        if self.stage.measuring() {
            self.spoken.heard += came.heard;
        }
        if let Some(refusal) = came.refused {
            self.spoken.faults.add(|| refusal);
        }
        if came.free {
            self.last_answer = now;
            let due = connection.due.take();
            if let Some(due) = due.filter(|_| came.acknowledged && self.stage.measuring()) {
                self.spoken.latencies.record(now.saturating_sub(due));
            }
            if speak_on {
                connection.speak(index, now)?;
            }
        }
        Ok(())
    }
}

impl Connection {
    fn open(hub: SocketAddr, speaker: &Speaker, index: usize, poll: &Poll) -> Result<Self> {
        let mut stream = std::net::TcpStream::connect(hub).context("cannot connect a speaker")?;
        stream.set_nodelay(true)?;
        let Speaker { token, channel } = speaker;
        let question = [upgrade(hub, &format!("/ws?token={token}")), frames::asked(&subscribe(channel))].concat();
        stream.write_all(&question)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        poll.registry().register(&mut stream, Token(index), Interest::READABLE)?;
        let frame = frames::asked(&format!(r#"{{"op":"message","channel":"{channel}","content":"{CONTENT}"}}"#));
        let content_at = memmem::find(&frame, CONTENT.as_bytes()).context("a frame without its text")?;
        Ok(Self { stream, part: Part::Asked(Vec::new()), frame, content_at, number: 0, due: None })
    }

    fn read(&mut self, scratch: &mut [u8]) -> Result<Came> {
        let mut came = Came::default();
        loop {
            match self.stream.read(scratch) {
                Ok(0) => bail!("the hub closed a speaker's connection"),
                Ok(count) => {
                    self.hear(&scratch[..count], &mut came)?;
                    // A short read means that the socket is empty.
                    if count < scratch.len() {
                        return Ok(came);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(came),
                Err(error) => return Err(error).context("cannot read from the gateway"),
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], came: &mut Came) -> Result<()> {
        let mut behind = Vec::new();
        let bytes = match &mut self.part {
            Part::Open(_) => bytes,
            Part::Asked(answer) => {
                answer.extend_from_slice(bytes);
                let Some(head) = Head::parse(answer)? else { return Ok(()) };
                ensure!(head.status == 101, "the gateway answers {}", String::from_utf8_lossy(answer));
                behind.extend_from_slice(&answer[head.length..]);
                self.part = Part::Open(Frames::default());
                &behind
            }
        };
        let Part::Open(frames) = &mut self.part else { return Ok(()) };
        let stream = &mut self.stream;
        frames.read(bytes, &mut |said| match said {
            Said::Event(op) => {
                came.note(op);
                Ok(())
            }
            Said::Ping(payload) => stream.write_all(&frames::pong(payload)).context("cannot answer a ping"),
            Said::Farewell(code, reason) => {
                bail!("the hub closes with {}: {}", code.unwrap_or(0), String::from_utf8_lossy(reason))
            }
        })
    }

    fn speak(&mut self, index: usize, now: u64) -> Result<()> {
        let content = &mut self.frame[self.content_at..];
        write_hexadecimal(&mut content[..STAMP_DIGITS], now);
        write_hexadecimal(&mut content[18..22], u64::try_from(index).unwrap_or(u64::MAX));
        write_hexadecimal(&mut content[24..32], self.number);
        self.number += 1;
        self.due = Some(now);
        // One small frame at a time always fits into the socket's buffer.
        let written = self.stream.write(&self.frame).context("cannot speak")?;
        ensure!(written == self.frame.len(), "a frame of {} bytes does not fit into its socket", self.frame.len());
        Ok(())
    }
}

impl Came {
    fn note(&mut self, op: &[u8]) {
        let Some(rest) = op.strip_prefix(br#"{"op":""#) else { return };
        if rest.starts_with(br#"message""#) {
            self.heard += 1;
        } else if rest.starts_with(br#"message_ack""#) {
            (self.free, self.acknowledged) = (true, true);
        } else if rest.starts_with(br#"context""#) {
            self.free = true;
        } else if rest.starts_with(br#"error""#) {
            self.free = true;
            self.refused = Some(String::from_utf8_lossy(op).into_owned());
        }
    }
}
