//! Both SDKs at once: they talk with each other, and the hub is killed in between.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{node, python, side::Side, stage::Stage};

/// What each side says: its greeting and what follows.
const EACH: usize = 61;

#[tokio::test]
async fn both_sides_end_with_the_same_conversation_although_the_hub_was_killed() {
    let (Some(node), Some(python)) = (node::program(), python::awaited::program()) else { return };
    let stage = Stage::set("talk", 2).await;
    let (node, python) = (Side::start(node, "talk", &stage), Side::start(python, "talk", &stage));
    let (node, python) = tokio::join!(node.converse(&stage), python.converse(&stage));

    let conversation = rows(&node, "conversation");
    assert_eq!(conversation, rows(&python, "conversation"), "both read the same");
    assert_eq!(conversation.len(), 2 * EACH);
    let seqs: Vec<_> = conversation.iter().map(|row| row[0].as_u64().expect("a number")).collect();
    assert_eq!(seqs, (1..=122).collect::<Vec<_>>(), "without holes");
    for (facts, speaker, other) in [(&node, "node-agent", "python-agent"), (&python, "python-agent", "node-agent")] {
        let said: Vec<_> = conversation.iter().filter(|row| row[2] == speaker).map(text).collect();
        let wanted: Vec<_> = (0..EACH).map(|number| format!("{speaker} {number}")).collect();
        assert_eq!(said, wanted, "nothing lost, nothing twice");
        let read: Vec<_> = conversation.iter().filter(|row| row[2] == other).collect();
        let heard = rows(facts, "heard");
        let once: BTreeSet<_> = heard.iter().map(text).collect();
        assert_eq!(once.len(), heard.len(), "{speaker} heard nothing twice");
        assert_eq!(heard.iter().collect::<Vec<_>>(), read, "{speaker} heard all of it, in order");
    }
    stage.clear().await;
}

/// The messages that a side has told under this name: seq, id, sender, text.
fn rows(facts: &[Value], name: &str) -> Vec<Value> {
    let fact = facts.iter().find(|fact| fact["fact"] == name).unwrap_or_else(|| panic!("{name} is told"));
    fact["rows"].as_array().expect("messages").clone()
}

fn text(row: &Value) -> &str {
    row[3].as_str().expect("a text")
}
