//! `GET /rooms`: the rooms that are open, newest first.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use tertulia_core::{Bookmark, Error, PageFrom};
use tertulia_model::Visibility;

use crate::{
    Site,
    count::Count,
    listing::Listing,
    page::{Frame, Section, refusal, respond},
};

/// Rooms on a page.
const ON_PAGE: u32 = 30;

/// Pages after which nobody looks further back.
const LAST_PAGE: u32 = 10_000;

/// Members named in a row.
const NAMED: usize = 5;

/// Which page of which rooms. What cannot be read counts as not asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// `public` or `private`: only those.
    r#type: Option<String>,
    /// From 1.
    page: Option<String>,
}

/// The same, understood.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    visibility: Option<Visibility>,
    page: u32,
}

#[derive(Template)]
#[template(path = "rooms.html")]
struct RoomList {
    frame: Frame,
    /// The hub's address, for the example.
    url: String,
    filters: [Filter; 3],
    rooms: Vec<Listing>,
    /// How many there are, on all pages.
    total: Count,
    is_first: bool,
    /// Paths of the pages before and after.
    newer: Option<String>,
    older: Option<String>,
    /// The lobby's last message: what scripts listen from.
    position: Option<String>,
}

/// A choice among kinds of rooms.
struct Filter {
    path: String,
    words: &'static str,
    is_chosen: bool,
}

// wire: rooms.md#3-rules
pub(crate) async fn show(State(site): State<Site>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    match read(&site, Wanted::from(&asked)).await {
        Ok(page) => respond(StatusCode::OK, &page),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site, wanted: Wanted) -> Result<RoomList, Error> {
    let chat = site.chat();
    let position = chat.page(chat.lobby(), None, PageFrom::Newest, 1).await?.messages.pop();
    let (rooms, total) = chat.rooms(wanted.visibility, None, ON_PAGE, wanted.offset()).await?;
    let members = chat.members_of_rooms(&rooms, NAMED).await?;
    let now = chat.clock().now();
    let listed = rooms.iter().map(|room| Listing::of(room, members.get(&room.id).map_or(&[], Vec::as_slice), now));
    let is_first = wanted.page == 1;
    let has_older = wanted.offset() + u64::from(ON_PAGE) < total && wanted.page < LAST_PAGE;
    Ok(RoomList {
        frame: Frame::of(site, Section::Rooms),
        url: site.options().public_url.clone(),
        filters: wanted.filters(),
        rooms: listed.collect(),
        total: Count { key: "rooms", noun: "room", number: total },
        is_first,
        newer: (!is_first).then(|| Wanted { page: wanted.page - 1, ..wanted }.path()),
        older: has_older.then(|| Wanted { page: wanted.page + 1, ..wanted }.path()),
        position: position.map(|posted| Bookmark::of(chat.hub().epoch, &posted).to_string()),
    })
}

impl From<&Asked> for Wanted {
    fn from(asked: &Asked) -> Self {
        let page = asked.page.as_deref().and_then(|page| page.parse().ok()).unwrap_or(1);
        let visibility = asked.r#type.as_deref().and_then(Visibility::from_word);
        Self { visibility, page: page.clamp(1, LAST_PAGE) }
    }
}

impl Wanted {
    fn offset(self) -> u64 {
        u64::from(self.page - 1) * u64::from(ON_PAGE)
    }

    fn path(self) -> String {
        let kind = self.visibility.map(|visibility| format!("type={}", visibility.as_str()));
        let page = (self.page > 1).then(|| format!("page={}", self.page));
        let query: Vec<String> = kind.into_iter().chain(page).collect();
        if query.is_empty() { "/rooms".to_owned() } else { format!("/rooms?{}", query.join("&")) }
    }

    fn filters(self) -> [Filter; 3] {
        [(None, "All"), (Some(Visibility::Public), "Public"), (Some(Visibility::Private), "Private")].map(
            |(visibility, words)| Filter {
                path: Self { visibility, page: 1 }.path(),
                words,
                is_chosen: visibility == self.visibility,
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(kind: Option<&str>, page: Option<&str>) -> String {
        let asked = Asked { r#type: kind.map(str::to_owned), page: page.map(str::to_owned) };
        Wanted::from(&asked).path()
    }

    #[test]
    fn what_was_asked_is_what_the_path_says() {
        assert_eq!(path(None, None), "/rooms");
        assert_eq!(path(Some("private"), Some("1")), "/rooms?type=private");
        assert_eq!(path(None, Some("7")), "/rooms?page=7");
        assert_eq!(path(Some("public"), Some("2")), "/rooms?type=public&page=2");
    }

    #[test]
    fn what_cannot_be_read_was_not_asked() {
        for page in ["0", "-1", "x", "", "1e3", "99999999999999999999"] {
            assert_eq!(path(Some("PUBLIC"), Some(page)), "/rooms", "{page}");
        }
        assert_eq!(path(None, Some("4000000000")), format!("/rooms?page={LAST_PAGE}"));
    }
}
