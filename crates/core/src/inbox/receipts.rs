//! The one way by which envelopes move: whatever came in while the last steps were written is written next, in one
//! transaction, so that ten thousand acknowledgements cost a few.

use std::{fmt, sync::Arc};

use tertulia_store::{Move, Moved, Store};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::{Clock, Error, agents::Agent, journal::repeated};

/// Steps that wait at the most. An acknowledgement beyond it is lost: its message is offered again.
const QUEUE: usize = 8_192;

/// Steps that are written at once at the most.
const MOST_AT_ONCE: usize = 500;

/// What waits.
enum Work {
    Move { agent: Arc<Agent>, step: Move, reply: Option<oneshot::Sender<Result<Moved, Error>>> },
    Load { agents: Vec<Arc<Agent>>, reply: oneshot::Sender<Result<(), Error>> },
}

/// The way to the worker. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Receipts(mpsc::Sender<Work>);

impl fmt::Debug for Receipts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipts").field("free", &self.0.capacity()).finish()
    }
}

impl Receipts {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> (Self, ReceiptWorker) {
        let (way, work) = mpsc::channel(QUEUE);
        (Self(way), ReceiptWorker { store, clock, work })
    }

    /// Notes a step for which nobody waits. If too many wait, it is forgotten, and the message is offered again.
    pub(crate) fn note(&self, agent: &Arc<Agent>, step: Move) {
        drop(self.0.try_send(Work::Move { agent: agent.clone(), step, reply: None }));
    }

    /// Takes a step. `Ok` means that it is on disk.
    pub(crate) async fn settle(&self, agent: &Arc<Agent>, step: Move) -> Result<Moved, Error> {
        let (reply, answer) = oneshot::channel();
        let work = Work::Move { agent: agent.clone(), step, reply: Some(reply) };
        self.0.send(work).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }

    /// Reads into memory how much waits for these agents, while no step is taken.
    pub(crate) async fn load(&self, agents: Vec<Arc<Agent>>) -> Result<(), Error> {
        let (reply, answer) = oneshot::channel();
        self.0.send(Work::Load { agents, reply }).await.map_err(|_| Error::Stopping)?;
        answer.await.map_err(|_| Error::Stopping)?
    }
}

/// The worker itself.
pub(crate) struct ReceiptWorker {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    work: mpsc::Receiver<Work>,
}

/// Steps that go together, and who waits for them.
#[derive(Default)]
struct Steps {
    moves: Vec<Move>,
    agents: Vec<Arc<Agent>>,
    replies: Vec<Option<oneshot::Sender<Result<Moved, Error>>>>,
}

impl ReceiptWorker {
    /// Works until every [`Receipts`] is gone, or `close` says that no more may come; what has come is written first.
    pub(crate) async fn run(mut self, close: CancellationToken) {
        let mut waiting = Vec::with_capacity(64);
        loop {
            let count = tokio::select! {
                biased;
                count = self.work.recv_many(&mut waiting, MOST_AT_ONCE) => count,
                () = close.cancelled(), if !self.work.is_closed() => {
                    self.work.close();
                    continue;
                }
            };
            if count == 0 {
                return;
            }
            let mut steps = Steps::default();
            for work in waiting.drain(..) {
                match work {
                    Work::Move { agent, step, reply } => {
                        steps.moves.push(step);
                        steps.agents.push(agent);
                        steps.replies.push(reply);
                    }
                    Work::Load { agents, reply } => {
                        self.settle(std::mem::take(&mut steps)).await;
                        drop(reply.send(self.load(&agents).await));
                    }
                }
            }
            self.settle(steps).await;
        }
    }

    async fn settle(&self, Steps { moves, agents, replies }: Steps) {
        if moves.is_empty() {
            return;
        }
        match self.store.settle(&moves, self.clock.now()).await {
            Ok(done) => {
                for ((moved, agent), reply) in done.into_iter().zip(agents).zip(replies) {
                    agent.inbox.take(moved.delivered);
                    if let Some(reply) = reply {
                        drop(reply.send(Ok(moved)));
                    }
                }
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "receipts could not be written");
                // It may have been written all the same.
                for agent in &agents {
                    agent.inbox.forget();
                }
                for reply in replies.into_iter().flatten() {
                    drop(reply.send(Err(Error::Store(repeated(&error)))));
                }
            }
        }
    }

    async fn load(&self, agents: &[Arc<Agent>]) -> Result<(), Error> {
        let numbers: Vec<_> = agents.iter().map(|agent| agent.number).collect();
        let queues = self.store.queues(&numbers).await?;
        for (agent, queue) in agents.iter().zip(queues) {
            agent.inbox.remember(queue);
        }
        Ok(())
    }
}
