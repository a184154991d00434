//! Conversations as one agent reads them: who may, what it costs, who is told.

mod model;

use std::sync::{Arc, LazyLock};

use tertulia_model::{AgentNo, ConversationId, ConversationNo, MessageId, MessageNo, Seq, Timestamp, random_uuid};
use tertulia_store::{Append, Commit, Inboxes, Messages, NewEnvelope};

use super::{
    hub::TestHub,
    listener::Listener,
    store::{Fault, broken},
};
use crate::{
    AgentEvent, AgentForm, Caller, Conversation, Error, LiveConnection, Noun, Outlet, Rules, ThreadRef, ThreadRow,
    Window,
};

/// Two agents who have written to each other, and their conversation.
struct Two {
    ada: Caller,
    bob: Caller,
    direct: Arc<Conversation>,
}

impl TestHub {
    async fn two(&self) -> Two {
        let [ada, bob] = [self.join("ada").await, self.join("bob").await];
        let direct = self.write(&ada, &bob, "first", "hello").await.unwrap().conversation;
        self.write(&bob, &ada, "first", "yes").await.unwrap();
        Two { ada, bob, direct }
    }

    /// Writes texts to an agent, one after the other.
    async fn write_all(&self, from: &Caller, to: &Caller, texts: &[&str]) {
        for text in texts {
            self.write(from, to, text, text).await.unwrap();
        }
    }

    async fn page_texts(
        &self,
        reader: &Caller,
        conversation: &Conversation,
        window: Window,
        limit: usize,
    ) -> Vec<String> {
        texts(&self.chat.thread_page(reader, conversation, window, limit).await.unwrap())
    }

    /// Waits until all steps of envelopes that were noted are on disk.
    pub(super) async fn settle_receipts(&self) {
        self.chat.0.receipts.load(Vec::new()).await.unwrap();
    }
}

fn texts(rows: &[ThreadRow]) -> Vec<String> {
    rows.iter().map(|row| row.posted.text.to_string()).collect()
}

#[expect(clippy::needless_pass_by_value, reason = "an answer is looked at once")]
fn masked<T: std::fmt::Debug>(answer: Result<T, Error>) {
    assert!(matches!(answer, Err(Error::NotFound(Noun::Conversation))), "{answer:?}");
}

#[expect(clippy::needless_pass_by_value, reason = "an answer is looked at once")]
fn unknown<T: std::fmt::Debug>(answer: Result<T, Error>) {
    assert!(matches!(answer, Err(Error::NotFound(Noun::Message))), "{answer:?}");
}

#[tokio::test]
async fn nobody_else_learns_of_a_conversation() {
    let hub = TestHub::open().await;
    let Two { ada, direct, .. } = hub.two().await;
    let eve = hub.join("eve").await;
    let nowhere = ConversationId::from_uuid(random_uuid([9; 16]));
    for id in [direct.id, nowhere, hub.chat.lobby().id] {
        masked(hub.chat.thread(&eve, ThreadRef::Direct(id)).await);
        masked(hub.chat.thread(&eve, ThreadRef::Group(id)).await);
    }
    masked(hub.chat.thread(&ada, ThreadRef::Group(direct.id)).await);
    masked(hub.chat.thread_page(&eve, &direct, Window::Newest, 10).await);
    masked(hub.chat.thread_page(&ada, hub.chat.lobby(), Window::Newest, 10).await);
    masked(hub.chat.thread_participants(&eve, &direct));
    masked(hub.chat.thread_context(&eve, &direct).await);
    masked(hub.chat.hide_conversation(&eve, &direct).await);
    assert_eq!(hub.chat.thread(&ada, ThreadRef::Direct(direct.id)).await.unwrap().id, direct.id);
    hub.close().await;
}

#[tokio::test]
async fn where_nothing_was_said_is_nothing() {
    let hub = TestHub::open().await;
    let [ada, bob] = [hub.join("ada").await, hub.join("bob").await];
    let id = ConversationId::from_uuid(random_uuid([8; 16]));
    hub.store.direct_between([ada.agent.number, bob.agent.number], id, Timestamp::from_micros(1)).await.unwrap();
    masked(hub.chat.thread(&ada, ThreadRef::Direct(id)).await);
    assert!(hub.chat.threads(&ada, 10, 0).await.unwrap().is_empty());
    hub.write(&ada, &bob, "1", "hello").await.unwrap();
    assert_eq!(hub.chat.thread(&ada, ThreadRef::Direct(id)).await.unwrap().id, id);
    hub.close().await;
}

#[tokio::test]
async fn a_page_from_memory_is_the_page_from_the_store() {
    let hub = TestHub::open().await;
    let Two { ada, bob, direct } = hub.two().await;
    hub.write_all(&ada, &bob, &["3", "4", "5"]).await;
    hub.write_all(&bob, &ada, &["6", "7", "8"]).await;
    let at = |seq: u64| direct.at(Seq(seq)).unwrap().id;
    hub.chat.mark_read(&ada, at(6)).await.unwrap();
    hub.chat.acknowledge_message(&bob, at(4));
    hub.settle_receipts().await;
    let windows =
        [Window::Newest, Window::Before(Seq(5)), Window::After(Seq(2)), Window::After(Seq(99)), Window::Before(Seq(0))];
    for hidden in [None, Some(7), Some(3)] {
        if let Some(seq) = hidden {
            hub.chat.hide_message(&ada, at(seq)).await.unwrap();
        }
        let mut in_memory = Vec::new();
        for window in windows {
            for limit in [1, 3, 50] {
                let page = hub.chat.thread_page(&ada, &direct, window, limit).await.unwrap();
                in_memory.push((window, limit, page));
            }
        }
        let tail = direct.shed();
        for (window, limit, page) in in_memory {
            let read = hub.chat.thread_page(&ada, &direct, window, limit).await.unwrap();
            let shown = |rows: &[ThreadRow]| -> Vec<_> {
                rows.iter().map(|row| (row.posted.id, row.posted.text.clone(), row.receipt, row.place)).collect()
            };
            assert_eq!(shown(&page), shown(&read), "{window:?} {limit} {hidden:?}");
        }
        let events: Vec<_> = tail.into_iter().map(crate::notice::Event::Posted).collect();
        direct.extend(&events);
    }
    hub.close().await;
}

#[tokio::test]
async fn a_gap_is_filled_by_one_question() {
    let hub = TestHub::open().await;
    let Two { ada, bob, direct } = hub.two().await;
    hub.write_all(&ada, &bob, &["3", "4", "5"]).await;
    hub.store.take_calls();
    assert_eq!(hub.page_texts(&bob, &direct, Window::After(Seq(2)), 200).await, ["3", "4", "5"]);
    assert_eq!(hub.store.take_calls(), ["thread_marks"]);
    // Also what it has itself, and what is too old for memory.
    assert_eq!(hub.page_texts(&ada, &direct, Window::Before(Seq(4)), 2).await, ["yes", "3"]);
    assert_eq!(hub.store.take_calls(), ["thread_marks"]);
    direct.shed();
    assert_eq!(hub.page_texts(&bob, &direct, Window::After(Seq(2)), 200).await, ["3", "4", "5"]);
    assert_eq!(hub.store.take_calls(), ["read_thread"]);
    assert!(hub.page_texts(&bob, &direct, Window::After(Seq(5)), 200).await.is_empty());
    assert_eq!(hub.store.take_calls(), [""; 0]);
    hub.close().await;
}

#[tokio::test]
async fn a_window_ends_with_the_message_that_is_named() {
    let hub = TestHub::open().await;
    let Two { ada, bob, direct } = hub.two().await;
    hub.write_all(&bob, &ada, &["3", "4", "5"]).await;
    let at = |seq: u64| direct.at(Seq(seq)).unwrap().id;
    let (third, fourth) = (at(3), at(4));
    assert_eq!(hub.page_texts(&ada, &direct, Window::Through(fourth), 3).await, ["yes", "3", "4"]);
    hub.chat.hide_message(&ada, third).await.unwrap();
    unknown(hub.chat.thread_page(&ada, &direct, Window::Through(third), 3).await);
    assert_eq!(hub.page_texts(&ada, &direct, Window::Through(fourth), 3).await, ["hello", "yes", "4"]);
    assert_eq!(hub.page_texts(&bob, &direct, Window::Through(third), 3).await, ["hello", "yes", "3"]);
    let said = hub.say(&ada, 1).await.pop().unwrap().unwrap();
    for elsewhere in [said.id, MessageId::from_uuid(random_uuid([9; 16]))] {
        unknown(hub.chat.thread_page(&ada, &direct, Window::Through(elsewhere), 3).await);
    }
    hub.close().await;
}

#[tokio::test]
async fn what_the_operator_removed_keeps_its_place() {
    let hub = TestHub::open().await;
    let Two { ada, direct, .. } = hub.two().await;
    let second = direct.at(Seq(2)).unwrap().id;
    assert!(hub.chat.remove_message(second).await.unwrap());
    for _ in 0..2 {
        let page = hub.chat.thread_page(&ada, &direct, Window::Newest, 10).await.unwrap();
        assert_eq!(page.iter().map(|row| row.posted.is_removed()).collect::<Vec<_>>(), [false, true]);
        let listed = hub.chat.threads(&ada, 10, 0).await.unwrap();
        assert!(listed[0].last.as_ref().unwrap().is_removed());
        assert!(hub.chat.sync(&ada, None, 10).await.unwrap()[0].posted.is_removed());
        direct.shed();
    }
    hub.close().await;
}

#[tokio::test]
async fn who_fetches_keeps_its_queue() {
    let hub = TestHub::open().await;
    let Two { ada, .. } = hub.two().await;
    let is_kept = async || hub.store.queues(&[ada.agent.number]).await.unwrap()[0].is_kept;
    assert!(!is_kept().await);
    hub.store.fail("keep_queue", Fault::Refuses(broken()));
    assert_eq!(texts(&hub.chat.sync(&ada, None, 10).await.unwrap()), ["yes"], "reading goes on");
    assert!(!is_kept().await);
    hub.chat.sync(&ada, None, 10).await.unwrap();
    assert!(is_kept().await);
    hub.store.take_calls();
    hub.chat.sync(&ada, None, 10).await.unwrap();
    assert!(!hub.store.take_calls().contains(&"keep_queue"), "once is enough");
    hub.close().await;
}

#[tokio::test]
async fn a_place_is_known_after_it_was_acknowledged_and_nobody_elses_is() {
    let hub = TestHub::open().await;
    let Two { ada, bob, .. } = hub.two().await;
    hub.write_all(&bob, &ada, &["3", "4"]).await;
    let rows = hub.chat.sync(&ada, None, 2).await.unwrap();
    assert_eq!(texts(&rows), ["yes", "3"]);
    let last = rows[1].place.unwrap();
    assert_eq!(hub.chat.acknowledge(&bob, last).await.unwrap(), 0);
    assert!(hub.chat.sync(&bob, Some(last), 10).await.unwrap().is_empty());
    assert_eq!(hub.chat.acknowledge(&ada, last).await.unwrap(), 2);
    assert_eq!(hub.chat.acknowledge(&ada, last).await.unwrap(), 0);
    assert_eq!(texts(&hub.chat.sync(&ada, Some(last), 10).await.unwrap()), ["4"]);
    let made_up = uuid::Uuid::from_bytes([3; 16]);
    assert!(hub.chat.sync(&ada, Some(made_up), 10).await.unwrap().is_empty());
    assert_eq!(hub.chat.acknowledge(&ada, made_up).await.unwrap(), 0);
    hub.close().await;
}

static READS: LazyLock<AgentForm> = LazyLock::new(|| {
    AgentForm::new(|event, out| {
        if let AgentEvent::MessagesRead { reader, seq, through, is_group: false, .. } = event {
            out.extend_from_slice(format!("{} read {seq} through {through}|", reader.name).as_bytes());
        }
    })
});

async fn listen(hub: &TestHub, caller: &Caller) -> (LiveConnection, Arc<Listener>) {
    let listener = Arc::new(Listener::default());
    let outlet: Arc<dyn Outlet> = listener.clone();
    let connection = hub.chat.remember_connection(caller, &outlet).await.unwrap();
    connection.hear(&READS);
    (connection, listener)
}

#[tokio::test]
async fn who_wrote_it_is_told_once_that_it_is_read() {
    let hub = TestHub::open().await;
    let Two { ada, bob, direct } = hub.two().await;
    hub.write_all(&bob, &ada, &["3", "4", "5"]).await;
    let (one, hers) = listen(&hub, &ada).await;
    let (two, his) = listen(&hub, &bob).await;
    let at = |seq: u64| direct.at(Seq(seq)).unwrap().id;
    let row = hub.chat.mark_read(&ada, at(3)).await.unwrap();
    assert_eq!((row.receipt.read_at, row.receipt.delivered_at), (Some(hub.chat.now()), Some(hub.chat.now())));
    assert_eq!((his.take().as_str(), hers.take().as_str()), ("ada read 3 through 3|", ""));
    let again = hub.chat.mark_read(&ada, at(3)).await.unwrap();
    assert_eq!((again.receipt, his.take().as_str()), (row.receipt, ""));
    // Its own, nobody's, and another's.
    for (reader, message) in [(&ada, at(1)), (&bob, at(3)), (&ada, MessageId::from_uuid(random_uuid([9; 16])))] {
        unknown(hub.chat.mark_read(reader, message).await);
    }
    hub.chat.mark_read_through(&ada.agent, &direct, Seq(4)).await.unwrap();
    assert_eq!(his.take(), "ada read 4 through 4|");
    hub.chat.mark_read_through(&ada.agent, &direct, Seq(4)).await.unwrap();
    assert_eq!(his.take(), "");
    hub.chat.mark_read_through(&ada.agent, &direct, Seq(u64::MAX)).await.unwrap();
    assert_eq!(his.take(), "ada read 5 through 5|");
    assert!(hub.chat.sync(&ada, None, 10).await.unwrap().is_empty());
    drop((one, two));
    hub.close().await;
}

#[tokio::test]
async fn a_hidden_conversation_begins_with_what_comes_next() {
    let hub = TestHub::open().await;
    let Two { ada, bob, direct } = hub.two().await;
    hub.chat.hide_conversation(&ada, &direct).await.unwrap();
    for _ in 0..2 {
        assert!(hub.chat.threads(&ada, 10, 0).await.unwrap().is_empty());
        assert!(hub.page_texts(&ada, &direct, Window::Newest, 10).await.is_empty());
        assert!(hub.chat.sync(&ada, None, 10).await.unwrap().is_empty());
        assert_eq!(hub.page_texts(&bob, &direct, Window::Newest, 10).await.len(), 2);
        direct.shed();
    }
    hub.write_all(&bob, &ada, &["3"]).await;
    assert_eq!(hub.page_texts(&ada, &direct, Window::After(Seq(0)), 10).await, ["3"]);
    let listed = hub.chat.threads(&ada, 10, 0).await.unwrap();
    assert_eq!((listed.len(), listed[0].unread.count), (1, 1));
    assert_eq!(hub.chat.thread_context(&ada, &direct).await.unwrap().unread.oldest, Some(Seq(3)));
    hub.close().await;
}

/// Messages of `author` to `reader`, written down behind the back of the hub: `count` of them, with envelopes.
async fn pile_up(hub: &TestHub, author: AgentNo, reader: AgentNo, direct: ConversationNo, count: u64) {
    let last = hub.store.last_number().await.unwrap();
    let end = hub.store.log_end(direct).await.unwrap();
    let places: Vec<_> = (1..=count).collect();
    for batch in places.chunks(500) {
        let message = |place: &u64| Append {
            number: MessageNo(last.0 + i64::try_from(*place).unwrap()),
            id: MessageId::from_uuid(uuid::Uuid::from_u128(1 << 100 | u128::from(*place))),
            conversation: direct,
            seq: Seq(end.last_seq.0 + place),
            author,
            author_revision: 1,
            created_at: end.last_at + std::time::Duration::from_micros(*place),
            text: place.to_string().into(),
            text_kind: tertulia_model::TextKind::Plain,
            content: None,
        };
        let messages: Vec<_> = batch.iter().map(message).collect();
        let envelope = |message: &Append| NewEnvelope {
            agent: reader,
            message: message.number,
            conversation: direct,
            seq: message.seq,
        };
        let envelopes = messages.iter().map(envelope).collect();
        hub.store.commit(&Commit { messages, envelopes, ..Commit::default() }).await.unwrap();
    }
}

/// What the store is asked while an agent looks at all there is.
async fn questions(hub: &TestHub, ada: &Caller, direct: &Arc<Conversation>) -> Vec<&'static str> {
    hub.chat.sync(ada, None, 10).await.unwrap();
    hub.store.take_calls();
    let rows = hub.chat.sync(ada, None, 5).await.unwrap();
    let rows = hub.chat.sync(ada, rows[4].place, 5).await.unwrap();
    assert_eq!(rows.len(), 5);
    hub.chat.threads(ada, 100, 0).await.unwrap();
    hub.chat.thread_context(ada, direct).await.unwrap();
    hub.chat.thread_page(ada, direct, Window::Newest, 50).await.unwrap();
    hub.chat.thread_page(ada, direct, Window::After(Seq(1)), 50).await.unwrap();
    hub.chat.mark_read(ada, rows[0].posted.id).await.unwrap();
    hub.chat.hide_message(ada, rows[0].posted.id).await.unwrap();
    hub.store.take_calls()
}

#[tokio::test]
async fn ten_thousand_that_wait_cost_as_many_questions_as_ten() {
    let mut asked = Vec::new();
    for count in [10, 10_000] {
        let hub = TestHub::open().await;
        let Two { ada, bob, direct } = hub.two().await;
        pile_up(&hub, bob.agent.number, ada.agent.number, direct.number, count).await;
        let id = direct.id;
        drop((ada, bob, direct));
        let hub = hub.restart().await;
        let ada = hub.chat.attendee("ada").await.unwrap().agent;
        let ada = Caller { agent: ada, credential: tertulia_model::CredentialNo(1), surface: hub.surface.clone() };
        let direct = hub.chat.thread(&ada, ThreadRef::Direct(id)).await.unwrap();
        asked.push(questions(&hub, &ada, &direct).await);
        assert_eq!(hub.store.queues(&[ada.agent.number]).await.unwrap()[0].waiting, u32::try_from(count).unwrap());
        assert_eq!(Some(hub.store.queues(&[ada.agent.number]).await.unwrap()[0]), ada.agent.inbox.queue());
        // All of it is acknowledged in slices.
        hub.store.take_calls();
        let page = hub.chat.thread_page(&ada, &direct, Window::Newest, 1).await.unwrap();
        assert_eq!(hub.chat.acknowledge(&ada, page[0].place.unwrap()).await.unwrap(), count);
        let steps = hub.store.take_calls().into_iter().filter(|call| *call == "settle").count() as u64;
        assert_eq!(steps, count / 500 + 1);
        drop((ada, direct));
        hub.close().await;
    }
    assert_eq!(asked[0], asked[1]);
}

#[tokio::test]
async fn what_the_store_cannot_do_is_told_and_tried_again() {
    let hub = TestHub::open_with(Rules::default()).await;
    let Two { ada, direct, .. } = hub.two().await;
    let second = direct.at(Seq(2)).unwrap().id;
    hub.store.fail("settle", Fault::FailsAfterwards);
    assert!(matches!(hub.chat.mark_read(&ada, second).await, Err(Error::Store(_))));
    assert_eq!(ada.agent.inbox.queue(), None, "how much waits is read anew");
    assert!(hub.chat.mark_read(&ada, second).await.unwrap().receipt.read_at.is_some());
    hub.store.fail("settle", Fault::Refuses(broken()));
    assert!(matches!(hub.chat.hide_conversation(&ada, &direct).await, Err(Error::Store(_))));
    assert_eq!(hub.chat.threads(&ada, 10, 0).await.unwrap().len(), 1);
    hub.chat.hide_conversation(&ada, &direct).await.unwrap();
    assert!(hub.chat.threads(&ada, 10, 0).await.unwrap().is_empty());
    hub.close().await;
}
