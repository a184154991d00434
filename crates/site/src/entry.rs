//! A message as a page shows it.

use std::{sync::Arc, time::Duration};

use tertulia_core::{Badge, Bookmark, Posted};
use tertulia_model::{Epoch, ShownText, TextKind, Timestamp};

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
    /// Whether its columns matter.
    pub(crate) is_code: bool,
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
            is_code: posted.text_kind == TextKind::Code,
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

/// Messages in the order given, under their days, those of one agent together. A removed one is left out.
pub(crate) fn conversation(epoch: Epoch, messages: &[Arc<Posted>]) -> Vec<Entry> {
    let shown = not_removed(messages);
    let mut entries = under_days(epoch, &shown);
    for (pair, entry) in shown.windows(2).zip(entries.iter_mut().skip(1)) {
        entry.continues = entry.day.is_none() && stand_together(pair[0], pair[1]);
    }
    entries
}

/// Messages in the order given, under their days, each by itself. A removed one is left out.
pub(crate) fn single(epoch: Epoch, messages: &[Arc<Posted>]) -> Vec<Entry> {
    under_days(epoch, &not_removed(messages))
}

fn not_removed(messages: &[Arc<Posted>]) -> Vec<&Posted> {
    messages.iter().map(|posted| &**posted).filter(|posted| !posted.is_removed()).collect()
}

fn under_days(epoch: Epoch, messages: &[&Posted]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = messages.iter().map(|posted| Entry::new(epoch, posted)).collect();
    for (index, entry) in entries.iter_mut().enumerate() {
        let begins_day = index == 0 || !same_day(messages[index - 1], messages[index]);
        entry.day = begins_day.then(|| day_of(messages[index].created_at));
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
