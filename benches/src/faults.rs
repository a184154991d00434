//! What went wrong under load: counted, and the first few kept word for word.

use serde::Serialize;

/// So many descriptions are kept.
const KEPT: usize = 3;

/// Faults of one measurement.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Faults {
    count: u64,
    first: Vec<String>,
}

impl Faults {
    /// Counts one; `describe` is called for the first few only.
    pub(crate) fn add(&mut self, describe: impl FnOnce() -> String) {
        self.count += 1;
        if self.first.len() < KEPT {
            self.first.push(describe());
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// One sentence about them; `None` when there are none.
    pub(crate) fn sentence(&self) -> Option<String> {
        let first = self.first.first()?;
        Some(format!("{} faults, the first: {first}", self.count))
    }
}
