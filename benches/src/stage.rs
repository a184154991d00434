//! The course of one measurement: warm-up, measured window, end.
//!
//! The main thread walks through it; the threads that make the load look at it and never decide it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::clock::Clock;

const WARMING_UP: u8 = 0;
const MEASURING: u8 = 1;
const OVER: u8 = 2;

/// How often a window of no fixed length is asked whether it goes on.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long a measurement takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// Load that is not counted, so that caches, pools and queues have found their size.
    pub(crate) warm_up: Duration,
    /// Load that is counted.
    pub(crate) window: Duration,
}

impl Times {
    /// A window of `window`, warmed up for a fifth of it.
    pub(crate) fn of(window: Duration) -> Self {
        Self { warm_up: window / 5, window }
    }
}

/// What was read at the two ends of the measured window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window<T> {
    /// At its beginning.
    pub(crate) before: T,
    /// At its end.
    pub(crate) after: T,
    /// Its length in nanoseconds.
    pub(crate) elapsed_ns: u64,
}

/// Where a measurement stands, shared by its threads.
#[derive(Debug, Default)]
pub(crate) struct Stage(AtomicU8);

impl Stage {
    /// A measurement that warms up.
    pub(crate) fn new() -> Self {
        Self(AtomicU8::new(WARMING_UP))
    }

    /// A measurement that counts from the beginning and ends by itself, when its load is exhausted.
    pub(crate) fn counting() -> Self {
        Self(AtomicU8::new(MEASURING))
    }

    /// Whether what happens now counts.
    pub(crate) fn measuring(&self) -> bool {
        self.0.load(Ordering::Relaxed) == MEASURING
    }

    /// Whether no more load is wanted.
    pub(crate) fn over(&self) -> bool {
        self.0.load(Ordering::Relaxed) == OVER
    }

    /// Ends the measurement; what is under way is still answered.
    pub(crate) fn end(&self) {
        self.0.store(OVER, Ordering::Relaxed);
    }

    /// Walks through a measurement whose window goes on while `goes_on` says so. It is over afterwards, also when
    /// asking fails.
    pub(crate) fn walk_while(
        &self,
        warm_up: Duration,
        clock: Clock,
        mut goes_on: impl FnMut() -> Result<bool>,
    ) -> Result<u64> {
        thread::sleep(warm_up);
        let began = clock.now();
        self.0.store(MEASURING, Ordering::Relaxed);
        let asked = loop {
            match goes_on() {
                Ok(true) => thread::sleep(LOOK_EVERY),
                other => break other,
            }
        };
        self.end();
        asked.map(|_| clock.since(began))
    }

    /// Walks through the measurement and reads `snapshot` at both ends of the window. It is over afterwards, also when
    /// a snapshot fails.
    pub(crate) fn walk<T>(
        &self,
        times: Times,
        clock: Clock,
        mut snapshot: impl FnMut() -> Result<T>,
    ) -> Result<Window<T>> {
        thread::sleep(times.warm_up);
        let before = snapshot();
        let began = clock.now();
        self.0.store(MEASURING, Ordering::Relaxed);
        thread::sleep(times.window);
        let after = snapshot();
        let elapsed_ns = clock.since(began);
        self.end();
        Ok(Window { before: before?, after: after?, elapsed_ns })
    }
}
