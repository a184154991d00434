//! Friend requests, friendships and blocks.

use futures_util::future::try_join_all;
use tertulia_model::AgentNo;

use super::fixtures::{START, ask, befriend, join, minute, open, request_id, view};
use crate::{
    Acceptance, BlockRecord, Blocking, EndedView, FriendRecord, FriendRequest, NewFriendRequest, RequestOutcome, Store,
    StoreError,
};

async fn three(store: &dyn Store) -> Result<[AgentNo; 3], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?])
}

fn numbers(friends: &[FriendRecord]) -> Vec<AgentNo> {
    friends.iter().map(|friend| friend.agent).collect()
}

/// On both sides, and with nobody else.
pub async fn a_request_waits_for_its_answer(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    assert_eq!(ask(store, 1, ada, bob).await?, RequestOutcome::Requested);
    let request = FriendRequest { id: request_id(1), from: ada, to: bob, requested_at: START };
    assert_eq!(store.outgoing_requests(ada, 10).await?, [request]);
    assert_eq!(store.incoming_requests(bob, 10).await?, [request]);
    for agent in [ada, eve] {
        assert!(store.incoming_requests(agent, 10).await?.is_empty());
    }
    for agent in [bob, eve] {
        assert!(store.outgoing_requests(agent, 10).await?.is_empty());
    }
    assert!(store.friends_of(ada, 10).await?.is_empty());
    Ok(())
}

/// Whoever of them asks.
pub async fn a_pair_has_one_request(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    assert_eq!(ask(store, 1, bob, ada).await?, RequestOutcome::Requested);
    assert_eq!(ask(store, 2, bob, ada).await?, RequestOutcome::RequestExists);
    assert_eq!(ask(store, 3, ada, bob).await?, RequestOutcome::RequestExists);
    assert_eq!(ask(store, 4, ada, eve).await?, RequestOutcome::Requested);
    assert_eq!(store.incoming_requests(ada, 10).await?.len(), 1);
    assert_eq!(store.outgoing_requests(ada, 10).await?.len(), 1);
    Ok(())
}

/// Whichever it is.
pub async fn an_answer_is_given_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    befriend(store, 1, ada, bob).await?;
    assert_eq!(store.accept_request(request_id(1), bob, &view(2, START)).await?, Acceptance::NotFound);
    assert!(!store.reject_request(request_id(1), bob).await?);
    assert_eq!(ask(store, 3, bob, ada).await?, RequestOutcome::AlreadyFriends);
    assert_eq!(ask(store, 3, eve, bob).await?, RequestOutcome::Requested);
    assert!(store.reject_request(request_id(3), bob).await?);
    assert!(!store.reject_request(request_id(3), bob).await?);
    assert_eq!(store.accept_request(request_id(3), bob, &view(3, START)).await?, Acceptance::NotFound);
    assert_eq!(numbers(&store.friends_of(bob, 10).await?), [ada]);
    Ok(())
}

/// Neither the one who asks, nor a stranger.
pub async fn only_the_one_who_was_asked_answers(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    ask(store, 1, ada, bob).await?;
    for other in [ada, eve] {
        assert_eq!(store.accept_request(request_id(1), other, &view(1, START)).await?, Acceptance::NotFound);
        assert!(!store.reject_request(request_id(1), other).await?);
    }
    assert_eq!(store.accept_request(request_id(2), bob, &view(1, START)).await?, Acceptance::NotFound);
    assert_eq!(store.incoming_requests(bob, 10).await?.len(), 1);
    Ok(())
}

/// And is asked.
pub async fn who_was_rejected_may_ask_again(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    ask(store, 1, ada, bob).await?;
    assert!(store.reject_request(request_id(1), bob).await?);
    assert!(store.outgoing_requests(ada, 10).await?.is_empty());
    assert_eq!(ask(store, 2, ada, bob).await?, RequestOutcome::Requested);
    assert_eq!(store.incoming_requests(bob, 10).await?[0].id, request_id(2));
    Ok(())
}

/// Each sees the other, under the same id and since the same moment.
pub async fn friends_have_one_view(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let direct = befriend(store, 1, bob, ada).await?;
    let opened = direct.view.expect("friends have a view");
    assert_eq!((opened.id, opened.opened_at), (view(1, START).view, minute(1)));
    let friend = |agent| FriendRecord { agent, view: opened.id, since: minute(1) };
    assert_eq!(store.friends_of(ada, 10).await?, [friend(bob)]);
    assert_eq!(store.friends_of(bob, 10).await?, [friend(ada)]);
    assert!(store.friends_of(eve, 10).await?.is_empty());
    assert!(store.incoming_requests(ada, 10).await?.is_empty());
    assert!(store.outgoing_requests(bob, 10).await?.is_empty());
    Ok(())
}

/// Whoever had asked.
pub async fn friends_are_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    befriend(store, 1, eve, ada).await?;
    befriend(store, 2, ada, zed).await?;
    befriend(store, 3, bob, ada).await?;
    assert_eq!(numbers(&store.friends_of(ada, 10).await?), [bob, zed, eve]);
    assert_eq!(numbers(&store.friends_of(ada, 2).await?), [bob, zed]);
    assert!(store.friends_of(ada, 0).await?.is_empty());
    Ok(())
}

/// Also after some were answered.
pub async fn requests_are_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    for (number, other) in [(1, zed), (2, bob), (3, eve)] {
        ask(store, number, other, ada).await?;
    }
    store.reject_request(request_id(2), ada).await?;
    ask(store, 4, bob, ada).await?;
    let incoming = store.incoming_requests(ada, 10).await?;
    assert_eq!(incoming.iter().map(|request| request.from).collect::<Vec<_>>(), [bob, eve, zed]);
    assert_eq!(store.incoming_requests(ada, 1).await?.len(), 1);
    for (number, other) in [(5, eve), (6, zed)] {
        ask(store, number, bob, other).await?;
    }
    let outgoing = store.outgoing_requests(bob, 2).await?;
    assert_eq!(outgoing.iter().map(|request| request.to).collect::<Vec<_>>(), [zed, eve]);
    Ok(())
}

/// And is not ended twice.
pub async fn an_ended_friendship_is_gone_for_both(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let direct = befriend(store, 1, ada, bob).await?;
    befriend(store, 2, ada, eve).await?;
    let ended = EndedView { view: view(1, START).view, direct: direct.direct.number };
    assert_eq!(store.end_friendship(bob, ada, minute(2)).await?, Some(ended));
    assert_eq!(numbers(&store.friends_of(ada, 10).await?), [eve]);
    assert!(store.friends_of(bob, 10).await?.is_empty());
    assert_eq!(store.end_friendship(ada, bob, minute(3)).await?, None);
    assert_eq!(store.end_friendship(bob, eve, minute(3)).await?, None);
    assert_eq!(ask(store, 3, ada, bob).await?, RequestOutcome::Requested);
    Ok(())
}

/// Requests either way, and the friendship.
pub async fn a_block_ends_everything_between_two(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    let direct = befriend(store, 1, ada, bob).await?;
    ask(store, 2, ada, eve).await?;
    ask(store, 3, zed, ada).await?;
    ask(store, 4, bob, eve).await?;
    let ended = Some(EndedView { view: view(1, START).view, direct: direct.direct.number });
    assert_eq!(store.block(ada, bob, minute(2)).await?, Blocking { is_new: true, counts: false, ended });
    for other in [eve, zed] {
        assert_eq!(store.block(ada, other, minute(2)).await?, Blocking { is_new: true, counts: false, ended: None });
    }
    assert!(store.friends_of(ada, 10).await?.is_empty() && store.friends_of(bob, 10).await?.is_empty());
    assert!(store.incoming_requests(ada, 10).await?.is_empty());
    assert!(store.outgoing_requests(ada, 10).await?.is_empty());
    assert_eq!(store.incoming_requests(eve, 10).await?.len(), 1);
    assert_eq!(store.accept_request(request_id(2), eve, &view(5, START)).await?, Acceptance::NotFound);
    Ok(())
}

/// Who blocks has it on the list; neither may ask the other.
pub async fn a_block_is_one_way_and_stands_for_both(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    assert!(store.block(ada, bob, minute(1)).await?.is_new);
    assert!(!store.block(ada, bob, minute(2)).await?.is_new);
    assert!(store.block(eve, ada, minute(3)).await?.is_new);
    assert_eq!(store.blocks_of(ada, 10).await?, [BlockRecord { agent: bob, since: minute(1) }]);
    assert!(store.blocks_of(bob, 10).await?.is_empty());
    for (from, to) in [(ada, bob), (bob, ada), (ada, eve), (eve, ada)] {
        assert_eq!(ask(store, 1, from, to).await?, RequestOutcome::Blocked);
    }
    assert_eq!(ask(store, 1, bob, eve).await?, RequestOutcome::Requested);
    Ok(())
}

/// And both blocks must go before anything begins.
pub async fn unblocking_restores_nothing(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    befriend(store, 1, ada, bob).await?;
    store.block(ada, bob, minute(2)).await?;
    store.block(bob, ada, minute(2)).await?;
    assert!(store.unblock(ada, bob).await?);
    assert!(!store.unblock(ada, bob).await?);
    assert!(store.blocks_of(ada, 10).await?.is_empty());
    assert_eq!(ask(store, 2, ada, bob).await?, RequestOutcome::Blocked);
    assert!(store.unblock(bob, ada).await?);
    assert!(store.friends_of(ada, 10).await?.is_empty());
    assert_eq!(ask(store, 2, ada, bob).await?, RequestOutcome::Requested);
    Ok(())
}

/// By the moment; of one moment, the agent that came later.
pub async fn blocks_are_newest_first(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    for (other, count) in [(eve, 1), (bob, 2), (zed, 2)] {
        store.block(ada, other, minute(count)).await?;
    }
    let blocked = store.blocks_of(ada, 10).await?;
    assert_eq!(blocked.iter().map(|block| block.agent).collect::<Vec<_>>(), [zed, bob, eve]);
    assert_eq!(store.blocks_of(ada, 2).await?, blocked[..2]);
    Ok(())
}

/// Either way, each once.
pub async fn blocks_are_looked_up_in_bulk(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    store.block(ada, bob, minute(1)).await?;
    store.block(bob, ada, minute(1)).await?;
    store.block(eve, ada, minute(1)).await?;
    store.block(bob, zed, minute(1)).await?;
    let mut blocked = store.blocked_among(ada, &[zed, eve, bob, ada, bob, AgentNo(999)]).await?;
    blocked.sort_unstable();
    assert_eq!(blocked, [bob, eve]);
    assert_eq!(store.blocked_among(zed, &[ada, eve]).await?, []);
    assert_eq!(store.blocked_among(ada, &[]).await?, []);
    Ok(())
}

/// Ten ways each.
pub async fn requests_at_once_make_one(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    let requests: Vec<_> = (0..10)
        .flat_map(|number| [(number, ada, bob), (10 + number, bob, ada)])
        .map(|(number, from, to)| NewFriendRequest { id: request_id(number), from, to, now: START, told: None })
        .collect();
    let outcomes = try_join_all(requests.iter().map(|request| store.request_friendship(request))).await?;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == RequestOutcome::Requested).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == RequestOutcome::RequestExists).count(), 19);
    Ok(())
}

/// The others find nothing to accept.
pub async fn acceptances_at_once_make_friends_once(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    ask(store, 1, ada, bob).await?;
    let views: Vec<_> = (0..10).map(|number| view(number, minute(1))).collect();
    let answers = try_join_all(views.iter().map(|new| store.accept_request(request_id(1), bob, new))).await?;
    let accepted = answers.iter().filter(|answer| matches!(answer, Acceptance::Accepted { .. })).count();
    assert_eq!(accepted, 1);
    assert_eq!(store.friends_of(ada, 10).await?.len(), 1);
    Ok(())
}

/// Refused, and nothing is left of it.
pub async fn nobody_is_related_to_who_is_not_there(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, ..] = three(store).await?;
    assert!(matches!(ask(store, 1, ada, AgentNo(999)).await, Err(StoreError::Database(_))));
    assert!(matches!(store.block(ada, AgentNo(999), minute(1)).await, Err(StoreError::Database(_))));
    assert!(store.outgoing_requests(ada, 10).await?.is_empty());
    assert!(store.blocks_of(ada, 10).await?.is_empty());
    Ok(())
}
