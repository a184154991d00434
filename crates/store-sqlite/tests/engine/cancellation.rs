//! Futures that are dropped midway.

use std::{future::Future, pin::pin, task::Poll};

use crate::fixtures::{OVER, agent, append, batch, open, room};
use tertulia_model::{CredentialId, MessageNo, Seq, Standing, random_uuid};
use tertulia_store::{
    Agents, Commit, Hub, Messages, NewAgent, NewCredential, Participant, ParticipantChange, Registration, Rooms, Slice,
    StoreError, Tallies,
};

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
async fn a_dropped_commit_of_changes_is_whole_or_absent() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap().number;
    let mut last = 0;
    for round in 0..200_usize {
        let messages = batch(den, hub.system_agent, last + 1, 1);
        let since = messages[0].created_at;
        let joins = Participant { conversation: den, agent: hub.system_agent, standing: Standing::Joined, since };
        let commit = Commit {
            messages,
            participants: vec![ParticipantChange::Stands(joins)],
            endings: vec![(den, OVER)],
            ..Commit::default()
        };
        // Each step waits for a thread, hence squares; every fortieth comes through whatever the threads do.
        let times = if round % 40 == 39 { usize::MAX } else { (round % 40).pow(2) };
        let answer = poll_at_most(store.commit(&commit), times).await;
        assert!(!matches!(answer, Some(Err(_))), "{answer:?}");
        // Somebody else's write stands behind the dropped one, so what is read is what became of it.
        store.save_tallies(&[], MessageNo(0)).await.unwrap();
        let end = store.log_end(den).await.unwrap();
        assert!(end.last_seq == Seq(last) || end.last_seq == Seq(last + 1));
        last = end.last_seq.0;
        if last > 0 {
            assert_eq!(store.participants(den).await.unwrap()[0].since, end.last_at);
        }
    }
    assert!(last >= 5, "every fortieth came through");
    store.close().await;
}

#[tokio::test]
async fn a_dropped_sweep_is_whole_or_absent() {
    let directory = tempfile::tempdir().unwrap();
    let (store, hub) = open(directory.path()).await;
    let den = store.create_room(&room(hub.system_agent, 9)).await.unwrap();
    append(&store, &batch(den.number, hub.system_agent, 1, 2_000)).await.unwrap();
    let mut left = 2_000;
    for round in 0..100_usize {
        drop(poll_at_most(store.sweep_rooms(OVER, 10), (round % 40).pow(2)).await);
        store.save_tallies(&[], MessageNo(0)).await.unwrap();
        let now = store.log_end(den.number).await.unwrap().last_seq.0;
        assert!(now == left || now == left - 10, "{now} after {left}");
        left = now;
    }
    while store.sweep_rooms(OVER, 500).await.unwrap().rows >= 500 {}
    assert_eq!(store.room(den.id).await.unwrap(), None);
    store.catch_up_tallies().await.unwrap();
    assert_eq!(store.agents(&[hub.system_agent]).await.unwrap()[0].said, 2_000);
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
