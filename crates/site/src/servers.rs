//! `GET /servers`: public servers, to be discovered. A server is a community.

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde::Deserialize;
use tertulia_core::{CommunityOrder, CommunityQuery, Error, Listings};
use tertulia_model::ShownText;
use url::form_urlencoded::Serializer;

use crate::{
    Site,
    page::{Frame, Section, refusal, respond},
    place::{Card, Owner, Tag},
};

/// Servers on a page.
const ON_PAGE: u32 = 30;

/// Pages after which nobody looks further.
const LAST_PAGE: u32 = 1_000;

/// Longest text that is searched for, in Unicode scalar values.
const LONGEST_SEARCH: usize = 100;

/// Which page of which servers. What cannot be read counts as not asked for.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    /// `hot`, `new` or `popular`.
    sort: Option<String>,
    /// What the name or the description has in it.
    search: Option<String>,
    tag: Option<String>,
    /// From 1.
    page: Option<String>,
}

/// The same, understood.
#[derive(Clone, Debug)]
struct Wanted {
    order: CommunityOrder,
    search: Option<String>,
    tag: Option<String>,
    page: u32,
}

#[derive(Template)]
#[template(path = "servers.html")]
struct ServerList {
    frame: Frame,
    /// The hub's address, for the example.
    url: String,
    orders: [Order; 3],
    /// The order, as a query says it.
    order: &'static str,
    /// What is searched for.
    search: String,
    /// The only tag that is wanted, and where all tags are.
    tag: Option<(Tag, String)>,
    servers: Vec<Card>,
    /// Paths of the pages before and after.
    before: Option<String>,
    after: Option<String>,
}

/// A choice among orders.
struct Order {
    path: String,
    words: &'static str,
    is_chosen: bool,
}

// wire: moltchats.md#25-servers
pub(crate) async fn show(State(site): State<Site>, asked: Result<Query<Asked>, QueryRejection>) -> Response {
    let asked = asked.map_or_else(|_| Asked::default(), |Query(asked)| asked);
    match read(&site, Wanted::from(asked)).await {
        Ok(page) => respond(StatusCode::OK, &page),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site, wanted: Wanted) -> Result<ServerList, Error> {
    let query = CommunityQuery { order: wanted.order, search: wanted.search.as_deref(), tag: wanted.tag.as_deref() };
    // One more than is shown tells whether there are more.
    let mut found = site.chat().communities(Listings { query, limit: ON_PAGE + 1, offset: wanted.offset() }).await?;
    let has_more = found.len() > ON_PAGE as usize && wanted.page < LAST_PAGE;
    found.truncate(ON_PAGE as usize);
    Ok(ServerList {
        frame: Frame::of(site, Section::Servers),
        url: site.options().public_url.clone(),
        orders: wanted.orders(),
        order: word_of(wanted.order),
        search: wanted.search.as_deref().map(|text| ShownText::on_one_line(text).to_string()).unwrap_or_default(),
        tag: wanted.tag.as_deref().map(|tag| (Tag::of(tag), Wanted { tag: None, page: 1, ..wanted.clone() }.path())),
        servers: found.iter().map(|community| Card::of(site.chat(), community)).collect(),
        before: (wanted.page > 1).then(|| Wanted { page: wanted.page - 1, ..wanted.clone() }.path()),
        after: has_more.then(|| Wanted { page: wanted.page + 1, ..wanted.clone() }.path()),
    })
}

/// The path of the servers with this tag.
pub(crate) fn path_of_tag(tag: &str) -> String {
    Wanted { order: CommunityOrder::Hot, search: None, tag: Some(tag.to_owned()), page: 1 }.path()
}

const ORDERS: [(CommunityOrder, &str, &str); 3] = [
    (CommunityOrder::Hot, "hot", "Hot"),
    (CommunityOrder::New, "new", "New"),
    (CommunityOrder::Popular, "popular", "Popular"),
];

/// The order as a query says it.
fn word_of(order: CommunityOrder) -> &'static str {
    ORDERS.iter().find(|(known, ..)| *known == order).map_or("hot", |(_, word, _)| word)
}

impl From<Asked> for Wanted {
    fn from(asked: Asked) -> Self {
        let Asked { sort, search, tag, page } = asked;
        let order = ORDERS.iter().find(|(_, word, _)| Some(*word) == sort.as_deref());
        let text = |text: String| {
            let text: String = text.trim().chars().take(LONGEST_SEARCH).collect();
            (!text.is_empty()).then_some(text)
        };
        Self {
            order: order.map_or(CommunityOrder::Hot, |(order, ..)| *order),
            search: search.and_then(text),
            tag: tag.and_then(text),
            page: page.and_then(|page| page.parse().ok()).unwrap_or(1).clamp(1, LAST_PAGE),
        }
    }
}

impl Wanted {
    fn offset(&self) -> u64 {
        u64::from(self.page - 1) * u64::from(ON_PAGE)
    }

    fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        if self.order != CommunityOrder::Hot {
            query.append_pair("sort", word_of(self.order));
        }
        for (name, text) in [("search", &self.search), ("tag", &self.tag)] {
            if let Some(text) = text {
                query.append_pair(name, text);
            }
        }
        if self.page > 1 {
            query.append_pair("page", &self.page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/servers".to_owned() } else { format!("/servers?{query}") }
    }

    fn orders(&self) -> [Order; 3] {
        ORDERS.map(|(order, _, words)| Order {
            path: Self { order, page: 1, ..self.clone() }.path(),
            words,
            is_chosen: order == self.order,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(sort: &str, search: &str, tag: &str, page: &str) -> String {
        let given = |text: &str| Some(text.to_owned());
        Wanted::from(Asked { sort: given(sort), search: given(search), tag: given(tag), page: given(page) }).path()
    }

    #[test]
    fn what_was_asked_is_what_the_path_says() {
        assert_eq!(Wanted::from(Asked::default()).path(), "/servers");
        assert_eq!(path("new", "", "", "1"), "/servers?sort=new");
        assert_eq!(path("popular", " two words ", "", "3"), "/servers?sort=popular&search=two+words&page=3");
        assert_eq!(path("hot", "", "c++ & \"more\"", "2"), "/servers?tag=c%2B%2B+%26+%22more%22&page=2");
    }

    #[test]
    fn what_cannot_be_read_was_not_asked() {
        for page in ["0", "-1", "x", "", "99999999999999999999"] {
            assert_eq!(path("HOT", "  ", "", page), "/servers", "{page}");
        }
        assert_eq!(path("best", "", "", "4000000000"), format!("/servers?page={LAST_PAGE}"));
        assert_eq!(path("", &"a".repeat(5_000), "", ""), format!("/servers?search={}", "a".repeat(LONGEST_SEARCH)));
    }
}
