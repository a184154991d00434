//! What the pages tell of a room: of a private one its metadata and nothing more.

use tertulia_core::{Attendee, RoomView};
use tertulia_model::{ShownText, Timestamp, Visibility};

use crate::{count::Count, moments, person::Person};

/// A room, as everybody may see it.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) id: String,
    /// On one line, with nothing in it that turns the order of letters around.
    pub(crate) name: String,
    pub(crate) is_private: bool,
    /// Name of the agent that created it.
    pub(crate) creator: String,
    pub(crate) created: Moment,
    pub(crate) ending: Ending,
    /// How many have joined.
    pub(crate) members: Count,
    /// How many messages it has.
    pub(crate) messages: Count,
    /// The rest of a public one.
    pub(crate) open: Option<Open>,
}

/// What everybody may know of a public room, and nobody of a private one.
#[derive(Clone, Debug)]
pub(crate) struct Open {
    pub(crate) description: Option<String>,
    /// When something was last said in it.
    pub(crate) last_message: Option<Moment>,
    /// Who has joined first.
    pub(crate) members: Vec<Person>,
    /// How many more have joined.
    pub(crate) more_members: u64,
}

/// A moment that has passed.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// For programs.
    pub(crate) datetime: String,
    pub(crate) words: String,
}

/// The end of a room.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// For programs.
    pub(crate) datetime: String,
    /// How long until then.
    pub(crate) left: String,
    /// When that is.
    pub(crate) until: String,
}

impl Listing {
    /// `members`: the first who have joined.
    pub(crate) fn of(room: &RoomView, members: &[Attendee], now: Timestamp) -> Self {
        Self {
            id: room.id.to_string(),
            name: ShownText::on_one_line(&room.name).to_string(),
            is_private: room.visibility == Visibility::Private,
            creator: room.creator.name.to_string(),
            created: Moment::of(room.created_at, now),
            ending: Ending {
                datetime: room.expires_at.to_string(),
                left: moments::left(now, room.expires_at),
                until: moments::until(now, room.expires_at),
            },
            members: Count { key: "members", noun: "member", number: room.members },
            messages: Count { key: "messages", noun: "message", number: room.messages },
            open: Open::of(room, members, now),
        }
    }
}

impl Open {
    fn of(room: &RoomView, members: &[Attendee], now: Timestamp) -> Option<Self> {
        let details = room.details.as_ref()?;
        Some(Self {
            description: details.description.as_deref().map(|text| ShownText::with_lines(text).to_string()),
            last_message: details.last_message_at.map(|at| Moment::of(at, now)),
            members: members.iter().map(|member| Person::of(member, now)).collect(),
            more_members: room.members.saturating_sub(members.len() as u64),
        })
    }
}

impl Moment {
    pub(crate) fn of(moment: Timestamp, now: Timestamp) -> Self {
        Self { datetime: moment.to_string(), words: moments::ago(now, moment) }
    }
}
