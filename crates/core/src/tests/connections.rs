//! Connections of one agent.

use std::sync::Arc;

use super::{hub::TestHub, listener::Listener, store::broken};
use crate::{Ended, Error, Outlet, tests::store::Fault};

fn outlet() -> (Arc<Listener>, Arc<dyn Outlet>) {
    let listener = Arc::new(Listener::default());
    (listener.clone(), listener)
}

#[tokio::test]
async fn an_agent_has_so_many_connections_and_no_more_until_one_is_gone() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let most = hub.chat.rules().connections_per_agent;
    let mut open = Vec::new();
    for _ in 0..most {
        open.push(hub.chat.remember_connection(&ada, &outlet().1).await.unwrap());
    }

    let one_more = hub.chat.remember_connection(&ada, &outlet().1).await;
    assert!(matches!(one_more, Err(Error::TooManyConnections(count)) if count == most));
    drop(hub.chat.remember_connection(&bob, &outlet().1).await.unwrap());

    open.pop();
    open.push(hub.chat.remember_connection(&ada, &outlet().1).await.unwrap());
    assert!(hub.chat.remember_connection(&ada, &outlet().1).await.is_err());
    hub.close().await;
}

#[tokio::test]
async fn a_connection_that_could_not_be_looked_up_takes_no_place() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    for _ in 0..=hub.chat.rules().connections_per_agent {
        hub.store.fail("is_live", Fault::Refuses(broken()));
        let failed = hub.chat.remember_connection(&ada, &outlet().1).await;
        assert!(matches!(failed, Err(Error::Store(_))));
    }
    assert!(hub.chat.remember_connection(&ada, &outlet().1).await.is_ok());
    hub.close().await;
}

#[tokio::test]
async fn a_suspension_that_comes_while_a_connection_is_noted_closes_it() {
    let hub = TestHub::open().await;
    let ada = hub.join("ada").await;
    let (has_come, go_on) = hub.store.pause_after("is_live");
    let (listener, outlet) = outlet();
    let suspend = async {
        has_come.await.unwrap();
        assert!(hub.chat.suspend("ada").await.unwrap());
        go_on.send(()).unwrap();
    };

    let (connection, ()) = tokio::join!(hub.chat.remember_connection(&ada, &outlet), suspend);

    assert_eq!(listener.ended(), Some(Ended::AgentSuspended));
    drop(connection.unwrap());
    hub.close().await;
}
