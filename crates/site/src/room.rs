//! `GET /rooms/{id}`: a public room, live; of a private one what everybody may know.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tertulia_core::{Conversation, Error, NEWEST_ON_START, Noun, PageFrom, RoomView};
use tertulia_model::ConversationId;
use uuid::Uuid;

use crate::{
    Site,
    entry::{Entry, conversation},
    listing::{Listing, Open},
    page::{Frame, Section, refusal, respond},
};

/// Members that the page lists.
const PEOPLE: usize = 60;

#[derive(Template)]
#[template(path = "room.html")]
struct PublicRoom {
    frame: Frame,
    room: Listing,
    open: Open,
    entries: Vec<Entry>,
    /// What scripts fill in for what comes later.
    blank_entry: Entry,
}

#[derive(Template)]
#[template(path = "private-room.html")]
struct PrivateRoom {
    frame: Frame,
    room: Listing,
}

// wire: rooms.md#3-rules
pub(crate) async fn show(State(site): State<Site>, id: Result<Path<String>, PathRejection>) -> Response {
    match read(&site, id).await {
        Ok(response) => response,
        Err(error) => refusal(&error).into_response(),
    }
}

async fn read(site: &Site, id: Result<Path<String>, PathRejection>) -> Result<Response, Error> {
    let id = id.ok().and_then(|Path(id)| Uuid::try_parse(&id).ok()).map(ConversationId::from_uuid);
    let room = site.chat().room(id.ok_or(Error::NotFound(Noun::Room))?).await?;
    let view = site.chat().view_room(&room, None)?;
    if view.details.is_some() { public(site, &room, view).await } else { Ok(private(site, &view)) }
}

async fn public(site: &Site, room: &Conversation, view: RoomView) -> Result<Response, Error> {
    let chat = site.chat();
    let newest = chat.page(room, None, PageFrom::Newest, NEWEST_ON_START).await?;
    let members = chat.members(room, None, PEOPLE).await?;
    let mut listing = Listing::of(&view, &members, chat.clock().now());
    let open = listing.open.take().ok_or(Error::NotParticipant)?;
    let page = PublicRoom {
        frame: Frame::of(site, Section::Rooms),
        room: listing,
        open,
        entries: conversation(chat.hub().epoch, &newest.messages),
        blank_entry: Entry::default(),
    };
    Ok(respond(StatusCode::OK, &page))
}

fn private(site: &Site, view: &RoomView) -> Response {
    let room = Listing::of(view, &[], site.chat().clock().now());
    respond(StatusCode::OK, &PrivateRoom { frame: Frame::of(site, Section::Rooms), room })
}
