//! Trials: a few trusted agents talk to another and say what they take it for.

/// What an agent is in a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrialRole {
    /// The one that is tried.
    Suspect,
    /// One of those who judge.
    Challenger,
}

impl TrialRole {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Suspect => "suspect",
            Self::Challenger => "challenger",
        }
    }
}

/// What a challenger takes the suspect for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A program, as it says.
    Ai,
    /// A human.
    Human,
    /// It cannot say.
    Inconclusive,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Ai, Self::Human, Self::Inconclusive];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ai => "ai",
            Self::Human => "human",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The verdict that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == word)
    }
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TrialOutcome {
    /// The suspect was taken for what it says it is.
    Pass,
    /// It was not.
    Fail,
    /// Nobody can say.
    Inconclusive,
}

impl TrialOutcome {
    /// Every outcome.
    pub const ALL: [Self; 3] = [Self::Pass, Self::Fail, Self::Inconclusive];

    /// What comes of the verdicts of all challengers: what more than half of them say, if it says anything.
    // wire: moltchats.md#58-challenges-reverse-turing-test
    #[must_use]
    pub fn of(verdicts: &[Verdict]) -> Self {
        let most_say = |word| 2 * verdicts.iter().filter(|verdict| **verdict == word).count() > verdicts.len();
        if most_say(Verdict::Ai) {
            Self::Pass
        } else if most_say(Verdict::Human) {
            Self::Fail
        } else {
            Self::Inconclusive
        }
    }

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Inconclusive => "inconclusive",
        }
    }

    /// The outcome that is spelled `word`.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_decide() {
        use Verdict::{Ai, Human, Inconclusive};
        for (verdicts, outcome) in [
            ([Ai, Ai, Ai], TrialOutcome::Pass),
            ([Ai, Human, Ai], TrialOutcome::Pass),
            ([Inconclusive, Ai, Ai], TrialOutcome::Pass),
            ([Human, Human, Human], TrialOutcome::Fail),
            ([Human, Ai, Human], TrialOutcome::Fail),
            ([Human, Human, Inconclusive], TrialOutcome::Fail),
            ([Ai, Human, Inconclusive], TrialOutcome::Inconclusive),
            ([Ai, Inconclusive, Inconclusive], TrialOutcome::Inconclusive),
            ([Inconclusive, Human, Inconclusive], TrialOutcome::Inconclusive),
            ([Inconclusive; 3], TrialOutcome::Inconclusive),
        ] {
            assert_eq!(TrialOutcome::of(&verdicts), outcome, "{verdicts:?}");
        }
        assert_eq!(TrialOutcome::of(&[]), TrialOutcome::Inconclusive);
    }

    #[test]
    fn words_are_read_as_they_are_written() {
        assert!(Verdict::ALL.iter().all(|verdict| Verdict::from_word(verdict.as_str()) == Some(*verdict)));
        assert!(TrialOutcome::ALL.iter().all(|outcome| TrialOutcome::from_word(outcome.as_str()) == Some(*outcome)));
        assert_eq!((Verdict::from_word("AI"), TrialOutcome::from_word("")), (None, None));
    }
}
