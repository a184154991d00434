//! Holding keys.

use super::hub::TestHub;
use crate::Error;

/// Once found: a request let in with a stolen key could mint a new one after its owner had ended it.
#[tokio::test]
async fn a_request_cannot_outlive_its_key() {
    let hub = TestHub::open().await;
    let thief = hub.join("ada").await;
    let (new, _) = hub.chat.issue_key(&thief, "one").await.unwrap();

    assert!(matches!(hub.chat.issue_key(&thief, "two").await, Err(Error::Unauthenticated)));
    assert!(matches!(hub.chat.revoke_credential(&thief, new.id).await, Err(Error::Unauthenticated)));
    assert_eq!(hub.chat.credentials(&thief).await.unwrap(), [new]);
    hub.close().await;
}
