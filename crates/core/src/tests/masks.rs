//! What is not the caller's is as if it were not there, also for who takes the time: the store is asked the same about
//! another's conversation, message, group or invitation, in memory or not, as about one that does not exist.

use tertulia_model::{
    AttachmentId, ConversationId, GroupInvitationId, GroupName, MediaType, MessageId, SentKey, random_uuid,
};

use super::{hub::TestHub, letters::letter};
use crate::{
    AgentRef, Caller, Error, GroupChanges, GroupPlan, Letter, MuteRef, Noun, ThreadRef, UploadPlan, UploadTarget,
};

/// What a stranger asks about.
#[derive(Clone, Copy, Debug)]
struct Asked {
    direct: ConversationId,
    group: ConversationId,
    message: MessageId,
    invitation: GroupInvitationId,
    attachment: AttachmentId,
}

/// Everything that somebody may ask about something by its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Deed {
    ReadDirect,
    ReadGroup,
    Write,
    LookAtGroup,
    ChangeGroup,
    DeleteGroup,
    Invite,
    Remove,
    Promote,
    Demote,
    Leave,
    MuteDirect,
    MuteGroup,
    LookAtMute,
    Unmute,
    Accept,
    Decline,
    MarkRead,
    HideMessage,
    TypeToAgent,
    TypeToGroup,
    AcknowledgeMessage,
    FetchFile,
    AnnounceFile,
    ChangePicture,
}

const DEEDS: [Deed; 25] = [
    Deed::ReadDirect,
    Deed::ReadGroup,
    Deed::Write,
    Deed::LookAtGroup,
    Deed::ChangeGroup,
    Deed::DeleteGroup,
    Deed::Invite,
    Deed::Remove,
    Deed::Promote,
    Deed::Demote,
    Deed::Leave,
    Deed::MuteDirect,
    Deed::MuteGroup,
    Deed::LookAtMute,
    Deed::Unmute,
    Deed::Accept,
    Deed::Decline,
    Deed::MarkRead,
    Deed::HideMessage,
    Deed::TypeToAgent,
    Deed::TypeToGroup,
    Deed::AcknowledgeMessage,
    Deed::FetchFile,
    Deed::AnnounceFile,
    Deed::ChangePicture,
];

impl Deed {
    /// Tries it: what the caller is answered.
    async fn attempt(self, hub: &TestHub, by: &Caller, asked: Asked) -> Result<(), Error> {
        let Asked { direct, group, message, invitation, attachment } = asked;
        let chat = &hub.chat;
        match self {
            Self::ReadDirect => chat.thread(by, ThreadRef::Direct(direct)).await.map(drop),
            Self::ReadGroup => chat.thread(by, ThreadRef::Group(group)).await.map(drop),
            Self::Write => {
                let key = SentKey::parse("k").unwrap();
                chat.send_to_group(by, group, &Letter { key, ..letter("k", "hello") }).await.map(drop)
            }
            Self::LookAtGroup => chat.group(by, group).await.map(drop),
            Self::ChangeGroup => {
                let name = Some(GroupName::parse("mine").unwrap());
                chat.change_group(by, group, GroupChanges { name, ..GroupChanges::default() }).await.map(drop)
            }
            Self::DeleteGroup => chat.delete_group(by, group).await.map(drop),
            Self::Invite => chat.invite_to_group(by, group, "bob").await.map(drop),
            Self::Remove => chat.remove_from_group(by, group, "bob").await,
            Self::Promote => chat.promote_in_group(by, group, "bob").await,
            Self::Demote => chat.demote_in_group(by, group, "ada").await,
            Self::Leave => chat.leave_group(by, group).await.map(drop),
            Self::MuteDirect => chat.mute(by, &MuteRef::Conversation(direct), None).await.map(drop),
            Self::MuteGroup => chat.mute(by, &MuteRef::Conversation(group), None).await.map(drop),
            Self::LookAtMute => chat.mute_of(by, &MuteRef::Conversation(group)).await.map(drop),
            Self::Unmute => chat.unmute(by, &MuteRef::Conversation(direct)).await,
            Self::Accept => chat.accept_group_invitation(by, invitation).await.map(drop),
            Self::Decline => chat.decline_group_invitation(by, invitation).await,
            Self::MarkRead => chat.mark_read(by, message).await.map(drop),
            Self::HideMessage => chat.hide_message(by, message).await,
            Self::TypeToAgent => chat.type_to_agent(by, direct, true).await,
            Self::TypeToGroup => chat.type_to_group(by, group, true).await,
            Self::AcknowledgeMessage => {
                chat.acknowledge_message(by, message);
                hub.settle_receipts().await;
                Ok(())
            }
            Self::FetchFile => chat.attachment_for(by, attachment).await.map(drop),
            Self::AnnounceFile => chat.announce_upload(by, &file_for(group)).await.map(drop),
            Self::ChangePicture => chat.permit_group_avatar(by, group).await,
        }
    }

    /// As [`Deed::attempt`], with what the store is asked.
    async fn seen(self, hub: &TestHub, by: &Caller, asked: Asked) -> (String, Vec<&'static str>) {
        hub.store.take_calls();
        let answer = self.attempt(hub, by, asked).await;
        (format!("{answer:?}"), hub.store.take_calls())
    }
}

/// A file for a group.
fn file_for(group: ConversationId) -> UploadPlan {
    let (filename, media_type) = ("notes.txt".into(), MediaType::PlainText);
    UploadPlan { to: UploadTarget::Group(group), filename, media_type, bytes: 5, digest: [7; 32] }
}

/// What does not exist.
fn nothing() -> Asked {
    Asked {
        direct: ConversationId::from_uuid(random_uuid([0xA1; 16])),
        group: ConversationId::from_uuid(random_uuid([0xA2; 16])),
        message: MessageId::from_uuid(random_uuid([0xA3; 16])),
        invitation: GroupInvitationId::from_uuid(random_uuid([0xA4; 16])),
        attachment: AttachmentId::from_uuid(random_uuid([0xA5; 16])),
    }
}

/// What others have: two who talk and their groups, of which one is deleted.
async fn theirs(hub: &TestHub) -> [Asked; 2] {
    let [ada, bob, zed] = [hub.join("ada").await, hub.join("bob").await, hub.join("zed").await];
    let direct = hub.write(&ada, &bob, "1", "hello").await.unwrap();
    hub.write(&bob, &ada, "1", "yes").await.unwrap();
    let mut asked = Vec::new();
    for key in ["living", "deleted"] {
        let invited = [&bob, &zed].map(|caller| AgentRef::Id(caller.agent.id)).into();
        let name = GroupName::parse(key).unwrap();
        let plan = GroupPlan { name, description: None, avatar_url: None, invited };
        let (view, _) = hub.chat.create_group(&ada, plan).await.unwrap();
        let waiting = hub.chat.group_invitations(&bob).await.unwrap();
        hub.chat.accept_group_invitation(&bob, waiting[0].id).await.unwrap();
        let said = hub.chat.send_to_group(&ada, view.id, &letter(key, key)).await.unwrap();
        let invitation = hub.chat.group_invitations(&zed).await.unwrap()[0].id;
        let attachment = hub.chat.announce_upload(&ada, &file_for(view.id)).await.unwrap();
        hub.chat.note_uploaded(attachment).await.unwrap();
        let (direct, group) = (direct.conversation.id, view.id);
        asked.push(Asked { direct, group, message: said.posted.id, invitation, attachment });
    }
    asked[0].message = direct.posted.id;
    hub.chat.delete_group(&ada, asked[1].group).await.unwrap();
    [asked[0], asked[1]]
}

/// Compares every deed of a stranger.
async fn compare(hub: &TestHub, stranger: &Caller, theirs: &[Asked], what: &str) {
    for deed in DEEDS {
        // Whatever it asks about itself, it has asked then.
        let _ = deed.attempt(hub, stranger, nothing()).await;
        let expected = deed.seen(hub, stranger, nothing()).await;
        for asked in theirs {
            assert_eq!(deed.seen(hub, stranger, *asked).await, expected, "{deed:?} {what}");
        }
    }
}

#[tokio::test]
async fn a_stranger_asks_the_store_the_same_about_what_is_anothers_and_what_is_not_there() {
    // wire: agentchat.md#16-error-envelope
    let hub = TestHub::open().await;
    let theirs = theirs(&hub).await;
    let eve = hub.join("eve").await;
    compare(&hub, &eve, &theirs, "in memory").await;
    let hub = hub.restart().await;
    let eve = hub.again(&eve).await;
    compare(&hub, &eve, &theirs, "on disk").await;
    for asked in theirs {
        assert!(!hub.chat.0.conversations.holds(asked.direct), "a stranger brings nothing into memory");
        assert!(!hub.chat.0.conversations.holds(asked.group));
    }
    // Read by those whose it is, and then again by the stranger.
    let ada = hub.chat.attendee("ada").await.unwrap().agent;
    let ada = Caller { agent: ada, credential: eve.credential, surface: hub.surface.clone() };
    hub.chat.thread(&ada, ThreadRef::Direct(theirs[0].direct)).await.unwrap();
    hub.chat.thread(&ada, ThreadRef::Group(theirs[0].group)).await.unwrap();
    compare(&hub, &eve, &theirs, "read again").await;
    drop((ada, eve));
    hub.close().await;
}

#[tokio::test]
async fn whose_it_is_finds_it_without_asking() {
    let hub = TestHub::open().await;
    let [living, deleted] = theirs(&hub).await;
    let ada = hub.chat.attendee("ada").await.unwrap().agent;
    let ada = Caller { agent: ada, credential: tertulia_model::CredentialNo(1), surface: hub.surface.clone() };
    hub.store.take_calls();
    hub.chat.thread(&ada, ThreadRef::Direct(living.direct)).await.unwrap();
    hub.chat.thread(&ada, ThreadRef::Group(living.group)).await.unwrap();
    hub.chat.group(&ada, living.group).await.unwrap();
    assert_eq!(hub.store.take_calls(), [""; 0]);
    // Of what is over it is asked whether one was there.
    let gone = hub.chat.group(&ada, deleted.group).await;
    assert!(matches!(gone, Err(Error::Group(_))), "{gone:?}");
    assert_eq!(hub.store.take_calls(), ["part_in"]);
    let unknown = hub.chat.group(&ada, nothing().group).await;
    assert!(matches!(unknown, Err(Error::NotFound(Noun::Group))), "{unknown:?}");
    assert_eq!(hub.store.take_calls(), ["part_in"]);
    drop(ada);
    hub.close().await;
}
