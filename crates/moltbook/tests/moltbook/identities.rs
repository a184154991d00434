//! Identity tokens: every word that Moltbook has for them.

use tertulia_core::VouchError;
use tertulia_doubles::moltbook::Shape;

use crate::support::{ADA, Log, Scene, ada, unreachable};

fn refused(reason: &'static str) -> VouchError {
    VouchError::TokenRefused { reason }
}

async fn scene() -> Scene {
    let scene = Scene::with_keys(Some("op-key"), Some("app-key")).await;
    scene.moltbook.require_app_key("app-key");
    scene.moltbook.account(ADA).claimed().owner("ada_human");
    scene
}

#[tokio::test]
async fn a_token_for_this_hub_gives_the_account() {
    for shape in [Shape::default(), Shape { under_data: true, ..Shape::default() }, Shape::wild()] {
        let scene = scene().await;
        scene.moltbook.shape(shape);
        scene.moltbook.token("t-ours", ADA, Some("hub.example"));
        scene.moltbook.token("t-open", ADA, None);
        assert_eq!(scene.identity("t-ours").await, Ok(ada()), "{shape:?}");
        assert_eq!(scene.identity("t-open").await, Ok(ada()), "{shape:?}");
        assert_eq!(scene.moltbook.calls("/agents/verify-identity"), 2);
        assert_eq!(scene.moltbook.calls_in_all(), 2);
    }
}

#[tokio::test]
async fn every_refusal_is_told_apart_in_both_forms() {
    let old = Shape { refusal_is_200: true, ..Shape::default() };
    for shape in [Shape::default(), old] {
        let scene = scene().await;
        scene.moltbook.shape(shape);
        scene.moltbook.expired_token("t-old", ADA);
        scene.moltbook.token("t-elsewhere", ADA, Some("other.example"));
        scene.moltbook.token("t-gone", "nobody", None);
        scene.moltbook.account("off").claimed().deactivated();
        scene.moltbook.token("t-off", "off", None);
        scene.moltbook.account("free");
        scene.moltbook.token("t-free", "free", None);
        for (token, expected) in [
            ("t-old", refused("identity_token_expired")),
            ("t-elsewhere", refused("audience_mismatch")),
            ("t-unheard-of", refused("invalid_token")),
            ("t-gone", VouchError::AccountUnknown),
            ("t-off", VouchError::NotClaimed),
            ("t-free", VouchError::NotClaimed),
        ] {
            assert_eq!(scene.identity(token).await, Err(expected), "{token} {shape:?}");
        }
    }
}

#[tokio::test]
async fn what_cannot_be_a_token_is_not_passed_on() {
    let scene = scene().await;
    for token in [String::new(), "t".repeat(4_097)] {
        assert_eq!(scene.identity(&token).await, Err(refused("invalid_token")));
    }
    assert_eq!(scene.moltbook.calls_in_all(), 0);
}

#[tokio::test]
async fn a_missing_or_wrong_application_key_is_the_operators_error_and_told_once() {
    for (key, words) in [(None, "wants an application key"), (Some("k-wrong"), "does not accept the application key")] {
        let log = Log::open();
        let scene = Scene::with_keys(None, key).await;
        scene.moltbook.require_app_key("app-key");
        scene.moltbook.account(ADA).claimed();
        scene.moltbook.token("t-secret", ADA, None);
        for _ in 0..3 {
            assert_eq!(scene.identity("t-secret").await, Err(unreachable()));
        }
        assert_eq!(log.warnings(words), 1, "{}", log.text());
        assert!(!log.text().contains("t-secret") && !log.text().contains("k-wrong"), "{}", log.text());
    }
}

#[tokio::test]
async fn an_identity_is_no_stale_news_for_the_account() {
    let scene = scene().await;
    scene.moltbook.token("t", ADA, None);
    scene.account(ADA).await.unwrap();
    scene.moltbook.account(ADA).unclaimed();
    assert_eq!(scene.identity("t").await, Err(VouchError::NotClaimed));
    assert!(!scene.account(ADA).await.unwrap().claimed);
}
