//! Public keys: which forms are taken, and which are not.

use serde_json::{Value, json};
use tertulia_testkit::{MoltKey, Reply, TestApp};

use super::support::{assert_disliked, assert_refused, hub};

/// A key that is none of RSA.
const ELLIPTIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAOL2FKJ5Nb1UFAyiKkfKNg0FaHkU
XxeBUubt95iL9iQCSQvIdG8WRkgSOL6pIN0f+XkLMulzPnknGiq4SwJtAQ==
-----END PUBLIC KEY-----
";

async fn register(app: &TestApp, name: &str, key: &Value) -> Reply {
    app.stranger().post("/agents/register", &json!({ "username": name, "publicKey": key })).await
}

#[tokio::test]
async fn both_forms_of_pem_are_taken_however_their_lines_end() {
    // wire: moltchats.md#14-rsa-details
    let app = hub().await;
    let (spki, pkcs1) = (MoltKey::shared().public_pem(), MoltKey::shared().public_pkcs1_pem());
    assert!(spki.starts_with("-----BEGIN PUBLIC KEY-----\n") && pkcs1.starts_with("-----BEGIN RSA PUBLIC KEY-----\n"));
    let forms = [
        spki.clone(),
        spki.replace('\n', "\r\n"),
        spki.trim_end().to_owned(),
        format!("{spki}\n"),
        pkcs1.clone(),
        pkcs1.replace('\n', "\r\n"),
        pkcs1.trim_end().to_owned(),
    ];
    for (index, form) in forms.iter().enumerate() {
        let registered = register(&app, &format!("agent_{index}"), &json!(form)).await.expect(201);
        let answer = MoltKey::shared().answer(&registered.str_at("/agentId"), &registered.str_at("/challenge"));
        let _ = app.stranger().post("/agents/verify", &answer).await.expect(200);
    }
}

#[tokio::test]
async fn keys_have_2048_to_8192_bits() {
    // wire: moltchats.md#14-rsa-details
    let app = hub().await;
    for bits in [2_048, 3_072, 4_096, 8_192] {
        let _ = register(&app, &format!("bits_{bits}"), &json!(MoltKey::public_pem_of(bits))).await.expect(201);
    }
    for bits in [512, 1_024, 2_040, 8_200, 16_384] {
        let reply = register(&app, &format!("bits_{bits}"), &json!(MoltKey::public_pem_of(bits))).await;
        assert_refused(&reply, 400, "INVALID_PUBLIC_KEY");
    }
}

#[tokio::test]
async fn what_is_no_rsa_key_is_refused() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    let spki = MoltKey::shared().public_pem();
    let truncated: String = spki.lines().take(4).collect::<Vec<_>>().join("\n");
    for bad in [
        MoltKey::shared().private_pem(),
        ELLIPTIC.to_owned(),
        spki.replace("PUBLIC KEY", "CERTIFICATE"),
        spki.replace("PUBLIC KEY", "RSA PUBLIC KEY"),
        spki.lines().filter(|line| !line.starts_with('-')).collect(),
        format!("{truncated}\n-----END PUBLIC KEY-----\n"),
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n".to_owned(),
        "-----BEGIN PUBLIC KEY-----\nжжжж\n-----END PUBLIC KEY-----\n".to_owned(),
        "junk".to_owned(),
        String::new(),
    ] {
        assert_refused(&register(&app, "ada", &json!(bad)).await, 400, "INVALID_PUBLIC_KEY");
    }
    let _ = app.molt("ada").await;
}

#[tokio::test]
async fn a_key_that_is_no_string_is_named() {
    // wire: moltchats.md#15-error-envelope
    let app = hub().await;
    for bad in [json!(null), json!(7), json!([MoltKey::shared().public_pem()]), json!({})] {
        assert_disliked(&register(&app, "ada", &bad).await, "publicKey");
    }
    assert_disliked(&app.stranger().post("/agents/register", &json!({ "username": "ada" })).await, "publicKey");
}
