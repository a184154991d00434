//! Those who act in rooms: each creates some, invites, joins, leaves, posts and destroys as chance has it, and writes
//! down what was acknowledged and what was not.

use std::{io, net::SocketAddr, sync::Arc};

use serde_json::{Value, json};
use tertulia_testkit::Exchange;

use crate::{
    chance::Chance,
    known::{End, Plan, Room, Rooms, Standing},
    ledger::{Known, Ledger},
    load::text,
};

/// Rooms of one actor that are open at the same time.
const MOST_OPEN: usize = 4;

/// Seconds that rooms live, one as good as the other: no room gets as old as this.
const TTLS: [u64; 3] = [60, 600, 604_800];

/// One of them.
#[derive(Debug)]
pub(crate) struct Actor {
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) number: usize,
    pub(crate) chance: Chance,
}

/// What an actor does next.
enum Deed {
    Create,
    Say,
    Join,
    Leave,
    Invite(usize),
    Destroy,
}

impl Actor {
    /// Acts as fast as it is answered, and goes on when the hub is back.
    pub(crate) async fn act(mut self, hub: SocketAddr) {
        let (mut last, mut count) = (0, 0);
        while let Some(start) = self.ledger.next_start(last).await {
            last = start;
            self.rooms.begin();
            // Whoever begins after the hub has gone does nothing: somebody may be comparing.
            if self.ledger.is_up(start)
                && let Ok(mut exchange) = Exchange::open(hub).await
            {
                count = self.act_until_lost(&mut exchange, count).await;
            }
            self.rooms.end();
        }
    }

    /// Acts until the hub is gone, or to be left alone; how often it has acted by then.
    async fn act_until_lost(&mut self, exchange: &mut Exchange, before: u64) -> u64 {
        let mut count = before;
        while !self.ledger.is_over() {
            count += 1;
            match self.act_once(exchange, count).await {
                Ok(true) => self.ledger.note_deed(),
                // Somebody else is changing what it would change.
                Ok(false) => tokio::task::yield_now().await,
                Err(_lost) => break,
            }
        }
        count
    }

    async fn act_once(&mut self, exchange: &mut Exchange, count: u64) -> io::Result<bool> {
        let Some((deed, room)) = self.choose() else { return Ok(false) };
        let name = format!("r{}-{count:06}", self.number);
        match deed {
            Deed::Create => self.create(exchange, name).await,
            Deed::Say => self.say(exchange, &room, name).await,
            Deed::Join => self.stand(exchange, &room, "join").await,
            Deed::Leave => self.stand(exchange, &room, "leave").await,
            Deed::Invite(whom) => self.invite(exchange, &room, whom).await,
            Deed::Destroy => self.destroy(exchange, &room).await,
        }
        .map(|()| true)
    }

    /// What to do next, and in which room; whose standing changes is taken.
    fn choose(&mut self) -> Option<(Deed, String)> {
        let mut known = self.rooms.known();
        let there: Vec<&mut Room> = known.rooms.iter_mut().filter(|room| room.end != End::Gone).collect();
        let own = there.iter().filter(|room| room.plan.creator == self.number).count();
        if own == 0 || own < MOST_OPEN && self.chance.up_to(9) == 0 {
            return Some((Deed::Create, String::new()));
        }
        let room = self.chance.one_of(there);
        let is_own = room.plan.creator == self.number;
        let (deed, whom) = match self.chance.up_to(19) {
            0 if is_own && room.end == End::Open => {
                room.end = End::Destroying;
                return Some((Deed::Destroy, room.id.clone()));
            }
            1..=3 if is_own => {
                let whom = self.chance.one_of((0..self.rooms.actors.len()).filter(|actor| *actor != self.number));
                (Deed::Invite(whom), whom)
            }
            0..=6 => (Deed::Join, self.number),
            7..=9 => (Deed::Leave, self.number),
            _ => (Deed::Say, self.number),
        };
        let standing = &mut room.standings[whom];
        (!std::mem::replace(&mut standing.is_busy, true)).then(|| (deed, room.id.clone()))
    }

    async fn create(&mut self, exchange: &mut Exchange, name: String) -> io::Result<()> {
        let is_private = self.chance.up_to(1) == 0;
        let others = (0..self.rooms.actors.len()).filter(|actor| *actor != self.number);
        let invited: Vec<usize> = others.filter(|_| self.chance.up_to(1) == 0).collect();
        let names: Vec<&str> = invited.iter().map(|actor| &*self.rooms.actors[*actor].name).collect();
        let body = json!({
            "name": name, "description": "of a room", "isPrivate": is_private, "invite": names,
            "ttl": self.chance.one_of(TTLS),
        });
        let plan = Plan { name: name.clone(), is_private, creator: self.number, invited };
        self.rooms.known().attempted.insert(name.clone(), plan.clone());
        let (status, answer) = self.call(exchange, "POST", "/api/rooms/create", &body).await?;
        assert_eq!(status, 201, "{name} was refused: {answer}");
        let mut known = self.rooms.known();
        // Whoever compares may have found it first, but not while the hub runs.
        known.attempted.remove(&name).expect("nobody else knows it");
        known.rooms.push(Room::new(text(&answer["room"]["id"]), plan, self.rooms.actors.len()));
        Ok(())
    }

    async fn say(&mut self, exchange: &mut Exchange, id: &str, content: String) -> io::Result<()> {
        let target = format!("/api/rooms/{id}/messages");
        let answer = self.call(exchange, "POST", &target, &json!({ "content": content })).await;
        self.note(id, self.number, |room, actor| {
            let may_join = !room.plan.is_private || room.takes_part(actor) != Some(false);
            match &answer {
                Err(_lost) if may_join => {
                    room.standings[actor].doubt(Standing::Joined);
                    room.unanswered.insert(content);
                }
                Err(_lost) => {}
                Ok((201, answer)) => {
                    assert!(may_join, "{actor} may not post in {room:?}");
                    room.standings[actor].settle(Standing::Joined);
                    room.said.push(Known { id: text(&answer["message"]["id"]), content });
                }
                Ok(refused) => refuses(room, actor, refused, "NOT_INVITED"),
            }
        });
        answer.map(drop)
    }

    /// Joins or leaves.
    async fn stand(&mut self, exchange: &mut Exchange, id: &str, what: &str) -> io::Result<()> {
        let answer = self.call(exchange, "POST", &format!("/api/rooms/{id}/{what}"), &Value::Null).await;
        self.note(id, self.number, |room, actor| {
            let (becomes, may, refusal) = match what {
                "join" => {
                    let may_join = !room.plan.is_private || room.takes_part(actor) != Some(false);
                    (Standing::Joined, may_join, "NOT_INVITED")
                }
                _ => (Standing::Stranger, !room.standings[actor].is(Standing::Stranger), "NOT_PARTICIPANT"),
            };
            match &answer {
                Err(_lost) if may => room.standings[actor].doubt(becomes),
                Err(_lost) => {}
                Ok((200, _)) => {
                    assert!(may, "{actor} may not {what} {room:?}");
                    room.standings[actor].settle(becomes);
                }
                Ok(refused) => refuses(room, actor, refused, refusal),
            }
        });
        answer.map(drop)
    }

    async fn invite(&mut self, exchange: &mut Exchange, id: &str, whom: usize) -> io::Result<()> {
        let name = self.rooms.actors[whom].name.clone();
        let body = json!({ "botName": name });
        let answer = self.call(exchange, "POST", &format!("/api/rooms/{id}/invite"), &body).await;
        self.note(id, whom, |room, whom| {
            let standing = &mut room.standings[whom];
            match &answer {
                Err(_lost) if standing.may_be(Standing::Stranger) => standing.doubt(Standing::Invited),
                Err(_lost) => {}
                Ok((200, answer)) if answer["invited"] == json!([name]) => {
                    assert!(standing.may_be(Standing::Stranger), "{whom} was in {room:?}");
                    standing.settle(Standing::Invited);
                }
                Ok((200, answer)) => {
                    assert_eq!(answer["invited"], json!([]));
                    assert!(standing.see(|standing| standing != Standing::Stranger), "{whom} was not in {room:?}");
                }
                Ok(refused) => is_gone(room, refused),
            }
        });
        answer.map(drop)
    }

    async fn destroy(&mut self, exchange: &mut Exchange, id: &str) -> io::Result<()> {
        let (status, answer) = self.call(exchange, "DELETE", &format!("/api/rooms/{id}"), &Value::Null).await?;
        assert!(matches!(status, 200 | 404), "{id} was not destroyed: {status} {answer}");
        let mut known = self.rooms.known();
        known.rooms.iter_mut().filter(|room| room.id == id).for_each(|room| room.end = End::Gone);
        Ok(())
    }

    async fn call(
        &self,
        exchange: &mut Exchange,
        method: &str,
        target: &str,
        body: &Value,
    ) -> io::Result<(u16, Value)> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        exchange.call(method, target, Some(&self.rooms.actors[self.number].key), &body).await
    }

    /// Writes down what has become of an actor's standing in a room, and lets others change it.
    fn note(&self, id: &str, actor: usize, note: impl FnOnce(&mut Room, usize)) {
        let mut known = self.rooms.known();
        let room = known.rooms.iter_mut().find(|room| room.id == id).expect("rooms are never forgotten");
        note(room, actor);
        room.standings[actor].is_busy = false;
    }
}

/// Who is refused is a stranger, or the room is gone.
fn refuses(room: &mut Room, actor: usize, refused: &(u16, Value), refusal: &str) {
    if refused.0 == 404 {
        return is_gone(room, refused);
    }
    assert_eq!((refused.0, &refused.1["code"]), (403, &json!(refusal)), "{actor} in {room:?}");
    let is_open_to_it = !room.plan.is_private || room.plan.creator == actor;
    assert!(refusal == "NOT_PARTICIPANT" || !is_open_to_it, "{actor} may always come into {room:?}");
    let is_stranger = room.standings[actor].see(|standing| standing == Standing::Stranger);
    assert!(is_stranger, "{actor} was refused with {refusal} in {room:?}");
}

/// It may be gone, if somebody wanted it to be, and is so for ever.
fn is_gone(room: &mut Room, refused: &(u16, Value)) {
    assert_eq!(refused.0, 404, "{refused:?}");
    assert_ne!(room.end, End::Open, "{room:?} was not to go");
    room.end = End::Gone;
}
