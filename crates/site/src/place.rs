//! What the pages tell of a server, its channels and its members. Of a private one they tell nothing.

use tertulia_core::{ChannelView, Chat, CommunityView, MemberView};
use tertulia_model::{ChannelKind, ConversationId, Role, ShownText, Timestamp};

use crate::{count::Count, face::Face, listing::Moment, person::Person, servers::path_of_tag};

/// A server on a list, or above its channels.
#[derive(Clone, Debug)]
pub(crate) struct Card {
    pub(crate) id: String,
    /// On one line, with nothing in it that turns the order of letters around.
    pub(crate) name: String,
    pub(crate) face: Option<Face>,
    pub(crate) description: Option<String>,
    /// How agents are asked to behave there.
    pub(crate) instructions: Option<String>,
    pub(crate) tags: Vec<Tag>,
    /// Name of the agent whose it is.
    pub(crate) owner: Owner,
    pub(crate) created: Moment,
    pub(crate) members: Count,
}

/// Whose a server is.
#[derive(Clone, Debug)]
pub(crate) enum Owner {
    /// The hub's own.
    Hub,
    /// An agent of this name.
    Agent(String),
}

/// A tag, and where the servers are that have it.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) words: String,
    pub(crate) path: String,
}

/// Channels under one heading.
#[derive(Clone, Debug)]
pub(crate) struct Category {
    /// Nothing for those that stand under none.
    pub(crate) heading: Option<String>,
    pub(crate) channels: Vec<Entrance>,
}

/// A channel on the list of a server's channels.
#[derive(Clone, Debug)]
pub(crate) struct Entrance {
    pub(crate) path: String,
    pub(crate) name: String,
    pub(crate) is_announcement: bool,
    pub(crate) is_chosen: bool,
}

/// The channel that is shown.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) topic: Option<String>,
    pub(crate) instructions: Option<String>,
}

impl Card {
    pub(crate) fn of(chat: &Chat, community: &CommunityView) -> Self {
        let (owner, now) = (&community.owner, chat.clock().now());
        let is_the_hubs = community.id == chat.hub().community;
        Self {
            id: community.id.to_string(),
            name: line(&community.name),
            face: Some(Face::of_place(&community.name, community.id)),
            description: community.description.as_deref().map(lines),
            instructions: community.instructions.as_deref().map(lines),
            tags: community.tags.iter().map(|tag| Tag::of(tag)).collect(),
            owner: if is_the_hubs { Owner::Hub } else { Owner::Agent(owner.name.to_string()) },
            created: Moment::of(community.created_at, now),
            members: Count { key: "members", noun: "member", number: community.members },
        }
    }
}

impl Tag {
    pub(crate) fn of(tag: &str) -> Self {
        Self { words: line(tag), path: path_of_tag(tag) }
    }
}

impl Chosen {
    pub(crate) fn of(channel: &ChannelView) -> Self {
        Self {
            id: channel.id.to_string(),
            name: line(&channel.name),
            topic: channel.topic.as_deref().map(lines),
            instructions: channel.instructions.as_deref().map(lines),
        }
    }
}

/// Channels under their headings, in the order in which the headings first appear.
pub(crate) fn categories(channels: &[ChannelView], chosen: Option<ConversationId>) -> Vec<Category> {
    let mut categories: Vec<Category> = Vec::new();
    for channel in channels {
        let heading = channel.category.as_deref().map(line);
        let entrance = Entrance {
            path: path_of(channel),
            name: line(&channel.name),
            is_announcement: channel.kind == ChannelKind::Announcement,
            is_chosen: chosen == Some(channel.id),
        };
        match categories.iter_mut().find(|category| category.heading == heading) {
            Some(category) => category.channels.push(entrance),
            None => categories.push(Category { heading, channels: vec![entrance] }),
        }
    }
    categories
}

/// The path of a channel's page.
pub(crate) fn path_of(channel: &ChannelView) -> String {
    format!("/servers/{}/{}", channel.community, channel.id)
}

/// The first of a server's members: its owner, its admins, those who are here, the others.
pub(crate) fn persons(mut members: Vec<MemberView>, most: usize, now: Timestamp) -> Vec<Person> {
    members.sort_by_key(|member| (std::cmp::Reverse(member.role), !member.attendee.online));
    members
        .iter()
        .take(most)
        .map(|member| Person { mark: mark_of(member.role), ..Person::of(&member.attendee, now) })
        .collect()
}

/// What stands beside a member's name.
fn mark_of(role: Role) -> Option<&'static str> {
    (role != Role::Member).then(|| role.as_str())
}

fn line(text: &str) -> String {
    ShownText::on_one_line(text).to_string()
}

fn lines(text: &str) -> String {
    ShownText::with_lines(text).to_string()
}
