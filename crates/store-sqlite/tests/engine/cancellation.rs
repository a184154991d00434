//! Futures that are dropped midway.

use std::{future::Future, pin::pin, task::Poll};

use crate::fixtures::{agent, append, batch, open};
use tertulia_model::{CredentialId, Seq, random_uuid};
use tertulia_store::{Agents, Hub, Messages, NewAgent, NewCredential, Registration, Slice, StoreError};

/// Polls a future at most `times` times, lets the runtime turn in between, and drops it.
async fn poll_at_most<F: Future>(future: F, times: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..times {
        let polled = std::future::poll_fn(|context| Poll::Ready(future.as_mut().poll(context))).await;
        if let Poll::Ready(output) = polled {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn a_dropped_registration_is_whole_or_absent() {
    let directory = tempfile::tempdir().unwrap();
    let (store, _) = open(directory.path()).await;
    let mut registered = 0;
    for number in 10..250 {
        let new = NewAgent {
            credential: Some(NewCredential {
                id: CredentialId::from_uuid(random_uuid([number; 16])),
                kind: "test_",
                digest: tertulia_store::KeyDigest([number; 32]),
            }),
            ..agent(number)
        };
        let answer = poll_at_most(store.register_agent(&new), usize::from(number)).await;
        assert!(!matches!(answer, Some(Err(_))), "{answer:?}");
        let found = store.register_agent(&agent(251)).await.map(|_| ());
        assert!(found.is_ok(), "the next writer is not disturbed: {found:?}");
        let holder = store.agent_by_key(&tertulia_store::KeyDigest([number; 32])).await.unwrap();
        assert_eq!(store.agent_by_name(&new.name_key).await.unwrap().is_some(), holder.is_some());
        registered += u64::from(holder.is_some());
    }
    assert_eq!(store.count_listed().await.unwrap(), registered + 1);
    store.close().await;
}

#[tokio::test]
async fn a_dropped_append_is_whole_or_absent() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let mut last = 0;
    for round in 0..200 {
        let next = batch(hub.lobby, hub.system_agent, last + 1, 10);
        let answer = poll_at_most(append(&store, &next), round % 20).await;
        assert!(!matches!(answer, Some(Err(_))), "{answer:?}");
        // A write of somebody else stands behind the dropped one, whatever became of it.
        assert!(matches!(append(&store, &next).await, Ok(()) | Err(StoreError::Database(_))));
        last += 10;
        assert_eq!(store.log_end(hub.lobby).await.unwrap().last_seq, Seq(last));
    }
    assert_eq!(store.read(hub.lobby, Slice::After(Seq::START), 5_000).await.unwrap().len(), 2_000);
    store.close().await;
}

#[tokio::test]
async fn dropped_readers_leave_the_store_usable() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    append(&store, &batch(hub.lobby, hub.system_agent, 1, 100)).await.unwrap();
    for round in 0..100 {
        drop(poll_at_most(store.read(hub.lobby, Slice::Newest, 100), round % 10).await);
    }
    assert_eq!(store.read(hub.lobby, Slice::Newest, 100).await.unwrap().len(), 100);
    assert!(matches!(store.register_agent(&agent(9)).await, Ok(Registration::Registered { .. })));
    store.close().await;
}
