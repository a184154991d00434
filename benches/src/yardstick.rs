//! The yardstick of a delivery: a bare loop of `send(2)` over as many sockets, with as many bytes at the same pace,
//! drained by the same readers in the same run. No server can deliver for less; the ratio to it travels between
//! machines where microseconds do not.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::clock::Clock;
use crate::figures::quotient;
use crate::pace::{Pace, Schedule};
use crate::process::own_thread_cpu_ns;
use crate::readers::{Readers, Tally, UNKNOWN};
use crate::rows::joined;
use crate::stage::{Stage, Times};

/// What every reader is sent first.
const OPENING: &[u8] = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
    25\r\ndata: {\"type\":\"history\",\"data\":[]}\n\n\r\n";

/// CPU time of one `send(2)` in microseconds: `event_bytes` bytes to each of `readers` sockets, `per_second` times a
/// second.
pub(crate) fn cpu_per_send_us(
    readers: usize,
    event_bytes: usize,
    per_second: u64,
    times: Times,
    clock: Clock,
) -> Result<f64> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let (stage, tally, expected) = (Stage::new(), Tally::default(), AtomicU64::new(UNKNOWN));
    let event = event(event_bytes);
    thread::scope(|scope| {
        // The sockets come back too: closing them would look to the readers as if they were cut off.
        let sending = scope.spawn(|| {
            let sockets = accept(&listener, readers, &stage)?;
            let sent = send_to_all(&sockets, &event, per_second, &stage, clock)?;
            Ok((sent, sockets))
        });
        let reading = Readers::open(address, readers, clock).map(|open| {
            let (stage, tally, expected) = (&stage, &tally, &expected);
            scope.spawn(move || open.run(stage, tally, expected))
        });
        if reading.is_ok() {
            stage.walk(times, clock, || Ok(()))?;
        } else {
            stage.end();
        }
        let sent = joined(sending);
        expected.store(sent.as_ref().map_or(0, |(sent, _)| sent.rounds), Ordering::Release);
        let seen = joined(reading?)?;
        let (sent, _sockets) = sent?;
        if seen.lost + seen.faults.count() > 0 {
            bail!("the yardstick lost messages, so its readers are broken: {seen:?}");
        }
        Ok(quotient(sent.cpu_ns, sent.sends) / 1_000.0)
    })
}

/// What the bare loop did.
#[derive(Clone, Copy, Debug, Default)]
struct Sent {
    /// Times that all sockets were sent an event, from beginning to end.
    rounds: u64,
    /// Single sends in the measured window.
    sends: u64,
    /// CPU time of the measured window.
    cpu_ns: u64,
}

/// An event of one message, `bytes` bytes with its chunk framing where that is possible.
fn event(bytes: usize) -> Vec<u8> {
    let body = |filler: usize| {
        let filler = "x".repeat(filler);
        format!("id: 0\ndata: {{\"type\":\"message\",\"data\":{{\"content\":\"0000000000000000{filler}\"}}}}\n\n")
    };
    let framing = format!("{bytes:x}\r\n\r\n").len();
    let body = body(bytes.saturating_sub(body(0).len() + framing));
    format!("{:x}\r\n{body}\r\n", body.len()).into_bytes()
}

/// Accepts `count` readers and sends each its opening.
fn accept(listener: &TcpListener, count: usize, stage: &Stage) -> Result<Vec<TcpStream>> {
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        match listener.accept() {
            Ok((mut socket, _)) => {
                socket.set_nonblocking(false)?;
                socket.set_nodelay(true)?;
                // The request is one small segment, of which nothing matters.
                socket.read(&mut [0; 1024]).context("a reader of the yardstick asked for nothing")?;
                socket.write_all(OPENING)?;
                sockets.push(socket);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock && !stage.over() => {
                thread::sleep(Duration::from_millis(1));
            }
            Err(error) => return Err(error).context("the yardstick cannot accept its readers"),
        }
    }
    Ok(sockets)
}

fn send_to_all(sockets: &[TcpStream], event: &[u8], per_second: u64, stage: &Stage, clock: Clock) -> Result<Sent> {
    let mut schedule = Schedule::new(Pace::PerSecond(per_second), clock.now());
    let mut sent = Sent::default();
    let mut cpu_at_start = None;
    while !stage.over() {
        let measuring = stage.measuring();
        if measuring && cpu_at_start.is_none() {
            cpu_at_start = Some(own_thread_cpu_ns()?);
        }
        schedule.advance(clock.now())?;
        while schedule.take(clock.now()).is_some() {
            for mut socket in sockets {
                socket.write_all(event)?;
            }
            sent.rounds += 1;
            sent.sends += if measuring { u64::try_from(sockets.len())? } else { 0 };
        }
        thread::sleep(schedule.nap(clock.now()));
    }
    sent.cpu_ns = own_thread_cpu_ns()? - cpu_at_start.unwrap_or_default();
    Ok(sent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_bytes_asked_for() {
        for bytes in [200, 430, 900] {
            assert_eq!(event(bytes).len(), bytes, "{}", String::from_utf8_lossy(&event(bytes)));
        }
    }

    #[test]
    fn the_yardstick_measures_something() {
        let window = Duration::from_millis(100);
        let cost = cpu_per_send_us(10, 430, 200, Times::of(window), Clock::start()).unwrap();
        assert!(cost > 0.0);
    }
}
