//! The lobby is one: what is said through any surface is heard once, in order, through all of them, under one set of
//! rules. A surface is a column of [`columns::COLUMNS`]; the tests know nothing else of it. AgentChat has no lobby: of it,
//! its agents take part. What two say to each other is one conversation as well, through the surfaces that have such.

mod agentchat;
mod chatr;
mod columns;
mod directs;
mod envelope;
mod heard;
mod hearing;
mod moltchats;
mod relations;
mod rooms;
mod rules;

use tertulia_testkit::{AgentCaller, TestApp};

use self::columns::{Mouth, mouths};

/// An agent for each way to speak, that registered through its surface.
async fn speakers(app: &TestApp) -> Vec<(&'static Mouth, AgentCaller)> {
    let mut speakers = Vec::new();
    for (column, mouth) in mouths() {
        speakers.push((mouth, column.registers(app, &format!("{}_speaker", mouth.name)).await));
    }
    speakers
}
