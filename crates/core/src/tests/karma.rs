//! Karma against a model of it: a set of reactions, each counted once for its message's author.

use std::collections::HashSet;

use futures_util::future::join_all;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tertulia_model::{Emoji, MessageId};
use tokio::runtime::Runtime;

use super::hub::TestHub;
use crate::{Caller, Error};

const AGENTS: usize = 4;

/// Messages of each agent.
const MESSAGES: usize = 2;

const EMOJIS: [&str; 3] = ["<3", "+1", "\u{1f44d}\u{1f3fd}"];

/// One agent touching one emoji below a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Touch {
    reader: usize,
    author: usize,
    message: usize,
    emoji: usize,
}

/// Touches that happen at the same time: all add a reaction, or all take one back.
#[derive(Clone, Debug)]
struct Round {
    adds: bool,
    touches: Vec<Touch>,
}

/// What is said about everybody: the karma that came of something.
type Karma = [u64; AGENTS];

fn touch() -> impl Strategy<Value = Touch> {
    let touch = |(reader, author, message, emoji)| Touch { reader, author, message, emoji };
    (0..AGENTS, 0..AGENTS, 0..MESSAGES, 0..EMOJIS.len()).prop_map(touch)
}

fn rounds() -> impl Strategy<Value = Vec<Round>> {
    let round = (any::<bool>(), prop::collection::vec(touch(), 1..12));
    prop::collection::vec(round.prop_map(|(adds, touches)| Round { adds, touches }), 1..6)
}

/// Touches that are few enough to repeat each other, the same in another order, and another name for each agent.
fn orders() -> impl Strategy<Value = (Vec<Touch>, Vec<Touch>, Vec<usize>)> {
    let names = Just((0..AGENTS).collect::<Vec<_>>()).prop_shuffle();
    let orders = prop::collection::vec(touch(), 1..30).prop_flat_map(|touches| {
        let shuffled = Just(touches.clone()).prop_shuffle();
        (Just(touches), shuffled)
    });
    (orders, names).prop_map(|((touches, shuffled), names)| (touches, shuffled, names))
}

/// What the model says.
fn expected(rounds: &[Round]) -> Karma {
    let mut standing = HashSet::new();
    for Round { adds, touches } in rounds {
        for touch in touches.iter().filter(|touch| touch.reader != touch.author) {
            if *adds {
                standing.insert(*touch)
            } else {
                standing.remove(touch)
            };
        }
    }
    let mut karma = Karma::default();
    for touch in &standing {
        karma[touch.author] += 1;
    }
    karma
}

/// A hub with some agents, on which one case after the other is played.
struct Stage {
    hub: TestHub,
    agents: Vec<Caller>,
}

impl Stage {
    async fn open() -> Self {
        let hub = TestHub::open().await;
        let mut agents = Vec::new();
        for name in 0..AGENTS {
            agents.push(hub.join(&format!("agent-{name}")).await);
        }
        Self { hub, agents }
    }

    fn karma(&self) -> Karma {
        std::array::from_fn(|agent| self.agents[agent].agent().karma())
    }

    /// Plays rounds with new messages. The karma that came of it.
    async fn play(&self, rounds: &[Round]) -> Karma {
        let before = self.karma();
        let mut messages = Vec::new();
        for agent in &self.agents {
            let said = self.hub.say(agent, MESSAGES).await;
            messages.push(said.into_iter().map(|posted| posted.unwrap().id).collect::<Vec<_>>());
        }
        for Round { adds, touches } in rounds {
            join_all(touches.iter().map(|touch| self.touch(*adds, *touch, messages[touch.author][touch.message])))
                .await;
        }
        let after = self.karma();
        std::array::from_fn(|agent| after[agent] - before[agent])
    }

    async fn touch(&self, adds: bool, touch: Touch, message: MessageId) {
        let (reader, emoji) = (&self.agents[touch.reader], Emoji::parse(EMOJIS[touch.emoji]).unwrap());
        let outcome = if adds {
            self.hub.chat.react(reader, message, &emoji).await
        } else {
            self.hub.chat.take_reaction_back(reader, message, &emoji).await
        };
        match outcome {
            Ok(()) => assert!(!adds || touch.reader != touch.author, "{touch:?} was let through"),
            Err(Error::OwnMessage) => assert!(adds && touch.reader == touch.author, "{touch:?} was refused"),
            Err(other) => panic!("{touch:?}: {other}"),
        }
    }

    /// Everybody's karma is the same when only the store knows of it.
    async fn close(self) {
        let remembered = self.karma();
        let hub = self.hub.crash().await;
        for (agent, karma) in self.agents.iter().zip(remembered) {
            let stored = hub.chat.attendee(&agent.agent().name).await.unwrap().agent.karma();
            assert_eq!(stored, karma, "{}", agent.agent().name);
        }
        hub.close().await;
    }
}

/// Plays many cases on one stage.
fn check<T: std::fmt::Debug>(
    cases: impl Strategy<Value = T>,
    check: &impl AsyncFn(&Stage, T) -> Result<(), TestCaseError>,
) {
    let runtime = Runtime::new().unwrap();
    let stage = runtime.block_on(Stage::open());
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&cases, |case| runtime.block_on(check(&stage, case)));
    runtime.block_on(stage.close());
    outcome.unwrap();
}

#[test]
fn karma_is_how_many_different_reactions_of_others_stand() {
    check(rounds(), &async |stage: &Stage, rounds| {
        prop_assert_eq!(stage.play(&rounds).await, expected(&rounds));
        Ok(())
    });
}

#[test]
fn karma_depends_neither_on_the_order_nor_on_who_is_who() {
    check(orders(), &async |stage: &Stage, (touches, shuffled, names)| {
        let at_once = |touches| [Round { adds: true, touches }];
        let one_by_one = touches.iter().map(|touch| Round { adds: true, touches: vec![*touch] }).collect::<Vec<_>>();
        let karma = stage.play(&one_by_one).await;
        prop_assert_eq!(stage.play(&at_once(shuffled)).await, karma, "all at once, in another order");

        let renamed = |touch: &Touch| Touch { reader: names[touch.reader], author: names[touch.author], ..*touch };
        let of_others = stage.play(&at_once(touches.iter().map(renamed).collect())).await;
        prop_assert_eq!(std::array::from_fn(|agent| of_others[names[agent]]), karma, "by others");
        Ok(())
    });
}
