//! Codes in posts: where they count, where they do not, and in which order they are looked for.

use tertulia_core::VouchError;
use tertulia_doubles::moltbook::Shape;

use crate::support::{ADA, CODE, Scene, ada};

#[tokio::test]
async fn the_account_is_checked_before_its_posts() {
    let scene = Scene::start().await;
    assert_eq!(scene.published().await, Err(VouchError::AccountUnknown));
    scene.moltbook.account(ADA);
    let post = scene.moltbook.post(ADA, CODE, "");
    assert_eq!(scene.published().await, Err(VouchError::NotClaimed));
    assert_eq!(scene.published_in(&post).await, Err(VouchError::NotClaimed));
}

#[tokio::test]
async fn a_code_counts_in_a_title_and_in_a_content() {
    for (title, content) in
        [("[ABC12345]", ""), ("hello", "Verifying my account [ABC12345] https://hub.example/skills.md")]
    {
        let scene = Scene::with_ada().await;
        scene.moltbook.post(ADA, title, content);
        assert_eq!(scene.published().await, Ok(ada()), "{title} {content}");
    }
}

#[tokio::test]
async fn a_code_counts_in_every_shape() {
    let scene = Scene::with_ada().await;
    let post = scene.moltbook.post(ADA, "hello", CODE);
    let plain = Shape::default();
    for shape in [
        Shape { under_data: true, ..plain },
        Shape { snake_recent: true, ..plain },
        Shape { author_text: true, ..plain },
        Shape { numeric_ids: true, ..plain },
        Shape::wild(),
    ] {
        scene.moltbook.shape(shape);
        for (recent, search) in [(true, false), (false, true)] {
            scene.moltbook.lists(recent, search);
            assert_eq!(scene.published().await, Ok(ada()), "{shape:?} {recent} {search}");
        }
        scene.moltbook.lists(false, false);
        assert_eq!(scene.published_in(&post).await, Ok(ada()), "{shape:?}");
    }
}

#[tokio::test]
async fn the_authors_case_does_not_matter_and_the_codes_does() {
    let scene = Scene::with_ada().await;
    scene.moltbook.post("ADA_Bot", "", CODE);
    assert_eq!(scene.published().await, Ok(ada()));

    let scene = Scene::with_ada().await;
    scene.moltbook.post(ADA, "", "abc12345");
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
}

#[tokio::test]
async fn a_code_in_a_comment_does_not_count() {
    let scene = Scene::with_ada().await;
    let own = scene.moltbook.post(ADA, "hello", "nothing to see");
    let comment = scene.moltbook.comment(&own, ADA, CODE);
    let foreign = scene.moltbook.post("eve", "hello", "");
    scene.moltbook.comment(&foreign, ADA, CODE);
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
    assert_eq!(scene.published_in(&own).await, Err(VouchError::CodeNotFound));
    assert_eq!(scene.published_in(&comment).await, Err(VouchError::CodeNotFound));
}

#[tokio::test]
async fn a_code_in_the_post_of_another_does_not_count() {
    let scene = Scene::with_ada().await;
    scene.moltbook.account("eve").claimed();
    let foreign = scene.moltbook.post("eve", CODE, "by ada_bot");
    scene.moltbook.post("ada_bot2", CODE, "");
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
    assert_eq!(scene.published_in(&foreign).await, Err(VouchError::CodeNotFound));
}

#[tokio::test]
async fn a_pending_post_counts_as_soon_as_it_is_visible() {
    let scene = Scene::with_ada().await;
    let post = scene.moltbook.pending_post(ADA, "", CODE);
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
    assert_eq!(scene.published_in(&post).await, Err(VouchError::CodeNotFound));
    scene.moltbook.publish(&post);
    assert_eq!(scene.published().await, Ok(ada()));
}

#[tokio::test]
async fn the_post_that_is_named_is_read_first_whether_by_id_or_by_url() {
    let scene = Scene::with_ada().await;
    let post = scene.moltbook.post(ADA, "", CODE);
    for _ in 0..12 {
        scene.moltbook.post(ADA, "later", "");
    }
    scene.moltbook.lists(false, false);
    for said in [
        post.clone(),
        format!("https://www.moltbook.com/post/{post}?ref=share#top"),
        format!("https://www.moltbook.com/posts/{post}"),
        format!("{}/posts/{post}", scene.moltbook.base_url()),
    ] {
        assert_eq!(scene.published_in(&said).await, Ok(ada()), "{said}");
    }
    let read = format!("/posts/{post}");
    // The account is believed for a minute, so that a named post takes one call.
    assert_eq!(scene.moltbook.called(), ["/agents/profile?name=ada_bot", &read, &read, &read, &read]);
}

#[tokio::test]
async fn a_hint_that_leads_nowhere_is_no_obstacle() {
    let scene = Scene::with_ada().await;
    let other = scene.moltbook.post(ADA, "other", "");
    scene.moltbook.post(ADA, "", CODE);
    for said in [other.as_str(), "404", "https://evil.example/post/1", "../../agents/me", "", "no id at all"] {
        assert_eq!(scene.published_in(said).await, Ok(ada()), "{said}");
    }
    assert!(scene.moltbook.called().iter().all(|path| !path.contains("evil") && !path.contains("/me")));
}

#[tokio::test]
async fn recent_posts_are_read_newest_first_ten_at_most_then_search_finds() {
    let scene = Scene::with_ada().await;
    let oldest = scene.moltbook.post(ADA, "", CODE);
    let newer: Vec<String> = (0..12).map(|_| scene.moltbook.post(ADA, "later", "")).collect();
    scene.moltbook.post("eve", "I quote", CODE);
    assert_eq!(scene.published().await, Ok(ada()));

    let mut expected = vec!["/agents/profile?name=ada_bot".to_owned()];
    expected.extend(newer.iter().rev().take(10).map(|id| format!("/posts/{id}")));
    expected.extend([format!("/search?q={CODE}&type=posts"), format!("/posts/{oldest}")]);
    assert_eq!(scene.moltbook.called(), expected);
}

#[tokio::test]
async fn a_post_that_was_just_made_is_seen_although_the_account_is_believed() {
    let scene = Scene::with_ada().await;
    assert_eq!(scene.published().await, Err(VouchError::CodeNotFound));
    scene.moltbook.post(ADA, "", CODE);
    scene.moltbook.lists(true, false);
    assert_eq!(scene.published().await, Ok(ada()));
}
