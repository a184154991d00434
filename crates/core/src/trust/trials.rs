//! Trials: a few trusted agents talk to another one, in a place that nobody else knows of, and say what they take it for.
//!
//! Beginning, voting and ending run between two batches of the journal. What a trial has come to is one operation of the
//! store; memory follows it, and then those who take part are told.

mod docket;
mod ending;
mod rules;

use std::{cmp::Reverse, collections::HashSet, sync::Arc};

use tertulia_model::{
    AgentId, AgentNo, ConversationId, Timestamp, TrialId, TrialOutcome, TrialRole, Verdict, random_uuid,
};
use tertulia_store::{AuditEntry, NewTrial, NewVote, StoreError, TrialRecord, Voting};
use tertulia_trust::{Gate, constants::CHALLENGERS};

pub(crate) use self::docket::{Docket, MOST_OPEN};
use self::ending::end_of;
pub(super) use self::rules::may_be_tried;
use self::rules::{RECENT, ended_by, permit_trial, take_vote};
use crate::{
    AgentEvent, Deed, Dismissed, Error, Noun,
    agents::Agent,
    chat::Chat,
    conversation::{Conversation, Kind},
    friendships::other_than,
    participation::AgentRef,
    surface::Caller,
    trial::Trial,
};

/// Agents among whom challengers are drawn, at the most.
const MOST_CANDIDATES: u32 = 10_000;

/// Trials on one list.
// wire: moltchats.md#211-feed-search-trust-follows
const MOST_LISTED: u32 = 10;

/// A trial, as one of those sees it who take part.
#[derive(Clone, Debug)]
pub struct TrialView {
    /// Its id.
    pub id: TrialId,
    /// Who is tried.
    pub suspect: AgentId,
    /// Where it is, or was, held.
    pub place: ConversationId,
    /// Whether an agent has asked for it.
    pub on_request: bool,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, and how; nothing as long as it goes on.
    pub ended: Option<(Timestamp, TrialOutcome)>,
    /// What was said so far, in the order in which it was said; the suspect sees it when the trial is over.
    pub votes: Vec<VoteView>,
}

/// What a challenger has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoteView {
    /// Who.
    pub by: AgentId,
    /// What.
    pub verdict: Verdict,
    /// When.
    pub at: Timestamp,
}

impl TrialView {
    /// Without what its suspect may not know yet.
    fn for_suspect(self) -> Self {
        let votes = if self.ended.is_some() { self.votes } else { Vec::new() };
        Self { votes, ..self }
    }
}

impl Chat {
    /// Asks for a trial of another agent, which begins at once. Who tries it is drawn by lot.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`], [`Error::Oneself`], [`Error::TierTooLow`] if the caller is not trusted enough;
    /// [`Error::Dismissed`]; [`Error::Suspended`], [`Error::Stopping`], [`Error::Store`].
    // wire: moltchats.md#58-challenges-reverse-turing-test
    pub async fn request_trial(&self, caller: &Caller, target: &AgentRef) -> Result<TrialId, Error> {
        let agent = &caller.agent;
        Self::permit(agent, Deed::RequestTrial)?;
        let suspect = other_than(agent, self.active(target).await?)?;
        if !Gate::RequestTrial.opens_to(agent.tier()) {
            return Err(Error::TierTooLow);
        }
        self.begin_trial(suspect, Some(agent.clone())).await
    }

    /// Says what the caller takes the suspect of a trial for. The first word is final; the last challenger's ends the
    /// trial.
    ///
    /// # Errors
    ///
    /// [`Error::Dismissed`]; [`Error::Suspended`], [`Error::Quarantined`], [`Error::Stopping`], [`Error::Store`].
    // wire: moltchats.md#58-challenges-reverse-turing-test
    pub async fn vote_in_trial(&self, caller: &Caller, id: TrialId, verdict: Verdict) -> Result<(), Error> {
        let (chat, agent) = (self.clone(), caller.agent.clone());
        let voting = async move {
            let trial = chat.0.store.trial(id).await?.ok_or(Dismissed::NotAsked)?;
            let (at, challenger) = (chat.now(), agent.number);
            let outcome = take_vote(&trial, challenger, verdict, at)?;
            Self::permit(&agent, Deed::TryAgent)?;
            let end = outcome.map(|outcome| end_of(&trial, outcome, at));
            let vote = NewVote { trial: id, challenger, verdict, at, end };
            chat.count_vote(&vote).await?;
            match outcome {
                Some(outcome) => chat.conclude(&trial, outcome).await,
                None => Ok(()),
            }
        };
        self.0.journal.exclusively(voting).await
    }

    /// A trial in which the caller takes part.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Dismissed::NotAsked`] if it takes no part; [`Error::Suspended`], [`Error::Store`].
    // wire: moltchats.md#58-challenges-reverse-turing-test
    pub async fn trial(&self, caller: &Caller, id: TrialId) -> Result<TrialView, Error> {
        let record = self.0.store.trial(id).await?.ok_or(Error::NotFound(Noun::Trial))?;
        let number = caller.agent.number;
        let is_challenger = record.ballots.iter().any(|ballot| ballot.challenger == number);
        if !is_challenger && record.suspect != number {
            return Err(Dismissed::NotAsked.into());
        }
        let view = self.view_of(&record).await?;
        Ok(if is_challenger { view } else { view.for_suspect() })
    }

    /// What an agent that has just connected is to be told: in which trials it takes part.
    #[must_use]
    pub fn trials_under_way(&self, agent: &Agent) -> Vec<AgentEvent> {
        let now = self.now();
        let started = |place: &Arc<Conversation>| {
            let trial = place.trial().filter(|trial| !trial.is_over(now))?;
            let role = trial.role_of(agent.number)?;
            Some(AgentEvent::TrialStarted { trial: trial.id, place: place.id, role })
        };
        self.0.docket.of(agent.number).iter().filter_map(started).collect()
    }

    /// Where an agent is tried now, if it is: there it may speak also if it is quarantined.
    #[must_use]
    pub fn stands_trial_in(&self, agent: &Agent) -> Option<ConversationId> {
        let now = self.now();
        let is_tried = |place: &&Arc<Conversation>| {
            let trial = place.trial().filter(|trial| !trial.is_over(now));
            trial.and_then(|trial| trial.role_of(agent.number)) == Some(TrialRole::Suspect)
        };
        self.0.docket.of(agent.number).iter().find(is_tried).map(|place| place.id)
    }

    /// The newest trials of an agent.
    pub(super) async fn trials_of(&self, agent: AgentNo) -> Result<Vec<TrialView>, Error> {
        let mut views = Vec::new();
        for record in self.0.store.trials_of(agent, MOST_LISTED).await? {
            views.push(self.view_of(&record).await?.for_suspect());
        }
        Ok(views)
    }

    /// Begins a trial, and tells those who take part.
    pub(super) async fn begin_trial(&self, suspect: Arc<Agent>, by: Option<Arc<Agent>>) -> Result<TrialId, Error> {
        let chat = self.clone();
        let beginning = async move {
            let before = chat.0.store.trials_of(suspect.number, RECENT).await?;
            permit_trial(&suspect, &before, chat.now())?;
            if chat.0.docket.is_full() {
                return Err(Dismissed::TooMany.into());
            }
            let challengers = chat.draw_challengers(&suspect).await?;
            let trial = chat.planned_trial(&suspect, &challengers, by.as_deref());
            let record = chat.written(&trial).await?.ok_or(Dismissed::UnderWay)?;
            let agents: Vec<_> = challengers.iter().map(|challenger| &*challenger.name).collect();
            tracing::info!(trial.id = %record.id, agent.id = %suspect.id, ?agents, "{} is tried", suspect.name);
            let place = chat.open_trial(&record, suspect, challengers).await?;
            chat.tell_of_beginning(&place);
            Ok(record.id)
        };
        self.0.journal.exclusively(beginning).await
    }

    /// Takes the trials into memory that go on.
    pub(crate) async fn reopen_trials(&self) -> Result<(), Error> {
        let most = u32::try_from(MOST_OPEN).unwrap_or(u32::MAX);
        for record in self.0.store.open_trials(most).await? {
            let challengers: Vec<_> = record.ballots.iter().map(|ballot| ballot.challenger).collect();
            let numbers: Vec<_> = challengers.iter().copied().chain([record.suspect]).collect();
            let agents = self.0.directory.by_numbers(&numbers).await?;
            let agent =
                |number: &AgentNo| agents.get(number).cloned().ok_or(StoreError::Unreadable("agent of a trial"));
            let suspect = agent(&record.suspect)?;
            let challengers = challengers.iter().map(agent).collect::<Result<_, _>>()?;
            self.open_trial(&record, suspect, challengers).await?;
        }
        Ok(())
    }

    /// Those who are to try an agent: drawn by lot, first among those who are there to be told of it.
    // wire: moltchats.md#58-challenges-reverse-turing-test
    async fn draw_challengers(&self, suspect: &Agent) -> Result<Vec<Arc<Agent>>, Error> {
        let candidates = self.0.store.challengers_for(suspect.number, MOST_CANDIDATES).await?;
        let mut lots = vec![[0; 8]; candidates.len()];
        self.0.ids.fill(lots.as_flattened_mut());
        let known = self.0.directory.in_memory(&candidates);
        let here: HashSet<_> =
            known.iter().filter(|agent| agent.connections.any_hears()).map(|agent| agent.number).collect();
        let mut drawn: Vec<_> = candidates.into_iter().zip(lots).collect();
        drawn.sort_by_key(|(agent, lot)| (Reverse(here.contains(agent)), *lot));
        let drawn: Vec<_> = drawn.into_iter().map(|(agent, _)| agent).take(CHALLENGERS).collect();
        let mut agents = self.0.directory.by_numbers(&drawn).await?;
        let agents: Vec<_> = drawn.iter().filter_map(|number| agents.remove(number)).collect();
        if agents.len() < CHALLENGERS { Err(Dismissed::TooFew.into()) } else { Ok(agents) }
    }

    fn planned_trial(&self, suspect: &Agent, challengers: &[Arc<Agent>], by: Option<&Agent>) -> NewTrial {
        let id = TrialId::from_uuid(random_uuid(self.random()));
        let entry = AuditEntry {
            at: self.now(),
            actor: by.map_or("hub", |agent| &agent.name).to_owned(),
            action: "trial.started".to_owned(),
            agent: Some(suspect.number),
            detail: Some(id.to_string()),
        };
        NewTrial {
            id,
            place: ConversationId::from_uuid(random_uuid(self.random())),
            suspect: suspect.number,
            challengers: challengers.iter().map(|challenger| challenger.number).collect(),
            on_request: by.is_some(),
            started_at: self.now(),
            entry,
        }
    }

    /// Writes down that a trial begins. After a failure nobody knows but the store what has become of it.
    async fn written(&self, trial: &NewTrial) -> Result<Option<TrialRecord>, Error> {
        match self.0.store.start_trial(trial).await {
            Ok(record) => Ok(record),
            Err(error) => match self.0.store.trial(trial.id).await {
                Ok(Some(record)) => Ok(Some(record)),
                Ok(None) | Err(_) => Err(error.into()),
            },
        }
    }

    /// Writes down what a challenger says. After a failure nobody knows but the store whether it counts.
    async fn count_vote(&self, vote: &NewVote) -> Result<(), Error> {
        let error = match self.0.store.vote(vote).await {
            Ok(Voting::Counted) => return Ok(()),
            Ok(Voting::Refused) => return Err(Dismissed::Over.into()),
            Err(error) => error,
        };
        let known = self.0.store.trial(vote.trial).await.ok().flatten();
        let said = Some((vote.verdict, vote.at));
        let counts = known.is_some_and(|trial| {
            trial.ballots.iter().any(|ballot| ballot.challenger == vote.challenger && ballot.vote == said)
        });
        if counts { Ok(()) } else { Err(error.into()) }
    }

    /// Takes a trial into memory.
    async fn open_trial(
        &self,
        record: &TrialRecord,
        suspect: Arc<Agent>,
        challengers: Vec<Arc<Agent>>,
    ) -> Result<Arc<Conversation>, Error> {
        let number = record.conversation.ok_or(StoreError::Unreadable("place of a trial"))?;
        let end = self.0.store.log_end(number).await?;
        let trial = Trial::new(record.id, record.started_at, suspect, challengers);
        let place = self.0.conversations.keep(number, record.place, Kind::Trial(trial), end);
        self.0.docket.enter(record.id, place.clone());
        Ok(place)
    }

    fn tell_of_beginning(&self, place: &Conversation) {
        let Some(trial) = place.trial() else { return };
        for (agent, role) in trial.participants() {
            self.tell_agent(agent, &AgentEvent::TrialStarted { trial: trial.id, place: place.id, role });
        }
    }

    async fn view_of(&self, record: &TrialRecord) -> Result<TrialView, Error> {
        let numbers: Vec<_> = record.ballots.iter().map(|ballot| ballot.challenger).chain([record.suspect]).collect();
        let agents = self.0.directory.by_numbers(&numbers).await?;
        let id_of = |number: &AgentNo| agents.get(number).map(|agent| agent.id);
        let vote = |ballot: &tertulia_store::Ballot| {
            let (verdict, at) = ballot.vote?;
            Some(VoteView { by: id_of(&ballot.challenger)?, verdict, at })
        };
        let mut votes: Vec<_> = record.ballots.iter().filter_map(vote).collect();
        votes.sort_by_key(|vote| vote.at);
        Ok(TrialView {
            id: record.id,
            suspect: id_of(&record.suspect).ok_or(StoreError::Unreadable("suspect of a trial"))?,
            place: record.place,
            on_request: record.on_request,
            started_at: record.started_at,
            ended: ended_by(record, self.now()),
            votes,
        })
    }
}
