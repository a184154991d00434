//! What a hub shows of rooms after it was killed, and what must hold of it.

use std::{collections::HashMap, net::SocketAddr};

use serde_json::{Value, json};
use tertulia_testkit::{Exchange, within};

use crate::{
    known::{End, KnownRooms, Room, Rooms, Standing},
    store::Stored,
};

/// Rooms that were lately seen to be gone are asked for again.
const LATELY: usize = 8;

/// Asks a hub that nobody else asks.
#[derive(Debug)]
struct Looker<'r> {
    rooms: &'r Rooms,
    exchange: Exchange,
}

impl Rooms {
    /// Compares what the hub shows with what is known, before anybody acts again; from then on what was seen is known.
    pub(crate) async fn are_as_known(&self, hub: SocketAddr) {
        let exchange = Exchange::open(hub).await.expect("the hub listens");
        let mut looker = Looker { rooms: self, exchange };
        let listed = looker.list().await;
        // Nobody acts, so nobody waits for this.
        let mut known = std::mem::take(&mut *self.known());
        known.adopt(&listed, self.actors.len());
        for room in &mut known.rooms {
            room.standings.iter_mut().for_each(|standing| standing.is_busy = false);
            looker.look_at(room, listed.get(&room.id)).await;
        }
        for gone in known.rooms.iter().rev().filter(|room| room.end == End::Gone).take(LATELY) {
            looker.is_nowhere(gone).await;
        }
        looker.counts_are_right(&known).await;
        *self.known() = known;
    }

    /// Reads every room that is still there from both ends.
    pub(crate) async fn hold_what_was_said(&self, hub: SocketAddr) -> usize {
        let rooms: Vec<Room> = self.known().rooms.iter().filter(|room| room.end == End::Open).cloned().collect();
        for room in &rooms {
            let key = &self.actors[room.plan.creator].key;
            let stored = Stored::read_room(hub, &room.id, key).await;
            stored.has_no_holes();
            stored.matches(&room.said, &room.unanswered);
        }
        rooms.len()
    }

    /// Waits until the rooms whose time was to be up soon are gone.
    pub(crate) async fn near_ends_come(&self, hub: SocketAddr) {
        let near: Vec<Room> = self.known().rooms.iter().filter(|room| room.end == End::Near).cloned().collect();
        let mut exchange = Exchange::open(hub).await.expect("the hub listens");
        for room in near {
            let target = format!("/api/rooms/{}", room.id);
            while within("an answer", exchange.get(&target)).await.expect("an answer").0 != 404 {
                tokio::task::yield_now().await;
            }
            let mut known = self.known();
            known.rooms.iter_mut().filter(|known| known.id == room.id).for_each(|room| room.end = End::Gone);
        }
    }
}

impl KnownRooms {
    /// A room on the list that nobody was told of was to be created when the hub was killed.
    fn adopt(&mut self, listed: &HashMap<String, Value>, actors: usize) {
        for (id, shown) in listed {
            if !self.rooms.iter().any(|room| room.id == *id) {
                let name = shown["name"].as_str().expect("a name");
                let plan = self.attempted.remove(name).unwrap_or_else(|| panic!("nobody has created {shown}"));
                self.rooms.push(Room::new(id.clone(), plan, actors));
            }
        }
        // What is not there now was not created.
        self.attempted.clear();
    }
}

impl Looker<'_> {
    /// Every room on the list as a stranger sees it, by its id.
    async fn list(&mut self) -> HashMap<String, Value> {
        let (status, answer) = self.get("/api/rooms/list?limit=100", None).await;
        assert_eq!(status, 200);
        let rooms = answer["rooms"].as_array().expect("a list");
        assert!(rooms.len() < 100, "all of them on one page");
        rooms.iter().map(|room| (room["id"].as_str().expect("an id").to_owned(), room.clone())).collect()
    }

    async fn look_at(&mut self, room: &mut Room, listed: Option<&Value>) {
        match (room.end, listed) {
            (End::Open, None) => panic!("{room:?} was lost"),
            (End::Gone, Some(_)) => panic!("{room:?} has come back"),
            (End::Gone | End::Destroying | End::Near, None) => return room.end = End::Gone,
            // Nobody wants it destroyed any more.
            (End::Open | End::Destroying, Some(_)) => room.end = End::Open,
            (End::Near, Some(_)) => {}
        }
        let creator = room.plan.creator;
        let (status, shown) = self.get(&format!("/api/rooms/{}", room.id), Some(creator)).await;
        if status == 404 && room.end == End::Near {
            return room.end = End::Gone;
        }
        assert_eq!(status, 200, "{shown}");
        self.is_whole(room, &shown);
        for actor in (0..self.rooms.actors.len()).filter(|actor| *actor != creator) {
            self.takes_part(room, actor).await;
        }
    }

    /// The room as its creator sees it: nothing of it is missing, nor of who is known to be in it.
    fn is_whole(&self, room: &mut Room, shown: &Value) {
        let kind = if room.plan.is_private { "private" } else { "public" };
        let creator = &*self.rooms.actors[room.plan.creator].name;
        let described = [&shown["room"]["name"], &shown["room"]["type"], &shown["room"]["createdBy"]];
        assert_eq!(described, [&json!(room.plan.name), &json!(kind), &json!(creator)]);
        assert_eq!(shown["room"]["description"], "of a room");
        let members: Vec<_> = shown["members"].as_array().expect("members").iter().map(|one| &one["name"]).collect();
        assert_eq!(shown["room"]["memberCount"], json!(members.len()), "{shown}");
        for (actor, agent) in self.rooms.actors.iter().enumerate() {
            let is_in = members.iter().any(|name| **name == *agent.name);
            let can_be = room.standings[actor].see(|standing| (standing == Standing::Joined) == is_in);
            assert!(can_be, "{} is in: {is_in}, which cannot be in {room:?}", agent.name);
        }
        let count = shown["room"]["messageCount"].as_u64().expect("a count");
        let said = room.said.len() as u64;
        assert!((said..=said + room.unanswered.len() as u64).contains(&count), "{count} messages in {room:?}");
    }

    /// Who is invited sees a private room whole, and a stranger does not.
    async fn takes_part(&mut self, room: &mut Room, actor: usize) {
        if !room.plan.is_private {
            return;
        }
        let (status, shown) = self.get(&format!("/api/rooms/{}", room.id), Some(actor)).await;
        if status == 404 && room.end == End::Near {
            return room.end = End::Gone;
        }
        let sees_it_whole = shown["room"].get("description").is_some();
        let can_be = room.standings[actor].see(|standing| (standing != Standing::Stranger) == sees_it_whole);
        assert!(can_be, "{actor} sees the whole: {sees_it_whole}, which cannot be in {room:?}");
    }

    async fn is_nowhere(&mut self, room: &Room) {
        let (at, creator) = (format!("/api/rooms/{}", room.id), room.plan.creator);
        let key = Some(&*self.rooms.actors[creator].key);
        let said = json!({ "content": "is anybody there?" }).to_string();
        let messages = format!("{at}/messages");
        let posted = self.exchange.call("POST", &messages, key, &said);
        assert_eq!(within("an answer", posted).await.expect("an answer").0, 404, "{room:?}");
        for target in [at, messages] {
            assert_eq!(self.get(&target, Some(creator)).await.0, 404, "{room:?}");
        }
    }

    /// What everybody has said in public is counted, also where the room has gone.
    async fn counts_are_right(&mut self, known: &KnownRooms) {
        for (actor, agent) in self.rooms.actors.iter().enumerate() {
            let is_by = |content: &str| content.starts_with(&format!("r{actor}-"));
            let public = || known.rooms.iter().filter(|room| !room.plan.is_private);
            let said = public().flat_map(|room| &room.said).filter(|said| is_by(&said.content)).count() as u64;
            let maybe = public().flat_map(|room| &room.unanswered).filter(|said| is_by(said)).count() as u64;
            let (_, shown) = self.get("/api/bots/me", Some(actor)).await;
            let count = shown["bot"]["messageCount"].as_u64().expect("a count");
            assert!((said..=said + maybe).contains(&count), "{} has said {count}, not {said}", agent.name);
        }
    }

    async fn get(&mut self, target: &str, actor: Option<usize>) -> (u16, Value) {
        let key = actor.map(|actor| &*self.rooms.actors[actor].key);
        within("an answer", self.exchange.call("GET", target, key, "")).await.expect("an answer")
    }
}
