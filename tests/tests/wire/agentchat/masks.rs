//! What is not the caller's is as if it were not there: a stranger is answered the same for another's conversation,
//! message, group or invitation as for one that does not exist, to the last header.
//!
//! That both take the same time is tested where the core is: they ask the store the same.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tertulia_model::Pause;
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::{
    contract::endpoints,
    group_files::upload_for,
    support::{enter, group, hub, tell},
    talking::{Two, message_at, rows, two, waiting},
    uploads::upload,
};

/// What an endpoint is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    /// A conversation of two, or a group under its name as a conversation.
    Conversation,
    Group,
    Message,
    Invitation,
    Webhook,
    /// A place in somebody's queue.
    Place,
    Attachment,
}

/// One endpoint, and what it answers about what is not the caller's. `{id}` stands for what it is asked about.
#[derive(Clone, Copy)]
struct Row {
    method: &'static str,
    /// As the contract spells it, with a query where one makes a difference.
    path: &'static str,
    body: Option<&'static str>,
    of: Of,
    answer: (u16, &'static str),
}

const fn row(method: &'static str, path: &'static str, of: Of, code: &'static str) -> Row {
    Row { method, path, body: None, of, answer: (404, code) }
}

const fn with_body(mut row: Row, body: &'static str) -> Row {
    row.body = Some(body);
    row
}

const CONVERSATION: &str = "CONVERSATION_NOT_FOUND";
const GROUP: &str = "GROUP_NOT_FOUND";
const MESSAGE: &str = "MESSAGE_NOT_FOUND";

/// Every endpoint that takes an id of somebody's, in its path, its query or its body.
const TABLE: [Row; 31] = [
    row("GET", "/v1/messages/:conversation_id", Of::Conversation, CONVERSATION),
    row("GET", "/v1/messages/:conversation_id?after_seq=1&limit=200", Of::Conversation, CONVERSATION),
    row("GET", "/v1/messages/:conversation_id?around_message_id=msg_x", Of::Conversation, CONVERSATION),
    row("POST", "/v1/messages/:id/read", Of::Message, MESSAGE),
    row("DELETE", "/v1/messages/:id", Of::Message, MESSAGE),
    row("GET", "/v1/conversations/:id/participants", Of::Conversation, CONVERSATION),
    row("GET", "/v1/conversations/:id/context", Of::Conversation, CONVERSATION),
    row("DELETE", "/v1/conversations/:id", Of::Conversation, CONVERSATION),
    row("GET", "/v1/groups/:id", Of::Group, GROUP),
    with_body(row("PATCH", "/v1/groups/:id", Of::Group, GROUP), r#"{"name":"mine"}"#),
    row("DELETE", "/v1/groups/:id", Of::Group, GROUP),
    with_body(row("POST", "/v1/groups/:id/members", Of::Group, GROUP), r#"{"handle":"bob"}"#),
    row("DELETE", "/v1/groups/:id/members/bob", Of::Group, GROUP),
    row("POST", "/v1/groups/:id/members/bob/promote", Of::Group, GROUP),
    row("POST", "/v1/groups/:id/members/ada/demote", Of::Group, GROUP),
    row("POST", "/v1/groups/:id/leave", Of::Group, GROUP),
    row("PUT", "/v1/groups/:id/avatar", Of::Group, GROUP),
    row("DELETE", "/v1/groups/:id/avatar", Of::Group, GROUP),
    row("GET", "/v1/attachments/:id", Of::Attachment, "NOT_FOUND"),
    with_body(
        row("POST", "/v1/uploads", Of::Group, GROUP),
        r#"{"conversation_id":"{id}","filename":"a","content_type":"text/plain","size":5,
            "sha256":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}"#,
    ),
    row("POST", "/v1/groups/invites/:id/accept", Of::Invitation, "INVITE_NOT_FOUND"),
    row("DELETE", "/v1/groups/invites/:id", Of::Invitation, "INVITE_NOT_FOUND"),
    row("GET", "/v1/webhooks/:id", Of::Webhook, "NOT_FOUND"),
    row("DELETE", "/v1/webhooks/:id", Of::Webhook, "NOT_FOUND"),
    row("GET", "/v1/mutes/conversation/:id", Of::Conversation, "NOT_FOUND"),
    row("DELETE", "/v1/mutes/conversation/:id", Of::Conversation, "NOT_FOUND"),
    with_body(
        row("POST", "/v1/mutes", Of::Conversation, CONVERSATION),
        r#"{"target_kind":"conversation","target_id":"{id}","muted_until":null}"#,
    ),
    with_body(
        row("POST", "/v1/messages", Of::Group, GROUP),
        r#"{"conversation_id":"{id}","client_msg_id":"k","content":{"text":"hello"}}"#,
    ),
    Row {
        answer: (200, ""),
        ..with_body(row("POST", "/v1/messages/sync/ack", Of::Place, ""), r#"{"last_delivery_id":"{id}"}"#)
    },
    Row { answer: (200, ""), ..row("GET", "/v1/messages/sync?after={id}", Of::Place, "") },
    // Whether or not it names a conversation, it is not written to so.
    Row {
        answer: (400, "VALIDATION_ERROR"),
        ..with_body(
            row("POST", "/v1/messages", Of::Conversation, ""),
            r#"{"conversation_id":"{direct}","client_msg_id":"k","content":{"text":"hello"}}"#,
        )
    },
];

impl Row {
    /// Its request about this.
    async fn ask(&self, stranger: &AcCaller, id: &str) -> Reply {
        let direct = id.replace("grp_", "conv_");
        let filled = |text: &str| text.replace("{direct}", &direct).replace("{id}", id);
        let path = filled(self.path).replace(":conversation_id", id).replace(":id", id);
        let request = stranger.request(self.method, &path);
        match self.body {
            Some(body) => stranger.send(&request.json(&filled(body))).await,
            None => stranger.send(&request).await,
        }
    }
}

/// What others have.
struct Things {
    /// One of them.
    ada: AcCaller,
    conversations: Vec<String>,
    groups: Vec<String>,
    messages: Vec<String>,
    invitations: Vec<String>,
    webhooks: Vec<String>,
    places: Vec<String>,
    attachments: Vec<String>,
}

impl Things {
    fn of(&self, of: Of) -> (&[String], &'static str) {
        match of {
            Of::Conversation => (&self.conversations, "conv_AAAAAAAAAAAAAAAAAAAAAA"),
            Of::Group => (&self.groups, "grp_AAAAAAAAAAAAAAAAAAAAAA"),
            Of::Message => (&self.messages, "msg_AAAAAAAAAAAAAAAAAAAAAA"),
            Of::Invitation => (&self.invitations, "gri_AAAAAAAAAAAAAAAAAAAAAA"),
            Of::Webhook => (&self.webhooks, "whk_AAAAAAAAAAAAAAAAAAAAAA"),
            Of::Place => (&self.places, "del_0123456789abcdef0123456789abcdef"),
            Of::Attachment => (&self.attachments, "att_AAAAAAAAAAAAAAAAAAAAAA"),
        }
    }
}

/// Two who talk, their groups, one of them deleted, and who is invited there.
async fn things(app: &TestApp) -> Things {
    let Two { ada, bob, conversation } = two(app).await;
    let zed = app.ac("zed").await;
    let [living, deleted] = [group(&ada, &[&bob]).await, group(&ada, &[&bob]).await];
    let _ = tell(&ada, &living, "in a group").await.expect(201);
    let _ = tell(&ada, &deleted, "in a group that is gone").await.expect(201);
    let mut invitations = Vec::new();
    let invited = ada.post(&format!("/v1/groups/{living}/members"), &json!({ "handle": zed.handle })).await;
    invitations.push(invited.expect(201).str_at("/invite_id"));
    let messages = [
        message_at(&ada, &conversation, 1).await,
        message_at(&ada, &living, 2).await,
        message_at(&ada, &deleted, 2).await,
    ];
    let attachments = vec![
        upload(app, &ada.elsewhere(), &bob.handle, b"hello").await,
        upload_for(app, &ada, &living, b"hello").await,
        upload_for(app, &ada, &deleted, b"hello").await,
    ];
    let _ = ada.delete(&format!("/v1/groups/{deleted}")).await.expect(200);
    let places = rows(&waiting(&bob).await).iter().map(|row| row["delivery_id"].as_str().unwrap().to_owned()).collect();
    let webhook = json!({ "url": "https://example.org/", "events": ["message.new"] });
    let webhook = ada.post("/v1/webhooks", &webhook).await;
    // Each also under the name of the other kind.
    let as_group = |id: &String| id.replace("conv_", "grp_");
    let as_direct = |id: &String| id.replace("grp_", "conv_");
    Things {
        ada,
        conversations: vec![
            conversation.clone(),
            as_group(&conversation),
            living.clone(),
            as_direct(&living),
            deleted.clone(),
            as_direct(&deleted),
        ],
        groups: vec![living, deleted, as_group(&conversation)],
        messages: messages.into(),
        invitations,
        webhooks: vec![webhook.expect(201).str_at("/id")],
        places,
        attachments,
    }
}

/// Everything of an answer but the request's id and the date.
fn outside(reply: &Reply) -> (u16, String, Vec<(String, String)>) {
    let differs = |name: &str| name == "x-request-id" || name == "date";
    let headers = reply.every_header().iter().filter(|(name, _)| !differs(name)).cloned().collect();
    (reply.status, reply.text().to_owned(), headers)
}

/// Compares what a stranger is answered; `skips` are rows that are something else to this one.
async fn sees_nothing(stranger: &AcCaller, things: &Things, skips: impl Fn(&Row) -> bool) {
    for row in TABLE.iter().filter(|row| !skips(row)) {
        let (there, nowhere) = things.of(row.of);
        assert!(!there.is_empty());
        let expected = row.ask(stranger, nowhere).await;
        assert_eq!(expected.status, row.answer.0, "{} {}: {expected}", row.method, row.path);
        let code = if row.answer.0 == 200 { String::new() } else { expected.code() };
        assert_eq!(code, row.answer.1, "{} {}", row.method, row.path);
        for id in there {
            let reply = row.ask(stranger, id).await;
            let what = format!("{} of {} {} {id}", stranger.handle, row.method, row.path);
            assert_eq!(outside(&reply), outside(&expected), "{what}");
        }
    }
}

#[tokio::test]
async fn a_stranger_learns_of_nothing() {
    // wire: agentchat.md#16-error-envelope
    let mut app = hub().await;
    let things = things(&app).await;
    let eve = app.ac("eve").await;
    for round in ["as it is in memory", "as it is on disk", "again"] {
        sees_nothing(&eve.at(&app), &things, |_| false).await;
        if round != "again" {
            app.restart().await;
        }
    }
}

#[tokio::test]
async fn no_state_of_the_stranger_shows_it() {
    // wire: agentchat.md#13-account-states-and-what-still-works, agentchat.md#54-group-send-checks-in-order
    let app = hub().await;
    let things = things(&app).await;
    let eve = app.ac("eve").await;
    // Nothing is written so, whoever one is; a queue that is closed answers the same for every place.
    for pause in Pause::ALL {
        assert!(app.chat().pause("eve", Some(pause)).await.unwrap());
        sees_nothing(&eve, &things, |_| false).await;
    }
    assert!(app.chat().pause("eve", None).await.unwrap());
    assert!(app.chat().restrict("eve", true).await.unwrap());
    sees_nothing(&eve, &things, |_| false).await;
    // Who blocks those two, or is blocked by them.
    let _ = eve.post_nothing("/v1/contacts/ada/block").await.expect(200);
    sees_nothing(&eve, &things, |_| false).await;
}

#[tokio::test]
async fn who_is_invited_or_has_left_sees_no_more_than_that() {
    // wire: agentchat.md#442-endpoints
    let app = hub().await;
    let things = things(&app).await;
    let lou = app.ac("lou").await;
    let living = &things.groups[0];
    let invite = json!({ "handle": "lou" });
    let _ = things.ada.post(&format!("/v1/groups/{living}/members"), &invite).await.expect(201);
    // Its own invitation is one of its own; the others are not.
    sees_nothing(&lou, &things, |_| false).await;
    enter(&lou, living).await;
    let _ = lou.post_nothing(&format!("/v1/groups/{living}/leave")).await.expect(200);
    // It may learn that a group is there that it has left, from what it was told: by muting it, alone.
    sees_nothing(&lou, &things, |row| row.path == "/v1/mutes").await;
}

#[test]
fn every_endpoint_with_an_id_has_a_row() {
    let is_id = |part: &str| part == ":id" || part == ":conversation_id";
    let with_id = endpoints().into_iter().filter(|(_, path)| path.split('/').any(is_id));
    let wanted: BTreeSet<_> = with_id.map(|(method, path)| (method, path.replace(":handle", "*"))).collect();
    let bare = |path: &str| path.split('?').next().unwrap_or_default().replace("/bob", "/*").replace("/ada", "/*");
    let in_table = TABLE.iter().map(|row| (row.method, bare(row.path)));
    let has_id = |(_, path): &(&str, String)| path.split('/').any(is_id);
    let known: BTreeSet<_> = in_table.filter(has_id).collect();
    assert_eq!(wanted, known, "left: in the contract; right: in the table");
}

#[test]
fn bodies_are_json() {
    for row in TABLE.iter().filter_map(|row| row.body) {
        assert!(serde_json::from_str::<Value>(row).is_ok(), "{row}");
    }
}
