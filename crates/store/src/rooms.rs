//! Rooms, and who takes part in a conversation.
//!
//! A room is over at its `expires_at`: whoever reads compares times. What is left of it goes later, slice by slice.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use tertulia_model::{AgentNo, ConversationId, ConversationNo, Standing, Timestamp, Visibility};

use crate::{LogEnd, StoreError};

/// A room about to be created.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Who may know what is said in it.
    pub visibility: Visibility,
    /// Whether only its creator may invite.
    pub only_creator_invites: bool,
    /// Who creates it, and joins it.
    pub creator: AgentNo,
    /// Who is invited from the beginning; the creator may be among them, to no effect.
    pub invited: Vec<AgentNo>,
    /// When.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

/// A room as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomRecord {
    /// Its number as a conversation.
    pub number: ConversationNo,
    /// Its public id.
    pub id: ConversationId,
    /// What it is called.
    pub name: Arc<str>,
    /// What it is for.
    pub description: Option<Arc<str>>,
    /// Who may know what is said in it.
    pub visibility: Visibility,
    /// Whether only its creator may invite.
    pub only_creator_invites: bool,
    /// Who created it.
    pub creator: AgentNo,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it is over; earlier than planned if it was destroyed.
    pub expires_at: Timestamp,
}

/// A room on a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomListing {
    /// The room.
    pub room: RoomRecord,
    /// How many have joined.
    pub members: u64,
    /// Where its log ends.
    pub end: LogEnd,
    /// Whether the viewer takes part in it, invited or joined.
    pub is_participant: bool,
}

/// How an agent stands to a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The conversation.
    pub conversation: ConversationNo,
    /// Who.
    pub agent: AgentNo,
    /// How.
    pub standing: Standing,
    /// Since when.
    pub since: Timestamp,
}

/// All of a room but what is said in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeRoom {
    /// The room.
    pub room: RoomRecord,
    /// Who takes part in it, in no order.
    pub participants: Vec<Participant>,
    /// Where its log ends.
    pub end: LogEnd,
}

/// What changes about the participants of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParticipantChange {
    /// The agent stands so from now on, however it stood before.
    Stands(Participant),
    /// The agent takes part no more.
    Gone {
        /// The conversation.
        conversation: ConversationNo,
        /// Who.
        agent: AgentNo,
    },
}

/// What a sweep has found and deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Rows deleted: fewer than asked for when nothing is left to sweep, at most one more.
    pub rows: u32,
    /// Rooms of which nothing is left now.
    pub rooms: Vec<ConversationNo>,
}

/// Rooms.
#[async_trait]
pub trait Rooms: Debug + Send + Sync + 'static {
    /// Creates a room with its creator joined and the others invited, or nothing at all. Its number is greater than that
    /// of every conversation before it, also of those that were swept.
    async fn create_room(&self, room: &NewRoom) -> Result<RoomRecord, StoreError>;

    /// The room with this id; also one that is over, as long as something of it is left.
    async fn room(&self, id: ConversationId) -> Result<Option<RoomRecord>, StoreError>;

    /// As [`Rooms::room`], with who takes part in it and where its log ends, all of one moment.
    async fn whole_room(&self, id: ConversationId) -> Result<Option<WholeRoom>, StoreError>;

    /// Who takes part in a conversation of any kind: by the moment since when they stand as they do, then by number.
    async fn participants(&self, conversation: ConversationNo) -> Result<Vec<Participant>, StoreError>;

    /// Who has joined conversations: of each one, given once, the first `limit` in the order of
    /// [`Rooms::participants`]; by conversation.
    async fn members(&self, conversations: &[ConversationNo], limit: u32) -> Result<Vec<Participant>, StoreError>;

    /// Rooms that are not over at `now`, newest first (by number); all of them or those of one visibility. `viewer`:
    /// whose participation is looked up.
    async fn list_rooms(
        &self,
        visibility: Option<Visibility>,
        viewer: Option<AgentNo>,
        now: Timestamp,
        limit: u32,
        offset: u64,
    ) -> Result<Vec<RoomListing>, StoreError>;

    /// How many rooms are not over at `now`.
    async fn count_rooms(&self, visibility: Option<Visibility>, now: Timestamp) -> Result<u64, StoreError>;

    /// Deletes what is left of rooms that were over at `now`, soonest over first, at most about `most_rows` rows in one
    /// go: of each room its messages, newest first, then its participants, then the room itself. To be called again as
    /// long as it fills its measure. No number that was ever given, to a message or a conversation, is given again, and
    /// messages that no tally covers yet will be counted all the same.
    async fn sweep_rooms(&self, now: Timestamp, most_rows: u32) -> Result<Swept, StoreError>;
}
