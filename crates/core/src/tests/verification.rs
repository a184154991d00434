//! Completing verifications.

use futures_util::future::join_all;

use super::hub::TestHub;
use crate::{Error, Unverified, verification::MOST_AT_ONCE};

#[tokio::test]
async fn an_agent_completes_one_verification_at_a_time() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let complete = || hub.chat.verify_by_token(&ada, None, "acc", "hub.example");
    let (has_come, go_on) = hub.vouching.pause();
    let others = async {
        has_come.await.unwrap();
        // None of them is counted: three attempts are all there are.
        for _ in 0..5 {
            assert!(matches!(complete().await, Err(Error::Throttled(_))));
        }
        go_on.send(()).unwrap();
    };

    let (first, ()) = tokio::join!(complete(), others);

    assert_eq!(&*first.unwrap().account, "acc");
    assert!(complete().await.is_ok());
    hub.close().await;
}

#[tokio::test]
async fn the_hub_completes_a_few_verifications_at_a_time() {
    let hub = TestHub::open().await;
    let mut callers = Vec::new();
    for number in 0..=MOST_AT_ONCE {
        callers.push(hub.join(&format!("a{number}")).await);
    }
    let last = callers.pop().unwrap();
    let pauses: Vec<_> = callers.iter().map(|_| hub.vouching.pause()).collect();
    let complete = |caller| hub.chat.verify_by_token(caller, None, "acc", "hub.example");
    let others = async {
        let (has_come, go_on): (Vec<_>, Vec<_>) = pauses.into_iter().unzip();
        join_all(has_come).await;
        let answer = complete(&last).await;
        assert!(matches!(answer, Err(Error::Unverified(Unverified::Unavailable { retry_after: Some(_) }))));
        for go_on in go_on {
            go_on.send(()).unwrap();
        }
    };

    let (answers, ()) = tokio::join!(join_all(callers.iter().map(complete)), others);

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1, "one account, one agent");
    assert!(matches!(complete(&last).await, Err(Error::Unverified(Unverified::AccountInUse))));
    hub.close().await;
}
