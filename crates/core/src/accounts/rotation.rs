//! Replacing a key, by an agent that still has one and gets a code at its e-mail address.

use tertulia_model::{CodeId, CodePurpose, Email};
use tertulia_store::{EmailCode, Issuance, StoreError};

use crate::{Deed, EmailRefused, Error, Key, Protected, chat::Chat, limits::AddressKey, surface::Caller};

impl Chat {
    /// Sends the caller a code with which it can replace its key.
    ///
    /// # Errors
    ///
    /// [`Protected::SystemAgent`], [`Error::Email`] if no address is bound to the caller, [`Error::Code`] if no code may or can
    /// be sent now; [`Error::Suspended`], [`Error::Store`].
    // wire: agentchat.md#36-rotation-by-the-key-holder
    pub async fn begin_rotation(&self, caller: &Caller) -> Result<CodeId, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldCredentials)?;
        if agent.is_system {
            return Err(Protected::SystemAgent.into());
        }
        let account = self.0.store.account(agent.number).await?;
        let email = account.email.ok_or(EmailRefused::Missing)?;
        let email = Email::parse(&email).map_err(|_| StoreError::Unreadable("e-mail address"))?;
        self.require_mailer()?;
        let slot = self.take_slot(&email)?;
        let code = EmailCode { purpose: CodePurpose::Rotate, email, agent: Some(agent.number), newcomer: None };
        self.send_code(&slot, code).await
    }

    /// Replaces the caller's key of the kind that its surface issues, and that key alone. The connections that it opened
    /// end.
    ///
    /// # Errors
    ///
    /// [`Error::Code`], [`Error::Throttled`] after too many wrong codes of the address; [`Error::Unauthenticated`] if the
    /// caller's own credential has ended meanwhile; [`Error::Suspended`], [`Error::Store`].
    // wire: agentchat.md#36-rotation-by-the-key-holder
    pub async fn complete_rotation(
        &self,
        caller: &Caller,
        address: AddressKey,
        id: CodeId,
        code: &str,
    ) -> Result<Key, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldCredentials)?;
        let kind = caller.surface.key_kind.as_ref().ok_or(Error::UnknownKeyKind)?;
        self.tell_code(address, (id, CodePurpose::Rotate), Some(agent.number), code).await?;
        self.keep_queue_for(kind, agent).await;
        let (key, credential) = self.make_key(kind);
        let entry = self.entry(agent, "agent.key_rotated", kind.prefix());
        let (by, now) = (caller.credential, self.now());
        match self.0.store.issue_credential(agent.number, by, &credential, now, &entry).await? {
            Issuance::Issued { ended, .. } => {
                if let Some(ended) = ended {
                    self.end_credential(agent, ended);
                }
                Ok(key)
            }
            Issuance::ActorEnded => Err(Error::Unauthenticated),
        }
    }
}
