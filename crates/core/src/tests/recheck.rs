//! Looking badges up again.

use std::time::Duration;

use super::{hub::TestHub, vouching::claimed};
use crate::{
    VouchError, VouchedAccount,
    recheck::{Cursor, RECHECK_AFTER},
};

const UNREACHABLE: VouchError = VouchError::Unreachable { retry_after: None };

impl TestHub {
    async fn bind(&self, caller: &crate::Caller, account: &str) {
        self.chat.verify_by_token(caller, None, account, "hub.example").await.unwrap();
        self.vouching.asked();
    }

    /// Makes every badge bound so far due.
    fn pass_time(&self) {
        self.clock.advance(RECHECK_AFTER + Duration::from_secs(1));
    }

    async fn recheck(&self, cursor: &mut Cursor) -> Vec<String> {
        self.chat.recheck_badges(cursor).await.unwrap();
        self.vouching.asked()
    }
}

/// Once found: the answer about the former account was written to the account bound meanwhile.
async fn an_answer_about_a_former_account(answer: Result<VouchedAccount, VouchError>) {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    hub.bind(&ada, "former").await;
    hub.pass_time();
    hub.vouching.answer("former", answer);
    hub.vouching.answer("next", Ok(claimed("next", "hers")));
    let (has_come, go_on) = hub.vouching.pause();
    let mut cursor = Cursor::default();
    let bind_next = async {
        has_come.await.unwrap();
        hub.bind(&ada, "next").await;
        go_on.send(()).unwrap();
    };

    let (rechecked, ()) = tokio::join!(hub.chat.recheck_badges(&mut cursor), bind_next);

    rechecked.unwrap();
    let stored = hub.chat.0.store.badges_of(&[ada.agent.number]).await.unwrap().pop().unwrap();
    for badge in [&stored, &*ada.agent.badge().unwrap()] {
        assert_eq!((&*badge.account, badge.owner.as_deref()), ("next", Some("hers")));
    }
    hub.close().await;
}

#[tokio::test]
async fn a_confirmation_is_for_the_account_that_was_asked_about() {
    an_answer_about_a_former_account(Ok(claimed("former", "his"))).await;
}

#[tokio::test]
async fn a_loss_is_of_the_account_that_was_asked_about() {
    an_answer_about_a_former_account(Err(VouchError::AccountUnknown)).await;
}

#[tokio::test]
async fn a_badge_is_confirmed_or_lost() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    hub.bind(&ada, "stays").await;
    hub.bind(&bob, "goes").await;
    hub.pass_time();
    hub.vouching.answer("stays", Ok(claimed("stays", "new-owner")));
    hub.vouching.answer("goes", Err(VouchError::NotClaimed));

    assert_eq!(hub.recheck(&mut Cursor::default()).await, ["stays", "goes"]);

    assert_eq!(ada.agent.badge().unwrap().owner.as_deref(), Some("new-owner"));
    assert!(!bob.agent.has_badge());
    assert_eq!(hub.recheck(&mut Cursor::default()).await, [""; 0], "nothing is due any more");
    hub.close().await;
}

/// Once found: one account without a usable answer kept every other badge from being looked up.
#[tokio::test]
async fn an_account_without_an_answer_does_not_hold_up_the_others() {
    let hub = TestHub::open().await;
    for (name, account) in [("ada", "mute"), ("bob", "fine")] {
        let caller = hub.join(name).await;
        hub.bind(&caller, account).await;
    }
    hub.pass_time();
    hub.vouching.answer("mute", Err(UNREACHABLE));
    let mut cursor = Cursor::default();

    assert_eq!(hub.recheck(&mut cursor).await, ["mute", "fine"]);
    assert_eq!(hub.recheck(&mut cursor).await, ["mute"], "a badge is not lost for want of an answer");
    hub.close().await;
}

#[tokio::test]
async fn three_failures_in_a_row_end_the_round_and_the_next_goes_on_behind_them() {
    let hub = TestHub::open().await;
    for (name, account) in [("ann", "m1"), ("bob", "m2"), ("cid", "m3"), ("dan", "fine")] {
        let caller = hub.join(name).await;
        hub.bind(&caller, account).await;
        hub.vouching.answer(account, if account == "fine" { Ok(claimed("fine", "o")) } else { Err(UNREACHABLE) });
    }
    hub.pass_time();
    let mut cursor = Cursor::default();

    assert_eq!(hub.recheck(&mut cursor).await, ["m1", "m2", "m3"]);
    assert_eq!(hub.recheck(&mut cursor).await, ["fine"]);
    assert_eq!(hub.recheck(&mut cursor).await, ["m1", "m2", "m3"]);
    hub.close().await;
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is() {
    let hub = TestHub::open().await;
    for (name, account) in [("ann", "first"), ("bob", "second")] {
        let caller = hub.join(name).await;
        hub.bind(&caller, account).await;
    }
    hub.pass_time();
    hub.vouching.answer("first", Err(VouchError::Unreachable { retry_after: Some(Duration::from_mins(1)) }));
    let mut cursor = Cursor::default();

    assert_eq!(hub.recheck(&mut cursor).await, ["first"]);
    assert_eq!(hub.recheck(&mut cursor).await, ["second"]);
    hub.close().await;
}
