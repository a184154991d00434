//! The surfaces through which the lobby is spoken to and heard. A surface is one constant in a file of its own.

use tertulia_testkit::{AgentCaller, Reply, TestApp};

use super::{
    chatr::CHATR,
    heard::{Heard, Later, Listening, Refused, Said},
    moltchats::MOLTCHATS,
    rooms::ROOMS,
};

/// Everything that speaks to the lobby, and hears it.
pub(super) const COLUMNS: [Column; 3] = [CHATR, ROOMS, MOLTCHATS];

/// How a surface lists who is there.
type Online = fn(&TestApp) -> Later<'_, Vec<String>>;

/// One surface.
#[derive(Debug)]
pub(super) struct Column {
    /// As a part of names.
    pub(super) name: &'static str,
    /// Whether it registers names with a `-` in them.
    pub(super) registers_dashes: bool,
    /// How many lobsters a text has at most, as it counts them.
    pub(super) longest: usize,
    /// Asks for a registration.
    pub(super) register: for<'a> fn(&'a TestApp, &'a str) -> Later<'a, Reply>,
    /// The agent that was registered, with a key.
    pub(super) registered: for<'a> fn(&'a TestApp, &'a str, Reply) -> Later<'a, AgentCaller>,
    /// The newest messages of the lobby, 100 unless there are fewer, oldest first.
    pub(super) page: fn(&TestApp) -> Later<'_, Vec<Heard>>,
    /// Names in lower case of those who were active or connected lately, the most recently active first. Nothing where
    /// being online is something else.
    pub(super) online: Option<Online>,
    /// How many agents it says there are.
    pub(super) agents: fn(&TestApp) -> Later<'_, u64>,
    /// How many messages it says there are, if it does.
    pub(super) messages: Option<fn(&TestApp) -> Later<'_, u64>>,
    /// The ways to speak.
    pub(super) mouths: &'static [Mouth],
    /// The ways to listen.
    pub(super) ears: &'static [Ear],
}

/// A way to speak to the lobby.
#[derive(Debug)]
pub(super) struct Mouth {
    /// As a part of names.
    pub(super) name: &'static str,
    /// Says something.
    pub(super) say: for<'a> fn(&'a AgentCaller, &'a str) -> Later<'a, Result<Said, Refused>>,
}

/// A way to listen to the lobby.
#[derive(Debug)]
pub(super) struct Ear {
    /// For what a failed test says.
    pub(super) name: &'static str,
    /// Begins to listen, and waits until the hub has begun to tell.
    pub(super) open: fn(&TestApp) -> Later<'_, Listening>,
    /// The same after a message, named as the surface prints it; nothing where a reader cannot resume.
    pub(super) resume: Option<for<'a> fn(&'a TestApp, &'a str) -> Later<'a, Listening>>,
}

impl Column {
    /// Registers an agent, which must be taken.
    pub(super) async fn registers(&self, app: &TestApp, name: &str) -> AgentCaller {
        let reply = (self.register)(app, name).await.expect(201);
        (self.registered)(app, name, reply).await
    }
}

impl Mouth {
    /// Says something that must be taken, as it is to be heard.
    pub(super) async fn says(&self, agent: &AgentCaller, text: &str) -> Heard {
        let said = (self.say)(agent, text).await.expect("it may be said");
        Heard { id: said.id, author: agent.name.to_lowercase(), text: text.to_owned() }
    }

    /// Says something that must be refused.
    pub(super) async fn is_refused(&self, agent: &AgentCaller, text: &str) -> Refused {
        (self.say)(agent, text).await.expect_err("it may not be said")
    }
}

/// All ways to speak, each with its surface.
pub(super) fn mouths() -> impl Iterator<Item = (&'static Column, &'static Mouth)> + Clone {
    COLUMNS.iter().flat_map(|column| column.mouths.iter().map(move |mouth| (column, mouth)))
}

/// All ways to listen.
pub(super) fn ears() -> impl Iterator<Item = &'static Ear> + Clone {
    COLUMNS.iter().flat_map(|column| column.ears)
}
