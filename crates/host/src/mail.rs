//! How codes leave the hub: by the configured mail server; without one, and while nobody but this machine can reach the
//! hub, through the operator.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_core::{CodeMail, CodeMailer, MailFailure};
use tertulia_store::{Accounts, UnsentMail};
use tertulia_store_sqlite::SqliteStore;

use crate::config::Config;

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

/// Who carries codes; nobody, where strangers can reach the hub and no mail server is configured.
pub(crate) fn mailer(
    config: &Config,
    store: &Arc<SqliteStore>,
    display: Option<Arc<dyn ShowCode>>,
) -> Option<Arc<dyn CodeMailer>> {
    if config.serves_loopback_only() {
        return Some(Arc::new(Desk { store: store.clone(), display }));
    }
    None
}
