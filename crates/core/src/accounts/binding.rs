//! Binding an e-mail address to an agent that registered without one: from then on it can be recovered, and its keys can be
//! replaced.

use tertulia_model::{CodeId, CodePurpose, Email};
use tertulia_store::{EmailBinding, EmailCode};

use crate::{
    Deed, EmailRefused, Error, Protected,
    chat::Chat,
    limiter::Subject,
    limits::{Action, AddressKey},
    surface::Caller,
};

impl Chat {
    /// Sends a code to an address that the caller wants to be reached at. Nothing changes by it.
    ///
    /// # Errors
    ///
    /// [`Protected::SystemAgent`]; [`EmailRefused::Bound`] if the caller has an address; [`Error::Throttled`],
    /// [`Error::Code`] if no code may or can be sent now; [`Error::Suspended`], [`Error::Store`].
    pub async fn begin_binding(&self, caller: &Caller, email: Email) -> Result<CodeId, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldCredentials)?;
        if agent.is_system {
            return Err(Protected::SystemAgent.into());
        }
        if self.0.store.account(agent.number).await?.email.is_some() {
            return Err(EmailRefused::Bound.into());
        }
        self.require_mailer()?;
        let limit = caller.surface.limits.of(Action::BindEmail);
        let subject = Subject::Agent(agent.number);
        self.0.limiter.take(caller.surface.counted_as, Action::BindEmail, subject, limit).map_err(Error::Throttled)?;
        let slot = self.take_slot(&email)?;
        let code = EmailCode { purpose: CodePurpose::Bind, email, agent: Some(agent.number), newcomer: None };
        self.send_code(&slot, code).await
    }

    /// Binds the address to the caller, who tells the code that was sent there. The code is used up, whatever comes of it.
    ///
    /// # Errors
    ///
    /// [`Error::Code`], [`Error::Throttled`] after too many wrong codes of the client's address; [`Error::Email`] if the
    /// caller has an address by now, or as many agents have this one as may; [`Error::Suspended`], [`Error::Store`].
    pub async fn complete_binding(
        &self,
        caller: &Caller,
        address: AddressKey,
        id: CodeId,
        code: &str,
    ) -> Result<Email, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::HoldCredentials)?;
        let told = self.tell_code(address, (id, CodePurpose::Bind), Some(agent.number), code).await?;
        let most = self.email_bounds();
        let entry = self.entry(agent, "agent.email_bound", "");
        match self.0.store.bind_email(agent.number, &told.email, most, &entry).await? {
            EmailBinding::Bound => Ok(told.email),
            EmailBinding::NotFree => Err(EmailRefused::Bound.into()),
            EmailBinding::TooManyLive => Err(EmailRefused::Limit { limit: most.live }.into()),
            EmailBinding::TooManyEver => Err(EmailRefused::Exhausted { limit: most.ever }.into()),
        }
    }
}
