//! What is measured, a module a row. Every row starts hubs of its own, so that none pays for another's load.

mod agentchat;
mod conversations;
mod delivery;
mod expiry;
mod growth;
mod history;
mod idle;
mod moltchats;
mod rooms;
mod sends;
mod sign_ins;
mod start;
mod trust;

use std::fmt;
use std::path::PathBuf;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use anyhow::{Result, anyhow};
use clap::ValueEnum;

use crate::clock::Clock;
use crate::hub::Launcher;
use crate::report::Report;
use crate::stage::Times;
use crate::transport::Transport;
use delivery::Place;

/// What all rows are given.
#[derive(Debug)]
pub(crate) struct Bench {
    /// Starts hubs.
    pub(crate) launcher: Launcher,
    /// Length of warm-up and window.
    pub(crate) times: Times,
    /// The clock of all moments.
    pub(crate) clock: Clock,
    /// Numbers of senders to measure.
    pub(crate) senders: Vec<usize>,
    /// Numbers of readers to measure.
    pub(crate) readers: Vec<usize>,
    /// Numbers of idle connections to measure.
    pub(crate) idle: Vec<usize>,
    /// Numbers of rooms that posts are spread over.
    pub(crate) rooms: Vec<usize>,
    /// How many rooms expire.
    pub(crate) expiring: usize,
    /// How long they live at least, and the time in which they all expire.
    pub(crate) lifetime: Duration,
    /// The program that fills a hub with a crowd, if there is one.
    pub(crate) crowd: Option<PathBuf>,
    /// Whether a rough look is enough.
    pub(crate) quick: bool,
}

/// A row, or a group of rows that differ in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Row {
    /// Cold start, idle memory, size of the binary
    Start,
    /// Durable sends by several numbers of senders
    Sends,
    /// Durable sends of many senders into one room and into many
    Rooms,
    /// Delivery to stream readers at a steady pace
    Paced,
    /// Delivery to WebSockets at a steady pace
    PacedWebsocket,
    /// Delivery to stream readers as fast as posts are accepted
    Burst,
    /// Delivery to WebSockets as fast as posts are accepted
    BurstWebsocket,
    /// Memory per idle stream
    Idle,
    /// Memory per idle WebSocket
    IdleWebsocket,
    /// Pages of history while messages are written
    History,
    /// Durable sends through MoltChats over REST
    MoltchatsRestSend,
    /// Durable sends through MoltChats over its gateway
    MoltchatsGatewaySend,
    /// Delivery at MoltChats' gateway, at a steady pace and as fast as posts are accepted
    MoltchatsFanout,
    /// Signing in with a key of one's own
    SignIns,
    /// Letters to one another through AgentChat, among 1,000 pairs
    AgentchatDirectSend,
    /// Letters in a group of 256 through AgentChat
    AgentchatGroupSend,
    /// Fetching 10,000 letters that wait, and acknowledging them
    AgentchatSyncDrain,
    /// Delivery to AgentChat's WebSockets with acknowledgements, as fast as letters are accepted and at a steady pace
    AgentchatDelivery,
    /// Cost of sends and pages in a small and in a grown lobby
    Growth,
    /// Cost of posts, pages and lists among few rooms and among 100,000
    Conversations,
    /// Posting before and while many rooms expire within a minute; takes two
    Expiry,
    /// Posts and pages while trust is computed, beside the same when it is not; takes a minute
    Trust,
}

impl Row {
    /// The rows to measure: those named, or all but the long ones.
    pub(crate) fn chosen(named: &[Self]) -> Vec<Self> {
        let is_long = |row: &Self| matches!(row, Self::Growth | Self::Conversations | Self::Expiry | Self::Trust);
        let chosen = |row: &Self| if named.is_empty() { !is_long(row) } else { named.contains(row) };
        Self::value_variants().iter().copied().filter(chosen).collect()
    }

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Sends => "sends",
            Self::Rooms => "rooms",
            Self::Paced => "paced",
            Self::PacedWebsocket => "paced-websocket",
            Self::Burst => "burst",
            Self::BurstWebsocket => "burst-websocket",
            Self::Idle => "idle",
            Self::IdleWebsocket => "idle-websocket",
            Self::History => "history",
            Self::MoltchatsRestSend => "moltchats-rest-send",
            Self::MoltchatsGatewaySend => "moltchats-gateway-send",
            Self::MoltchatsFanout => "moltchats-fanout",
            Self::SignIns => "sign-ins",
            Self::AgentchatDirectSend => "agentchat-direct-send",
            Self::AgentchatGroupSend => "agentchat-group-send",
            Self::AgentchatSyncDrain => "agentchat-sync-drain",
            Self::AgentchatDelivery => "agentchat-delivery",
            Self::Growth => "growth",
            Self::Conversations => "conversations",
            Self::Expiry => "expiry",
            Self::Trust => "trust",
        }
    }

    /// Measures it and adds its figures and faults to the report.
    ///
    /// # Errors
    ///
    /// The hub does not start, hangs up or stops answering.
    pub(crate) fn measure(self, bench: &Bench, report: &mut Report) -> Result<()> {
        match self {
            Self::Start => start::measure(bench, report),
            Self::Sends => sends::measure(bench, report),
            Self::Rooms => rooms::measure(bench, report),
            Self::Paced => {
                delivery::unheard(bench, report)?;
                delivery::paced(bench, Place::Lobby(Transport::EventStream), report)
            }
            Self::PacedWebsocket => delivery::paced(bench, Place::Lobby(Transport::WebSocket), report),
            Self::Burst => delivery::burst(bench, Place::Lobby(Transport::EventStream), report),
            Self::BurstWebsocket => delivery::burst(bench, Place::Lobby(Transport::WebSocket), report),
            Self::Idle => idle::measure(bench, Transport::EventStream, report),
            Self::IdleWebsocket => idle::measure(bench, Transport::WebSocket, report),
            Self::History => history::measure(bench, report),
            Self::MoltchatsRestSend => moltchats::rest_sends(bench, report),
            Self::MoltchatsGatewaySend => moltchats::gateway_sends(bench, report),
            Self::MoltchatsFanout => {
                delivery::paced(bench, Place::Channel, report)?;
                delivery::burst(bench, Place::Channel, report)
            }
            Self::SignIns => sign_ins::measure(bench, report),
            Self::AgentchatDirectSend => agentchat::direct_sends(bench, report),
            Self::AgentchatGroupSend => agentchat::group_sends(bench, report),
            Self::AgentchatSyncDrain => agentchat::sync_drain(bench, report),
            Self::AgentchatDelivery => agentchat::deliveries(bench, report),
            Self::Growth => growth::measure(bench, report),
            Self::Conversations => conversations::measure(bench, report),
            Self::Expiry => expiry::measure(bench, report),
            Self::Trust => trust::measure(bench, report),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a thread of a measurement gave; its panic becomes an error.
pub(crate) fn joined<T>(handle: ScopedJoinHandle<'_, Result<T>>) -> Result<T> {
    handle.join().map_err(|_| anyhow!("a thread of the load generator panicked"))?
}
