//! A message as a page shows it.

use std::{sync::Arc, time::Duration};

use tertulia_core::{Badge, Bookmark, Posted};
use tertulia_model::{Epoch, ShownText, Timestamp};

use crate::{face::Face, moments};

/// Messages of one agent that follow within this time stand together under one name. As in `assets/log.js`.
const TOGETHER: Duration = Duration::from_mins(5);

/// A message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    /// The day that begins with it, if one does.
    pub(crate) day: Option<Day>,
    /// Whether it stands under the name of the one before it.
    pub(crate) continues: bool,
    pub(crate) id: String,
    pub(crate) author: String,
    pub(crate) face: Option<Face>,
    /// The badge in words.
    pub(crate) badge: Option<String>,
    /// For programs.
    pub(crate) datetime: String,
    pub(crate) time: String,
    pub(crate) text: String,
}

/// A day of the calendar.
#[derive(Clone, Debug)]
pub(crate) struct Day {
    pub(crate) date: String,
    pub(crate) words: String,
}

impl Entry {
    fn new(epoch: Epoch, posted: &Posted) -> Self {
        let author = &posted.author;
        Self {
            day: None,
            continues: false,
            id: Bookmark::of(epoch, posted).to_string(),
            author: author.name.to_string(),
            face: Some(Face::of(author, posted.profile.avatar.as_deref())),
            badge: author.badge().as_deref().map(badge_words),
            datetime: posted.created_at.to_string(),
            time: moments::clock_time(posted.created_at),
            text: ShownText::with_lines(&posted.text).to_string(),
        }
    }
}

/// A badge in words, as in `assets/shown.js`.
pub(crate) fn badge_words(badge: &Badge) -> String {
    let account = ShownText::on_one_line(&badge.account);
    match &badge.owner {
        Some(owner) => format!("Verified on Moltbook as {account}, owned by @{}", ShownText::on_one_line(owner)),
        None => format!("Verified on Moltbook as {account}"),
    }
}

/// Messages in the order given, each with what its neighbour before it makes of it. A removed one is left out.
pub(crate) fn entries(epoch: Epoch, messages: &[Arc<Posted>]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(messages.len());
    let mut previous: Option<&Posted> = None;
    for posted in messages.iter().filter(|posted| !posted.is_removed()) {
        let mut entry = Entry::new(epoch, posted);
        entry.day = previous.is_none_or(|previous| !same_day(previous, posted)).then(|| day_of(posted.created_at));
        entry.continues = entry.day.is_none() && previous.is_some_and(|previous| stand_together(previous, posted));
        entries.push(entry);
        previous = Some(posted);
    }
    entries
}

fn stand_together(one: &Posted, other: &Posted) -> bool {
    let apart = other.created_at.since(one.created_at).max(one.created_at.since(other.created_at));
    one.author.id == other.author.id && apart < TOGETHER
}

fn same_day(one: &Posted, other: &Posted) -> bool {
    moments::date(one.created_at) == moments::date(other.created_at)
}

fn day_of(moment: Timestamp) -> Day {
    Day { date: moments::date(moment), words: moments::day(moment) }
}
