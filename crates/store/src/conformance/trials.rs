//! Trials and the votes in them.

use tertulia_model::{
    AgentNo, AgentState, ConversationId, ConversationKind, MessageNo, Quarantine, Tier, Timestamp, TrialId,
    TrialOutcome, Verdict, random_uuid,
};

use super::fixtures::{AppendOnly, befriend, entry, join, message_id, minute, open, said_at};
use crate::{
    Ballot, LogEnd, NewFlag, NewStanding, NewTrial, NewVote, Store, StoreError, SweptCommunities, TrialEnd,
    TrialRecord, TrialSentence, TrustRecord, Voting,
};

const JUDGES: [&str; 3] = ["ada", "bob", "cyd"];

/// A suspect, and three who may try it.
async fn four(store: &dyn Store) -> Result<(AgentNo, [AgentNo; 3]), StoreError> {
    open(store).await?;
    let mut challengers = [AgentNo(0); 3];
    for (challenger, name) in challengers.iter_mut().zip(JUDGES) {
        *challenger = join(store, name).await?;
    }
    Ok((join(store, "tom").await?, challengers))
}

fn trial_id(number: u8) -> TrialId {
    TrialId::from_uuid(random_uuid([number; 16]))
}

fn new_trial(number: u8, suspect: AgentNo, challengers: &[AgentNo], at: i64) -> NewTrial {
    NewTrial {
        id: trial_id(number),
        place: ConversationId::from_uuid(random_uuid([100 + number; 16])),
        suspect,
        challengers: challengers.to_vec(),
        on_request: number.is_multiple_of(2),
        started_at: minute(at),
        entry: entry("trial.started", Some(suspect)),
    }
}

async fn start(
    store: &dyn Store,
    number: u8,
    suspect: AgentNo,
    challengers: &[AgentNo],
) -> Result<TrialRecord, StoreError> {
    let started = store.start_trial(&new_trial(number, suspect, challengers, number.into())).await?;
    Ok(started.expect("the suspect is not on trial"))
}

fn vote(number: u8, challenger: AgentNo, verdict: Verdict, at: i64) -> NewVote {
    NewVote { trial: trial_id(number), challenger, verdict, at: minute(at), end: None }
}

fn end(outcome: TrialOutcome, sentence: TrialSentence, at: i64) -> TrialEnd {
    TrialEnd { outcome, at: minute(at), sentence, entry: entry("trial.ended", None) }
}

async fn trust(store: &dyn Store, agent: AgentNo) -> Result<TrustRecord, StoreError> {
    Ok(store.trust_of(&[agent]).await?.pop().unwrap_or_else(|| TrustRecord::unknown(agent)))
}

async fn stand(
    store: &dyn Store,
    agent: AgentNo,
    earned: Tier,
    next_trial_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let trust = TrustRecord { score: 0.5, earned, ..trust(store, agent).await? };
    assert_eq!(store.save_standings(&[NewStanding { trust, next_trial_at }], minute(1)).await?, [agent]);
    Ok(())
}

async fn actions(store: &dyn Store) -> Result<Vec<String>, StoreError> {
    Ok(store.audit_log(10).await?.into_iter().map(|entry| entry.action).collect())
}

/// With its conversation, and found every way.
pub async fn a_trial_that_has_begun_is_found(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    assert_eq!(store.trial(trial_id(1)).await?, None);
    let reversed: Vec<_> = challengers.iter().rev().copied().collect();
    let record = start(store, 1, tom, &reversed).await?;
    let ballots: Vec<_> = challengers.iter().map(|challenger| Ballot { challenger: *challenger, vote: None }).collect();
    assert_eq!((record.suspect, record.on_request, record.started_at, record.ended), (tom, false, minute(1), None));
    assert_eq!(record.ballots, ballots, "by number");
    assert_eq!(store.trial(trial_id(1)).await?, Some(record.clone()));
    assert_eq!(store.trials_of(tom, 10).await?, std::slice::from_ref(&record));
    assert_eq!(store.trials_of(challengers[0], 10).await?, []);
    assert_eq!(store.open_trials(10).await?, std::slice::from_ref(&record));
    let conversation = record.conversation.expect("it has just begun");
    assert_eq!(store.conversation(conversation).await?, Some((ConversationKind::Trial, record.place)));
    store.append(&[said_at(conversation, tom, 1, 1)]).await?;
    assert_eq!(actions(store).await?, ["trial.started"]);
    Ok(())
}

/// And may be tried again when that is over.
pub async fn an_agent_is_in_one_trial_at_a_time(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    let first = start(store, 1, tom, &challengers).await?;
    assert_eq!(store.start_trial(&new_trial(2, tom, &challengers, 2)).await?, None);
    assert_eq!(store.trial(trial_id(2)).await?, None);
    let of_ada = start(store, 3, challengers[0], &[challengers[1], challengers[2], tom]).await?;
    assert_eq!(store.open_trials(10).await?, [first, of_ada]);
    assert!(store.end_trial(trial_id(1), &end(TrialOutcome::Inconclusive, TrialSentence::None, 5)).await?);
    assert!(!store.end_trial(trial_id(1), &end(TrialOutcome::Pass, TrialSentence::None, 6)).await?);
    let second = start(store, 4, tom, &challengers).await?;
    let listed: Vec<_> = store.trials_of(tom, 10).await?.into_iter().map(|trial| (trial.id, trial.ended)).collect();
    assert_eq!(listed, [(second.id, None), (trial_id(1), Some((minute(5), TrialOutcome::Inconclusive)))]);
    assert_eq!(store.trials_of(tom, 1).await?, [second]);
    assert_eq!(store.open_trials(1).await?.len(), 1);
    Ok(())
}

/// Of those who were asked, while the trial goes on.
pub async fn the_first_vote_of_a_challenger_is_final(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, [ada, bob, cyd]) = four(store).await?;
    start(store, 1, tom, &[ada, bob, cyd]).await?;
    assert_eq!(store.vote(&vote(1, tom, Verdict::Ai, 2)).await?, Voting::Refused);
    assert_eq!(store.vote(&vote(2, ada, Verdict::Ai, 2)).await?, Voting::Refused);
    assert_eq!(store.vote(&vote(1, bob, Verdict::Human, 3)).await?, Voting::Counted);
    assert_eq!(store.vote(&vote(1, bob, Verdict::Ai, 4)).await?, Voting::Refused);
    let last = NewVote {
        end: Some(end(TrialOutcome::Inconclusive, TrialSentence::None, 5)),
        ..vote(1, cyd, Verdict::Inconclusive, 5)
    };
    assert_eq!(store.vote(&last).await?, Voting::Counted);
    assert_eq!(store.vote(&vote(1, ada, Verdict::Ai, 6)).await?, Voting::Refused);
    let record = store.trial(trial_id(1)).await?.expect("it is kept");
    let votes: Vec<_> = record.ballots.iter().map(|ballot| ballot.vote).collect();
    assert_eq!(votes, [None, Some((Verdict::Human, minute(3))), Some((Verdict::Inconclusive, minute(5)))]);
    assert_eq!(record.ended, Some((minute(5), TrialOutcome::Inconclusive)));
    assert_eq!(store.open_trials(10).await?, []);
    assert_eq!(actions(store).await?, ["trial.ended", "trial.started"]);
    Ok(())
}

/// Of ten that are made at once.
pub async fn of_ten_equal_votes_one_counts(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    start(store, 1, tom, &challengers).await?;
    let votes: Vec<_> = (0..10).map(|_| vote(1, challengers[0], Verdict::Ai, 2)).collect();
    let answers = futures_util::future::try_join_all(votes.iter().map(|vote| store.vote(vote))).await?;
    assert_eq!(answers.into_iter().filter(|voting| *voting == Voting::Counted).count(), 1);
    Ok(())
}

/// Whatever it was quarantined for, but by the operator.
pub async fn who_fails_is_quarantined_for_the_trial(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    let fail = |at| end(TrialOutcome::Fail, TrialSentence::Quarantine, at);
    for (number, before, after) in [
        (1, None, Quarantine::Trial),
        (2, Some(Quarantine::Trial), Quarantine::Trial),
        (3, Some(Quarantine::Flags), Quarantine::Trial),
        (4, Some(Quarantine::Operator), Quarantine::Operator),
    ] {
        store.release(tom, &entry("agent.released", None)).await?;
        if let Some(cause) = before {
            assert!(store.quarantine(tom, cause, &entry("agent.quarantined", None)).await?);
        }
        let version = trust(store, tom).await?.version;
        start(store, number, tom, &challengers).await?;
        assert!(store.end_trial(trial_id(number), &fail(number.into())).await?);
        let known = trust(store, tom).await?;
        assert_eq!(known.quarantine, Some(after));
        let is_written = before.is_none_or(|cause| cause == Quarantine::Flags);
        assert_eq!(known.version > version, is_written, "{before:?}");
    }
    Ok(())
}

/// And the flags that were made until then are void; who was in no quarantine keeps them.
pub async fn who_passes_is_released(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    let flag = NewFlag {
        agent: challengers[0],
        target: tom,
        weight: 1.0,
        reason: None,
        now: minute(1),
        last_before: minute(0),
    };
    assert!(store.flag(&flag).await?);
    for (number, cause, kept, flags) in [
        (1, None, None, 1),
        (2, Some(Quarantine::Operator), Some(Quarantine::Operator), 1),
        (3, Some(Quarantine::Flags), None, 0),
        (4, Some(Quarantine::Trial), None, 0),
    ] {
        if let Some(cause) = cause {
            assert!(store.quarantine(tom, cause, &entry("agent.quarantined", None)).await?);
        }
        start(store, number, tom, &challengers).await?;
        assert!(store.end_trial(trial_id(number), &end(TrialOutcome::Pass, TrialSentence::Release, 9)).await?);
        assert_eq!(trust(store, tom).await?.quarantine, kept);
        assert_eq!(store.count_flags_against(tom, minute(0)).await?, flags, "{cause:?}");
        if kept.is_some() {
            assert!(store.release(tom, &entry("agent.released", None)).await?);
            assert!(store.flag(&NewFlag { now: minute(3), last_before: minute(2), ..flag.clone() }).await?);
        }
    }
    Ok(())
}

/// Trusted or a seed, active, not quarantined, no friend of the suspect and not itself.
pub async fn challengers_are_of_standing_and_strangers(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, [ada, bob, cyd]) = four(store).await?;
    assert_eq!(store.challengers_for(tom, 10).await?, []);
    let (dan, eve, fay) = (join(store, "dan").await?, join(store, "eve").await?, join(store, "fay").await?);
    for agent in [tom, ada, bob, cyd, fay] {
        stand(store, agent, Tier::Trusted, None).await?;
    }
    stand(store, dan, Tier::Provisional, None).await?;
    store.set_seed(eve, true, &entry("seed.named", None)).await?;
    assert_eq!(store.challengers_for(tom, 10).await?, [ada, bob, cyd, eve, fay]);
    assert_eq!(store.challengers_for(tom, 2).await?, [ada, bob]);
    assert_eq!(store.challengers_for(dan, 10).await?, [ada, bob, cyd, tom, eve, fay]);

    befriend(store, 1, tom, ada).await?;
    store.quarantine(bob, Quarantine::Flags, &entry("agent.quarantined", None)).await?;
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    store.change_state(fay, active, suspended, &entry("agent.suspended", None)).await?;
    assert_eq!(store.challengers_for(tom, 10).await?, [cyd, eve]);
    Ok(())
}

/// Until another time is set.
pub async fn who_is_due_is_given_once(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, [ada, bob, cyd]) = four(store).await?;
    for (agent, at) in [(tom, Some(minute(7))), (ada, Some(minute(5))), (bob, None), (cyd, Some(minute(9)))] {
        stand(store, agent, Tier::Untrusted, at).await?;
    }
    let version = trust(store, ada).await?.version;
    assert_eq!(store.take_due_suspects(minute(4), 10).await?, []);
    assert_eq!(store.take_due_suspects(minute(8), 1).await?, [ada], "who has waited longest");
    assert_eq!(trust(store, ada).await?.version, version, "what is computed meanwhile is written all the same");
    let mut due = store.take_due_suspects(minute(9), 10).await?;
    due.sort_unstable();
    assert_eq!(due, [cyd, tom]);
    assert_eq!(store.take_due_suspects(minute(99), 10).await?, []);
    stand(store, ada, Tier::Untrusted, Some(minute(100))).await?;
    assert_eq!(store.take_due_suspects(minute(100), 10).await?, [ada]);
    Ok(())
}

/// Of a trial that is over only what was said goes.
pub async fn what_was_said_in_a_trial_is_swept(store: &dyn Store) -> Result<(), StoreError> {
    let (tom, challengers) = four(store).await?;
    let record = start(store, 1, tom, &challengers).await?;
    let conversation = record.conversation.expect("it has just begun");
    let messages: Vec<_> = (1..=5).map(|place| said_at(conversation, tom, place, place)).collect();
    store.append(&messages).await?;
    assert_eq!(store.sweep_communities(minute(10), 500).await?, SweptCommunities { rows: 0 });
    store.end_trial(record.id, &end(TrialOutcome::Pass, TrialSentence::None, 10)).await?;
    assert_eq!(store.sweep_communities(minute(9), 500).await?, SweptCommunities { rows: 0 });
    for (rows, left) in [(3, 2), (3, 0)] {
        assert_eq!(store.sweep_communities(minute(10), 3).await?.rows, rows);
        assert_eq!(store.log_end(conversation).await?.last_seq.0, left);
    }
    assert_eq!(store.sweep_communities(minute(10), 3).await?.rows, 0);
    assert_eq!(store.log_end(conversation).await?, LogEnd::default());
    assert_eq!((store.conversation(conversation).await?, store.locate(message_id(5)).await?), (None, None));
    assert_eq!(store.last_number().await?, MessageNo(5));
    let kept = store.trial(record.id).await?.expect("it is kept");
    let ended = Some((minute(10), TrialOutcome::Pass));
    assert_eq!(kept, TrialRecord { conversation: None, ended, ..record });
    let next = start(store, 2, tom, &challengers).await?;
    assert!(next.conversation > Some(conversation), "no number is given twice");
    Ok(())
}
