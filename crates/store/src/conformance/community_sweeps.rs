//! Deleting what is left of communities and channels.

use tertulia_model::{MessageNo, Seq};

use super::fixtures::{AppendOnly, channel, community, found, join, message_id, minute, open, said_at};
use crate::{
    Append, BanRecord, ChannelCreation, LogEnd, NewCommunity, NewReport, Reacted, Reaction, Reporting, Slice, Store,
    StoreError, SweptCommunities,
};

const NOTHING: SweptCommunities = SweptCommunities { rows: 0 };

/// Sweeps as long as the measure is full; how many rows went.
async fn sweep_all(store: &dyn Store, most_rows: u32) -> Result<u32, StoreError> {
    let mut rows = 0;
    for _ in 0..1_000 {
        let swept = store.sweep_communities(minute(10), most_rows).await?;
        assert!(swept.rows <= most_rows, "{swept:?} of at most {most_rows}");
        rows += swept.rows;
        if swept.rows < most_rows {
            return Ok(rows);
        }
    }
    panic!("a sweep comes to an end");
}

/// Whatever the measure: nothing of the community is left, and everything of the others.
pub async fn nothing_is_left_of_a_swept_community(store: &dyn Store) -> Result<(), StoreError> {
    let lobby = open(store).await?.lobby;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let mut number = 0;
    for most_rows in [1, 2, 3, 7, 500] {
        let tagged = NewCommunity { tags: vec!["a".into(), "b".into()], ..community("den", ada) };
        let den = store.create_community(&tagged).await?;
        let (community, general) = (den.community.number, den.channels[0].number);
        store.admit_member(community, bob, minute(1)).await?;
        store.invite_member(community, eve, ada, minute(1), 10).await?;
        let ban = BanRecord { agent: bob, is_automatic: true, reason: None, banned_at: minute(2) };
        store.ban_member(community, &ban).await?;
        let report = NewReport {
            conversation: general,
            community: Some(community),
            reporter: ada,
            target: bob,
            reason: None,
            reported_at: minute(1),
            counted_if_registered_by: minute(0),
        };
        assert!(matches!(store.report_agent(&report).await?, Reporting::Noted { .. }));
        let messages: Vec<_> = (1..=5).map(|seq| said_at(general, ada, number + seq, seq)).collect();
        store.append(&messages).await?;
        number += 5;
        store.delete_community(community, minute(10)).await?;
        assert_eq!(store.sweep_communities(minute(9), most_rows).await?, NOTHING);
        assert!(sweep_all(store, most_rows).await? >= 10);
        assert_eq!(store.log_end(general).await?, LogEnd::default());
        assert_eq!(store.locate(message_id(number)).await?, None);
        assert_eq!(store.last_number().await?, MessageNo(i64::try_from(number).expect("cases are short")));
        assert!(store.append(&[said_at(general, ada, number + 1, 1)]).await.is_err());
        assert_eq!(store.sweep_communities(minute(10), most_rows).await?, NOTHING);
    }
    assert_eq!(store.log_end(lobby).await?, LogEnd::default());
    Ok(())
}

/// A channel that was deleted goes; the community and its other channels stay.
pub async fn a_swept_channel_takes_nothing_else(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let created = store.create_channel(den.community.number, &channel("news"), 10).await?;
    let ChannelCreation::Created(news) = created else { panic!("there is room for it: {created:?}") };
    let general = den.channels[0].number;
    store.append(&[said_at(general, ada, 1, 1), said_at(news.number, ada, 2, 1)]).await?;
    store.delete_channel(news.number, minute(1)).await?;
    assert_eq!(store.sweep_communities(minute(10), 500).await?.rows, 3);
    assert_eq!(store.locate(message_id(2)).await?, None);
    assert_eq!(store.read(general, Slice::Newest, 10).await?.len(), 1);
    let whole = store.whole_community(den.community.id).await?.expect("the community is there");
    assert_eq!((whole.members.len(), whole.channels), (1, den.channels));
    Ok(())
}

/// What is left has no hole.
pub async fn a_channel_goes_from_its_newest_message_on(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let general = den.channels[0].number;
    let messages: Vec<Append> = (1..=100).map(|place| said_at(general, ada, place, place)).collect();
    store.append(&messages).await?;
    store.delete_channel(general, minute(1)).await?;
    for left in [70, 40, 10] {
        assert_eq!(store.sweep_communities(minute(10), 30).await?.rows, 30);
        let read = store.read(general, Slice::After(Seq::START), 200).await?;
        assert_eq!(read.iter().map(|message| message.seq.0).collect::<Vec<_>>(), (1..=left).collect::<Vec<_>>());
    }
    assert_eq!(store.sweep_communities(minute(10), 30).await?.rows, 12);
    Ok(())
}

/// Neither a community's nor a channel's nor a message's, though nothing of them is left.
pub async fn numbers_of_communities_are_never_given_twice(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let mut last = found(store, "den", ada).await?;
    store.append(&[said_at(last.channels[0].number, ada, 7, 1)]).await?;
    for _ in 0..2 {
        store.delete_community(last.community.number, minute(1)).await?;
        sweep_all(store, 2).await?;
        let next = found(store, "den", ada).await?;
        assert!(next.community.number > last.community.number);
        assert!(next.channels[0].number > last.channels[0].number);
        assert_eq!(store.last_number().await?, MessageNo(7));
        last = next;
    }
    Ok(())
}

/// Reactions go with their messages, in slices too; the karma that came of them stays.
pub async fn reactions_go_with_their_messages(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let (ada, bob, eve) = (join(store, "ada").await?, join(store, "bob").await?, join(store, "eve").await?);
    let den = found(store, "den", ada).await?;
    let general = den.channels[0].number;
    let messages: Vec<_> = (1..=4).map(|place| said_at(general, ada, place, place)).collect();
    store.append(&messages).await?;
    for place in 1..=4 {
        for agent in [bob, eve] {
            let reaction = Reaction { message: message_id(place), agent, emoji: "+1" };
            assert!(matches!(store.react(reaction, minute(1)).await?, Reacted::Changed { .. }));
        }
    }
    store.delete_channel(general, minute(1)).await?;
    assert_eq!(sweep_all(store, 3).await?, 14);
    let again = Reaction { message: message_id(1), agent: bob, emoji: "+1" };
    assert_eq!(store.react(again, minute(2)).await?, Reacted::NoMessage);
    assert_eq!(store.agents(&[ada]).await?[0].karma, 8);
    Ok(())
}
