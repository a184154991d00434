//! The delivery queue beside a simple model of it: whoever sends, acknowledges, mutes, pauses, hides, leaves, connects in
//! either way or starts the hub anew, what waits and what every connection is given is what the model says.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;
use tertulia_model::{ConversationId, GroupName, MessageId, MessageNo, Pause};
use tertulia_store::{Inboxes, Messages};

use super::{hub::TestHub, letters::letter, listener::Listener};
use crate::{AgentRef, Caller, Form, GroupPlan, InboxReader, MuteRef, Outlet, ThreadRef};

/// Connections that are open at once.
const MOST_CONNECTIONS: usize = 3;

/// Something that happens. Messages and connections are named by any number.
#[derive(Clone, Debug)]
enum Step {
    /// One of the others writes to the agent.
    Come {
        from: usize,
    },
    /// One of the others says something in the group.
    ComeInGroup {
        from: usize,
    },
    /// The agent says something itself.
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
    Hide {
        message: usize,
    },
    HideConversation {
        place: usize,
    },
    MuteAgent {
        whom: usize,
        is_muted: bool,
    },
    MutePlace {
        place: usize,
        is_muted: bool,
    },
    Pause(Option<Pause>),
    Connect {
        acknowledges: bool,
    },
    Disconnect {
        connection: usize,
    },
    /// The agent leaves the group, or comes back.
    Move,
    Restart {
        is_clean: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![3 => Just(None), 1 => Just(Some(Pause::Send)), 2 => Just(Some(Pause::Full))];
    let step = prop_oneof![
        6 => (0..2_usize).prop_map(|from| Step::Come { from }),
        4 => (0..2_usize).prop_map(|from| Step::ComeInGroup { from }),
        1 => (0..2_usize).prop_map(|to| Step::Go { to }),
        3 => any::<usize>().prop_map(|message| Step::AcknowledgeOne { message }),
        2 => any::<usize>().prop_map(|message| Step::AcknowledgeThrough { message }),
        1 => any::<usize>().prop_map(|message| Step::Read { message }),
        1 => any::<usize>().prop_map(|message| Step::Hide { message }),
        1 => (0..3_usize).prop_map(|place| Step::HideConversation { place }),
        1 => (0..2_usize, any::<bool>()).prop_map(|(whom, is_muted)| Step::MuteAgent { whom, is_muted }),
        1 => (0..3_usize, any::<bool>()).prop_map(|(place, is_muted)| Step::MutePlace { place, is_muted }),
        2 => pause.prop_map(Step::Pause),
        3 => any::<bool>().prop_map(|acknowledges| Step::Connect { acknowledges }),
        1 => any::<usize>().prop_map(|connection| Step::Disconnect { connection }),
        1 => Just(Step::Move),
        1 => any::<bool>().prop_map(|is_clean| Step::Restart { is_clean }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// Where something was said: with one of the two others, or in the group.
const GROUP: usize = 2;

/// A message with a copy for the agent, as the model has it. Their order is that of their commits.
#[derive(Clone, Debug)]
struct Copy {
    number: MessageNo,
    id: MessageId,
    place: usize,
    is_delivered: bool,
}

/// A connection, with what it was given and what it should have been given.
struct Connection {
    listener: Arc<Listener>,
    reader: InboxReader,
    acknowledges: bool,
    given: Vec<MessageNo>,
    expected: Vec<MessageNo>,
    /// The last that it was given, or passed over.
    at: MessageNo,
    is_live: bool,
}

struct World {
    hub: Option<TestHub>,
    ada: Caller,
    others: [Caller; 2],
    /// The two conversations and the group.
    places: [ConversationId; 3],
    copies: Vec<Copy>,
    connections: Vec<Connection>,
    muted_agents: [bool; 2],
    muted_places: [bool; 3],
    pause: Option<Pause>,
    is_member: bool,
    keys: u32,
}

static NUMBERS: LazyLock<Form> =
    LazyLock::new(|| Form::new(|posted, out| out.extend_from_slice(format!("{}|", posted.number.0).as_bytes())));

impl World {
    async fn begin() -> Self {
        let hub = TestHub::open().await;
        let ada = hub.join("ada").await;
        let others = [hub.join("bob").await, hub.join("eve").await];
        hub.chat.keep_queue(&ada.agent).await.unwrap();
        let invited = [&ada, &others[1]].map(|caller| AgentRef::Id(caller.agent.id)).into();
        let plan = GroupPlan { name: GroupName::parse("ops").unwrap(), description: None, avatar_url: None, invited };
        let (group, _) = hub.chat.create_group(&others[0], plan).await.unwrap();
        let mut world = Self {
            hub: Some(hub),
            ada,
            others,
            places: [group.id; 3],
            copies: Vec::new(),
            connections: Vec::new(),
            muted_agents: [false; 2],
            muted_places: [false; 3],
            pause: None,
            is_member: false,
            keys: 0,
        };
        world.enter(&world.others[1].clone()).await;
        world.come_back().await;
        for with in 0..2 {
            world.come(with).await;
            world.go(with).await;
        }
        world
    }

    fn hub(&self) -> &TestHub {
        self.hub.as_ref().expect("it is open")
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        self.keys.to_string()
    }

    async fn step(&mut self, step: Step) {
        let any = |number: usize| number % self.copies.len();
        match step {
            Step::Come { from } => self.come(from).await,
            Step::ComeInGroup { from } => self.come_in_group(from).await,
            Step::Go { to } => self.go(to).await,
            Step::AcknowledgeOne { message } => {
                let message = any(message);
                self.hub().chat.acknowledge_message(&self.ada, self.copies[message].id);
                self.copies[message].is_delivered = true;
            }
            Step::AcknowledgeThrough { message } => self.acknowledge_through(any(message)).await,
            Step::Read { message } => {
                let message = any(message);
                self.hub().chat.mark_read(&self.ada, self.copies[message].id).await.unwrap();
                self.copies[message].is_delivered = true;
            }
            Step::Hide { message } => {
                let message = any(message);
                self.hub().chat.hide_message(&self.ada, self.copies[message].id).await.unwrap();
                self.copies[message].is_delivered = true;
            }
            Step::HideConversation { place } => self.hide_conversation(place).await,
            Step::MuteAgent { whom, is_muted } => {
                let of = MuteRef::Agent(AgentRef::Id(self.others[whom].agent.id));
                self.mute(&of, is_muted, self.muted_agents[whom]).await;
                self.muted_agents[whom] = is_muted;
            }
            Step::MutePlace { place, is_muted } => {
                if self.has_place(place) {
                    self.mute(&MuteRef::Conversation(self.places[place]), is_muted, self.muted_places[place]).await;
                    self.muted_places[place] = is_muted;
                }
            }
            Step::Pause(pause) => self.set_pause(pause).await,
            Step::Connect { acknowledges } => self.connect(acknowledges),
            Step::Disconnect { connection } => {
                if !self.connections.is_empty() {
                    let connection = connection % self.connections.len();
                    drop(self.connections.remove(connection));
                }
            }
            Step::Move if self.is_member => self.leave().await,
            Step::Move => self.come_back().await,
            Step::Restart { is_clean } => self.restart(is_clean).await,
        }
        self.give_and_compare().await;
    }

    /// A copy has come, from one of the others. Who is live is given it, unless it does not want to be woken.
    fn note(&mut self, number: MessageNo, id: MessageId, place: usize, from: usize) {
        let (is_paused, is_muted) = (self.is_fully_paused(), self.muted_agents[from] || self.muted_places[place]);
        let mut is_pushed = false;
        for connection in self.connections.iter_mut().filter(|connection| connection.is_live) {
            if is_paused {
                connection.is_live = false;
                continue;
            }
            connection.at = number;
            if !is_muted {
                connection.expected.push(number);
                is_pushed = true;
            }
        }
        let is_delivered = is_pushed && !self.somebody_acknowledges();
        self.copies.push(Copy { number, id, place, is_delivered });
    }

    async fn come(&mut self, from: usize) {
        let key = self.key();
        let sent = self.hub().write(&self.others[from], &self.ada, &key, &key).await.unwrap();
        self.places[from] = sent.conversation.id;
        self.note(sent.posted.number, sent.posted.id, from, from);
    }

    async fn come_in_group(&mut self, from: usize) {
        let key = self.key();
        let (chat, group) = (self.hub().chat.clone(), self.places[GROUP]);
        let sent = chat.send_to_group(&self.others[from], group, &letter(&key, &key)).await.unwrap();
        if self.is_member {
            self.note(sent.posted.number, sent.posted.id, GROUP, from);
        }
    }

    async fn go(&mut self, to: usize) {
        let key = self.key();
        let sent = self.hub().write(&self.ada, &self.others[to], &key, &key).await;
        assert_eq!(sent.is_ok(), self.pause.is_none(), "{sent:?}");
    }

    async fn acknowledge_through(&mut self, message: usize) {
        let chat = self.hub().chat.clone();
        let place = chat.shown_place(&self.ada.agent, self.copies[message].number);
        let acknowledged = chat.acknowledge(&self.ada, place).await.unwrap();
        if self.is_fully_paused() {
            assert_eq!(acknowledged, 0);
            return;
        }
        let waited = self.copies[..=message].iter_mut().filter(|copy| !copy.is_delivered);
        let waited = waited.map(|copy| copy.is_delivered = true).count() as u64;
        assert_eq!(acknowledged, waited);
    }

    fn has_place(&self, place: usize) -> bool {
        place != GROUP || self.is_member
    }

    async fn hide_conversation(&mut self, place: usize) {
        if !self.has_place(place) {
            return;
        }
        let id = self.places[place];
        let named = if place == GROUP { ThreadRef::Group(id) } else { ThreadRef::Direct(id) };
        let conversation = self.hub().chat.thread(&self.ada, named).await.unwrap();
        self.hub().chat.hide_conversation(&self.ada, &conversation).await.unwrap();
        self.deliver_all_of(place);
    }

    fn deliver_all_of(&mut self, place: usize) {
        self.copies.iter_mut().filter(|copy| copy.place == place).for_each(|copy| copy.is_delivered = true);
    }

    async fn mute(&self, of: &MuteRef, is_muted: bool, was_muted: bool) {
        if is_muted {
            self.hub().chat.mute(&self.ada, of, None).await.unwrap();
        } else {
            assert_eq!(self.hub().chat.unmute(&self.ada, of).await.is_ok(), was_muted);
        }
    }

    fn is_fully_paused(&self) -> bool {
        self.pause == Some(Pause::Full)
    }

    fn somebody_acknowledges(&self) -> bool {
        self.connections.iter().any(|connection| connection.acknowledges)
    }

    async fn set_pause(&mut self, pause: Option<Pause>) {
        self.hub().chat.pause("ada", pause).await.unwrap();
        if self.is_fully_paused() && pause != Some(Pause::Full) {
            self.connections.iter_mut().for_each(|connection| connection.is_live = false);
        }
        self.pause = pause;
    }

    fn connect(&mut self, acknowledges: bool) {
        if self.connections.len() == MOST_CONNECTIONS {
            return;
        }
        let listener = Arc::new(Listener::default());
        let outlet: Arc<dyn Outlet> = listener.clone();
        let reader = self.hub().chat.read_inbox(&self.ada.agent, &outlet, &NUMBERS, acknowledges);
        let (given, expected, at) = (Vec::new(), Vec::new(), MessageNo(0));
        self.connections.push(Connection { listener, reader, acknowledges, given, expected, at, is_live: false });
    }

    /// What waits from there waits no more.
    async fn leave(&mut self) {
        self.hub().chat.leave_group(&self.ada, self.places[GROUP]).await.unwrap();
        self.deliver_all_of(GROUP);
        self.is_member = false;
        // It was muted as long as one was there; it may be taken back, but that is not what is looked at here.
        if std::mem::take(&mut self.muted_places[GROUP]) {
            self.mute(&MuteRef::Conversation(self.places[GROUP]), false, true).await;
        }
    }

    /// That it has come is said to it as well, by who has invited it.
    async fn come_back(&mut self) {
        let (chat, ada) = (self.hub().chat.clone(), self.ada.clone());
        chat.invite_to_group(&self.others[0], self.places[GROUP], "ada").await.unwrap();
        let before = self.hub().store.last_number().await.unwrap();
        self.enter(&ada).await;
        let joined = chat.waiting_for(&ada.agent, before, 10).await.unwrap();
        let number = self.hub().store.last_number().await.unwrap();
        let id = match joined.first() {
            Some((posted, _)) => posted.id,
            // It was delivered at once; no step that names it is taken by its id then.
            None => {
                self.hub().chat.thread_page(&ada, &*self.group().await, crate::Window::Newest, 1).await.unwrap()[0]
                    .posted
                    .id
            }
        };
        self.is_member = true;
        self.note(number, id, GROUP, 0);
    }

    async fn group(&self) -> Arc<crate::Conversation> {
        self.hub().chat.thread(&self.ada, ThreadRef::Group(self.places[GROUP])).await.unwrap()
    }

    async fn enter(&self, agent: &Caller) {
        let waiting = self.hub().chat.group_invitations(agent).await.unwrap();
        self.hub().chat.accept_group_invitation(agent, waiting[0].id).await.unwrap();
    }

    /// Every connection ends; whoever connects again is given what waits.
    async fn restart(&mut self, is_clean: bool) {
        self.connections.clear();
        let hub = self.hub.take().expect("it is open");
        let hub = if is_clean { hub.restart().await } else { hub.crash().await };
        self.ada = hub.again(&self.ada).await;
        self.others = [hub.again(&self.others[0]).await, hub.again(&self.others[1]).await];
        self.hub = Some(hub);
    }

    /// Gives every connection what waits for it, as its task does, and compares everything with the model.
    async fn give_and_compare(&mut self) {
        let hub = self.hub.as_ref().expect("it is open");
        hub.settle().await;
        hub.settle_receipts().await;
        let (is_paused, acknowledges) = (self.is_fully_paused(), self.somebody_acknowledges());
        for connection in &mut self.connections {
            connection.take_pushed();
            assert_eq!(connection.reader.is_live(), connection.is_live);
            if connection.is_live || is_paused {
                continue;
            }
            connection.read_on().await;
            let waiting = self.copies.iter_mut().filter(|copy| !copy.is_delivered && copy.number > connection.at);
            for copy in waiting {
                connection.expected.push(copy.number);
                // Whoever comes next is not given it any more.
                copy.is_delivered = !connection.acknowledges && !acknowledges;
            }
            let last = self.copies.last().map_or(MessageNo(0), |copy| copy.number);
            (connection.at, connection.is_live) = (connection.at.max(last), true);
            hub.settle_receipts().await;
        }
        for connection in &self.connections {
            assert_eq!(connection.given, connection.expected);
            assert!(connection.given.is_sorted_by(|one, next| one < next), "once, and in order");
        }
        self.compare_queue().await;
    }

    async fn compare_queue(&self) {
        let waiting: Vec<_> = self.copies.iter().filter(|copy| !copy.is_delivered).map(|copy| copy.number).collect();
        let hub = self.hub();
        let fetched = hub.chat.sync(&self.ada, None, 500).await.unwrap();
        let fetched: Vec<_> = fetched.iter().map(|row| row.posted.number).collect();
        assert_eq!(fetched, if self.is_fully_paused() { Vec::new() } else { waiting.clone() });
        let counted = hub.store.queues(&[self.ada.agent.number]).await.unwrap()[0];
        assert_eq!((counted.waiting as usize, counted.is_kept), (waiting.len(), true));
        if let Some(known) = self.ada.agent.inbox.queue() {
            assert_eq!(known, counted);
        }
    }
}

impl Connection {
    fn take_pushed(&mut self) {
        let pushed = self.listener.take();
        let numbers = pushed.split_terminator('|').map(|number| MessageNo(number.parse().unwrap()));
        self.given.extend(numbers);
    }

    /// Reads what waits, in pages.
    async fn read_on(&mut self) {
        while !self.reader.is_live() {
            let page = self.reader.next_page(3).await.unwrap();
            self.given.extend(page.iter().map(|posted| posted.number));
            if !self.acknowledges {
                self.reader.note_sent(&page);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_gives_everything_once_and_in_order(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::begin().await;
            for step in steps {
                world.step(step).await;
            }
            let World { hub, ada, others, connections, .. } = world;
            drop((ada, others, connections));
            hub.expect("it is open").close().await;
        });
    }
}
