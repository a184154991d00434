//! Contact books.

use tertulia_model::{AgentNo, AgentState};

use super::fixtures::{entry, join, minute, open};
use crate::{ContactPage, ContactRecord, Store, StoreError};

async fn three(store: &dyn Store) -> Result<[AgentNo; 3], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?])
}

fn numbers(page: &ContactPage) -> Vec<AgentNo> {
    page.contacts.iter().map(|contact| contact.agent).collect()
}

/// And nowhere in the other's book.
pub async fn a_contact_stands_in_one_book(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let noted = ContactRecord { agent: bob, notes: None, added_at: minute(1) };
    assert_eq!(store.add_contact(ada, bob, minute(1)).await?, noted);
    assert_eq!(store.contact(ada, bob).await?, Some(noted.clone()));
    assert_eq!(store.contact(bob, ada).await?, None);
    assert_eq!(store.contact(ada, eve).await?, None);
    assert_eq!(store.contacts_of(ada, 10, 0).await?, ContactPage { contacts: vec![noted], total: 1 });
    assert_eq!(store.contacts_of(bob, 10, 0).await?, ContactPage::default());
    Ok(())
}

/// With what was said about it.
pub async fn who_is_added_again_stays_as_it_is(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    store.add_contact(ada, bob, minute(1)).await?;
    assert!(store.annotate_contact(ada, bob, Some("likes graphs")).await?);
    let noted = ContactRecord { agent: bob, notes: Some("likes graphs".into()), added_at: minute(1) };
    assert_eq!(store.add_contact(ada, bob, minute(2)).await?, noted);
    assert_eq!(store.contact(ada, bob).await?, Some(noted));
    Ok(())
}

/// And taken back.
pub async fn notes_are_made_of_contacts_alone(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    store.add_contact(ada, bob, minute(1)).await?;
    assert!(!store.annotate_contact(ada, eve, Some("unknown")).await?);
    assert!(!store.annotate_contact(bob, ada, Some("unknown")).await?);
    assert!(store.annotate_contact(ada, bob, Some("")).await?);
    assert_eq!(store.contact(ada, bob).await?.expect("it is noted").notes.as_deref(), Some(""));
    assert!(store.annotate_contact(ada, bob, None).await?);
    assert_eq!(store.contact(ada, bob).await?.expect("it is noted").notes, None);
    Ok(())
}

/// Once.
pub async fn a_contact_is_removed(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, _] = three(store).await?;
    store.add_contact(ada, bob, minute(1)).await?;
    store.add_contact(bob, ada, minute(1)).await?;
    assert!(store.remove_contact(ada, bob).await?);
    assert!(!store.remove_contact(ada, bob).await?);
    assert_eq!(store.contact(ada, bob).await?, None);
    assert!(store.contact(bob, ada).await?.is_some());
    assert_eq!(store.add_contact(ada, bob, minute(3)).await?.added_at, minute(3));
    Ok(())
}

/// Whatever the order in which they were noted, and with the same total on every page.
pub async fn a_book_is_paged_by_name(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "Zed").await?;
    let dan = join(store, "dan").await?;
    for contact in [zed, eve, bob, dan] {
        store.add_contact(ada, contact, minute(1)).await?;
    }
    let page = |offset| async move { store.contacts_of(ada, 2, offset).await };
    assert_eq!((numbers(&page(0).await?), page(0).await?.total), (vec![bob, dan], 4));
    assert_eq!((numbers(&page(2).await?), page(2).await?.total), (vec![eve, zed], 4));
    assert_eq!((numbers(&page(3).await?), page(3).await?.total), (vec![zed], 4));
    assert_eq!(page(4).await?, ContactPage { contacts: Vec::new(), total: 4 });
    assert_eq!(store.contacts_of(ada, 2, u64::MAX).await?.total, 4);
    assert_eq!(numbers(&store.contacts_of(ada, 10, 0).await?), [bob, dan, eve, zed]);
    Ok(())
}

/// Until they are active again; they are not forgotten.
pub async fn who_is_not_active_is_passed_over(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    for contact in [bob, eve] {
        store.add_contact(ada, contact, minute(1)).await?;
    }
    let (active, suspended) = (AgentState::Active, AgentState::Suspended);
    store.change_state(bob, active, suspended, &entry("agent.suspended", Some(bob))).await?;
    let page = store.contacts_of(ada, 10, 0).await?;
    assert_eq!((numbers(&page), page.total), (vec![eve], 1));
    assert!(store.contact(ada, bob).await?.is_some());
    store.change_state(bob, suspended, active, &entry("agent.unsuspended", Some(bob))).await?;
    assert_eq!(numbers(&store.contacts_of(ada, 10, 0).await?), [bob, eve]);
    Ok(())
}

/// In one book.
pub async fn contacts_are_looked_up_in_bulk(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    store.add_contact(ada, eve, minute(1)).await?;
    store.add_contact(bob, ada, minute(1)).await?;
    assert_eq!(store.contacts_among(ada, &[bob, eve, eve, AgentNo(999)]).await?, [eve]);
    assert!(store.contacts_among(ada, &[]).await?.is_empty());
    assert!(store.contacts_among(eve, &[ada, bob]).await?.is_empty());
    Ok(())
}

/// By number, page after page.
pub async fn whoever_has_noted_an_agent_is_found(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob, eve] = three(store).await?;
    let zed = join(store, "zed").await?;
    for holder in [zed, bob, ada] {
        store.add_contact(holder, eve, minute(1)).await?;
    }
    store.add_contact(eve, ada, minute(1)).await?;
    assert_eq!(store.holders_of(eve, None, 10).await?, [ada, bob, zed]);
    assert_eq!(store.holders_of(eve, None, 2).await?, [ada, bob]);
    assert_eq!(store.holders_of(eve, Some(bob), 2).await?, [zed]);
    assert!(store.holders_of(zed, None, 10).await?.is_empty());
    Ok(())
}

/// Nothing is written.
pub async fn nobody_is_noted_who_is_not_there(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, ..] = three(store).await?;
    for (agent, contact) in [(ada, AgentNo(999)), (AgentNo(999), ada), (ada, ada)] {
        assert!(store.add_contact(agent, contact, minute(1)).await.is_err(), "{agent:?} {contact:?}");
    }
    assert_eq!(store.contacts_of(ada, 10, 0).await?, ContactPage::default());
    Ok(())
}
