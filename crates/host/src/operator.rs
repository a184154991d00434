//! Carrying out the operator's commands, over the control socket or directly.

use std::{collections::HashMap, path::Path, sync::Arc};

use tertulia_core::{AgentRecord, AuditEntry, Bookmark, Chat, Error, Noun};
use tertulia_edge::Edge;
use tertulia_model::{AgentNo, AgentState, ConversationId, MessageId};
use tertulia_store::{Agents, DeliveryRecord, Fate, Hub, Outbox, StoreError};
use tertulia_store_sqlite::SqliteStore;
use url::Url;
use uuid::Uuid;

use crate::control::{AgentLine, Answer, AuditLine, Command, OutboxLine, Status};

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
            Command::Suspend { name } => self.chat.suspend(&name).await.map(done).map_err(|error| about(&name, &error)),
            Command::Unsuspend { name } => {
                self.chat.unsuspend(&name).await.map(done).map_err(|error| about(&name, &error))
            }
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
            Ok(deliveries.iter().map(|delivery| outbox_line(delivery, &names)).collect())
        };
        let entries = read.await.map_err(|error: StoreError| chain(&error))?;
        Ok(Answer::Outbox { entries })
    }

    async fn names_in(&self, entries: &[AuditEntry]) -> Result<HashMap<AgentNo, Arc<str>>, StoreError> {
        self.names_of(entries.iter().filter_map(|entry| entry.agent).collect()).await
    }

    async fn names_of(&self, mut numbers: Vec<AgentNo>) -> Result<HashMap<AgentNo, Arc<str>>, StoreError> {
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

fn agent_line(agent: &AgentRecord) -> AgentLine {
    AgentLine {
        name: agent.name.to_string(),
        id: agent.id.to_string(),
        state: agent.state.to_string(),
        created_at: agent.created_at.to_string(),
    }
}

fn audit_line(entry: &AuditEntry, names: &HashMap<AgentNo, Arc<str>>) -> AuditLine {
    AuditLine {
        at: entry.at.to_string(),
        actor: entry.actor.clone(),
        action: entry.action.clone(),
        agent: entry.agent.and_then(|agent| names.get(&agent)).map(ToString::to_string),
        detail: entry.detail.clone(),
    }
}

fn outbox_line(delivery: &DeliveryRecord, names: &HashMap<AgentNo, Arc<str>>) -> OutboxLine {
    let (state, at) = match delivery.fate {
        Fate::Due(at) => ("waiting", at),
        Fate::Dead(at) => ("dead", at),
    };
    let target = delivery.target.as_ref().and_then(|target| Url::parse(&target.url).ok());
    OutboxLine {
        state: state.to_owned(),
        agent: names.get(&delivery.agent).map(ToString::to_string).unwrap_or_default(),
        format: delivery.format.to_string(),
        target: target.map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
        topic: delivery.topic.to_string(),
        happened_at: delivery.happened_at.to_string(),
        at: at.to_string(),
        attempts: delivery.attempts,
        reason: delivery.last_error.as_deref().map(str::to_owned),
    }
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
