//! Trials and the votes in them.

use async_trait::async_trait;
use sqlx::{SqliteConnection, sqlite::SqliteRow};
use tertulia_model::{
    AgentNo, ConversationId, ConversationKind, ConversationNo, Quarantine, Tier, Timestamp, TrialId, TrialOutcome,
    Verdict,
};
use tertulia_store::{Ballot, NewTrial, NewVote, StoreError, TrialEnd, TrialRecord, TrialSentence, Trials, Voting};

use crate::{
    SqliteStore, audit, conversations,
    failure::refused,
    readers::Statement,
    rows::{get, get_optional_time, get_time, get_uuid, number_list},
};

#[async_trait]
impl Trials for SqliteStore {
    async fn start_trial(&self, trial: &NewTrial) -> Result<Option<TrialRecord>, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let open = sqlx::query("select 1 from trials where suspect_no = ?1 and ended_at is null");
        if open.bind(trial.suspect.0).fetch_optional(&mut *transaction).await.map_err(refused)?.is_some() {
            return Ok(None);
        }
        let record = insert(&mut transaction, trial).await?;
        audit::write(&mut transaction, &trial.entry).await?;
        transaction.commit().await.map_err(refused)?;
        Ok(Some(record))
    }

    async fn vote(&self, vote: &NewVote) -> Result<Voting, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let counted = sqlx::query(
            "update challengers
             set verdict = ?3, voted_at = ?4
             where trial_no = (select trial_no from trials where trial_id = ?1 and ended_at is null)
             and agent_no = ?2
             and verdict is null",
        )
        .bind(vote.trial.as_uuid().as_bytes().as_slice())
        .bind(vote.challenger.0)
        .bind(vote.verdict.as_str())
        .bind(vote.at.as_micros());
        if counted.execute(&mut *transaction).await.map_err(refused)?.rows_affected() == 0 {
            return Ok(Voting::Refused);
        }
        if let Some(end) = &vote.end {
            close(&mut transaction, vote.trial, end).await?;
        }
        transaction.commit().await.map_err(refused)?;
        Ok(Voting::Counted)
    }

    async fn end_trial(&self, trial: TrialId, end: &TrialEnd) -> Result<bool, StoreError> {
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        if !close(&mut transaction, trial, end).await? {
            return Ok(false);
        }
        transaction.commit().await.map_err(refused)?;
        Ok(true)
    }

    async fn trial(&self, id: TrialId) -> Result<Option<TrialRecord>, StoreError> {
        let one = sqlx::query(
            "select t.trial_id, t.place_id, t.conversation_no, t.suspect_no, t.on_request, t.started_at, t.ended_at,
                    t.outcome, c.agent_no, c.verdict, c.voted_at
             from trials t
             join challengers c on c.trial_no = t.trial_no
             where t.trial_id = ?1
             order by c.agent_no",
        );
        let rows = self.readers.all(one.bind(id.as_uuid().as_bytes().as_slice())).await?;
        Ok(from_rows(&rows)?.pop())
    }

    async fn trials_of(&self, suspect: AgentNo, limit: u32) -> Result<Vec<TrialRecord>, StoreError> {
        let newest = sqlx::query(
            "select t.trial_id, t.place_id, t.conversation_no, t.suspect_no, t.on_request, t.started_at, t.ended_at,
                    t.outcome, c.agent_no, c.verdict, c.voted_at
             from (
                 select trial_no
                 from trials indexed by trials_of
                 where suspect_no = ?1
                 order by trial_no desc
                 limit ?2
             ) n
             cross join trials t on t.trial_no = n.trial_no
             cross join challengers c on c.trial_no = t.trial_no
             order by t.trial_no desc, c.agent_no",
        );
        from_rows(&self.readers.all(newest.bind(suspect.0).bind(limit)).await?)
    }

    async fn open_trials(&self, limit: u32) -> Result<Vec<TrialRecord>, StoreError> {
        let open = sqlx::query(
            "select t.trial_id, t.place_id, t.conversation_no, t.suspect_no, t.on_request, t.started_at, t.ended_at,
                    t.outcome, c.agent_no, c.verdict, c.voted_at
             from (
                 select trial_no
                 from trials indexed by trials_one_open
                 where ended_at is null
                 order by trial_no
                 limit ?1
             ) o
             cross join trials t on t.trial_no = o.trial_no
             cross join challengers c on c.trial_no = t.trial_no
             order by t.trial_no, c.agent_no",
        );
        from_rows(&self.readers.all(open.bind(limit)).await?)
    }

    async fn challengers_for(&self, suspect: AgentNo, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        let standing = sqlx::query(
            "select t.agent_no
             from trust t indexed by trust_of_standing
             cross join agents a on a.agent_no = t.agent_no
             where t.quarantined_for is null and (t.is_seed = 1 or t.earned = 'trusted')
             and t.agent_no <> ?1
             and a.state = 'active' and a.is_system = 0
             and not exists (select 1 from friendships f where f.agent_no = ?1 and f.friend_no = t.agent_no)
             order by t.agent_no
             limit ?2",
        );
        agents_in(&self.readers.all(standing.bind(suspect.0).bind(limit)).await?)
    }

    async fn take_due_suspects(&self, now: Timestamp, limit: u32) -> Result<Vec<AgentNo>, StoreError> {
        // Looked up first: as good as always there are none, and whoever writes syncs.
        let due = sqlx::query(
            "select agent_no
             from trust indexed by trust_by_trial
             where next_trial_at <= ?1
             order by next_trial_at
             limit ?2",
        );
        let due = agents_in(&self.readers.all(due.bind(now.as_micros()).bind(limit)).await?)?;
        if due.is_empty() {
            return Ok(due);
        }
        let taken = sqlx::query(
            "update trust
             set next_trial_at = null
             where agent_no in (select value from json_each(?1))
             and next_trial_at <= ?2
             returning agent_no",
        );
        let taken = taken.bind(number_list(due.iter().map(|agent| agent.0))).bind(now.as_micros());
        let mut writer = self.write_lock().await?;
        let mut transaction = writer.begin().await?;
        let rows = taken.fetch_all(&mut *transaction).await.map_err(refused)?;
        transaction.commit().await.map_err(refused)?;
        agents_in(&rows)
    }
}

async fn insert(connection: &mut SqliteConnection, trial: &NewTrial) -> Result<TrialRecord, StoreError> {
    let kind = ConversationKind::Trial;
    let conversation = conversations::insert(connection, trial.place, kind, trial.started_at).await?;
    let row = sqlx::query(
        "insert into trials (trial_id, place_id, conversation_no, suspect_no, on_request, started_at)
         values (?1, ?2, ?3, ?4, ?5, ?6)
         returning trial_no",
    )
    .bind(trial.id.as_uuid().as_bytes().as_slice())
    .bind(trial.place.as_uuid().as_bytes().as_slice())
    .bind(conversation.0)
    .bind(trial.suspect.0)
    .bind(trial.on_request)
    .bind(trial.started_at.as_micros())
    .fetch_one(&mut *connection)
    .await
    .map_err(refused)?;
    sqlx::query("insert into challengers (trial_no, agent_no) select ?1, value from json_each(?2)")
        .bind(get::<i64, _>(&row, "trial_no")?)
        .bind(number_list(trial.challengers.iter().map(|agent| agent.0)))
        .execute(connection)
        .await
        .map_err(refused)?;
    let mut challengers = trial.challengers.clone();
    challengers.sort_unstable();
    Ok(TrialRecord {
        id: trial.id,
        place: trial.place,
        conversation: Some(conversation),
        suspect: trial.suspect,
        on_request: trial.on_request,
        started_at: trial.started_at,
        ended: None,
        ballots: challengers.into_iter().map(|challenger| Ballot { challenger, vote: None }).collect(),
    })
}

/// Ends a trial with all that follows. `false`: there is none that goes on.
async fn close(connection: &mut SqliteConnection, trial: TrialId, end: &TrialEnd) -> Result<bool, StoreError> {
    let ended = sqlx::query(
        "update trials
         set ended_at = ?2, outcome = ?3
         where trial_id = ?1
         and ended_at is null
         returning suspect_no",
    )
    .bind(trial.as_uuid().as_bytes().as_slice())
    .bind(end.at.as_micros())
    .bind(end.outcome.as_str());
    let Some(row) = ended.fetch_optional(&mut *connection).await.map_err(refused)? else { return Ok(false) };
    let suspect = AgentNo(get(&row, "suspect_no")?);
    match end.sentence {
        TrialSentence::None => {}
        TrialSentence::Quarantine => {
            quarantine(suspect).execute(&mut *connection).await.map_err(refused)?;
        }
        TrialSentence::Release => release(connection, suspect).await?,
    }
    audit::write(connection, &end.entry).await?;
    Ok(true)
}

fn quarantine(suspect: AgentNo) -> Statement<'static> {
    sqlx::query(
        "insert into trust (agent_no, score, earned, is_seed, quarantined_for, version)
         values (?1, 0, ?2, 0, ?3, 1)
         on conflict do update
         set quarantined_for = ?3, version = version + 1
         where quarantined_for is null or quarantined_for = ?4",
    )
    .bind(suspect.0)
    .bind(Tier::default().as_str())
    .bind(Quarantine::Trial.as_str())
    .bind(Quarantine::Flags.as_str())
}

async fn release(connection: &mut SqliteConnection, suspect: AgentNo) -> Result<(), StoreError> {
    let lifted = sqlx::query(
        "update trust
         set quarantined_for = null, version = version + 1
         where agent_no = ?1 and quarantined_for in (?2, ?3)",
    );
    let lifted = lifted.bind(suspect.0).bind(Quarantine::Flags.as_str()).bind(Quarantine::Trial.as_str());
    if lifted.execute(&mut *connection).await.map_err(refused)?.rows_affected() > 0 {
        let voided = sqlx::query("update flags set is_void = 1 where target_no = ?1 and is_void = 0");
        voided.bind(suspect.0).execute(connection).await.map_err(refused)?;
    }
    Ok(())
}

/// Trials, each of which takes as many rows, one after the other, as it has challengers.
fn from_rows(rows: &[SqliteRow]) -> Result<Vec<TrialRecord>, StoreError> {
    let mut trials: Vec<TrialRecord> = Vec::new();
    for row in rows {
        let id = TrialId::from_uuid(get_uuid(row, "trial_id")?);
        if trials.last().is_none_or(|last| last.id != id) {
            trials.push(trial_from_row(row, id)?);
        }
        if let Some(trial) = trials.last_mut() {
            trial.ballots.push(ballot_from_row(row)?);
        }
    }
    Ok(trials)
}

fn trial_from_row(row: &SqliteRow, id: TrialId) -> Result<TrialRecord, StoreError> {
    let outcome = get::<Option<&str>, _>(row, "outcome")?
        .map(|word| TrialOutcome::from_word(word).ok_or(StoreError::Unreadable("outcome of a trial")));
    Ok(TrialRecord {
        id,
        place: ConversationId::from_uuid(get_uuid(row, "place_id")?),
        conversation: get::<Option<i64>, _>(row, "conversation_no")?.map(ConversationNo),
        suspect: AgentNo(get(row, "suspect_no")?),
        on_request: get(row, "on_request")?,
        started_at: get_time(row, "started_at")?,
        ended: get_optional_time(row, "ended_at")?.zip(outcome.transpose()?),
        ballots: Vec::new(),
    })
}

fn ballot_from_row(row: &SqliteRow) -> Result<Ballot, StoreError> {
    let verdict = get::<Option<&str>, _>(row, "verdict")?
        .map(|word| Verdict::from_word(word).ok_or(StoreError::Unreadable("verdict")));
    let vote = verdict.transpose()?.zip(get_optional_time(row, "voted_at")?);
    Ok(Ballot { challenger: AgentNo(get(row, "agent_no")?), vote })
}

fn agents_in(rows: &[SqliteRow]) -> Result<Vec<AgentNo>, StoreError> {
    rows.iter().map(|row| Ok(AgentNo(get(row, "agent_no")?))).collect()
}
