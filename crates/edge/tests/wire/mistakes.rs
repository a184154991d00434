//! What a client must not send over a WebSocket, at the wire.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::io::AsyncWriteExt;

use crate::{
    support::Hub,
    talk::{CLOSE, PING, TEXT, masked, said},
};

async fn closed_after(bytes: &[u8]) -> (u16, String) {
    let mut hub = Hub::start();
    let mut caller = hub.call_with(bytes).await;
    let closed = caller.closed().await;
    caller.ends().await;
    drop(caller);
    hub.ended.recv().await.unwrap();
    assert_eq!(hub.metrics.open_sockets.get(), 0);
    hub.stop().await;
    closed
}

#[tokio::test]
async fn mistakes_in_the_protocol_are_named() {
    for (bytes, reason) in [
        (vec![0x81, 2, b'h', b'i'], "a frame without a mask"),
        (masked(0xC1, b"compressed"), "a reserved bit is set, though no extension was agreed on"),
        (masked(0x83, b""), "an unknown kind of frame"),
        (masked(0x8B, b""), "an unknown kind of frame"),
        (masked(0x80, b"more"), "a continuation of nothing"),
        ([masked(0x01, b"be"), said("gin")].concat(), "a message inside a fragmented one"),
        (masked(0x09, b""), "a control frame in fragments"),
        (masked(PING, &[0; 126]), "a control frame longer than 125 bytes"),
        (masked(CLOSE, &[3]), "half a close code"),
        (masked(CLOSE, &1005_u16.to_be_bytes()), "a close code that must not be sent"),
        (masked(CLOSE, &999_u16.to_be_bytes()), "a close code that must not be sent"),
        (masked(CLOSE, &5000_u16.to_be_bytes()), "a close code that must not be sent"),
    ] {
        assert_eq!(closed_after(&bytes).await, (1002, reason.to_owned()));
    }
}

#[tokio::test]
async fn what_is_not_utf_8_is_refused() {
    for bytes in [
        masked(TEXT, b"say \xFF"),
        masked(TEXT, b"say \xC3"),
        masked(TEXT, b"say \xED\xA0\x80"),
        [masked(0x01, b"say \xC3"), masked(0x80, b"!")].concat(),
        masked(CLOSE, b"\x03\xE8\xFF"),
    ] {
        assert_eq!(closed_after(&bytes).await, (1007, "the text is not UTF-8".to_owned()));
    }
}

#[tokio::test]
async fn what_is_too_large_is_refused_by_its_declared_length() {
    let too_large = (1009, "the message is too large".to_owned());
    // Nothing of it is sent.
    assert_eq!(closed_after(&masked(TEXT, &vec![b'x'; 65_537])[..14]).await, too_large);
    assert_eq!(
        closed_after(&[0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4]).await,
        too_large
    );
    // No fragment is too large, all together are.
    let fragments = [masked(0x01, &vec![b'x'; 40_000]), masked(0x00, &vec![b'x'; 25_536]), masked(0x00, b"x")];
    assert_eq!(closed_after(&fragments.concat()).await, too_large);
}

#[tokio::test]
async fn one_frame_at_the_limit_is_taken() {
    let hub = Hub::start();
    let text = format!("say {}", "x".repeat(65_532));
    let mut caller = hub.call_with(&said(&text)).await;
    assert_eq!(caller.text().await.len(), 65_532);
    drop(caller);
    hub.stop().await;
}

#[test]
fn whatever_comes_the_connection_ends_and_the_hub_goes_on() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let hub = runtime.block_on(async { Hub::start() });
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        (any::<u8>(), prop::collection::vec(any::<u8>(), 0..200)).prop_map(|(first, payload)| masked(first, &payload)),
        prop::sample::select(vec!["say hi", "", "close", "panic"]).prop_map(said),
    ];
    let pieces = prop::collection::vec(piece, 0..12);
    TestRunner::new(Config::with_cases(200))
        .run(&pieces, |pieces| {
            runtime.block_on(async {
                let mut caller = hub.call().await;
                for piece in &pieces {
                    if caller.0.0.write_all(piece).await.is_err() {
                        break;
                    }
                }
                // The hub may have closed already.
                let _ = caller.0.0.shutdown().await;
                caller.0.rest().await;
                drop(caller);
                while hub.metrics.open_sockets.get() > 0 {
                    tokio::task::yield_now().await;
                }
            });
            Ok(())
        })
        .unwrap();
    runtime.block_on(async {
        hub.settle().await;
        hub.stop().await;
    });
}
