//! Delivery to readers over one transport, at a steady pace and in bursts.
//!
//! CPU per delivery is the whole CPU time of the hub in the window, the posts' own included, over the messages that all
//! readers received in it. Latency begins when a post is due and ends when a reader has the message, so that the commit
//! is part of it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use anyhow::{Context, Result};

use super::{Bench, joined};
use crate::exchange::{self, Outcome};
use crate::figures::{per_second, quotient};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::moltchats::{self, Key};
use crate::pace::Pace;
use crate::process;
use crate::readers::{Readers, Seen, Tally, UNKNOWN};
use crate::report::Report;
use crate::senders::{Posts, register};
use crate::stage::{Stage, Window};
use crate::transport::Transport;
use crate::yardstick;

/// Messages a second at a steady pace.
const MESSAGES_PER_SECOND: u64 = 200;

/// Deliveries a second that are a pace and not a burst: beyond it, two cores have no rest between two messages. With
/// more readers, fewer messages are sent.
const DELIVERIES_PER_SECOND: u64 = 200_000;

/// Senders at a steady pace.
const PACED_SENDERS: usize = 4;

/// Senders of a burst.
const BURST_SENDERS: usize = 16;

/// Measures every number of readers at a steady pace, beside the bare loop of `send(2)`.
pub(super) fn paced(bench: &Bench, place: Place, report: &mut Report) -> Result<()> {
    for &readers in &bench.readers {
        let transport = place.transport();
        let row = transport.row("paced", readers);
        let (rate, load) = (pace_for(readers), Load { place, readers, senders: PACED_SENDERS });
        let delivered = deliver(bench, load, Pace::PerSecond(rate)).with_context(|| row.clone())?;
        delivered.report(report, &row);
        let bytes = usize::try_from(delivered.bytes().checked_div(delivered.messages()).unwrap_or(0))?;
        let bare = yardstick::cpu_per_send_us(transport, readers, bytes, rate, bench.times, bench.clock)?;
        report.figure(&row, "CPU per bare send(2)", bare, "µs");
        report.figure(&row, "delivery / bare send(2)", delivered.cpu_per_delivery_us() / bare, "×");
    }
    Ok(())
}

/// Measures posts at the same pace that nobody hears.
pub(super) fn unheard(bench: &Bench, report: &mut Report) -> Result<()> {
    let load = Load { place: Place::Lobby(Transport::EventStream), readers: 0, senders: PACED_SENDERS };
    let alone = deliver(bench, load, Pace::PerSecond(MESSAGES_PER_SECOND)).context("paced.0")?;
    report.figure("paced.0", "CPU per post", quotient(alone.cpu_ns(), alone.sent.latencies.count()) / 1_000.0, "µs");
    alone.report_faults(report, "paced.0");
    Ok(())
}

/// Measures every number of readers with senders that post as fast as they are answered.
pub(super) fn burst(bench: &Bench, place: Place, report: &mut Report) -> Result<()> {
    for &readers in &bench.readers {
        let row = place.transport().row("burst", readers);
        let load = Load { place, readers, senders: BURST_SENDERS };
        let delivered = deliver(bench, load, Pace::ClosedLoop).with_context(|| row.clone())?;
        delivered.report(report, &row);
    }
    Ok(())
}

fn pace_for(readers: usize) -> u64 {
    let readers = u64::try_from(readers).unwrap_or(u64::MAX).max(1);
    MESSAGES_PER_SECOND.min(DELIVERIES_PER_SECOND / readers).max(1)
}

/// What is heard.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The lobby, over chatr or rooms.
    Lobby(Transport),
    /// A channel of a server, at MoltChats' gateway.
    Channel,
}

impl Place {
    /// How it is heard, as far as that does not depend on the hub.
    fn transport(self) -> Transport {
        match self {
            Self::Lobby(transport) => transport,
            Self::Channel => Transport::Gateway([b'0'; 36]),
        }
    }

    /// How it is heard on a hub, and the posts that so many senders make there.
    fn prepare(self, hub: SocketAddr, senders: usize) -> Result<(Transport, Posts)> {
        match self {
            Self::Lobby(transport) => Ok((transport, Posts::new(hub, &register(hub, senders)?))),
            Self::Channel => {
                let agents = Key::generate()?.register(hub, senders)?;
                let channel = moltchats::channels(hub, &agents, 1)?.remove(0);
                let id = channel.as_bytes().try_into().context("the id of a channel is no UUID")?;
                Ok((Transport::Gateway(id), Posts::to_channel(hub, &moltchats::tokens(&agents), &channel)))
            }
        }
    }
}

/// Who posts and who hears it.
#[derive(Clone, Copy, Debug)]
struct Load {
    place: Place,
    readers: usize,
    senders: usize,
}

/// What is read at both ends of the window.
#[derive(Clone, Copy, Debug)]
struct Reading {
    cpu_ns: u64,
    messages: u64,
    bytes: u64,
}

/// What one load brought.
#[derive(Debug)]
struct Delivered {
    window: Window<Reading>,
    sent: Outcome,
    seen: Seen,
    cut_off: u64,
    metrics: Metrics,
}

fn deliver(bench: &Bench, load: Load, pace: Pace) -> Result<Delivered> {
    let hub = bench.launcher.start()?;
    let (transport, mut posts) = load.place.prepare(hub.address, load.senders)?;
    let readers = Readers::open(hub.address, transport, load.readers, bench.clock)?;
    say_and_hear(bench, &hub, readers, (&mut posts, load.senders), pace)
        .with_context(|| format!("the hub's last words: {}", hub.last_words()))
}

/// The posts go over as many connections as stands beside them.
fn say_and_hear(
    bench: &Bench,
    hub: &Hub,
    readers: Readers,
    (posts, senders): (&mut Posts, usize),
    pace: Pace,
) -> Result<Delivered> {
    let (stage, tally, expected) = (Stage::new(), Tally::default(), AtomicU64::new(UNKNOWN));
    thread::scope(|scope| {
        let reading = scope.spawn(|| readers.run(&stage, &tally, &expected));
        let sending = scope.spawn(|| exchange::run(hub.address, senders, posts, pace, &stage, bench.clock));
        let window = stage.walk(bench.times, bench.clock, || {
            let cpu_ns = process::cpu_ns(hub.pid())?;
            Ok(Reading { cpu_ns, messages: tally.messages(), bytes: tally.bytes() })
        });
        let sent = joined(sending);
        // The readers wait for this number, so it is said also when the senders have failed.
        expected.store(sent.as_ref().map_or(0, |sent| sent.accepted), Ordering::Release);
        let seen = joined(reading)?;
        Ok(Delivered {
            window: window?,
            sent: sent?,
            seen,
            cut_off: tally.cut_off(),
            metrics: Metrics::read(hub.address),
        })
    })
}

impl Delivered {
    fn messages(&self) -> u64 {
        self.window.after.messages - self.window.before.messages
    }

    fn bytes(&self) -> u64 {
        self.window.after.bytes - self.window.before.bytes
    }

    fn cpu_ns(&self) -> u64 {
        self.window.after.cpu_ns - self.window.before.cpu_ns
    }

    fn cpu_per_delivery_us(&self) -> f64 {
        quotient(self.cpu_ns(), self.messages()) / 1_000.0
    }

    fn report(&self, report: &mut Report, row: &str) {
        let elapsed = self.window.elapsed_ns;
        report.figure(row, "posts", per_second(self.sent.latencies.count(), elapsed), "/s");
        report.figure(row, "deliveries", per_second(self.messages(), elapsed), "/s");
        report.figure(row, "CPU per delivery", self.cpu_per_delivery_us(), "µs");
        report.figure(row, "p50 from post to reader", self.seen.latencies.percentile_ms(50.0), "ms");
        report.figure(row, "p99 from post to reader", self.seen.latencies.percentile_ms(99.0), "ms");
        report.figure(row, "bytes per delivery", quotient(self.bytes(), self.messages()), "B");
        if let Some(fanout) = self.metrics.mean_fanout_ms() {
            report.figure(row, "mean fan-out", fanout, "ms");
        }
        report.figure(row, "readers cut off", quotient(self.cut_off, 1), "");
        self.report_faults(report, row);
    }

    fn report_faults(&self, report: &mut Report, row: &str) {
        if let Some(sentence) = self.sent.faults.sentence() {
            report.fault(row, &sentence);
        }
        let Seen { lost, doubled, disorder, .. } = self.seen;
        for (count, what) in [(lost, "lost"), (doubled, "doubled"), (disorder, "out of sequence")] {
            if count > 0 {
                report.fault(row, &format!("{count} deliveries {what}"));
            }
        }
        // That a reader is cut off is the hub's right when it is slow, and a figure; any other end is a fault.
        if let Some(sentence) = self.seen.faults.sentence() {
            report.fault(row, &sentence);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_readers_are_sent_fewer_messages() {
        assert_eq!([0, 100, 1_000, 5_000, 1_000_000].map(pace_for), [200, 200, 200, 40, 1]);
    }
}
