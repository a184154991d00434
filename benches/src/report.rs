//! The report: figures with their goals, as an aligned table or as JSON. The only module that writes to the terminal.

use std::fmt::Write as _;
use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;

use crate::budgets::{Goal, goal};
use crate::environment::Environment;

/// How a figure stands to its goal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Met,
    Missed,
    NoGoal,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Missed => "MISSED",
            Self::NoGoal => "",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
struct Figure {
    row: String,
    #[serde(rename = "figure")]
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<Goal>,
    verdict: Verdict,
}

/// All that a run found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Report {
    environment: Environment,
    figures: Vec<Figure>,
    /// What went wrong, by row: lost messages, unexpected answers, rows that could not be measured.
    faults: Vec<String>,
}

impl Report {
    /// A report without figures.
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment, figures: Vec::new(), faults: Vec::new() }
    }

    /// Adds a figure beside its goal, if the budgets have one.
    pub(crate) fn figure(&mut self, row: &str, name: &str, value: f64, unit: &'static str) {
        let goal = goal(row, name);
        let verdict = match goal {
            None => Verdict::NoGoal,
            Some(goal) if goal.met(value) => Verdict::Met,
            Some(_) => Verdict::Missed,
        };
        let (row, name) = (row.to_owned(), name.to_owned());
        self.figures.push(Figure { row, name, value, unit, goal, verdict });
    }

    /// Adds a fault of a row.
    pub(crate) fn fault(&mut self, row: &str, sentence: &str) {
        self.faults.push(format!("{row}: {sentence}"));
    }

    /// Whether nothing went wrong. A missed goal is nothing wrong.
    pub(crate) fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    /// Prints the report to standard output. A closed pipe is not an error.
    pub(crate) fn print(&self, json: bool) -> Result<()> {
        let text = if json { format!("{}\n", serde_json::to_string_pretty(self)?) } else { self.table() };
        match io::stdout().lock().write_all(text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn table(&self) -> String {
        let mut lines = vec![["row", "", "figure", "goal", "verdict"].map(str::to_owned)];
        let mut last_row = "";
        for figure in &self.figures {
            let row = if figure.row == last_row { "" } else { &figure.row };
            last_row = &figure.row;
            let value = show(figure.value, figure.unit);
            let goal = figure.goal.map_or_else(String::new, |goal| match goal {
                Goal::AtLeast(bound) => format!("≥ {}", show(bound, figure.unit)),
                Goal::AtMost(bound) => format!("≤ {}", show(bound, figure.unit)),
            });
            lines.push([row.to_owned(), figure.name.clone(), value, goal, figure.verdict.word().to_owned()]);
        }
        let mut text = format!("{}\n\n{}", self.environment, aligned(&lines));
        for fault in &self.faults {
            let _ = write!(text, "\nFAULT {fault}");
        }
        text.push('\n');
        text
    }
}

/// Says on standard error what is being done; nobody minds when that is closed.
pub(crate) fn progress(sentence: &str) {
    let _ = writeln!(io::stderr().lock(), "{sentence}");
}

/// A number with its unit, to about three digits.
fn show(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        large if large >= 999.5 => grouped(&format!("{value:.0}")),
        whole if whole >= 100.0 || whole.fract() == 0.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    };
    if unit.starts_with('/') || unit.is_empty() { format!("{number}{unit}") } else { format!("{number} {unit}") }
}

/// Thousands of a whole number set apart by commas.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Columns as wide as their widest cell; the third and fourth are numbers and stand to the right.
fn aligned(lines: &[[String; 5]]) -> String {
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3].map(width);
    let mut text = String::new();
    for [row, name, figure, goal, verdict] in lines {
        let [a, b, c, d] = widths;
        let line = format!("{row:<a$}  {name:<b$}  {figure:>c$}  {goal:>d$}  {verdict}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_about_three_digits() {
        let shown = [1_234_567.0, 431.9, 12.34, 4.0, 2.617].map(|value| show(value, "µs"));
        assert_eq!(shown, ["1,234,567 µs", "432 µs", "12.3 µs", "4 µs", "2.62 µs"]);
        assert_eq!([35_000.0, 999.7].map(|rate| show(rate, "/s")), ["35,000/s", "1,000/s"]);
    }

    #[test]
    fn a_figure_stands_beside_its_goal() {
        let mut report = Report::new(Environment::default());
        report.figure("sends.64", "rate", 36_000.0, "/s");
        report.figure("sends.64", "p99", 9.0, "ms");
        report.figure("sends.1", "rate", 900.0, "/s");
        let table = report.table();
        let words = table.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("sends.64 rate 36,000/s ≥ 35,000/s met p99 9 ms ≤ 8 ms MISSED"), "{table}");
        assert!(words.contains("sends.1 rate 900/s"), "{table}");
        assert!(report.is_sound());
    }
}
