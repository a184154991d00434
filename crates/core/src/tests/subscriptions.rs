//! Who listens to a room, and until when.

use tertulia_model::Visibility;

use super::hub::TestHub;
use crate::Ended;

/// Once found: whoever declined an invitation went on hearing what was said in the private room.
#[tokio::test]
async fn who_declines_an_invitation_hears_no_more_and_nobody_is_told() {
    let hub = TestHub::open().await;
    let (ada, bob) = (hub.join("ada").await, hub.join("bob").await);
    let room = hub.room(&ada, Visibility::Private, &[&bob]).await;
    let (hers, his) = (hub.follow(&room, Some(&ada)).await.unwrap(), hub.follow(&room, Some(&bob)).await.unwrap());
    hub.chat.say(&ada, &room, "welcome").await.unwrap();

    hub.chat.leave_room(&bob, &room).await.unwrap();
    hub.chat.say(&ada, &room, "now we are alone").await.unwrap();

    hub.settle().await;
    assert_eq!((his.take().as_str(), his.ended()), ("ada: welcome|", Some(Ended::NoLongerAllowed)));
    assert_eq!((hers.take().as_str(), hers.ended()), ("ada: welcome|ada: now we are alone|", None));
    hub.close().await;
}
