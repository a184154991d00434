//! Carrying out the operator's commands, over the control socket or directly.

mod lines;

use std::{path::Path, sync::Arc};

use tertulia_core::{AuditEntry, Bookmark, Chat, Error, Noun};
use tertulia_edge::Edge;
use tertulia_model::{AgentNo, AgentState, ConversationId, MessageId, Pause, Reason};
use tertulia_store::{Accounts, Agents, Hub, Outbox, StoreError};
use tertulia_store_sqlite::SqliteStore;
use uuid::Uuid;

use crate::control::{Answer, Command, Status};
use lines::{Names, agent_line, audit_line, code_line, outbox_line, report_line};

/// Most entries of the audit log in one answer.
const MOST_ENTRIES: u32 = 1_000;

/// Carries out the operator's commands. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Operator {
    chat: Chat,
    store: Arc<SqliteStore>,
    doors: Option<Doors>,
}

/// What a running hub has and one that is only open has not.
#[derive(Clone, Debug)]
pub(crate) struct Doors {
    /// Where it listens.
    pub(crate) url: Arc<str>,
    /// What every request passes through.
    pub(crate) edge: Edge,
}

impl Operator {
    pub(crate) fn new(chat: Chat, store: Arc<SqliteStore>, doors: Option<Doors>) -> Self {
        Self { chat, store, doors }
    }

    /// Does what is asked and says what came of it.
    pub async fn carry_out(&self, command: Command) -> Answer {
        let outcome = match command {
            Command::Status => Ok(self.status()),
            Command::Suspend { name } => self.said_of(&name, self.chat.suspend(&name).await),
            Command::Unsuspend { name } => self.said_of(&name, self.chat.unsuspend(&name).await),
            Command::Seed { name } => self.said_of(&name, self.chat.set_seed(&name, true).await),
            Command::Unseed { name } => self.said_of(&name, self.chat.set_seed(&name, false).await),
            Command::Quarantine { name, reason } => self.quarantine(&name, reason.as_deref()).await,
            Command::Release { name } => self.said_of(&name, self.chat.release(&name).await),
            Command::Standing { name } => self.standing(&name).await,
            Command::Reports { about, limit } => self.reports(about.as_deref(), limit).await,
            Command::Pause { name, mode } => self.pause(&name, Some(&mode)).await,
            Command::Unpause { name } => self.pause(&name, None).await,
            Command::Restrict { name } => self.said_of(&name, self.chat.restrict(&name, true).await),
            Command::Unrestrict { name } => self.said_of(&name, self.chat.restrict(&name, false).await),
            Command::DeleteMessage { id } => self.delete_message(&id).await,
            Command::List { state, after } => self.list(state.as_deref(), after.as_deref()).await,
            Command::Audit { limit } => self.audit(limit).await,
            Command::Outbox => self.outbox().await,
            Command::Backup { file } => self.backup(&file).await,
        };
        outcome.unwrap_or_else(|reason| Answer::Refused { reason })
    }

    fn status(&self) -> Answer {
        let stats = self.chat.stats();
        Answer::Status(Status {
            version: crate::VERSION.to_owned(),
            pid: std::process::id(),
            url: self.doors.as_ref().map(|doors| doors.url.to_string()).unwrap_or_default(),
            foreign_forwarding: self.doors.as_ref().is_some_and(|doors| doors.edge.foreign_forwarding_seen()),
            epoch: self.chat.hub().epoch.0,
            agents: stats.agents,
            online: stats.online,
            messages: stats.messages,
        })
    }

    /// What came of something done to an agent.
    fn said_of(&self, name: &str, outcome: Result<bool, Error>) -> Result<Answer, String> {
        outcome.map(done).map_err(|error| self.about_agent(name, &error))
    }

    fn about_agent(&self, name: &str, error: &Error) -> String {
        if matches!(error, Error::NotFound(Noun::Agent)) && self.chat.is_hub_itself(name) {
            return format!("`{name}` is the hub itself, which nothing is done to");
        }
        about(name, error)
    }

    async fn quarantine(&self, name: &str, reason: Option<&str>) -> Result<Answer, String> {
        let reason = reason.map(Reason::parse).transpose().map_err(|error| error.to_string())?.flatten();
        self.said_of(name, self.chat.quarantine(name, reason.as_ref()).await)
    }

    async fn standing(&self, name: &str) -> Result<Answer, String> {
        let known = self.chat.standing(name).await.map_err(|error| self.about_agent(name, &error))?;
        Ok(Answer::Standing(lines::standing(&known)))
    }

    async fn reports(&self, about: Option<&str>, limit: u32) -> Result<Answer, String> {
        let reports = self.chat.report_book(about, limit.min(MOST_ENTRIES)).await;
        let reports = reports.map_err(|error| self.about_agent(about.unwrap_or_default(), &error))?;
        let agents = reports.iter().flat_map(|report| [report.reporter, report.target]).collect();
        let names = self.names_of(agents).await.map_err(|error| chain(&error))?;
        Ok(Answer::Reports { entries: reports.iter().map(|report| report_line(report, &names)).collect() })
    }

    async fn pause(&self, name: &str, mode: Option<&str>) -> Result<Answer, String> {
        let unknown = |mode: &str| format!("`{mode}` is no way to pause: {}", Pause::ALL.map(Pause::as_str).join(", "));
        let pause = mode.map(|mode| Pause::from_word(mode).ok_or_else(|| unknown(mode))).transpose()?;
        self.said_of(name, self.chat.pause(name, pause).await)
    }

    async fn delete_message(&self, id: &str) -> Result<Answer, String> {
        let Some(named) = NamedMessage::parse(id) else {
            return Err(format!(
                "`{id}` is not the id of a message: a UUID, or like 0001-000000000001-89abcdef in the lobby, or such a \
                 one after a room's id and a slash"
            ));
        };
        let removal = async {
            let message = match named {
                NamedMessage::Anywhere(message) => message,
                NamedMessage::InLobby(bookmark) => self.chat.message_at(self.chat.lobby(), bookmark).await?,
                NamedMessage::InRoom(room, bookmark) => {
                    self.chat.message_at(&*self.chat.room(room).await?, bookmark).await?
                }
            };
            self.chat.remove_message(message).await
        };
        removal.await.map(done).map_err(|error| about(id, &error))
    }

    async fn list(&self, state: Option<&str>, after: Option<&str>) -> Result<Answer, String> {
        let state = state.map(state_of).transpose()?;
        let agents = self.chat.agents_in_state(state, after).await;
        let agents = agents.map_err(|error| about(after.unwrap_or_default(), &error))?;
        Ok(Answer::Agents { agents: agents.iter().map(agent_line).collect() })
    }

    async fn audit(&self, limit: u32) -> Result<Answer, String> {
        let entries = self.chat.audit_log(limit.min(MOST_ENTRIES)).await.map_err(|error| chain(&error))?;
        let names = self.names_in(&entries).await.map_err(|error| chain(&error))?;
        Ok(Answer::Audit { entries: entries.iter().map(|entry| audit_line(entry, &names)).collect() })
    }

    async fn outbox(&self) -> Result<Answer, String> {
        let read = async {
            let mut deliveries = self.store.waiting_deliveries(MOST_ENTRIES).await?;
            deliveries.extend(self.store.dead_deliveries(MOST_ENTRIES).await?);
            let names = self.names_of(deliveries.iter().map(|delivery| delivery.agent).collect()).await?;
            let entries = deliveries.iter().map(|delivery| outbox_line(delivery, &names)).collect();
            let unsent = self.store.unsent_mails(self.chat.clock().now(), MOST_ENTRIES).await?;
            Ok(Answer::Outbox { entries, codes: unsent.iter().map(code_line).collect() })
        };
        read.await.map_err(|error: StoreError| chain(&error))
    }

    async fn names_in(&self, entries: &[AuditEntry]) -> Result<Names, StoreError> {
        self.names_of(entries.iter().filter_map(|entry| entry.agent).collect()).await
    }

    async fn names_of(&self, mut numbers: Vec<AgentNo>) -> Result<Names, StoreError> {
        numbers.sort_unstable();
        numbers.dedup();
        let agents = self.store.agents(&numbers).await?;
        Ok(agents.into_iter().map(|agent| (agent.number, agent.name)).collect())
    }

    async fn backup(&self, file: &Path) -> Result<Answer, String> {
        if !file.is_absolute() {
            return Err("the path of a backup is absolute".to_owned());
        }
        if file.exists() {
            return Err(format!("{} is there already; a backup never replaces a file", file.display()));
        }
        self.store.backup(file).await.map_err(|error| format!("the backup failed: {}", chain(&error)))?;
        let bytes = tokio::fs::metadata(file).await.map_or(0, |metadata| metadata.len());
        Ok(Answer::BackedUp { file: file.to_owned(), bytes })
    }
}

fn done(changed: bool) -> Answer {
    Answer::Done { changed }
}

fn state_of(word: &str) -> Result<AgentState, String> {
    AgentState::from_word(word).ok_or_else(|| {
        let states = AgentState::ALL.map(AgentState::as_str).join(", ");
        format!("`{word}` is not a state: {states}")
    })
}

/// A message as the operator names it.
enum NamedMessage {
    Anywhere(MessageId),
    InLobby(Bookmark),
    InRoom(ConversationId, Bookmark),
}

impl NamedMessage {
    fn parse(text: &str) -> Option<Self> {
        if let Some((room, bookmark)) = text.split_once('/') {
            let room = ConversationId::from_uuid(room.parse().ok()?);
            return Some(Self::InRoom(room, bookmark.parse().ok()?));
        }
        let anywhere = text.parse::<Uuid>().ok().map(|uuid| Self::Anywhere(MessageId::from_uuid(uuid)));
        anywhere.or_else(|| text.parse().ok().map(Self::InLobby))
    }
}

/// Why something was not done to what was named.
fn about(named: &str, error: &Error) -> String {
    if let Error::NotFound(noun) = error {
        return match noun {
            Noun::Agent => format!("there is no agent `{named}`"),
            Noun::Message => format!("there is no message `{named}`"),
            Noun::Credential => format!("there is no credential `{named}`"),
            Noun::Community => format!("there is no community `{named}`"),
            Noun::Channel => format!("there is no channel `{named}`"),
            Noun::FriendRequest => format!("there is no friend request `{named}`"),
            Noun::Trial => format!("there is no trial `{named}`"),
            Noun::Room => format!("there is no room `{named}`"),
            Noun::Conversation => format!("there is no conversation `{named}`"),
            Noun::Group => format!("there is no group `{named}`"),
            Noun::Invitation => format!("there is no invitation `{named}`"),
            Noun::Contact => format!("there is no contact `{named}`"),
            Noun::Block => format!("there is no block of `{named}`"),
            Noun::Mute => format!("there is no mute of `{named}`"),
            Noun::Presence => format!("there is no presence of `{named}`"),
            Noun::Webhook => format!("there is no webhook `{named}`"),
            Noun::Attachment => format!("there is no attachment `{named}`"),
            Noun::Avatar => format!("there is no image `{named}`"),
        };
    }
    chain(error)
}

/// An error with its causes. The operator is told everything.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |error| error.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
