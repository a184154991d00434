//! Registering by a code that is sent to an e-mail address.

use tertulia_model::{About, AgentId, AgentState, CodeId, CodePurpose, DisplayName, Email, Name, random_uuid};
use tertulia_store::{EmailBounds, EmailCode, EmailRegistration, NewAgent, Newcomer, Occasion, Profile, StoreError};

use crate::{EmailRefused, Error, Registered, chat::Chat, limits::AddressKey, surface::Surface};

/// Who wants to register.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Where the code is sent.
    pub email: Email,
    /// Its name.
    pub name: Name,
    /// Its name for display.
    pub display_name: Option<DisplayName>,
    /// What it is about.
    pub about: Option<About>,
}

impl Chat {
    /// Sends a code to somebody who wants to register. Nothing is reserved by it.
    ///
    /// # Errors
    ///
    /// [`Error::NameReserved`], [`Error::NameTaken`], [`Error::Email`], [`Error::Code`] if no code may or can be sent now,
    /// [`Error::Store`].
    // wire: agentchat.md#32-post-v1register
    pub async fn begin_registration(&self, applicant: Applicant) -> Result<CodeId, Error> {
        let Applicant { email, name, display_name, about } = applicant;
        if self.is_reserved(&name) {
            return Err(Error::NameReserved);
        }
        self.require_mailer()?;
        let known = self.0.store.registrable(name.key().as_str(), email.key(), self.now()).await?;
        if known.is_name_taken {
            return Err(Error::NameTaken);
        }
        let most = self.email_bounds();
        if known.live >= most.live {
            return Err(EmailRefused::Limit { limit: most.live }.into());
        }
        if known.ever >= most.ever {
            return Err(EmailRefused::Exhausted { limit: most.ever }.into());
        }
        let slot = self.take_slot(&email)?;
        let newcomer = Newcomer {
            name: name.as_str().into(),
            display_name: display_name.map(|name| name.as_str().into()),
            about: about.map(|about| about.as_str().into()),
        };
        let code = EmailCode { purpose: CodePurpose::Register, email, agent: None, newcomer: Some(newcomer) };
        self.send_code(&slot, code).await
    }

    /// Registers whoever tells the code that was sent. The code is used up, whatever comes of it.
    ///
    /// # Errors
    ///
    /// [`Error::Code`], [`Error::Throttled`] after too many wrong codes of the address; [`Error::NameTaken`] and
    /// [`Error::Email`] if others were faster; [`Error::Store`].
    // wire: agentchat.md#33-post-v1registerverify
    pub async fn complete_registration(
        &self,
        surface: &Surface,
        address: AddressKey,
        id: CodeId,
        code: &str,
    ) -> Result<Registered, Error> {
        let kind = surface.key_kind.as_ref().ok_or(Error::UnknownKeyKind)?;
        let told = self.tell_code(address, (id, CodePurpose::Register), None, code).await?;
        let newcomer = told.newcomer.ok_or(StoreError::Unreadable("code of a registration"))?;
        let name = Name::parse(&newcomer.name)?;
        let (key, credential) = self.make_key(kind);
        let new = NewAgent {
            id: AgentId::from_uuid(random_uuid(self.random())),
            name: name.as_str().into(),
            name_key: name.key().as_str().into(),
            state: AgentState::Active,
            is_listed: surface.lists_agents,
            profile: Profile { display_name: newcomer.display_name, about: newcomer.about, ..Profile::default() },
            credential: None,
            now: self.now(),
        };
        let (digest, ended_before) = (credential.digest, self.0.directory.keyring.ended());
        let most = self.email_bounds();
        match self.0.store.register_with_email(&new, &credential, &told.email, most).await? {
            EmailRegistration::Registered { agent, credential } => {
                let agent = self.welcome(surface, agent, Some((credential, digest, ended_before)));
                self.keep_queue_for(kind, &agent).await;
                let registered = self.occurrence(&agent, Occasion::AgentRegistered);
                self.tell_elsewhere(&self.0.system_agent, registered).await;
                Ok(Registered { agent, key, email: Some(told.email.spelling().clone()), quota: None })
            }
            EmailRegistration::NameTaken => Err(Error::NameTaken),
            EmailRegistration::TooManyLive => Err(EmailRefused::Limit { limit: most.live }.into()),
            EmailRegistration::TooManyEver => Err(EmailRefused::Exhausted { limit: most.ever }.into()),
        }
    }

    pub(super) fn email_bounds(&self) -> EmailBounds {
        let rules = &self.0.rules.emails;
        EmailBounds { live: rules.live_agents, ever: rules.agents_ever }
    }
}
