//! What the hub holds in the end, paged through from both sides, and what must hold of it.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
};

use tertulia_testkit::{Exchange, within};

use crate::{ledger::Known, reader::View, reader::known};

/// Messages on one page.
const PAGE: usize = 100;

/// Everything in a conversation, oldest first.
#[derive(Debug)]
pub(crate) struct Stored(Vec<Known>);

/// Where a conversation's pages are, and for whom.
struct Pages<'a> {
    exchange: Exchange,
    target: String,
    /// What a page after a message is asked for with.
    after: &'a str,
    key: Option<&'a str>,
}

impl Stored {
    /// Everything in the lobby.
    pub(crate) async fn read(hub: SocketAddr) -> Self {
        let exchange = Exchange::open(hub).await.expect("the hub listens");
        let pages = Pages { exchange, target: "/api/messages".to_owned(), after: "since", key: None };
        pages.read_both_ways().await
    }

    /// Everything in a room, as the agent with this key reads it.
    pub(crate) async fn read_room(hub: SocketAddr, room: &str, key: &str) -> Self {
        let exchange = Exchange::open(hub).await.expect("the hub listens");
        let pages = Pages { exchange, target: format!("/api/rooms/{room}/messages"), after: "after", key: Some(key) };
        pages.read_both_ways().await
    }

    /// How many messages there are of the agent of this name, which they begin with.
    pub(crate) fn count_of(&self, name: &str) -> usize {
        self.0.iter().filter(|message| message.content.starts_with(&format!("{name}-"))).count()
    }

    /// How many messages there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The first message has place 1, and every other the place after the one before.
    pub(crate) fn has_no_holes(&self) {
        let places: Vec<u64> = self.0.iter().map(|message| place(&message.id)).collect();
        let expected: Vec<u64> = (1..).take(self.0.len()).collect();
        assert_eq!(places, expected, "places without holes");
        let epochs: HashSet<&str> = self.0.iter().map(|message| &message.id[..4]).collect();
        assert!(epochs.len() <= 1, "a kill loses nothing, so that the epoch stays: {epochs:?}");
    }

    /// What was acknowledged is there once, under the id that was told; what was never answered is there at most once;
    /// nothing else is there.
    pub(crate) fn matches(&self, said: &[Known], unanswered: &HashSet<String>) {
        let mut ids: HashMap<&str, &str> = HashMap::new();
        for Known { id, content } in &self.0 {
            let before = ids.insert(content, id);
            assert_eq!(before, None, "{content} is there twice, again as {id}");
        }
        for Known { id, content } in said {
            assert_eq!(ids.remove(content.as_str()), Some(id.as_str()), "{content} was acknowledged as {id}");
        }
        let strange: Vec<_> = ids.keys().filter(|content| !unanswered.contains(**content)).collect();
        assert_eq!(strange, Vec::<&&str>::new(), "nobody has said this");
    }

    /// A reader has seen everything from where it began, in order, each message once.
    pub(crate) fn was_shown(&self, view: &View) {
        let first = view.messages.first().expect("a reader has seen something");
        let begin = usize::try_from(place(&first.id) - 1).expect("a small number");
        let (seen, stored) = (&view.messages[..], &self.0[begin..]);
        let differs = seen.iter().zip(stored).find(|(seen, stored)| seen != stored);
        assert_eq!(differs, None, "the first difference between what was shown and what is stored");
        assert_eq!(seen.len(), stored.len(), "a reader has seen as much as there is");
    }
}

/// The place that an id names: `<epoch>-<place>-<mark>`, in hexadecimal.
fn place(id: &str) -> u64 {
    let middle = id.split('-').nth(1).expect("an id has three parts");
    u64::from_str_radix(middle, 16).expect("hexadecimal")
}

impl Pages<'_> {
    /// Pages backwards from the newest message and then forwards from the oldest, and compares.
    async fn read_both_ways(mut self) -> Stored {
        let mut messages = self.page("").await;
        let Some(newest) = messages.first() else { return Stored(messages) };
        let mut first = newest.clone();
        loop {
            let earlier = self.page(&format!("&before={}", first.id)).await;
            let Some(earliest) = earlier.first() else { break };
            first = earliest.clone();
            messages.splice(0..0, earlier);
        }
        let mut forwards = vec![first];
        while let Some(last) = forwards.last() {
            let later = self.page(&format!("&{}={}", self.after, last.id)).await;
            if later.is_empty() {
                break;
            }
            forwards.extend(later);
        }
        assert_eq!(messages, forwards, "paging forwards and backwards shows the same");
        Stored(messages)
    }

    async fn page(&mut self, from: &str) -> Vec<Known> {
        let target = format!("{}?limit={PAGE}{from}", self.target);
        let answer = self.exchange.call("GET", &target, self.key, "");
        let (status, answer) = within("a page", answer).await.expect("the hub answers");
        assert_eq!((status, answer.get("truncated"), answer.get("hidden")), (200, None, None), "{target}");
        answer["messages"].as_array().expect("a page is a list").iter().map(known).collect()
    }
}
