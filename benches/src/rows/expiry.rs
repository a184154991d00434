//! Expiry: posting in the lobby and in a room that lives on, before and while many rooms expire, all within a minute.
//!
//! The rooms are created one after the other with times to live that spread their ends evenly over the minute; each has
//! some members and messages. What is said meanwhile has the same steady pace throughout. The hub deletes what is left
//! of the rooms during that minute too. The windows are those of the minute, whatever `--seconds` says.

use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::{Bench, joined};
use crate::exchange::{self, Outcome};
use crate::figures::{per_second, quotient};
use crate::hub::Hub;
use crate::pace::Pace;
use crate::process;
use crate::report::{Report, progress};
use crate::rooms;
use crate::senders::{Posts, register};
use crate::stage::{Stage, Times, Window};

/// Agents, and connections of each load.
const CONNECTIONS: usize = 16;

/// Posts a second in the lobby, and as many in the room that lives on.
const POSTS_PER_SECOND: u64 = 500;

/// Agents who say something in a room that expires, one message each; its creator may be among them.
const MEMBERS: usize = 3;

/// Seconds that the other room lives: longer than the benchmark.
const TTL: u64 = 3_600;

/// How long after its end a room may still be there.
const GRACE: Duration = Duration::from_secs(1);

const NS_PER_SECOND: u64 = 1_000_000_000;

/// Measures posting before and in the minute on one hub.
pub(super) fn measure(bench: &Bench, report: &mut Report) -> Result<()> {
    let hub = bench.launcher.start()?;
    let keys = register(hub.address, CONNECTIONS)?;
    let living = rooms::create(hub.address, &keys, 1, |_, _| TTL, bench.clock)?;
    let minute = Minute::from_now(bench)?;
    minute.fill(bench, &hub, &keys)?;
    let mut load = Load {
        hub: &hub,
        lobby: Posts::new(hub.address, &keys),
        room: Posts::to_rooms(hub.address, &keys, &living, CONNECTIONS),
    };
    let left = minute.is_off_by(bench)?;
    ensure!(left >= bench.lifetime / 4, "the rooms were not filled in time: ask for fewer with --expiring");
    // A third of the time lets the hub settle; the last third is the warm-up of the minute.
    let before = load.say(bench, Times { warm_up: left / 3, window: left / 3 })?;
    let there = rooms::count(hub.address)?;
    let warm_up = minute.is_off_by(bench)?;
    progress("expiry: the rooms expire soon");
    let during = load.say(bench, Times { warm_up, window: bench.lifetime })?;
    thread::sleep(GRACE);
    let outlived = rooms::count(hub.address)?;
    report_rooms(report, (minute.rooms + 1, there), outlived);
    report_posts(report, &before, &during);
    Ok(())
}

/// The minute in which the rooms expire.
#[derive(Clone, Copy, Debug)]
struct Minute {
    /// When it begins, in nanoseconds of the clock.
    begins: u64,
    /// How long it is, and how long a room lives at least, in seconds.
    seconds: u64,
    /// How many rooms expire in it.
    rooms: u64,
}

impl Minute {
    /// One that begins when the first room ends that is created now.
    fn from_now(bench: &Bench) -> Result<Self> {
        let (seconds, rooms) = (bench.lifetime.as_secs(), u64::try_from(bench.expiring)?);
        Ok(Self { begins: bench.clock.now() + seconds * NS_PER_SECOND, seconds, rooms })
    }

    /// How many whole seconds a room lives that is created at `now`. The ends of all are spread over the minute.
    fn ttl(&self, number: u64, now: u64) -> u64 {
        let end = self.begins + self.seconds * NS_PER_SECOND / self.rooms * number;
        (end.saturating_sub(now) / NS_PER_SECOND).max(self.seconds)
    }

    /// Creates the rooms and has something said in each by all its members.
    fn fill(&self, bench: &Bench, hub: &Hub, keys: &[String]) -> Result<()> {
        let ttl = |number, now| self.ttl(number, now);
        let rooms = rooms::create(hub.address, keys, bench.expiring, ttl, bench.clock)?;
        let messages = u64::try_from(rooms.len() * MEMBERS)?;
        Posts::to_rooms(hub.address, keys, &rooms, MEMBERS).fill(hub.address, CONNECTIONS, messages, bench.clock)?;
        progress(&format!("expiry: {} rooms with {messages} messages", rooms.len()));
        Ok(())
    }

    /// How far off it is.
    ///
    /// # Errors
    ///
    /// It has begun.
    fn is_off_by(&self, bench: &Bench) -> Result<Duration> {
        let left = self.begins.checked_sub(bench.clock.now());
        left.map(Duration::from_nanos).context("rooms expire already: ask for fewer with --expiring")
    }
}

/// Two steady loads on one hub.
#[derive(Debug)]
struct Load<'a> {
    hub: &'a Hub,
    lobby: Posts,
    room: Posts,
}

/// What they brought.
#[derive(Debug)]
struct Said {
    lobby: Outcome,
    room: Outcome,
    window: Window<u64>,
}

impl Load<'_> {
    fn say(&mut self, bench: &Bench, times: Times) -> Result<Said> {
        let (hub, stage) = (self.hub, Stage::new());
        let run = |posts: &mut Posts| {
            let pace = Pace::PerSecond(POSTS_PER_SECOND);
            exchange::run(hub.address, CONNECTIONS, posts, pace, &stage, bench.clock)
        };
        let (lobby, room) = (&mut self.lobby, &mut self.room);
        let (lobby, room, window) = thread::scope(|scope| {
            let lobby = scope.spawn(|| run(lobby));
            let room = scope.spawn(|| run(room));
            let window = stage.walk(times, bench.clock, || process::cpu_ns(hub.pid()));
            (joined(lobby), joined(room), window)
        });
        let last_words = || format!("the hub's last words: {}", hub.last_words());
        Ok(Said { lobby: lobby.with_context(last_words)?, room: room.with_context(last_words)?, window: window? })
    }
}

/// `there` are the rooms before the minute, `outlived` those after it: the one that lives on.
fn report_rooms(report: &mut Report, (expected, there): (u64, u64), outlived: u64) {
    if there != expected {
        report.fault("expiry", &format!("{there} rooms are there before the minute instead of {expected}"));
    }
    if outlived != 1 {
        report.fault("expiry", &format!("{outlived} rooms are there after the minute instead of 1"));
    }
    report.figure("expiry", "rooms expired", quotient(there.saturating_sub(outlived), 1), "");
}

fn report_posts(report: &mut Report, before: &Said, during: &Said) {
    for (row, said) in [("expiry.before", before), ("expiry.during", during)] {
        for (place, outcome) in [("lobby", &said.lobby), ("room", &said.room)] {
            let elapsed = said.window.elapsed_ns;
            report.figure(row, &format!("{place} posts"), per_second(outcome.latencies.count(), elapsed), "/s");
            for (name, percent) in [("p50", 50.0), ("p99", 99.0), ("longest", 100.0)] {
                report.figure(row, &format!("{place} {name}"), outcome.latencies.percentile_ms(percent), "ms");
            }
            if let Some(sentence) = outcome.faults.sentence() {
                report.fault(row, &format!("{place}: {sentence}"));
            }
        }
        let Window { before, after, elapsed_ns } = said.window;
        report.figure(row, "CPU of the hub", quotient(after - before, elapsed_ns) * 100.0, "%");
    }
    for (place, before, during) in [("lobby", &before.lobby, &during.lobby), ("room", &before.room, &during.room)] {
        let ratio = during.latencies.percentile_ms(99.0) / before.latencies.percentile_ms(99.0);
        report.figure("expiry", &format!("{place} p99, during / before"), ratio, "×");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_room_ends_in_the_minute_however_long_creating_takes() {
        let minute = Minute { begins: 60 * NS_PER_SECOND, seconds: 60, rooms: 10_000 };
        for creating_takes in [0, 7, 59] {
            let ends = (0..10_000).map(|number| {
                let now = creating_takes * NS_PER_SECOND / 10_000 * number;
                now + minute.ttl(number, now) * NS_PER_SECOND
            });
            let ends: Vec<_> = ends.collect();
            let (first, last) = (ends.iter().min().unwrap(), ends.iter().max().unwrap());
            assert!(*first >= minute.begins && *first <= minute.begins + NS_PER_SECOND, "{first}");
            assert!(*last <= minute.begins + 60 * NS_PER_SECOND, "{last}");
            assert!(*last >= minute.begins + 58 * NS_PER_SECOND, "{last}");
        }
    }
}
