//! Steps: named pieces of work, each timed, with a table of all of them at the end.
//!
//! The first failing step ends the command; its name stands in the error.

use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

use anyhow::Context;

use crate::print;

/// The steps of one command, in the order in which they ran.
#[derive(Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

struct Step {
    name: String,
    took: Duration,
    succeeded: bool,
}

impl Steps {
    /// Does `work` under `name` and prints how long it took.
    ///
    /// # Errors
    ///
    /// What `work` failed with, under the step's name.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        print::line(format_args!("==> {name}"));
        let started = now();
        let result = work();
        let took = now().duration_since(started);
        let verdict = if result.is_ok() { "done" } else { "FAILED" };
        print::line(format_args!("    {name}: {verdict} after {:.1} s", took.as_secs_f64()));
        self.done.push(Step { name: name.to_owned(), took, succeeded: result.is_ok() });
        result.with_context(|| format!("step `{name}` failed"))
    }

    /// Prints every step with its seconds, and their sum.
    pub(crate) fn print_table(&self) {
        print::line(self.table());
    }

    fn table(&self) -> String {
        let width = self.done.iter().map(|step| step.name.chars().count()).max().unwrap_or(0).max("total".len());
        let mut table = String::new();
        for step in &self.done {
            let mark = if step.succeeded { "" } else { "  FAILED" };
            writeln!(table, "{:<width$} {:>8.1} s{mark}", step.name, step.took.as_secs_f64())
                .expect("a string takes every write");
        }
        let total: Duration = self.done.iter().map(|step| step.took).sum();
        write!(table, "{:<width$} {:>8.1} s", "total", total.as_secs_f64()).expect("a string takes every write");
        table
    }
}

#[expect(clippy::disallowed_methods, reason = "a developer's tool measures how long its steps take")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, took_ms: u64, succeeded: bool) -> Step {
        Step { name: name.to_owned(), took: Duration::from_millis(took_ms), succeeded }
    }

    #[test]
    fn the_table_names_every_step_and_the_sum() {
        let steps = Steps { done: vec![step("fmt", 400, true), step("clippy", 12_600, false)] };

        assert_eq!(steps.table(), "fmt         0.4 s\nclippy     12.6 s  FAILED\ntotal      13.0 s");
    }

    #[test]
    fn a_failing_step_names_itself() {
        let error = Steps::default().run("docs", || -> anyhow::Result<()> { anyhow::bail!("no page") }).unwrap_err();

        assert_eq!(format!("{error:#}"), "step `docs` failed: no page");
    }
}
