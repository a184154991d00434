//! What is said over a WebSocket, at the wire.

use std::time::Duration;

use tertulia_core::{Flow, Frames, Outlet};
use tertulia_edge::{BinaryMessages, FrameRate, SocketClass};

use crate::{
    support::{Hub, Setting},
    talk::{PING, PONG, TEXT, frames, masked, said},
};

fn with_class(socket: SocketClass) -> Hub {
    Hub::start_with(Setting { socket, ..Setting::default() })
}

#[tokio::test]
async fn texts_come_whole_whatever_their_length_and_pieces() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    for length in [0, 1, 120, 121, 122, 130, 60_000, 65_530] {
        let text = "x".repeat(length);
        caller.say(&format!("say {text}")).await;
        assert_eq!(caller.text().await, text);
    }
    // Fragments, an empty one among them, with a ping between.
    let pieces = [masked(0x01, b"say caf\xC3"), masked(0x00, b""), masked(PING, b"?"), masked(0x80, b"\xA9")];
    caller.send(&pieces.concat()).await;
    assert_eq!(caller.frame().await, (PONG, b"?".to_vec()));
    assert_eq!(caller.text().await, "café");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn pushes_and_answers_leave_in_one_order_as_whole_frames() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    let outlet = hub.room.outlet(0);
    assert_eq!(hub.room.push("one"), [Flow::Open]);
    assert_eq!(outlet.push(&Frames::new(frames(&["two", "three"]))), Flow::Open);
    caller.say("say four").await;
    for text in ["one", "two", "three", "four"] {
        assert_eq!(caller.text().await, text);
    }
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn the_next_message_is_read_when_the_one_before_is_answered() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    caller.send(&[said("wait"), said("say after"), masked(PING, b"?")].concat()).await;
    hub.settle().await;
    assert_eq!(*hub.room.heard.lock().unwrap(), ["wait"]);
    hub.room.push("meanwhile");
    assert_eq!(caller.text().await, "meanwhile");
    hub.room.gate.notify_one();
    assert_eq!(caller.text().await, "waited");
    assert_eq!(caller.text().await, "after");
    assert_eq!(caller.frame().await, (PONG, b"?".to_vec()));
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn a_client_faster_than_its_answers_waits_in_its_own_socket() {
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call().await;
    caller.say("wait").await;
    // No buffer of the hub's takes this much.
    let flood = said(&"x".repeat(60_000)).repeat(100);
    let mut sent = 0;
    while let Ok(more) = caller.0.0.try_write(&flood[sent % flood.len()..]) {
        sent += more;
        hub.settle().await;
        assert!(sent < 100_000_000, "all of it is taken");
    }
    assert_eq!(*hub.room.heard.lock().unwrap(), ["wait"]);
    drop(caller);
    hub.room.gate.notify_one();
    hub.stop().await;
}

#[tokio::test]
async fn a_long_answer_leaves_in_steps_and_is_not_held_to_the_bound() {
    let socket = SocketClass { queue_bytes: 10_000, ..SocketClass::default() };
    let hub = Hub::start_with(Setting { socket, send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call_small().await;
    caller.say("many 200 50000").await;
    hub.settle().await;
    let outlet = hub.room.outlet(0);
    assert!((1..=130_000).contains(&outlet.waiting_bytes()), "{}", outlet.waiting_bytes());
    assert_eq!(hub.room.push("a push meanwhile"), [Flow::Open]);
    let mut pushed = 0;
    for number in 0..201 {
        let text = caller.text().await;
        if text == "a push meanwhile" {
            pushed += 1;
        } else {
            assert_eq!(text.len(), 50_001 + (number - pushed).to_string().len());
            assert!(text.starts_with(&format!("{} x", number - pushed)));
        }
        assert!(outlet.waiting_bytes() <= 130_000, "{}", outlet.waiting_bytes());
    }
    assert_eq!(pushed, 1);
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn pings_are_answered_at_once() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    for payload in [&b""[..], b"hello", &[0xFF; 125]] {
        caller.send(&masked(PING, payload)).await;
        assert_eq!(caller.frame().await, (PONG, payload.to_vec()));
    }
    caller.send(&masked(PONG, b"unasked")).await;
    caller.say("say still here").await;
    assert_eq!(caller.text().await, "still here");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn while_the_reader_sleeps_only_the_last_ping_is_remembered() {
    let hub = Hub::start_with(Setting { send_buffer: Some(4096), ..Setting::default() });
    let mut caller = hub.call_small().await;
    let filler = "x".repeat(1_000);
    while hub.room.outlet(0).waiting_bytes() < 10_000 {
        assert_eq!(hub.room.push(&filler), [Flow::Open]);
    }
    let waiting = hub.room.outlet(0).waiting_bytes();
    for number in 0..1_000_u16 {
        caller.send(&masked(PING, &number.to_be_bytes())).await;
    }
    caller.say("heard").await;
    while hub.room.heard.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert!(hub.room.outlet(0).waiting_bytes() <= waiting, "pongs pile up");
    let pong = loop {
        let (first, payload) = caller.frame().await;
        if first != TEXT {
            break (first, payload);
        }
    };
    assert_eq!(pong, (PONG, 999_u16.to_be_bytes().to_vec()));
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn binary_messages_are_refused_taken_or_forgotten() {
    for binary in [BinaryMessages::Refuse, BinaryMessages::TakeAsText, BinaryMessages::Ignore] {
        let hub = with_class(SocketClass { binary, ..SocketClass::default() });
        let mut caller = hub.call().await;
        caller.send(&[masked(0x82, b"say binary"), said("say text")].concat()).await;
        match binary {
            BinaryMessages::Refuse => assert_eq!(caller.closed().await.0, 1003),
            BinaryMessages::TakeAsText => {
                assert_eq!(caller.text().await, "binary");
                assert_eq!(caller.text().await, "text");
            }
            BinaryMessages::Ignore => assert_eq!(caller.text().await, "text"),
        }
        drop(caller);
        hub.stop().await;
    }
    let hub = with_class(SocketClass { binary: BinaryMessages::TakeAsText, ..SocketClass::default() });
    let mut caller = hub.call_with(&masked(0x82, b"say \xFF")).await;
    assert_eq!(caller.text().await, "\u{fffd}");
    drop(caller);
    hub.stop().await;
}

#[tokio::test]
async fn frames_are_counted_in_windows() {
    let hub = with_class(SocketClass {
        frames: FrameRate { most: 10, per: Duration::from_secs(10) },
        ..SocketClass::default()
    });
    let mut caller = hub.call().await;
    for _ in 0..2 {
        for _ in 0..10 {
            caller.send(&masked(PING, b"")).await;
            assert_eq!(caller.frame().await.0, PONG);
        }
        hub.clock.advance(Duration::from_secs(10));
    }
    // Fragments without anything in them count as well.
    let fragments: Vec<u8> =
        std::iter::once(masked(0x01, b"")).chain((0..10).map(|_| masked(0x00, b""))).flatten().collect();
    caller.send(&fragments).await;
    assert_eq!(caller.closed().await, (1008, "too many frames; slow down".to_owned()));
    caller.ends().await;
    hub.stop().await;
}

#[tokio::test]
async fn a_handler_is_woken_when_it_asked_to_be() {
    let hub = Hub::start();
    let mut caller = hub.call().await;
    caller.say("wake 5").await;
    caller.say("say set").await;
    assert_eq!(caller.text().await, "set");
    hub.clock.advance(Duration::from_secs(4));
    caller.say("say not yet").await;
    assert_eq!(caller.text().await, "not yet");
    hub.clock.advance(Duration::from_secs(1));
    assert_eq!(caller.text().await, "woken");
    assert_eq!(caller.closed().await, (4408, "too late".to_owned()));
    hub.stop().await;
}
