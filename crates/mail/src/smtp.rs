//! Mail by SMTP: one connection a mail, with a deadline for all of it.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::Mailbox,
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls as Security, TlsParameters, TlsParametersBuilder},
        extension::ClientId,
    },
};
use tokio::sync::OnceCell;

use crate::{BadConfig, CodeMail, CodeMailer, Deadline, Hub, MailError, SmtpConfig, Tls};

/// How long one address of the server may take to answer, before its next one is tried.
const CONNECT: Duration = Duration::from_secs(5);

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// Sends codes through the operator's mail server. Cheap to clone.
#[derive(Clone)]
pub struct Smtp(Arc<Shared>);

struct Shared {
    config: SmtpConfig,
    roots: Vec<Certificate>,
    from: Mailbox,
    hub: Hub,
    /// Built at the first mail: reading the trusted roots takes longer than the hub's start may.
    transport: OnceCell<Transport>,
}

impl Smtp {
    /// A way to this server. Nothing is asked of it yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the configuration.
    pub fn new(config: SmtpConfig, hub: Hub) -> Result<Self, BadConfig> {
        let from = config.sender()?;
        let roots = config.roots.as_deref().map(roots).transpose()?.unwrap_or_default();
        Ok(Self(Arc::new(Shared { config, roots, from, hub, transport: OnceCell::new() })))
    }

    /// Connects, secures the connection, logs in where that is configured, and says goodbye: what a doctor asks for.
    ///
    /// # Errors
    ///
    /// What a mail would fail with.
    pub async fn try_connection(&self, deadline: Deadline<'_>) -> Result<(), MailError> {
        let attempt = async {
            let is_ready = self.transport().await?.test_connection().await.map_err(MailError::of)?;
            if is_ready { Ok(()) } else { Err(MailError::Refused { code: 421 }) }
        };
        within(deadline, attempt).await
    }

    async fn deliver(&self, letter: Message) -> Result<(), MailError> {
        self.transport().await?.send(letter).await.map(drop).map_err(MailError::of)
    }

    async fn transport(&self) -> Result<&Transport, MailError> {
        let build = || async {
            let shared = Arc::clone(&self.0);
            let built = tokio::task::spawn_blocking(move || shared.build()).await;
            built.map_err(|_| MailError::Misconfigured(None))?
        };
        self.0.transport.get_or_try_init(build).await
    }
}

/// The certificates in a PEM file, of which there is at least one.
fn roots(pem: &[u8]) -> Result<Vec<Certificate>, BadConfig> {
    const BEGINNING: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let has_one = pem.windows(BEGINNING.len()).any(|window| window == BEGINNING);
    let certificate = Certificate::from_pem(pem).map_err(|_| BadConfig::Roots)?;
    if has_one { Ok(vec![certificate]) } else { Err(BadConfig::Roots) }
}

async fn within<T>(
    deadline: Deadline<'_>,
    attempt: impl Future<Output = Result<T, MailError>>,
) -> Result<T, MailError> {
    tokio::select! {
        outcome = attempt => outcome,
        () = deadline => Err(MailError::TimedOut),
    }
}

impl Shared {
    /// Blocking: reads the system's trusted roots.
    fn build(&self) -> Result<Transport, MailError> {
        let security = match self.config.tls {
            Tls::Required => Security::Required(self.tls()?),
            Tls::Implicit => Security::Wrapper(self.tls()?),
            Tls::None => Security::None,
        };
        let mut transport = Transport::builder_dangerous(&self.config.host)
            .port(self.config.port)
            .tls(security)
            .hello_name(ClientId::Domain(self.from.email.domain().to_owned()))
            .timeout(Some(CONNECT));
        if let Some(login) = &self.config.login {
            let password = login.password.reveal().to_owned();
            transport = transport.credentials(Credentials::new(login.user.clone(), password));
        }
        Ok(transport.build())
    }

    fn tls(&self) -> Result<TlsParameters, MailError> {
        let mut tls: TlsParametersBuilder = TlsParameters::builder(self.config.host.clone());
        if !self.roots.is_empty() {
            tls = tls.certificate_store(CertificateStore::None);
        }
        for root in &self.roots {
            tls = tls.add_root_certificate(root.clone());
        }
        tls.build_rustls().map_err(MailError::of)
    }
}

#[async_trait]
impl CodeMailer for Smtp {
    async fn send(&self, mail: &CodeMail, deadline: Deadline<'_>) -> Result<(), MailError> {
        let letter = mail.letter(&self.0.from, &self.0.hub)?;
        within(deadline, self.deliver(letter)).await.map_err(|error| {
            // Not every server takes addresses in other scripts.
            let is_foreign = matches!(error, MailError::Misconfigured(_)) && !mail.to.spelling().is_ascii();
            if is_foreign { MailError::BadAddress } else { error }
        })
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("config", &self.0.config).finish_non_exhaustive()
    }
}
