//! How a WebSocket ends, at the wire.

use std::time::Duration;

use tertulia_core::{Ended, Flow, Outlet};
use tertulia_edge::{EdgeOptions, SocketClass};

use crate::{
    support::{Hub, Setting},
    talk::{CLOSE, PING, PONG, TEXT, masked, said},
};

#[tokio::test]
async fn a_client_that_closes_is_answered_with_its_code() {
    for (payload, echo) in [(&b"\x03\xE8bye"[..], &b"\x03\xE8"[..]), (b"", b""), (b"\x0F\xA0", b"\x0F\xA0")] {
        let mut hub = Hub::start();
        let mut caller = hub.call().await;
        caller.send(&[said("say last"), masked(CLOSE, payload), said("say too late")].concat()).await;
        assert_eq!(caller.text().await, "last");
        assert_eq!(caller.frame().await, (CLOSE, echo.to_vec()));
        caller.ends().await;
        hub.ended.recv().await.unwrap();
        assert_eq!(*hub.room.heard.lock().unwrap(), ["say last"]);
        hub.stop().await;
    }
}

#[tokio::test]
async fn a_client_that_vanishes_is_noticed_and_everything_of_it_freed() {
    let mut hub = Hub::start();
    let caller = hub.call().await;
    let outlet = hub.room.outlet(0);
    assert!(outlet.is_open());
    drop(caller);
    hub.ended.recv().await.unwrap();
    assert!(!outlet.is_open());
    assert_eq!(hub.room.push("late"), [Flow::Closed]);
    assert_eq!((hub.edge.queued_bytes(), hub.metrics.open_sockets.get()), (0, 0));
    hub.stop().await;
}

#[tokio::test]
async fn silence_is_broken_by_pings_and_ends_when_they_are_not_answered() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    for _ in 0..5 {
        hub.clock.advance(Duration::from_secs(30));
        assert_eq!(caller.frame().await, (PING, vec![]));
        caller.send(&[masked(PONG, b""), said("say alive")].concat()).await;
        assert_eq!(caller.text().await, "alive");
    }
    for _ in 0..2 {
        hub.clock.advance(Duration::from_secs(30));
        assert_eq!(caller.frame().await, (PING, vec![]));
    }
    hub.clock.advance(Duration::from_secs(14));
    hub.settle().await;
    assert!(hub.room.outlet(0).is_open());
    hub.clock.advance(Duration::from_secs(1));
    assert_eq!(caller.closed().await, (1001, "nothing was heard for too long; come back".to_owned()));
    caller.ends().await;
    hub.stop().await;
}

#[tokio::test]
async fn nobody_is_silent_who_was_not_asked() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    // As when the machine has slept.
    hub.clock.advance(Duration::from_hours(1));
    assert_eq!(caller.frame().await, (PING, vec![]));
    hub.clock.advance(Duration::from_secs(44));
    assert_eq!(caller.frame().await, (PING, vec![]));
    hub.settle().await;
    assert!(hub.room.outlet(0).is_open());
    hub.clock.advance(Duration::from_secs(1));
    assert_eq!(caller.closed().await.0, 1001);
    hub.stop().await;
}

#[tokio::test]
async fn bytes_of_a_frame_that_never_ends_are_no_sign_of_life() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    let frame = said("never whole");
    for byte in &frame[..5] {
        caller.send(&[*byte]).await;
        hub.settle().await;
        hub.clock.advance(Duration::from_secs(15));
        hub.settle().await;
    }
    assert_eq!(caller.frame().await.0, PING);
    assert_eq!(caller.frame().await.0, PING);
    assert_eq!(caller.closed().await.0, 1001);
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn a_reader_that_takes_what_waits_is_not_silent() {
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call_small().await;
    while hub.room.outlet(0).waiting_bytes() < 2_000_000 {
        assert_eq!(hub.room.push(&"x".repeat(10_000)), [Flow::Open]);
    }
    for _ in 0..8 {
        for _ in 0..10 {
            assert_eq!(caller.text().await.len(), 10_000);
        }
        hub.settle().await;
        hub.clock.advance(Duration::from_secs(25));
        hub.settle().await;
    }
    assert!(hub.room.outlet(0).is_open());
    // Now it reads nothing any more.
    for _ in 0..4 {
        hub.clock.advance(Duration::from_secs(25));
        hub.settle().await;
    }
    assert!(!hub.room.outlet(0).is_open());
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn a_slow_reader_gets_whole_frames_and_the_reason_and_the_others_everything() {
    let socket = SocketClass { queue_bytes: 64 * 1024, ..SocketClass::default() };
    let hub = Hub::start_with(Setting { socket, send_buffer: Some(4096), ..Setting::default() });
    let mut slow = hub.call_small().await;
    let mut others = [hub.call().await, hub.call().await];
    let filler = "x".repeat(1_000);
    let mut said = 0;
    loop {
        let flows = hub.room.push(&format!("{said} {filler}"));
        assert!(hub.room.outlet(0).waiting_bytes() <= 64 * 1024);
        assert_eq!(flows[1..], [Flow::Open; 2]);
        for other in &mut others {
            assert_eq!(other.text().await, format!("{said} {filler}"));
        }
        if flows[0] == Flow::Closed {
            break;
        }
        said += 1;
        assert!(said < 10_000, "10 MB were taken for a reader that reads nothing");
    }
    assert!(hub.room.outlet(0).waiting_bytes() <= 1_010, "only the frame that had begun to leave is kept");
    let mut heard = 0;
    let closed = loop {
        let (first, payload) = slow.frame().await;
        if first == CLOSE {
            break payload;
        }
        assert_eq!((first, payload), (TEXT, format!("{heard} {filler}").into_bytes()));
        heard += 1;
    };
    assert_eq!(closed, b"\x03\xF5too slow; come back and resume");
    assert!(heard < said, "{heard} of {said}");
    slow.send(&masked(CLOSE, &closed[..2])).await;
    slow.ends().await;
    assert_eq!(hub.metrics.cut_off_connections.get(), 1);
    assert_eq!(hub.edge.queued_bytes(), 0);
    drop(others);
    hub.stop().await;
}

#[tokio::test]
async fn a_slow_reader_that_never_wakes_is_let_go() {
    let socket = SocketClass { queue_bytes: 64 * 1024, ..SocketClass::default() };
    let mut hub = Hub::start_with(Setting { socket, send_buffer: Some(4096), ..Setting::default() });
    let slow = hub.call_small().await;
    while hub.room.push(&"x".repeat(1_000)) == [Flow::Open] {}
    hub.settle().await;
    assert_eq!(hub.metrics.open_sockets.get(), 1);
    hub.clock.advance(Duration::from_secs(2));
    hub.settle().await;
    hub.clock.advance(Duration::from_secs(2));
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.metrics.open_sockets.get(), 0);
    drop(slow);
    hub.stop().await;
}

#[tokio::test]
async fn when_all_queues_together_are_full_the_fullest_is_closed() {
    let edge = EdgeOptions { queue_bytes: 256 * 1024, ..EdgeOptions::default() };
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), edge, ..Setting::default() });
    let (mut fuller, other) = (hub.call_small().await, hub.call_small().await);
    let (of_fuller, of_other) = (hub.room.outlet(0), hub.room.outlet(1));
    let frames = tertulia_core::Frames::new(crate::talk::frames(&[&"x".repeat(1_000)]));
    while of_fuller.waiting_bytes() < 200 * 1024 {
        assert_eq!(of_fuller.push(&frames), Flow::Open);
    }
    while of_fuller.is_open() {
        assert_eq!(of_other.push(&frames), Flow::Open);
        assert!(of_other.waiting_bytes() <= 64 * 1024, "the other one's share was taken, and nobody cut");
    }
    assert!(of_other.is_open());
    assert!(hub.edge.queued_bytes() <= 256 * 1024);
    let code = loop {
        let (first, payload) = fuller.frame().await;
        if first == CLOSE {
            break payload[..2].to_vec();
        }
    };
    assert_eq!(code, 1013_u16.to_be_bytes());
    drop((fuller, other));
    hub.stop().await;
}

#[tokio::test]
async fn the_core_ends_a_connection_in_the_surfaces_words_after_what_waits() {
    for (why, last, closed) in [
        (Ended::CredentialEnded, None, (4401, "the key was replaced")),
        (Ended::AgentSuspended, Some("suspended"), (4403, "suspended")),
        (Ended::PlaceGone, None, (4404, "the room is gone")),
    ] {
        let mut hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
        let mut caller = hub.call_small().await;
        for number in 0..1_000 {
            assert_eq!(hub.room.push(&format!("{number} {}", "x".repeat(1_000))), [Flow::Open]);
        }
        assert!(hub.room.outlet(0).waiting_bytes() > 100_000);
        hub.room.outlet(0).close(why);
        assert_eq!(hub.room.push("late"), [Flow::Closed]);
        assert_eq!(hub.room.outlet(0).ended(), Some(why));
        for number in 0..1_000 {
            assert!(caller.text().await.starts_with(&format!("{number} ")));
        }
        if let Some(last) = last {
            assert_eq!(caller.text().await, last);
        }
        assert_eq!(caller.closed().await, (closed.0, closed.1.to_owned()));
        caller.ends().await;
        hub.ended.recv().await.unwrap();
        hub.stop().await;
    }
}

#[tokio::test]
async fn a_handler_closes_after_what_it_has_sent() {
    let mut hub = Hub::start();
    let mut caller = hub.call_with(&[said("say bye"), said("close"), said("say too late")].concat()).await;
    assert_eq!(caller.text().await, "bye");
    assert_eq!(caller.closed().await, (4000, "as asked".to_owned()));
    caller.ends().await;
    hub.ended.recv().await.unwrap();
    assert_eq!(*hub.room.heard.lock().unwrap(), ["say bye", "close"]);
    hub.stop().await;
}

#[tokio::test]
async fn a_handler_that_panics_costs_its_own_connection_alone() {
    let mut hub = Hub::start();
    let mut other = hub.call().await;
    let mut caller = hub.call_with(&said("panic")).await;
    assert_eq!(caller.closed().await, (1011, "something went wrong on the server".to_owned()));
    caller.ends().await;
    hub.ended.recv().await.unwrap();
    other.say("say fine").await;
    assert_eq!(other.text().await, "fine");
    drop(other);
    hub.stop().await;
}

#[tokio::test]
async fn everybody_is_told_when_the_hub_goes_down() {
    let hub = Hub::start();
    let mut callers = [hub.call().await, hub.call().await, hub.call_with(&said("say first")).await];
    assert_eq!(callers[2].text().await, "first");
    hub.room.push("last");
    hub.shutdown.cancel();
    for caller in &mut callers {
        assert_eq!(caller.text().await, "last");
        assert_eq!(caller.closed().await, (1001, "the hub restarts; come back in a moment".to_owned()));
        caller.ends().await;
    }
    hub.stop().await;
}

#[tokio::test]
async fn nobody_keeps_the_hub_from_going_down() {
    let hub = Hub::start();
    let mut busy = hub.call().await;
    busy.say("wait").await;
    let mut mute = hub.call().await;
    hub.settle().await;
    hub.shutdown.cancel();
    assert_eq!(mute.close_frame().await.0, 1001);
    // The mute one's close frame is awaited, and the busy one's handler.
    hub.clock.advance(Duration::from_secs(2));
    mute.ends().await;
    assert_eq!(busy.close_frame().await.0, 1001);
    hub.clock.advance(Duration::from_secs(2));
    busy.ends().await;
    hub.stop().await;
}

#[tokio::test]
async fn a_busy_handler_of_a_reader_that_sleeps_keeps_nobody_either() {
    let mut hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call_small().await;
    caller.say("wait").await;
    while hub.room.outlet(0).waiting_bytes() < 100_000 {
        assert_eq!(hub.room.push(&"x".repeat(1_000)), [Flow::Open]);
    }
    hub.settle().await;
    hub.shutdown.cancel();
    // For the handler and for what waits; then for the answer to the close frame.
    for _ in 0..2 {
        hub.clock.somebody_sleeps(Duration::from_secs(2)).await;
        hub.clock.advance(Duration::from_secs(2));
    }
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.edge.queued_bytes(), 0);
    hub.stop().await;
}

#[tokio::test]
async fn a_handler_at_work_may_finish() {
    let hub = Hub::start();
    let mut caller = hub.call_with(&[said("wait"), said("say too late")].concat()).await;
    hub.settle().await;
    hub.shutdown.cancel();
    hub.room.gate.notify_one();
    assert_eq!(caller.text().await, "waited");
    assert_eq!(caller.closed().await.0, 1001);
    caller.ends().await;
    hub.stop().await;
}

#[tokio::test]
async fn a_handler_at_work_is_told_that_its_connection_has_ended() {
    let mut hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call_small().await;
    caller.say("many 1000000 50000").await;
    hub.settle().await;
    hub.room.outlet(0).close(Ended::CredentialEnded);
    loop {
        let (first, payload) = caller.frame().await;
        if first == CLOSE {
            assert_eq!(payload[..2], 4401_u16.to_be_bytes());
            break;
        }
        assert_eq!(first, TEXT);
    }
    drop(caller);
    hub.ended.recv().await.unwrap();
    hub.stop().await;
}

#[tokio::test]
async fn a_client_that_goes_on_sending_is_heard_out_for_a_while_only() {
    let mut hub = Hub::start();
    let mut caller = hub.call().await;
    hub.room.outlet(0).close(Ended::CredentialEnded);
    assert_eq!(caller.close_frame().await.0, 4401);
    let filler = said(&"x".repeat(10_000));
    while caller.0.0.try_write(&filler).is_ok() || hub.metrics.open_sockets.get() > 0 {
        hub.settle().await;
    }
    hub.ended.recv().await.unwrap();
    assert!(hub.room.heard.lock().unwrap().is_empty(), "what comes after the end was answered");
    hub.stop().await;
}

#[tokio::test]
async fn closes_are_counted_by_code() {
    let mut hub = Hub::start();
    for bytes in [masked(CLOSE, &1000_u16.to_be_bytes()), masked(CLOSE, &4711_u16.to_be_bytes()), said("close")] {
        let mut caller = hub.call_with(&bytes).await;
        caller.closed().await;
        hub.ended.recv().await.unwrap();
    }
    drop(hub.call().await);
    hub.ended.recv().await.unwrap();
    let mut registry = prometheus_client::registry::Registry::default();
    hub.metrics.register(&mut registry);
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry).unwrap();
    for (by, code) in [("client", 1000), ("client", 3000), ("client", 1006), ("hub", 4000)] {
        let line = format!("live_sockets_closed_total{{by=\"{by}\",code=\"{code}\"}} 1");
        assert!(text.contains(&line), "{line} is not in {text}");
    }
    hub.stop().await;
}
