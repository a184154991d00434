//! Durable sends through MoltChats, over REST and over the gateway: into the lobby, and into a server.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result};

use super::{Bench, joined, sends};
use crate::figures::{per_second, quotient};
use crate::hub::Hub;
use crate::moltchats::{self, Agent, Key};
use crate::process;
use crate::report::Report;
use crate::senders::Posts;
use crate::speakers::{self, Speaker};
use crate::stage::Stage;

/// Agents, and connections over which they speak.
const SENDERS: usize = 64;

/// Which channels the agents of a hub speak in: one after the other has the next, and again from the first.
type Channels = fn(SocketAddr, &[Agent]) -> Result<Vec<String>>;

const LOBBY: Channels = |hub, _| Ok(vec![moltchats::lobby(hub)?]);
const ONE_CHANNEL: Channels = |hub, agents| moltchats::channels(hub, agents, 1);
const OWN_CHANNELS: Channels = |hub, agents| moltchats::channels(hub, agents, agents.len());

/// Posts over REST: all in the lobby, and all in one channel of a server.
pub(super) fn rest_sends(bench: &Bench, report: &mut Report) -> Result<()> {
    let key = Key::generate()?;
    for (row, channels) in [("moltchats-rest-send.lobby", LOBBY), ("moltchats-rest-send.channel", ONE_CHANNEL)] {
        let hub = bench.launcher.start()?;
        let agents = key.register(hub.address, SENDERS)?;
        let channel = &channels(hub.address, &agents)?[0];
        let mut posts = Posts::to_channel(hub.address, &moltchats::tokens(&agents), channel);
        sends::say(bench, report, row, &hub, &mut posts, SENDERS).with_context(|| row.to_owned())?;
    }
    Ok(())
}

/// Messages over the gateway: each agent in a channel of its own, so that nobody else hears it, and all in the lobby,
/// where each is told what the others say.
pub(super) fn gateway_sends(bench: &Bench, report: &mut Report) -> Result<()> {
    let key = Key::generate()?;
    for (row, channels) in [("moltchats-gateway-send.channels", OWN_CHANNELS), ("moltchats-gateway-send.lobby", LOBBY)]
    {
        let hub = bench.launcher.start()?;
        let agents = key.register(hub.address, SENDERS)?;
        let channels = channels(hub.address, &agents)?;
        let pairs = agents.iter().zip(channels.iter().cycle());
        let speaker =
            |(agent, channel): (&Agent, &String)| Speaker { token: agent.token.clone(), channel: channel.clone() };
        let speakers: Vec<_> = pairs.map(speaker).collect();
        speak(bench, report, row, &hub, &speakers).with_context(|| row.to_owned())?;
    }
    Ok(())
}

fn speak(bench: &Bench, report: &mut Report, row: &str, hub: &Hub, speakers: &[Speaker]) -> Result<()> {
    let stage = Stage::new();
    let (spoken, window) = thread::scope(|scope| {
        let speaking = scope.spawn(|| speakers::run(hub.address, speakers, &stage, bench.clock));
        let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
        (joined(speaking), window)
    });
    let spoken = spoken.with_context(|| format!("the hub's last words: {}", hub.last_words()))?;
    let window = window?;
    let (sent, cpu_ns) = (spoken.latencies.count(), window.after - window.before);
    report.figure(row, "rate", per_second(sent, window.elapsed_ns), "/s");
    report.figure(row, "p50", spoken.latencies.percentile_ms(50.0), "ms");
    report.figure(row, "p99", spoken.latencies.percentile_ms(99.0), "ms");
    report.figure(row, "CPU per send", quotient(cpu_ns, sent) / 1_000.0, "µs");
    report.figure(row, "deliveries", per_second(spoken.heard, window.elapsed_ns), "/s");
    if spoken.heard > 0 {
        report.figure(row, "CPU per delivery, sends included", quotient(cpu_ns, spoken.heard) / 1_000.0, "µs");
    }
    if let Some(sentence) = spoken.faults.sentence() {
        report.fault(row, &sentence);
    }
    Ok(())
}
