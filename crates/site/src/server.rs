//! `GET /servers/{id}` and `GET /servers/{id}/{channel}`: a public server with its channels, and what is said in one of
//! them, live. A private server, and every channel that is not one of a public server, is not here.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tertulia_core::{ChannelView, CommunityView, Error, NEWEST_ON_START, Noun, PageFrom};
use tertulia_model::{CommunityId, ConversationId};
use uuid::Uuid;

use crate::{
    Site,
    count::Count,
    entry::{Entry, conversation},
    page::{Frame, Section, refusal, respond},
    person::Person,
    place::{Card, Category, Chosen, Owner, categories, persons},
};

/// Members that the page lists.
const PEOPLE: usize = 60;

#[derive(Template)]
#[template(path = "server.html")]
struct ServerPage {
    frame: Frame,
    server: Card,
    categories: Vec<Category>,
    /// Nothing for a server without channels.
    channel: Option<Chosen>,
    /// How many messages the channel has.
    messages: Count,
    members: Vec<Person>,
    more_members: u64,
    entries: Vec<Entry>,
    /// What scripts fill in for what comes later.
    blank_entry: Entry,
}

/// The server, with its first channel.
pub(crate) async fn show(State(site): State<Site>, id: Result<Path<String>, PathRejection>) -> Response {
    let id = id.ok().and_then(|Path(id)| Uuid::try_parse(&id).ok());
    answer(read(&site, id, Wanted::First).await)
}

/// The server, with the channel that is named.
pub(crate) async fn show_channel(
    State(site): State<Site>,
    ids: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    let Ok(Path((server, channel))) = ids else { return answer(Err(Error::NotFound(Noun::Channel))) };
    answer(read(&site, Uuid::try_parse(&server).ok(), Wanted::Named(Uuid::try_parse(&channel).ok())).await)
}

/// Which channel is to be shown.
#[derive(Clone, Copy)]
enum Wanted {
    First,
    Named(Option<Uuid>),
}

fn answer(page: Result<ServerPage, Error>) -> Response {
    match page {
        Ok(page) => respond(StatusCode::OK, &page),
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site, id: Option<Uuid>, wanted: Wanted) -> Result<ServerPage, Error> {
    let chat = site.chat();
    let id = id.map(CommunityId::from_uuid).ok_or(Error::NotFound(Noun::Community))?;
    let community = public(chat.community(id, None).await?)?;
    let channels = chat.channels_of(id, None).await?;
    let chosen = choose(&channels, wanted)?;
    let (messages, entries) = match chosen {
        Some(channel) => said_in(site, channel.id).await?,
        None => (0, Vec::new()),
    };
    let now = chat.clock().now();
    let members = persons(chat.members_of_community(id, None).await?, PEOPLE, now);
    let server = Card::of(chat, &community);
    Ok(ServerPage {
        frame: Frame::of(site, Section::Servers),
        categories: categories(&channels, chosen.map(|channel| channel.id)),
        channel: chosen.map(Chosen::of),
        messages: Count { key: "messages", noun: "message", number: messages },
        more_members: server.members.number.saturating_sub(members.len() as u64),
        server,
        members,
        entries,
        blank_entry: Entry::default(),
    })
}

/// A second lock on the door that the core keeps: what is not public is not shown, whoever asks.
fn public(community: CommunityView) -> Result<CommunityView, Error> {
    if community.is_public { Ok(community) } else { Err(Error::NotFound(Noun::Community)) }
}

fn choose(channels: &[ChannelView], wanted: Wanted) -> Result<Option<&ChannelView>, Error> {
    match wanted {
        Wanted::First => Ok(channels.first()),
        Wanted::Named(id) => {
            let id = id.map(ConversationId::from_uuid);
            let named = channels.iter().find(|channel| Some(channel.id) == id);
            named.map(Some).ok_or(Error::NotFound(Noun::Channel))
        }
    }
}

/// How much was said in a channel, and the newest of it.
async fn said_in(site: &Site, id: ConversationId) -> Result<(u64, Vec<Entry>), Error> {
    let chat = site.chat();
    let channel = chat.channel(id).await?;
    let newest = chat.page(&channel, None, PageFrom::Newest, NEWEST_ON_START).await?;
    Ok((channel.count(), conversation(chat.hub().epoch, &newest.messages)))
}
