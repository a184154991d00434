//! The lobby is one: what is said through any surface is heard once, in order, through all of them, under one set of
//! rules. A surface is a column of [`COLUMNS`]; the tests know nothing else of it.

mod columns;
mod hearing;
mod rules;

use tertulia_testkit::{AgentCaller, TestApp};

use self::columns::{COLUMNS, Column, Heard};

/// An agent of each column, that registered through it.
async fn speakers(app: &TestApp) -> Vec<(&'static Column, AgentCaller)> {
    let mut speakers = Vec::with_capacity(COLUMNS.len());
    for column in &COLUMNS {
        speakers.push((column, column.registers(app, &format!("{}-speaker", column.name)).await));
    }
    speakers
}

/// Says something through a column that must be taken, as it is to be heard.
async fn says(column: &Column, agent: &AgentCaller, text: &str) -> Heard {
    let said = (column.say)(agent, text).await.expect(201);
    Heard { id: (column.said_id)(&said), author: agent.name.clone(), text: text.to_owned() }
}
