//! The budgets of ARCHITECTURE.md, one goal a figure. They are goals to look at, not tests that fail.

use serde::Serialize;

use Goal::{AtLeast, AtMost};
use State::{Later, Measured};

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

/// Whether there is something to measure yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// A row of these benchmarks measures it.
    Measured,
    /// Its surface is not built yet; the goal is shown so that it is not forgotten.
    Later,
}

/// One goal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// Name of the row, as `--only` and the JSON form know it.
    pub(crate) row: &'static str,
    /// Name of the figure in it.
    pub(crate) figure: &'static str,
    /// Its unit.
    pub(crate) unit: &'static str,
    /// The goal.
    pub(crate) goal: Goal,
    /// Whether it is measured.
    pub(crate) state: State,
}

const fn budget(row: &'static str, figure: &'static str, unit: &'static str, goal: Goal, state: State) -> Budget {
    Budget { row, figure, unit, goal, state }
}

/// All goals. Lost, doubled and disordered messages have none here: with any of them the run fails.
pub(crate) const BUDGETS: &[Budget] = &[
    budget("sends.16", "rate", "/s", AtLeast(15_000.0), Measured),
    budget("sends.64", "rate", "/s", AtLeast(35_000.0), Measured),
    budget("sends.64", "p99", "ms", AtMost(8.0), Measured),
    budget("sends.256", "rate", "/s", AtLeast(55_000.0), Measured),
    budget("paced.1000", "CPU per delivery", "µs", AtMost(4.0), Measured),
    budget("paced-websocket.1000", "CPU per delivery", "µs", AtMost(3.5), Measured),
    budget("burst.1000", "deliveries", "/s", AtLeast(1_000_000.0), Measured),
    budget("burst.1000", "CPU per delivery", "µs", AtMost(1.0), Measured),
    budget("burst-websocket.1000", "deliveries", "/s", AtLeast(1_000_000.0), Measured),
    budget("burst-websocket.1000", "CPU per delivery", "µs", AtMost(1.0), Measured),
    budget("idle.1000", "memory per stream", "KB", AtMost(10.0), Measured),
    budget("idle.5000", "memory per stream", "KB", AtMost(10.0), Measured),
    budget("idle-websocket.1000", "memory per socket", "KB", AtMost(12.0), Measured),
    budget("idle-websocket.5000", "memory per socket", "KB", AtMost(12.0), Measured),
    budget("history.newest", "p99", "ms", AtMost(5.0), Measured),
    budget("history.older", "p99", "ms", AtMost(5.0), Measured),
    budget("start", "cold start", "ms", AtMost(100.0), Measured),
    budget("start", "idle memory", "MB", AtMost(30.0), Measured),
    budget("start", "binary", "MB", AtMost(40.0), Measured),
    budget("growth", "CPU per send, grown / small", "×", AtMost(2.0), Measured),
    budget("growth", "history p99, grown / small", "×", AtMost(2.0), Measured),
    budget("conversations", "CPU per post, many / few", "×", AtMost(2.0), Measured),
    budget("conversations", "CPU per post in the lobby, many / few", "×", AtMost(2.0), Measured),
    budget("conversations", "CPU per page, many / few", "×", AtMost(2.0), Measured),
    budget("direct-sends.64", "rate", "/s", AtLeast(8_000.0), Later),
    budget("direct-sends.64", "p99", "ms", AtMost(25.0), Later),
    budget("group-sends.256", "rate", "/s", AtLeast(100.0), Later),
];

/// The goal of a figure, if it has one.
pub(crate) fn goal(row: &str, figure: &str) -> Option<Goal> {
    BUDGETS.iter().find(|budget| budget.row == row && budget.figure == figure).map(|budget| budget.goal)
}
