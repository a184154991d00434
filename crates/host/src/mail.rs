//! How codes leave the hub: by the configured mail server; without one, and while nobody but this machine can reach the
//! hub, through the operator.

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use tertulia_core::{Clock, CodeMail, CodeMailer, Ids, MailFailure};
use tertulia_mail::{BadConfig, CodeMailer as _, Hub, Login, Password, Purpose, Smtp, SmtpConfig, Tls};
use tertulia_model::{CodePurpose, OneTimeCode, random_uuid};
use tertulia_store::{Accounts, UnsentMail};
use tertulia_store_sqlite::SqliteStore;

use crate::{
    Surroundings,
    config::{Config, MailConfig, MailTls, Secret},
};

/// How long a mail server may take to take a code over.
const CARRIED_WITHIN: Duration = Duration::from_secs(10);

/// Shows a code that no mail server carries to whoever runs the hub.
pub trait ShowCode: Debug + Send + Sync + 'static {
    /// Shows it at once.
    fn show(&self, mail: &CodeMail);
}

/// Keeps codes for the operator to look at, and shows them.
#[derive(Debug)]
struct Desk {
    store: Arc<SqliteStore>,
    display: Option<Arc<dyn ShowCode>>,
}

#[async_trait]
impl CodeMailer for Desk {
    async fn send(&self, mail: &CodeMail) -> Result<(), MailFailure> {
        let unsent = UnsentMail {
            email: mail.to.spelling().clone(),
            purpose: mail.purpose,
            code: mail.code.reveal().into(),
            made_at: mail.made_at,
            expires_at: mail.expires_at,
        };
        self.store.keep_unsent(&unsent).await.map_err(|error| MailFailure(error.into()))?;
        if let Some(display) = &self.display {
            display.show(mail);
        }
        Ok(())
    }
}

/// Hands codes to the operator's mail server.
#[derive(Debug)]
struct Carrier {
    server: Smtp,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

#[async_trait]
impl CodeMailer for Carrier {
    async fn send(&self, mail: &CodeMail) -> Result<(), MailFailure> {
        let code = OneTimeCode::parse(mail.code.reveal()).map_err(|error| MailFailure(error.into()))?;
        let mut random = [0; 16];
        self.ids.fill(&mut random);
        let lifetime = mail.expires_at.as_micros().saturating_sub(mail.made_at.as_micros());
        let mail = tertulia_mail::CodeMail {
            to: mail.to.clone(),
            purpose: match mail.purpose {
                CodePurpose::Register => Purpose::Registration,
                CodePurpose::Recover => Purpose::Recovery,
                CodePurpose::Rotate => Purpose::Rotation,
                CodePurpose::Bind => Purpose::Binding,
            },
            code,
            made_at: mail.made_at,
            lifetime: Duration::from_micros(u64::try_from(lifetime).unwrap_or(0)),
            id: random_uuid(random),
        };
        let deadline = Box::pin(self.clock.sleep(CARRIED_WITHIN));
        self.server.send(&mail, deadline).await.map_err(|error| MailFailure(error.into()))
    }
}

/// The mail server that is configured; nothing if none is.
///
/// # Errors
///
/// [`BadConfig`] if it cannot be used.
pub(crate) fn server(config: &Config) -> Result<Option<Smtp>, BadConfig> {
    let MailConfig { host, port, tls, user, password, from } = &config.mail;
    let Some(host) = host else { return Ok(None) };
    let tls = match tls {
        MailTls::Required => Tls::Required,
        MailTls::Implicit => Tls::Implicit,
        MailTls::None => Tls::None,
    };
    let usual_port = if tls == Tls::Implicit { 465 } else { 587 };
    let password = password.as_ref().map_or("", Secret::reveal);
    let smtp = SmtpConfig {
        host: host.clone(),
        port: port.unwrap_or(usual_port),
        tls,
        login: user.as_ref().map(|user| Login { user: user.clone(), password: Password::new(password) }),
        from: from.clone().unwrap_or_default(),
        roots: None,
        insecure: false,
    };
    let url = config.public_url.as_ref().map(ToString::to_string).unwrap_or_default();
    Smtp::new(smtp, Hub { name: config.name.to_string(), url }).map(Some)
}

/// Who carries codes; nobody, where strangers can reach the hub and no mail server is configured.
///
/// # Errors
///
/// [`BadConfig`] if the mail server that is configured cannot be used.
pub(crate) fn mailer(
    config: &Config,
    surroundings: &Surroundings,
    store: &Arc<SqliteStore>,
) -> Result<Option<Arc<dyn CodeMailer>>, BadConfig> {
    if let Some(server) = server(config)? {
        let (clock, ids) = (surroundings.clock.clone(), surroundings.ids.clone());
        return Ok(Some(Arc::new(Carrier { server, clock, ids })));
    }
    if config.serves_loopback_only() {
        return Ok(Some(Arc::new(Desk { store: store.clone(), display: surroundings.code_display.clone() })));
    }
    Ok(None)
}
