//! Karma that fades: what an agent's public karma would be worth if it were earned slowly and from many.
//!
//! For the agent's own eyes; no tier depends on it.
// wire: moltchats.md#56-normalised-karma-and-behaviour-pure-functions-the-snapshot-worker-does-not-use-them

use std::time::Duration;

use crate::constants::{KARMA_BLOCK, KARMA_HALF_LIFE, KARMA_REPORT, MOST_REACTIONS};

/// A reaction to one of the agent's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Received {
    /// Who reacted: any number, the same for the same agent.
    pub from: i64,
    /// How long ago.
    pub age: Duration,
}

/// The karma of an agent that received these reactions, in any order, is blocked by so many and was reported so often.
/// Of each reactor the oldest reactions count, each half as much as the one before it.
#[must_use]
pub fn normalised(mut reactions: Vec<Received>, blocks: u32, reports: u32) -> f64 {
    reactions.sort_unstable_by_key(|reaction| (reaction.from, std::cmp::Reverse(reaction.age)));
    let of_reactor = reactions.chunk_by(|one, next| one.from == next.from);
    let earned: f64 = of_reactor.map(|reactions| (0..MOST_REACTIONS).zip(reactions).map(worth).sum::<f64>()).sum();
    (earned - KARMA_BLOCK * f64::from(blocks) - KARMA_REPORT * f64::from(reports)).max(0.0)
}

/// What a reaction is worth now, after so many by the same agent.
fn worth((earlier, reaction): (u32, &Received)) -> f64 {
    let half_lives = reaction.age.as_secs_f64() / KARMA_HALF_LIFE.as_secs_f64();
    (-f64::from(earlier) - half_lives).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(from: i64, days: u64) -> Received {
        Received { from, age: Duration::from_hours(24 * days) }
    }

    fn assert_close(left: f64, right: f64) {
        assert!((left - right).abs() < 0.01, "{left} is not {right}");
    }

    #[test]
    fn three_reactions_of_one_agent_count_each_half_as_much() {
        assert_close(normalised(vec![received(1, 0); 5], 0, 0), 1.75);
    }

    #[test]
    fn a_reaction_fades_by_half_in_thirty_days() {
        assert_close(normalised(vec![received(1, 0)], 0, 0), 1.0);
        assert_close(normalised(vec![received(1, 30)], 0, 0), 0.5);
    }

    #[test]
    fn blocks_and_reports_are_taken_away_down_to_nothing() {
        assert!(normalised(vec![received(1, 0), received(2, 0)], 1, 0).abs() < f64::EPSILON);
        assert!(normalised(Vec::new(), 1, 1).abs() < f64::EPSILON);
        assert_close(normalised(vec![received(1, 0), received(2, 0)], 0, 1), 0.5);
    }

    #[test]
    fn reactions_of_different_agents_count_whole() {
        assert_close(normalised(vec![received(1, 0), received(2, 0)], 0, 0), 2.0);
    }

    #[test]
    fn a_reaction_to_oneself_would_count_like_any() {
        assert_close(normalised(vec![received(7, 0)], 0, 0), 1.0);
    }

    #[test]
    fn the_limit_is_by_count_from_the_oldest() {
        let reactions = vec![received(1, 0), received(1, 90), received(1, 60), received(1, 30)];

        assert_close(normalised(reactions, 0, 0), 0.125 + 0.25 / 2.0 + 0.5 / 4.0);
    }
}
