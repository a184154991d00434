//! Communities and their channels.

use std::sync::Arc;

use tertulia_model::{AgentNo, ChannelKind, CommunityId, ConversationId, Edit, Role, Seq, random_uuid};

use super::fixtures::{AppendOnly, START, channel, community, found, join, message_id, minute, open, said_at};
use crate::{
    ChannelCreation, ChannelEdit, CommunityEdit, LogEnd, Member, NewChannel, NewCommunity, Store, StoreError,
    WholeCommunity,
};

/// Every field, of a community that says everything and of one that says little.
pub async fn a_created_community_is_found(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let secret = NewCommunity {
        description: Some("What \u{1F99E} is \"for\"\n\\".into()),
        icon_url: Some("https://example.org/icon.png".into()),
        is_public: false,
        most_members: 7,
        instructions: Some("Be brief.".into()),
        report_threshold: 3,
        tags: vec!["rust".into(), "\u{e9}\"".into(), "a".into()],
        created_at: minute(1),
        channel: NewChannel {
            category: Some("talk".into()),
            kind: ChannelKind::Announcement,
            topic: Some("'topics'".into()),
            instructions: Some("Stay on topic.".into()),
            position: -3,
            ..channel("first")
        },
        ..community("the \u{1F99E}'s den", ada)
    };
    for new in [secret, community("plain", ada)] {
        let created = store.create_community(&new).await?;
        assert_eq!(store.whole_community(new.id).await?, Some(created.clone()));
        let WholeCommunity { community: record, members, invited, channels } = created;
        assert_eq!((record.id, record.name, record.description), (new.id, new.name, new.description));
        assert_eq!((record.icon_url, record.owner, record.is_public), (new.icon_url, ada, new.is_public));
        assert_eq!((record.most_members, record.instructions), (new.most_members, new.instructions));
        assert_eq!((record.report_threshold, record.tags), (new.report_threshold, new.tags));
        assert_eq!(record.created_at, new.created_at);
        assert_eq!(members, [Member { agent: ada, role: Role::Owner, since: new.created_at }]);
        assert!(invited.is_empty());
        let [first] = &channels[..] else { panic!("one channel, not {channels:?}") };
        assert_eq!(
            (first.id, &first.name, &first.category),
            (new.channel.id, &new.channel.name, &new.channel.category)
        );
        assert_eq!((first.kind, &first.topic), (new.channel.kind, &new.channel.topic));
        assert_eq!((&first.instructions, first.position), (&new.channel.instructions, new.channel.position));
        assert_eq!(store.home_of_channel(first.id).await?, Some(new.id));
        assert_eq!(store.log_end(first.number).await?, LogEnd::default());
    }
    Ok(())
}

/// An id that was never given, the lobby's and a room's.
pub async fn what_is_no_community_is_not_found(store: &dyn Store) -> Result<(), StoreError> {
    let hub = open(store).await?;
    assert_eq!(store.whole_community(CommunityId::from_uuid(random_uuid([9; 16]))).await?, None);
    assert_eq!(store.whole_community(hub.community).await?, None);
    assert_eq!(store.home_of_channel(hub.lobby_id).await?, None);
    assert_eq!(store.home_of_channel(ConversationId::from_uuid(random_uuid([9; 16]))).await?, None);
    Ok(())
}

/// Nothing comes of a community of nobody, nor of one whose id or whose channel's id is taken.
pub async fn a_community_is_created_whole_or_not_at_all(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let taken = NewCommunity { id: den.community.id, ..community("attic", ada) };
    let of_nobody = community("cellar", AgentNo(999));
    let second_channel = NewChannel { id: den.channels[0].id, ..channel("general") };
    let with_taken_channel = NewCommunity { channel: second_channel, ..community("cellar", ada) };
    for refused in [&taken, &of_nobody, &with_taken_channel] {
        let answer = store.create_community(refused).await;
        assert!(matches!(answer, Err(StoreError::Database(_))), "{answer:?}");
    }
    assert_eq!(store.whole_community(of_nobody.id).await?, None);
    assert_eq!(store.communities_of(ada, 10).await?.len(), 1);
    assert_eq!(found(store, "cellar", ada).await?.community.name, "cellar".into());
    Ok(())
}

/// What is given changes, the rest stays; an edit that gives nothing changes nothing.
pub async fn an_edit_changes_what_it_names(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let tags: Vec<Arc<str>> = vec!["old".into(), "kept".into()];
    let described = NewCommunity { description: Some("old".into()), tags, ..community("den", ada) };
    let mut expected = store.create_community(&described).await?.community;
    for edit in [
        CommunityEdit::default(),
        CommunityEdit { name: Edit::To("attic".into()), ..CommunityEdit::default() },
        CommunityEdit { tags: Edit::To(vec!["new".into(), "kept".into()]), ..CommunityEdit::default() },
        CommunityEdit {
            description: Edit::To(None),
            icon_url: Edit::To(Some("https://example.org/".into())),
            is_public: Edit::To(false),
            instructions: Edit::To(Some("Be kind.".into())),
            report_threshold: Edit::To(5),
            tags: Edit::To(Vec::new()),
            ..CommunityEdit::default()
        },
    ] {
        edit.clone().apply(&mut expected);
        assert_eq!(store.edit_community(expected.number, &edit).await?, Some(expected.clone()));
        let whole = store.whole_community(expected.id).await?.expect("the community is there");
        assert_eq!(whole.community, expected);
    }
    store.delete_community(expected.number, minute(1)).await?;
    assert_eq!(store.edit_community(expected.number, &CommunityEdit::default()).await?, None);
    Ok(())
}

/// By position, then as they were created.
pub async fn channels_come_by_position(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?.community;
    for (name, position) in [("last", 9), ("second", 0), ("first", -1), ("third", 0)] {
        let new = NewChannel { position, ..channel(name) };
        let created = store.create_channel(den.number, &new, 10).await?;
        assert!(matches!(created, ChannelCreation::Created(_)), "{created:?}");
    }
    let whole = store.whole_community(den.id).await?.expect("the community is there");
    let names: Vec<_> = whole.channels.iter().map(|channel| &*channel.name).collect();
    assert_eq!(names, ["first", "general", "second", "third", "last"]);
    Ok(())
}

/// Those that were deleted are not counted.
pub async fn a_community_has_so_many_channels(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let number = den.community.number;
    for name in ["a", "b"] {
        let created = store.create_channel(number, &channel(name), 3).await?;
        assert!(matches!(created, ChannelCreation::Created(_)), "{created:?}");
    }
    assert_eq!(store.create_channel(number, &channel("c"), 3).await?, ChannelCreation::TooMany);
    assert!(store.delete_channel(den.channels[0].number, minute(1)).await?);
    let created = store.create_channel(number, &channel("c"), 3).await?;
    let ChannelCreation::Created(created) = created else { panic!("there is room for one: {created:?}") };
    assert!(created.number > den.channels[0].number);
    store.delete_community(number, minute(1)).await?;
    assert_eq!(store.create_channel(number, &channel("d"), 3).await?, ChannelCreation::Gone);
    Ok(())
}

/// What is given changes, the rest stays.
pub async fn an_edit_of_a_channel_changes_what_it_names(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let mut expected = den.channels[0].clone();
    for edit in [
        ChannelEdit { name: Edit::To("news".into()), kind: Edit::To(ChannelKind::Announcement), ..Default::default() },
        ChannelEdit { topic: Edit::To(Some("what is new".into())), position: Edit::To(4), ..Default::default() },
        ChannelEdit {
            topic: Edit::To(None),
            category: Edit::To(Some("talk".into())),
            instructions: Edit::To(Some("Be brief.".into())),
            ..Default::default()
        },
    ] {
        edit.clone().apply(&mut expected);
        assert!(store.edit_channel(expected.number, &edit).await?);
        let whole = store.whole_community(den.community.id).await?.expect("the community is there");
        assert_eq!(whole.channels, [expected.clone()]);
    }
    assert!(store.delete_channel(expected.number, minute(1)).await?);
    assert!(!store.edit_channel(expected.number, &ChannelEdit::default()).await?);
    Ok(())
}

/// At once, though their rows are still there.
pub async fn a_deleted_channel_is_gone(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    let general = &den.channels[0];
    store.append(&[said_at(general.number, ada, 1, 1)]).await?;
    assert_eq!(store.locate(message_id(1)).await?, Some((general.number, Seq(1))));
    assert!(store.delete_channel(general.number, minute(1)).await?);
    assert!(!store.delete_channel(general.number, minute(1)).await?);
    assert_eq!(store.home_of_channel(general.id).await?, None);
    assert!(store.whole_community(den.community.id).await?.expect("the community is there").channels.is_empty());
    Ok(())
}

/// With its channels and its memberships, at once.
pub async fn a_deleted_community_is_gone(store: &dyn Store) -> Result<(), StoreError> {
    open(store).await?;
    let ada = join(store, "ada").await?;
    let den = found(store, "den", ada).await?;
    assert!(store.delete_community(den.community.number, minute(1)).await?);
    assert!(!store.delete_community(den.community.number, minute(1)).await?);
    assert_eq!(store.whole_community(den.community.id).await?, None);
    assert_eq!(store.home_of_channel(den.channels[0].id).await?, None);
    assert!(store.communities_of(ada, 10).await?.is_empty());
    assert!(store.list_communities(crate::CommunityQuery::default(), START, 10, 0).await?.is_empty());
    Ok(())
}
