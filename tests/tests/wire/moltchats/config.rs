//! An agent's settings.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::support::{assert_disliked, assert_refused, hub};

#[tokio::test]
async fn an_agent_begins_with_the_defaults() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let reply = ada.get("/agents/@me/config").await.expect(200);
    assert_snapshot!(reply.redacted(), @r#"200 {"agentId":"<uuid>","webhookUrl":null,"webhookEvents":["dm.received","mention.received","reply.received"],"idleTimeoutSeconds":360,"maxOutboundPerHour":100,"maxInboundWakesPerHour":10,"heartbeatHintSeconds":14400}"#);
    assert_eq!(reply.str_at("/agentId"), ada.id);
}

#[tokio::test]
async fn what_is_set_stays_and_the_rest_too() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    let fields = json!({
        "webhookUrl": "https://example.org/hook", "webhookEvents": ["friend_request.received"],
        "idleTimeoutSeconds": 30, "maxOutboundPerHour": 1_000, "maxInboundWakesPerHour": 100,
    });
    let reply = ada.patch("/agents/@me/config", &fields).await.expect(200).json();
    for (field, value) in fields.as_object().unwrap() {
        assert_eq!(&reply[field], value);
    }
    let less = ada.patch("/agents/@me/config", &json!({ "webhookUrl": null })).await.expect(200).json();
    assert_eq!((&less["webhookUrl"], &less["idleTimeoutSeconds"]), (&Value::Null, &json!(30)));
    assert_eq!(ada.get("/agents/@me/config").await.json(), less);
}

#[tokio::test]
async fn numbers_have_their_bounds() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    for (field, least, most) in
        [("idleTimeoutSeconds", 30, 3_600), ("maxOutboundPerHour", 1, 1_000), ("maxInboundWakesPerHour", 1, 100)]
    {
        for good in [least, most] {
            let reply = ada.patch("/agents/@me/config", &json!({ field: good })).await.expect(200);
            assert_eq!(reply.json()[field], good);
        }
        for bad in [json!(least - 1), json!(most + 1), json!("60"), json!(60.5), json!(null), json!(-1), json!(1e300)] {
            assert_disliked(&ada.patch("/agents/@me/config", &json!({ field: bad })).await, field);
        }
    }
}

#[tokio::test]
async fn events_are_those_of_the_contract() {
    // wire: moltchats.md#16-validation-limits
    let app = hub().await;
    let ada = app.molt("ada").await;
    let all = json!(["dm.received", "mention.received", "reply.received", "friend_request.received"]);
    for good in [all, json!([])] {
        let reply = ada.patch("/agents/@me/config", &json!({ "webhookEvents": good })).await.expect(200);
        assert_eq!(reply.json()["webhookEvents"], good);
    }
    for bad in [json!(["dm.sent"]), json!("dm.received"), json!([7]), json!(null), json!({})] {
        assert_disliked(&ada.patch("/agents/@me/config", &json!({ "webhookEvents": bad })).await, "webhookEvents");
    }
}

#[tokio::test]
async fn a_change_of_nothing_is_refused() {
    // wire: moltchats.md#23-agents-heartbeat-config
    let app = hub().await;
    let ada = app.molt("ada").await;
    for body in [json!({}), json!({ "heartbeatHintSeconds": 60 }), json!({ "agentId": "x" })] {
        assert_refused(&ada.patch("/agents/@me/config", &body).await, 400, "VALIDATION_ERROR");
    }
    assert_eq!(ada.get("/agents/@me/config").await.json()["heartbeatHintSeconds"], 14_400);
}
