//! Attachments.

use std::sync::Arc;

use futures_util::future::try_join_all;
use tertulia_model::{AgentNo, AttachmentId, MediaType, MessageNo, Timestamp, random_uuid};

use super::fixtures::{AppendOnly, entry, join, message_id, minute, open, said_at};
use crate::{
    Attached, AttachmentRecord, AttachmentScope, Commit, Content, NewAttachment, Reservation, Store, StoreError,
    UploadBounds,
};

fn id(number: u8) -> AttachmentId {
    AttachmentId::from_uuid(random_uuid([number; 16]))
}

fn attachment(uploader: AgentNo, number: u8, now: Timestamp) -> NewAttachment {
    NewAttachment {
        id: id(number),
        uploader,
        scope: AttachmentScope::Agent(AgentNo(uploader.0 + 1)),
        filename: "a file \u{e9}.txt".into(),
        media_type: MediaType::PlainText,
        bytes: 100,
        digest: [number; 32],
        now,
    }
}

/// Bounds that nothing here reaches.
const WIDE: UploadBounds = UploadBounds { since: Timestamp::from_micros(0), most: 1_000, most_bytes: 1 << 40 };

async fn two(store: &dyn Store) -> Result<[AgentNo; 2], StoreError> {
    open(store).await?;
    Ok([join(store, "ada").await?, join(store, "bob").await?])
}

async fn found(store: &dyn Store, number: u8) -> Result<AttachmentRecord, StoreError> {
    Ok(store.attachment(id(number)).await?.expect("it is there"))
}

/// As it was announced, for an agent or a group.
pub async fn an_announced_attachment_is_found(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    let announced = attachment(ada, 1, minute(1));
    assert_eq!(store.reserve_attachment(&announced, &WIDE).await?, Reservation::Reserved);
    let found = found(store, 1).await?;
    assert_eq!((found.id, found.uploader, found.scope), (announced.id, ada, announced.scope));
    assert_eq!((&found.filename, found.media_type), (&announced.filename, announced.media_type));
    assert_eq!((found.bytes, found.digest, found.reserved_at), (100, [1; 32], minute(1)));
    assert_eq!((found.group, found.uploaded_at, found.sent_at), (None, None, None));
    let lobby = store.open_hub(&super::fixtures::seed(1)).await?;
    let shared = NewAttachment { scope: AttachmentScope::Group(lobby.lobby), ..attachment(ada, 2, minute(1)) };
    store.reserve_attachment(&shared, &WIDE).await?;
    let found = store.attachment(id(2)).await?.expect("it is there");
    assert_eq!((found.scope, found.group), (shared.scope, Some(lobby.lobby_id)));
    assert_eq!(store.attachment(id(3)).await?, None);
    Ok(())
}

/// And the first message counts.
pub async fn bytes_come_before_a_message(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    store.reserve_attachment(&attachment(ada, 1, minute(1)), &WIDE).await?;
    assert!(!store.note_attached(id(1), minute(2)).await?, "its bytes are not there");
    assert!(store.note_uploaded(id(1), minute(3)).await?);
    assert!(store.note_attached(id(1), minute(4)).await?);
    assert!(store.note_attached(id(1), minute(5)).await?);
    let found = found(store, 1).await?;
    assert_eq!((found.uploaded_at, found.sent_at), (Some(minute(3)), Some(minute(4))));
    assert!(!store.note_uploaded(id(9), minute(3)).await?);
    assert!(!store.note_attached(id(9), minute(3)).await?);
    Ok(())
}

/// By one agent; what is older does not count.
pub async fn so_many_attachments_are_announced_in_a_day(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, bob] = two(store).await?;
    let bounds = |since| UploadBounds { since: minute(since), most: 2, ..WIDE };
    for number in [1, 2] {
        let announced = attachment(ada, number, minute(number.into()));
        assert_eq!(store.reserve_attachment(&announced, &bounds(0)).await?, Reservation::Reserved);
    }
    let third = attachment(ada, 3, minute(3));
    assert_eq!(store.reserve_attachment(&third, &bounds(0)).await?, Reservation::TooMany(Some(minute(1))));
    assert_eq!(store.attachment(id(3)).await?, None);
    assert_eq!(store.reserve_attachment(&attachment(bob, 4, minute(3)), &bounds(0)).await?, Reservation::Reserved);
    assert_eq!(store.reserve_attachment(&third, &bounds(1)).await?, Reservation::Reserved);
    let none = UploadBounds { most: 0, ..bounds(9) };
    assert_eq!(store.reserve_attachment(&attachment(ada, 5, minute(9)), &none).await?, Reservation::TooMany(None));
    Ok(())
}

/// To the last one.
pub async fn so_many_bytes_are_announced_in_a_day(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    let bounds = UploadBounds { since: minute(0), most_bytes: 250, ..WIDE };
    for number in [1, 2] {
        store.reserve_attachment(&attachment(ada, number, minute(number.into())), &bounds).await?;
    }
    let more = |bytes| NewAttachment { bytes, ..attachment(ada, 3, minute(3)) };
    assert_eq!(store.reserve_attachment(&more(51), &bounds).await?, Reservation::TooMuch(Some(minute(1))));
    assert_eq!(store.reserve_attachment(&more(50), &bounds).await?, Reservation::Reserved);
    Ok(())
}

/// Whoever is first.
pub async fn of_ten_announcements_at_once_as_many_stand_as_may(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    let bounds = UploadBounds { since: minute(0), most: 3, ..WIDE };
    let announced: Vec<_> = (1..=10).map(|number| attachment(ada, number, minute(1))).collect();
    let made = try_join_all(announced.iter().map(|one| store.reserve_attachment(one, &bounds))).await?;
    assert_eq!(made.iter().filter(|made| **made == Reservation::Reserved).count(), 3);
    Ok(())
}

/// The oldest first, so many at a time; what was sent meanwhile stays.
pub async fn what_no_message_refers_to_is_forgotten(store: &dyn Store) -> Result<(), StoreError> {
    let [ada, _] = two(store).await?;
    for number in 1..=5 {
        store.reserve_attachment(&attachment(ada, number, minute(number.into())), &WIDE).await?;
        store.note_uploaded(id(number), minute(number.into())).await?;
    }
    store.note_attached(id(2), minute(6)).await?;
    assert_eq!(store.spent_attachments(minute(4), 2).await?, [id(1), id(3)]);
    assert_eq!(store.spent_attachments(minute(4), 9).await?, [id(1), id(3), id(4)]);
    store.note_attached(id(3), minute(7)).await?;
    assert_eq!(store.forget_bytes(&[id(1), id(2), id(3), id(9)]).await?, 1);
    assert_eq!(store.forget_bytes(&[]).await?, 0);
    assert_eq!(store.attachment(id(1)).await?, None);
    assert_eq!(found(store, 3).await?.sent_at, Some(minute(7)));
    assert_eq!(store.spent_attachments(minute(9), 9).await?, [id(4), id(5)]);
    Ok(())
}

/// Announces a file that is there, and says three messages: the first two go with it.
async fn two_messages_with_a_file(store: &dyn Store) -> Result<Attached, StoreError> {
    let lobby = open(store).await?.lobby;
    let ada = join(store, "ada").await?;
    store.reserve_attachment(&attachment(ada, 1, minute(1)), &WIDE).await?;
    store.note_uploaded(id(1), minute(1)).await?;
    store.note_attached(id(1), minute(1)).await?;
    let attached = found(store, 1).await?.attached();
    let content = Arc::new(Content { attachment: Some(attached.clone()), ..Content::default() });
    let mut messages: Vec<_> = (1..=3).map(|place| said_at(lobby, ada, place, place)).collect();
    messages[0].content = Some(content.clone());
    messages[1].content = Some(content);
    store.write(&Commit { messages, ..Commit::default() }).await?;
    Ok(attached)
}

async fn files_of(store: &dyn Store) -> Result<Vec<Option<Attached>>, StoreError> {
    let contents = store.contents(&[MessageNo(1), MessageNo(2), MessageNo(3)]).await?;
    Ok(contents.into_iter().map(|(_, content)| content.attachment).collect())
}

/// With its name, its type and its length.
pub async fn a_message_says_which_file_goes_with_it(store: &dyn Store) -> Result<(), StoreError> {
    let attached = two_messages_with_a_file(store).await?;
    assert_eq!(
        (&*attached.filename, attached.media_type, attached.bytes),
        ("a file \u{e9}.txt", MediaType::PlainText, 100)
    );
    assert_eq!(files_of(store).await?, [Some(attached.clone()), Some(attached)]);
    Ok(())
}

/// Whatever other message refers to it. Then its bytes are of no use, and once they are gone it is left alone.
pub async fn a_removed_message_takes_its_file_with_it(store: &dyn Store) -> Result<(), StoreError> {
    let attached = two_messages_with_a_file(store).await?;
    store.remove_message(message_id(3), minute(2), &entry("message.removed", None)).await?;
    assert_eq!(found(store, 1).await?.removed_at, None);
    assert!(store.spent_attachments(minute(9), 9).await?.is_empty());
    store.remove_message(message_id(1), minute(3), &entry("message.removed", None)).await?;
    assert_eq!(found(store, 1).await?.removed_at, Some(minute(3)));
    assert_eq!(files_of(store).await?, [None, Some(attached)]);
    assert!(!store.note_attached(id(1), minute(4)).await?);
    assert_eq!(store.spent_attachments(minute(0), 9).await?, [id(1)]);
    assert_eq!(store.forget_bytes(&[id(1)]).await?, 1);
    assert!(store.spent_attachments(minute(9), 9).await?.is_empty());
    assert!(!store.note_uploaded(id(1), minute(5)).await?);
    store.remove_message(message_id(2), minute(6), &entry("message.removed", None)).await?;
    let gone = found(store, 1).await?;
    assert_eq!((gone.uploaded_at, gone.removed_at), (None, Some(minute(3))));
    Ok(())
}
