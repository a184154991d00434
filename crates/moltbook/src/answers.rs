//! What Moltbook's answers say, in whichever of the shapes that were seen.
//!
//! Read by hand rather than by derived types: the same field stands under different names and at different depths,
//! sometimes twice, and what we do not need may be anything.

use serde_json::Value;
use tertulia_core::VouchedAccount;

use crate::post_id::is_id;

/// Longest name of an account, in bytes.
// wire: chatr.md#4-moltbook-verification
const LONGEST_NAME: usize = 64;

/// Longest X handle that is believed, in bytes.
const LONGEST_HANDLE: usize = 32;

/// A post, with its author.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Post {
    /// `None` when its account is gone.
    author: Option<String>,
    texts: [String; 2],
    pending: bool,
}

impl Post {
    /// Whether this is a visible post of `account` with `code` in its title or content.
    // wire: moltbook.md#a-did-this-verified-account-post-my-code
    pub(crate) fn proves(&self, account: &str, code: &str) -> bool {
        let own = self.author.as_ref().is_some_and(|author| author.eq_ignore_ascii_case(account));
        own && !self.pending && self.texts.iter().any(|text| text.contains(code))
    }
}

/// A post that a search has found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub(crate) id: String,
    /// When the answer says.
    pub(crate) author: Option<String>,
}

/// The account in a profile or an identity. `None` when the answer is none that we know.
pub(crate) fn account(answer: &Value) -> Option<VouchedAccount> {
    let fields = unwrapped(answer);
    let agent = fields.get("agent").or_else(|| answer.get("agent")).unwrap_or(fields);
    let name = first(agent, &["name"])?.as_str().filter(|name| is_name(name))?;
    let claimed = first(agent, &["is_claimed", "isClaimed"])?.as_bool()?;
    let owner = agent.get("owner").and_then(|owner| first(owner, &["x_handle", "xHandle"]));
    let owner = owner.and_then(Value::as_str).and_then(handle);
    Some(VouchedAccount { name: name.to_owned(), claimed, owner })
}

/// Ids of an account's recent posts, newest first as far as their dates tell.
pub(crate) fn recent_posts(profile: &Value) -> Vec<String> {
    let fields = unwrapped(profile);
    let names = ["recentPosts", "recent_posts"];
    let listed = first(fields, &names).or_else(|| first(profile, &names));
    let mut posts: Vec<&Value> =
        listed.and_then(Value::as_array).map(|posts| posts.iter().collect()).unwrap_or_default();
    // Stable: posts without dates keep the order in which they came.
    posts.sort_by(|a, b| date(b).cmp(date(a)));
    posts.into_iter().filter_map(id).collect()
}

/// The post in an answer about one post. `None` when the answer is none that we know.
pub(crate) fn post(answer: &Value) -> Option<Post> {
    let fields = unwrapped(answer);
    let post = fields.get("post").or_else(|| answer.get("post")).unwrap_or(fields);
    let texts =
        ["title", "content"].map(|name| first(post, &[name]).and_then(Value::as_str).unwrap_or_default().into());
    let status = first(post, &["verification_status", "verificationStatus", "status"]).and_then(Value::as_str);
    let author = author(post);
    (author.is_some() || id(post).is_some()).then_some(Post {
        author,
        texts,
        pending: matches!(status, Some("pending" | "failed")),
    })
}

/// The posts that a search has found; comments are left out. `None` when the answer is none that we know.
pub(crate) fn hits(answer: &Value) -> Option<Vec<Hit>> {
    let fields = unwrapped(answer);
    let listed = first(fields, &["results", "posts"]).unwrap_or(fields).as_array()?;
    let posts = listed.iter().filter(|hit| first(hit, &["type"]).is_none_or(|kind| kind == "post"));
    Some(posts.filter_map(|hit| Some(Hit { id: id(hit)?, author: author(hit) })).collect())
}

/// The word with which a request was refused, whatever field it stands in.
pub(crate) fn refusal_words(answer: &Value) -> impl Iterator<Item = &str> {
    let fields = unwrapped(answer);
    ["error", "code", "message"]
        .into_iter()
        .flat_map(move |name| [answer.get(name), fields.get(name)])
        .flatten()
        .filter_map(|word| word.as_str().or_else(|| first(word, &["code"]).and_then(Value::as_str)))
}

/// Whether an answer says in so many words that it is a refusal.
pub(crate) fn is_refusal(answer: &Value) -> bool {
    answer.get("success").and_then(Value::as_bool) == Some(false) || answer.get("error").is_some_and(|it| !it.is_null())
}

/// What `data` holds when everything stands under it, else the answer itself.
fn unwrapped(answer: &Value) -> &Value {
    answer.get("data").filter(|data| data.is_object() || data.is_array()).unwrap_or(answer)
}

/// The first of these fields that holds anything.
fn first<'a>(fields: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().filter_map(|name| fields.get(name)).find(|value| !value.is_null())
}

fn author(post: &Value) -> Option<String> {
    let author = first(post, &["author", "agent", "author_name", "authorName"])?;
    author.as_str().or_else(|| first(author, &["name"])?.as_str()).map(str::to_owned)
}

fn id(post: &Value) -> Option<String> {
    let id = first(post, &["id", "post_id", "postId"])?;
    let id = id.as_str().map(str::to_owned).or_else(|| id.as_u64().map(|number| number.to_string()))?;
    is_id(&id).then_some(id)
}

fn date(post: &Value) -> &str {
    first(post, &["created_at", "createdAt"]).and_then(Value::as_str).unwrap_or_default()
}

fn is_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn handle(handle: &str) -> Option<String> {
    let handle = handle.strip_prefix('@').unwrap_or(handle);
    let plausible = (1..=LONGEST_HANDLE).contains(&handle.len())
        && handle.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plausible.then(|| handle.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn recent_posts_are_put_newest_first() {
        let dated = json!({"recentPosts": [
            {"id": "a", "created_at": "2026-09-01T00:00:00Z"},
            {"id": 7, "created_at": "2026-09-03T00:00:00Z"},
            {"id": "../c", "created_at": "2026-09-04T00:00:00Z"},
            {"id": "b", "createdAt": "2026-09-02T00:00:00Z"},
            null,
        ]});
        assert_eq!(recent_posts(&dated), ["7", "b", "a"]);
        assert_eq!(recent_posts(&json!({"data": {"recent_posts": [{"id": "x"}, {"id": "y"}]}})), ["x", "y"]);
        assert!(recent_posts(&json!({"recentPosts": 3})).is_empty());
    }

    #[test]
    fn an_account_needs_a_name_and_a_claim() {
        for agent in [
            json!({"name": "ada"}),
            json!({"is_claimed": true}),
            json!({"name": "ada", "is_claimed": "yes"}),
            json!({"name": "ada", "is_claimed": null}),
            json!({"name": "a/b", "is_claimed": true}),
            json!({"name": "a".repeat(65), "is_claimed": true}),
        ] {
            assert_eq!(account(&json!({"agent": agent})), None, "{agent}");
        }
        let spellings =
            json!({"data": {"name": "ada", "isClaimed": false, "owner": {"x_handle": null, "xHandle": "o"}}});
        let expected = VouchedAccount { name: "ada".into(), claimed: false, owner: Some("o".into()) };
        assert_eq!(account(&spellings), Some(expected));
    }

    #[test]
    fn a_post_whose_author_is_gone_or_that_is_pending_proves_nothing() {
        let fine = json!({"post": {"id": 1, "title": null, "content": "c0de", "author": {"name": "Ada"}}});
        assert!(post(&fine).unwrap().proves("ada", "c0de"));
        let orphan = json!({"post": {"id": 1, "content": "c0de", "author": null}});
        assert!(!post(&orphan).unwrap().proves("ada", "c0de"));
        let pending = json!({"id": 1, "content": "c0de", "author": "ada", "verification_status": "pending"});
        assert!(!post(&pending).unwrap().proves("ada", "c0de"));
        assert_eq!(post(&json!({"success": true})), None);
    }

    #[test]
    fn a_search_finds_posts_and_leaves_comments_out() {
        let found = json!({"results": [
            {"id": "a", "type": "post", "author": {"name": "ada"}},
            {"id": "b", "type": "comment", "author": {"name": "ada"}},
            {"id": "c", "author": null},
        ]});
        let ids: Vec<_> = hits(&found).unwrap().into_iter().map(|hit| hit.id).collect();
        assert_eq!(ids, ["a", "c"]);
        assert_eq!(hits(&json!({"data": [{"id": 5}]})).unwrap()[0].id, "5");
        assert_eq!(hits(&json!({"results": "none"})), None);
    }

    #[test]
    fn a_refusal_is_read_wherever_it_stands() {
        for refusal in [
            json!({"error": "invalid_token"}),
            json!({"success": false, "code": "invalid_token"}),
            json!({"error": {"code": "invalid_token", "hint": "…"}}),
            json!({"success": false, "data": {"error": "invalid_token"}}),
        ] {
            assert_eq!(refusal_words(&refusal).next(), Some("invalid_token"), "{refusal}");
            assert!(is_refusal(&refusal));
        }
        assert!(!is_refusal(&json!({"success": true, "error": null})));
    }

    /// JSON made of the names that we look for, at any depth, with any kind of value.
    fn familiar() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z/.@ é]{0,6}".prop_map(Value::from),
        ];
        let names = prop::sample::select(vec![
            "data",
            "agent",
            "name",
            "is_claimed",
            "owner",
            "x_handle",
            "recentPosts",
            "id",
            "post",
            "author",
            "title",
            "content",
            "results",
            "type",
            "error",
            "code",
            "success",
        ]);
        leaf.prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names.clone(), inner), 0..6).prop_map(|fields| {
                    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_answered_what_is_read_keeps_the_rules(answer in familiar()) {
            if let Some(account) = account(&answer) {
                prop_assert!(is_name(&account.name));
                prop_assert!(account.owner.is_none_or(|owner| handle(&owner).as_ref() == Some(&owner)));
            }
            let ids = recent_posts(&answer).into_iter().chain(hits(&answer).unwrap_or_default().into_iter().map(|hit| hit.id));
            prop_assert!(ids.into_iter().all(|id| is_id(&id)));
            prop_assert!(!post(&answer).is_some_and(|post| post.proves("Ada", "C0DE")));
            prop_assert!(refusal_words(&answer).count() <= 6);
        }
    }
}
