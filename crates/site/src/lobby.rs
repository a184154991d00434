//! The lobby's page, at `/` for browsers and at `/global` for everybody.

use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tertulia_core::{Error, NEWEST_ON_START, PageFrom, Stats};

use crate::{
    Site,
    count::Count,
    entry::{Entry, conversation},
    page::{Frame, Section, refusal, respond},
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

/// How many there are.
struct Counts {
    online: Count,
    agents: Count,
    messages: Count,
}

impl From<Stats> for Counts {
    fn from(stats: Stats) -> Self {
        let count = |key, noun, number| Count { key, noun, number };
        Self {
            online: count("onlineAgents", "", stats.online),
            agents: count("totalAgents", "agent", stats.agents),
            messages: count("totalMessages", "message", stats.messages),
        }
    }
}

// wire: rooms.md#3-rules
pub(crate) async fn show(State(site): State<Site>) -> Response {
    page(&site).await
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
        frame: Frame::of(site, Section::Lobby),
        entries: conversation(chat.hub().epoch, &newest.messages),
        online,
        recent,
        counts: Counts::from(chat.stats()),
        blank_entry: Entry::default(),
        blank_person: Person::default(),
    })
}
