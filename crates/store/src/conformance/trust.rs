//! Vouches, flags, interactions, and how far agents are trusted.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, AgentState, ConversationNo, Quarantine, Tier, Timestamp};

use super::fixtures::{AppendOnly, START, agent, batch, befriend, entry, join, message_id, minute, open, register};
use crate::{
    Assessed, AuditEntry, Esteem, FlagRecord, Interaction, InteractionKind, NewAgent, NewFlag, NewReport, NewStanding,
    Reaction, Store, StoreError, TrustRecord, VouchRecord,
};

async fn four(store: &dyn Store) -> Result<[AgentNo; 4], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?, join(store, "dan").await?])
}

fn audit(action: &str) -> AuditEntry {
    entry(action, None)
}

/// A flag a day after the one before it, at the earliest.
fn flag(agent: AgentNo, target: AgentNo, at: i64) -> NewFlag {
    NewFlag { agent, target, weight: 0.5, reason: None, now: minute(at), last_before: minute(at - 1_440) }
}

async fn flag_all(store: &dyn Store, flags: &[(AgentNo, AgentNo, i64)]) -> Result<(), StoreError> {
    for (agent, target, at) in flags {
        assert!(store.flag(&flag(*agent, *target, *at)).await?);
    }
    Ok(())
}

async fn trust(store: &dyn Store, agent: AgentNo) -> Result<TrustRecord, StoreError> {
    Ok(store.trust_of(&[agent]).await?.pop().unwrap_or_else(|| TrustRecord::unknown(agent)))
}

/// What was computed of an agent from what is known of it now.
async fn computed(store: &dyn Store, who: AgentNo, found: f64, tier: Tier) -> Result<NewStanding, StoreError> {
    let trust = TrustRecord { score: found, earned: tier, ..trust(store, who).await? };
    Ok(NewStanding { trust, next_trial_at: Some(minute(90)) })
}

/// A report in a conversation.
fn report(conversation: ConversationNo, reporter: AgentNo, target: AgentNo) -> NewReport {
    NewReport {
        conversation,
        community: None,
        reporter,
        target,
        reason: None,
        reported_at: minute(1),
        counted_if_registered_by: START,
    }
}

async fn all_of(store: &dyn Store, kind: InteractionKind, limit: u32) -> Result<Vec<Interaction>, StoreError> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let slice = store.interactions(kind, after, limit).await?;
        assert!(u32::try_from(slice.interactions.len()).is_ok_and(|count| count <= limit));
        all.extend(slice.interactions);
        after = slice.next;
        if after.is_none() {
            all.sort_unstable();
            return Ok(all);
        }
    }
}

/// And one that has ended may come again.
pub async fn a_vouch_stands_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, ..] = four(store).await?;
    assert!(!store.end_vouch(ada, bob, minute(1)).await?);
    assert!(store.vouch(ada, bob, minute(1)).await?);
    assert!(!store.vouch(ada, bob, minute(2)).await?);
    assert_eq!((store.vouches(ada, bob).await?, store.vouches(bob, ada).await?), (true, false));
    assert!(store.end_vouch(ada, bob, minute(3)).await?);
    assert!(!store.end_vouch(ada, bob, minute(4)).await?);
    assert!(!store.vouches(ada, bob).await?);
    assert!(store.vouches_by(ada, 10).await?.is_empty());
    assert!(store.vouch(ada, bob, minute(5)).await?);
    assert_eq!(store.vouches_by(ada, 10).await?, [VouchRecord { agent: bob, since: minute(5) }]);
    Ok(())
}

/// Whoever comes first.
pub async fn of_twenty_equal_vouches_and_flags_one_is_made(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, ..] = four(store).await?;
    let vouches = try_join_all((0..20).map(|_| store.vouch(ada, bob, minute(1)))).await?;
    let flag = flag(ada, bob, 1);
    let flags = try_join_all((0..20).map(|_| store.flag(&flag))).await?;
    for made in [vouches, flags] {
        assert_eq!(made.into_iter().filter(|was_made| *was_made).count(), 1);
    }
    Ok(())
}

/// For whom an agent vouches, and who vouches for it; only the active are counted.
pub async fn vouches_are_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    for (from, to, at) in [(ada, bob, 1), (ada, eve, 3), (ada, dan, 2), (eve, bob, 4), (dan, bob, 3)] {
        assert!(store.vouch(from, to, minute(at)).await?);
    }
    let given = store.vouches_by(ada, 2).await?;
    assert_eq!(given, [(eve, 3), (dan, 2)].map(|(agent, at)| VouchRecord { agent, since: minute(at) }));
    let received = store.vouches_for(bob, 10).await?;
    assert_eq!(received, [(eve, 4), (dan, 3), (ada, 1)].map(|(agent, at)| VouchRecord { agent, since: minute(at) }));
    assert_eq!(store.count_vouches_for(bob).await?, 3);
    store.change_state(dan, AgentState::Active, AgentState::Suspended, &audit("agent.suspended")).await?;
    assert_eq!((store.count_vouches_for(bob).await?, store.count_vouches_for(ada).await?), (2, 0));
    Ok(())
}

/// By one agent against another; against others it may.
pub async fn a_flag_is_made_once_in_a_while(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, _] = four(store).await?;
    assert!(store.flag(&NewFlag { reason: Some(Arc::from("spam")), ..flag(ada, bob, 0) }).await?);
    assert!(!store.flag(&flag(ada, bob, 1_439)).await?);
    assert!(store.flag(&flag(ada, eve, 1_439)).await?);
    assert!(store.flag(&flag(eve, bob, 1_439)).await?);
    assert!(store.flag(&flag(ada, bob, 1_440)).await?);
    assert_eq!(store.count_flags_against(bob, minute(-1)).await?, 3);
    assert_eq!(store.count_flags_against(bob, START).await?, 2);
    assert_eq!(store.count_flags_against(ada, minute(-1)).await?, 0);
    Ok(())
}

/// With what is known of each.
pub async fn testimony_is_the_newest_flag_of_each_active_agent(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    flag_all(store, &[(ada, bob, 0), (eve, bob, 1), (dan, bob, 2), (ada, eve, 3)]).await?;
    assert!(store.flag(&NewFlag { weight: 0.9, ..flag(ada, bob, 2_000) }).await?);
    store.change_state(dan, AgentState::Active, AgentState::Suspended, &audit("agent.suspended")).await?;
    let standing = computed(store, eve, 0.4, Tier::Provisional).await?;
    store.save_standings(&[standing], minute(5)).await?;

    let mut testimony = store.testimony(bob, minute(-1)).await?;
    testimony.sort_by_key(|testimony| testimony.flag.agent);
    let [first, second] = testimony[..] else { panic!("of ada and eve: {testimony:?}") };
    assert_eq!((first.flag.agent, first.flag.target, first.flag.at), (ada, bob, minute(2_000)));
    assert!((first.flag.weight - 0.9).abs() < 1e-9);
    assert_eq!(first.flagger, Assessed { registered_at: START, trust: TrustRecord::unknown(ada) });
    assert_eq!((second.flag.agent, second.flag.at), (eve, minute(1)));
    assert_eq!(second.flagger.trust.computed_at, Some(minute(5)));
    let later = store.testimony(bob, minute(1)).await?;
    assert_eq!(later.iter().map(|testimony| testimony.flag.agent).collect::<Vec<_>>(), [ada]);
    Ok(())
}

/// Those made in one moment too.
pub async fn flags_are_paged_in_their_order(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    flag_all(store, &[(ada, bob, 0), (eve, bob, 1), (dan, bob, 1), (ada, eve, 1), (bob, eve, 2)]).await?;
    let mut all: Vec<FlagRecord> = Vec::new();
    loop {
        let slice = store.flags_since(START, all.last(), 2).await?;
        assert!(slice.len() <= 2);
        if slice.is_empty() {
            break;
        }
        all.extend(slice);
    }
    let made: Vec<_> = all.iter().map(|flag| (flag.agent, flag.target, flag.at)).collect();
    assert_eq!(made, [(eve, bob, minute(1)), (dan, bob, minute(1)), (ada, eve, minute(1)), (bob, eve, minute(2))]);
    Ok(())
}

/// Known or not, page by page.
pub async fn everybody_active_is_assessed(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    register(store, &NewAgent { state: AgentState::Pending, ..agent("pat") }).await?;
    store.change_state(bob, AgentState::Active, AgentState::Suspended, &audit("agent.suspended")).await?;
    store.set_seed(eve, true, &audit("seed.named")).await?;
    let first = store.assessed(None, 2).await?;
    let unknown = Assessed { registered_at: START, trust: TrustRecord::unknown(ada) };
    let seed = TrustRecord { is_seed: true, version: 1, ..TrustRecord::unknown(eve) };
    assert_eq!(first, [unknown, Assessed { registered_at: START, trust: seed }]);
    let second = store.assessed(Some(eve), 2).await?;
    assert_eq!(second.iter().map(|assessed| assessed.trust.agent).collect::<Vec<_>>(), [dan]);
    assert!(store.assessed(Some(dan), 2).await?.is_empty());
    Ok(())
}

/// As often as it is computed.
pub async fn what_was_computed_is_found(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, _] = four(store).await?;
    assert!(store.trust_of(&[ada, bob, AgentNo(999)]).await?.is_empty());
    let quarantined = TrustRecord { quarantine: Some(Quarantine::Flags), ..TrustRecord::unknown(bob) };
    let bobs = NewStanding { trust: quarantined, next_trial_at: None };
    let adas = computed(store, ada, 0.1 + 0.2, Tier::Trusted).await?;
    let mut saved = store.save_standings(&[adas, bobs], minute(1)).await?;
    saved.sort_unstable();
    assert_eq!(saved, [ada, bob]);
    let known = trust(store, ada).await?;
    assert_eq!(known, TrustRecord { computed_at: Some(minute(1)), version: 1, ..adas.trust });
    assert_eq!((known.tier(), trust(store, bob).await?.tier()), (Tier::Trusted, Tier::Quarantined));
    let again = computed(store, ada, 1e-9, Tier::Untrusted).await?;
    assert_eq!(store.save_standings(&[again], minute(2)).await?, [ada]);
    let known = trust(store, ada).await?;
    assert_eq!((known.computed_at, known.version, known.tier()), (Some(minute(2)), 2, Tier::Untrusted));
    assert!((known.score - 1e-9).abs() < 1e-15);
    assert!(store.save_standings(&[], minute(3)).await?.is_empty());
    assert_eq!(trust(store, eve).await?, TrustRecord::unknown(eve));
    Ok(())
}

/// A quarantine, its end, a seed: what the computation did not know of stays.
pub async fn what_was_written_meanwhile_is_not_written_over(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    store.quarantine(dan, Quarantine::Flags, &audit("agent.quarantined")).await?;
    let mut standings = Vec::new();
    for agent in [ada, bob, eve, dan] {
        standings.push(computed(store, agent, 0.5, Tier::Provisional).await?);
    }
    assert!(store.quarantine(ada, Quarantine::Trial, &audit("agent.quarantined")).await?);
    assert!(store.set_seed(bob, true, &audit("seed.named")).await?);
    assert!(store.release(dan, &audit("agent.released")).await?);
    assert_eq!(store.save_standings(&standings, minute(1)).await?, [eve]);
    assert_eq!(trust(store, ada).await?.quarantine, Some(Quarantine::Trial));
    assert_eq!(trust(store, bob).await?.computed_at, None);
    assert_eq!(trust(store, dan).await?.quarantine, None);
    Ok(())
}

/// And written to the audit log when it is.
pub async fn a_seed_is_named_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, ..] = four(store).await?;
    assert!(!store.set_seed(ada, false, &audit("seed.dropped")).await?);
    assert!(store.set_seed(ada, true, &audit("seed.named")).await?);
    assert!(!store.set_seed(ada, true, &audit("seed.named")).await?);
    assert_eq!(trust(store, ada).await?.tier(), Tier::Seed);
    let standing = computed(store, ada, 0.2, Tier::Untrusted).await?;
    store.save_standings(&[standing], minute(1)).await?;
    assert_eq!(trust(store, ada).await?.tier(), Tier::Seed);
    assert!(store.set_seed(ada, false, &audit("seed.dropped")).await?);
    assert_eq!(trust(store, ada).await?.tier(), Tier::Untrusted);
    assert!(store.trust_of(&[bob]).await?.is_empty());
    assert_eq!(store.audit_log(10).await?.len(), 2);
    Ok(())
}

/// Its end voids the flags that were made until then.
pub async fn a_quarantine_has_one_cause(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, _] = four(store).await?;
    flag_all(store, &[(ada, bob, 0), (eve, bob, 1), (ada, eve, 1)]).await?;
    assert!(!store.release(bob, &audit("agent.released")).await?);
    assert!(store.quarantine(bob, Quarantine::Flags, &audit("agent.quarantined")).await?);
    assert!(!store.quarantine(bob, Quarantine::Trial, &audit("agent.quarantined")).await?);
    assert_eq!(trust(store, bob).await?.quarantine, Some(Quarantine::Flags));
    assert!(store.quarantine(bob, Quarantine::Operator, &audit("agent.quarantined")).await?);
    assert!(!store.quarantine(bob, Quarantine::Operator, &audit("agent.quarantined")).await?);
    assert!(!store.quarantine(bob, Quarantine::Flags, &audit("agent.quarantined")).await?);
    let held = trust(store, bob).await?;
    assert_eq!((held.tier(), held.quarantine), (Tier::Quarantined, Some(Quarantine::Operator)));
    assert!(store.release(bob, &audit("agent.released")).await?);
    assert!(!store.release(bob, &audit("agent.released")).await?);
    assert_eq!(trust(store, bob).await?.tier(), Tier::Provisional);
    assert_eq!(store.count_flags_against(bob, minute(-1)).await?, 0);
    assert!(store.testimony(bob, minute(-1)).await?.is_empty());
    assert_eq!(store.flags_since(minute(-1), None, 10).await?.len(), 1);
    assert!(!store.flag(&flag(ada, bob, 2)).await?, "a voided flag was made all the same");
    flag_all(store, &[(ada, bob, 1_500)]).await?;
    assert_eq!(store.testimony(bob, minute(-1)).await?.len(), 1);
    Ok(())
}

/// In slices of every size.
pub async fn interactions_are_paged(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    let lobby = open(store).await?.lobby;
    store.append(&batch(lobby, ada, 1, 2)).await?;
    for (number, agent, emoji) in [(1, bob, "+1"), (2, bob, "+1"), (1, eve, "+1"), (1, dan, "+1")] {
        store.react(Reaction { message: message_id(number), agent, emoji }, minute(1)).await?;
    }
    store.take_reaction_back(Reaction { message: message_id(1), agent: dan, emoji: "+1" }).await?;
    befriend(store, 1, ada, bob).await?;
    for (from, to) in [(ada, bob), (bob, eve), (eve, ada)] {
        store.vouch(from, to, minute(1)).await?;
    }
    store.end_vouch(bob, eve, minute(2)).await?;
    store.block(eve, dan, minute(1)).await?;
    for (reporter, target) in [(bob, dan), (ada, dan), (ada, eve)] {
        store.report_agent(&report(lobby, reporter, target)).await?;
    }

    let once = |from, to| Interaction { from, to, count: 1 };
    for limit in [1, 2, 100] {
        let reactions = all_of(store, InteractionKind::Reactions, limit).await?;
        assert_eq!(reactions, [Interaction { from: bob, to: ada, count: 2 }, once(eve, ada)]);
        assert_eq!(all_of(store, InteractionKind::Friendships, limit).await?, [once(ada, bob), once(bob, ada)]);
        assert_eq!(all_of(store, InteractionKind::Vouches, limit).await?, [once(ada, bob), once(eve, ada)]);
        assert_eq!(all_of(store, InteractionKind::Blocks, limit).await?, [once(eve, dan)]);
        let reports = all_of(store, InteractionKind::Reports, limit).await?;
        assert_eq!(reports, [once(ada, eve), once(ada, dan), once(bob, dan)]);
    }
    Ok(())
}

/// Of each who reacted, at most of so many.
pub async fn esteem_is_of_the_oldest_three_reactions(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve, dan] = four(store).await?;
    let lobby = open(store).await?.lobby;
    assert_eq!(store.esteem(ada, 10).await?, Esteem::default());
    store.append(&batch(lobby, ada, 1, 5)).await?;
    for (number, agent, at) in [(1, bob, 5), (2, bob, 4), (3, bob, 1), (4, bob, 2), (5, eve, 3)] {
        store.react(Reaction { message: message_id(number), agent, emoji: "+1" }, minute(at)).await?;
    }
    store.block(dan, ada, minute(1)).await?;
    store.report_agent(&report(lobby, eve, ada)).await?;
    let esteem = store.esteem(ada, 10).await?;
    let reactions: Vec<(AgentNo, Timestamp)> =
        vec![(bob, minute(1)), (bob, minute(2)), (bob, minute(4)), (eve, minute(3))];
    assert_eq!(esteem, Esteem { reactions, blocks: 1, reports: 1 });
    assert_eq!(store.esteem(ada, 1).await?.reactions.len(), 3);
    assert_eq!(store.esteem(bob, 10).await?, Esteem::default());
    Ok(())
}
