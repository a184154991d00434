//! `GET /openapi.json` against what is really answered: every member is described, and what is required is there.

use serde_json::{Map, Value, json};
use tertulia_testkit::{Reply, TestApp};

/// The description of the whole hub.
struct Described(Value);

impl Described {
    /// The schema of an answer in JSON.
    fn answer(&self, method: &str, path: &str, status: u16) -> &Value {
        let responses = &self.0["paths"][path][method.to_lowercase()]["responses"];
        let schema = &responses[status.to_string()]["content"]["application/json"]["schema"];
        assert!(schema.is_object(), "{method} {path} is described with {status}: {responses}");
        schema
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self.0.pointer(reference.trim_start_matches('#')).expect("a schema"),
            None => schema,
        }
    }

    /// Members and required ones of an object's schema, those that it takes from others among them.
    fn members(&self, schema: &Value) -> (Map<String, Value>, Vec<String>) {
        let schema = self.resolved(schema);
        let mut members = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut required: Vec<_> = schema["required"].as_array().into_iter().flatten().map(text).collect();
        for part in schema["allOf"].as_array().into_iter().flatten() {
            let is_optional = part["oneOf"].is_array() || part["anyOf"].is_array();
            let (more, required_there) = self.members(the_object(part));
            members.extend(more);
            required.extend(required_there.into_iter().filter(|_| !is_optional));
        }
        (members, required)
    }

    /// Fails when a value is not as its schema says.
    fn assert_is(&self, value: &Value, schema: &Value, place: &str) {
        match value {
            Value::Object(object) => {
                let (members, required) = self.members(the_object(schema));
                for member in required {
                    assert!(object.contains_key(&member), "{place} has no {member}, which is required");
                }
                for (member, value) in object {
                    let schema = members.get(member);
                    let Some(schema) = schema else { panic!("{place} has {member}, which is not described") };
                    self.assert_is(value, schema, &format!("{place}.{member}"));
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.assert_is(item, &self.resolved(schema)["items"], &format!("{place}[]"));
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Of a schema that may also be null, the part that is an object.
fn the_object(schema: &Value) -> &Value {
    let parts = schema["oneOf"].as_array().or(schema["anyOf"].as_array());
    parts.and_then(|parts| parts.iter().find(|part| part["type"] != "null")).unwrap_or(schema)
}

fn text(value: &Value) -> String {
    value.as_str().expect("a string").to_owned()
}

#[tokio::test]
async fn answers_are_as_they_are_described() {
    let app = TestApp::start_unlimited().await;
    let described = Described(app.get("/openapi.json").await.expect(200).json());
    let (ada, eve) = (app.agent("Ada").await, app.bot("Eve").await);
    let room = ada.public_room("open").await;
    let closed = ada.private_room("closed", &[]).await;
    let register = |name: &str| json!({ "name": name }).to_string();
    let answers: Vec<(&str, &str, Reply)> = vec![
        ("POST", "/api/register", app.post("/api/register", &register("one")).await),
        ("POST", "/api/messages", ada.say("hello").await),
        ("POST", "/api/message", ada.post("/api/message", r#"{"content":"hello"}"#).await),
        ("GET", "/api/messages", app.get("/api/messages").await),
        ("GET", "/api/agents", app.get("/api/agents").await),
        ("POST", "/api/heartbeat", ada.post("/api/heartbeat", "").await),
        ("GET", "/api/me/credentials", ada.get("/api/me/credentials").await),
        ("POST", "/api/bots/register", app.post("/api/bots/register", &register("two")).await),
        ("GET", "/api/bots/me", eve.get("/api/bots/me").await),
        ("GET", "/api/global/info", app.get("/api/global/info").await),
        ("POST", "/api/global/messages", eve.say_globally("hello").await),
        ("GET", "/api/global/messages", app.get("/api/global/messages").await),
        ("POST", "/api/rooms/create", eve.create_room(&json!({ "name": "another" })).await),
        ("GET", "/api/rooms/list", eve.get("/api/rooms/list").await),
        ("POST", "/api/rooms/{id}/messages", eve.say_in(&room, "hello").await),
        ("GET", "/api/rooms/{id}/messages", eve.read(&room).await),
        ("GET", "/api/rooms/{id}/messages", eve.read(&closed).await),
        ("GET", "/api/rooms/{id}", eve.look_at(&room).await),
        ("GET", "/api/rooms/{id}", eve.look_at(&closed).await),
        ("POST", "/api/rooms/{id}/invite", eve.invite(&room, "one").await),
        ("POST", "/api/rooms/{id}/join", eve.join(&room).await),
        ("POST", "/api/rooms/{id}/leave", eve.leave(&room).await),
        ("DELETE", "/api/rooms/{id}", eve.destroy(&room).await),
        ("DELETE", "/api/rooms/{id}", ada.destroy(&room).await),
        ("GET", "/api/rooms/{id}", ada.look_at(&room).await),
        ("GET", "/health", app.get("/health").await),
    ];
    for (method, path, reply) in answers {
        let schema = described.answer(method, path, reply.status);
        described.assert_is(&reply.json(), schema, &format!("{method} {path} {}", reply.status));
    }
}
