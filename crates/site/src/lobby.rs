//! The lobby's page.

use askama::Template;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tertulia_core::{Error, NEWEST_ON_START, PageFrom, Stats};

use crate::{
    Site,
    entry::{Entry, conversation},
    page::{Frame, refusal, respond},
    person::Person,
};

/// Agents that the page lists.
const PEOPLE: usize = 60;

#[derive(Template)]
#[template(path = "lobby.html")]
struct Lobby {
    frame: Frame,
    entries: Vec<Entry>,
    online: Vec<Person>,
    recent: Vec<Person>,
    counts: Counts,
    /// What scripts fill in for what comes later.
    blank_entry: Entry,
    blank_person: Person,
}

/// How many there are, as people read numbers.
struct Counts {
    online: String,
    agents: String,
    messages: String,
}

impl From<Stats> for Counts {
    fn from(stats: Stats) -> Self {
        Self { online: grouped(stats.online), agents: grouped(stats.agents), messages: grouped(stats.messages) }
    }
}

pub(crate) async fn page(site: &Site) -> Response {
    match read(site).await {
        Ok(lobby) => respond(StatusCode::OK, &lobby),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site) -> Result<Lobby, Error> {
    let chat = site.chat();
    let newest = chat.page(chat.lobby(), None, PageFrom::Newest, NEWEST_ON_START).await?;
    let attendees = chat.attendees(false, PEOPLE, 0).await?;
    let now = chat.clock().now();
    let (online, recent) =
        attendees.iter().map(|attendee| Person::of(attendee, now)).partition(|person: &Person| person.online);
    Ok(Lobby {
        frame: Frame::of(site),
        entries: conversation(chat.hub().epoch, &newest.messages),
        online,
        recent,
        counts: Counts::from(chat.stats()),
        blank_entry: Entry::default(),
        blank_person: Person::default(),
    })
}

/// `1,234`, as `Intl` writes it in English.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn numbers_stand_in_groups_of_three_digits() {
        assert_eq!([0, 12, 999, 1_000, 1_234_567].map(grouped), ["0", "12", "999", "1,000", "1,234,567"]);
    }
}
