//! Accounts: known or not, claimed or not, believed for a minute.

use std::time::Duration;

use tertulia_core::{VouchError, VouchedAccount};
use tertulia_doubles::moltbook::Shape;

use crate::support::{ADA, Scene, ada};

#[tokio::test]
async fn an_account_is_told_with_its_owner_in_the_services_spelling() {
    let scene = Scene::with_ada().await;
    assert_eq!(scene.account("ADA_bot").await, Ok(ada()));
    scene.moltbook.account("lone").claimed();
    let lone = VouchedAccount { name: "lone".into(), claimed: true, owner: None };
    assert_eq!(scene.account("lone").await, Ok(lone));
}

#[tokio::test]
async fn every_shape_says_the_same() {
    let plain = Shape::default();
    for shape in [
        plain,
        Shape { under_data: true, ..plain },
        Shape { camel_owner: true, ..plain },
        Shape { unknown_fields: true, ..plain },
        Shape::wild(),
    ] {
        let scene = Scene::with_ada().await;
        scene.moltbook.shape(shape);
        assert_eq!(scene.account(ADA).await, Ok(ada()), "{shape:?}");
    }
}

#[tokio::test]
async fn an_owner_that_is_no_handle_is_left_out() {
    let scene = Scene::start().await;
    for (said, owner) in
        [("@ada_human", Some("ada_human")), ("<b>", None), ("", None), ("a b", None), (&"a".repeat(33), None)]
    {
        scene.moltbook.account(ADA).claimed().owner(said);
        scene.clock.advance(Duration::from_mins(1));
        assert_eq!(scene.account(ADA).await.unwrap().owner.as_deref(), owner, "{said}");
    }
}

#[tokio::test]
async fn an_account_that_nobody_has_is_unknown() {
    let scene = Scene::with_ada().await;
    assert_eq!(scene.account("nobody").await, Err(VouchError::AccountUnknown));
}

#[tokio::test]
async fn a_name_cannot_leave_its_place_in_the_url() {
    let scene = Scene::with_ada().await;
    let name = "ada_bot&name=eve/../posts?x#y z%41";
    assert_eq!(scene.account(name).await, Err(VouchError::AccountUnknown));
    let expected = "/agents/profile?name=ada_bot%26name%3Deve%2F..%2Fposts%3Fx%23y+z%2541";
    assert_eq!(scene.moltbook.called(), [expected]);
}

#[tokio::test]
async fn a_claimed_account_is_believed_for_a_minute() {
    let scene = Scene::with_ada().await;
    scene.account(ADA).await.unwrap();
    scene.moltbook.account(ADA).gone();
    scene.clock.advance(Duration::from_secs(59));
    assert_eq!(scene.account("Ada_Bot").await, Ok(ada()));
    assert_eq!(scene.moltbook.calls("/agents/profile"), 1);

    scene.clock.advance(Duration::from_secs(1));
    assert_eq!(scene.account(ADA).await, Err(VouchError::AccountUnknown));
    assert_eq!(scene.moltbook.calls("/agents/profile"), 2);
}

#[tokio::test]
async fn an_unknown_or_unclaimed_account_is_asked_for_again_at_once() {
    let scene = Scene::start().await;
    assert_eq!(scene.account(ADA).await, Err(VouchError::AccountUnknown));
    let account = scene.moltbook.account(ADA);
    assert!(!scene.account(ADA).await.unwrap().claimed);
    account.claimed().owner("ada_human");
    assert_eq!(scene.account(ADA).await, Ok(ada()));
}

#[tokio::test]
async fn the_key_is_sent_as_a_bearer() {
    let scene = Scene::with_keys(Some("op-key"), None).await;
    scene.moltbook.require_api_key("op-key");
    scene.moltbook.account(ADA).claimed().owner("ada_human");
    assert_eq!(scene.account(ADA).await, Ok(ada()));
    let shown = format!("{:?}", scene.client);
    assert!(!shown.contains("op-key"), "{shown}");
}
