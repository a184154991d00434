//! Chance that can be had again: the same seed gives the same numbers.

use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// A sequence of numbers (`SplitMix64`).
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The sequence of `seed`.
    pub(crate) fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from 0 to `most`, both included.
    pub(crate) fn up_to(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % (most + 1)
    }

    /// One of some things.
    pub(crate) fn one_of<T>(&mut self, things: impl IntoIterator<Item = T>) -> T {
        let mut things: Vec<_> = things.into_iter().collect();
        let place = self.up_to(things.len() as u64 - 1);
        things.swap_remove(usize::try_from(place).expect("a small number"))
    }
}

/// The number in an environment variable; `default` when it is not set.
pub(crate) fn number(variable: &str, default: impl FnOnce() -> u64) -> u64 {
    match env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} is {text:?}, and no whole number")),
        Err(_) => default(),
    }
}

/// A seed that nobody chose.
pub(crate) fn any_seed() -> u64 {
    RandomState::new().hash_one("kill") % 1_000_000
}
