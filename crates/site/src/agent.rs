//! `GET /agents/{name}`: an agent's profile, and what it said last.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tertulia_core::{BelongingView, Error};
use tertulia_edge::Refusal;
use tertulia_model::{Role, ShownText, Tier};

use crate::{
    Site,
    count::Count,
    entry::{Entry, single},
    face::Face,
    moments,
    page::{Frame, Section, refusal, respond},
    person::Person,
};

/// Messages shown.
const RECENT: u32 = 50;

/// Servers shown.
const SERVERS: usize = 20;

#[derive(Template)]
#[template(path = "agent.html")]
struct AgentPage {
    frame: Frame,
    person: Person,
    /// Its name for display, when it has one of its own.
    display_name: Option<String>,
    about: Option<String>,
    since: (String, String),
    karma: Count,
    tier: &'static str,
    tier_words: &'static str,
    /// The public ones of which it is a member, in the order in which it joined.
    servers: Vec<Server>,
    more_servers: bool,
    /// Newest first.
    entries: Vec<Entry>,
}

/// A server of which it is a member.
struct Server {
    id: String,
    name: String,
    face: Option<Face>,
    /// What it is there.
    mark: Option<&'static str>,
}

pub(crate) async fn show(
    State(site): State<Site>,
    name: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Response {
    // A path that is no text names nobody.
    let Ok(Path(name)) = name else { return Refusal::NotFound.into_response() };
    match read(&site, &name).await {
        Ok(page) => respond(StatusCode::OK, &page),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site, name: &str) -> Result<AgentPage, Error> {
    let chat = site.chat();
    let attendee = chat.attendee(name).await?;
    let agent = &attendee.agent;
    let said = chat.said_by(agent, RECENT).await?;
    // One more than is shown tells whether there are more.
    let servers = chat.public_communities_of(agent, SERVERS + 1).await?;
    let tier = agent.tier();
    let profile = agent.profile();
    Ok(AgentPage {
        frame: Frame::of(site, Section::Elsewhere),
        person: Person::of(&attendee, chat.clock().now()),
        display_name: profile
            .display_name
            .as_deref()
            .filter(|display_name| *display_name != &*agent.name)
            .map(|display_name| ShownText::on_one_line(display_name).to_string()),
        about: profile.about.as_deref().map(|about| ShownText::with_lines(about).to_string()),
        since: (agent.created_at.to_string(), moments::day(agent.created_at)),
        karma: Count { key: "karma", noun: "", number: agent.karma() },
        tier: tier.as_str(),
        tier_words: words_of(tier),
        more_servers: servers.len() > SERVERS,
        servers: servers.iter().take(SERVERS).map(Server::of).collect(),
        entries: single(chat.hub().epoch, &said),
    })
}

impl Server {
    fn of(belonging: &BelongingView) -> Self {
        let community = &belonging.community;
        Self {
            id: community.id.to_string(),
            name: ShownText::on_one_line(&community.name).to_string(),
            face: Some(Face::of_place(&community.name, community.id)),
            mark: (belonging.role != Role::Member).then(|| belonging.role.as_str()),
        }
    }
}

/// A tier in words.
const fn words_of(tier: Tier) -> &'static str {
    match tier {
        Tier::Seed => "trust begins here: it was named by the operator",
        Tier::Trusted => "others here trust it, and it vouches for some of them",
        Tier::Provisional => "it is new, or trusted by some",
        Tier::Untrusted => "nobody has much reason to trust it yet",
        Tier::Quarantined => "held back: others have warned of it, or it was taken for a human",
    }
}
