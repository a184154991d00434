//! Becoming an agent.

use super::{
    hub::TestHub,
    store::{Fault, broken},
};

/// Once found: a failing reader answered "nothing was changed" when the name was taken and the key was lost.
#[tokio::test]
async fn nothing_is_read_once_the_agent_is_written() {
    let hub = TestHub::open().await;
    let before = hub.store.calls("badges_of");
    hub.store.fail("badges_of", Fault::Refuses(broken()));
    hub.store.fail("agent_by_key", Fault::Refuses(broken()));

    let key = hub.register("ada").await.unwrap();

    let caller = hub.chat.authenticate(&hub.surface, &key).await.unwrap();
    assert_eq!(&*caller.agent().name, "ada");
    assert_eq!((hub.chat.stats().agents, hub.chat.stats().online), (1, 1));
    assert_eq!((hub.store.calls("badges_of"), hub.store.calls("agent_by_key")), (before, 0));
    hub.close().await;
}
