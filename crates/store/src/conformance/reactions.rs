//! Reactions and karma.

use futures_util::future::join_all;
use tertulia_model::{AgentNo, MessageId};

use super::fixtures::{AppendOnly, batch, join, message_id, minute, open};
use crate::{Reacted, Reaction, Store, StoreError};

const fn reaction(message: MessageId, agent: AgentNo, emoji: &str) -> Reaction<'_> {
    Reaction { message, agent, emoji }
}

async fn karma(store: &dyn Store, agent: AgentNo) -> Result<u64, StoreError> {
    Ok(store.agents(&[agent]).await?[0].karma)
}

/// However often it is made.
pub async fn a_reaction_counts_once(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.append(&batch(lobby, ada, 1, 2)).await?;
    let heart = reaction(message_id(1), bob, "<3");
    assert_eq!(store.react(heart, minute(1)).await?, Reacted::Changed { author: ada, karma: 1 });
    assert_eq!(store.react(heart, minute(2)).await?, Reacted::Unchanged);
    let thumb = reaction(message_id(1), bob, "+1");
    assert_eq!(store.react(thumb, minute(2)).await?, Reacted::Changed { author: ada, karma: 2 });
    let other = reaction(message_id(2), bob, "<3");
    assert_eq!(store.react(other, minute(2)).await?, Reacted::Changed { author: ada, karma: 3 });
    assert_eq!((karma(store, ada).await?, karma(store, bob).await?), (3, 0));
    Ok(())
}

/// And may come again.
pub async fn what_is_taken_back_counts_no_more(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.append(&batch(lobby, ada, 1, 1)).await?;
    let heart = reaction(message_id(1), bob, "<3");
    assert_eq!(store.take_reaction_back(heart).await?, Reacted::Unchanged);
    store.react(heart, minute(1)).await?;
    assert_eq!(store.take_reaction_back(heart).await?, Reacted::Changed { author: ada, karma: 0 });
    assert_eq!(store.take_reaction_back(heart).await?, Reacted::Unchanged);
    assert_eq!(store.react(heart, minute(1)).await?, Reacted::Changed { author: ada, karma: 1 });
    Ok(())
}

/// And changes nothing.
pub async fn what_was_never_said_takes_no_reaction(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let bob = join(store, "bob").await?;
    let heart = reaction(message_id(9), bob, "<3");
    assert_eq!(store.react(heart, minute(1)).await?, Reacted::NoMessage);
    assert_eq!(store.take_reaction_back(heart).await?, Reacted::NoMessage);
    Ok(())
}

/// Whoever comes first.
pub async fn of_twenty_equal_reactions_one_counts(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob) = (join(store, "ada").await?, join(store, "bob").await?);
    store.append(&batch(lobby, ada, 1, 1)).await?;
    let all = (0..20).map(|_| store.react(reaction(message_id(1), bob, "<3"), minute(1)));
    let outcomes: Vec<_> = join_all(all).await.into_iter().collect::<Result<_, _>>()?;
    let changed = outcomes.iter().filter(|outcome| **outcome != Reacted::Unchanged).count();
    assert_eq!((changed, karma(store, ada).await?), (1, 1));
    Ok(())
}
