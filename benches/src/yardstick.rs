//! The yardstick of a delivery: a bare loop of `send(2)` over as many sockets, with as many bytes at the same pace,
//! drained by the same readers in the same run. No server can deliver for less; the ratio to it travels between
//! machines where microseconds do not.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use memchr::memmem;

use crate::clock::Clock;
use crate::figures::quotient;
use crate::pace::{Pace, Schedule};
use crate::process::own_thread_cpu_ns;
use crate::readers::{Readers, Tally, UNKNOWN};
use crate::rows::joined;
use crate::senders::write_hexadecimal;
use crate::stage::{Stage, Times};
use crate::transport::Transport;

/// How many digits a message's number has.
const NUMBER_DIGITS: usize = 12;

/// CPU time of one `send(2)` in microseconds: `event_bytes` bytes to each of `readers` sockets, `per_second` times a
/// second.
pub(crate) fn cpu_per_send_us(
    transport: Transport,
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
    let mut event = event(transport, event_bytes);
    thread::scope(|scope| {
        // The sockets come back too: closing them would look to the readers as if they were cut off.
        let sending = scope.spawn(|| {
            let sockets = accept(&listener, transport, readers, &stage)?;
            let sent = send_to_all(&sockets, (&mut event, transport.before_number()), per_second, &stage, clock)?;
            Ok((sent, sockets))
        });
        let reading = Readers::open(address, transport, readers, clock).map(|open| {
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
        if seen.lost + seen.disorder + seen.faults.count() > 0 {
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

/// An event of one message, `bytes` bytes with all that its transport adds where that is possible.
fn event(transport: Transport, bytes: usize) -> Vec<u8> {
    let event = |filler: usize| transport.wrapped(&transport.message(&"x".repeat(filler)));
    let filler = bytes.saturating_sub(event(0).len());
    // The longer an event, the longer what says its length.
    let surplus = event(filler).len().saturating_sub(bytes);
    event(filler.saturating_sub(surplus))
}

/// Accepts `count` readers and tells each that nothing was said before it came.
fn accept(listener: &TcpListener, transport: Transport, count: usize, stage: &Stage) -> Result<Vec<TcpStream>> {
    let opening = [transport.acceptance(), &transport.wrapped(transport.opening())].concat();
    let mut sockets = Vec::with_capacity(count);
    while sockets.len() < count {
        match listener.accept() {
            Ok((mut socket, _)) => {
                socket.set_nonblocking(false)?;
                socket.set_nodelay(true)?;
                // The request is one small segment, of which nothing matters.
                socket.read(&mut [0; 1024]).context("a reader of the yardstick asked for nothing")?;
                socket.write_all(&opening)?;
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

/// `event` has its number behind the bytes that stand beside it.
fn send_to_all(
    sockets: &[TcpStream],
    (event, before): (&mut [u8], &[u8]),
    per_second: u64,
    stage: &Stage,
    clock: Clock,
) -> Result<Sent> {
    let number = memmem::find(event, before).context("an event without a number")? + before.len();
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
            write_hexadecimal(&mut event[number..number + NUMBER_DIGITS], sent.rounds);
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
        for transport in [Transport::EventStream, Transport::WebSocket, Transport::Gateway([b'0'; 36])] {
            for bytes in [200, 430, 900] {
                let event = event(transport, bytes);
                assert_eq!(event.len(), bytes, "{}", String::from_utf8_lossy(&event));
            }
        }
    }

    #[test]
    fn the_yardstick_measures_something() {
        let window = Duration::from_millis(100);
        for transport in [Transport::EventStream, Transport::WebSocket, Transport::Gateway([b'0'; 36])] {
            let cost = cpu_per_send_us(transport, 10, 430, 200, Times::of(window), Clock::start()).unwrap();
            assert!(cost > 0.0);
        }
    }
}
