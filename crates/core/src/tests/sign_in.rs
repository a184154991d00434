//! Signing in with a key of one's own.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use rsa::{
    BigUint, RsaPrivateKey, RsaPublicKey,
    pkcs1::{EncodeRsaPublicKey, LineEnding},
    pkcs1v15::SigningKey,
    pkcs8::{EncodePrivateKey, EncodePublicKey},
    signature::{SignatureEncoding, Signer},
};
use tertulia_model::{AgentId, Name};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    Action, BadPublicKey, Caller, Ended, Error, Limit, Outlet, PublicKey, SignInTerms, SignedIn, Surface, SurfaceLimits,
};

const TERMS: SignInTerms = SignInTerms {
    challenge_for: Duration::from_mins(5),
    most_challenges: 5,
    access_for: Duration::from_hours(4),
    refresh_for: Duration::from_hours(720),
    refresh_prefix: "r_",
};

/// One key for all, since making one takes long.
static KEY: LazyLock<RsaPrivateKey> = LazyLock::new(|| RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2_048).unwrap());

fn public_pem() -> String {
    KEY.to_public_key().to_public_key_pem(LineEnding::LF).unwrap()
}

fn signature(text: &str) -> Vec<u8> {
    SigningKey::<sha2::Sha256>::new(KEY.clone()).sign(text.as_bytes()).to_vec()
}

async fn register(hub: &TestHub, name: &str) -> Result<(AgentId, String), Error> {
    let (name, key) = (Name::parse(name).unwrap(), PublicKey::parse(&public_pem()).unwrap());
    hub.chat.register_with_key(&hub.surface, &name, &key, vec!["chat".to_owned()], &TERMS).await
}

async fn prove(hub: &TestHub, agent: AgentId, challenge: &str) -> Result<SignedIn, Error> {
    hub.chat.prove(agent, &STANDARD.encode(signature(challenge)), &TERMS).await
}

async fn sign_in(hub: &TestHub, name: &str) -> SignedIn {
    let (agent, challenge) = register(hub, name).await.unwrap();
    prove(hub, agent, &challenge).await.unwrap()
}

async fn authenticate(hub: &TestHub, session: &SignedIn) -> Result<Caller, Error> {
    hub.chat.authenticate(&hub.surface, session.access.reveal()).await
}

async fn renew(hub: &TestHub, session: &SignedIn) -> Result<SignedIn, Error> {
    hub.chat.renew(session.refresh.reveal(), &TERMS).await
}

#[test]
fn public_keys_are_taken_in_every_form_that_engines_write() {
    let spki = public_pem();
    let expected = PublicKey::parse(&spki).unwrap();
    let pkcs1 = KEY.to_public_key().to_pkcs1_pem(LineEnding::CRLF).unwrap();
    let one_line = spki.replace('\n', "").replace("KEY-----M", "KEY-----\nM");
    for text in [&spki.replace('\n', "\r\n"), spki.trim_end(), &format!("\n {spki}\n\n"), &pkcs1, &one_line] {
        assert_eq!(PublicKey::parse(text), Ok(expected.clone()), "{text}");
    }
}

#[test]
fn what_is_no_usable_public_key_is_refused_by_name() {
    let of = |modulus: BigUint, exponent: u64| {
        let key = RsaPublicKey::new_unchecked(modulus, BigUint::from(exponent));
        PublicKey::parse(&key.to_public_key_pem(LineEnding::LF).unwrap())
    };
    let bits = |count: usize| (BigUint::from(1_u8) << (count - 1)) + BigUint::from(1_u8);
    for size in [1_024, 2_047, 8_193] {
        assert_eq!(of(bits(size), 65_537), Err(BadPublicKey::Size(size)));
    }
    for size in [2_048, 8_192] {
        of(bits(size), 65_537).unwrap();
    }
    for (modulus, exponent) in [(bits(2_048) + BigUint::from(1_u8), 65_537), (bits(2_048), 1), (bits(2_048), 1 << 40)] {
        assert_eq!(of(modulus, exponent), Err(BadPublicKey::Unusable));
    }
    let private = KEY.to_pkcs8_pem(LineEnding::LF).unwrap();
    assert_eq!(PublicKey::parse(&private), Err(BadPublicKey::OtherLabel));
    assert_eq!(PublicKey::parse(&public_pem().replace("PUBLIC KEY", "CERTIFICATE")), Err(BadPublicKey::OtherLabel));
    assert_eq!(PublicKey::parse(&public_pem().replace("PUBLIC KEY", "RSA PUBLIC KEY")), Err(BadPublicKey::NotRsa));
    let elliptic = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEaxfR8uEsQkf4vOblY6RA8ncDfYEt\n\
                    6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==\n-----END PUBLIC KEY-----\n";
    assert_eq!(PublicKey::parse(elliptic), Err(BadPublicKey::NotRsa));
    for junk in ["", "junk", "-----BEGIN PUBLIC KEY-----", "-----BEGIN PUBLIC KEY-----\n!\n-----END PUBLIC KEY-----"] {
        assert_eq!(PublicKey::parse(junk), Err(BadPublicKey::NotPem), "{junk}");
    }
}

#[tokio::test]
async fn signatures_are_read_however_tools_write_them() {
    let hub = TestHub::open().await;
    let (agent, challenge) = register(&hub, "ada").await.unwrap();
    prove(&hub, agent, &challenge).await.unwrap();
    let writers: [fn(Vec<u8>) -> String; 4] = [
        |bytes| STANDARD.encode(bytes).trim_end_matches('=').to_owned(),
        |bytes| URL_SAFE_NO_PAD.encode(bytes),
        |bytes| {
            let text = STANDARD.encode(bytes);
            format!("{}\n{}\r\n", &text[..76], &text[76..])
        },
        |bytes| format!("  {}\n", STANDARD.encode(bytes)),
    ];
    for write in writers {
        let challenge = hub.chat.challenge(agent, &TERMS).await.unwrap();
        hub.chat.prove(agent, &write(signature(&challenge)), &TERMS).await.unwrap();
    }
    let challenge = hub.chat.challenge(agent, &TERMS).await.unwrap();
    for wrong in [String::new(), "A".repeat(10_000), "not base64!".to_owned(), STANDARD.encode(signature("other"))] {
        assert!(matches!(hub.chat.prove(agent, &wrong, &TERMS).await, Err(Error::BadSignature)), "{wrong}");
    }
    prove(&hub, agent, &challenge).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn an_agent_is_nobody_until_it_has_proven_its_key() {
    let hub = TestHub::open().await;
    let (agent, challenge) = register(&hub, "ada").await.unwrap();
    assert!(hub.chat.agent_named("ada").await.unwrap().is_none());
    assert!(matches!(hub.chat.challenge(agent, &TERMS).await, Err(Error::NotFound(_))));
    assert_eq!(hub.chat.stats().agents, 0);
    let session = prove(&hub, agent, &challenge).await.unwrap();
    assert_eq!(hub.chat.stats().agents, 1);
    let caller = authenticate(&hub, &session).await.unwrap();
    assert_eq!((&*caller.agent().name, caller.agent().id), ("ada", agent));
    assert_eq!(*hub.chat.capabilities(caller.agent()).await.unwrap(), ["chat".to_owned()]);
    assert!(matches!(prove(&hub, agent, &challenge).await, Err(Error::ChallengeExpired)));
    hub.close().await;
}

#[tokio::test]
async fn a_renewed_session_ends_at_once_and_its_connections_go_on() {
    let hub = TestHub::open().await;
    let old = sign_in(&hub, "ada").await;
    let caller = authenticate(&hub, &old).await.unwrap();
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let _connection = hub.chat.remember_connection(&caller, &outlet).await.unwrap();

    let new = renew(&hub, &old).await.unwrap();
    assert!(matches!(authenticate(&hub, &old).await, Err(Error::TokenRevoked)));
    assert!(matches!(renew(&hub, &old).await, Err(Error::TokenRevoked)));
    let caller = authenticate(&hub, &new).await.unwrap();
    assert_eq!(listener.ended(), None);

    let sessions = hub.chat.credentials(&caller).await.unwrap();
    let session = sessions.iter().find(|one| one.number == caller.credential()).unwrap();
    hub.chat.revoke_credential(&caller, session.id).await.unwrap();
    assert_eq!(listener.ended(), Some(Ended::CredentialEnded), "it belongs to the session that went on");
    assert!(matches!(authenticate(&hub, &new).await, Err(Error::TokenRevoked)));
    hub.close().await;
}

#[tokio::test]
async fn tokens_run_out_and_outlive_a_restart() {
    let hub = TestHub::open().await;
    let session = sign_in(&hub, "ada").await;
    let hub = hub.restart().await;
    authenticate(&hub, &session).await.unwrap();
    hub.clock.advance(Duration::from_hours(4) - Duration::from_secs(1));
    authenticate(&hub, &session).await.unwrap();
    hub.clock.advance(Duration::from_secs(1));
    assert!(matches!(authenticate(&hub, &session).await, Err(Error::TokenExpired)), "also when it is remembered");
    let hub = hub.restart().await;
    assert!(matches!(authenticate(&hub, &session).await, Err(Error::TokenExpired)));
    renew(&hub, &session).await.unwrap();
    hub.close().await;
}

#[tokio::test]
async fn nothing_is_lost_when_a_renewal_fails_before_it_is_written() {
    let hub = TestHub::open().await;
    let session = sign_in(&hub, "ada").await;
    for call in ["session_holder", "renew_session"] {
        hub.store.fail(call, Fault::Refuses(broken()));
        assert!(matches!(renew(&hub, &session).await, Err(Error::Store(_))));
        authenticate(&hub, &session).await.unwrap();
    }
    // Nobody is in memory after this.
    let hub = hub.crash().await;
    hub.store.fail("badges_of", Fault::Refuses(broken()));
    assert!(renew(&hub, &session).await.is_err(), "the agent is looked up before anything ends");
    assert_eq!(hub.store.calls("renew_session"), 0);
    renew(&hub, &session).await.unwrap();
    hub.close().await;
}

/// What was read of a session before it ended is not remembered afterwards.
#[tokio::test]
async fn a_token_that_is_looked_up_while_its_session_ends_is_not_remembered() {
    let hub = TestHub::open().await;
    let session = sign_in(&hub, "ada").await;
    let (has_come, go_on) = hub.store.pause_after("session");
    let (late, ()) = tokio::join!(authenticate(&hub, &session), async {
        has_come.await.unwrap();
        renew(&hub, &session).await.unwrap();
        go_on.send(()).unwrap();
    });
    late.unwrap();
    assert!(matches!(authenticate(&hub, &session).await, Err(Error::TokenRevoked)));
    hub.close().await;
}

#[tokio::test]
async fn a_suspension_is_not_undone_by_a_proof_that_was_under_way() {
    let hub = TestHub::open().await;
    let (agent, challenge) = register(&hub, "ada").await.unwrap();
    let (has_come, go_on) = hub.store.pause_after("prove");
    let (session, ()) = tokio::join!(prove(&hub, agent, &challenge), async {
        has_come.await.unwrap();
        // It is active in the store, and nobody knows yet.
        hub.chat.suspend("ada").await.unwrap();
        go_on.send(()).unwrap();
    });
    let caller = authenticate(&hub, &session.unwrap()).await.unwrap();
    assert_eq!(caller.agent().state(), tertulia_model::AgentState::Suspended);
    assert!(matches!(prove(&hub, agent, &challenge).await, Err(Error::Suspended)));
    hub.close().await;
}

#[tokio::test]
async fn long_windows_are_counted_through_a_restart() {
    let hub = TestHub::open().await;
    let session = sign_in(&hub, "ada").await;
    let limits = SurfaceLimits::new(0).with(Action::CreateRoom, Limit::per_secs(2, 86_400));
    let surface = Arc::new(Surface { limits, ..(*hub.surface).clone() });
    let caller = hub.chat.authenticate(&surface, session.access.reveal()).await.unwrap();
    let count = async |hub: &TestHub| {
        let counted = hub.chat.count_action(&caller, Action::CreateRoom).await;
        counted.map(|quota| quota.unwrap().remaining)
    };
    assert_eq!(count(&hub).await.unwrap(), 1);
    let hub = hub.crash().await;
    assert_eq!(count(&hub).await.unwrap(), 0);
    hub.clock.advance(Duration::from_hours(23));
    let Err(Error::Throttled(throttle)) = count(&hub).await else { panic!("it is used up") };
    assert_eq!((throttle.quota.limit, throttle.quota.resets_in), (2, Duration::from_hours(1)));
    hub.clock.advance(Duration::from_hours(1));
    assert_eq!(count(&hub).await.unwrap(), 1);
    hub.close().await;
}
