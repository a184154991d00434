//! The budgets of ARCHITECTURE.md, one goal a figure. They are goals to look at, not tests that fail.

use serde::Serialize;

use Goal::{AtLeast, AtMost};

/// What a figure should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// This or more.
    AtLeast(f64),
    /// This or less.
    AtMost(f64),
}

impl Goal {
    /// Whether `value` reaches it.
    pub(crate) fn met(self, value: f64) -> bool {
        match self {
            AtLeast(bound) => value >= bound,
            AtMost(bound) => value <= bound,
        }
    }
}

/// One goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Name of the row, as `--only` and the JSON form know it.
    pub(crate) row: &'static str,
    /// Name of the figure in it.
    pub(crate) figure: &'static str,
    /// The goal.
    pub(crate) goal: Goal,
}

const fn budget(row: &'static str, figure: &'static str, goal: Goal) -> Budget {
    Budget { row, figure, goal }
}

/// All goals. Lost, doubled and disordered messages have none here: with any of them the run fails.
pub(crate) const BUDGETS: &[Budget] = &[
    budget("sends.16", "rate", AtLeast(15_000.0)),
    budget("sends.64", "rate", AtLeast(35_000.0)),
    budget("sends.64", "p99", AtMost(8.0)),
    budget("sends.256", "rate", AtLeast(55_000.0)),
    budget("paced.1000", "CPU per delivery", AtMost(4.0)),
    budget("paced-websocket.1000", "CPU per delivery", AtMost(3.5)),
    budget("burst.1000", "deliveries", AtLeast(1_000_000.0)),
    budget("burst.1000", "CPU per delivery", AtMost(1.0)),
    budget("burst-websocket.1000", "deliveries", AtLeast(1_000_000.0)),
    budget("burst-websocket.1000", "CPU per delivery", AtMost(1.0)),
    budget("idle.1000", "memory per stream", AtMost(10.0)),
    budget("idle.5000", "memory per stream", AtMost(10.0)),
    budget("idle-websocket.1000", "memory per socket", AtMost(12.0)),
    budget("idle-websocket.5000", "memory per socket", AtMost(12.0)),
    budget("history.newest", "p99", AtMost(5.0)),
    budget("history.older", "p99", AtMost(5.0)),
    budget("start", "cold start", AtMost(100.0)),
    budget("start", "idle memory", AtMost(30.0)),
    budget("start", "binary", AtMost(40.0)),
    budget("growth", "CPU per send, grown / small", AtMost(2.0)),
    budget("growth", "history p99, grown / small", AtMost(2.0)),
    budget("conversations", "CPU per post, many / few", AtMost(2.0)),
    budget("conversations", "CPU per post in the lobby, many / few", AtMost(2.0)),
    budget("conversations", "CPU per page, many / few", AtMost(2.0)),
    budget("agentchat-direct-send", "rate", AtLeast(8_000.0)),
    budget("agentchat-direct-send", "p99", AtMost(25.0)),
    budget("agentchat-group-send", "rate", AtLeast(100.0)),
];

/// The goal of a figure, if it has one.
pub(crate) fn goal(row: &str, figure: &str) -> Option<Goal> {
    BUDGETS.iter().find(|budget| budget.row == row && budget.figure == figure).map(|budget| budget.goal)
}
