//! Moltbook slow, wrong, overloaded, elsewhere, or not there at all.

use std::time::Duration;

use tertulia_core::{BadgeSource, VouchError};
use tertulia_doubles::moltbook::Fault;
use tertulia_moltbook::{Config, Moltbook, SetupError};
use tertulia_outgoing::{Outgoing, Policy, TargetError};

use crate::support::{ADA, CODE, Log, Scene, ada, unreachable};

fn busy(seconds: u64) -> VouchError {
    VouchError::Unreachable { retry_after: Some(Duration::from_secs(seconds)) }
}

#[tokio::test]
async fn an_answer_that_says_nothing_is_no_answer() {
    for fault in [Fault::Nonsense, Fault::Torn, Fault::Html, Fault::Huge, Fault::Failing, Fault::Redirect, Fault::Down]
    {
        let scene = Scene::with_ada().await;
        scene.moltbook.post(ADA, "", CODE);
        scene.moltbook.token("t", ADA, None);
        scene.moltbook.fault(fault);
        assert_eq!(scene.account(ADA).await, Err(unreachable()), "account, {fault:?}");
        assert_eq!(scene.published().await, Err(unreachable()), "published, {fault:?}");
        assert_eq!(scene.identity("t").await, Err(unreachable()), "identity, {fault:?}");
        scene.moltbook.well();
        assert_eq!(scene.published().await, Ok(ada()), "afterwards, {fault:?}");
        assert_eq!(scene.identity("t").await, Ok(ada()), "afterwards, {fault:?}");
    }
}

#[tokio::test]
async fn a_look_up_that_fails_is_not_taken_for_a_missing_post() {
    let scene = Scene::with_ada().await;
    scene.moltbook.post(ADA, "hello", "");
    for path in ["/posts", "/search"] {
        for fault in [Fault::Nonsense, Fault::Torn, Fault::Html, Fault::Failing] {
            scene.moltbook.fault_on(path, fault);
            assert_eq!(scene.published().await, Err(unreachable()), "{path} {fault:?}");
        }
    }
    scene.moltbook.well();
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
}

#[tokio::test]
async fn a_post_that_cannot_be_read_does_not_hide_the_next_one() {
    let scene = Scene::with_ada().await;
    scene.moltbook.post(ADA, "", CODE);
    let broken = scene.moltbook.post(ADA, "newer", "");
    scene.moltbook.fault_on(&format!("/posts/{broken}"), Fault::Failing);
    assert_eq!(scene.published().await, Ok(ada()));
}

#[tokio::test]
async fn ten_seconds_are_enough_for_all_requests_of_one_question() {
    let scene = Scene::with_ada().await;
    scene.moltbook.token("t", ADA, None);
    scene.moltbook.slow();
    for (asked, question) in [(1, "account"), (2, "published"), (3, "identity")] {
        let ask = async {
            match question {
                "account" => scene.account(ADA).await,
                "published" => scene.published().await,
                _ => scene.identity("t").await,
            }
        };
        let wait = async {
            scene.moltbook.calls_reach(asked).await;
            scene.clock.advance(Duration::from_secs(10));
        };
        let (answer, ()) = tokio::join!(ask, wait);
        assert_eq!(answer, Err(unreachable()), "{question}");
    }
}

#[tokio::test]
async fn the_deadline_is_for_the_question_not_for_each_request() {
    let scene = Scene::with_ada().await;
    scene.moltbook.post(ADA, "", CODE);
    scene.moltbook.slow();
    let wait = async {
        scene.moltbook.calls_reach(1).await; // the profile
        scene.clock.advance(Duration::from_secs(6));
        scene.moltbook.fault_on("/posts", Fault::Slow);
        scene.moltbook.calls_reach(2).await;
        scene.clock.advance(Duration::from_secs(4));
    };
    let (answer, ()) = tokio::join!(scene.published(), wait);
    assert_eq!(answer, Err(unreachable()));
    assert_eq!(scene.moltbook.calls_in_all(), 2);
}

#[tokio::test]
async fn a_shorter_deadline_can_be_set() {
    let scene = Scene::with_ada().await;
    let config = Config { base_url: scene.moltbook.base_url().parse().unwrap(), ..Config::default() };
    let client = Moltbook::new(&config, Outgoing::new(Policy::local()), scene.clock.clone()).unwrap();
    let client = client.with_deadline(Duration::from_secs(2));
    scene.moltbook.slow();
    let wait = async {
        scene.moltbook.calls_reach(1).await;
        scene.clock.advance(Duration::from_secs(2));
    };
    let (answer, ()) = tokio::join!(client.account(ADA), wait);
    assert_eq!(answer, Err(unreachable()));
}

#[tokio::test]
async fn after_a_429_nothing_is_asked_until_it_is_over() {
    let scene = Scene::with_ada().await;
    scene.account(ADA).await.unwrap();
    scene.moltbook.post(ADA, "", CODE);
    scene.moltbook.too_many(30);
    assert_eq!(scene.published().await, Err(busy(30)));
    scene.moltbook.well();
    scene.clock.advance(Duration::from_secs(10));
    assert_eq!(scene.published().await, Err(busy(20)));
    assert_eq!(scene.identity("t").await, Err(busy(20)));
    assert_eq!(scene.account("other").await, Err(busy(20)));
    assert_eq!(scene.account(ADA).await, Ok(ada()), "what is believed needs no request");
    assert_eq!(scene.moltbook.calls_in_all(), 2);

    scene.clock.advance(Duration::from_secs(20));
    assert_eq!(scene.published().await, Ok(ada()));
}

#[tokio::test]
async fn a_refused_connection_is_no_answer() {
    let Scene { moltbook, client, .. } = Scene::with_ada().await;
    moltbook.stop().await;
    assert_eq!(client.account(ADA).await, Err(unreachable()));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_told_once() {
    let log = Log::open();
    let scene = Scene::with_keys(Some("op-key"), None).await;
    scene.moltbook.fault(Fault::Redirect);
    for _ in 0..3 {
        assert_eq!(scene.account(ADA).await, Err(unreachable()));
    }
    assert_eq!(scene.moltbook.calls("/agents/profile"), 3);
    assert_eq!(scene.moltbook.calls("/moved"), 0);
    assert_eq!(log.warnings("redirects and is not followed"), 1, "{}", log.text());
    assert!(!log.text().contains("op-key"), "{}", log.text());
}

#[tokio::test]
async fn a_refused_key_is_the_operators_error_and_costs_nobody_a_badge() {
    for key in [None, Some("op-reset")] {
        let log = Log::open();
        let scene = Scene::with_keys(key, None).await;
        scene.moltbook.account(ADA).claimed();
        scene.moltbook.require_api_key("op-new");
        for _ in 0..2 {
            assert_eq!(scene.account(ADA).await, Err(unreachable()));
        }
        assert_eq!(log.warnings("moltbook.api_key"), 1, "{}", log.text());
        assert!(!log.text().contains("op-reset"), "{}", log.text());
    }
}

#[tokio::test]
async fn a_base_url_that_cannot_work_is_refused_or_warned_about() {
    let scene = Scene::start().await;
    let strict = || Outgoing::new(Policy::default());
    let local = Config { base_url: scene.moltbook.base_url().parse().unwrap(), ..Config::default() };
    let refused = Moltbook::new(&local, strict(), scene.clock.clone()).unwrap_err();
    assert_eq!(refused, SetupError::BaseUrl(TargetError::Scheme));

    let torn = Config { api_key: Some(tertulia_moltbook::Secret::new("a\nb")), ..Config::default() };
    assert_eq!(Moltbook::new(&torn, strict(), scene.clock.clone()).unwrap_err(), SetupError::Key);

    let log = Log::open();
    Moltbook::new(&Config::default(), strict(), scene.clock.clone()).unwrap();
    assert_eq!(log.warnings("www"), 0, "{}", log.text());
    let bare = Config { base_url: "https://moltbook.com/api/v1".parse().unwrap(), ..Config::default() };
    Moltbook::new(&bare, strict(), scene.clock.clone()).unwrap();
    assert_eq!(log.warnings("www"), 1, "{}", log.text());
}
