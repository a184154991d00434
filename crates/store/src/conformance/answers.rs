//! Answers to requests that carried a key.

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, Timestamp};

use super::fixtures::{join, minute, open};
use crate::{AnswerRecord, NewAnswer, Store, StoreError};

async fn two(store: &dyn Store) -> Result<[AgentNo; 2], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?])
}

/// An answer like no other of another number.
fn record(number: u8) -> AnswerRecord {
    AnswerRecord { fingerprint: [number; 32], status: 200, headers: Vec::new(), body: vec![number] }
}

/// Kept for ten minutes, two of an agent at the most.
fn new(agent: AgentNo, key: &str, number: u8, now: i64) -> NewAnswer {
    let expired_by = minute(now - 10);
    NewAnswer { agent, key: key.to_owned(), record: record(number), now: minute(now), expired_by, most: 2 }
}

/// Which of these keys have an answer.
async fn kept<'k>(
    store: &dyn Store,
    agent: AgentNo,
    keys: &[&'k str],
    expired_by: Timestamp,
) -> Result<Vec<&'k str>, StoreError> {
    let mut kept = Vec::new();
    for &key in keys {
        kept.extend(store.answer(agent, key, expired_by).await?.map(|_| key));
    }
    Ok(kept)
}

/// Byte for byte, and for nobody else.
pub async fn an_answer_comes_back_as_it_was(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = two(store).await?;
    let headers = [("content-type", "application/json"), ("x-odd", "\"q\", \\ 'é'"), ("x-odd", "")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    let answer = AnswerRecord { status: 422, headers, body: vec![0, 255, b'\'', 13, 10], ..record(7) };
    let new = NewAnswer { record: answer.clone(), ..new(ada, "key-1", 7, 1) };
    assert_eq!(store.answer(ada, "key-1", minute(0)).await?, None);
    assert!(store.keep_answer(&new).await?);
    assert_eq!(store.answer(ada, "key-1", minute(0)).await?, Some(answer));
    for (agent, key) in [(bob, "key-1"), (ada, "key-2"), (ada, "KEY-1")] {
        assert_eq!(store.answer(agent, key, minute(0)).await?, None);
    }
    Ok(())
}

/// Whoever comes second; what has run out is replaced.
pub async fn the_first_answer_stays(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = two(store).await?;
    assert!(store.keep_answer(&new(ada, "key-1", 1, 1)).await?);
    assert!(!store.keep_answer(&new(ada, "key-1", 2, 10)).await?);
    assert!(store.keep_answer(&new(bob, "key-1", 3, 10)).await?);
    assert_eq!(store.answer(ada, "key-1", minute(0)).await?, Some(record(1)));
    assert_eq!(store.answer(ada, "key-1", minute(1)).await?, None, "it has run out");
    assert!(store.keep_answer(&new(ada, "key-1", 4, 11)).await?);
    assert_eq!(store.answer(ada, "key-1", minute(1)).await?, Some(record(4)));
    Ok(())
}

/// Of that agent alone, and never the newest.
pub async fn the_oldest_answers_of_an_agent_go(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = two(store).await?;
    store.keep_answer(&new(bob, "key-0", 0, 0)).await?;
    let keys = ["key-3", "key-1", "key-2"];
    for (at, key) in keys.iter().enumerate() {
        let at = i64::try_from(at).expect("there are three");
        assert!(store.keep_answer(&new(ada, key, 1, at)).await?);
    }
    assert_eq!(kept(store, ada, &keys, minute(-9)).await?, ["key-1", "key-2"]);
    assert_eq!(kept(store, bob, &["key-0"], minute(-9)).await?, ["key-0"]);
    for key in ["key-0", "key-9"] {
        assert!(store.keep_answer(&new(ada, key, 1, 2)).await?);
        assert_eq!(kept(store, ada, &[key], minute(-9)).await?, [key], "at the same moment as another");
    }
    assert_eq!(kept(store, ada, &["key-0", "key-1", "key-2", "key-3", "key-9"], minute(-9)).await?.len(), 2);
    Ok(())
}

/// So many at a time, the oldest first.
pub async fn answers_that_have_run_out_are_swept(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = two(store).await?;
    for (agent, key, at) in [(ada, "key-1", 1), (bob, "key-2", 2), (ada, "key-3", 3)] {
        store.keep_answer(&new(agent, key, 1, at)).await?;
    }
    assert_eq!(store.sweep_answers(minute(2), 1).await?, 1);
    assert_eq!(kept(store, bob, &["key-2"], minute(0)).await?, ["key-2"]);
    assert_eq!(store.sweep_answers(minute(2), 10).await?, 1);
    assert_eq!(store.sweep_answers(minute(2), 10).await?, 0);
    assert_eq!(kept(store, ada, &["key-1", "key-3"], minute(0)).await?, ["key-3"]);
    Ok(())
}

/// Whatever the order in which they come.
pub async fn of_answers_at_once_one_is_kept(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    let answers: Vec<_> = (0..20).map(|number| new(ada, "key-1", number, 1)).collect();
    let told = try_join_all(answers.iter().map(|answer| store.keep_answer(answer))).await?;
    assert_eq!(told.iter().filter(|kept| **kept).count(), 1);
    let number = told.iter().position(|kept| *kept).and_then(|place| u8::try_from(place).ok());
    assert_eq!(store.answer(ada, "key-1", minute(0)).await?, number.map(record));
    Ok(())
}
