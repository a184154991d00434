//! Letters of AgentChat: sent to one another and in a group, fetched, and delivered to inboxes that acknowledge them.

use std::net::SocketAddr;
use std::thread;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::{Bench, joined};
use crate::agentchat::{self, Agent, Letters, To};
use crate::exchange::{self, Requests};
use crate::figures::{per_second, quotient};
use crate::http::{Client, request};
use crate::hub::Hub;
use crate::inboxes::{Inboxes, Total};
use crate::pace::Pace;
use crate::process;
use crate::report::{Report, progress};
use crate::stage::Stage;

/// Agents that write, and connections over which they do.
const SENDERS: usize = 64;

/// Pairs of agents that talk, and with `--quick`.
const PAIRS: usize = 1_000;
const QUICKLY_PAIRS: usize = 64;

/// Members of a group, and with `--quick`; connections over which they write.
const MEMBERS: usize = 256;
const QUICKLY_MEMBERS: usize = 16;
const GROUP_CONNECTIONS: usize = 16;

/// Agents that fetch, what waits for each, and with `--quick`; how much they fetch at once.
const FETCHERS: usize = 4;
const WAITING: u64 = 10_000;
const QUICKLY_WAITING: u64 = 1_000;
const PAGE: usize = 200;

/// Agents that are written to, each by one other.
const RECIPIENTS: usize = 64;

/// Letters a second at a steady pace.
const PACE: u64 = 1_000;

/// Letters of 64 agents to those with whom they talk.
pub(super) fn direct_sends(bench: &Bench, report: &mut Report) -> Result<()> {
    const ROW: &str = "agentchat-direct-send";
    let hub = bench.launcher.start()?;
    let pairs = if bench.quick { QUICKLY_PAIRS } else { PAIRS };
    let agents = agentchat::agents(hub.address, SENDERS + pairs)?;
    let (senders, recipients) = agents.split_at(SENDERS);
    let routes = acquainted(hub.address, senders, recipients)?;
    let mut letters = Letters::new(hub.address, routes);
    load(bench, report, ROW, &hub, &mut letters, SENDERS, "send").map(drop)
}

/// Letters in a group.
pub(super) fn group_sends(bench: &Bench, report: &mut Report) -> Result<()> {
    const ROW: &str = "agentchat-group-send";
    let hub = bench.launcher.start()?;
    let members = if bench.quick { QUICKLY_MEMBERS } else { MEMBERS };
    let agents = agentchat::agents(hub.address, members)?;
    let group = agentchat::group(hub.address, &agents)?;
    let mut letters = Letters::new(hub.address, agents.iter().map(|agent| (agent, To::Group(&group))));
    let sent = load(bench, report, ROW, &hub, &mut letters, GROUP_CONNECTIONS.min(members), "send")?;
    report.figure(ROW, "copies", per_second(sent.count * (members as u64 - 1), sent.elapsed_ns), "/s");
    report.figure(ROW, "CPU per copy", quotient(sent.cpu_ns, sent.count * (members as u64 - 1)) / 1_000.0, "µs");
    Ok(())
}

/// Everything that waits for some, page by page; then the same with an acknowledgement of every page, until nothing waits.
pub(super) fn sync_drain(bench: &Bench, report: &mut Report) -> Result<()> {
    let hub = bench.launcher.start()?;
    let waiting = if bench.quick { QUICKLY_WAITING } else { WAITING };
    let agents = agentchat::agents(hub.address, SENDERS + FETCHERS)?;
    let (senders, fetchers) = agents.split_at(SENDERS);
    let recipients: Vec<_> = (0..SENDERS).map(|number| fetchers[number % FETCHERS].clone()).collect();
    let routes = acquainted(hub.address, senders, &recipients)?;
    let count = waiting * FETCHERS as u64;
    Letters::new(hub.address, routes).fill(hub.address, SENDERS, count, bench.clock)?;
    progress(&format!("agentchat-sync-drain: {waiting} letters wait for each of {FETCHERS}"));

    let row = "agentchat-sync-drain.pages";
    let mut pages = Fetching::new(hub.address, fetchers, Taking::Nothing);
    let fetched = load(bench, report, row, &hub, &mut pages, FETCHERS, "page")?;
    report.figure(row, "rows", per_second(fetched.count * PAGE as u64, fetched.elapsed_ns), "/s");
    report.figure(row, "CPU per row", quotient(fetched.cpu_ns, fetched.count * PAGE as u64) / 1_000.0, "µs");
    drain(bench, report, &hub, fetchers, count)
}

fn drain(bench: &Bench, report: &mut Report, hub: &Hub, fetchers: &[Agent], waiting: u64) -> Result<()> {
    const ROW: &str = "agentchat-sync-drain.acknowledged";
    let mut fetching = Fetching::new(hub.address, fetchers, Taking::All);
    let (stage, began, before) = (Stage::counting(), bench.clock.now(), process::cpu_ns(hub.pid())?);
    // A page and its acknowledgement, and the empty page at the end.
    let requests = waiting / PAGE as u64 * 2;
    let outcome =
        exchange::run(hub.address, fetchers.len(), &mut fetching, Pace::Total(requests), &stage, bench.clock)?;
    let (elapsed, cpu_ns) = (bench.clock.since(began), process::cpu_ns(hub.pid())? - before);
    report.figure(ROW, "rows", per_second(fetching.taken, elapsed), "/s");
    report.figure(ROW, "CPU per row", quotient(cpu_ns, fetching.taken) / 1_000.0, "µs");
    report.figure(ROW, "p50", outcome.latencies.percentile_ms(50.0), "ms");
    report.figure(ROW, "p99", outcome.latencies.percentile_ms(99.0), "ms");
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault(ROW, &sentence);
    }
    let mut client = Client::connect(hub.address)?;
    for agent in fetchers {
        fetching.taken += agentchat::take_all(&mut client, agent)?;
    }
    if fetching.taken != waiting {
        report.fault(ROW, &format!("{} of {waiting} letters were acknowledged", fetching.taken));
    }
    Ok(())
}

/// Letters to inboxes that are open and acknowledge what comes: as fast as letters are accepted, and at a steady pace.
pub(super) fn deliveries(bench: &Bench, report: &mut Report) -> Result<()> {
    for (row, pace) in
        [("agentchat-delivery.burst", Pace::ClosedLoop), ("agentchat-delivery.paced", Pace::PerSecond(PACE))]
    {
        let hub = bench.launcher.start()?;
        let agents = agentchat::agents(hub.address, SENDERS + RECIPIENTS)?;
        let (senders, recipients) = agents.split_at(SENDERS);
        let routes = acquainted(hub.address, senders, recipients)?;
        let mut letters = Letters::new(hub.address, routes);
        deliver(bench, report, row, &hub, &mut letters, recipients, pace).with_context(|| row.to_owned())?;
    }
    Ok(())
}

fn deliver(
    bench: &Bench,
    report: &mut Report,
    row: &str,
    hub: &Hub,
    letters: &mut Letters,
    recipients: &[Agent],
    pace: Pace,
) -> Result<()> {
    let (stage, total) = (Stage::new(), Total::unknown());
    let inboxes = Inboxes::open(hub.address, recipients)?;
    let (sent, delivered, window) = thread::scope(|scope| {
        let hearing = scope.spawn(|| inboxes.run(&total, &stage, bench.clock));
        let sending = scope.spawn(|| {
            let sent = exchange::run(hub.address, SENDERS, letters, pace, &stage, bench.clock);
            total.is(sent.as_ref().map_or(0, |sent| sent.accepted));
            sent
        });
        let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
        (joined(sending), joined(hearing), window)
    });
    let sent = sent.with_context(|| format!("the hub's last words: {}", hub.last_words()))?;
    let (delivered, window) = (delivered?, window?);
    let (count, cpu_ns) = (delivered.latencies.count(), window.after - window.before);
    report.figure(row, "deliveries", per_second(count, window.elapsed_ns), "/s");
    report.figure(row, "p50 from send to inbox", delivered.latencies.percentile_ms(50.0), "ms");
    report.figure(row, "p99 from send to inbox", delivered.latencies.percentile_ms(99.0), "ms");
    report.figure(
        row,
        "CPU per delivery, sends and acknowledgements included",
        quotient(cpu_ns, count) / 1_000.0,
        "µs",
    );
    report.figure(row, "p99 of a send", sent.latencies.percentile_ms(99.0), "ms");
    for sentence in [sent.faults.sentence(), delivered.faults.sentence()].into_iter().flatten() {
        report.fault(row, &sentence);
    }
    if let Some(left) = left_waiting(hub.address, recipients)? {
        report.fault(row, &left);
    }
    Ok(())
}

/// What is left of what was acknowledged, once the hub has had time for it.
fn left_waiting(hub: SocketAddr, recipients: &[Agent]) -> Result<Option<String>> {
    let mut client = Client::connect(hub)?;
    for _ in 0..100 {
        let mut left = 0;
        for agent in recipients {
            let page = client.json_as(Some(&agent.key), "GET", "/v1/messages/sync?limit=500", None, 200)?;
            left += page.as_array().map_or(0, Vec::len);
        }
        if left == 0 {
            return Ok(None);
        }
        thread::sleep(std::time::Duration::from_millis(20));
    }
    Ok(Some("letters wait that were acknowledged".to_owned()))
}

/// Each recipient with the one who writes to it; the two have written to each other before.
fn acquainted<'a>(hub: SocketAddr, senders: &'a [Agent], recipients: &'a [Agent]) -> Result<Vec<(&'a Agent, To<'a>)>> {
    let mut client = Client::connect(hub)?;
    let pairs: Vec<_> = senders.iter().cycle().zip(recipients).collect();
    for (sender, recipient) in &pairs {
        agentchat::acquaint(&mut client, sender, recipient)?;
    }
    Ok(pairs.into_iter().map(|(sender, recipient)| (sender, To::Agent(recipient))).collect())
}

/// What a window has brought.
struct Counted {
    count: u64,
    elapsed_ns: u64,
    cpu_ns: u64,
}

/// Measures requests in a closed loop.
fn load(
    bench: &Bench,
    report: &mut Report,
    row: &str,
    hub: &Hub,
    requests: &mut (dyn Requests + Send),
    connections: usize,
    what: &str,
) -> Result<Counted> {
    let stage = Stage::new();
    let (outcome, window) = thread::scope(|scope| {
        let running =
            scope.spawn(|| exchange::run(hub.address, connections, requests, Pace::ClosedLoop, &stage, bench.clock));
        let window = stage.walk(bench.times, bench.clock, || process::cpu_ns(hub.pid()));
        (joined(running), window)
    });
    let outcome = outcome.with_context(|| format!("{row}; the hub's last words: {}", hub.last_words()))?;
    let window = window?;
    let (count, cpu_ns) = (outcome.latencies.count(), window.after - window.before);
    report.figure(row, "rate", per_second(count, window.elapsed_ns), "/s");
    report.figure(row, "p50", outcome.latencies.percentile_ms(50.0), "ms");
    report.figure(row, "p99", outcome.latencies.percentile_ms(99.0), "ms");
    report.figure(row, &format!("CPU per {what}"), quotient(cpu_ns, count) / 1_000.0, "µs");
    if let Some(sentence) = outcome.faults.sentence() {
        report.fault(row, &sentence);
    }
    Ok(Counted { count, elapsed_ns: window.elapsed_ns, cpu_ns })
}

/// Whether what is fetched is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taking {
    /// It goes on waiting; whoever comes to its end begins anew.
    Nothing,
    /// Page by page.
    All,
}

/// Agents that fetch what waits for them, one a connection.
struct Fetching {
    hub: SocketAddr,
    keys: Vec<String>,
    taking: Taking,
    /// Of each connection: behind which place it reads on, and whether that is to be acknowledged first.
    places: Vec<(Option<String>, bool)>,
    /// How many rows were acknowledged.
    taken: u64,
    request: Vec<u8>,
}

impl Fetching {
    fn new(hub: SocketAddr, agents: &[Agent], taking: Taking) -> Self {
        let keys: Vec<_> = agents.iter().map(|agent| agent.key.clone()).collect();
        let places = vec![(None, false); keys.len()];
        Self { hub, keys, taking, places, taken: 0, request: Vec::new() }
    }
}

impl Requests for Fetching {
    fn expected(&self) -> u16 {
        200
    }

    fn next(&mut self, connection: usize, _due: u64) -> &[u8] {
        let key = Some(&*self.keys[connection]);
        self.request = match &self.places[connection] {
            (Some(place), true) => {
                let body = format!(r#"{{"last_delivery_id":"{place}"}}"#);
                request(self.hub, "POST", "/v1/messages/sync/ack", key, Some(&body))
            }
            (place, _) => {
                let after = place.as_ref().map(|place| format!("&after={place}")).unwrap_or_default();
                request(self.hub, "GET", &format!("/v1/messages/sync?limit={PAGE}{after}"), key, None)
            }
        };
        &self.request
    }

    fn answered(&mut self, connection: usize, body: &[u8]) -> Result<()> {
        let (place, is_to_acknowledge) = &mut self.places[connection];
        if std::mem::take(is_to_acknowledge) {
            let answer: Value = serde_json::from_slice(body)?;
            self.taken += answer["acked"].as_u64().context("an answer without `acked`")?;
            return Ok(());
        }
        *place = last_place(body)?;
        *is_to_acknowledge = self.taking == Taking::All && place.is_some();
        Ok(())
    }
}

/// The place of the last row of a page, found from its end: pages are long.
fn last_place(page: &[u8]) -> Result<Option<String>> {
    const NAME: &[u8] = br#""delivery_id":""#;
    let Some(found) = memchr::memmem::rfind(page, NAME) else {
        ensure!(page == b"[]", "a page without places: {}", String::from_utf8_lossy(page));
        return Ok(None);
    };
    let place = page[found + NAME.len()..].split(|byte| *byte == b'"').next().unwrap_or_default();
    Ok(Some(String::from_utf8_lossy(place).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_its_last_row() {
        let page = br#"[{"id":"msg_a","delivery_id":"del_1"},{"id":"msg_b","delivery_id":"del_2"}]"#;
        assert_eq!(last_place(page).unwrap().as_deref(), Some("del_2"));
        assert_eq!(last_place(b"[]").unwrap(), None);
        last_place(b"{}").unwrap_err();
    }
}
