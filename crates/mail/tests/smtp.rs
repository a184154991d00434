//! Codes reach a mail server, or it is said why not.

use std::{
    future::{pending, ready},
    time::Duration,
};

use tertulia_doubles::smtp::{Answer, Letter, Security, SmtpServer, Stage};
use tertulia_mail::{BadConfig, CodeMail, CodeMailer, Hub, Login, MailError, Password, Purpose, Smtp, SmtpConfig, Tls};
use tertulia_model::{Email, OneTimeCode, Timestamp};
use uuid::Uuid;

fn config(server: &SmtpServer, tls: Tls) -> SmtpConfig {
    SmtpConfig {
        host: server.address().ip().to_string(),
        port: server.address().port(),
        tls,
        login: None,
        from: "Hub <hub@example.org>".to_owned(),
        roots: Some(server.certificate().into_bytes()),
        insecure: false,
    }
}

fn smtp(config: SmtpConfig) -> Smtp {
    let hub = Hub { name: "Tertulia".to_owned(), url: "http://127.0.0.1:7777".to_owned() };
    Smtp::new(config, hub).expect("the configuration is good")
}

fn mail(to: &str) -> CodeMail {
    CodeMail {
        to: Email::parse(to).expect("this is an address"),
        purpose: Purpose::Registration,
        code: OneTimeCode::of(4_711).expect("it has six digits"),
        made_at: Timestamp::from_micros(1_770_000_000_000_000),
        lifetime: Duration::from_mins(10),
        id: Uuid::from_u128(7),
    }
}

async fn send(smtp: &Smtp) -> Result<(), MailError> {
    smtp.send(&mail("kim@example.org"), Box::pin(pending())).await
}

#[tokio::test]
async fn a_code_arrives_however_the_connection_is_secured() {
    for (security, tls) in
        [(Security::None, Tls::None), (Security::StartTls, Tls::Required), (Security::Implicit, Tls::Implicit)]
    {
        let server = SmtpServer::start(security).await;

        send(&smtp(config(&server, tls))).await.unwrap();

        let [Letter { from, to, secured, user, .. }] = &server.letters(1).await[..] else { panic!("one letter") };
        assert_eq!((from.as_str(), &to[..]), ("hub@example.org", &["kim@example.org".to_owned()][..]));
        assert_eq!((*secured, user), (security != Security::None, &None));
        assert_eq!(server.letters(1).await[0].code(), Some("004711"));
    }
}

#[tokio::test]
async fn the_password_is_said_on_a_secured_connection() {
    let server = SmtpServer::start(Security::StartTls).await;
    server.require_login("hub", "open sesame");
    let with = |password| {
        let login = Some(Login { user: "hub".to_owned(), password: Password::new(password) });
        smtp(SmtpConfig { login, ..config(&server, Tls::Required) })
    };

    send(&with("open sesame")).await.unwrap();
    let wrong = send(&with("open barley")).await;
    let nobody = send(&smtp(config(&server, Tls::Required))).await;

    assert!(matches!(wrong, Err(MailError::Misconfigured(_))), "{wrong:?}");
    assert!(matches!(nobody, Err(MailError::Misconfigured(_))), "{nobody:?}");
    assert_eq!(server.letters(1).await[0].user.as_deref(), Some("hub"));
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn nothing_is_said_on_a_connection_that_was_not_secured() {
    let plain = SmtpServer::start(Security::None).await;
    let stranger = SmtpServer::start(Security::StartTls).await;
    let distrusted = SmtpConfig { roots: Some(plain.certificate().into()), ..config(&stranger, Tls::Required) };
    let by_the_system = SmtpConfig { roots: None, ..config(&stranger, Tls::Required) };

    for config in [config(&plain, Tls::Required), config(&plain, Tls::Implicit), distrusted, by_the_system] {
        let sent = send(&smtp(config)).await;

        assert!(matches!(sent, Err(MailError::Misconfigured(_))), "{sent:?}");
    }
    assert_eq!((plain.count(), stranger.count()), (0, 0));
    assert_eq!((plain.connections(), stranger.connections()), (2, 2));
}

#[tokio::test]
async fn a_refusal_says_its_code() {
    let server = SmtpServer::start(Security::None).await;
    let smtp = smtp(config(&server, Tls::None));
    for (stage, code) in [
        (Stage::Connected, 554),
        (Stage::Hello, 421),
        (Stage::From, 451),
        (Stage::To, 550),
        (Stage::Data, 452),
        (Stage::Content, 554),
    ] {
        server.answer(stage, Answer::Code(code));

        let sent = send(&smtp).await;

        assert!(matches!(sent, Err(MailError::Refused { code: said }) if said == code), "{stage:?}: {sent:?}");
        server.answer(stage, None);
    }
    assert_eq!(server.count(), 0);
    send(&smtp).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_gone_is_unreachable() {
    let server = SmtpServer::start(Security::None).await;
    let smtp = smtp(config(&server, Tls::None));
    for stage in [Stage::Connected, Stage::From, Stage::Data, Stage::Content] {
        server.answer(stage, Answer::HangUp);
        let sent = send(&smtp).await;
        assert!(matches!(sent, Err(MailError::Unreachable(_))), "{stage:?}: {sent:?}");
        server.answer(stage, None);
    }

    server.stop().await;

    let sent = send(&smtp).await;
    assert!(matches!(sent, Err(MailError::Unreachable(_))), "{sent:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_with_the_deadline() {
    let server = SmtpServer::start(Security::None).await;
    server.answer(Stage::To, Answer::Never);

    let sent = smtp(config(&server, Tls::None)).send(&mail("kim@example.org"), Box::pin(ready(()))).await;

    assert!(matches!(sent, Err(MailError::TimedOut)), "{sent:?}");
}

#[tokio::test]
async fn an_address_in_another_script_is_refused_by_a_server_that_cannot_read_it() {
    let server = SmtpServer::start(Security::None).await;
    let smtp = smtp(config(&server, Tls::None));

    let sent = smtp.send(&mail("k\u{ef}m@example.org"), Box::pin(pending())).await;

    assert!(matches!(sent, Err(MailError::BadAddress)), "{sent:?}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_connection_can_be_tried_without_a_letter() {
    let server = SmtpServer::start(Security::StartTls).await;

    smtp(config(&server, Tls::Required)).try_connection(Box::pin(pending())).await.unwrap();
    let wrong = smtp(config(&server, Tls::Implicit)).try_connection(Box::pin(pending())).await;

    assert!(matches!(wrong, Err(MailError::Misconfigured(_))), "{wrong:?}");
    assert_eq!((server.connections(), server.count()), (2, 0));
}

#[tokio::test]
async fn a_file_without_a_certificate_is_a_bad_configuration() {
    let server = SmtpServer::start(Security::StartTls).await;
    let hub = Hub { name: "Tertulia".to_owned(), url: String::new() };
    for roots in ["", "no certificate", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"] {
        let config = SmtpConfig { roots: Some(roots.into()), ..config(&server, Tls::Required) };
        assert_eq!(Smtp::new(config, hub.clone()).unwrap_err(), BadConfig::Roots, "{roots}");
    }
}
