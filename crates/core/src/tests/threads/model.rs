//! An inbox beside a simple model of it: whatever is done in whatever order, what waits, what is seen and what is unread
//! is what the model says.

use std::sync::Arc;

use proptest::prelude::*;
use tertulia_model::{MessageId, Seq};
use tertulia_store::Inboxes;

use super::{super::hub::TestHub, texts};
use crate::{Caller, Conversation, ThreadRow, Window};

/// Something that happens. Messages and others are named by any number: there are always some.
#[derive(Clone, Debug)]
enum Step {
    /// One of the others writes to the agent.
    Come {
        from: usize,
    },
    /// The agent writes to one of them.
    Go {
        to: usize,
    },
    AcknowledgeOne {
        message: usize,
    },
    AcknowledgeThrough {
        message: usize,
    },
    Read {
        message: usize,
    },
    ReadThrough {
        with: usize,
        seq: u64,
    },
    Hide {
        message: usize,
    },
    HideConversation {
        with: usize,
    },
    /// It looks at all that waits, in pages of this many.
    Fetch {
        limit: u32,
    },
    /// It looks at a conversation.
    Look {
        with: usize,
        seq: u64,
        limit: usize,
    },
    /// Memory lets go of what was said.
    Shed {
        with: usize,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..2_usize).prop_map(|from| Step::Come { from }),
        2 => (0..2_usize).prop_map(|to| Step::Go { to }),
        2 => any::<usize>().prop_map(|message| Step::AcknowledgeOne { message }),
        1 => any::<usize>().prop_map(|message| Step::AcknowledgeThrough { message }),
        1 => any::<usize>().prop_map(|message| Step::Read { message }),
        1 => (0..2_usize, 0..30_u64).prop_map(|(with, seq)| Step::ReadThrough { with, seq }),
        2 => any::<usize>().prop_map(|message| Step::Hide { message }),
        1 => (0..2_usize).prop_map(|with| Step::HideConversation { with }),
        2 => (1..5_u32).prop_map(|limit| Step::Fetch { limit }),
        3 => (0..2_usize, 0..30_u64, 1..8_usize).prop_map(|(with, seq, limit)| Step::Look { with, seq, limit }),
        1 => (0..2_usize).prop_map(|with| Step::Shed { with }),
    ];
    proptest::collection::vec(step, 1..50)
}

/// A message as the model has it.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Known {
    id: MessageId,
    text: String,
    with: usize,
    seq: u64,
    is_own: bool,
    is_delivered: bool,
    is_read: bool,
    is_hidden: bool,
}

impl Known {
    fn waits(&self) -> bool {
        !self.is_own && !self.is_delivered
    }
}

/// The agent, whom it talks to, and all that was said, in the order of its commits.
struct World {
    hub: TestHub,
    ada: Caller,
    others: [Caller; 2],
    directs: Vec<Arc<Conversation>>,
    said: Vec<Known>,
}

impl World {
    async fn begin() -> Self {
        let hub = TestHub::open().await;
        let ada = hub.join("ada").await;
        let others = [hub.join("bob").await, hub.join("eve").await];
        hub.chat.keep_queue(&ada.agent).await.unwrap();
        let mut world = Self { hub, ada, others, directs: Vec::new(), said: Vec::new() };
        for with in 0..2 {
            let sent = world.hub.write(&world.others[with], &world.ada, "first", "first").await.unwrap();
            world.directs.push(sent.conversation.clone());
            world.note(with, false, &sent);
            world.say(with, true).await;
        }
        world
    }

    fn note(&mut self, with: usize, is_own: bool, sent: &crate::Sent) {
        let (id, text, seq) = (sent.posted.id, sent.posted.text.to_string(), sent.posted.seq.0);
        let (is_delivered, is_read, is_hidden) = (false, false, false);
        self.said.push(Known { id, text, with, seq, is_own, is_delivered, is_read, is_hidden });
    }

    async fn say(&mut self, with: usize, is_own: bool) {
        let (key, other) = (self.said.len().to_string(), &self.others[with]);
        let (from, to) = if is_own { (&self.ada, other) } else { (other, &self.ada) };
        let sent = self.hub.write(from, to, &key, &key).await.unwrap();
        self.note(with, is_own, &sent);
    }

    async fn step(&mut self, step: Step) {
        let count = self.said.len();
        let any = |message: usize| message % count;
        match step {
            Step::Come { from } => self.say(from, false).await,
            Step::Go { to } => self.say(to, true).await,
            Step::AcknowledgeOne { message } => self.acknowledge_one(any(message)).await,
            Step::AcknowledgeThrough { message } => self.acknowledge_through(any(message)).await,
            Step::Read { message } => self.read(any(message)).await,
            Step::ReadThrough { with, seq } => self.read_through(with, seq).await,
            Step::Hide { message } => {
                let message = any(message);
                self.hub.chat.hide_message(&self.ada, self.said[message].id).await.unwrap();
                (self.said[message].is_hidden, self.said[message].is_delivered) = (true, true);
            }
            Step::HideConversation { with } => {
                self.hub.chat.hide_conversation(&self.ada, &self.directs[with]).await.unwrap();
                for known in self.said.iter_mut().filter(|known| known.with == with) {
                    (known.is_hidden, known.is_delivered) = (true, true);
                }
            }
            Step::Fetch { limit } => self.fetch(limit).await,
            Step::Look { with, seq, limit } => self.look(with, seq, limit).await,
            Step::Shed { with } => drop(self.directs[with].shed()),
        }
    }

    async fn acknowledge_one(&mut self, message: usize) {
        self.hub.chat.acknowledge_message(&self.ada, self.said[message].id);
        self.hub.settle_receipts().await;
        self.said[message].is_delivered = true;
    }

    async fn acknowledge_through(&mut self, message: usize) {
        let id = self.said[message].id;
        let page = self.hub.chat.thread_page(&self.ada, &self.directs[self.said[message].with], Window::Newest, 200);
        // What it has said itself, and what it has hidden, has no place that it is shown.
        let row = page.await.unwrap().into_iter().find(|row| row.posted.id == id);
        let Some(place) = row.and_then(|row| row.place) else { return };
        let acknowledged = self.hub.chat.acknowledge(&self.ada, place).await.unwrap();
        let waited = self.said[..=message].iter_mut().filter(|known| known.waits());
        let waited = waited.map(|known| known.is_delivered = true).count() as u64;
        assert_eq!(acknowledged, waited);
    }

    async fn read(&mut self, message: usize) {
        let known = &mut self.said[message];
        let read = self.hub.chat.mark_read(&self.ada, known.id).await;
        assert_eq!(read.is_ok(), !known.is_own);
        if !known.is_own {
            (known.is_read, known.is_delivered) = (true, true);
        }
    }

    async fn read_through(&mut self, with: usize, seq: u64) {
        self.hub.chat.mark_read_through(&self.ada.agent, &self.directs[with], Seq(seq)).await.unwrap();
        for known in self.said.iter_mut().filter(|known| known.with == with && known.seq <= seq) {
            // What was hidden by itself is left alone; of a conversation that was hidden nobody sees the difference.
            if !known.is_own {
                (known.is_read, known.is_delivered) = (true, true);
            }
        }
    }

    /// Every page but the last is full, and together they are all that waits.
    async fn fetch(&self, limit: u32) {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = self.hub.chat.sync(&self.ada, after, limit).await.unwrap();
            assert!(page.iter().all(|row| row.receipt.delivered_at.is_none() && row.place.is_some()));
            found.extend(texts(&page));
            after = page.last().and_then(|row| row.place);
            if page.len() < limit as usize {
                break;
            }
        }
        let waiting: Vec<_> = self.said.iter().filter(|known| known.waits()).map(|known| known.text.clone()).collect();
        assert_eq!(found, waiting);
        let counted = self.hub.store.queues(&[self.ada.agent.number]).await.unwrap()[0];
        assert_eq!((counted.waiting as usize, Some(counted)), (waiting.len(), self.ada.agent.inbox.queue()));
    }

    async fn look(&self, with: usize, seq: u64, limit: usize) {
        let visible: Vec<_> = self.said.iter().filter(|known| known.with == with && !known.is_hidden).collect();
        let last = |before: u64| {
            let before: Vec<_> = visible.iter().filter(|known| known.seq < before).copied().collect();
            before[before.len().saturating_sub(limit)..].to_vec()
        };
        let after = visible.iter().filter(|known| known.seq > seq).take(limit).copied().collect();
        for (window, expected) in
            [(Window::Newest, last(u64::MAX)), (Window::Before(Seq(seq)), last(seq)), (Window::After(Seq(seq)), after)]
        {
            let page = self.hub.chat.thread_page(&self.ada, &self.directs[with], window, limit).await.unwrap();
            let shown: Vec<_> = page.iter().map(shown).collect();
            let expected: Vec<_> = expected.into_iter().map(as_shown).collect();
            assert_eq!(shown, expected, "{window:?} {limit}");
        }
        let unread: Vec<_> =
            visible.iter().filter(|known| !known.is_own && !known.is_read).map(|known| Seq(known.seq)).collect();
        let counted = self.hub.chat.thread_context(&self.ada, &self.directs[with]).await.unwrap().unread;
        assert_eq!((counted.count, counted.oldest), (unread.len() as u64, unread.first().copied()));
        assert_eq!(counted.newest, unread.last().copied());
    }
}

/// What is compared of a row: its text, and of what others said whether it is delivered and read.
fn shown(row: &ThreadRow) -> (String, Option<(bool, bool)>) {
    let receipt = (row.receipt.delivered_at.is_some(), row.receipt.read_at.is_some());
    (row.posted.text.to_string(), row.place.map(|_| receipt))
}

fn as_shown(known: &Known) -> (String, Option<(bool, bool)>) {
    (known.text.clone(), (!known.is_own).then_some((known.is_delivered, known.is_read)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_inbox_is_what_was_done_to_it(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::begin().await;
            for step in steps {
                world.step(step).await;
            }
            world.fetch(3).await;
            for with in 0..2 {
                world.look(with, 3, 200).await;
            }
            let World { hub, ada, others, directs, .. } = world;
            drop((ada, others, directs));
            hub.close().await;
        });
    }
}
