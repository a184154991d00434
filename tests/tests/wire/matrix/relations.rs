//! How two agents stand to each other, on both surfaces on which they talk: friendships establish, establishment makes no
//! friends, and a block is a block everywhere.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tertulia_testkit::{AcCaller, Reply, TestApp};

use super::directs::Friends;

async fn write(from: &AcCaller, to: &str, words: &str) -> Reply {
    from.post("/v1/messages", &json!({ "to": to, "client_msg_id": words, "content": { "text": words } })).await
}

#[track_caller]
fn refused(reply: &Reply) -> (u16, String) {
    assert!(reply.status >= 400, "{reply}");
    (reply.status, reply.code())
}

fn refusal(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

/// An id of AgentChat as a UUID.
fn as_uuid(id: &str) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(id.split_once('_').expect("a prefix").1).expect("base64url");
    let hexadecimal = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
    [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| &hexadecimal[part]).join("-")
}

/// The texts of a page of MoltChats, oldest first.
fn contents(page: &Reply) -> Vec<String> {
    let Value::Array(rows) = page.json() else { panic!("no list: {page}") };
    rows.iter().rev().map(|row| row["content"].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test]
async fn a_friendship_establishes_the_conversation_for_good() {
    // rule: directs
    let mut app = TestApp::start_unlimited().await;
    let friends = Friends::make(&app).await;
    let closed = json!({ "settings": { "inbox_mode": "contacts_only" } });
    let _ = friends.parties[1].ac.patch("/v1/agents/bob", &closed).await.expect(200);
    for round in ["friends", "strangers again"] {
        let [ada, bob] = friends.at(&app).parties;
        // No first message that waits for an answer, and no closed door.
        for words in ["one", "two"] {
            let _ = write(&ada.ac, "bob", &format!("{round} {words}")).await.expect(201);
        }
        // Contact books are written by those who write in them.
        for (party, other) in [(&ada, "bob"), (&bob, "ada")] {
            let known = party.ac.get(&format!("/v1/contacts/{other}")).await.expect(200);
            assert_eq!(known.json()["is_contact"], false, "{round}");
        }
        let _ = ada.molt.unfriend("bob").await;
        app.restart().await;
    }
}

#[tokio::test]
async fn who_talks_is_no_friend_for_it() {
    // rule: directs
    let app = TestApp::start_unlimited().await;
    let [ada, bob] = app.molts(["ada", "bob"]).await;
    let [ada_ac, bob_ac] = [&ada, &bob].map(|molt| app.nobody().of(&molt.name, molt.token()));
    let first = write(&ada_ac, "bob", "hello").await.expect(201);
    assert_eq!(refused(&write(&ada_ac, "bob", "hello?").await), refusal(403, "AWAITING_REPLY"));
    let _ = write(&bob_ac, "ada", "yes").await.expect(201);
    for molt in [&ada, &bob] {
        assert_eq!(molt.get("/friends").await.json(), json!({ "friends": [] }));
    }
    // The conversation's own id means nothing there.
    let id = first.str_at("/conversation_id");
    let hexadecimal = as_uuid(&id);
    assert_eq!(refused(&ada.read(&hexadecimal, "").await), refusal(404, "CHANNEL_NOT_FOUND"));
    assert_eq!(refused(&ada.say(&hexadecimal, "hello").await), refusal(404, "CHANNEL_NOT_FOUND"));
    // Whoever becomes a friend later sees all of it.
    let view = app.befriend(&ada, &bob).await;
    for molt in [&ada, &bob] {
        assert_eq!(contents(&molt.read(&view, "").await.expect(200)), ["hello", "yes"]);
    }
}

#[tokio::test]
async fn a_view_ends_and_begins_again_while_the_conversation_goes_on() {
    // rule: directs
    let app = TestApp::start_unlimited().await;
    let Friends { parties: [ada, bob], view } = Friends::make(&app).await;
    let _ = ada.molt.says(&view, "while friends").await;
    let _ = write(&bob.ac, "ada", "so we are").await.expect(201);
    assert_eq!(contents(&bob.molt.read(&view, "").await.expect(200)), ["while friends", "so we are"]);
    let _ = bob.molt.unfriend("ada").await.expect(200);
    for party in [&ada, &bob] {
        assert_eq!(refused(&party.molt.read(&view, "").await), refusal(404, "CHANNEL_NOT_FOUND"));
    }
    let _ = write(&ada.ac, "bob", "in between").await.expect(201);
    let again = app.befriend(&ada.molt, &bob.molt).await;
    assert_ne!(again, view);
    let _ = bob.molt.says(&again, "friends again").await;
    for party in [&ada, &bob] {
        assert_eq!(contents(&party.molt.read(&again, "").await.expect(200)), ["in between", "friends again"]);
        let whole: Vec<_> = party.history().await.into_iter().map(|heard| heard.text).collect();
        assert_eq!(whole, ["while friends", "so we are", "in between", "friends again"]);
    }
}

/// The ways to block and to unblock: of the first by the second.
const WAYS: [&str; 2] = ["moltchats", "agentchat"];

async fn block(friends: &Friends, way: &str) {
    let by = &friends.parties[1];
    let reply = match way {
        "moltchats" => by.molt.block("ada").await,
        _ => by.ac.post_nothing("/v1/contacts/ada/block").await,
    };
    assert!((200..300).contains(&reply.status), "{reply}");
}

async fn unblock(friends: &Friends, way: &str) {
    let by = &friends.parties[1];
    let reply = match way {
        "moltchats" => by.molt.delete("/blocks/ada").await,
        _ => by.ac.delete("/v1/contacts/ada/block").await,
    };
    let _ = reply.expect(200);
}

#[tokio::test]
async fn a_block_through_one_surface_holds_on_all_until_it_is_lifted_through_any() {
    // rule: blocks
    for blocking in WAYS {
        for lifting in WAYS {
            let mut app = TestApp::start_unlimited().await;
            let friends = Friends::make(&app).await;
            let _ = friends.parties[0].molt.says(&friends.view, "before").await;
            block(&friends, blocking).await;
            for _ in 0..2 {
                let friends = friends.at(&app);
                for (party, other) in friends.parties.iter().zip(["bob", "ada"]) {
                    let what = format!("blocked through {blocking}: to {other}");
                    assert_eq!(refused(&write(&party.ac, other, "x").await), refusal(403, "BLOCKED"), "{what}");
                    let said = party.molt.say(&friends.view, "x").await;
                    assert_eq!(refused(&said), refusal(404, "CHANNEL_NOT_FOUND"), "{what}");
                    let asked = party.molt.request_friendship(other).await;
                    assert_eq!(refused(&asked), refusal(403, "BLOCKED"), "{what}");
                    let group = json!({ "name": "ops", "member_handles": [other] });
                    let created = party.ac.post("/v1/groups", &group).await.expect(201);
                    assert_eq!(created.json()["add_results"], json!([]), "{what}");
                    let target = format!("/v1/groups/{}/members", created.str_at("/group/id"));
                    let invited = party.ac.post(&target, &json!({ "handle": other })).await;
                    assert_eq!(refused(&invited), refusal(403, "BLOCKED"), "{what}");
                    // What was said is still there.
                    assert_eq!(party.history().await.len(), 1, "{what}");
                }
                app.restart().await;
            }
            let friends = friends.at(&app);
            unblock(&friends, lifting).await;
            let [ada, bob] = &friends.parties;
            // They talk as they did, and are no friends.
            let _ = write(&ada.ac, "bob", "again").await.expect(201);
            let _ = write(&ada.ac, "bob", "and again").await.expect(201);
            assert_eq!(bob.molt.get("/friends").await.json(), json!({ "friends": [] }));
            let view = app.befriend(&ada.molt, &bob.molt).await;
            assert_eq!(contents(&bob.molt.read(&view, "").await.expect(200)), ["again", "and again"]);
        }
    }
}
