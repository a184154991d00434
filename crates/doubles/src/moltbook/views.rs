//! What the double's state looks like on the wire.

use serde_json::{Map, Value, json};

use super::state::{Account, Comment, Post};

/// In which of the shapes that were seen in the wild the double answers. Everything off is the documented shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a deviation of its own, and tests combine them")]
pub struct Shape {
    /// Everything but `success` under `data`.
    pub under_data: bool,
    /// `xHandle` for `x_handle`.
    pub camel_owner: bool,
    /// `recent_posts` for `recentPosts`.
    pub snake_recent: bool,
    /// An author is a string, not an object.
    pub author_text: bool,
    /// Ids are numbers.
    pub numeric_ids: bool,
    /// Fields that no document names.
    pub unknown_fields: bool,
    /// A refused identity token is 200 with `"valid":false`.
    pub refusal_is_200: bool,
}

impl Shape {
    /// Every deviation at once.
    #[must_use]
    pub fn wild() -> Self {
        Self {
            under_data: true,
            camel_owner: true,
            snake_recent: true,
            author_text: true,
            numeric_ids: true,
            unknown_fields: true,
            refusal_is_200: true,
        }
    }

    /// The whole answer that says `fields`.
    pub(super) fn success(self, fields: Value) -> Value {
        if self.under_data {
            return json!({"success": true, "data": fields});
        }
        let mut answer = Map::from_iter([("success".to_owned(), Value::Bool(true))]);
        if let Value::Object(fields) = fields {
            answer.extend(fields);
        }
        Value::Object(answer)
    }

    pub(super) fn profile(self, account: &Account, recent: &[&Post]) -> Value {
        let posts: Vec<Value> =
            recent.iter().map(|post| json!({"id": self.id(&post.id), "title": post.title, "upvotes": 0})).collect();
        let key = if self.snake_recent { "recent_posts" } else { "recentPosts" };
        json!({"agent": self.agent(account), key: posts})
    }

    pub(super) fn agent(self, account: &Account) -> Value {
        let mut agent = json!({
            "id": format!("id-of-{}", account.name),
            "name": account.name,
            "description": "an account of the double",
            "karma": 12,
            "is_claimed": account.claimed,
            "is_active": !account.deactivated,
            "created_at": "2026-02-01T00:00:00.000Z",
        });
        if let Some(owner) = &account.owner {
            let key = if self.camel_owner { "xHandle" } else { "x_handle" };
            agent["owner"] = json!({key: owner, "x_name": "Somebody", "x_verified": false});
        }
        if self.unknown_fields {
            agent["badges"] = json!([{"kind": "shell", "since": 2026}]);
        }
        agent
    }

    pub(super) fn post(self, post: &Post) -> Value {
        json!({
            "id": self.id(&post.id),
            "type": "post",
            "title": post.title,
            "content": post.content,
            "author": self.author(&post.author),
            "submolt": {"name": "general"},
            "upvotes": 0,
            "comment_count": post.comments.len(),
            "created_at": post.created_at(),
        })
    }

    pub(super) fn comment(self, post: &Post, comment: &Comment) -> Value {
        json!({
            "id": self.id(&comment.id),
            "type": "comment",
            "title": null,
            "content": comment.content,
            "author": self.author(&comment.author),
            "post_id": self.id(&post.id),
            "post": {"id": self.id(&post.id), "title": post.title},
        })
    }

    fn author(self, name: &str) -> Value {
        if self.author_text { json!(name) } else { json!({"id": format!("id-of-{name}"), "name": name}) }
    }

    fn id(self, id: &str) -> Value {
        match id.parse::<u64>() {
            Ok(number) if self.numeric_ids => json!(number),
            Ok(_) | Err(_) => json!(id),
        }
    }
}
